//! `POST /chat`: `{from, to, message|text, id?, name?}`.
//!
//! The account is the `to` side. Never makes up an id: without one the dedupe key is empty and the caller
//! fills it.

use serde_json::Value;

use crate::wire::{self, Fields};
use crate::{Event, Identity, Item, Malformed, Message};

pub fn parse(body: &[u8]) -> Result<Item, Malformed> {
    read(&wire::json(body)?)
}

/// As [`parse`], of a body that is JSON already.
pub fn read(root: &Value) -> Result<Item, Malformed> {
    let required = |key: &str| {
        let value = root.id(key).filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| Malformed(format!("{key} is missing")))
    };
    let (from, to) = (required("from")?, required("to")?);
    let text = root.text("message").or_else(|| root.text("text")).filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Malformed("message is missing".into()))?.to_owned();
    let external_id = root.id("id").unwrap_or_default();
    let name = root.string("name").filter(|name| !name.trim().is_empty());
    Ok(Item {
        account: Some(to),
        dedupe_key: external_id.clone(),
        at: 0,
        identity: Some(Identity { name, ..wire::identity(from) }),
        event: Event::Message(Message { external_id, text, ..Message::default() }),
    })
}
