//! What sending reads and writes.

use platform::{Conn, Result, Tx, params, sql};
use serde::Serialize;

use crate::{
    MessageId,
    accounts::{self, Account},
    messages::{self, Message},
    tickets::{self, Ticket},
};

/// A message with all that its sending needs.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub message: Message,
    pub ticket: Ticket,
    pub account: Account,
    pub secrets: accounts::store::Secrets,
    pub files: Vec<File>,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// An attachment as the receiver hears of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct File {
    pub id: i64,
    pub kind: String,
    pub name: Option<String>,
    pub mime: Option<String>,
    pub size: Option<i64>,
    pub url: Option<String>,
    /// We hold the bytes; `url` is for the sender to fill in.
    #[serde(skip)]
    pub is_stored: bool,
}

/// `None`: there is nothing to send (any more).
pub(super) fn parcel(c: &Conn<'_>, id: MessageId) -> Result<Option<Parcel>> {
    let Some(message) = messages::store::get(c, id)? else { return Ok(None) };
    let waits = message.delivery == Some(channels::Delivery::Queued) && message.unsent_at.is_none();
    let Some(account_id) = message.account_id.filter(|_| waits) else { return Ok(None) };
    let Some(ticket) = tickets::get(c, message.ticket_id)? else { return Ok(None) };
    let Some((account, secrets)) = accounts::store::sealed(c, account_id)? else { return Ok(None) };
    let files = c.all(
        sql!("SELECT id, kind, name, mime, size, url, state FROM attachments WHERE message_id = ?1 ORDER BY position, id LIMIT 100"),
        params![id],
        |row| {
            let mut r = row.columns();
            Ok(File {
                id: r.next()?,
                kind: r.next()?,
                name: r.next()?,
                mime: r.next()?,
                size: r.next()?,
                url: r.next()?,
                is_stored: r.next::<String>()? == "stored",
            })
        },
    )?;
    let attempt: Option<i64> = match message.send_job_id {
        Some(job) => c.value(sql!("SELECT attempts FROM jobs WHERE id = ?1"), params![job])?,
        None => None,
    };
    let attempt = attempt.and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1);
    Ok(Some(Parcel { message, ticket, account, secrets, files, attempt }))
}

pub(super) fn set_job(tx: &Tx<'_>, message: MessageId, job: i64) -> Result<()> {
    tx.must(sql!("UPDATE messages SET send_job_id = ?2 WHERE id = ?1"), params![message, job], "message")
}
