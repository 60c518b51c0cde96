//! Our own JSON: `POST /webhook`, from any platform that speaks it, plain or as a `message.received` event.
//!
//! The account is the platform's name. Never guesses whether a sender is a phone number or an address, and
//! never makes up an id: without one the dedupe key is empty and the caller fills it.

use serde_json::Value;

use crate::wire::{self, Fields};
use crate::{Attachment, Event, Identity, Item, Malformed, Message};

pub fn parse(body: &[u8]) -> Result<Item, Malformed> {
    read(&wire::json(body)?)
}

/// As [`parse`], of a body that is JSON already.
pub fn read(root: &Value) -> Result<Item, Malformed> {
    if !root.is_object() {
        return Err(Malformed("the body is not an object".into()));
    }
    match root.text("type") {
        Some("message.received") => received(root),
        // Another event in the envelope; the request's own id is its key.
        Some(other) if root["data"].is_object() && root.get("platform").is_none() => {
            let item = wire::unknown(None, time(root), root, other);
            Ok(Item { dedupe_key: String::new(), ..item })
        }
        _ => plain(root),
    }
}

fn plain(root: &Value) -> Result<Item, Malformed> {
    let sender = identity(required_id(root, "sender")?, root.string("sender_name"));
    item(required(root, "platform")?, sender, root, "content", 0)
}

fn received(root: &Value) -> Result<Item, Malformed> {
    let data = &root["data"];
    let from = &data["from"];
    let id = required_id(from, "id").map_err(|_| missing("data.from.id"))?;
    item(required(data, "channel")?, identity(id, from.string("name")), data, "text", time(root))
}

fn identity(value: String, name: Option<String>) -> Identity {
    Identity { name: name.filter(|name| !name.trim().is_empty()), ..wire::identity(value) }
}

fn item(
    account: String,
    sender: Identity,
    fields: &Value,
    text_key: &str,
    at: i64,
) -> Result<Item, Malformed> {
    let attachments = attachments(fields)?;
    let text = match fields.get(text_key) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(_) => return Err(Malformed(format!("{text_key} is not a text"))),
    };
    if text.trim().is_empty() && attachments.is_empty() {
        return Err(missing(text_key));
    }
    let external_id = fields.id("external_id").or_else(|| fields.id("id")).unwrap_or_default();
    let dedupe_key = external_id.clone();
    let event = Event::Message(Message { external_id, text, attachments, ..Message::default() });
    Ok(Item { account: Some(account), dedupe_key, at, identity: Some(sender), event })
}

fn attachments(fields: &Value) -> Result<Vec<Attachment>, Malformed> {
    match fields.get("attachments") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(attachment).collect(),
        Some(_) => Err(Malformed("attachments is not a list".into())),
    }
}

fn attachment(raw: &Value) -> Result<Attachment, Malformed> {
    let url = raw.link("url").filter(|link| url::Url::parse(link).is_ok());
    let url = url.ok_or_else(|| Malformed("an attachment has no http link as url".into()))?;
    let mime = raw.string("mime");
    let kind = match raw.text("type") {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        Some("voice") => "voice",
        Some("sticker") => "sticker",
        Some("link") => "link",
        Some("file" | "document") => "file",
        Some(_) => "other",
        None => match mime.as_deref().and_then(|mime| mime.split('/').next()) {
            Some("image") => "image",
            Some("video") => "video",
            Some("audio") => "audio",
            _ => "file",
        },
    };
    Ok(Attachment { kind, url: Some(url), mime, name: raw.string("name"), ..Attachment::default() })
}

/// The event's time, RFC 3339.
fn time(root: &Value) -> i64 {
    let parsed = root.text("timestamp").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    wire::millis(parsed.map(jiff::Timestamp::as_millisecond))
}

fn required(fields: &Value, key: &str) -> Result<String, Malformed> {
    fields.string(key).filter(|text| !text.trim().is_empty()).ok_or_else(|| missing(key))
}

fn required_id(fields: &Value, key: &str) -> Result<String, Malformed> {
    fields.id(key).filter(|text| !text.trim().is_empty()).ok_or_else(|| missing(key))
}

fn missing(key: &str) -> Malformed {
    Malformed(format!("{key} is missing"))
}
