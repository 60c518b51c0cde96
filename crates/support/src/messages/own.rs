//! Our own messages: found again by their writer's id, taken back before they leave.

use platform::{Conn, Result, Tx, clock::Millis, events::Origin};
use serde_json::json;

use super::{Message, events, files, record, store};
use crate::{MessageId, TicketId, tickets::Ticket};

/// The message, whoever asks. Handlers look its ticket up by the caller's scope.
pub fn get(c: &Conn<'_>, id: MessageId) -> Result<Option<Message>> {
    store::get(c, id)
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
