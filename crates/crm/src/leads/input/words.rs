//! The plain words of a lead: names, tags, what else came with it.

use platform::Fault;
use serde_json::{Map, Value as Json};

use super::Body;
use crate::leads::Priority;

/// Bytes of `metadata` at most, as JSON.
const METADATA: usize = 16 * 1024;
/// Tags of a lead at most, and characters of each.
const TAGS: usize = 50;
const TAG: usize = 50;

/// What to call it, by whichever spelling is given.
pub fn name(body: &Body, faults: &mut Vec<Fault>) -> Option<String> {
    let parts = [&body.first_name, &body.last_name];
    let joined: Vec<&str> = parts.into_iter().flatten().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
    let joined = joined.join(" ");
    let given = [body.name.as_deref(), body.parent_name.as_deref(), Some(joined.as_str())];
    let name = given.into_iter().flatten().map(str::trim).find(|n| !n.is_empty())?;
    if name.chars().any(char::is_control) {
        faults.push(Fault::new("name", "format", "must be one line of text"));
    }
    Some(name.chars().take(200).collect())
}

/// Trimmed, each once, in the order given.
pub fn tags(field: &str, given: &[String], faults: &mut Vec<Fault>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for (n, tag) in given.iter().enumerate() {
        let tag = tag.trim();
        if !(1..=TAG).contains(&tag.chars().count()) || tag.chars().any(char::is_control) {
            let words = format!("must have 1 to {TAG} characters");
            faults.push(Fault::new(format!("{field}.{n}"), "too_long", words));
        } else if !tags.iter().any(|t| t == tag) {
            tags.push(tag.to_owned());
        }
    }
    if tags.len() > TAGS {
        faults.push(Fault::new(field, "too_long", format!("must be at most {TAGS}")));
    }
    tags
}

/// An object of at most 16 KB.
pub fn metadata(given: Option<&Map<String, Json>>, faults: &mut Vec<Fault>) -> Json {
    let value = Json::Object(given.cloned().unwrap_or_default());
    if value.to_string().len() > METADATA {
        faults.push(Fault::new("metadata", "too_long", format!("must have at most {METADATA} bytes")));
    }
    value
}

/// A priority as other systems spell it too.
pub fn priority(field: &str, word: &str, faults: &mut Vec<Fault>) -> Priority {
    let word = match word.trim() {
        "normal" => "medium",
        "urgent" => "critical",
        word => word,
    };
    let found = Priority::ALL.iter().find(|p| p.as_str() == word);
    found.copied().unwrap_or_else(|| {
        let words = "must be one of low, medium, high, critical";
        faults.push(Fault::new(field, "not_one_of", words));
        Priority::Medium
    })
}

/// Notes with one more paragraph; bounded, the newest kept.
pub fn with_note(notes: &str, more: &str) -> String {
    let more = more.trim();
    let both = match (notes.trim().is_empty(), more.is_empty()) {
        (_, true) => notes.to_owned(),
        (true, false) => more.to_owned(),
        (false, false) => format!("{}\n\n{more}", notes.trim_end()),
    };
    let excess = both.chars().count().saturating_sub(20_000);
    both.chars().skip(excess).collect()
}
