//! What people are called: e-mail addresses, log-in names and names, checked and made comparable.

use platform::{Conn, Error, Fault, Result, error::Code};

use super::store;
use crate::{UserId, contacts};

/// As typed, and as compared.
pub(super) fn email(text: &str) -> Result<(String, String), Fault> {
    let key = contacts::normalise("email", text, "")
        .map_err(|_| Fault::new("email", "format", "must be an e-mail address"))?;
    Ok((text.trim().to_owned(), key))
}

pub(super) fn key_of(email: &str) -> String {
    contacts::normalise("email", email, "").unwrap_or_else(|_| email.to_lowercase())
}

/// As typed, and as compared. No @, so that it is never taken for an e-mail address.
pub(super) fn username(text: &str) -> Result<(String, String), Fault> {
    let text = text.trim();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    match (1..=64).contains(&text.chars().count()) && text.chars().all(fits) {
        true => Ok((text.to_owned(), text.to_lowercase())),
        false => Err(Fault::new(
            "username",
            "format",
            "must be 1 to 64 letters, digits, dots, dashes or underscores",
        )),
    }
}

pub(super) fn named(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    match (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(Fault::new("name", "too_short", "must have 1 to 200 characters")),
    }
}

pub(super) fn refuse_taken(c: &Conn<'_>, email: &str, username: &str, but: Option<UserId>) -> Result<()> {
    let (email, username) = store::users::taken(c, email, username, but)?;
    let mut faults = Vec::new();
    if email {
        faults.push(Fault::new("email", "duplicate", "belongs to another user"));
    }
    if username {
        faults.push(Fault::new("username", "duplicate", "belongs to another user"));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Error {
            faults,
            ..Error::conflict(Code::Duplicate, "Somebody else has this address or name.")
        }),
    }
}
