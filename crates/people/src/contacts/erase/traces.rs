//! By what something is told to be a person's where no column says whose it is: an id under a name that says what it is the
//! id of, an address, a name.

use std::collections::{HashMap, HashSet};

use platform::fold::fold;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A name or an address this short is compared as a whole; a longer one is looked for within texts.
const SHORT: usize = 6;

/// Ids, names and addresses of somebody.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Traces {
    /// As they are compared: in small letters, without marks.
    texts: HashSet<String>,
    /// `contact_id` → ids.
    #[serde(default)]
    ids: HashMap<String, HashSet<i64>>,
}

impl Traces {
    /// A name or an address. A text without a letter or digit says nothing.
    pub fn text(&mut self, text: &str) {
        let folded = fold(text.trim());
        if folded.chars().any(char::is_alphanumeric) {
            self.texts.insert(folded);
        }
    }

    /// Names and addresses as they are compared.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Whatever has one of these numbers under `name` is theirs.
    pub fn ids(&mut self, name: &str, ids: impl IntoIterator<Item = i64>) {
        self.ids.entry(name.to_owned()).or_default().extend(ids);
    }

    /// Whether a text holds one of theirs.
    pub fn are_in_text(&self, text: &str) -> bool {
        let folded = fold(text);
        self.texts.iter().any(|t| match t.chars().count() < SHORT {
            true => folded.trim() == t,
            false => holds(&folded, t),
        })
    }

    /// Whether a document holds one of theirs.
    pub fn are_in(&self, data: &Json) -> bool {
        match data {
            Json::String(text) => self.are_in_text(text),
            Json::Number(n) => self.texts.contains(&n.to_string()),
            Json::Array(all) => all.iter().any(|v| self.are_in(v)),
            Json::Object(map) => map.iter().any(|(key, value)| {
                let named = self.ids.get(key).zip(value.as_i64());
                named.is_some_and(|(ids, id)| ids.contains(&id)) || self.are_in(value)
            }),
            Json::Null | Json::Bool(_) => false,
        }
    }

    /// Whether a body does, be it JSON or anything else.
    pub fn are_in_bytes(&self, bytes: &[u8]) -> bool {
        match serde_json::from_slice::<Json>(bytes) {
            Ok(data) => self.are_in(&data),
            Err(_) => self.are_in_text(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// Whether `word` stands in `text`, and not as a part of a longer word or number.
fn holds(text: &str, word: &str) -> bool {
    let within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, _)| {
        !within(text[..at].chars().next_back()) && !within(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_theirs_is_told_by_ids_names_and_addresses() {
        let mut t = Traces::default();
        for text in ["Nguyễn Thị Đào", "+84901234567", "90001", "345678", " - "] {
            t.text(text);
        }
        t.ids("lead_id", [5]);
        assert!(t.are_in(&json!({"a": [{"lead_id": 5}]})) && !t.are_in(&json!({"ticket_id": 5, "id": 5})));
        assert!(t.are_in(&json!({"x": "gửi nguyen thi dao!"})) && !t.are_in(&json!("nguyen thi")));
        assert!(t.are_in(&json!({"from": 90001})) && t.are_in(&json!("90001")));
        assert!(
            !t.are_in(&json!(190_001)) && !t.are_in(&json!({"at": 1_990_001_223})) && !t.are_in(&json!("-"))
        );
        assert!(!t.are_in(&json!("1767434345678")) && !t.are_in(&json!(1_767_434_345_678_i64)));
        assert!(t.are_in_bytes(br#"{"name":"Nguy\u1ec5n Th\u1ecb \u0110\u00e0o"}"#));
        assert!(t.are_in_bytes("tel=+84901234567;".as_bytes()) && !t.are_in_bytes(b"\xff\x00"));
    }
}
