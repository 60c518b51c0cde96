//! Live sockets: from the moment a message is sent in until every socket has heard of it.

use std::time::{Duration, Instant};

use clap::Args;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::desk::{self, Desk};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1000)]
    sockets: usize,
    #[arg(long, default_value_t = 20)]
    messages: usize,
    #[arg(long)]
    postgres: Option<String>,
}

pub async fn run(o: Options) -> crate::Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let database = o.postgres.as_deref();
    let intake = desk::command(&data, database, &["api-key", "create", "--name", "in", "--scope", "intake"])?;
    let people = o.sockets.div_ceil(20);
    for n in 0..people {
        desk::user(&data, database, &format!("u{n}"))?;
    }
    let desk = Desk::start(&data, database)?;
    let http = reqwest::Client::new();
    let base = format!("http://{}/api/v1", desk.address);
    let (heard, mut hearing) = mpsc::unbounded_channel::<(i64, Instant)>();
    let mut tokens = Vec::new();
    for n in 0..people {
        let login = json!({"username": format!("u{n}"), "password": desk::PASSWORD});
        let session: Value =
            http.post(format!("{base}/auth/login")).json(&login).send().await?.json().await?;
        tokens.push(session["access_token"].as_str().unwrap_or_default().to_owned());
    }
    for n in 0..o.sockets {
        let answer: Value =
            http.post(format!("{base}/ws/ticket")).bearer_auth(&tokens[n / 20]).send().await?.json().await?;
        let ticket = answer["ticket"].as_str().ok_or_else(|| format!("no socket ticket: {answer}"))?;
        let (mut socket, _) =
            tokio_tungstenite::connect_async(format!("ws://{}/api/v1/ws?ticket={ticket}", desk.address))
                .await?;
        let heard = heard.clone();
        tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                let now = Instant::now();
                let Ok(text) = frame.into_text() else { continue };
                let Ok(frame) = serde_json::from_str::<Value>(&text) else { continue };
                if frame["kind"] == "message.added"
                    && let Some(id) = frame["data"]["message_id"].as_i64()
                {
                    let _ = heard.send((id, now));
                }
            }
        });
    }
    println!("{} sockets connected, resident {:.0} MiB", o.sockets, desk.resident());
    let mut delays = Vec::new();
    for n in 0..o.messages {
        let body = json!({"platform": "bench", "sender": format!("u{n}"), "content": "xin chào", "external_id": format!("l{n}")});
        let sent = Instant::now();
        let answer: Value = http
            .post(format!("{base}/webhook"))
            .header("x-api-key", &intake)
            .json(&body)
            .send()
            .await?
            .json()
            .await?;
        let id = answer["message_id"].as_i64().ok_or_else(|| format!("not stored: {answer}"))?;
        let mut left = o.sockets;
        while left > 0 {
            let (heard, at) =
                tokio::time::timeout(Duration::from_secs(10), hearing.recv()).await?.ok_or("closed")?;
            if heard == id {
                delays.push(at.duration_since(sent).as_secs_f64() * 1000.0);
                left -= 1;
            }
        }
    }
    delays.sort_by(f64::total_cmp);
    let at = |q: f64| delays[((delays.len() as f64 * q) as usize).min(delays.len() - 1)];
    println!(
        "request sent → heard, {} × {}: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        o.messages,
        o.sockets,
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}
