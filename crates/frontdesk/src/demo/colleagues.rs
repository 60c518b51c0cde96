//! Simulated colleagues: they log in, answer what is theirs, and resolve it, through the API that everybody uses.

use std::time::Duration;

use platform::{
    Entropy,
    shutdown::{Stop, stopped},
};
use serde_json::{Value, json};

use super::script::Speech;

/// Works as `user` until told to stop.
pub async fn work(
    base: String,
    user: String,
    password: &'static str,
    speech: &'static Speech,
    pace: Duration,
    mut stop: Stop,
) {
    let http = reqwest::Client::new();
    let entropy = Entropy::system();
    let mut token = String::new();
    loop {
        let pause = pace.mul_f64(0.5 + (entropy.u64() % 1000) as f64 / 1000.0);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
        if token.is_empty() {
            token = log_in(&http, &base, &user, password).await.unwrap_or_default();
        }
        match turn(&http, &base, &token, speech, &entropy).await {
            Ok(true) => {}
            Ok(false) => token.clear(),
            Err(e) => tracing::warn!(error = %e, user, "a simulated colleague stumbled"),
        }
    }
}

pub(super) async fn log_in(http: &reqwest::Client, base: &str, user: &str, password: &str) -> Option<String> {
    let body = json!({"username": user, "password": password});
    let answer = http.post(format!("{base}/api/v1/auth/login")).json(&body).send().await.ok()?;
    answer.json::<Value>().await.ok()?["access_token"].as_str().map(str::to_owned)
}

/// Answers one ticket, or resolves one that was answered. False when the log-in has ended.
async fn turn(
    http: &reqwest::Client,
    base: &str,
    token: &str,
    speech: &Speech,
    entropy: &Entropy,
) -> Result<bool, reqwest::Error> {
    let list =
        http.get(format!("{base}/api/v1/tickets?queue=mine&status=new,open&limit=20")).bearer_auth(token);
    let answer = list.send().await?;
    if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
        return Ok(false);
    }
    let list: Value = answer.json().await?;
    let tickets = list["tickets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let dice = entropy.u64();
    let asked = tickets.iter().rfind(|t| t["last_message_from"] == "customer");
    if let Some(ticket) = asked {
        let text = speech.answers[dice as usize % speech.answers.len()];
        let body = json!({"content": text, "visibility": "public"});
        let path = format!("{base}/api/v1/tickets/{}/messages", ticket["id"]);
        http.post(path).bearer_auth(token).json(&body).send().await?;
    } else if let Some(ticket) = tickets.last()
        && dice.is_multiple_of(3)
    {
        let path = format!("{base}/api/v1/tickets/{}", ticket["id"]);
        http.patch(path).bearer_auth(token).json(&json!({"status": "resolved"})).send().await?;
    }
    Ok(true)
}
