//! A message with all that its sending needs, gathered from the slices that have it.

use platform::{Conn, Result, crypto::Keyring, jobs};
use serde::Serialize;

use crate::{
    MessageId,
    accounts::{self, LoadedAccount},
    messages::{self, Message},
    tickets::{self, Ticket},
};

/// Files of one message that its receiver hears of.
const FILES: usize = 100;

pub(super) struct Parcel {
    pub message: Message,
    pub ticket: Ticket,
    pub account: LoadedAccount,
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
pub(super) fn parcel(c: &Conn<'_>, keyring: &Keyring, id: MessageId) -> Result<Option<Parcel>> {
    let Some(message) = messages::get(c, id)? else { return Ok(None) };
    let waits = message.delivery == Some(channels::Delivery::Queued) && message.unsent_at.is_none();
    let Some(account) = message.account_id.filter(|_| waits) else { return Ok(None) };
    let Some(ticket) = tickets::get(c, message.ticket_id)? else { return Ok(None) };
    let Some(account) = accounts::load(c, keyring, account)? else { return Ok(None) };
    let files = messages::attachments(c, id)?.into_iter().take(FILES).map(|a| File {
        id: a.id,
        kind: a.kind,
        name: a.name,
        mime: a.mime,
        size: a.size,
        url: a.url,
        is_stored: a.state == "stored",
    });
    let attempt = match message.send_job_id {
        Some(job) => jobs::attempts(c, job)?.unwrap_or(1).max(1),
        None => 1,
    };
    Ok(Some(Parcel { message, ticket, account, files: files.collect(), attempt }))
}
