//! Log-ins: a refresh token that rotates, and is noticed when it comes back.

use platform::{
    Entropy, Error, Result, Tx,
    clock::{DAY, Millis},
    crypto::hash_token,
    error::Code,
    events::{self as log, NewEvent, Origin},
};
use serde_json::json;

use super::{events, store};
use crate::UserId;

/// A session that nobody uses ends after so long.
pub(super) const IDLE: Millis = 30 * DAY;

/// A log-in with the token that refreshes it; the token is shown here and nowhere else.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub session: i64,
    pub user: UserId,
    pub refresh_token: String,
}

/// What a refresh token was worth.
#[derive(Debug, Clone)]
pub(super) enum Refreshed {
    Rotated(Opened),
    /// It had been rotated away: somebody has a copy. The session is over.
    Reused(UserId),
    /// Not known, over, or of somebody who may not log in.
    Refused,
}

/// Opens a session for whoever proved to be `user`.
pub(super) fn open(
    tx: &Tx<'_>,
    origin: &Origin,
    user: UserId,
    lifetime: Millis,
    entropy: &Entropy,
) -> Result<Opened> {
    let refresh_token = entropy.token(32);
    let (address, agent) = (origin.address.as_deref(), origin.user_agent.as_deref());
    let hash = hash_token(&refresh_token);
    let session = store::sessions::insert(tx, user, &hash, tx.now() + lifetime, address, agent)?;
    store::users::logged_in(tx, user)?;
    record(tx, origin, events::USER_LOGGED_IN, user, json!({ "session_id": session }))?;
    Ok(Opened { session, user, refresh_token })
}

/// Exchanges a refresh token for the next one.
pub(super) fn refresh(tx: &Tx<'_>, origin: &Origin, token: &str, entropy: &Entropy) -> Result<Refreshed> {
    let hash = hash_token(token);
    let Some(row) = store::sessions::by_hash(tx, &hash)? else {
        return match store::sessions::by_spent(tx, &hash)? {
            Some(row) => reused(tx, origin, &row),
            None => Ok(Refreshed::Refused),
        };
    };
    if row.revoked_at.is_some() || row.expires_at <= tx.now() || !store::users::is_active(tx, row.user_id)? {
        return Ok(Refreshed::Refused);
    }
    let refresh_token = entropy.token(32);
    match store::sessions::rotate(tx, row.id, &hash, &hash_token(&refresh_token), tx.now() + IDLE)? {
        true => Ok(Refreshed::Rotated(Opened { session: row.id, user: row.user_id, refresh_token })),
        false => reused(tx, origin, &row),
    }
}

fn reused(tx: &Tx<'_>, origin: &Origin, row: &store::sessions::SessionRow) -> Result<Refreshed> {
    if store::sessions::revoke(tx, row.user_id, row.id)? {
        let data = json!({ "user_id": row.user_id });
        log::record(tx, origin, NewEvent::new(events::SESSION_REUSED, "session", row.id, data))?;
    }
    Ok(Refreshed::Reused(row.user_id))
}

/// Ends the session that a refresh token belongs to; whose it was. Nothing happens when there is none.
pub(super) fn log_out(tx: &Tx<'_>, origin: &Origin, token: &str) -> Result<Option<UserId>> {
    let hash = hash_token(token);
    let row = match store::sessions::by_hash(tx, &hash)? {
        Some(row) => Some(row),
        None => store::sessions::by_spent(tx, &hash)?,
    };
    let Some(row) = row else { return Ok(None) };
    end(tx, origin, row.user_id, row.id)?;
    Ok(Some(row.user_id))
}

/// The person ends the session themselves.
pub(super) fn end(tx: &Tx<'_>, origin: &Origin, user: UserId, session: i64) -> Result<()> {
    if store::sessions::revoke(tx, user, session)? {
        let origin = origin.by(platform::events::Actor::User(user.0));
        record(tx, &origin, events::USER_LOGGED_OUT, user, json!({ "session_id": session }))?;
    }
    Ok(())
}

/// Ends one of a person's sessions from another; 404 when it is not theirs or over.
pub(super) fn revoke(tx: &Tx<'_>, origin: &Origin, user: UserId, session: i64) -> Result<()> {
    match store::sessions::revoke(tx, user, session)? {
        true => {
            let data = json!({ "user_id": user });
            log::record(tx, origin, NewEvent::new(events::SESSION_REVOKED, "session", session, data))
        }
        false => Err(Error::not_found("session")),
    }
}

pub(super) fn refused() -> Error {
    Error::new(Code::Unauthenticated, "The session is over. Log in again.")
}

fn record(
    tx: &Tx<'_>,
    origin: &Origin,
    kind: &'static str,
    user: UserId,
    data: serde_json::Value,
) -> Result<()> {
    log::record(tx, origin, NewEvent::new(kind, "user", user.0, data).scope(None, Some(user.0)))
}

/// Forgets tokens that can mean nothing any more, five hundred of a kind at most. How many; call again while it is many.
pub fn prune(tx: &Tx<'_>) -> Result<u64> {
    let tokens = store::tokens::prune(tx, tx.now() - DAY)?;
    Ok(tokens + store::sessions::prune_spent(tx, tx.now() - IDLE - DAY)?)
}
