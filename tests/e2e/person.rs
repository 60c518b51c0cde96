//! One person: what they write touches their leads, stands in their timeline, and moves when two turn out to be one.

use e2e::{Desk, eventually, on_each_engine, wire};
use platform::{
    clock::{MINUTE, SECOND},
    db::Sql,
    params,
};
use serde_json::{Value, json};
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

/// Moves of rows that were filed under the loser while it was being merged.
#[test]
fn what_came_in_during_a_merge_follows_and_goes_back() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let say = async |from: &str, id: &str| {
            let at = desk.clock.now();
            wire::zalo(&Said { from, id, text: "Chào shop", at }).post(&desk.client).await.is(200);
            admin.get("/tickets").await.is(200)["tickets"][0].clone()
        };
        let of = |ticket: &Value| ticket["contact"]["id"].as_i64().unwrap();
        let (winner, loser) = (of(&say("90001", "1").await), of(&say("90002", "2").await));
        admin.post(&format!("/contacts/{winner}/merge"), json!({"other_id": loser})).await.is(200);
        // Somebody had looked the loser up a moment before: a conversation with its message is filed under it.
        let late = desk.place.db().write(move |tx| {
            let text = "INSERT INTO tickets (number, contact_id, channel, identity, subject, status, priority, tags, is_spam, is_bot_handoff, last_message_at, last_message_from, preview, created_at, updated_at, version) VALUES (900001, ?1, 'zalo', '90002', 's', 'new', 1, '[]', FALSE, FALSE, 1, 'customer', '', 1, 1, 1) RETURNING id";
            let ticket: i64 = tx.insert(Sql::built(text), params![loser])?;
            let text = "INSERT INTO messages (ticket_id, contact_id, sender_type, direction, visibility, content_type, content, attachments, is_spam, at, created_at) VALUES (?1, ?2, 'customer', 'inbound', 'public', 'text', 'hi', 0, FALSE, 1, 1)";
            tx.exec(Sql::built(text), params![ticket, loser])?;
            Ok(ticket)
        });
        let late = late.await.unwrap();
        let whose = async |table: &str, column: &str| {
            desk.numbers(&format!("SELECT contact_id FROM {table} WHERE {column} = {late}")).await
        };
        assert_eq!(whose("tickets", "id").await, [loser]);
        desk.clock.advance(16 * SECOND);
        eventually("it follows", async || whose("tickets", "id").await == [winner]).await;
        assert_eq!(whose("messages", "ticket_id").await, [winner]);
        admin.post(&format!("/contacts/{winner}/unmerge"), json!({})).await.is(200);
        assert_eq!(
            (whose("tickets", "id").await, whose("messages", "ticket_id").await),
            (vec![loser], vec![loser])
        );
    });
}

/// Whose everything is that is not newer than `last`.
async fn picture(desk: &Desk, last: i64) -> Vec<String> {
    let mut all = Vec::new();
    for text in [
        "SELECT 'contact ' || id || ' ' || name || ' ' || CAST(is_blocked AS text) || ' ' || coalesce(merged_into_id, 0) || ' ' || coalesce(company_id, 0) FROM contacts ORDER BY id".to_owned(),
        "SELECT 'method ' || id || ' ' || contact_id || ' ' || value_key || ' ' || CAST(is_primary AS text) || ' ' || coalesce(likeness, '') FROM contact_methods ORDER BY id".to_owned(),
        "SELECT 'lead ' || id || ' ' || contact_id || ' ' || name || ' ' || stage_id || ' ' || score || ' ' || notes FROM leads ORDER BY id".to_owned(),
        "SELECT 'message ' || id || ' ' || contact_id || ' ' || content FROM messages ORDER BY id".to_owned(),
        format!("SELECT 'event ' || id || ' ' || contact_id || ' ' || data FROM events WHERE contact_id IS NOT NULL AND id <= {last} ORDER BY id"),
        "SELECT 'task ' || id || ' ' || coalesce(contact_id, 0) || ' ' || title FROM tasks ORDER BY id".to_owned(),
        "SELECT 'interaction ' || id || ' ' || contact_id || ' ' || summary FROM interactions ORDER BY id".to_owned(),
        "SELECT 'ticket ' || id || ' ' || contact_id || ' ' || identity || ' ' || status FROM tickets ORDER BY id".to_owned(),
    ] {
        all.extend(desk.texts(&text).await);
    }
    all
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Somebody with some of everything.
async fn somebody(desk: &Desk, dice: &mut Dice, n: usize) -> i64 {
    let admin = desk.admin().await;
    let kinds = ["phone", "email", "telegram", "line"];
    let methods: Vec<Value> = (0..dice.below(4))
        .map(|m| match kinds[dice.below(4) as usize] {
            "phone" => json!({"kind": "phone", "value": format!("09{n:02}{m}12345")}),
            "email" => json!({"kind": "email", "value": format!("a{m}@shop{n}.example")}),
            kind => json!({"kind": kind, "value": format!("{kind}{n}{m}"), "account_id": "1"}),
        })
        .collect();
    let new = json!({"name": format!("Người {n}"), "methods": methods});
    let id = admin.post("/contacts", new).await.is(201)["id"].as_i64().unwrap();
    for k in 0..dice.below(3) {
        let lead = json!({"contact_id": id, "name": format!("Lead {n} {k}"), "notes": "x"});
        let lead = admin.post("/leads", lead).await.is(201)["id"].clone();
        if dice.below(2) == 0 {
            admin.post("/tasks", json!({"title": "Gọi", "lead_id": lead})).await.is(201);
        }
        if dice.below(2) == 0 {
            let call = json!({"type": "call", "summary": "Đã gọi", "outcome": "connected"});
            admin.post(&format!("/leads/{lead}/interactions"), call).await.is(201);
        }
    }
    if dice.below(3) == 0 {
        admin.post(&format!("/contacts/{id}/block"), json!(null)).await.is(200);
    }
    if dice.below(2) == 0 {
        let from = format!("7{n:03}");
        let at = desk.clock.now();
        let said = Said { from: &from, id: &format!("w{n}"), text: "Chào", at };
        wire::zalo(&said).post(&desk.client).await.is(200);
        let writer = admin.get("/tickets").await.is(200)["tickets"][0]["contact"]["id"].as_i64().unwrap();
        // Some are somebody who wrote; their merge stands while others come and go.
        let merged = admin.post(&format!("/contacts/{id}/merge"), json!({"other_id": writer})).await;
        assert_eq!(merged.status, 200, "{}", merged.text);
    }
    id
}

#[test]
fn random_people_are_merged_and_parted_and_every_row_is_as_it_was() {
    on_each_engine(async |desk| {
        let (admin, mut dice) = (desk.admin().await, Dice(7));
        for round in 0..5 {
            let mut people = Vec::new();
            for k in 0..3 {
                people.push(somebody(desk, &mut dice, round * 3 + k).await);
            }
            let last = desk.number("SELECT max(id) FROM events").await;
            let was = picture(desk, last).await;
            // A chain or a star, taken back in the order that it asks for.
            let (first, second) = match dice.below(2) {
                0 => ((people[0], people[1]), (people[2], people[0])),
                _ => ((people[0], people[1]), (people[0], people[2])),
            };
            let mut done = Vec::new();
            for (winner, loser) in [first, second] {
                let body = json!({"other_id": loser});
                let merged = admin.post(&format!("/contacts/{winner}/merge"), body).await.is(200);
                done.push((winner, merged["merge_id"].clone()));
            }
            let gone = [first.1, second.1];
            let held = picture(desk, last).await;
            let is_left = |line: &&String| {
                let mut words = line.split(' ');
                let (kind, whose) = (words.next().unwrap(), words.nth(1).unwrap());
                kind != "contact" && gone.iter().any(|id| id.to_string() == whose)
            };
            assert_eq!(held.iter().find(is_left), None, "something is left with who was merged");
            assert_ne!(held, was);
            for (winner, merge) in done.into_iter().rev() {
                admin.post(&format!("/contacts/{winner}/unmerge"), json!({"merge_id": merge})).await.is(200);
            }
            let is = picture(desk, last).await;
            let other: Vec<_> = is.iter().filter(|l| !was.contains(l)).collect();
            let missing: Vec<_> = was.iter().filter(|l| !is.contains(l)).collect();
            assert!(other.is_empty() && missing.is_empty(), "{other:#?} in place of {missing:#?}");
        }
    });
}
