//! Bodies as the channels send them, signed as the channels sign.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use platform::crypto::{hmac_sha256, sha256_hex};
use serde_json::{Value, json};

use crate::{Answer, Client};

pub const META_SECRET: &str = "omni-test-meta-app-secret-0001";
pub const VERIFY_TOKEN: &str = "omni-verify-42";
pub const X_SECRET: &str = "omni-test-x-consumer-secret";
pub const ZALO_APP: &str = "4217098765432109876";
pub const ZALO_SECRET: &str = "omni-test-zalo-oa-secret-key";
pub const TELEGRAM_SECRET: &str = "omni-test_telegram-secret-token";
pub const GENERIC_SECRET: &str = "whsec_O4I7HEmkzq4AZJNhY3GHbjjO9h+00EslPN4DMCXq/nM=";

pub const PAGE: &str = "104857610293847";
pub const INSTAGRAM: &str = "17841405822304914";
pub const PHONE: &str = "106540352242922";
pub const X_USER: &str = "1785263418900000001";
pub const OA: &str = "3887234561234567890";
pub const BOT: &str = "omni_test_bot";
pub const PLATFORM: &str = "custom";

/// A connected account of the fixtures.
pub struct Account {
    pub kind: &'static str,
    pub id: &'static str,
    secret: &'static str,
}

const fn account(kind: &'static str, id: &'static str, secret: &'static str) -> Account {
    Account { kind, id, secret }
}

pub const ACCOUNTS: &[Account] = &[
    account("facebook", PAGE, META_SECRET),
    account("instagram", INSTAGRAM, META_SECRET),
    account("whatsapp", PHONE, META_SECRET),
    account("twitter", X_USER, X_SECRET),
    account("zalo", OA, ZALO_SECRET),
    account("telegram", BOT, TELEGRAM_SECRET),
    account("generic", PLATFORM, GENERIC_SECRET),
];

impl Account {
    pub fn as_json(&self) -> Value {
        let mut body =
            json!({"kind": self.kind, "account_id": self.id, "name": self.kind, "secret": self.secret});
        match self.kind {
            "facebook" => body["verify_token"] = json!(VERIFY_TOKEN),
            "zalo" => body["app_id"] = json!(ZALO_APP),
            _ => {}
        }
        body
    }
}

/// One customer's text as a channel would send it.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// Digits.
    pub from: &'a str,
    /// The channel's id of it; digits for Telegram.
    pub id: &'a str,
    pub text: &'a str,
    /// Milliseconds.
    pub at: i64,
}

/// A body with its path and headers, to be sent as often as a test wants.
#[derive(Debug, Clone)]
pub struct Signed {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Signed {
    pub fn new(path: &str, body: &Value, headers: &[(&str, String)]) -> Signed {
        let kind = ("content-type".to_owned(), "application/json".to_owned());
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone()));
        Signed {
            path: path.to_owned(),
            headers: std::iter::once(kind).chain(headers).collect(),
            body: body.to_string().into_bytes(),
        }
    }

    pub async fn post(&self, client: &Client) -> Answer {
        client.anyone().send(reqwest::Method::POST, &self.path, &self.headers, Some(self.body.clone())).await
    }
}

pub fn meta(path: &str, body: &Value) -> Signed {
    let mac = hex::encode(hmac_sha256(META_SECRET.as_bytes(), body.to_string().as_bytes()));
    Signed::new(path, body, &[("X-Hub-Signature-256", format!("sha256={mac}"))])
}

pub fn messenger(said: &Said) -> Signed {
    meta("/webhooks/facebook", &messaging("page", PAGE, said))
}

pub fn instagram(said: &Said) -> Signed {
    meta("/webhooks/instagram", &messaging("instagram", INSTAGRAM, said))
}

fn messaging(object: &str, account: &str, said: &Said) -> Value {
    json!({"object": object, "entry": [{"id": account, "time": said.at, "messaging": [{
        "sender": {"id": said.from}, "recipient": {"id": account}, "timestamp": said.at,
        "message": {"mid": said.id, "text": said.text},
    }]}]})
}

pub fn whatsapp(said: &Said) -> Signed {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "84901234567", "phone_number_id": PHONE},
        "contacts": [{"profile": {"name": "Lan"}, "wa_id": said.from}],
        "messages": [{"from": said.from, "id": said.id, "timestamp": (said.at / 1000).to_string(), "type": "text",
            "text": {"body": said.text}}],
    });
    let entry = json!([{"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}]);
    meta("/webhooks/whatsapp", &json!({"object": "whatsapp_business_account", "entry": entry}))
}

pub fn twitter(said: &Said) -> Signed {
    let body = json!({
        "for_user_id": X_USER,
        "direct_message_events": [{"type": "message_create", "id": said.id, "created_timestamp": said.at.to_string(),
            "message_create": {"target": {"recipient_id": X_USER}, "sender_id": said.from,
                "message_data": {"text": said.text, "entities": {}}}}],
        "users": {},
    });
    let mac = STANDARD.encode(hmac_sha256(X_SECRET.as_bytes(), body.to_string().as_bytes()));
    Signed::new("/webhooks/twitter", &body, &[("x-twitter-webhooks-signature", format!("sha256={mac}"))])
}

pub fn zalo(said: &Said) -> Signed {
    let body = json!({
        "app_id": ZALO_APP, "user_id_by_app": format!("{}9", said.from), "event_name": "user_send_text",
        "sender": {"id": said.from}, "recipient": {"id": OA}, "message": {"text": said.text, "msg_id": said.id},
        "timestamp": said.at.to_string(),
    });
    let mac = sha256_hex(format!("{ZALO_APP}{body}{}{ZALO_SECRET}", said.at));
    Signed::new("/webhooks/zalo", &body, &[("X-ZEvent-Signature", format!("mac={mac}"))])
}

pub fn telegram(said: &Said) -> Signed {
    let (from, id): (i64, i64) = (said.from.parse().expect("digits"), said.id.parse().expect("digits"));
    let body = json!({"update_id": id, "message": {
        "message_id": id, "date": said.at / 1000, "text": said.text,
        "from": {"id": from, "is_bot": false, "first_name": "Lan"}, "chat": {"id": from, "type": "private"},
    }});
    let token = [("X-Telegram-Bot-Api-Secret-Token", TELEGRAM_SECRET.to_owned())];
    Signed::new(&format!("/webhooks/telegram/{BOT}"), &body, &token)
}

/// Signed by the platform's secret, delivered as `delivery` at `at`.
pub fn generic(body: &Value, delivery: &str, at: i64) -> Signed {
    let seconds = at / 1000;
    let text = body.to_string();
    let signature = channels::standard_webhooks::sign(GENERIC_SECRET, delivery, seconds, text.as_bytes());
    let headers = [
        ("webhook-id", delivery.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature.expect("a secret")),
    ];
    Signed::new("/webhook", body, &headers)
}

/// A line through the generic webhook, for tests that do not care for the channel.
pub fn line(said: &Said) -> Value {
    json!({"platform": PLATFORM, "sender": said.from, "content": said.text, "external_id": said.id})
}

/// What our side said by other means (the platform's own inbox, the phone), as the channel tells it back to us.
pub fn echo(channel: &str, to: &str, id: &str, at: i64) -> Signed {
    let text = format!("echo {id}");
    match channel {
        "messenger" | "instagram" => {
            let (object, account) =
                if channel == "messenger" { ("page", PAGE) } else { ("instagram", INSTAGRAM) };
            let message = json!({"is_echo": true, "mid": id, "text": text});
            let item = json!({"sender": {"id": account}, "recipient": {"id": to}, "timestamp": at, "message": message});
            let path = if channel == "messenger" { "/webhooks/facebook" } else { "/webhooks/instagram" };
            meta(
                path,
                &json!({"object": object, "entry": [{"id": account, "time": at, "messaging": [item]}]}),
            )
        }
        "whatsapp" => {
            let value = json!({
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "84901234567", "phone_number_id": PHONE},
                "message_echoes": [{"from": "84901234567", "to": to, "id": id, "timestamp": (at / 1000).to_string(),
                    "type": "text", "text": {"body": text}}],
            });
            let entry = json!([{"id": "102290129340398", "changes": [{"field": "smb_message_echoes", "value": value}]}]);
            meta("/webhooks/whatsapp", &json!({"object": "whatsapp_business_account", "entry": entry}))
        }
        other => panic!("no echo for {other}"),
    }
}
