//! One-time links and tickets: the first set-up, a password link, the live socket.
//!
//! Each works once and for a while; only its hash is stored, so it is told to its holder once and to nobody else.

use platform::{
    Conn, Entropy, Error, Result, Tx,
    clock::{DAY, Millis, SECOND},
    crypto::hash_token,
    error::Code,
};

use super::store;
use crate::UserId;

/// What a token is good for, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Setup,
    Password,
    Socket,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Setup => "setup",
            Purpose::Password => "password",
            Purpose::Socket => "socket",
        }
    }
    pub(super) fn lifetime(self) -> Millis {
        match self {
            Purpose::Setup | Purpose::Password => DAY,
            Purpose::Socket => 30 * SECOND,
        }
    }
}

pub(super) fn issue(
    tx: &Tx<'_>,
    entropy: &Entropy,
    purpose: Purpose,
    user: Option<UserId>,
) -> Result<String> {
    let token = entropy.token(32);
    store::tokens::insert(tx, &hash_token(&token), purpose.word(), user, tx.now() + purpose.lifetime())?;
    Ok(token)
}

/// 401 unless it is good; it never is again.
pub(super) fn redeem(tx: &Tx<'_>, token: &str, purpose: Purpose) -> Result<Option<UserId>> {
    store::tokens::redeem(tx, &hash_token(token), purpose.word())?.ok_or_else(spent)
}

/// 401 unless [`redeem`] would take it at `now`.
pub(super) fn check(c: &Conn<'_>, token: &str, purpose: Purpose, now: Millis) -> Result<()> {
    match store::tokens::is_open(c, &hash_token(token), purpose.word(), now)? {
        true => Ok(()),
        false => Err(spent()),
    }
}

fn spent() -> Error {
    Error::new(Code::BadCredentials, "This link or ticket was used, or is too old. Ask for a new one.")
}

/// While there is no user, a fresh token for the set-up page, good for a day; the ones before end. `None` once there is
/// a user.
pub fn ensure_setup_token(tx: &Tx<'_>, entropy: &Entropy) -> Result<Option<String>> {
    if store::users::any(tx)? {
        return Ok(None);
    }
    store::tokens::forget(tx, Purpose::Setup.word(), None)?;
    issue(tx, entropy, Purpose::Setup, None).map(Some)
}

/// A token with which this person sets a password, once, within a day; the ones before end.
pub fn issue_password_token(tx: &Tx<'_>, user: UserId, entropy: &Entropy) -> Result<String> {
    forget_password_tokens(tx, user)?;
    issue(tx, entropy, Purpose::Password, Some(user))
}

/// No link works by which this person could set a password.
pub fn forget_password_tokens(tx: &Tx<'_>, user: UserId) -> Result<()> {
    store::tokens::forget(tx, Purpose::Password.word(), Some(user))
}
