//! Instants in JSON: RFC 3339, UTC, milliseconds.

use jiff::Timestamp;

use crate::clock::Millis;

/// `2026-01-03T10:00:00.000Z`.
pub fn rfc3339(at: Millis) -> String {
    match Timestamp::from_millisecond(at) {
        Ok(t) => format!("{t:.3}"),
        Err(_) => String::from("1970-01-01T00:00:00.000Z"),
    }
}

/// Reads an RFC 3339 instant.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(|t| t.as_millisecond())
}

/// `#[serde(with = "platform::time::instant")]` for a stored instant in an answer.
pub mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &i64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&super::rfc3339(*at))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
        let text = String::deserialize(d)?;
        super::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 instant"))
    }
}

/// The same for an instant that may be absent.
pub mod instant_opt {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &Option<i64>, s: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => s.serialize_str(&super::rfc3339(*at)),
            None => s.serialize_none(),
        }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
        match Option::<String>::deserialize(d)? {
            None => Ok(None),
            Some(t) => {
                super::parse_rfc3339(&t).map(Some).ok_or_else(|| D::Error::custom("not an RFC 3339 instant"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_round_trip() {
        assert_eq!(super::rfc3339(1767434400000), "2026-01-03T10:00:00.000Z");
        assert_eq!(super::parse_rfc3339("2026-01-03T17:00:00+07:00"), Some(1767434400000));
        assert_eq!(super::parse_rfc3339("yesterday"), None);
    }
}
