//! `sessions` and `spent_tokens`: hashes only.

use platform::{Conn, Result, Tx, clock::Millis, params, sql};

use crate::UserId;

/// A log-in on one device.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: i64,
    pub user_id: UserId,
    pub created_at: Millis,
    pub last_used_at: Millis,
    pub expires_at: Millis,
    pub revoked_at: Option<Millis>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

fn read(row: platform::db::Row<'_>) -> Result<SessionRow> {
    let mut r = row.columns();
    Ok(SessionRow {
        id: r.next()?,
        user_id: r.next()?,
        created_at: r.next()?,
        last_used_at: r.next()?,
        expires_at: r.next()?,
        revoked_at: r.next()?,
        address: r.next()?,
        user_agent: r.next()?,
    })
}

pub fn insert(
    tx: &Tx<'_>,
    user: UserId,
    hash: &str,
    expires_at: Millis,
    address: Option<&str>,
    agent: Option<&str>,
) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO sessions (user_id, token_hash, created_at, last_used_at, expires_at, address, user_agent) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6) RETURNING id"
        ),
        params![user, hash, tx.now(), expires_at, address, agent],
    )
}

pub fn by_hash(c: &Conn<'_>, hash: &str) -> Result<Option<SessionRow>> {
    c.opt(
        sql!(
            "SELECT id, user_id, created_at, last_used_at, expires_at, revoked_at, address, user_agent FROM sessions WHERE token_hash = ?1"
        ),
        params![hash],
        read,
    )
}

/// The session whose rotated-away token this is.
pub fn by_spent(c: &Conn<'_>, hash: &str) -> Result<Option<SessionRow>> {
    c.opt(
        sql!(
            "SELECT s.id, s.user_id, s.created_at, s.last_used_at, s.expires_at, s.revoked_at, s.address, s.user_agent FROM spent_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.token_hash = ?1"
        ),
        params![hash],
        read,
    )
}

/// Replaces the token; false when another request did so first.
pub fn rotate(tx: &Tx<'_>, id: i64, old: &str, new: &str, expires_at: Millis) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE sessions SET token_hash = ?3, last_used_at = ?4, expires_at = ?5 WHERE id = ?1 AND token_hash = ?2 AND revoked_at IS NULL"
        ),
        params![id, old, new, tx.now(), expires_at],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.exec(
        sql!("INSERT INTO spent_tokens (token_hash, session_id, spent_at) VALUES (?1, ?2, ?3)"),
        params![old, id, tx.now()],
    )?;
    Ok(true)
}

/// True when it was open.
pub fn revoke(tx: &Tx<'_>, user: UserId, id: i64) -> Result<bool> {
    let changed = tx.exec(
        sql!("UPDATE sessions SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL"),
        params![id, user, tx.now()],
    )?;
    Ok(changed > 0)
}

/// Every open one of a person but `except`.
pub fn revoke_all(tx: &Tx<'_>, user: UserId, except: Option<i64>) -> Result<()> {
    tx.exec(
        sql!("UPDATE sessions SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL AND id <> ?3"),
        params![user, tx.now(), except.unwrap_or(0)],
    )?;
    Ok(())
}

/// The open ones of a person, the last used first; two hundred at most.
pub fn open(c: &Conn<'_>, user: UserId, now: Millis) -> Result<Vec<SessionRow>> {
    c.all(
        sql!(
            "SELECT id, user_id, created_at, last_used_at, expires_at, revoked_at, address, user_agent FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 ORDER BY last_used_at DESC, id DESC LIMIT 200"
        ),
        params![user, now],
        read,
    )
}

/// Five hundred at most.
pub fn prune_spent(tx: &Tx<'_>, before: Millis) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM spent_tokens WHERE token_hash IN (SELECT token_hash FROM spent_tokens WHERE spent_at < ?1 ORDER BY spent_at LIMIT 500)"
        ),
        params![before],
    )
}
