use crm::{StageId, leads};
use platform::{clock::HOUR, jobs, time::parse_rfc3339};
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

/// Eight to five on working days, in the zone of the organisation unless said.
fn office() -> Value {
    let day = json!([{ "from": "08:00", "to": "17:00" }]);
    json!({
        "name": "Office",
        "week": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day },
        "holidays": [{ "date": "2025-06-24", "name": "Closed" }],
    })
}

/// A pipeline whose first stage gives 24 hours and whose second gives 9.
async fn pipeline(desk: &TestDesk, who: &Who, hours: Value) -> Value {
    let draft = json!({
        "key": "office", "name": "Office work", "currency": "VND", "business_hours_id": hours,
        "stages": [
            { "key": "open", "name": "Open", "sla_hours": 24 }, { "key": "next", "name": "Next", "sla_hours": 9 },
            { "key": "won", "name": "Won", "kind": "won" },
        ],
    });
    desk.post(who, "/pipelines", draft).await.expect(201)
}

/// A Friday at half past six in the evening, in Vietnam.
const FRIDAY: &str = "2025-06-20T18:30:00+07:00";

fn set(desk: &TestDesk, at: &str) {
    desk.clock.set(parse_rfc3339(at).unwrap());
}

/// When it is due, in Vietnam.
fn due(lead: &Value) -> String {
    let at = parse_rfc3339(lead["due_at"].as_str().expect("due some time")).unwrap();
    platform::time::rfc3339(at + 7 * HOUR)[..16].to_owned()
}

/// Does all the rescheduling that waits.
async fn reschedule(desk: &TestDesk, pipeline: &Value) {
    let waiting = desk.desk.db.read(jobs::backlog).await.unwrap();
    assert!(waiting.iter().any(|job| job.0 == "leads.reschedule"), "{waiting:?}");
    for stage in pipeline["stages"].as_array().unwrap() {
        let stage = StageId(stage["id"].as_i64().unwrap());
        leads::due::reschedule_all(&desk.desk.db, stage).await.unwrap();
    }
}

#[test]
fn time_limits_stand_still_when_nobody_is_there() {
    with_desk(async |desk| {
        let admin = desk.api_key("admin").await;
        set(&desk, FRIDAY);
        let hours = desk.post(&admin, "/business-hours", office()).await.expect(201);
        let pipeline = pipeline(&desk, &admin, hours["id"].clone()).await;
        assert_eq!(pipeline["business_hours_id"], hours["id"]);

        // Made: 9 hours of Monday, none of Tuesday, 9 of Wednesday, 6 of Thursday.
        let lead = desk.lead(&admin, "Lan", json!({ "pipeline_id": pipeline["id"] })).await;
        assert_eq!(due(&lead), "2025-06-26T14:00");
        let path = format!("/leads/{}", lead["id"]);

        // Somebody is in touch on Monday at noon: 5 hours of that day, 9 of Wednesday, 9 of Thursday, 1 of Friday.
        set(&desk, "2025-06-23T12:00:00+07:00");
        let call = json!({ "type": "call", "summary": "Asked" });
        desk.post(&admin, &format!("{path}/interactions"), call).await.expect(201);
        assert_eq!(due(&desk.get(&admin, &path).await.expect(200)), "2025-06-27T09:00");

        // Moved: 5 hours of Monday, 4 of Wednesday.
        let moved = desk.patch(&admin, &format!("{path}/status"), json!({ "status": "next" })).await;
        assert_eq!(due(&moved.expect(200)), "2025-06-25T12:00");

        // Overdue when those are over, and not before.
        let check = async || {
            let done = desk.post(&admin, "/pipeline/run-sla-check", Value::Null).await.expect(200);
            done["newly_overdue"].as_i64().unwrap()
        };
        set(&desk, "2025-06-25T11:59:00+07:00");
        assert_eq!(check().await, 0);
        set(&desk, "2025-06-25T12:00:00+07:00");
        assert_eq!(check().await, 1);
        assert_eq!(desk.get(&admin, &path).await.expect(200)["is_overdue"], true);

        // A pipeline that says nothing goes by the clock.
        set(&desk, FRIDAY);
        let other = desk.lead(&admin, "Mai", json!({})).await;
        assert_eq!(due(&other), "2025-06-21T18:30");
    });
}

#[test]
fn open_leads_follow_what_their_hours_are_counted_in() {
    with_desk(async |desk| {
        let admin = desk.api_key("admin").await;
        set(&desk, FRIDAY);
        let pipeline = pipeline(&desk, &admin, Value::Null).await;
        let place = format!("/pipelines/{}", pipeline["id"]);
        let lead = desk.lead(&admin, "Lan", json!({ "pipeline_id": pipeline["id"] })).await;
        let path = format!("/leads/{}", lead["id"]);
        let now = async || due(&desk.get(&admin, &path).await.expect(200));
        assert_eq!(now().await, "2025-06-21T18:30");
        set(&desk, "2025-06-21T18:30:00+07:00");
        desk.post(&admin, "/pipeline/run-sla-check", Value::Null).await.expect(200);
        assert_eq!(desk.get(&admin, &path).await.expect(200)["is_overdue"], true);

        // The pipeline chooses hours: due later, and overdue no more.
        let hours = desk.post(&admin, "/business-hours", office()).await.expect(201);
        let kept = format!("/business-hours/{}", hours["id"]);
        desk.patch(&admin, &place, json!({ "business_hours_id": hours["id"] })).await.expect(200);
        reschedule(&desk, &pipeline).await;
        assert_eq!(now().await, "2025-06-26T14:00");
        assert_eq!(desk.get(&admin, &path).await.expect(200)["is_overdue"], false);
        let board =
            desk.get(&admin, &format!("/pipeline/board?pipeline_id={}", pipeline["id"])).await.expect(200);
        assert!(!board.to_string().contains("\"overdue\":1"), "{board}");

        // The hours change.
        desk.patch(&admin, &kept, json!({ "holidays": [] })).await.expect(200);
        reschedule(&desk, &pipeline).await;
        assert_eq!(now().await, "2025-06-25T14:00");

        // The stage changes.
        let stages = json!([
            { "key": "open", "name": "Open", "sla_hours": 9 }, { "key": "next", "name": "Next", "sla_hours": 9 },
            { "key": "won", "name": "Won", "kind": "won" },
        ]);
        desk.patch(&admin, &place, json!({ "stages": stages })).await.expect(200);
        reschedule(&desk, &pipeline).await;
        assert_eq!(now().await, "2025-06-23T17:00");

        // In use they stay, and it is said where.
        let refused = desk.call(&admin, "DELETE", &kept, Value::Null).await.refused(409, "wrong_state");
        assert!(refused["detail"].as_str().unwrap().contains("“Office work”"), "{refused}");
        let cleared = desk.patch(&admin, &place, json!({ "business_hours_id": null })).await.expect(200);
        assert!(cleared["business_hours_id"].is_null());
        reschedule(&desk, &pipeline).await;
        assert_eq!(now().await, "2025-06-21T03:30");
        desk.call(&admin, "DELETE", &kept, Value::Null).await.expect(204);
        desk.get(&admin, &kept).await.refused(404, "not_found");
        assert_eq!(
            desk.patch(&admin, &place, json!({ "business_hours_id": hours["id"] })).await.faults(),
            ["business_hours_id not_found"]
        );
    });
}

#[test]
fn tables_count_as_everybody_does() {
    with_desk(async |desk| {
        let admin = desk.api_key("admin").await;
        set(&desk, FRIDAY);
        let hours = desk.post(&admin, "/business-hours", office()).await.expect(201);
        let pipeline = pipeline(&desk, &admin, hours["id"].clone()).await;
        let table = b"name,phone\nLan,0903000001\nMai,0903000002\n".to_vec();
        let import = desk.upload(&admin, "/leads/import?file_name=a.csv", table).await.expect(201);
        let path = format!("/imports/{}", import["id"]);
        let options = json!({ "options": { "pipeline_id": pipeline["id"] } });
        desk.patch(&admin, &path, options).await.expect(200);
        desk.post(&admin, &format!("{path}/run"), Value::Null).await.expect(202);
        let id = crm::ImportId(import["id"].as_i64().unwrap());
        let time = std::time::Duration::from_secs(60);
        crm::imports::jobs::go(&desk.crm, id, time, usize::MAX).await.unwrap();
        let list = desk.get(&admin, "/leads").await.expect(200);
        let leads = list["leads"].as_array().unwrap();
        assert_eq!(leads.iter().map(due).collect::<Vec<_>>(), ["2025-06-26T14:00"; 2]);
    });
}

#[test]
fn hours_are_kept_by_those_who_may_and_it_is_recorded() {
    with_desk(async |desk| {
        let (admin, an) = (desk.user("root", "admin", &[]).await, desk.user("an", "agent", &[]).await);
        let made = desk.post(&admin, "/business-hours", office()).await.expect(201);
        // The organisation's zone, and the first are the default.
        assert_eq!(
            (&made["zone"], &made["is_default"]),
            (&json!(desk.desk.config.org.timezone), &json!(true))
        );
        let path = format!("/business-hours/{}", made["id"]);
        assert_eq!(desk.get(&an, &path).await.expect(200), made);
        desk.post(&an, "/business-hours", office()).await.refused(403, "forbidden");
        desk.patch(&an, &path, json!({ "name": "Mine" })).await.refused(403, "forbidden");
        desk.call(&an, "DELETE", &path, Value::Null).await.refused(403, "forbidden");

        // All that is wrong at once, and nothing is changed.
        let wrong = json!({
            "name": " ", "zone": "Mars/Base", "week": { "mon": [{ "from": "9", "to": "10:00" }] },
            "holidays": [{ "date": "tomorrow" }],
        });
        let faults =
            ["holidays.0.date format", "name too_short", "week.mon.0.from format", "zone not_one_of"];
        assert_eq!(desk.post(&admin, "/business-hours", wrong.clone()).await.faults(), faults);
        assert_eq!(desk.patch(&admin, &path, wrong).await.faults(), faults);
        let empty = json!({ "week": {} });
        assert_eq!(desk.patch(&admin, &path, empty).await.faults(), ["week required"]);
        let unset = json!({ "is_default": false });
        assert_eq!(desk.patch(&admin, &path, unset).await.faults(), ["is_default not_one_of"]);

        // Another default takes its place; a stale change is told.
        let mut night = office();
        night["name"] = json!("Night");
        night["is_default"] = json!(true);
        night["zone"] = json!("Europe/Berlin");
        let second = desk.post(&admin, "/business-hours", night).await.expect(201);
        let list = desk.get(&an, "/business-hours?limit=1").await.expect(200);
        assert_eq!((&list["total"], &list["business_hours"][0]["name"]), (&json!(2), &json!("Night")));
        let next = format!("/business-hours?limit=1&cursor={}", list["next_cursor"].as_str().unwrap());
        let rest = desk.get(&an, &next).await.expect(200);
        assert_eq!(rest["business_hours"][0]["is_default"], false);
        let stale = [("if-match", "\"1\"")];
        let change = json!({ "holidays": [] });
        desk.call_with(&admin, "PATCH", &path, &stale, change.clone()).await.refused(409, "stale_version");
        let after = desk.patch(&admin, &path, change.clone()).await.expect(200);
        assert_eq!(desk.patch(&admin, &path, change).await.expect(200)["version"], after["version"]);
        desk.call(&admin, "DELETE", &format!("/business-hours/{}", second["id"]), Value::Null)
            .await
            .expect(204);

        let told = desk.events("business_hours", made["id"].as_i64().unwrap()).await;
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["business_hours.created", "business_hours.updated", "business_hours.updated"]);
        assert_eq!(told[1].1, json!({ "before": { "is_default": true }, "after": { "is_default": false } }));
        let holiday = json!([{ "date": "2025-06-24", "name": "Closed", "yearly": false }]);
        assert_eq!(told[2].1, json!({ "before": { "holidays": holiday }, "after": { "holidays": [] } }));
        let gone = desk.events("business_hours", second["id"].as_i64().unwrap()).await;
        assert_eq!(gone.last().unwrap().0, "business_hours.deleted");
    });
}
