//! What other slices ask of messages and have done to them.

use std::collections::HashMap;

use platform::{Conn, Result, Tx, clock::Millis, events::Origin};
use serde_json::json;

use super::{
    Message, events, files, record,
    store::{self, Attachment},
};
use crate::{AccountId, MessageId, TicketId, tickets::Ticket};

/// The message, whoever asks. Handlers look its ticket up by the caller's scope.
pub fn get(c: &Conn<'_>, id: MessageId) -> Result<Option<Message>> {
    store::get(c, id)
}

/// The message that the channel gave this id.
pub(crate) fn by_external(c: &Conn<'_>, account: AccountId, external_id: &str) -> Result<Option<Message>> {
    store::by_external(c, account, external_id)
}

/// What hangs on a message, in order.
pub(crate) fn attachments(c: &Conn<'_>, id: MessageId) -> Result<Vec<Attachment>> {
    store::attachments_of(c, &[id])
}

/// Names the job that sends it.
pub(crate) fn set_send_job(tx: &Tx<'_>, id: MessageId, job: i64) -> Result<()> {
    store::set_send_job(tx, id, job)
}

/// Marks a message as spam, which is done with, or as none, which waits for somebody again. The caller records it.
pub(crate) fn set_spam(tx: &Tx<'_>, id: MessageId, is_spam: bool) -> Result<()> {
    store::set_spam(tx, id, is_spam)
}

/// How messages begin (400 characters), but for what was taken back. One query.
pub(crate) fn beginnings(c: &Conn<'_>, ids: &[MessageId]) -> Result<HashMap<MessageId, String>> {
    store::beginnings(c, ids)
}

/// Whether the ticket has an inbound message that is no spam.
pub(crate) fn has_ham(c: &Conn<'_>, ticket: TicketId) -> Result<bool> {
    store::has_ham(c, ticket)
}

/// The newest inbound message after `after` that nobody has completed.
pub(crate) fn newest_waiting(
    c: &Conn<'_>,
    ticket: TicketId,
    after: Option<MessageId>,
) -> Result<Option<MessageId>> {
    store::newest_waiting(c, ticket, after.unwrap_or(MessageId(0)))
}

/// The message that its writer gave this id.
pub(crate) fn by_client(c: &Conn<'_>, ticket: TicketId, client_id: &str) -> Result<Option<Message>> {
    store::by_client(c, ticket, client_id)
}

/// Takes a message back that never left: its text is shown no more, its uploaded files are their uploader's again, and what
/// it had completed waits again. The caller has cancelled the sending and mends the ticket.
pub(crate) fn take_back(tx: &Tx<'_>, origin: &Origin, ticket: &Ticket, message: &Message) -> Result<()> {
    store::set_undone(tx, message.id)?;
    files::release(tx, message.id)?;
    store::reopen_completed(tx, ticket.id, message.id, message.created_at)?;
    record(tx, origin, ticket, events::UNSENT, json!({"message_id": message.id}))
}

/// What the inbox shows as the last message of a ticket.
pub(crate) fn last_shown(c: &Conn<'_>, ticket: TicketId) -> Result<Option<Message>> {
    store::last_shown(c, ticket)
}

/// What machines said to the customer after `since`, counted to `cap`.
pub(crate) fn automatic_since(c: &Conn<'_>, ticket: TicketId, since: Millis, cap: i64) -> Result<i64> {
    store::automatic_since(c, ticket, since, cap)
}

/// The newest answer of an agent that is beyond undoing.
pub(crate) fn last_answer(c: &Conn<'_>, ticket: TicketId, now: Millis) -> Result<Option<Message>> {
    store::last_answer(c, ticket, now)
}
