//! Changing leads, moving them, putting them away.

use platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use super::create::law;
use crate::support::{TestDesk, Who, with_desk};

async fn path(desk: &TestDesk, who: &Who, more: Value) -> (i64, String) {
    let id = desk.lead(who, "Mai Tran", more).await["id"].as_i64().unwrap();
    (id, format!("/leads/{id}"))
}

#[test]
fn what_is_named_changes_and_is_told_with_before_and_after() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let (id, path) = path(&desk, &admin, json!({ "value": 100, "notes": "old" })).await;
        let change = json!({ "name": "Mai T.", "priority": "high", "value": null, "tags": ["b", "a"], "notes": "new" });
        let stale = desk.call_with(&admin, "PATCH", &path, &[("if-match", "7")], change.clone()).await;
        stale.refused(409, "stale_version");
        let after = desk.call_with(&admin, "PATCH", &path, &[("if-match", "1")], change).await.expect(200);
        assert_eq!(
            (&after["name"], &after["priority"], &after["value"]),
            (&json!("Mai T."), &json!("high"), &Value::Null)
        );
        assert_eq!((&after["tags"], &after["version"]), (&json!(["b", "a"]), &json!(2)));
        let (kind, data) = desk.events("lead", id).await.pop().unwrap();
        assert_eq!(kind, "lead.updated");
        assert_eq!(data["before"]["priority"], "medium");
        assert_eq!(data["after"]["priority"], "high");
        assert_eq!((&data["before"]["value"], &data["after"]["value"]), (&json!(100), &Value::Null));
        let fields = data["fields"].as_array().unwrap();
        assert!(fields.contains(&json!("name")) && fields.contains(&json!("notes")));
        assert!(!data.to_string().contains("Mai") && !data.to_string().contains("old"), "{data}");
        // The same again is no change.
        let same = desk.patch(&admin, &path, json!({ "priority": "high" })).await.expect(200);
        assert_eq!(same["version"], 2);
        assert_eq!(
            desk.patch(
                &admin,
                &path,
                json!({ "name": " ", "status": "x", "currency": "EUR", "email": "a@b.co" })
            )
            .await
            .faults(),
            ["email unknown"]
        );
        assert_eq!(
            desk.patch(&admin, &path, json!({ "name": " ", "status": "x", "currency": "EUR" }))
                .await
                .faults(),
            ["currency not_one_of", "name too_short", "status not_one_of"]
        );
    });
}

#[test]
fn a_move_is_kept_with_what_was_before() {
    with_desk(async |desk| {
        // A log-in does not outlast these hours.
        let admin = desk.api_key("admin").await;
        let (id, path) = path(&desk, &admin, json!({})).await;
        desk.clock.advance(3 * HOUR);
        let status = format!("{path}/status");
        let moved = desk
            .patch(&admin, &status, json!({ "status": "connected", "note": "on the phone" }))
            .await
            .expect(200);
        assert_eq!((&moved["status"], &moved["time_in_stage_seconds"]), (&json!("connected"), &json!(0)));
        assert!(moved["last_interaction_at"].is_string());
        desk.clock.advance(HOUR);
        desk.patch(&admin, &format!("{status}?status=visit_scheduled"), Value::Null).await.expect(200);
        assert_eq!(desk.patch(&admin, &status, json!({})).await.faults(), ["status required"]);
        assert_eq!(
            desk.patch(&admin, &status, json!({ "status": "gone" })).await.faults(),
            ["status not_one_of"]
        );
        let history = desk.get(&admin, &format!("{path}/history")).await.expect(200);
        let told: Vec<_> = history["moves"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| {
                (
                    m["from"]["key"].as_str().unwrap_or("-").to_owned(),
                    m["to"]["key"].as_str().unwrap().to_owned(),
                    m["time_in_previous_seconds"].as_i64(),
                )
            })
            .collect();
        let line = |a: &str, b: &str, t| (a.to_owned(), b.to_owned(), t);
        assert_eq!(
            told,
            [
                line("connected", "visit_scheduled", Some(3600)),
                line("new", "connected", Some(10_800)),
                line("-", "new", None)
            ]
        );
        assert_eq!(history["moves"][1]["reason"], "on the phone");
        assert_eq!(
            (&history["moves"][0]["by"]["kind"], &history["moves"][0]["by"]["name"]),
            (&json!("api_key"), &Value::Null)
        );
        assert!(history["changes"].as_array().unwrap().iter().any(|c| c["kind"] == "lead.status_changed"));
        let (_, data) =
            desk.events("lead", id).await.into_iter().find(|e| e.0 == "lead.status_changed").unwrap();
        assert_eq!(
            (&data["before"]["status"], &data["after"]["status"]),
            (&json!("new"), &json!("connected"))
        );
    });
}

#[test]
fn won_and_lost_close_a_lead() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let (id, path) =
            path(&desk, &admin, json!({ "value": 900, "students": [{ "name": "Bi" }, { "name": "Na" }] }))
                .await;
        let status = format!("{path}/status");
        assert_eq!(
            desk.patch(&admin, &status, json!({ "status": "lost" })).await.faults(),
            ["reason required"]
        );
        let lost =
            desk.patch(&admin, &status, json!({ "status": "lost", "reason": "too far" })).await.expect(200);
        assert_eq!(
            (&lost["outcome"], &lost["lost_reason"], &lost["due_at"]),
            (&json!("lost"), &json!("too far"), &Value::Null)
        );
        let won = desk.patch(&admin, &status, json!({ "status": "enrolled" })).await.expect(200);
        assert_eq!((&won["outcome"], &won["lost_reason"]), (&json!("won"), &Value::Null));
        assert!(won["closed_at"].is_string());
        let events = desk.events("lead", id).await;
        let of = |kind: &str| events.iter().find(|e| e.0 == kind).map(|e| e.1.clone());
        assert_eq!(of("lead.lost").unwrap()["reason"], "too far");
        assert_eq!(of("lead.won").unwrap()["value"], 900);
        let students = of("student.enrolled").unwrap()["student_ids"].as_array().unwrap().len();
        assert_eq!(students, 2);
        let back = desk.patch(&admin, &status, json!({ "status": "connected" })).await.expect(200);
        assert_eq!((&back["outcome"], &back["closed_at"]), (&Value::Null, &Value::Null));
        // Made at its end, it is told as won at once.
        let (done, _) = self::path(&desk, &admin, json!({ "status": "enrolled" })).await;
        let kinds: Vec<String> = desk.events("lead", done).await.into_iter().map(|e| e.0).collect();
        assert_eq!(kinds, ["lead.created", "lead.won", "student.enrolled"]);
    });
}

#[test]
fn another_pipeline_takes_a_lead_with_its_own_words() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let law = law(&desk, &admin).await;
        let (_, path) = path(&desk, &admin, json!({ "value": 500 })).await;
        let over = json!({ "pipeline_id": law["id"] });
        assert_eq!(desk.patch(&admin, &path, over).await.faults(), ["custom.on required", "value required"]);
        let over = json!({ "pipeline_id": law["id"], "value": 12_000_000, "custom": { "on": "2025-01-02" }, "disposition": "hot", "checklist": ["docs", "call"] });
        let moved = desk.patch(&admin, &path, over).await.expect(200);
        assert_eq!(
            (&moved["status"], &moved["currency"], &moved["value"]),
            (&json!("intake"), &json!("VND"), &json!(12_000_000))
        );
        assert_eq!((&moved["disposition"], &moved["checklist"]), (&json!("hot"), &json!(["call", "docs"])));
        assert_eq!(
            desk.patch(
                &admin,
                &path,
                json!({ "disposition": "warm", "checklist": ["cry"], "custom": { "on": null } })
            )
            .await
            .faults(),
            ["checklist.0 not_one_of", "custom.on required", "disposition not_one_of"]
        );
        let ticked =
            desk.patch(&admin, &path, json!({ "checklist_data": { "docs": false } })).await.expect(200);
        assert_eq!(ticked["checklist"], json!(["call"]));
        let cleared = desk
            .patch(&admin, &path, json!({ "disposition": null, "custom": { "state": "NY" } }))
            .await
            .expect(200);
        assert_eq!(
            (&cleared["disposition"], &cleared["custom"]),
            (&Value::Null, &json!({ "on": "2025-01-02", "state": "NY" }))
        );
        assert_eq!(
            desk.patch(&admin, &path, json!({ "pipeline_id": 999 })).await.faults(),
            ["pipeline_id not_found"]
        );
    });
}

#[test]
fn an_archived_lead_comes_back() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let (id, path) = path(&desk, &an, json!({})).await;
        desk.call(&an, "DELETE", &path, Value::Null).await.refused(403, "forbidden");
        desk.call(&admin, "DELETE", &path, Value::Null).await.expect(204);
        let gone = desk.get(&an, &path).await.expect(200);
        assert!(gone["archived_at"].is_string() && gone["due_at"].is_null());
        let said = json!({ "type": "note", "summary": "x" });
        desk.patch(&an, &format!("{path}/status"), json!({ "status": "connected" }))
            .await
            .refused(409, "wrong_state");
        desk.patch(&an, &path, json!({ "notes": "x" })).await.refused(409, "wrong_state");
        desk.post(&an, &format!("{path}/interactions"), said).await.refused(409, "wrong_state");
        desk.post(&an, &format!("{path}/students"), json!({ "name": "x" })).await.refused(409, "wrong_state");
        let many = json!({ "lead_ids": [id], "updates": { "disposition": null } });
        let many = desk.post(&admin, "/leads/bulk-update", many).await.expect(200);
        assert_eq!(many["results"][0]["error"], "This lead is archived. Restore it first.");
        let back = desk.post(&admin, &format!("{path}/restore"), Value::Null).await.expect(200);
        assert!(back["archived_at"].is_null() && back["due_at"].is_string());
        let kinds: Vec<String> = desk.events("lead", id).await.into_iter().map(|e| e.0).collect();
        assert_eq!(kinds, ["lead.created", "lead.archived", "lead.restored"]);
        let history = desk.get(&admin, &format!("{path}/history")).await.expect(200);
        assert_eq!(history["changes"][0]["by"], json!({ "kind": "user", "id": admin.id, "name": "root" }));
    });
}

#[test]
fn students_come_and_go() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let other = desk.user("other", "agent", &["Sales"]).await;
        let (id, path) = path(&desk, &an, json!({})).await;
        let all = format!("{path}/students");
        let bi = desk.post(&an, &all, json!({ "name": " Bi ", "dob": "2018-01-31" })).await.expect(201);
        assert_eq!((&bi["name"], &bi["date_of_birth"]), (&json!("Bi"), &json!("2018-01-31")));
        assert_eq!(
            desk.post(&an, &all, json!({ "name": " ", "dob": "31.1.18" })).await.faults(),
            ["date_of_birth format", "name too_short"]
        );
        let one = format!("/students/{}", bi["id"]);
        desk.patch(&other, &one, json!({ "name": "X" })).await.refused(404, "not_found");
        desk.post(&other, &all, json!({ "name": "X" })).await.refused(404, "not_found");
        let after = desk
            .patch(&an, &one, json!({ "grade_applying_for": "4", "date_of_birth": null }))
            .await
            .expect(200);
        assert_eq!(
            (&after["grade_applying_for"], &after["date_of_birth"], &after["version"]),
            (&json!("4"), &Value::Null, &json!(2))
        );
        desk.call_with(&an, "PATCH", &one, &[("if-match", "1")], json!({ "name": "B" }))
            .await
            .refused(409, "stale_version");
        assert_eq!(desk.get(&an, &all).await.expect(200)["students"].as_array().unwrap().len(), 1);
        desk.call(&an, "DELETE", &one, Value::Null).await.expect(204);
        desk.call(&an, "DELETE", &one, Value::Null).await.refused(404, "not_found");
        let told: Vec<_> = desk
            .events("lead", id)
            .await
            .into_iter()
            .filter(|e| e.0 == "lead.students_changed")
            .map(|e| e.1["change"].clone())
            .collect();
        assert_eq!(told, ["added", "changed", "removed"]);
    });
}

#[test]
fn a_lead_grows_stale_and_overdue() {
    with_desk(async |desk| {
        let admin = desk.api_key("admin").await;
        let (_, path) = path(&desk, &admin, json!({})).await;
        let seen = async || {
            let lead = desk.get(&admin, &path).await.expect(200);
            (lead["is_overdue"].clone(), lead["is_stale"].clone())
        };
        assert_eq!(seen().await, (json!(false), Value::Null));
        desk.clock.advance(25 * HOUR);
        assert_eq!(seen().await, (json!(true), Value::Null));
        desk.clock.advance(6 * DAY);
        assert_eq!(seen().await, (json!(true), json!("warning")));
        desk.clock.advance(7 * DAY);
        assert_eq!(seen().await, (json!(true), json!("critical")));
        desk.patch(&admin, &format!("{path}/status"), json!({ "status": "connected" })).await.expect(200);
        assert_eq!(seen().await, (json!(false), Value::Null));
    });
}

#[test]
fn another_pipeline_asks_for_its_own_fields() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let field = |key: &str, required: bool| json!({ "key": key, "label": key, "kind": "text", "is_required": required, "is_filterable": true });
        let pipeline = |key: &str, fields: Value| {
            json!({
                "key": key, "name": key, "currency": "VND", "fields": fields,
                "stages": [{ "key": "new", "name": "New", "kind": "open" }, { "key": "won", "name": "Won", "kind": "won" }, { "key": "lost", "name": "Lost", "kind": "lost" }],
            })
        };
        let one = pipeline("one", json!([field("both", false), field("only_one", false)]));
        let one = desk.post(&admin, "/pipelines", one).await.expect(201)["id"].clone();
        let two = pipeline("two", json!([field("both", false), field("needed", true)]));
        let two = desk.post(&admin, "/pipelines", two).await.expect(201)["id"].clone();
        let custom = json!({ "both": "kept", "only_one": "left behind" });
        let (id, path) = path(&desk, &admin, json!({ "pipeline_id": one, "custom": custom })).await;
        let refused = desk.patch(&admin, &path, json!({ "pipeline_id": two })).await;
        assert_eq!(refused.faults(), ["custom.needed required"]);
        let body = json!({ "pipeline_id": two, "custom": { "needed": "here" } });
        let after = desk.patch(&admin, &path, body).await.expect(200);
        assert_eq!(after["custom"], json!({ "both": "kept", "needed": "here" }));
        let found = async |key: &str| {
            desk.get(&admin, &format!("/leads?custom.{key}")).await.expect(200)["total"].clone()
        };
        assert_eq!(
            (found("needed=here").await, found("only_one=left%20behind").await),
            (json!(1), json!(0)),
            "{id}"
        );
    });
}
