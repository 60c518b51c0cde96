//! Files behind the links that channels send: fetched once, bounded, and never from where they must not come.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::get};
use e2e::{Desk, eventually, on_each_engine_with};
use platform::config::Config;
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";
const LIMIT: usize = 64 << 10;

/// A server of files on the loopback, and how often it was asked.
async fn files() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let router = Router::new()
        .route("/small.png", get(|| async { ([("content-type", "text/html")], PNG) }))
        .route("/page.html", get(|| async { ([("content-type", "text/html")], "<script>alert(1)</script>") }))
        .route("/large", get(|| async { vec![7_u8; LIMIT + 1] }))
        // Without a length: it is counted as it comes.
        .route("/endless", get(|| async { Body::from_stream(chunks()).into_response() }))
        .route("/gone", get(|| async { StatusCode::NOT_FOUND }))
        .route("/moved", get(|| async { (StatusCode::FOUND, [("location", "/small.png")]) }))
        .route("/loop", get(|| async { (StatusCode::FOUND, [("location", "/loop")]) }))
        .layer(axum::middleware::map_request(move |request: axum::extract::Request| {
            count.fetch_add(1, Ordering::Relaxed);
            async move { request }
        }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), asked)
}

fn chunks() -> impl futures_util::Stream<Item = Result<Vec<u8>, std::convert::Infallible>> {
    futures_util::stream::iter((0..64).map(|_| Ok(vec![9_u8; 4 << 10])))
}

/// Sends a message with one file and waits until it is known what became of it.
async fn fetched(desk: &Desk, url: &str) -> (Value, String) {
    let id = format!("file {url}");
    let body = json!({"platform": "shop", "sender": "f", "content": "xem ảnh", "external_id": id,
        "attachments": [{"url": url, "type": "image", "name": "ảnh.png"}]});
    let stored = desk.client.key(desk.world.key("intake")).post("/webhook", body).await.is(200);
    let state = format!("SELECT state FROM attachments WHERE message_id = {}", stored["message_id"]);
    eventually(url, async || desk.texts(&state).await != ["pending"]).await;
    let why =
        format!("SELECT coalesce(error, '') FROM attachments WHERE message_id = {}", stored["message_id"]);
    let why = desk.texts(&why).await.remove(0);
    let list = desk.admin().await.get(&format!("/tickets/{}/messages", stored["ticket_id"])).await.is(200);
    let message =
        list["messages"].as_array().unwrap().iter().find(|m| m["id"] == stored["message_id"]).cloned();
    (message.expect("the message")["attachments"][0].clone(), why)
}

fn small(config: &mut Config) {
    config.http.upload_limit_bytes = LIMIT;
}

#[test]
fn files_are_fetched_within_bounds() {
    on_each_engine_with(small, async |desk| {
        let (root, _) = files().await;
        for path in ["small.png", "moved"] {
            let (file, why) = fetched(desk, &format!("{root}/{path}")).await;
            assert_eq!(
                (&file["state"], &file["mime"]),
                (&json!("stored"), &json!("image/png")),
                "{path}: {file} {why}"
            );
            assert_eq!((&file["size"], &file["name"]), (&json!(PNG.len()), &json!("ảnh.png")), "{file}");
            let url = file["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
            let bytes = desk.client.user("admin").await.get(url).await;
            assert_eq!((bytes.status, bytes.header("content-type")), (200, "image/png"));
            assert_eq!(bytes.header("x-content-type-options"), "nosniff");
            assert_eq!(desk.client.anyone().get(url).await.status, 401);
            assert_eq!(desk.client.user("tech").await.get(url).await.status, 404, "not of their department");
        }
        let (page, _) = fetched(desk, &format!("{root}/page.html")).await;
        assert_eq!(page["mime"], "text/plain", "nothing that a browser would run: {page}");
        for (path, words) in
            [("large", "larger"), ("endless", "larger"), ("gone", "404"), ("loop", "redirects")]
        {
            let (file, why) = fetched(desk, &format!("{root}/{path}")).await;
            assert_eq!(file["state"], "failed", "{path}: {file}");
            assert!(why.contains(words), "{path}: {why}");
        }
    });
}

#[test]
fn private_addresses_are_not_asked() {
    let closed = |config: &mut Config| config.http.allow_private_addresses = false;
    on_each_engine_with(closed, async |desk| {
        let (root, asked) = files().await;
        let port = root.rsplit(':').next().unwrap();
        for url in [
            format!("{root}/small.png"),
            format!("http://localhost:{port}/small.png"),
            format!("http://[::ffff:127.0.0.1]:{port}/small.png"),
            format!("http://2130706433:{port}/small.png"),
            "http://169.254.169.254/latest/meta-data".to_owned(),
        ] {
            let (file, why) = fetched(desk, &url).await;
            assert_eq!(file["state"], "failed", "{url}: {file} {why}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody was asked");
    });
}
