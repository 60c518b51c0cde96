//! What a desk says of its leads as a whole.

use std::time::Duration;

use crm::leads::rescoring;
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

/// Weights by which the source is everything.
fn by_source() -> Value {
    json!({ "weights": { "demographic": 0, "behavioural": 0, "source": 100, "intent": 0 } })
}

async fn put(desk: &TestDesk, admin: &Who, settings: Value) -> Value {
    desk.call(admin, "PUT", "/leads/settings", settings).await.expect(200)
}

async fn rescoring_of(desk: &TestDesk, admin: &Who) -> Value {
    desk.get(admin, "/leads/rescoring").await.expect(200)
}

async fn scores(desk: &TestDesk, admin: &Who) -> Vec<i64> {
    let list = desk.get(admin, "/leads?limit=200&sort=created_at").await.expect(200);
    list["leads"].as_array().unwrap().iter().map(|l| l["score"].as_i64().unwrap()).collect()
}

#[test]
fn older_leads_are_scored_by_changed_weights() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        assert_eq!(rescoring_of(&desk, &an).await["state"], "never");
        let fresh =
            desk.lead(&admin, "Mai Le", json!({ "source": "referral", "email": "mai@x.example" })).await;
        let away = desk.lead(&admin, "Away", json!({ "source": "social" })).await;
        desk.call(&admin, "DELETE", &format!("/leads/{}", away["id"]), Value::Null).await.expect(204);
        let before = desk.events("lead", fresh["id"].as_i64().unwrap()).await;

        // What does not touch scores counts nothing anew.
        put(&desk, &admin, json!({ "default_capacity": 7 })).await;
        let mut sources = desk.get(&admin, "/leads/settings").await.expect(200)["sources"].clone();
        sources.as_array_mut().unwrap().push(json!({ "key": "fair", "name": "Fair", "points": 50 }));
        put(&desk, &admin, json!({ "sources": sources })).await;
        assert_eq!(rescoring_of(&desk, &an).await["state"], "never");

        let preview = desk.post(&admin, "/leads/settings/preview", by_source()).await.expect(200);
        assert_eq!(preview["examples"].as_array().unwrap().len(), 1);
        let example = &preview["examples"][0];
        assert_eq!((&example["lead"]["id"], &example["score"]), (&fresh["id"], &json!(100)));
        assert_eq!(example["score_before"], fresh["score"]);
        put(&desk, &admin, by_source()).await;
        assert_eq!(rescoring_of(&desk, &an).await["state"], "running");
        desk.work_until(async || rescoring_of(&desk, &an).await["state"] == "done").await;
        let done = rescoring_of(&desk, &an).await;
        assert_eq!((&done["total"], &done["done"], &done["changed"]), (&json!(2), &json!(2), &json!(2)));
        let lead = desk.get(&admin, &format!("/leads/{}", fresh["id"])).await.expect(200);
        assert_eq!((&lead["score"], &lead["score_parts"]), (&json!(100), &example["score_parts"]));
        assert_eq!((&lead["updated_at"], &lead["version"]), (&fresh["updated_at"], &json!(2)));
        assert_eq!(
            desk.events("lead", fresh["id"].as_i64().unwrap()).await,
            before,
            "nothing is told of each"
        );
        assert_eq!(scores(&desk, &admin).await, [100]);
        assert_eq!(desk.get(&admin, "/leads?score_min=90").await.expect(200)["total"], 1);
        let away = desk.get(&admin, &format!("/leads/{}", away["id"])).await.expect(200);
        assert_eq!(away["score"], 40, "50 points of its source, and none to reach it by");

        // A source's points do the same; and whoever asks has all counted anew.
        let dull = json!({
            "weights": by_source()["weights"], "sources": [{ "key": "referral", "name": "Referral", "points": 10 }],
        });
        put(&desk, &admin, dull).await;
        desk.work_until(async || rescoring_of(&desk, &admin).await["state"] == "done").await;
        assert_eq!(scores(&desk, &admin).await, [15], "10 of the source, and 5 for a referral");
        desk.post(&an, "/leads/rescoring", Value::Null).await.refused(403, "forbidden");
        let again = desk.post(&admin, "/leads/rescoring", Value::Null).await.expect(202);
        assert_eq!((&again["state"], &again["done"]), (&json!("running"), &json!(0)));
        desk.work_until(async || rescoring_of(&desk, &admin).await["state"] == "done").await;
        let done = rescoring_of(&desk, &admin).await;
        assert_eq!((&done["done"], &done["changed"]), (&json!(2), &json!(0)));
    });
}

#[test]
fn a_broken_off_count_goes_on_where_it_was() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        for n in 0..130 {
            desk.lead(&admin, &format!("Lead {n}"), json!({ "source": "walk_in" })).await;
        }
        put(&desk, &admin, by_source()).await;
        // The program ends after one step, and another one goes on.
        rescoring::go(&desk.desk.db, Duration::from_secs(60), 1).await.unwrap();
        let half = rescoring_of(&desk, &admin).await;
        assert_eq!(
            (&half["state"], &half["total"], &half["done"]),
            (&json!("running"), &json!(130), &json!(100))
        );
        let halfway = scores(&desk, &admin).await;
        assert_eq!(halfway.iter().filter(|s| **s == 80).count(), 100);
        desk.post(&admin, "/leads/rescoring", Value::Null).await.expect(202);
        desk.work_until(async || rescoring_of(&desk, &admin).await["state"] == "done").await;
        let done = rescoring_of(&desk, &admin).await;
        assert_eq!((&done["done"], &done["changed"]), (&json!(130), &json!(130)), "none was done twice");
        assert!(scores(&desk, &admin).await.iter().all(|s| *s == 80));

        // Changed again in the middle, it begins again.
        put(&desk, &admin, json!({})).await;
        rescoring::go(&desk.desk.db, Duration::from_secs(60), 1).await.unwrap();
        put(&desk, &admin, by_source()).await;
        let begun = rescoring_of(&desk, &admin).await;
        assert_eq!((&begun["state"], &begun["done"]), (&json!("running"), &json!(0)));
        desk.work_until(async || rescoring_of(&desk, &admin).await["state"] == "done").await;
        assert!(scores(&desk, &admin).await.iter().all(|s| *s == 80));
    });
}

#[test]
fn settings_are_versioned_and_take_effect() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let usual = desk.get(&an, "/leads/settings").await.expect(200);
        assert_eq!((&usual["version"], &usual["default_capacity"]), (&json!(0), &json!(25)));
        assert_eq!((&usual["stale_warning_days"], &usual["stale_critical_days"]), (&json!(7), &json!(14)));
        assert_eq!(usual["sources"].as_array().unwrap().len(), 6);
        assert_eq!(
            usual["weights"],
            json!({ "demographic": 25, "behavioural": 35, "source": 20, "intent": 20 })
        );

        desk.call(&an, "PUT", "/leads/settings", json!({})).await.refused(403, "forbidden");
        let bad = json!({
            "stale_warning_days": 9, "stale_critical_days": 3,
            "sources": [{ "key": "a", "name": "A" }, { "key": "a", "name": "B" }],
            "weights": { "demographic": 0, "behavioural": 0, "source": 0, "intent": 0 },
        });
        assert_eq!(
            desk.call(&admin, "PUT", "/leads/settings", bad).await.faults(),
            ["sources.1.key repeated", "stale_critical_days out_of_range", "weights out_of_range"]
        );
        let new =
            json!({ "sources": [{ "key": "fair", "name": "Fair", "points": 100 }], "default_capacity": 2 });
        let put = desk.call(&admin, "PUT", "/leads/settings", new.clone()).await.expect(200);
        assert_eq!((&put["version"], &put["stale_warning_days"]), (&json!(1), &json!(7)));
        desk.call_with(&admin, "PUT", "/leads/settings", &[("if-match", "0")], new)
            .await
            .refused(409, "stale_version");
        assert_eq!(desk.lead(&an, "Mai", json!({})).await["source"], "fair");
    });
}
