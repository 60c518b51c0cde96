//! One person: what they write touches their leads, stands in their timeline, and moves when two turn out to be one.

use e2e::{on_each_engine, wire};
use platform::clock::MINUTE;
use serde_json::json;
use wire::Said;

#[test]
fn a_message_is_of_the_person_and_of_their_leads() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let say = async |from: &str, id: &str, text: &str| {
            let at = desk.clock.now();
            wire::zalo(&Said { from, id, text, at }).post(&desk.client).await.is(200);
        };
        say("90001", "1", "Chào shop").await;
        let tickets = admin.get("/tickets").await.is(200);
        let contact = tickets["tickets"][0]["contact"]["id"].as_i64().unwrap();
        let made = admin.post("/leads", json!({"contact_id": contact, "name": "Bình"})).await.is(201);
        let lead = made["id"].as_i64().unwrap();

        desk.clock.advance(5 * MINUTE);
        say("90001", "2", "Còn ai không?").await;
        let read = admin.get(&format!("/contacts/{contact}/leads")).await.is(200);
        let row = &read["leads"][0];
        assert_eq!((row["id"].as_i64(), row["first_contact_at"].is_null()), (Some(lead), true));
        assert_eq!(row["last_interaction_at"], "2026-01-03T10:05:00.000Z");
        let board = admin.get("/pipeline/board").await.is(200);
        assert_eq!(board["columns"][0]["leads"][0]["last_ticket_id"], tickets["tickets"][0]["id"], "{board}");

        let timeline = admin.get(&format!("/leads/{lead}/timeline?types=message,ticket")).await.is(200);
        let shown: Vec<_> = timeline["entries"].as_array().unwrap().iter().map(|e| &e["item"]).collect();
        assert_eq!(shown.len(), 3, "{timeline}");
        assert_eq!(shown[0]["content"], "Còn ai không?");
        assert_eq!((&shown[0]["direction"], &shown[0]["visibility"]), (&json!("inbound"), &json!("public")));
        assert!(timeline["entries"].as_array().unwrap().iter().any(|e| e["event_type"] == "ticket"));

        say("90002", "3", "Tôi đây").await;
        let tickets = admin.get("/tickets").await.is(200);
        let other = tickets["tickets"][0]["contact"]["id"].as_i64().unwrap();
        assert_ne!(other, contact);
        let merged =
            admin.post(&format!("/contacts/{contact}/merge"), json!({"other_id": other})).await.is(200);
        assert_eq!(merged["methods"].as_array().unwrap().len(), 2, "{merged}");
        assert_eq!(merged["merges"][0]["other"]["id"], other);
        admin
            .post(&format!("/contacts/{contact}/merge"), json!({"other_id": other}))
            .await
            .refused(409, "wrong_state");
        assert_eq!(admin.get(&format!("/contacts/{other}")).await.is(200)["merged_into_id"], contact);
        let listed = admin.get("/contacts?limit=200").await.is(200);
        assert!(listed["contacts"].as_array().unwrap().iter().all(|c| c["id"] != other));
        say("90002", "4", "Vẫn là tôi").await;
        let timeline = admin.get(&format!("/contacts/{contact}/timeline?types=message")).await.is(200);
        assert_eq!(timeline["entries"].as_array().unwrap().len(), 4, "{timeline}");

        let undone = admin.post(&format!("/contacts/{contact}/unmerge"), json!({})).await.is(200);
        assert_eq!((undone["methods"].as_array().unwrap().len(), &undone["merges"]), (1, &json!([])));
        let back = admin.get(&format!("/contacts/{other}")).await.is(200);
        assert_eq!((&back["merged_into_id"], back["methods"].as_array().unwrap().len()), (&json!(null), 1));
        admin.post(&format!("/contacts/{contact}/unmerge"), json!({})).await.refused(409, "wrong_state");
    });
}
