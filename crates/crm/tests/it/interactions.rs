//! Interactions: what was done about a lead, by whom, and what it means for the lead.

use platform::clock::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

async fn team(desk: &TestDesk) -> (Who, Who, Who) {
    desk.department("Sales").await;
    (
        desk.user("boss", "manager", &["Sales"]).await,
        desk.user("an", "agent", &["Sales"]).await,
        desk.user("binh", "agent", &["Sales"]).await,
    )
}

fn at(desk: &TestDesk, after: i64) -> String {
    platform::time::rfc3339(desk.clock.now() + after)
}

#[test]
fn logging_one_touches_its_lead() {
    with_desk(async |desk| {
        let (_, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let (of_lead, path) =
            (format!("/leads/{}", lead["id"]), format!("/leads/{}/interactions", lead["id"]));
        desk.clock.advance(30 * MINUTE);
        let note = desk
            .post(&an, &path, json!({ "type": "note", "summary": "Asked for a brochure" }))
            .await
            .expect(201);
        assert_eq!(
            note,
            json!({
                "id": note["id"], "lead_id": lead["id"], "type": "note", "outcome": null, "summary": "Asked for a brochure",
                "duration_seconds": null, "occurred_at": at(&desk, 0), "created_by": { "id": an.id, "name": "an" },
                "created_at": at(&desk, 0), "updated_at": at(&desk, 0), "version": 1,
            })
        );
        let now = desk.get(&an, &of_lead).await.expect(200);
        assert_eq!(
            (&now["last_interaction_at"], &now["first_contact_at"]),
            (&json!(at(&desk, 0)), &Value::Null)
        );
        let earlier = at(&desk, -10 * MINUTE);
        let call = json!({ "lead_id": lead["id"], "type": "call", "outcome": "no_answer", "duration_seconds": 30, "occurred_at": earlier });
        desk.post(&an, "/interactions", call).await.expect(201);
        let now = desk.get(&an, &of_lead).await.expect(200);
        assert_eq!(
            (&now["last_interaction_at"], &now["first_contact_at"]),
            (&json!(at(&desk, 0)), &json!(earlier))
        );
        let list = desk.get(&an, &path).await.expect(200);
        let kinds: Vec<_> =
            list["interactions"].as_array().unwrap().iter().map(|i| i["type"].as_str().unwrap()).collect();
        assert_eq!((kinds, &list["total"]), (vec!["note", "call"], &json!(2)), "by when it was");
        let calls = desk.get(&an, &format!("{path}?type=call&outcome=no_answer")).await.expect(200);
        assert_eq!(calls["total"], 1);

        let events = desk.events("lead", lead["id"].as_i64().unwrap()).await;
        let logged: Vec<_> = events.iter().filter(|e| e.0 == "interaction.logged").collect();
        assert_eq!((logged.len(), &logged[0].1["interaction_id"]), (2, &note["id"]));
        assert!(!format!("{events:?}").contains("brochure"), "events hold no words");
    });
}

#[test]
fn a_change_of_stage_leaves_one_behind() {
    with_desk(async |desk| {
        let (boss, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        desk.patch(&an, &format!("/leads/{}/status", lead["id"]), json!({ "status": "visit_scheduled" }))
            .await
            .expect(200);
        let list = desk.get(&an, &format!("/leads/{}/interactions", lead["id"])).await.expect(200);
        let left = &list["interactions"][0];
        assert_eq!(
            (&left["type"], &left["summary"]),
            (&json!("status_change"), &json!("Status updated to Visit scheduled"))
        );
        assert_eq!(left["created_by"]["id"], an.id);
        let path = format!("/interactions/{}", left["id"]);
        desk.patch(&boss, &path, json!({ "summary": "x" })).await.refused(409, "wrong_state");
        desk.call(&boss, "DELETE", &path, Value::Null).await.refused(409, "wrong_state");
        let body = json!({ "type": "status_change", "summary": "x" });
        assert_eq!(
            desk.post(&an, &format!("/leads/{}/interactions", lead["id"]), body).await.faults(),
            ["type not_one_of"]
        );
    });
}

#[test]
fn its_author_or_somebody_above_edits_it() {
    with_desk(async |desk| {
        let (boss, an, binh) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let made = async |who: &Who| {
            let body = json!({ "type": "call", "summary": "first", "duration_seconds": 5 });
            desk.post(who, &format!("/leads/{}/interactions", lead["id"]), body).await.expect(201)
        };
        let (mine, above) = (made(&an).await, made(&boss).await);
        let path = |i: &Value| format!("/interactions/{}", i["id"]);
        let change = json!({ "summary": "second", "outcome": "positive", "duration_seconds": null });
        let changed = desk.patch(&an, &path(&mine), change).await.expect(200);
        assert_eq!(
            (&changed["summary"], &changed["outcome"], &changed["version"]),
            (&json!("second"), &json!("positive"), &json!(2))
        );
        assert_eq!(changed["duration_seconds"], Value::Null);
        desk.call_with(&an, "PATCH", &path(&mine), &[("if-match", "1")], json!({ "summary": "x" }))
            .await
            .refused(409, "stale_version");
        desk.patch(&an, &path(&above), json!({ "summary": "x" })).await.refused(403, "forbidden");
        desk.call(&an, "DELETE", &path(&above), Value::Null).await.refused(403, "forbidden");
        desk.patch(&boss, &path(&mine), json!({ "summary": "third" })).await.expect(200);
        desk.get(&binh, &path(&mine)).await.refused(404, "not_found");
        desk.patch(&binh, &path(&mine), json!({ "summary": "x" })).await.refused(404, "not_found");
        desk.get(&binh, &format!("/leads/{}/interactions", lead["id"])).await.refused(404, "not_found");
        desk.post(&binh, "/interactions", json!({ "lead_id": lead["id"], "type": "call" }))
            .await
            .refused(404, "not_found");
        desk.call(&boss, "DELETE", &path(&mine), Value::Null).await.expect(204);
        desk.get(&an, &path(&mine)).await.refused(404, "not_found");
        let kinds: Vec<_> =
            desk.events("lead", lead["id"].as_i64().unwrap()).await.into_iter().map(|e| e.0).collect();
        let ours: Vec<_> = kinds.iter().filter(|k| k.starts_with("interaction.")).collect();
        assert_eq!(
            ours,
            [
                "interaction.logged",
                "interaction.logged",
                "interaction.updated",
                "interaction.updated",
                "interaction.removed"
            ]
        );
    });
}

#[test]
fn what_is_wrong_is_refused() {
    with_desk(async |desk| {
        let (_, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let path = format!("/leads/{}/interactions", lead["id"]);
        assert_eq!(
            desk.post(
                &an,
                &path,
                json!({ "type": "fax", "outcome": "great", "duration_seconds": -1, "mood": 1 })
            )
            .await
            .faults(),
            ["duration_seconds out_of_range", "mood unknown", "outcome not_one_of", "type not_one_of"]
        );
        assert_eq!(
            desk.post(&an, &path, json!({ "type": "note", "summary": " " })).await.faults(),
            ["summary required"]
        );
        let future = json!({ "type": "call", "occurred_at": at(&desk, HOUR) });
        assert_eq!(desk.post(&an, &path, future).await.faults(), ["occurred_at out_of_range"]);
        // A clock that is a little ahead is ours.
        let ahead = json!({ "type": "call", "occurred_at": at(&desk, 1_000) });
        assert_eq!(desk.post(&an, &path, ahead).await.expect(201)["occurred_at"], at(&desk, 0));
    });
}
