//! The rows of `journal`, and what intake asks of others' tables by their functions.

use platform::{Conn, Result, Tx, clock::Millis, params, sql};

use super::{prepare::Raw, process::Stored};
use crate::{AccountId, messages, tickets};

/// A row of `journal` without its body.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub at: Millis,
    pub channel: String,
    pub account_id: Option<AccountId>,
    pub items: i64,
    pub size: i64,
    pub state: String,
    pub error: Option<String>,
}

pub(super) fn insert(tx: &Tx<'_>, raw: &Raw, items: usize, state: &str, error: Option<&str>) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO journal (at, channel, account_id, headers, query, body, items, state, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id"
        ),
        params![
            tx.now(),
            raw.channel.as_str(),
            raw.account_id,
            &raw.headers,
            &raw.query,
            &raw.body,
            items,
            state,
            error
        ],
    )
}

pub(super) fn raw(c: &Conn<'_>, id: i64) -> Result<Option<Raw>> {
    c.opt(
        sql!("SELECT channel, account_id, headers, query, body FROM journal WHERE id = ?1"),
        params![id],
        |r| {
            Ok(Raw {
                channel: r.get::<String>(0)?.parse().map_err(platform::Error::internal)?,
                account_id: r.get(1)?,
                headers: r.get(2)?,
                query: r.get(3)?,
                body: r.get(4)?,
            })
        },
    )
}

pub(super) fn set_state(tx: &Tx<'_>, id: i64, state: &str, error: Option<&str>) -> Result<()> {
    tx.must(
        sql!("UPDATE journal SET state = ?2, error = ?3 WHERE id = ?1"),
        params![id, state, error],
        "journal entry",
    )
}

pub(super) fn list(c: &Conn<'_>, before: i64, state: Option<&str>, limit: i64) -> Result<Vec<Entry>> {
    c.all(
        sql!(
            "SELECT id, at, channel, account_id, items, CAST(length(body) AS bigint), state, error FROM journal WHERE id < ?1 AND (CAST(?2 AS text) IS NULL OR state = ?2) ORDER BY id DESC LIMIT ?3"
        ),
        params![before, state, limit],
        |r| {
            let mut r = r.columns();
            Ok(Entry {
                id: r.next()?,
                at: r.next()?,
                channel: r.next()?,
                account_id: r.next()?,
                items: r.next()?,
                size: r.next::<i64>()?,
                state: r.next()?,
                error: r.next()?,
            })
        },
    )
}

pub(super) fn count(c: &Conn<'_>, state: Option<&str>, cap: i64) -> Result<i64> {
    c.one(
        sql!(
            "SELECT count(*) FROM (SELECT id FROM journal WHERE (CAST(?1 AS text) IS NULL OR state = ?1) LIMIT ?2) AS n"
        ),
        params![state, cap + 1],
        |r| r.get(0),
    )
}

/// What is known of a message by the channel's id of it.
pub(super) fn known(c: &Conn<'_>, account: AccountId, external_id: &str) -> Result<Option<Stored>> {
    let Some(message) = messages::by_external(c, account, external_id)? else { return Ok(None) };
    let assigned_to = tickets::get(c, message.ticket_id)?.and_then(|t| t.assignee_id);
    Ok(Some(Stored {
        message_id: message.id,
        ticket_id: message.ticket_id,
        duplicate: true,
        assigned_to,
        spam: message.is_spam,
    }))
}
