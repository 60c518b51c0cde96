//! What senders of spam hear: a warning, a last word, each once, and only where the desk was told to.

use e2e::{Answer, Desk, on_each_engine, wire};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use wire::Said;

const SPAM: &str = "Congratulations you have won, claim your prize: http://bit.ly/x";
const WARNING: &str = "Tin của bạn giống tin rác.";
const BLOCKED: &str = "Chúng tôi không nhận tin của bạn nữa.";
/// What machines said, in order.
const SAID: &str =
    "SELECT content FROM messages WHERE direction = 'outbound' AND sender_type = 'bot' ORDER BY id";
const TOLD: &str = "SELECT data FROM events WHERE kind = 'spam.told' ORDER BY id";
const DAY: i64 = 24 * 3600 * 1000;

async fn settings(desk: &Desk, channels: &[&str]) {
    let new = json!({
        "warning_channels": channels, "warning_text": WARNING,
        "blocked_channels": channels, "blocked_text": BLOCKED,
    });
    desk.admin().await.put("/spam/settings", new).await.is(200);
}

async fn write_in(desk: &Desk, from: &str, id: &str, text: &str) -> Value {
    let said = Said { from, id, text, at: desk.clock.now() };
    desk.client.key(desk.world.key("intake")).post("/webhook", wire::line(&said)).await.is(200)
}

#[test]
fn nobody_hears_anything_unless_said() {
    on_each_engine(async |desk| {
        for n in 0..6 {
            assert_eq!(write_in(desk, "u", &format!("a{n}"), &format!("{SPAM} {n}")).await["spam"], true);
        }
        assert!(desk.texts(SAID).await.is_empty());
        // Nor where another channel was said.
        settings(desk, &["zalo"]).await;
        for n in 0..6 {
            write_in(desk, "v", &format!("b{n}"), &format!("{SPAM} {n}")).await;
        }
        assert!(desk.texts(SAID).await.is_empty() && desk.texts(TOLD).await.is_empty());
    });
}

#[test]
fn the_first_spam_is_warned_the_fifth_is_the_last_heard() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        let mut ticket = Value::Null;
        let counts = [1, 1, 1, 1, 2, 2, 2];
        for (n, wanted) in counts.into_iter().enumerate() {
            desk.clock.advance(60_000);
            let stored = write_in(desk, "u", &format!("a{n}"), &format!("{SPAM} {n}")).await;
            assert_eq!((&stored["spam"], &stored["assigned_to"]), (&json!(true), &Value::Null));
            ticket = stored["ticket_id"].clone();
            assert_eq!(desk.texts(SAID).await.len(), wanted, "after {}", n + 1);
        }
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED]);
        // A repeated delivery is no message, and no reason to say more.
        write_in(desk, "u", "a4", &format!("{SPAM} 4")).await;
        assert_eq!(desk.texts(SAID).await.len(), 2);
        let told: Vec<Value> =
            desk.texts(TOLD).await.iter().map(|data| serde_json::from_str(data).unwrap()).collect();
        let facts: Vec<Value> = told
            .iter()
            .map(|t| json!([t["step"], t["counted"], t["days"], t["limit"], t["count"]]))
            .collect();
        assert_eq!(
            facts,
            [json!(["warning", "activities", 30, 5, 1]), json!(["blocked", "activities", 30, 5, 5])]
        );

        // The spam desk shows it on the ticket, and the inbox shows nothing.
        let admin = desk.admin().await;
        let found = admin.get(&format!("/tickets/{ticket}")).await.is(200);
        let said: Vec<&Value> =
            found["timeline"].as_array().unwrap().iter().filter(|m| m["sender_type"] == "bot").collect();
        assert_eq!(said.iter().map(|m| &m["content"]).collect::<Vec<_>>(), [WARNING, BLOCKED]);
        assert!(said.iter().all(|m| m["direction"] == "outbound" && m["visibility"] == "public"));
        // No callback: their client reads it here.
        assert!(said.iter().all(|m| m["delivery"]["state"] == "sent"), "{said:?}");
        assert_eq!(found["first_response_at"], Value::Null);
        assert_eq!(admin.get("/tickets").await.is(200)["total"], 0);
        assert_eq!(admin.get("/tickets?queue=spam").await.is(200)["total"], 1);
        let status = admin.get(&format!("/tickets/{ticket}/status")).await.is(200);
        assert_eq!(status["has_agent_reply"], false);

        // While the thirty days last nothing is said again, whatever drops out of the window and comes in again.
        desk.clock.advance(29 * DAY);
        desk.client.forget_log_ins();
        write_in(desk, "u", "b1", &format!("{SPAM} b1")).await;
        assert_eq!(desk.texts(SAID).await.len(), 2);
        desk.clock.advance(32 * DAY);
        write_in(desk, "u", "b2", &format!("{SPAM} b2")).await;
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED, WARNING]);
    });
}

#[test]
fn ten_at_once_are_answered_once() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        let texts: Vec<(String, String)> =
            (0..10).map(|n| (format!("m{n}"), format!("{SPAM} {n}"))).collect();
        let all = join_all(texts.iter().map(|(id, text)| write_in(desk, "u", id, text))).await;
        assert!(all.iter().all(|stored| stored["spam"] == true));
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED]);
        // Many senders at once: each hears its own.
        let names: Vec<String> = (0..10).map(|n| format!("s{n}")).collect();
        join_all(names.iter().map(|name| write_in(desk, name, name, SPAM))).await;
        let heard = "SELECT count(DISTINCT contact_id) FROM messages WHERE direction = 'outbound'";
        assert_eq!((desk.texts(SAID).await.len(), desk.number(heard).await), (12, 11));
    });
}

#[test]
fn a_limit_of_messages_is_told_on_the_way_and_when_it_is_reached() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        let texts: Vec<(String, String)> =
            (0..60).map(|n| (format!("m{n}"), format!("hàng số {n}"))).collect();
        for (n, (id, text)) in texts.iter().enumerate() {
            write_in(desk, "u", id, text).await;
            let wanted = usize::from(n >= 44) + usize::from(n >= 49);
            assert_eq!(desk.texts(SAID).await.len(), wanted, "after {}", n + 1);
        }
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED]);
    });
}

#[test]
fn machines_are_not_answered() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        let away = format!("Automatic reply: {SPAM}");
        assert_eq!(write_in(desk, "u", "a", &away).await["spam"], true);
        // Nor later, in its place.
        assert_eq!(write_in(desk, "u", "b", SPAM).await["spam"], true);
        assert!(desk.texts(SAID).await.is_empty());
    });
}

#[test]
fn a_conversation_hears_twenty_machines_words_a_day() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        let ticket = write_in(desk, "u", "first", "mua gì").await["ticket_id"].clone();
        let program = desk.client.key(desk.world.key("write"));
        for n in 0..20 {
            let body = json!({"content": format!("bot {n}"), "sender_type": "bot"});
            program.post(&format!("/tickets/{ticket}/messages"), body).await.is(201);
        }
        for n in 2..=45 {
            write_in(desk, "u", &format!("m{n}"), &format!("hàng số {n}")).await;
        }
        assert_eq!(desk.texts(SAID).await.len(), 20, "the warning was due, and is not said");
        for n in 46..=50 {
            write_in(desk, "u", &format!("m{n}"), &format!("hàng số {n}")).await;
        }
        assert_eq!(desk.texts(SAID).await.len(), 20);
        assert!(desk.texts(TOLD).await.is_empty());
    });
}

#[test]
fn who_was_cleared_is_warned_anew() {
    on_each_engine(async |desk| {
        settings(desk, &["generic"]).await;
        for n in 0..5 {
            write_in(desk, "u", &format!("a{n}"), &format!("{SPAM} {n}")).await;
        }
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED]);
        let contact = desk.number("SELECT contact_id FROM spam_activities LIMIT 1").await;
        let admin = desk.admin().await;
        admin.delete(&format!("/spam/activities/{contact}")).await.is(200);
        write_in(desk, "u", "again", &format!("{SPAM} again")).await;
        assert_eq!(desk.texts(SAID).await, [WARNING, BLOCKED, WARNING]);
    });
}

#[test]
fn a_channel_without_a_sender_keeps_what_is_due() {
    on_each_engine(async |desk| {
        settings(desk, &["zalo"]).await;
        let said = Said { from: "246845883529197922", id: "z1", text: SPAM, at: desk.clock.now() };
        let answer: Answer = wire::zalo(&said).post(&desk.client).await;
        answer.is(200);
        assert_eq!(desk.texts(SAID).await, [WARNING]);
        let delivery = "SELECT delivery FROM messages WHERE direction = 'outbound'";
        assert_eq!(desk.texts(delivery).await, ["queued"]);
    });
}

#[test]
fn what_is_unsent_is_shown_nowhere_in_whatever_order_it_comes() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let secret = "mật khẩu của tôi là hoa sen";
        let unsend = |id: &str| {
            let item = json!({"sender": {"id": "77"}, "recipient": {"id": wire::INSTAGRAM}, "timestamp": desk.clock.now(),
                "message": {"mid": id, "is_deleted": true}});
            let entry = json!([{"id": wire::INSTAGRAM, "time": desk.clock.now(), "messaging": [item]}]);
            wire::meta("/webhooks/instagram", &json!({"object": "instagram", "entry": entry}))
        };
        for (from, first) in [("77", "said"), ("78", "unsent")] {
            let id = format!("mid-{from}");
            let said = wire::instagram(&Said { from, id: &id, text: secret, at: desk.clock.now() });
            let order = if first == "said" { [said, unsend(&id)] } else { [unsend(&id), said] };
            for signed in order {
                signed.post(&desk.client).await.is(200);
            }
        }
        let found = admin.send(Method::GET, "/tickets", &[], None).await;
        assert_eq!(found.body["total"], 2, "{}", found.text);
        for ticket in found.body["tickets"].as_array().unwrap() {
            let name = ticket["contact"]["name"].as_str().unwrap();
            assert!(
                ticket["subject"].as_str().unwrap().starts_with("Instagram message from"),
                "{name}: {ticket}"
            );
            assert_eq!(ticket["preview"], "", "{name}");
            let whole = admin.get(&format!("/tickets/{}", ticket["id"])).await;
            assert!(!whole.text.contains("hoa sen"), "{}", whole.text);
        }
        let kept = "SELECT count(*) FROM tickets WHERE subject LIKE '%hoa sen%' OR preview LIKE '%hoa sen%'";
        assert_eq!(desk.number(kept).await, 0);
    });
}
