//! Messenger and Instagram, and what WhatsApp shares with them: the signature and the verification request.
//!
//! Routes by `entry[].id` (page or Instagram account). Never decides whether that account is known, and never
//! drops a repeated item: both are the caller's.

mod attachments;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::{self, Fields};
use crate::{
    Channel, Credentials, Delivery, Event, Item, Malformed, Message, RawRequest, ReceiptOf, Refusal,
    signature, whatsapp,
};

/// `X-Hub-Signature-256: sha256=<hex HMAC-SHA256(app secret, raw body)>`.
pub fn verify(req: &RawRequest<'_>, c: &Credentials) -> Result<(), Refusal> {
    signature::required(c)?;
    let header = req.header("X-Hub-Signature-256").ok_or(Refusal::MissingSignature)?;
    let digest = header.strip_prefix("sha256=").and_then(|digits| hex::decode(digits).ok());
    let digest = digest.ok_or(Refusal::BadSignature)?;
    signature::check(c, |secret| {
        signature::same(&signature::hmac_sha256(secret.as_bytes(), &[req.body]), &digest)
    })
}

/// The answer to the verification request, as plain text; `None` is a refusal.
pub fn challenge(query: &str, c: &Credentials) -> Option<String> {
    let expected = c.verify_token.as_deref().filter(|token| !token.is_empty())?;
    let token = wire::query_value(query, "hub.verify_token")?;
    let subscribes = wire::query_value(query, "hub.mode")? == "subscribe";
    let challenge = wire::query_value(query, "hub.challenge")?;
    (subscribes && signature::same(token.as_bytes(), expected.as_bytes())).then_some(challenge)
}

/// Which channel a Meta body is for; `None` when it is for none of ours.
pub fn object(body: &[u8]) -> Option<Channel> {
    #[derive(Deserialize)]
    struct Head {
        object: String,
    }
    let object = match serde_json::from_slice::<Head>(body) {
        Ok(head) => head.object,
        Err(_) => wire::json(body).ok()?.string("object")?,
    };
    match object.as_str() {
        "page" => Some(Channel::Facebook),
        "instagram" => Some(Channel::Instagram),
        "whatsapp_business_account" => Some(Channel::Whatsapp),
        _ => None,
    }
}

pub fn parse(body: &[u8]) -> Result<Vec<Item>, Malformed> {
    let root = wire::json(body)?;
    match root.text("object") {
        Some("page" | "instagram") => {}
        Some("whatsapp_business_account") => return whatsapp::read(&root),
        Some(other) => return Ok(vec![wire::unknown(None, 0, &root, &format!("object {other}"))]),
        None => return Err(Malformed("object is missing".into())),
    }
    let entries = root.get("entry").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| Malformed("entry is not a list".into()))?;
    let mut items = Vec::with_capacity(entries.len());
    entries.iter().for_each(|entry| read_entry(entry, &mut items));
    Ok(wire::by_time(items))
}

fn read_entry(entry: &Value, items: &mut Vec<Item>) {
    let account = entry.id("id");
    // Milliseconds for messaging, seconds for changes.
    let time = match entry.int("time") {
        Some(time) if time < 100_000_000_000 => wire::seconds(Some(time)),
        time => wire::millis(time),
    };
    let wrong = |key| entry.get(key).is_some_and(|list| !list.is_array() && !list.is_null());
    if !entry.is_object() || ["messaging", "standby", "changes"].into_iter().any(wrong) {
        items.push(wire::unknown(account.clone(), time, entry, "entry"));
    }
    items.extend(entry.list("messaging").iter().map(|raw| messaging(raw, account.as_deref(), time)));
    items.extend(entry.list("standby").iter().map(|raw| {
        let item = messaging(raw, account.as_deref(), time);
        Item {
            dedupe_key: format!("standby:{}", item.dedupe_key),
            event: Event::Ignored { reason: "standby" },
            ..item
        }
    }));
    items.extend(entry.list("changes").iter().map(|raw| change(raw, account.as_deref(), time)));
}

/// Feed and comments; an Instagram login delivers its messages in this form as well.
fn change(raw: &Value, account: Option<&str>, time: i64) -> Item {
    let value = &raw["value"];
    if value.get("sender").is_some() {
        return messaging(value, account, time);
    }
    let unknown = |what: &str| wire::unknown(account.map(str::to_owned), time, raw, what);
    match raw.text("field") {
        Some(field @ ("comments" | "live_comments" | "feed" | "mention" | "mentions")) => {
            let subject =
                ["id", "comment_id", "post_id", "media_id"].into_iter().find_map(|key| value.id(key));
            let Some(subject) = subject else { return unknown(field) };
            Item {
                account: account.map(str::to_owned),
                dedupe_key: format!("{field}:{subject}:{time}"),
                at: time,
                identity: value["from"].id("id").map(wire::identity),
                event: Event::Ignored { reason: "comment" },
            }
        }
        field => unknown(field.unwrap_or("change")),
    }
}

/// Who is who in an item.
struct Parties<'a> {
    customer: &'a str,
    /// Our side acted: the page inbox, another app, or ourselves.
    ours: bool,
    at: i64,
}

fn messaging(raw: &Value, account: Option<&str>, time: i64) -> Item {
    let sender = raw["sender"].id("id");
    let recipient = raw["recipient"].id("id");
    let ours = raw["message"].flag("is_echo") || (account.is_some() && sender.as_deref() == account);
    let (customer, us) = if ours { (recipient, sender) } else { (sender, recipient) };
    let account = account.map(str::to_owned).or(us);
    let at = match wire::millis(raw.int("timestamp")) {
        0 => time,
        at => at,
    };
    let read = customer.as_deref().and_then(|customer| event(raw, &Parties { customer, ours, at }));
    match read {
        Some((dedupe_key, event)) => {
            Item { account, dedupe_key, at, identity: customer.map(wire::identity), event }
        }
        None => {
            let envelope = ["sender", "recipient", "timestamp"];
            let kind = raw.as_object().and_then(|o| o.keys().find(|key| !envelope.contains(&key.as_str())));
            let unknown = wire::unknown(account, at, raw, kind.map_or("empty item", String::as_str));
            Item { identity: customer.map(wire::identity), ..unknown }
        }
    }
}

/// The dedupe key and the event; `None` for what is not known or lacks an id.
fn event(raw: &Value, who: &Parties<'_>) -> Option<(String, Event)> {
    let (customer, at) = (who.customer, who.at);
    let at_once = |kind: &str| format!("{kind}:{customer}:{at}");
    if let Some(message) = raw.get("message") {
        return read_message(message, who.ours);
    }
    if let Some(edit) = raw.get("message_edit") {
        let mid = edit.id("mid")?;
        let number = edit.int("num_edit").unwrap_or(at);
        let text = edit["text"].as_str()?.to_owned();
        return Some((format!("edit:{mid}:{number}"), Event::Edited { external_id: mid, text }));
    }
    if let Some(reaction) = raw.get("reaction") {
        return read_reaction(reaction, who);
    }
    if let Some(postback) = raw.get("postback").filter(|postback| postback.is_object()) {
        let external_id = postback.id("mid").unwrap_or_else(|| at_once("postback"));
        let message = Message {
            external_id: external_id.clone(),
            echo: who.ours,
            text: postback.string("title").unwrap_or_default(),
            payload: postback.string("payload"),
            source: source(&postback["referral"]),
            ..Message::default()
        };
        return Some((external_id, Event::Message(message)));
    }
    if let Some(referral) = raw.get("referral") {
        return Some((at_once("referral"), Event::Referral { source: source(referral)? }));
    }
    if let Some(optin) = raw.get("optin").filter(|optin| optin.is_object()) {
        let event = match optin.text("notification_messages_status") {
            Some("STOP_NOTIFICATIONS") => Event::OptedOut,
            _ => Event::OptedIn { payload: optin.string("payload").or_else(|| optin.string("ref")) },
        };
        return Some((at_once("optin"), event));
    }
    if let Some(receipt) = raw.get("delivery") {
        return read_receipt(receipt, Delivery::Delivered, customer);
    }
    if let Some(receipt) = raw.get("read") {
        return read_receipt(receipt, Delivery::Read, customer);
    }
    let handover = ["pass_thread_control", "take_thread_control", "request_thread_control", "app_roles"];
    if handover.into_iter().any(|key| raw.get(key).is_some()) {
        return Some((at_once("handover"), Event::Ignored { reason: "handover" }));
    }
    None
}

fn read_message(message: &Value, echo: bool) -> Option<(String, Event)> {
    let mid = message.id("mid")?;
    if message.flag("is_deleted") {
        return Some((format!("unsend:{mid}"), Event::Unsent { external_id: mid }));
    }
    let mut attachments: Vec<_> = message.list("attachments").iter().map(attachments::read).collect();
    attachments.extend(attachments::story_reply(&message["reply_to"]["story"]));
    if message.flag("is_unsupported") && attachments.is_empty() {
        attachments.push(attachments::unsupported());
    }
    let text = message.string("text").or_else(|| attachments::gesture(message).map(str::to_owned));
    let read = Message {
        external_id: mid.clone(),
        echo,
        text: text.unwrap_or_default(),
        attachments,
        reply_to: message["reply_to"].id("mid"),
        payload: message["quick_reply"].string("payload"),
        source: source(&message["referral"]),
        ..Message::default()
    };
    Some((mid, Event::Message(read)))
}

fn read_reaction(reaction: &Value, who: &Parties<'_>) -> Option<(String, Event)> {
    let mid = reaction.id("mid")?;
    let key = format!("reaction:{mid}:{}:{}", who.customer, who.at);
    if who.ours {
        return Some((key, Event::Ignored { reason: "own reaction" }));
    }
    let emoji = match reaction.text("action") {
        Some("unreact") => None,
        Some("react") => {
            let word = reaction.text("reaction");
            Some(reaction.text("emoji").or_else(|| word.map(named_emoji))?.to_owned())
        }
        _ => return None,
    };
    Some((key, Event::Reaction { external_id: mid, emoji }))
}

fn named_emoji(word: &str) -> &str {
    match word {
        "like" => "👍",
        "dislike" => "👎",
        "love" => "❤",
        "smile" => "😆",
        "wow" => "😮",
        "sad" => "😢",
        "angry" => "😠",
        other => other,
    }
}

/// Messenger names a watermark and sometimes the messages; Instagram's read receipt names one message.
fn read_receipt(receipt: &Value, state: Delivery, customer: &str) -> Option<(String, Event)> {
    let mut mids: Vec<String> = receipt.list("mids").iter().filter_map(wire::as_id).collect();
    mids.extend(receipt.id("mid"));
    let watermark = wire::millis(receipt.int("watermark"));
    let kind = if state == Delivery::Read { "read" } else { "delivery" };
    let (key, of) = match mids.as_slice() {
        [] if watermark == 0 => return None,
        [] => (format!("{kind}:{customer}:{watermark}"), ReceiptOf::Until(watermark)),
        [first, rest @ ..] => {
            (format!("{kind}:{customer}:{watermark}:{first}+{}", rest.len()), ReceiptOf::Messages(mids))
        }
    };
    Some((key, Event::Receipt { of, state, error: None }))
}

/// Where a conversation came from: the ad before the link's own label before the kind of entry.
fn source(referral: &Value) -> Option<String> {
    let ad = referral.id("ad_id").map(|id| format!("ad:{id}"));
    ad.or_else(|| referral.id("ref")).or_else(|| referral.string("source"))
}
