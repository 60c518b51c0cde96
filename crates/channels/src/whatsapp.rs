//! WhatsApp Cloud API: the envelope, people, delivery states and settings. What a message says is read in
//! `content`; signature and verification request are Meta's (`meta::verify`, `meta::challenge`).
//!
//! Routes by `metadata.phone_number_id`. Never fetches media: attachments carry the media id.

mod content;

use serde_json::Value;

use crate::wire::{self, Fields};
use crate::{Delivery, DeliveryError, Event, Identity, Item, Malformed, ReceiptOf};

pub fn parse(body: &[u8]) -> Result<Vec<Item>, Malformed> {
    let root = wire::json(body)?;
    if root.text("object") != Some("whatsapp_business_account") {
        return Err(Malformed("object is not whatsapp_business_account".into()));
    }
    read(&root)
}

pub(crate) fn read(root: &Value) -> Result<Vec<Item>, Malformed> {
    let entries = root.get("entry").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| Malformed("entry is not a list".into()))?;
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        match entry.get("changes") {
            Some(Value::Array(changes)) => changes.iter().for_each(|change| read_change(change, &mut items)),
            None | Some(Value::Null) if entry.is_object() => {}
            _ => items.push(wire::unknown(None, 0, entry, "entry")),
        }
    }
    Ok(wire::by_time(items))
}

/// The value of a change, with what its items share.
struct Scope<'a> {
    account: Option<String>,
    contacts: &'a [Value],
}

fn read_change(change: &Value, items: &mut Vec<Item>) {
    let value = &change["value"];
    let scope = Scope { account: value["metadata"].id("phone_number_id"), contacts: value.list("contacts") };
    let before = items.len();
    items.extend(value.list("messages").iter().map(|raw| message(raw, &scope)));
    items.extend(value.list("message_echoes").iter().map(|raw| echo(raw, &scope)));
    items.extend(value.list("statuses").iter().map(|raw| status(raw, &scope)));
    items.extend(value.list("user_preferences").iter().map(|raw| preference(raw, &scope)));
    items.extend(value.list("errors").iter().map(|raw| {
        let error = delivery_error(raw);
        wire::unknown(scope.account.clone(), 0, raw, &format!("error {}: {}", error.code, error.text))
    }));
    if items.len() > before {
        return;
    }
    let unknown = |what: &str| wire::unknown(scope.account.clone(), 0, change, what);
    items.push(match change.text("field") {
        Some(
            field @ ("message_template_status_update"
            | "message_template_quality_update"
            | "message_template_components_update"
            | "template_category_update"
            | "account_update"
            | "account_alerts"
            | "account_review_update"
            | "business_capability_update"
            | "phone_number_name_update"
            | "phone_number_quality_update"
            | "security"
            | "history"
            | "smb_app_state_sync"),
        ) => Item { event: Event::Ignored { reason: "account notice" }, ..unknown(field) },
        field => unknown(field.unwrap_or("change")),
    });
}

fn message(raw: &Value, scope: &Scope<'_>) -> Item {
    let identity = person(raw.id("from"), raw.id("from_user_id"), scope.contacts);
    finish(raw, scope, identity, Side::Customer)
}

/// A message that our side sent with the phone app.
fn echo(raw: &Value, scope: &Scope<'_>) -> Item {
    let identity = person(raw.id("to"), raw.id("to_user_id"), scope.contacts);
    finish(raw, scope, identity, Side::Ours)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Customer,
    Ours,
}

fn finish(raw: &Value, scope: &Scope<'_>, identity: Option<Identity>, side: Side) -> Item {
    let at = wire::seconds(raw.int("timestamp"));
    let account = scope.account.clone();
    let read = match (raw.id("id"), &identity) {
        (Some(id), Some(_)) if raw.get("group_id").is_some_and(|group| !group.is_null()) => {
            Some((id, Event::Ignored { reason: "group" }))
        }
        (Some(id), Some(_)) => content::read(raw, &id, side).map(|event| (id, event)),
        _ => None,
    };
    match read {
        Some((dedupe_key, event)) => Item { account, dedupe_key, at, identity, event },
        None => {
            let what = format!("message {}", raw.text("type").unwrap_or("without type"));
            Item { identity, ..wire::unknown(account, at, raw, &what) }
        }
    }
}

/// The business-scoped user id names the person where it is known, and the number stands beside it. `number`
/// may be that id as well, when the customer hides the number.
fn person(number: Option<String>, user_id: Option<String>, contacts: &[Value]) -> Option<Identity> {
    let is = |contact: &Value, key: &str, id: &Option<String>| id.is_some() && contact.id(key) == *id;
    let contact = contacts
        .iter()
        .find(|c| is(c, "user_id", &user_id) || is(c, "wa_id", &number) || is(c, "user_id", &number))
        .or(match contacts {
            [only] if user_id.is_none() && number.is_none() => Some(only),
            _ => None,
        });
    let known = |key| contact.and_then(|c| c.id(key));
    let (number, scoped) = match number.or_else(|| known("wa_id")) {
        Some(id) if is_number(&id) => (Some(id), None),
        Some(id) => (None, Some(id)),
        None => (None, None),
    };
    let user_id = user_id.or_else(|| known("user_id")).or(scoped);
    let profile = contact.map(|c| &c["profile"]);
    let name = profile.and_then(|p| p.string("name").or_else(|| p.string("username")));
    let phones = number.iter().map(|digits| format!("+{digits}")).collect();
    let (value, aliases) = match (user_id, number) {
        (Some(user_id), number) => (user_id, number.into_iter().collect()),
        (None, Some(number)) => (number, Vec::new()),
        (None, None) => return None,
    };
    Some(Identity { value, aliases, name, phones, email: None })
}

fn is_number(id: &str) -> bool {
    (5..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

fn status(raw: &Value, scope: &Scope<'_>) -> Item {
    let at = wire::seconds(raw.int("timestamp"));
    let account = scope.account.clone();
    let (Some(id), Some(word)) = (raw.id("id"), raw.text("status")) else {
        return wire::unknown(account, at, raw, "status");
    };
    let receipt = |state, error| Event::Receipt { of: ReceiptOf::Messages(vec![id.clone()]), state, error };
    let event = match word {
        _ if raw.text("recipient_type") == Some("group") => Event::Ignored { reason: "group" },
        "sent" => receipt(Delivery::Sent, None),
        "delivered" => receipt(Delivery::Delivered, None),
        "read" | "played" => receipt(Delivery::Read, None),
        "failed" => receipt(Delivery::Failed, raw.list("errors").first().map(delivery_error)),
        "deleted" | "warning" => Event::Ignored { reason: "status" },
        other => return wire::unknown(account, at, raw, &format!("status {other}")),
    };
    let identity = person(raw.id("recipient_id"), raw.id("recipient_user_id"), scope.contacts);
    Item { account, dedupe_key: format!("status:{id}:{word}"), at, identity, event }
}

/// Codes decide, not titles: 131047 (once 470) says that the answer window is closed.
fn delivery_error(raw: &Value) -> DeliveryError {
    let code = raw.id("code").unwrap_or_default();
    let words = raw["error_data"].string("details");
    let words = words.or_else(|| raw.string("message")).or_else(|| raw.string("title"));
    let needs_template = matches!(code.as_str(), "131047" | "470");
    DeliveryError { code, text: words.unwrap_or_default(), needs_template }
}

/// The customer stopped or resumed marketing messages.
fn preference(raw: &Value, scope: &Scope<'_>) -> Item {
    let at = wire::seconds(raw.int("timestamp"));
    let account = scope.account.clone();
    let identity = person(raw.id("wa_id"), raw.id("user_id"), scope.contacts);
    let (Some(who), Some(choice)) = (&identity, raw.text("value")) else {
        return wire::unknown(account, at, raw, "user preference");
    };
    let event = match choice {
        "stop" => Event::OptedOut,
        "resume" => Event::OptedIn { payload: raw.string("category") },
        _ => return wire::unknown(account, at, raw, "user preference"),
    };
    let dedupe_key = format!("preference:{}:{choice}:{at}", who.value);
    Item { account, dedupe_key, at, identity, event }
}
