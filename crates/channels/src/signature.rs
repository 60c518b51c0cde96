//! Keyed digests over raw bytes and their comparison in constant time.
//! Never tells by its duration how much of a signature was right.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{Credentials, Refusal};

/// HMAC-SHA256 over the concatenation of `parts`.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length; the error of this constructor cannot occur.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Refuses an account without secret before anything else is looked at.
pub(crate) fn required(c: &Credentials) -> Result<(), Refusal> {
    secrets(c).map(|_| ())
}

/// The account's secrets, the current one first. An empty secret is no secret.
pub(crate) fn secrets(c: &Credentials) -> Result<impl Iterator<Item = &str>, Refusal> {
    let current = c.secret.as_deref().filter(|s| !s.is_empty()).ok_or(Refusal::NoSecret)?;
    Ok(std::iter::once(current).chain(c.previous_secret.as_deref().filter(|s| !s.is_empty())))
}

/// Accepts when `matches` says so for the current secret or the one before it.
pub(crate) fn check(c: &Credentials, matches: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    if secrets(c)?.any(matches) { Ok(()) } else { Err(Refusal::BadSignature) }
}
