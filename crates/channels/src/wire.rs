//! Reading loosely typed JSON: ids that come as text or number, times in seconds or milliseconds, lists that
//! may be missing. Never panics and never goes through a float for an id.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Event, Identity, Item, Malformed};

/// The end of the year 9999; a time beyond it is a fault, not a time.
const LATEST_MS: i64 = 253_402_300_799_999;
const SHOWN_CHARS: usize = 80;

/// Parses a body. Text that a provider cut in the middle of a surrogate pair, or that is not UTF-8, is mended
/// with U+FFFD rather than losing the whole batch.
pub(crate) fn json(body: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(body)
        .or_else(|error| serde_json::from_slice(&mended(body)).map_err(|_| error))
        .map_err(|error| Malformed(format!("not JSON: {error}")))
}

fn mended(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match (byte, unit(bytes, at)) {
            (b'\\', Some(high @ 0xD800..=0xDFFF)) => {
                let paired = high < 0xDC00 && matches!(unit(bytes, at + 6), Some(0xDC00..=0xDFFF));
                if !paired {
                    out.extend_from_slice(b"\\ufffd");
                    at += 6;
                    continue;
                }
                12
            }
            (b'\\', Some(_)) => 6,
            (b'\\', None) => 2,
            _ => 1,
        };
        let end = (at + length).min(bytes.len());
        out.extend_from_slice(&bytes[at..end]);
        at = end;
    }
    out
}

/// The UTF-16 unit of a `\uXXXX` escape that starts at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    escape.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// Tolerant access to the fields of an object; on anything else every field is absent.
pub(crate) trait Fields {
    /// A text that is not empty.
    fn text(&self, key: &str) -> Option<&str>;
    fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }
    /// An id: a text that is not empty, or a whole number up to `u64`.
    fn id(&self, key: &str) -> Option<String>;
    /// A whole number, also as text.
    fn int(&self, key: &str) -> Option<i64>;
    /// A finite number, also as text.
    fn float(&self, key: &str) -> Option<f64>;
    fn flag(&self, key: &str) -> bool;
    /// The elements of a list; nothing when it is missing or something else.
    fn list(&self, key: &str) -> &[Value];
    /// A link to fetch or to show: only http and https, so that no one can plant another scheme.
    fn link(&self, key: &str) -> Option<String>;
}

impl Fields for Value {
    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn id(&self, key: &str) -> Option<String> {
        as_id(self.get(key)?)
    }

    fn int(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    fn float(&self, key: &str) -> Option<f64> {
        let value = self.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    fn list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn link(&self, key: &str) -> Option<String> {
        let link = self.text(key)?;
        let head = link.get(..8).unwrap_or(link).to_ascii_lowercase();
        (head.starts_with("https://") || head.starts_with("http://")).then(|| link.to_owned())
    }
}

pub(crate) fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// UTC milliseconds, 0 for none or nonsense.
pub(crate) fn millis(time: Option<i64>) -> i64 {
    time.filter(|ms| (0..=LATEST_MS).contains(ms)).unwrap_or(0)
}

/// UTC milliseconds from seconds, 0 for none or nonsense.
pub(crate) fn seconds(time: Option<i64>) -> i64 {
    millis(time.and_then(|s| s.checked_mul(1000)))
}

/// A parameter of a query string, decoded; the first one when there are several.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

pub(crate) fn identity(value: impl Into<String>) -> Identity {
    Identity { value: value.into(), ..Identity::default() }
}

/// `raw` as something that this version does not know. Its key is the same for the same content.
pub(crate) fn unknown(account: Option<String>, at: i64, raw: &Value, what: &str) -> Item {
    let digest = Sha256::digest(raw.to_string());
    let key = format!("raw:{}", hex::encode(&digest[..12]));
    let what = what.chars().take(SHOWN_CHARS).collect();
    Item { account, dedupe_key: key, at, identity: None, event: Event::Unknown { what } }
}

/// By event time; equal times keep the order of the body.
pub(crate) fn by_time(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|item| item.at);
    items
}
