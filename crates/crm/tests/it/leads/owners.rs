//! What follows from whose a lead is: who hears of it, what there is to do, who may leave, whose history it is.

use platform::clock::MINUTE;
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

async fn team(desk: &TestDesk) -> (Who, Who, Who, Who) {
    desk.department("Sales").await;
    (
        desk.user("root", "admin", &[]).await,
        desk.user("boss", "manager", &["Sales"]).await,
        desk.user("an", "agent", &["Sales"]).await,
        desk.user("binh", "agent", &["Sales"]).await,
    )
}

/// What somebody was told of leads, the newest first.
async fn told(desk: &TestDesk, who: &Who) -> Vec<Value> {
    let list = desk.get(who, "/notifications").await.expect(200);
    let all = list["notifications"].as_array().unwrap().iter();
    all.filter(|n| n["kind"] == "lead.assigned").cloned().collect()
}

#[test]
fn whoever_is_given_a_lead_by_somebody_else_is_told() {
    with_desk(async |desk| {
        let (_, boss, an, binh) = team(&desk).await;
        desk.lead(&an, "Own", json!({})).await;
        assert!(told(&desk, &an).await.is_empty(), "one's own is no news");
        let lead = desk.lead(&boss, "Minh", json!({ "assigned_to": an.id })).await;
        let one = told(&desk, &an).await;
        assert_eq!(one.len(), 1);
        assert_eq!(
            (&one[0]["data"], &one[0]["link"]),
            (
                &json!({ "lead_id": lead["id"], "name": "Minh", "by": boss.id }),
                &json!(format!("/leads/{}", lead["id"]))
            )
        );

        // Of many they hear once.
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.push(
                desk.lead(&boss, &format!("Lead {n}"), json!({ "assigned_to": null })).await["id"].clone(),
            );
        }
        let body = json!({ "lead_ids": ids, "new_owner_id": binh.id });
        desk.post(&boss, "/pipeline/bulk-assign", body).await.expect(200);
        let many = told(&desk, &binh).await;
        assert_eq!(many.len(), 1, "{many:?}");
        assert_eq!(
            (&many[0]["data"], &many[0]["link"]),
            (&json!({ "count": 5, "by": boss.id }), &json!("/leads?assigned_to=me"))
        );
        let unread = desk.get(&binh, "/notifications/count").await.expect(200);
        assert_eq!(unread["unread"], 1);

        // What was read, and what came long before, stands by itself.
        desk.post(&binh, "/notifications/mark-all-read", json!({})).await.expect(200);
        desk.lead(&boss, "Later", json!({ "assigned_to": binh.id })).await;
        desk.clock.advance(2 * MINUTE);
        desk.lead(&boss, "Much later", json!({ "assigned_to": binh.id })).await;
        assert_eq!(told(&desk, &binh).await.len(), 3);
    });
}

#[test]
fn a_lead_that_begins_in_a_stage_has_its_tasks() {
    with_desk(async |desk| {
        let (_, boss, an, _) = team(&desk).await;
        let more = json!({ "status": "visit_scheduled", "assigned_to": an.id });
        let lead = desk.lead(&boss, "Minh", more).await;
        let tasks = desk.get(&an, &format!("/tasks?lead_id={}", lead["id"])).await.expect(200);
        let tasks = tasks["tasks"].as_array().unwrap();
        assert!(!tasks.is_empty());
        assert!(tasks.iter().all(|t| t["is_follow_up"] == true && t["assigned_to"] == an.id), "{tasks:?}");
    });
}

#[test]
fn nobody_leaves_while_open_leads_are_theirs() {
    with_desk(async |desk| {
        let (root, boss, an, binh) = team(&desk).await;
        let open = desk.lead(&an, "Open", json!({})).await["id"].clone();
        let lost = desk.lead(&an, "Lost", json!({})).await["id"].clone();
        let body = json!({ "status": "lost", "reason": "elsewhere" });
        desk.patch(&an, &format!("/leads/{lost}/status"), body).await.expect(200);
        let path = format!("/users/{}", an.id);
        let refused = desk.call(&root, "DELETE", &path, Value::Null).await;
        assert!(refused.text.contains("1 open lead"), "{}", refused.text);
        refused.refused(409, "has_open_work");
        assert_eq!(desk.get(&root, &path).await.expect(200)["is_active"], true, "nothing was changed");
        desk.patch(&boss, &format!("/leads/{open}/assign"), json!({ "assigned_to": binh.id }))
            .await
            .expect(200);
        desk.call(&root, "DELETE", &path, Value::Null).await.expect(204);
    });
}

#[test]
fn a_lead_takes_its_history_to_another_contact() {
    with_desk(async |desk| {
        let (root, _, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({ "phone": "+84905000111" })).await;
        let other = desk.lead(&an, "Nga", json!({ "phone": "+84905000222" })).await;
        let (id, from, to) = (&lead["id"], &lead["contact_id"], &other["contact_id"]);
        desk.post(&an, "/tasks", json!({ "title": "Call", "lead_id": id })).await.expect(201);
        let call = json!({ "type": "call", "outcome": "connected", "summary": "said yes" });
        desk.post(&an, &format!("/leads/{id}/interactions"), call).await.expect(201);
        desk.patch(&root, &format!("/leads/{id}"), json!({ "contact_id": to })).await.expect(200);

        let kinds = async |contact: &Value| {
            let page = desk.get(&root, &format!("/contacts/{contact}/timeline")).await.expect(200);
            let all = page["entries"].as_array().unwrap().iter();
            all.filter(|e| e["subject"]["id"] == *id && e["subject"]["kind"] == "lead")
                .map(|e| e["kind"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert!(kinds(from).await.is_empty(), "{:?}", kinds(from).await);
        let there = kinds(to).await;
        for kind in ["lead.created", "task.created", "interaction.logged"] {
            assert!(there.iter().any(|k| k == kind), "{kind} is missing: {there:?}");
        }
    });
}
