//! What changes is told at once, to those whom it concerns, and nobody misses anything.

use std::time::{Duration, Instant};

use e2e::{Client, Place, Process, Session, on_each_engine, set_status, wire};
use futures_util::{StreamExt, stream::BoxStream};
use platform::testing::runtime;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};
use wire::Said;

/// A connected listener.
struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    async fn open(session: &Session, after: Option<i64>) -> Listener {
        let ticket = session.post("/ws/ticket", json!({})).await.is(200);
        let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
        let connected = Listener::connect(session.client(), &ticket, after).await;
        connected.unwrap_or_else(|e| panic!("the socket does not open: {e}"))
    }

    async fn connect(
        client: &Client,
        ticket: &str,
        after: Option<i64>,
    ) -> Result<Listener, tungstenite::Error> {
        let root = client.root().replace("http://", "ws://");
        let after = after.map(|seq| format!("&after={seq}")).unwrap_or_default();
        connect_async(format!("{root}/api/v1/ws?ticket={ticket}{after}"))
            .await
            .map(|(socket, _)| Listener(socket))
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = timeout(Duration::from_secs(10), self.0.next()).await.expect("a frame within 10 s");
            match message.expect("the socket is open").expect("a frame") {
                tungstenite::Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                tungstenite::Message::Close(reason) => panic!("closed: {reason:?}"),
                _ => {}
            }
        }
    }

    async fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        for _ in 0..5_000 {
            let frame = self.next().await;
            if is(&frame) {
                return frame;
            }
            seen.push(frame);
        }
        panic!("{what} was not among {seen:?}")
    }

    async fn hello(&mut self) -> i64 {
        let frame = self.next().await;
        assert_eq!(frame["type"], "hello", "{frame}");
        frame["seq"].as_i64().expect("a place")
    }
}

/// A program that follows the stream of server-sent events with its key.
struct Follower {
    bytes: BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    text: String,
}

impl Follower {
    async fn open(client: &Client, key: &str, query: &str, last: Option<&str>) -> Follower {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut request =
            http.get(format!("{}/api/v1/stream{query}", client.root())).header("x-api-key", key);
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Follower { bytes: answer.bytes_stream().boxed(), text: String::new() }
    }

    /// The next frame and the id that it went by.
    async fn next(&mut self) -> (Option<i64>, Value) {
        loop {
            let Some((one, rest)) = self.text.split_once("\n\n") else {
                let piece = timeout(Duration::from_secs(10), self.bytes.next()).await;
                let piece = piece.expect("a frame within 10 s").expect("the stream is open").expect("bytes");
                self.text.push_str(std::str::from_utf8(&piece).expect("frames are plain"));
                continue;
            };
            let field = |name| one.lines().find_map(|l| l.strip_prefix(name));
            let found = field("data: ").map(|data| {
                let frame = serde_json::from_str(data).expect("JSON");
                (field("id: ").map(|id| id.parse().expect("a number")), frame)
            });
            self.text = rest.to_owned();
            // Without data it is a comment that keeps the connection open.
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// Reads until the message of this id; the ids of all messages on the way, it included, and its place.
    async fn messages_until(&mut self, last: &Value, mut place: i64) -> (Vec<Value>, i64) {
        let mut found = Vec::new();
        while found.last() != Some(last) {
            let (id, frame) = self.next().await;
            assert_eq!(id, frame["seq"].as_i64(), "an event's id is its place: {frame}");
            let seq = id.unwrap_or_else(|| panic!("{frame}"));
            assert!(seq > place, "in order, each once: {frame}");
            place = seq;
            if frame["kind"] == "message.added" {
                found.push(frame["data"]["message_id"].clone());
            }
        }
        (found, place)
    }
}

fn is_event(kind: &'static str, ticket: &Value) -> impl Fn(&Value) -> bool {
    let ticket = ticket.clone();
    move |f| f["type"] == "event" && f["kind"] == kind && f["ticket_id"] == ticket
}

/// `id` is `<customer>-<number>`.
async fn write_in(client: &Client, key: &str, id: &str, text: &str) -> Value {
    let from = id.split('-').next().unwrap_or(id);
    let said = Said { from, id, text, at: 0 };
    client.key(key).post("/webhook", wire::line(&said)).await.is(200)
}

#[test]
fn a_message_is_seen_at_once_by_whom_it_concerns() {
    on_each_engine(async |desk| {
        let mut lan = Listener::open(&desk.client.user("lan").await, None).await;
        let mut tech = Listener::open(&desk.client.user("tech").await, None).await;
        let (mine, theirs) = (lan.hello().await, tech.hello().await);
        assert!(mine >= 0 && theirs >= 0);
        // A new conversation is told when it is known whose it is …
        let key = desk.world.key("intake");
        let first = write_in(&desk.client, key, "1-1", "mua gì").await;
        lan.until("the new conversation", is_event("ticket.assigned", &first["ticket_id"])).await;
        // … and everything in it from then on.
        let begun = Instant::now();
        let stored = write_in(&desk.client, key, "1-2", "mua thêm").await;
        let frame = lan.until("the message", is_event("message.added", &stored["ticket_id"])).await;
        // A tenth of it is usual; the machine that runs the tests may be busy.
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
        assert_eq!(frame["data"]["message_id"], stored["message_id"], "{frame}");
        assert!(frame["seq"].as_i64().unwrap() > mine, "{frame}");
        assert!(!frame.to_string().contains("mua thêm"), "frames hold no words of customers: {frame}");
        // The other department hears of its own, and of nothing before it.
        let own = write_in(&desk.client, key, "2-1", "máy bị lỗi").await;
        loop {
            let frame = tech.next().await;
            assert_ne!(frame["ticket_id"], stored["ticket_id"], "{frame}");
            if is_event("ticket.assigned", &own["ticket_id"])(&frame) {
                break;
            }
        }
    });
}

#[test]
fn what_was_missed_is_told_on_return() {
    on_each_engine(async |desk| {
        let session = desk.client.user("lan").await;
        let key = desk.world.key("intake");
        write_in(&desk.client, key, "1-0", "mua gì").await;
        write_in(&desk.client, key, "2-0", "bị lỗi").await;
        let mut lan = Listener::open(&session, None).await;
        let after = lan.hello().await;
        drop(lan);
        let mut missed = Vec::new();
        for n in 0..5 {
            let stored = write_in(&desk.client, key, &format!("1-{}", n + 1), "mua gì").await;
            write_in(&desk.client, key, &format!("2-{}", n + 1), "bị lỗi").await;
            missed.push(stored["message_id"].clone());
        }
        let mut lan = Listener::open(&session, Some(after)).await;
        assert_eq!(lan.hello().await, after);
        let (mut found, mut place) = (Vec::new(), after);
        while found.len() < missed.len() {
            let frame = lan.next().await;
            let seq = frame["seq"].as_i64().unwrap_or_else(|| panic!("{frame}"));
            assert!(seq > place, "in order, each once: {frame}");
            place = seq;
            if frame["kind"] == "message.added" {
                found.push(frame["data"]["message_id"].clone());
            }
        }
        assert_eq!(found, missed, "all of them, in order, and those of another department not");
    });
}

#[test]
fn a_stream_goes_on_after_its_last_event_id() {
    on_each_engine(async |desk| {
        let (intake, key) = (desk.world.key("intake"), desk.world.key("read"));
        let message =
            async |id: &str| write_in(&desk.client, intake, id, "mua gì").await["message_id"].clone();
        let mut stream = Follower::open(&desk.client, key, "", None).await;
        let (began, hello) = stream.next().await;
        assert_eq!((&hello["type"], hello["seq"].as_i64()), (&json!("hello"), began));
        let first = message("1-1").await;
        let (_, place) = stream.messages_until(&first, began.expect("a place")).await;
        drop(stream);

        let mut missed = Vec::new();
        for n in 2..6 {
            missed.push(message(&format!("{}-{n}", n % 2)).await);
        }
        // The header says what was read last, whatever the address said when the stream was opened first.
        let mut stream = Follower::open(&desk.client, key, "?after=0", Some(&place.to_string())).await;
        let (id, hello) = stream.next().await;
        assert_eq!((id, &hello["type"]), (Some(place), &json!("hello")), "{hello}");
        let (told, place) = stream.messages_until(&missed[3], place).await;
        assert_eq!(told, missed, "what was missed, in order, and nothing that was read before");
        let live = message("1-9").await;
        assert_eq!(stream.messages_until(&live, place).await.0, [live], "and then what happens");

        // The address alone will do; an id that is none counts as none; one from elsewhere cannot be gone on from.
        let mut stream = Follower::open(&desk.client, key, &format!("?after={place}"), None).await;
        assert_eq!(stream.next().await.0, Some(place));
        let mut stream = Follower::open(&desk.client, key, "", Some("yesterday")).await;
        let (newest, hello) = stream.next().await;
        assert!(hello["type"] == "hello" && newest > Some(place), "{hello}");
        let mut stream = Follower::open(&desk.client, key, "", Some("1099511627776")).await;
        let (hello, resync) = (stream.next().await, stream.next().await);
        assert_eq!((&hello.1["type"], &resync.1["type"]), (&json!("hello"), &json!("resync")));
        assert_eq!(resync.1["seq"].as_i64(), newest);
    });
}

#[test]
fn who_is_too_far_behind_is_told_to_read_anew() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let mut ahead = Listener::open(&admin, Some(1 << 40)).await;
        let newest = ahead.hello().await;
        let resync = ahead.next().await;
        assert_eq!(
            (&resync["type"], &resync["seq"]),
            (&json!("resync"), &json!(newest)),
            "another database stood here"
        );

        for step in 0..10 {
            let item = |n: i64| {
                json!({"sender": {"id": format!("{step}")}, "recipient": {"id": wire::PAGE}, "timestamp": e2e::NOW,
                    "message": {"mid": format!("m{step}-{n}"), "text": format!("line {n}")}})
            };
            let items: Vec<Value> = (0..40).map(item).collect();
            let body =
                json!({"object": "page", "entry": [{"id": wire::PAGE, "time": 0, "messaging": items}]});
            wire::meta("/webhooks/facebook", &body).post(&desk.client).await.is(200);
        }
        let newest = desk.number("SELECT count(*) FROM events").await;
        if newest > 1_100 {
            let mut behind = Listener::open(&admin, Some(0)).await;
            behind.hello().await;
            assert_eq!(behind.next().await["type"], "resync");
        } else {
            // Few enough to be told one by one.
            let mut behind = Listener::open(&admin, Some(0)).await;
            assert_eq!(behind.hello().await, 0);
            assert_eq!(behind.next().await["type"], "event");
        }
    });
}

#[test]
fn what_leaves_my_view_is_taken_from_me() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let stored = write_in(&desk.client, desk.world.key("intake"), "1", "mua gì").await;
        let id = stored["ticket_id"].clone();
        let mut lan = Listener::open(&desk.client.user("lan").await, None).await;
        lan.hello().await;
        let moved = json!({"department_id": desk.world.tech, "assigned_agent_id": desk.world.user("tech")});
        admin.patch(&format!("/tickets/{id}"), moved).await.is(200);
        let removed = lan.until("the removal", |f| f["type"] == "removed").await;
        assert_eq!(removed["subject"], json!({"kind": "ticket", "id": id}));
        // From here on it is none of hers.
        write_in(&desk.client, desk.world.key("intake"), "1-2", "alo").await;
        let own = write_in(&desk.client, desk.world.key("intake"), "2-1", "mua thêm").await;
        loop {
            let frame = lan.next().await;
            assert!(frame["type"] != "event" || frame["ticket_id"] != id, "{frame}");
            if is_event("ticket.assigned", &own["ticket_id"])(&frame) {
                break;
            }
        }
        assert_eq!(desk.client.user("lan").await.get(&format!("/tickets/{id}")).await.status, 404);
    });
}

#[test]
fn a_ticket_opens_one_socket() {
    on_each_engine(async |desk| {
        let session = desk.client.user("lan").await;
        let ticket =
            session.post("/ws/ticket", json!({})).await.is(200)["ticket"].as_str().unwrap().to_owned();
        let refused =
            async |ticket: &str, why: &str| match Listener::connect(&desk.client, ticket, None).await {
                Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 401, "{why}"),
                Err(other) => panic!("{why}: {other}"),
                Ok(_) => panic!("{why}: it opened"),
            };
        refused("guessed", "a made-up ticket").await;
        let mut first = Listener::connect(&desk.client, &ticket, None).await.expect("it opens once");
        first.hello().await;
        refused(&ticket, "a used ticket").await;
        let late = session.post("/ws/ticket", json!({})).await.is(200)["ticket"].as_str().unwrap().to_owned();
        desk.clock.advance(31_000);
        refused(&late, "a ticket of half a minute ago").await;
    });
}

#[test]
fn two_nodes_of_one_database_tell_each_other() {
    let Some(place) = Place::postgres() else { return };
    runtime().block_on(async {
        let here = Process::start(crate::PROGRAM.as_ref(), &place);
        let world = place.furnish(&here.client).await;
        let there = Process::start(crate::PROGRAM.as_ref(), &place);
        let mut lan = Listener::open(&here.client.user("lan").await, None).await;
        lan.hello().await;
        let begun = Instant::now();
        let stored = write_in(&there.client, world.key("intake"), "1", "mua gì").await;
        lan.until("the other node's message", is_event("ticket.assigned", &stored["ticket_id"])).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
        // A keyword made here is known there soon.
        let admin = here.client.user("admin").await;
        admin
            .post("/keywords", json!({"word": "zebra", "department_id": world.tech, "priority": 5}))
            .await
            .is(201);
        e2e::eventually("the keyword is known on the other node", async || {
            let simulated =
                there.client.user("admin").await.post("/routing/simulate", json!({"content": "zebra"})).await;
            simulated.is(200)["decision"]["department"]["id"] == world.tech
        })
        .await;
        set_status(&there.client.user("admin").await, world.user("lan"), "away").await;
        lan.until("the other node's change", |f| f["kind"] == "user.status_changed").await;
    });
}
