//! Telegram bots: one update per request, private chats only.
//!
//! The account is the bot that the URL names, so items carry none. Never resolves a file id to a link: that
//! takes the bot's token.

mod content;

use serde_json::Value;

use crate::wire::{self, Fields};
use crate::{Credentials, Event, Identity, Item, Malformed, Message, RawRequest, Refusal, signature};

/// `X-Telegram-Bot-Api-Secret-Token` equals the secret that the webhook was set up with.
pub fn verify(req: &RawRequest<'_>, c: &Credentials) -> Result<(), Refusal> {
    signature::required(c)?;
    let token = req.header("X-Telegram-Bot-Api-Secret-Token").ok_or(Refusal::MissingSignature)?;
    signature::check(c, |secret| signature::same(token.as_bytes(), secret.as_bytes()))
}

pub fn parse(body: &[u8]) -> Result<Vec<Item>, Malformed> {
    let root = wire::json(body)?;
    let update = root.id("update_id").ok_or_else(|| Malformed("update_id is missing".into()))?;
    let fields = root.as_object().into_iter().flatten().map(|(key, raw)| (key.as_str(), raw));
    let known = fields.clone().find(|(key, _)| KINDS.contains(key));
    let kind = known.or_else(|| fields.clone().find(|(key, _)| *key != "update_id"));
    let (kind, raw) = kind.unwrap_or(("empty update", &Value::Null));
    let at = wire::seconds(raw.int("edit_date").or_else(|| raw.int("date")));
    let (identity, event) = match kind {
        "message" | "edited_message" | "my_chat_member" | "message_reaction" => private(kind, raw),
        "callback_query" => callback(raw),
        "channel_post" | "edited_channel_post" => (None, Some(Event::Ignored { reason: "channel post" })),
        _ => (None, None),
    };
    let event = event.unwrap_or_else(|| {
        let part = raw.as_object().and_then(|o| o.keys().find(|key| !ENVELOPE.contains(&key.as_str())));
        let what = part.map_or(kind.to_owned(), |part| format!("{kind} {part}"));
        Event::Unknown { what: what.chars().take(80).collect() }
    });
    Ok(vec![Item { account: None, dedupe_key: update, at, identity, event }])
}

const KINDS: [&str; 7] = [
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "channel_post",
    "edited_channel_post",
];

/// The fields that every message has, whatever it says.
const ENVELOPE: [&str; 6] = ["message_id", "from", "chat", "date", "edit_date", "reply_to_message"];

type Read = (Option<Identity>, Option<Event>);

fn private(kind: &str, raw: &Value) -> Read {
    match raw["chat"].text("type") {
        Some("private") => {}
        Some(_) => return (None, Some(Event::Ignored { reason: "group" })),
        None => return (None, None),
    }
    let from = raw.get("from").or_else(|| raw.get("user")).unwrap_or(&Value::Null);
    let (Some(chat), Some(_)) = (raw["chat"].id("id"), from.id("id")) else {
        return (None, Some(Event::Ignored { reason: "no sender" }));
    };
    let event = match kind {
        "message" => message(raw, &chat, from),
        "edited_message" => edit(raw, &chat),
        "my_chat_member" => membership(raw),
        _ => reaction(raw, &chat),
    };
    (Some(person(chat, from)), event)
}

fn person(chat: String, from: &Value) -> Identity {
    let parts: Vec<&str> = [from.text("first_name"), from.text("last_name")].into_iter().flatten().collect();
    let name = if parts.is_empty() { from.string("username") } else { Some(parts.join(" ")) };
    Identity { name, ..wire::identity(chat) }
}

fn message(raw: &Value, chat: &str, from: &Value) -> Option<Event> {
    let id = raw.id("message_id")?;
    let contact = &raw["contact"];
    if contact.id("user_id").is_some() && contact.id("user_id") == from.id("id") {
        let number = contact.id("phone_number")?;
        let phone = Some(format!("+{}", number.trim_start_matches('+')));
        let contact = person(String::new(), contact);
        return Some(Event::ContactInfo { name: contact.name, phone, verified: true });
    }
    let text = raw.text("text").or_else(|| raw.text("caption")).unwrap_or_default();
    let attachments = content::attachments(raw);
    if text.is_empty() && attachments.is_empty() {
        return None;
    }
    Some(Event::Message(Message {
        external_id: format!("{chat}:{id}"),
        text: text.to_owned(),
        attachments,
        reply_to: raw["reply_to_message"].id("message_id").map(|id| format!("{chat}:{id}")),
        source: start_payload(text),
        group: raw.id("media_group_id"),
        ..Message::default()
    }))
}

/// The label of the deep link that opened the chat: `/start camp_7`, also `/start@our_bot camp_7`.
fn start_payload(text: &str) -> Option<String> {
    let (command, payload) = text.split_once(' ')?;
    let is_start = command == "/start" || command.starts_with("/start@");
    Some(payload.trim()).filter(|payload| is_start && !payload.is_empty()).map(str::to_owned)
}

fn edit(raw: &Value, chat: &str) -> Option<Event> {
    let external_id = format!("{chat}:{}", raw.id("message_id")?);
    if raw.get("location").is_some() {
        return Some(Event::Ignored { reason: "live location" });
    }
    let text = raw.text("text").or_else(|| raw.text("caption")).unwrap_or_default();
    Some(Event::Edited { external_id, text: text.to_owned() })
}

/// The user blocked the bot, or took it back.
fn membership(raw: &Value) -> Option<Event> {
    match raw["new_chat_member"].text("status")? {
        "kicked" | "left" => Some(Event::OptedOut),
        "member" => Some(Event::OptedIn { payload: None }),
        _ => None,
    }
}

fn reaction(raw: &Value, chat: &str) -> Option<Event> {
    let external_id = format!("{chat}:{}", raw.id("message_id")?);
    let emoji = match raw.get("new_reaction")?.as_array()?.last() {
        Some(last) => Some(last.id("emoji").or_else(|| last.id("custom_emoji_id"))?),
        None => None,
    };
    Some(Event::Reaction { external_id, emoji })
}

/// A button under one of our messages. The update names no time; the button's label stands in our message.
fn callback(raw: &Value) -> Read {
    let message = &raw["message"];
    match message["chat"].text("type") {
        Some("private") | None => {}
        Some(_) => return (None, Some(Event::Ignored { reason: "group" })),
    }
    let (Some(id), Some(from)) = (raw.id("id"), raw["from"].id("id")) else { return (None, None) };
    let chat = message["chat"].id("id").unwrap_or(from);
    let payload = raw.string("data");
    let rows = message["reply_markup"].list("inline_keyboard").iter().filter_map(Value::as_array);
    let pressed = rows.flatten().find(|b| payload.is_some() && b.text("callback_data") == payload.as_deref());
    let event = Event::Message(Message {
        external_id: format!("{chat}:callback:{id}"),
        text: pressed.and_then(|button| button.string("text")).unwrap_or_default(),
        reply_to: message.id("message_id").map(|id| format!("{chat}:{id}")),
        payload,
        ..Message::default()
    });
    (Some(person(chat, &raw["from"])), Some(event))
}
