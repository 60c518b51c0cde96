//! `one_time_tokens`: hashes only.

use platform::{Result, Tx, clock::Millis, params, sql};

use crate::UserId;

pub fn insert(
    tx: &Tx<'_>,
    hash: &str,
    purpose: &str,
    user: Option<UserId>,
    expires_at: Millis,
) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO one_time_tokens (token_hash, purpose, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)"
        ),
        params![hash, purpose, user, tx.now(), expires_at],
    )?;
    Ok(())
}

/// Uses a token up: the person that it was made for. `None`: unknown, used, or too old.
pub fn redeem(tx: &Tx<'_>, hash: &str, purpose: &str) -> Result<Option<Option<UserId>>> {
    tx.opt(
        sql!(
            "UPDATE one_time_tokens SET used_at = ?3 WHERE token_hash = ?1 AND purpose = ?2 AND used_at IS NULL AND expires_at > ?3 RETURNING user_id"
        ),
        params![hash, purpose, tx.now()],
        |r| r.get(0),
    )
}

/// Whether a token would be taken, without using it up: for a cheap check before dear work.
pub fn is_open(c: &platform::Conn<'_>, hash: &str, purpose: &str, now: Millis) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!(
            "SELECT created_at FROM one_time_tokens WHERE token_hash = ?1 AND purpose = ?2 AND used_at IS NULL AND expires_at > ?3"
        ),
        params![hash, purpose, now],
    )?;
    Ok(found.is_some())
}

/// No other token of this purpose (and person) works any more.
pub fn forget(tx: &Tx<'_>, purpose: &str, user: Option<UserId>) -> Result<()> {
    match user {
        Some(user) => tx.exec(
            sql!("DELETE FROM one_time_tokens WHERE purpose = ?1 AND user_id = ?2"),
            params![purpose, user],
        )?,
        None => tx.exec(sql!("DELETE FROM one_time_tokens WHERE purpose = ?1"), params![purpose])?,
    };
    Ok(())
}

/// Five hundred at most.
pub fn prune(tx: &Tx<'_>, before: Millis) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM one_time_tokens WHERE token_hash IN (SELECT token_hash FROM one_time_tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT 500)"
        ),
        params![before],
    )
}
