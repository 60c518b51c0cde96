//! X (Twitter) direct messages through the Account Activity API.
//!
//! Routes by `for_user_id`. Never expands short links and never fetches media, which needs the user's token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::wire::{self, Fields};
use crate::{
    Attachment, Credentials, Delivery, Event, Identity, Item, Malformed, Message, RawRequest, ReceiptOf,
    Refusal, signature,
};

/// `x-twitter-webhooks-signature: sha256=<base64 HMAC-SHA256(consumer secret, raw body)>`.
pub fn verify(req: &RawRequest<'_>, c: &Credentials) -> Result<(), Refusal> {
    signature::required(c)?;
    let header = req.header("x-twitter-webhooks-signature").ok_or(Refusal::MissingSignature)?;
    let digest = header.strip_prefix("sha256=").and_then(|text| STANDARD.decode(text).ok());
    let digest = digest.ok_or(Refusal::BadSignature)?;
    signature::check(c, |secret| {
        signature::same(&signature::hmac_sha256(secret.as_bytes(), &[req.body]), &digest)
    })
}

/// The JSON answer to a challenge-response check; `None` is a refusal. Always with the current secret.
pub fn challenge(query: &str, c: &Credentials) -> Option<String> {
    let secret = c.secret.as_deref().filter(|secret| !secret.is_empty())?;
    let token = wire::query_value(query, "crc_token").filter(|token| !token.is_empty())?;
    let digest = signature::hmac_sha256(secret.as_bytes(), &[token.as_bytes()]);
    Some(json!({ "response_token": format!("sha256={}", STANDARD.encode(digest)) }).to_string())
}

pub fn parse(body: &[u8]) -> Result<Vec<Item>, Malformed> {
    let root = wire::json(body)?;
    if let Some(event) = root.get("user_event") {
        return Ok(vec![user_event(event)]);
    }
    let account = root.id("for_user_id").ok_or_else(|| Malformed("for_user_id is missing".into()))?;
    let scope = Scope { account, users: &root["users"] };
    let mut items = Vec::new();
    for (key, value) in root.as_object().into_iter().flatten() {
        match value {
            _ if ["for_user_id", "users", "apps", "user_has_blocked"].contains(&key.as_str()) => {}
            Value::Array(events) => items.extend(events.iter().map(|raw| scope.event(key, raw))),
            other => items.push(scope.unknown(0, other, key)),
        }
    }
    Ok(wire::by_time(items))
}

/// Access was withdrawn: the caller's connection check will find the account disconnected.
fn user_event(event: &Value) -> Item {
    let revoke = &event["revoke"];
    let item = wire::unknown(revoke["source"].id("user_id"), 0, event, "user_event");
    if !revoke.is_object() {
        return item;
    }
    Item { event: Event::Ignored { reason: "revoked" }, ..item }
}

struct Scope<'a> {
    account: String,
    users: &'a Value,
}

impl Scope<'_> {
    fn event(&self, list: &str, raw: &Value) -> Item {
        let at = wire::millis(raw.int("created_timestamp").or_else(|| raw.int("timestamp_ms")));
        let read = match list {
            "direct_message_events" => self.message(raw, at),
            "direct_message_indicate_typing_events" => self.typing(raw, at),
            "direct_message_mark_read_events" => self.read_receipt(raw, at),
            "tweet_create_events"
            | "tweet_delete_events"
            | "favorite_events"
            | "follow_events"
            | "unfollow_events"
            | "block_events"
            | "unblock_events"
            | "mute_events"
            | "unmute_events" => {
                let ignored = Event::Ignored { reason: "not a direct message" };
                Some(Item { event: ignored, ..self.unknown(at, raw, list) })
            }
            _ => None,
        };
        read.unwrap_or_else(|| self.unknown(at, raw, list))
    }

    fn unknown(&self, at: i64, raw: &Value, what: &str) -> Item {
        wire::unknown(Some(self.account.clone()), at, raw, what)
    }

    fn item(&self, dedupe_key: String, at: i64, customer: String, event: Event) -> Item {
        let user = &self.users[customer.as_str()];
        let name = user.string("name").or_else(|| user.string("screen_name"));
        let identity = Some(Identity { name, ..wire::identity(customer) });
        Item { account: Some(self.account.clone()), dedupe_key, at, identity, event }
    }

    fn message(&self, raw: &Value, at: i64) -> Option<Item> {
        let (id, create) = (raw.id("id")?, &raw["message_create"]);
        let data = create.get("message_data").filter(|data| data.is_object())?;
        let sender = create.id("sender_id")?;
        let echo = sender == self.account;
        let customer = if echo { create["target"].id("recipient_id")? } else { sender };
        let attachments: Vec<_> = attachment(&data["attachment"]).into_iter().collect();
        let has_media = data["attachment"].text("type") == Some("media");
        let message = Message {
            external_id: id.clone(),
            echo,
            text: plain(data.text("text").unwrap_or_default(), has_media),
            attachments,
            payload: data["quick_reply_response"].string("metadata"),
            ..Message::default()
        };
        Some(self.item(id, at, customer, Event::Message(message)))
    }

    fn typing(&self, raw: &Value, at: i64) -> Option<Item> {
        let sender = raw.id("sender_id")?;
        let key = format!("typing:{sender}:{at}");
        Some(self.item(key, at, sender, Event::Ignored { reason: "typing" }))
    }

    /// Names the last event that was read; by the time of reading all before it are read too.
    fn read_receipt(&self, raw: &Value, at: i64) -> Option<Item> {
        let (sender, last) = (raw.id("sender_id")?, raw.id("last_read_event_id")?);
        let key = format!("read:{sender}:{last}");
        if sender == self.account {
            let customer = raw["target"].id("recipient_id")?;
            return Some(self.item(key, at, customer, Event::Ignored { reason: "read by us" }));
        }
        let of = if at > 0 { ReceiptOf::Until(at) } else { ReceiptOf::Messages(vec![last]) };
        Some(self.item(key, at, sender, Event::Receipt { of, state: Delivery::Read, error: None }))
    }
}

/// X escapes three characters and hangs a short link for the media at the end.
fn plain(escaped: &str, has_media: bool) -> String {
    let start = escaped.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let last = escaped.get(start..).unwrap_or_default();
    let is_short = last.starts_with("https://t.co/") || last.starts_with("http://t.co/");
    let text = match escaped.get(..start) {
        Some(text) if has_media && is_short => text.trim_end(),
        _ => escaped,
    };
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn attachment(raw: &Value) -> Option<Attachment> {
    match raw.text("type")? {
        "media" => {
            let media = raw.get("media").filter(|media| media.is_object())?;
            let kind = match media.text("type") {
                Some("video" | "animated_gif") => "video",
                _ => "image",
            };
            let variants = media["video_info"].list("variants");
            let films = variants.iter().filter(|v| v.text("content_type") == Some("video/mp4"));
            let film = films.max_by_key(|v| v.int("bitrate").unwrap_or(0));
            Some(Attachment {
                kind,
                url: film.and_then(|film| film.link("url")).or_else(|| media.link("media_url_https")),
                provider_id: media.id("id_str").or_else(|| media.id("id")),
                mime: film.map(|_| "video/mp4".to_owned()),
                ..Attachment::default()
            })
        }
        "location" => {
            let place = &raw["location"];
            // GeoJSON order: longitude first.
            let point = place["shared_coordinate"]["coordinates"].list("coordinates");
            Some(Attachment {
                kind: "location",
                title: place["shared_place"]["place"].string("full_name"),
                longitude: point.first().and_then(Value::as_f64),
                latitude: point.get(1).and_then(Value::as_f64),
                ..Attachment::default()
            })
        }
        other => {
            let title = Some(other.chars().take(80).collect());
            Some(Attachment { kind: "other", title, ..Attachment::default() })
        }
    }
}
