//! Files that agents send: within bounds, to whoever receives them, without a log-in.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use e2e::{Answer, Desk, Session, eventually, on_each_engine, on_each_engine_with, wire};
use futures_util::future::join_all;
use platform::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";
const LIMIT: usize = 64 << 10;
const WAITING: &str = "SELECT count(*) FROM attachments WHERE message_id IS NULL";

async fn upload(who: &Session, name: &str, kind: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let kind = [("content-type".to_owned(), kind.to_owned())];
    who.send(Method::POST, &format!("/attachments?name={name}"), &kind, Some(bytes.into())).await
}

/// Files below the desk's blobs.
fn stored(desk: &Desk) -> usize {
    fn count(folder: std::path::PathBuf) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|e| if e.path().is_dir() { count(e.path()) } else { 1 }).sum()
    }
    count(desk.folder.path().join("blobs"))
}

async fn write_in(desk: &Desk, platform: &str, id: &str) -> Value {
    let body = json!({"platform": platform, "sender": id, "content": "mua gì", "external_id": id});
    desk.client.key(desk.world.key("intake")).post("/webhook", body).await.is(200)
}

#[test]
fn a_file_is_as_large_as_the_configuration_says() {
    fn small(config: &mut Config) {
        config.http.upload_limit_bytes = LIMIT;
    }
    on_each_engine_with(small, async |desk| {
        let lan = desk.client.user("lan").await;
        let all = upload(&lan, "a.bin", "application/octet-stream", vec![0xff; LIMIT]).await.is(201);
        assert_eq!((&all["size"], &all["mime"]), (&json!(LIMIT), &json!("application/octet-stream")));
        for size in [LIMIT + 1, 2 * LIMIT, 3 * LIMIT] {
            upload(&lan, "a.bin", "application/octet-stream", vec![7; size]).await.refused(413, "too_large");
        }
        // Without a length it is counted as it comes.
        let pieces =
            futures_util::stream::iter((0..32).map(|_| Ok::<_, std::io::Error>(vec![9_u8; 4 << 10])));
        let session = lan.get("/auth/me").await.is(200);
        let token = desk.client.anyone();
        let login = json!({"username": session["username"], "password": e2e::PASSWORD});
        let token =
            token.post("/auth/login", login).await.is(200)["access_token"].as_str().unwrap().to_owned();
        let answer = reqwest::Client::new()
            .post(format!("{}/api/v1/attachments?name=endless.bin", desk.client.root()))
            .bearer_auth(token)
            .body(reqwest::Body::wrap_stream(pieces))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 413);
        assert_eq!(desk.number(WAITING).await, 1);
        eventually("nothing is left of what was refused", async || stored(desk) == 1).await;
    });
}

#[test]
fn what_a_json_body_may_not_hold_a_file_may() {
    on_each_engine(async |desk| {
        let lan = desk.client.user("lan").await;
        // More than any other route takes.
        let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let file = upload(&lan, "l%E1%BB%9Bn.bin", "video/mp4", large.clone()).await.is(201);
        assert_eq!((&file["name"], &file["size"]), (&json!("lớn.bin"), &json!(large.len())));
        let path = file["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
        let answer = lan.get(path).await;
        assert_eq!((answer.status, answer.header("content-length")), (200, "3000000"));
        assert_eq!(answer.header("content-disposition"), "attachment; filename*=UTF-8''l%E1%BB%9Bn.bin");
        // Before it is sent not even the administrator sees it.
        assert_eq!(desk.admin().await.get(path).await.status, 404);
        assert_eq!(desk.client.anyone().get(path).await.status, 401);
        // Sent again under one key, it waits twice: its body is not held to be compared.
        let keyed = [
            ("content-type".to_owned(), "image/png".to_owned()),
            ("idempotency-key".to_owned(), "once".to_owned()),
        ];
        for _ in 0..2 {
            let again = lan.send(Method::POST, "/attachments?name=a.png", &keyed, Some(PNG.to_vec())).await;
            assert_eq!(again.is(201)["mime"], "image/png");
        }
        assert_eq!((desk.number(WAITING).await, stored(desk)), (3, 2), "equal bytes are kept once");
    });
}

#[test]
fn of_many_who_send_one_file_one_does() {
    on_each_engine(async |desk| {
        let ticket = write_in(desk, wire::PLATFORM, "u1").await;
        let owner = desk.client.user(ticket["assigned_to"].as_str().unwrap()).await;
        let path = format!("/tickets/{}/messages", ticket["ticket_id"]);
        let file = upload(&owner, "a.png", "image/png", PNG).await.is(201)["id"].clone();
        let answers = join_all((0..8).map(|n| {
            let body = json!({"content": format!("{n}"), "attachments": [{"id": file}]});
            owner.post(&path, body)
        }))
        .await;
        let sent = answers.iter().filter(|a| a.status == 201).count();
        assert_eq!(sent, 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        for refused in answers.into_iter().filter(|a| a.status != 201) {
            assert_eq!(refused.is(422)["errors"][0]["field"], "attachments.0.id");
        }
        let outbound = "SELECT count(*) FROM messages WHERE direction = 'outbound'";
        assert_eq!((desk.number(outbound).await, desk.number(WAITING).await), (1, 0));
        // Many at once are many files.
        let made =
            join_all((0..8).map(|n| upload(&owner, "b.txt", "text/plain", format!("{}", n % 2)))).await;
        let ids: Vec<Value> = made.into_iter().map(|a| json!({"id": a.is(201)["id"]})).collect();
        let said = owner.post(&path, json!({"attachments": ids})).await.is(201);
        let shown: Vec<Value> =
            said["attachments"].as_array().unwrap().iter().map(|a| json!({"id": a["id"]})).collect();
        assert_eq!(shown, ids);
    });
}

type Received = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// A shop's own server, which takes our answers.
async fn receiver() -> (String, Received) {
    async fn take(State(all): State<Received>, headers: HeaderMap, body: String) {
        all.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
    }
    let all = Received::default();
    let router = Router::new().route("/answers", post(take)).with_state(all.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/answers"), all)
}

#[test]
fn a_callback_carries_a_link_that_opens_without_a_log_in() {
    on_each_engine(async |desk| {
        let (url, received) = receiver().await;
        let admin = desk.admin().await;
        let account = json!({"kind": "generic", "account_id": "shopee", "name": "Shopee", "secret": wire::GENERIC_SECRET,
            "callback_url": url});
        admin.post("/admin/channels", account).await.is(201);
        let ticket = write_in(desk, "shopee", "u1").await;
        let owner = desk.client.user(ticket["assigned_to"].as_str().unwrap()).await;
        let file = upload(&owner, "a.png", "image/png", PNG).await.is(201);
        let body = json!({"content": "xem ảnh", "attachments": [{"id": file["id"]}]});
        let path = format!("/tickets/{}/messages", ticket["ticket_id"]);
        let sent = owner.post(&path, body).await.is(201);
        eventually("the answer has arrived", async || !received.lock().unwrap().is_empty()).await;
        let (headers, body) = received.lock().unwrap()[0].clone();
        assert!(headers.contains_key("webhook-signature"));
        let carried = &body["data"]["attachments"][0];
        assert_eq!((&carried["name"], &carried["mime"]), (&json!("a.png"), &json!("image/png")), "{body}");
        let link = carried["url"].as_str().unwrap().strip_prefix("http://localhost/api/v1").unwrap();
        let anyone = desk.client.anyone();
        let answer = anyone.get(link).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
        assert_eq!(answer.header("content-length"), PNG.len().to_string());
        anyone.get(link.split('?').next().unwrap()).await.refused(400, "invalid_parameter");
        anyone.get(&format!("{link}0")).await.refused(404, "not_found");
        eventually("it was sent", async || {
            let now = owner.get(&path).await.is(200);
            let one = now["messages"].as_array().unwrap().iter().find(|m| m["id"] == sent["id"]).cloned();
            one.is_some_and(|m| m["delivery"]["state"] == "sent")
        })
        .await;
        desk.clock.advance(24 * 3600 * 1000);
        anyone.get(link).await.refused(404, "not_found");
    });
}
