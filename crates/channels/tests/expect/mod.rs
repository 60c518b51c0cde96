//! What each recorded body means, as whole values. The builders only shorten the tables.

mod meta;
mod others;
mod whatsapp;

use channels::*;

/// What an item must be. `key` starting with `raw:` stands for any key made from the content.
pub fn items(channel: &str, name: &str) -> Option<Vec<Item>> {
    match channel {
        "messenger" => meta::messenger(name),
        "instagram" => meta::instagram(name),
        "whatsapp" => whatsapp::items(name),
        "twitter" => others::twitter(name),
        "zalo" => others::zalo(name),
        "telegram" => others::telegram(name),
        "generic" => others::generic(name),
        _ => None,
    }
}

pub fn assert_same(file: &str, found: &[Item], expected: &[Item]) {
    let found: Vec<Item> = found
        .iter()
        .cloned()
        .map(|item| match item.dedupe_key.starts_with("raw:") {
            true => Item { dedupe_key: "raw:".into(), ..item },
            false => item,
        })
        .collect();
    assert_eq!(found, expected, "{file}");
}

pub fn item(account: &str, key: &str, at: i64, who: Identity, event: Event) -> Item {
    Item { account: Some(account.into()), dedupe_key: key.into(), at, identity: Some(who), event }
}

pub fn who(value: &str) -> Identity {
    Identity { value: value.into(), ..Identity::default() }
}

pub fn named(value: &str, name: &str) -> Identity {
    Identity { name: Some(name.into()), ..who(value) }
}

pub fn text(external_id: &str, text: &str) -> Message {
    Message { external_id: external_id.into(), text: text.into(), ..Message::default() }
}

pub fn with(external_id: &str, words: &str, attachments: Vec<Attachment>) -> Message {
    Message { attachments, ..text(external_id, words) }
}

pub fn linked(kind: &'static str, url: &str) -> Attachment {
    Attachment { kind, url: Some(url.into()), ..Attachment::default() }
}

pub fn kept(kind: &'static str, provider_id: &str) -> Attachment {
    Attachment { kind, provider_id: Some(provider_id.into()), ..Attachment::default() }
}

pub fn receipt(ids: &[&str], state: Delivery) -> Event {
    let of = ReceiptOf::Messages(ids.iter().map(|id| id.to_string()).collect());
    Event::Receipt { of, state, error: None }
}

pub fn unknown(what: &str) -> Event {
    Event::Unknown { what: what.into() }
}

pub fn some(text: &str) -> Option<String> {
    Some(text.into())
}
