//! The simulated customers: each writes in the true format of their channel, signed as that channel signs.

use std::time::Duration;

use platform::{
    Clock, Entropy,
    crypto::hmac_sha256,
    shutdown::{Stop, stopped},
};
use serde_json::{Value, json};

use super::{BOT, INSTAGRAM, OA, PAGE, PLATFORM, Secrets, WHATSAPP, script};

/// How many conversations go on at once.
const AT_ONCE: usize = 12;

struct Customer {
    id: u64,
    name: &'static str,
    channel: usize,
    lines: Vec<&'static str>,
    said: usize,
}

struct Pen {
    http: reqwest::Client,
    base: String,
    secrets: Secrets,
    talks: &'static [script::Talk],
    clock: Clock,
    entropy: Entropy,
}

/// Writes in until told to stop.
pub async fn write_in(
    base: String,
    secrets: Secrets,
    talks: &'static [script::Talk],
    pace: Duration,
    mut stop: Stop,
) {
    let pen = Pen {
        http: reqwest::Client::new(),
        base,
        secrets,
        talks,
        clock: Clock::system(),
        entropy: Entropy::system(),
    };
    let mut talking: Vec<Customer> = Vec::new();
    let mut born = 0;
    // A morning's worth of messages first, so that the desk is not empty when somebody looks.
    for _ in 0..40 {
        if pen.next(&mut talking, &mut born).await.is_err() {
            break;
        }
    }
    loop {
        // Anything between half and one and a half of the pace.
        let pause = pace.mul_f64(0.5 + (pen.entropy.u64() % 1000) as f64 / 1000.0);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
        if let Err(e) = pen.next(&mut talking, &mut born).await {
            tracing::warn!(error = %e, "a simulated customer was not heard");
        }
    }
}

impl Pen {
    /// One more line from somebody.
    async fn next(&self, talking: &mut Vec<Customer>, born: &mut u64) -> Result<(), reqwest::Error> {
        let dice = self.entropy.u64();
        if talking.len() < AT_ONCE && (talking.is_empty() || dice.is_multiple_of(3)) {
            *born += 1;
            let spammer = dice % 11 == 4;
            let lines = match spammer {
                true => vec![script::SPAM[(dice >> 8) as usize % script::SPAM.len()]; 2],
                false => self.talks[(dice >> 8) as usize % self.talks.len()].lines.to_vec(),
            };
            talking.push(Customer {
                id: 7_400_000_000_000 + *born * 7919,
                name: script::NAMES[(dice >> 16) as usize % script::NAMES.len()],
                channel: (dice >> 24) as usize % 6,
                lines,
                said: 0,
            });
        }
        let who = (dice >> 32) as usize % talking.len();
        let customer = &mut talking[who];
        let line = customer.lines[customer.said];
        customer.said += 1;
        self.say(customer, line).await?;
        if customer.said == customer.lines.len() {
            talking.swap_remove(who);
        }
        Ok(())
    }

    async fn say(&self, c: &Customer, text: &str) -> Result<(), reqwest::Error> {
        let now = self.clock.now();
        let id = self.entropy.token(12);
        match c.channel {
            0 => self.meta(meta("page", PAGE, c.id, now, &format!("m_{id}"), text)).await,
            1 => self.meta(meta("instagram", INSTAGRAM, c.id, now, &format!("aWdf{id}"), text)).await,
            2 => self.meta(whatsapp(c, now, &id, text)).await,
            3 => self.zalo(c.id, now, &id, text).await,
            4 => self.telegram(c, now, text).await,
            _ => self.generic(c, &id, now, text).await,
        }
    }

    async fn meta(&self, body: Value) -> Result<(), reqwest::Error> {
        let body = body.to_string();
        let mac = hex::encode(hmac_sha256(self.secrets.meta.as_bytes(), body.as_bytes()));
        self.post("/api/v1/webhooks/facebook", body, &[("x-hub-signature-256", format!("sha256={mac}"))])
            .await
    }

    async fn zalo(&self, user: u64, now: i64, id: &str, text: &str) -> Result<(), reqwest::Error> {
        let body = json!({
            "app_id": self.secrets.zalo_app, "user_id_by_app": format!("{user}9"), "event_name": "user_send_text",
            "sender": {"id": user.to_string()}, "recipient": {"id": OA}, "message": {"text": text, "msg_id": id},
            "timestamp": now.to_string(),
        })
        .to_string();
        let signed = format!("{}{body}{now}{}", self.secrets.zalo_app, self.secrets.zalo);
        let mac = platform::crypto::sha256_hex(signed.as_bytes());
        self.post("/api/v1/webhooks/zalo", body, &[("x-zevent-signature", format!("mac={mac}"))]).await
    }

    async fn telegram(&self, c: &Customer, now: i64, text: &str) -> Result<(), reqwest::Error> {
        let (first, last) = c.name.split_once(' ').unwrap_or((c.name, ""));
        let number = self.entropy.u64() >> 24;
        let body = json!({"update_id": number, "message": {
            "message_id": number, "date": now / 1000, "text": text,
            "from": {"id": c.id, "is_bot": false, "first_name": first, "last_name": last},
            "chat": {"id": c.id, "type": "private", "first_name": first, "last_name": last},
        }});
        let token = [("x-telegram-bot-api-secret-token", self.secrets.telegram.clone())];
        self.post(&format!("/api/v1/webhooks/telegram/{BOT}"), body.to_string(), &token).await
    }

    async fn generic(&self, c: &Customer, id: &str, now: i64, text: &str) -> Result<(), reqwest::Error> {
        let sender = format!("+8490{:07}", c.id % 10_000_000);
        let body = json!({
            "platform": PLATFORM, "sender": sender, "sender_name": c.name, "content": text, "external_id": id,
        })
        .to_string();
        let (delivery, at) = (format!("msg_{id}"), now / 1000);
        let signature =
            channels::standard_webhooks::sign(&self.secrets.generic, &delivery, at, body.as_bytes());
        let headers = [
            ("webhook-id", delivery),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", signature.unwrap_or_default()),
        ];
        self.post("/api/v1/webhook", body, &headers).await
    }

    async fn post(&self, path: &str, body: String, headers: &[(&str, String)]) -> Result<(), reqwest::Error> {
        let mut request =
            self.http.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(body).send().await?.error_for_status().map(|_| ())
    }
}

fn meta(object: &str, account: &str, user: u64, now: i64, id: &str, text: &str) -> Value {
    json!({"object": object, "entry": [{"id": account, "time": now, "messaging": [{
        "sender": {"id": user.to_string()}, "recipient": {"id": account}, "timestamp": now,
        "message": {"mid": id, "text": text},
    }]}]})
}

fn whatsapp(c: &Customer, now: i64, id: &str, text: &str) -> Value {
    let number = format!("8490{:07}", c.id % 10_000_000);
    json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [{"field": "messages",
    "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "84901234567", "phone_number_id": WHATSAPP},
        "contacts": [{"profile": {"name": c.name}, "wa_id": number}],
        "messages": [{"from": number, "id": format!("wamid.{id}"), "timestamp": (now / 1000).to_string(),
            "type": "text", "text": {"body": text}}],
    }}]}]})
}
