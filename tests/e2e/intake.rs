//! From a channel's request to an agent's screen: stored once, in the right conversation, with the right person.

use e2e::{Desk, Place, Process, Session, on_each_engine, set_status, wire};
use futures_util::future::join_all;
use platform::{
    clock::{DAY, HOUR, MINUTE},
    testing::runtime,
};
use serde_json::{Value, json};
use wire::{Said, Signed};

type Writer = fn(&Said) -> Signed;

/// Every way to send a message in, with the headers that its sender would use.
const WRITERS: &[(&str, Writer)] = &[
    ("messenger", wire::messenger),
    ("instagram", wire::instagram),
    ("whatsapp", wire::whatsapp),
    ("twitter", wire::twitter),
    ("zalo", wire::zalo),
    ("telegram", wire::telegram),
    ("generic by external_id", |said| wire::generic(&wire::line(said), &format!("d{}", said.at), said.at)),
    ("generic by webhook-id", |said| {
        let body = json!({"platform": wire::PLATFORM, "sender": said.from, "content": said.text});
        wire::generic(&body, &format!("msg_{}", said.id), said.at)
    }),
];

async fn messages_with(place: &Place, text: &str) -> i64 {
    place.number(&format!("SELECT count(*) FROM messages WHERE content = '{text}'")).await
}

#[test]
fn what_is_delivered_again_is_stored_once() {
    on_each_engine(async |desk| {
        let mut sent = Vec::new();
        for (n, (name, write)) in WRITERS.iter().enumerate() {
            let text = format!("once {n}");
            let (from, id) = (format!("90000{n}"), format!("55{n}"));
            let signed = write(&Said { from: &from, id: &id, text: &text, at: e2e::NOW });
            for _ in 0..10 {
                signed.post(&desk.client).await.is(200);
            }
            assert_eq!(messages_with(desk, &text).await, 1, "{name}, one after the other");

            let together = format!("together {n}");
            let id = format!("66{n}");
            let signed = write(&Said { from: "1234567", id: &id, text: &together, at: e2e::NOW });
            for answer in join_all((0..10).map(|_| signed.post(&desk.client))).await {
                answer.is(200);
            }
            assert_eq!(messages_with(desk, &together).await, 1, "{name}, all at once");
            sent.push((signed, together));
        }
        desk.restart().await;
        for (signed, text) in &sent {
            signed.post(&desk.client).await.is(200);
            assert_eq!(messages_with(desk, text).await, 1, "{text}, after a restart");
        }
        let tickets = "SELECT count(*) FROM tickets t WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.ticket_id = t.id)";
        assert_eq!(desk.number(tickets).await, 0, "no ticket without a message");
    });
}

#[test]
fn a_channel_says_when_a_customer_was_last_heard() {
    on_each_engine(async |desk| {
        let heard = async |desk: &Desk, name: &str| {
            let all = desk.admin().await.get("/admin/channels?limit=200").await.is(200);
            let of = |a: &&Value| a["kind"] == name || a["account_id"] == name;
            let account = all["channels"].as_array().unwrap().iter().find(of).unwrap();
            account["last_inbound_at"].clone()
        };
        assert_eq!(heard(desk, "zalo").await, Value::Null);
        for (id, at) in [("1", e2e::NOW), ("2", e2e::NOW - MINUTE)] {
            let signed = wire::zalo(&Said { from: "90001", id, text: "Alo", at });
            signed.post(&desk.client).await.is(200);
        }
        let handoff = json!({"session_id": "s1", "initial_message": "I want a person"});
        desk.client.key(desk.world.key("intake")).post("/webhooks/chatbot", handoff).await.is(200);
        for _ in 0..2 {
            assert_eq!(heard(desk, "zalo").await, "2026-01-03T10:00:00.000Z");
            assert_eq!(heard(desk, "chatbot").await, "2026-01-03T10:00:00.000Z");
            assert_eq!(heard(desk, "telegram").await, Value::Null);
            desk.restart().await;
        }
    });
}

#[test]
fn an_idempotency_key_makes_one_message() {
    on_each_engine(async |desk| {
        let session = desk.client.key(desk.world.key("intake"));
        let body = json!({"platform": "shop", "sender": "u7", "content": "keyed"});
        let headers = [
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), "first".to_owned()),
        ];
        let post =
            || session.send(reqwest::Method::POST, "/webhook", &headers, Some(body.to_string().into_bytes()));
        let first = post().await.is(200);
        for _ in 0..9 {
            assert_eq!(post().await.is(200), first);
        }
        assert_eq!(messages_with(desk, "keyed").await, 1);
        let other = json!({"platform": "shop", "sender": "u7", "content": "other"}).to_string().into_bytes();
        session
            .send(reqwest::Method::POST, "/webhook", &headers, Some(other))
            .await
            .refused(409, "idempotency_mismatch");
        assert_eq!(messages_with(desk, "other").await, 0);
    });
}

#[test]
fn a_killed_desk_knows_what_it_has_stored() {
    for place in Place::each() {
        runtime().block_on(async {
            let mut desk = Process::start(crate::PROGRAM.as_ref(), &place);
            place.furnish(&desk.client).await;
            // This desk goes by the machine's clock, and a signed time must be near it.
            let now = platform::Clock::system().now();
            for restart in 0..2 {
                for (n, (name, write)) in WRITERS.iter().enumerate() {
                    let (id, text) = (format!("77{n}"), format!("survives {n}"));
                    let signed = write(&Said { from: "5550001", id: &id, text: &text, at: now });
                    signed.post(&desk.client).await.is(200);
                    assert_eq!(messages_with(&place, &text).await, 1, "{name}, start {restart}");
                }
                desk.kill();
                desk = Process::start(crate::PROGRAM.as_ref(), &place);
            }
            assert!(desk.terminate(), "it ends well: {:#?}", desk.log());
        });
    }
}

/// Sends a line in as the platform; the webhook's answer.
async fn write_in(desk: &Desk, from: &str, id: &str, text: &str) -> Value {
    let said = Said { from, id, text, at: desk.clock.now() };
    desk.client.key(desk.world.key("intake")).post("/webhook", wire::line(&said)).await.is(200)
}

async fn ticket(session: &Session, id: &Value) -> Value {
    session.get(&format!("/tickets/{id}")).await.is(200)
}

async fn set_ticket_status(session: &Session, id: &Value, status: &str) {
    session.patch(&format!("/tickets/{id}"), json!({"status": status})).await.is(200);
}

/// Log-ins end after an hour; the clock of these tests jumps.
async fn later(desk: &Desk, by: i64) -> Session {
    desk.clock.advance(by);
    desk.client.forget_log_ins();
    desk.admin().await
}

#[test]
fn a_customer_who_writes_again_finds_their_conversation() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let first = write_in(desk, "c1", "m1", "giá bao nhiêu").await;
        let id = &first["ticket_id"];
        assert_eq!(write_in(desk, "c1", "m2", "còn hàng không").await["ticket_id"], *id, "new: the same");
        set_ticket_status(&admin, id, "pending_customer").await;
        assert_eq!(write_in(desk, "c1", "m3", "dạ có").await["ticket_id"], *id, "pending: the same");
        assert_eq!(ticket(&admin, id).await["status"], "open", "the customer's answer opens it");

        set_ticket_status(&admin, id, "resolved").await;
        let admin = later(desk, 23 * HOUR).await;
        assert_eq!(
            write_in(desk, "c1", "m4", "vẫn chưa được").await["ticket_id"],
            *id,
            "resolved of late: the same"
        );
        let reopened = ticket(&admin, id).await;
        assert_eq!((&reopened["status"], &reopened["resolved_at"]), (&json!("open"), &Value::Null));

        set_ticket_status(&admin, id, "resolved").await;
        let admin = later(desk, DAY + MINUTE).await;
        let second = write_in(desk, "c1", "m5", "xin chào lại").await;
        assert_ne!(second["ticket_id"], *id, "resolved long ago: a new one");
        assert_eq!(ticket(&admin, &second["ticket_id"]).await["previous_ticket_id"], *id);
        // Staff may still reopen what is resolved.
        set_ticket_status(&admin, id, "open").await;

        let id = &second["ticket_id"];
        set_ticket_status(&admin, id, "closed").await;
        let third = write_in(desk, "c1", "m6", "còn ai không").await;
        assert_ne!(third["ticket_id"], *id, "closed: never again");
        admin.patch(&format!("/tickets/{id}"), json!({"status": "open"})).await.refused(409, "wrong_state");
        let other = write_in(desk, "c2", "m7", "người khác").await;
        assert_ne!(other["ticket_id"], third["ticket_id"], "another customer, another conversation");
    });
}

#[test]
fn a_conversation_that_our_side_began_elsewhere_is_given_out_when_the_customer_writes() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        wire::echo("messenger", "777", "m_OUT", desk.clock.now()).post(&desk.client).await.is(200);
        let said = Said { from: "777", id: "m_IN", text: "em muốn mua", at: desk.clock.now() };
        wire::messenger(&said).post(&desk.client).await.is(200);
        let id = desk.number("SELECT ticket_id FROM messages WHERE external_id = 'm_IN'").await;
        let found = ticket(&admin, &json!(id)).await;
        assert_eq!(found["department"]["id"], desk.world.sales, "nobody would see it: {found}");
        assert!(!found["assigned_agent"].is_null(), "{found}");
    });
}

#[test]
fn what_a_customer_took_back_is_not_shown() {
    on_each_engine(async |desk| {
        for file in ["instagram/text.json", "instagram/unsend.json"] {
            let fixture = e2e::fixtures::Fixture::named(file);
            let (post, anyone) = (reqwest::Method::POST, desk.client.anyone());
            anyone.send(post, "/webhooks/instagram", &fixture.headers, Some(fixture.body())).await.is(200);
        }
        let admin = desk.admin().await;
        let list = admin.get("/tickets?queue=all").await.is(200);
        let row = &list["tickets"][0];
        let messages = admin.get(&format!("/tickets/{}/messages", row["id"])).await.is(200);
        let message =
            messages["messages"].as_array().unwrap().iter().find(|m| m["direction"] == "inbound").unwrap();
        assert!(message["unsent_at"].is_string(), "{message}");
        for shown in [message, &row["preview"]] {
            assert!(!shown.to_string().contains("còn size M"), "{shown}");
        }
    });
}

#[test]
fn words_find_the_department_and_load_the_agent() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        for (n, (text, department)) in [
            ("Em muốn MUA HÀNG ạ", desk.world.sales),
            ("em muon mua hang", desk.world.sales),
            ("Gia\u{301} bao nhiêu?", desk.world.sales),
            ("máy mới mua bị lỗi", desk.world.tech),
            ("cho hỏi BẢO HÀNH ở đâu", desk.world.tech),
            ("giáo viên", desk.world.care),
            ("xin chào", desk.world.care),
        ]
        .into_iter()
        .enumerate()
        {
            let stored = write_in(desk, &format!("w{n}"), &format!("w{n}"), text).await;
            let found = ticket(&admin, &stored["ticket_id"]).await;
            assert_eq!(found["department"]["id"], department, "{text}: {found}");
            assert_eq!(found["assigned_agent"].is_null(), department == desk.world.care, "{text}: {found}");
        }
        // Three are given out already; three more, and both have three.
        for n in 0..3 {
            write_in(desk, &format!("l{n}"), &format!("l{n}"), "mua gấp").await;
        }
        for name in ["lan", "minh"] {
            let load =
                format!("SELECT open_tickets FROM agent_states WHERE user_id = {}", desk.world.user(name));
            assert_eq!(desk.number(&load).await, 3, "{name} has a fair share");
        }
        // Nobody of the department is there: it waits, and whoever comes gets it.
        for name in ["lan", "minh"] {
            set_status(&admin, desk.world.user(name), "away").await;
        }
        let waits = write_in(desk, "late", "late", "khuyến mãi gì").await;
        assert_eq!(waits["assigned_to"], Value::Null);
        set_status(&admin, desk.world.user("minh"), "available").await;
        let given = ticket(&admin, &waits["ticket_id"]).await;
        assert_eq!(given["assigned_agent"]["id"], desk.world.user("minh"), "{given}");
    });
}

const SPAM: &str = "🔥🔥 KIẾM TIỀN ONLINE 500K/NGÀY!!! MUA NGAY CLICK NGAY http://bit.ly/x9k2 http://tinyurl.com/abc http://bit.ly/zz1";

#[test]
fn spam_reaches_the_spam_desk_and_nobody_else() {
    on_each_engine(async |desk| {
        let (admin, lan) = (desk.admin().await, desk.client.user("lan").await);
        let stored = write_in(desk, "s1", "s1", SPAM).await;
        assert_eq!((&stored["spam"], &stored["assigned_to"]), (&json!(true), &Value::Null), "{stored}");
        let id = &stored["ticket_id"];
        for session in [&admin, &lan] {
            for queue in ["mine", "department", "unassigned", "all"] {
                let list = session.get(&format!("/tickets?queue={queue}")).await.is(200);
                assert_eq!(list["tickets"], json!([]), "{queue}");
            }
            let counts = session.get("/tickets/counts").await.is(200);
            assert_eq!(counts["all"], 0, "{counts}");
            let mine = session.get("/messages").await.is(200);
            assert_eq!(mine["messages"], json!([]));
        }
        assert_eq!(desk.number("SELECT count(*) FROM assignments").await, 0);
        let loads = "SELECT CAST(sum(open_tickets) AS bigint) FROM agent_states";
        assert_eq!(desk.number(loads).await, 0);
        let spam = admin.get("/tickets?queue=spam").await.is(200);
        assert_eq!(spam["tickets"][0]["id"], *id);
        let activities = admin.get("/spam/activities").await.is(200);
        let activity = &activities["activities"][0];
        assert_eq!((&activity["ticket_id"], &activity["flagged_by"]), (id, &json!("bot")), "{activities}");
        assert!(activity["score"].as_f64().is_some_and(|s| s >= 0.7), "{activity}");
        assert!(activity["parts"].as_array().is_some_and(|p| !p.is_empty()), "{activity}");

        // The appeal brings it back, to the people whose words it holds.
        let removed = admin.delete(&format!("/spam/activities/{}", activity["contact_id"])).await.is(200);
        assert_eq!((&removed["success"], &removed["removed_count"]), (&json!(true), &json!(1)), "{removed}");
        let back = ticket(&admin, id).await;
        assert_eq!(
            (&back["is_spam"], &back["department"]["id"]),
            (&json!(false), &json!(desk.world.sales)),
            "{back}"
        );
        assert!(!back["assigned_agent"].is_null(), "{back}");
        assert_eq!(desk.number(loads).await, 1);
    });
}

#[test]
fn a_known_sender_who_turns_to_spam_disturbs_nobody() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let good = write_in(desk, "g1", "g1", "mua gì đó").await;
        let before = ticket(&admin, &good["ticket_id"]).await;
        let bad = write_in(desk, "g1", "g2", SPAM).await;
        assert_eq!(bad["spam"], true, "{bad}");
        let after = ticket(&admin, &good["ticket_id"]).await;
        for field in ["preview", "unread", "status", "assigned_agent", "last_message_at"] {
            assert_eq!(before[field], after[field], "{field}");
        }
        let contact = &after["contact"]["id"];
        admin.post(&format!("/contacts/{contact}/block"), json!({})).await;
        let blocked = write_in(desk, "g1", "g3", "xin lỗi").await;
        assert_eq!(blocked["spam"], true, "a blocked sender is not heard: {blocked}");
    });
}

#[test]
fn a_chatbot_hands_over_with_its_transcript() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let key = desk.client.key(desk.world.key("intake"));
        let handoff = json!({
            "session_id": "bot-1", "customer_email": "lan@example.com", "customer_name": "Lan",
            "subject": "Đổi hàng", "initial_message": "Cho em gặp người thật, máy bị lỗi",
            "transcript": [
                {"role": "bot", "content": "Xin chào! Em là trợ lý ảo."},
                {"role": "user", "content": "Máy bị lỗi"},
                {"role": "bot", "content": "Anh/chị thử tắt rồi bật lại."},
            ],
            "priority": "high", "tags": ["vip"],
        });
        let made = key.post("/webhooks/chatbot", handoff.clone()).await.is(200);
        assert_eq!(made["success"], true);
        let again = key.post("/webhooks/chatbot", handoff).await.is(200);
        assert_eq!(again["ticket_id"], made["ticket_id"], "one session, one ticket");
        let found = ticket(&admin, &made["ticket_id"]).await;
        assert_eq!(found["is_bot_handoff"], true);
        assert_eq!((&found["priority"], &found["subject"]), (&json!("high"), &json!("Đổi hàng")));
        assert_eq!(found["tags"], json!(["chatbot_handoff", "vip"]));
        assert_eq!(found["department"]["id"], desk.world.tech, "{found}");
        let said = found["timeline"].as_array().unwrap().iter().filter(|m| m["content_type"] == "text");
        let said: Vec<_> =
            said.map(|m| (m["sender_type"].as_str().unwrap(), m["content"].as_str().unwrap())).collect();
        assert_eq!(
            said,
            [
                ("bot", "Xin chào! Em là trợ lý ảo."),
                ("customer", "Máy bị lỗi"),
                ("bot", "Anh/chị thử tắt rồi bật lại."),
                ("customer", "Cho em gặp người thật, máy bị lỗi"),
            ]
        );
        assert_eq!(found["unread"], 1, "what the bot has answered is no work: {found}");
    });
}

#[test]
fn a_signature_grows_stale() {
    on_each_engine(async |desk| {
        let body = json!({"platform": wire::PLATFORM, "sender": "t", "content": "old"});
        for (by, status) in [(-6, 401), (6, 401), (-4, 200), (4, 200)] {
            let signed = wire::generic(&body, &format!("msg_{by}"), e2e::NOW + by * MINUTE);
            let answer = signed.post(&desk.client).await;
            assert_eq!(answer.status, status, "{by} minutes: {}", answer.text);
        }
        assert_eq!(desk.number("SELECT count(*) FROM journal").await, 2);
        assert_eq!(messages_with(desk, "old").await, 2);
    });
}

#[test]
fn a_platforms_secret_speaks_for_that_platform_alone() {
    on_each_engine(async |desk| {
        for (n, platform) in ["shop", "facebook", ""].iter().enumerate() {
            let body = json!({"platform": platform, "sender": "t", "content": "forged"});
            let answer = wire::generic(&body, &format!("msg_f{n}"), e2e::NOW).post(&desk.client).await;
            assert!((400..500).contains(&answer.status), "{platform}: {} {}", answer.status, answer.text);
        }
        // The secret of the generic platform opens no other door either.
        let chat = json!({"from": "t", "to": "shop", "message": "forged"});
        let signed = Signed { path: "/chat".into(), ..wire::generic(&chat, "msg_chat", e2e::NOW) };
        signed.post(&desk.client).await.refused(401, "bad_signature");
        assert_eq!(messages_with(desk, "forged").await, 0);
        assert_eq!(desk.number("SELECT count(*) FROM journal").await, 0);
    });
}
