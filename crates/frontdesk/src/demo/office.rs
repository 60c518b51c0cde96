//! The simulated life of leads: people ask, vendors post, colleagues call, move and win, all through the real API.

use std::time::Duration;

use crm::vendors;
use people::access;
use platform::{
    Entropy, Result, Tx,
    config::Limits,
    events::Origin,
    shutdown::{Stop, stopped},
};
use serde_json::{Value, json};

use super::{colleagues::log_in, script};
use crate::preset::Preset;

/// Leads that come at once, on top of those that are there.
const AT_FIRST: usize = 4;

/// What the web site and the vendors send with.
#[derive(Debug, Clone)]
pub struct Keys {
    site: String,
    /// Code and key.
    vendors: Vec<(String, String)>,
}

impl Keys {
    /// A key for the web site, and one for each vendor of the preset.
    pub fn make(tx: &Tx<'_>, preset: &Preset, limits: &Limits, entropy: &Entropy) -> Result<Keys> {
        let origin = Origin::system();
        let site = access::create_api_key(tx, &origin, "Web site", "write", limits, entropy)?.secret;
        let mut keys = Vec::new();
        for v in &preset.vendors {
            let vendor = vendors::must(tx, &v.code)?;
            keys.push((v.code.clone(), vendors::regenerate_key(tx, &origin, &vendor, limits, entropy)?.1));
        }
        Ok(Keys { site, vendors: keys })
    }
}

#[cfg(test)]
impl Keys {
    /// How many vendors there are.
    pub fn vendors(&self) -> usize {
        self.vendors.len()
    }
}

struct Sender {
    http: reqwest::Client,
    base: String,
    entropy: Entropy,
}

impl Sender {
    fn new(base: String) -> Self {
        Sender { http: reqwest::Client::new(), base, entropy: Entropy::system() }
    }

    async fn pause(&self, pace: Duration, stop: &mut Stop) -> bool {
        let pause = pace.mul_f64(0.5 + (self.entropy.u64() % 1000) as f64 / 1000.0);
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = stopped(stop) => false,
        }
    }

    fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.entropy.u64() as usize % all.len()]
    }
}

/// New leads until told to stop: by vendors where there are some, by the web site otherwise.
pub async fn ask(base: String, preset: String, keys: Keys, pace: Duration, mut stop: Stop) {
    let sender = Sender::new(base);
    for n in 0.. {
        if n >= AT_FIRST && !sender.pause(pace, &mut stop).await {
            return;
        }
        // A law firm's leads come from vendors, a school's seldom.
        let is_posted = !keys.vendors.is_empty() && (preset == "legal" || n % 4 == 3);
        let sent = match is_posted {
            false => sender.ask_on_site(&keys.site, &preset).await,
            true => sender.post_as_vendor(&keys.vendors, &preset).await,
        };
        if let Err(e) = sent {
            tracing::warn!(error = %e, "a simulated lead did not arrive");
            if !sender.pause(pace, &mut stop).await {
                return;
            }
        }
    }
}

impl Sender {
    /// Somebody fills in the form of the web site; the lead is given out in turn.
    async fn ask_on_site(&self, key: &str, preset: &str) -> Result<(), reqwest::Error> {
        let dice = self.entropy.u64();
        let name = *self.one_of(script::NAMES);
        let (phone, email) = (dice % 10_000_000, dice % 1_000_000);
        let mut lead = json!({"name": name, "email": format!("guest{email}@example.com")});
        if preset == "admissions" {
            let grade = 1 + dice % 12;
            lead["phone"] = json!(format!("+1415{phone:07}"));
            lead["source"] = json!(self.one_of(&["website", "walk_in", "referral", "social", "open_day"]));
            lead["value"] = json!(1_200_000 + (dice % 9) * 150_000);
            lead["custom"] = json!({"entry_year": "2027", "needs_aid": dice.is_multiple_of(3)});
            lead["students"] =
                json!([{"name": *self.one_of(script::CHILDREN), "grade_applying_for": grade.to_string()}]);
        } else {
            lead["phone"] = json!(format!("+8490{phone:07}"));
            lead["source"] = json!(self.one_of(&["website", "zalo", "facebook", "gioi_thieu", "cua_hang"]));
            lead["value"] = json!(500_000 + (dice % 40) * 250_000);
        }
        let made = self.post(key, "/leads", &lead).await?;
        if let Some(id) = made["id"].as_i64() {
            let body = json!({"lead_ids": [id], "assignment_strategy": "round_robin"});
            self.post(key, "/leads/bulk-assign", &body).await?;
        }
        Ok(())
    }

    /// A vendor posts; now and then something that its rules refuse.
    async fn post_as_vendor(&self, vendors: &[(String, String)], preset: &str) -> Result<(), reqwest::Error> {
        let dice = self.entropy.u64();
        let (code, key) = self.one_of(vendors);
        let name = *self.one_of(script::NAMES);
        let (first, last) = name.split_once(' ').unwrap_or((name, "Smith"));
        let phone = format!("415{:07}", dice % 10_000_000);
        let email = (dice % 1_000_000) as u32;
        let who = script::Posted { first, last, phone: &phone, email, code, day: "2026-10-12" };
        self.post(key, "/leads", &who.body(preset, self.entropy.u64())).await.map(|_| ())
    }

    /// With an API key; a refusal is an answer, too.
    async fn post(&self, key: &str, path: &str, body: &Value) -> Result<Value, reqwest::Error> {
        let request = self.http.post(format!("{}/api/v1{path}", self.base)).header("x-api-key", key);
        request.json(body).send().await?.json().await
    }
}

/// A colleague calls leads, notes what came of it, and moves them on.
pub async fn work(
    base: String,
    user: String,
    password: &'static str,
    speech: &'static script::Speech,
    pace: Duration,
    mut stop: Stop,
) {
    let sender = Sender::new(base);
    let mut token = String::new();
    while sender.pause(pace, &mut stop).await {
        if token.is_empty() {
            token = log_in(&sender.http, &sender.base, &user, password).await.unwrap_or_default();
        }
        match sender.turn(&token, speech).await {
            Ok(true) => {}
            Ok(false) => token.clear(),
            Err(e) => tracing::warn!(error = %e, user, "a simulated colleague stumbled over a lead"),
        }
    }
}

impl Sender {
    /// One lead of one's own: a call, then perhaps the next stage. False when the log-in has ended.
    async fn turn(&self, token: &str, speech: &script::Speech) -> Result<bool, reqwest::Error> {
        let get = |path: &str| self.http.get(format!("{}/api/v1{path}", self.base)).bearer_auth(token);
        let answer = get("/leads?assigned_to=me&outcome=open&sort=due_at&limit=20").send().await?;
        if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
            return Ok(false);
        }
        let list: Value = answer.json().await?;
        let Some(leads) = list["leads"].as_array().filter(|l| !l.is_empty()) else { return Ok(true) };
        let lead = self.one_of(leads);
        let id = &lead["id"];
        let post = |path: String| self.http.post(format!("{}/api/v1{path}", self.base)).bearer_auth(token);
        let (said, outcome) = *self.one_of(speech.calls);
        let call = json!({"type": "call", "summary": said, "outcome": outcome, "duration_seconds": 40 + self.entropy.u64() % 400});
        post(format!("/leads/{id}/interactions")).json(&call).send().await?;
        if outcome == "no_answer" {
            return Ok(true);
        }
        let pipelines: Value = get("/pipelines").send().await?.json().await?;
        let pipeline =
            pipelines["pipelines"].as_array().into_iter().flatten().find(|p| p["id"] == lead["pipeline_id"]);
        let Some(stages) = pipeline.and_then(|p| p["stages"].as_array()) else { return Ok(true) };
        let at = stages.iter().position(|s| s["key"] == lead["status"]).unwrap_or(0);
        let lost = stages.iter().find(|s| s["kind"] == "lost");
        let change = match (outcome, lost) {
            ("negative", Some(lost)) => {
                let reason = pipeline.and_then(|p| p["lost_reasons"][0].as_str()).unwrap_or("-");
                json!({"status": lost["key"], "reason": reason})
            }
            _ => match stages.get(at + 1) {
                Some(next) if next["kind"] != "lost" => json!({"status": next["key"]}),
                _ => return Ok(true),
            },
        };
        let path = format!("{}/api/v1/leads/{id}", self.base);
        self.http.patch(path).bearer_auth(token).json(&change).send().await?;
        Ok(true)
    }
}
