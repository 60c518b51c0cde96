//! A chatbot hands a conversation over to people.
//!
//! Reads the hand-off as it is; defaults (subject, tag, priority) are the desk's, not the format's.

use serde_json::Value;

use crate::Malformed;
use crate::wire::{self, Fields};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Handoff {
    pub session_id: String,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub subject: Option<String>,
    pub initial_message: String,
    /// Who spoke (`customer` or `bot`) and what was said, oldest first.
    pub transcript: Vec<(String, String)>,
    pub priority: Option<String>,
    pub tags: Vec<String>,
}

pub fn parse(body: &[u8]) -> Result<Handoff, Malformed> {
    let root = wire::json(body)?;
    let missing = |key: &str| Malformed(format!("{key} is missing"));
    let session_id = root.id("session_id").filter(|id| !id.trim().is_empty());
    let message = root.string("initial_message").filter(|text| !text.trim().is_empty());
    let optional = |key: &str| match root.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(Malformed(format!("{key} is not a text"))),
    };
    let tags = list(&root, "tags")?.iter().map(|tag| match tag {
        Value::String(tag) => Ok(tag.clone()),
        _ => Err(Malformed("tags has an element that is not a text".into())),
    });
    Ok(Handoff {
        session_id: session_id.ok_or_else(|| missing("session_id"))?,
        customer_email: optional("customer_email")?,
        customer_name: optional("customer_name")?,
        subject: optional("subject")?,
        initial_message: message.ok_or_else(|| missing("initial_message"))?,
        transcript: list(&root, "transcript")?.iter().filter_map(line).collect(),
        priority: optional("priority")?,
        tags: tags.collect::<Result<_, _>>()?,
    })
}

fn list<'a>(root: &'a Value, key: &str) -> Result<&'a [Value], Malformed> {
    match root.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Malformed(format!("{key} is not a list"))),
    }
}

/// One line of the transcript; a line without text says nothing and is left out.
fn line(raw: &Value) -> Option<(String, String)> {
    let text = ["content", "text", "message"].into_iter().find_map(|key| raw.text(key))?;
    let role = raw.text("role").or_else(|| raw.text("sender")).unwrap_or_default();
    let who = match role.to_ascii_lowercase().as_str() {
        "customer" | "user" | "visitor" | "human" | "client" | "guest" => "customer",
        _ => "bot",
    };
    Some((who.to_owned(), text.to_owned()))
}
