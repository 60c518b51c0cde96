//! What a desk says of its leads as a whole.

use serde_json::json;

use crate::support::with_desk;

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
