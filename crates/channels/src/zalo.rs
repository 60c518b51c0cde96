//! Zalo Official Account.
//!
//! A body is one event. Message events do not name the account: it is the recipient of what a user does and the
//! sender of what the account does. Never turns a reaction's icon code into an emoji.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::wire::{self, Fields};
use crate::{
    Attachment, Credentials, Delivery, Event, Item, Malformed, Message, RawRequest, ReceiptOf, Refusal,
    signature,
};

/// `X-ZEvent-Signature: mac=<hex SHA-256(app id + raw body + timestamp + OA secret key)>`; no HMAC. The time is
/// the header `X-ZEvent-Timestamp`, or else the body's own. An account without app id has no secret.
pub fn verify(req: &RawRequest<'_>, c: &Credentials) -> Result<(), Refusal> {
    signature::required(c)?;
    let app_id = c.app_id.as_deref().filter(|id| !id.is_empty()).ok_or(Refusal::NoSecret)?;
    let header = req.header("X-ZEvent-Signature").ok_or(Refusal::MissingSignature)?;
    let mac = header.strip_prefix("mac=").and_then(|digits| hex::decode(digits).ok());
    let mac = mac.ok_or(Refusal::BadSignature)?;
    let time = req.header("X-ZEvent-Timestamp").map(str::trim).or_else(|| body_timestamp(req.body));
    let time = time.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()));
    let time = time.ok_or(Refusal::BadSignature)?;
    signature::check(c, |secret| {
        let digest = Sha256::new().chain_update(app_id).chain_update(req.body);
        let digest = digest.chain_update(time).chain_update(secret).finalize();
        signature::same(&digest, &mac)
    })
}

/// The time exactly as the body spells it, as text or number.
fn body_timestamp(body: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Stamp<'a> {
        #[serde(borrow)]
        timestamp: &'a RawValue,
    }
    let stamp: Stamp<'_> = serde_json::from_slice(body).ok()?;
    Some(stamp.timestamp.get().trim_matches('"'))
}

pub fn parse(body: &[u8]) -> Result<Vec<Item>, Malformed> {
    let root = wire::json(body)?;
    let name = root.text("event_name").ok_or_else(|| Malformed("event_name is missing".into()))?;
    let at = wire::millis(root.int("timestamp"));
    let ours = name.starts_with("oa_");
    let sender = root["sender"].id("id").or_else(|| root["follower"].id("id"));
    let recipient = root["recipient"].id("id");
    let (customer, us) = if ours { (recipient, sender) } else { (sender, recipient) };
    let account = root.id("oa_id").or(us);
    let read = customer.as_deref().and_then(|customer| {
        let key = |kind: &str| format!("{kind}:{customer}:{at}");
        event(&root, name, ours, key)
    });
    let identity = customer.map(wire::identity);
    Ok(vec![match read {
        Some((dedupe_key, event)) => Item { account, dedupe_key, at, identity, event },
        None => Item { identity, ..wire::unknown(account, at, &root, name) },
    }])
}

fn event(root: &Value, name: &str, echo: bool, key: impl Fn(&str) -> String) -> Option<(String, Event)> {
    let message = &root["message"];
    let sent = ["user_send_", "anonymous_send_", "oa_send_"].iter().any(|prefix| name.starts_with(prefix));
    if sent {
        let id = message.id("msg_id")?;
        return Some((id.clone(), Event::Message(read_message(message, id, name, echo))));
    }
    let receipt = |ids, state| Event::Receipt { of: ReceiptOf::Messages(ids), state, error: None };
    Some(match name {
        "user_received_message" | "user_seen_message" => {
            let mut ids: Vec<String> = message.list("msg_ids").iter().filter_map(wire::as_id).collect();
            ids.extend(message.id("msg_id"));
            let first = ids.first()?;
            let state = if name == "user_seen_message" { Delivery::Read } else { Delivery::Delivered };
            (format!("{}:{first}+{}", key(state.as_str()), ids.len() - 1), receipt(ids, state))
        }
        "user_reacted_message" => {
            let external_id = message.id("msg_id")?;
            let emoji = message.string("react_icon").filter(|icon| icon != "/-remove");
            (format!("{}:{external_id}", key("reaction")), Event::Reaction { external_id, emoji })
        }
        "oa_reacted_message" => (key(name), Event::Ignored { reason: "own reaction" }),
        "follow" => (key(name), Event::OptedIn { payload: root.string("source") }),
        "unfollow" => (key(name), Event::OptedOut),
        "user_submit_info" => {
            let info = &root["info"];
            let (name, phone) = (info.string("name"), info.id("phone"));
            if name.is_none() && phone.is_none() {
                return None;
            }
            (key("info"), Event::ContactInfo { name, phone, verified: false })
        }
        "user_click_chatnow" => (key(name), Event::Ignored { reason: "opened the chat" }),
        "add_user_to_tag"
        | "remove_user_from_tag"
        | "update_user_info"
        | "user_feedback"
        | "user_withdraw"
        | "change_template_status" => (key(name), Event::Ignored { reason: "account notice" }),
        _ => return None,
    })
}

fn read_message(message: &Value, external_id: String, event_name: &str, echo: bool) -> Message {
    let is_card = event_name.ends_with("_business_card");
    let read = |raw: &Value| {
        let read = attachment(raw);
        if is_card { Attachment { kind: "contact", ..read } } else { read }
    };
    Message {
        external_id,
        echo,
        text: message.string("text").unwrap_or_default(),
        attachments: message.list("attachments").iter().map(read).collect(),
        reply_to: message.id("quote_msg_id"),
        ..Message::default()
    }
}

fn attachment(raw: &Value) -> Attachment {
    let payload = &raw["payload"];
    let plain = |kind| Attachment { kind, url: payload.link("url"), ..Attachment::default() };
    match raw.text("type") {
        Some("image" | "gif") => plain("image"),
        Some("audio") => plain("audio"),
        Some("video") => plain("video"),
        Some("link") => Attachment { title: payload.string("description"), ..plain("link") },
        Some("file") => Attachment {
            name: payload.string("name"),
            size: payload.int("size").filter(|size| *size >= 0),
            ..plain("file")
        },
        Some("sticker") => Attachment { provider_id: payload.id("id"), ..plain("sticker") },
        Some("location") => Attachment {
            latitude: payload["coordinates"].float("latitude"),
            longitude: payload["coordinates"].float("longitude"),
            ..plain("location")
        },
        kind => {
            let title = kind.map(|kind| kind.chars().take(80).collect());
            Attachment { title, ..plain("other") }
        }
    }
}
