//! Writing into a ticket, and taking it back.
//!
//! A person who writes in the interface (and so names a `client_id`) has ten seconds to take an answer back; until they
//! are over nothing leaves the desk, and nobody outside hears that there is an answer. Programs and notes have no such
//! time. The same `client_id` again is the same message.

use people::UserId;
use platform::{
    Error, Result, Tx,
    clock::{Millis, SECOND},
    error::Code,
    events::Origin,
};
use serde_json::json;

use super::{Status, Ticket, append, change, drafts};
use crate::{
    messages::{self, Direction, Message, NewAttachment, NewMessage, SenderType, Visibility},
    outbound,
};

/// How long an answer can be taken back.
pub const UNDO: Millis = 10 * SECOND;

/// What to write.
#[derive(Debug, Clone)]
pub struct Reply {
    pub sender_type: SenderType,
    /// The agent, when it is one of us by name.
    pub user: Option<UserId>,
    pub visibility: Visibility,
    pub content: String,
    pub attachments: Vec<NewAttachment>,
    pub client_id: Option<String>,
    pub set_status: Option<Status>,
    /// Written in the interface: it may be taken back for a while.
    pub can_undo: bool,
}

/// The message that this reply became when it was sent before.
pub fn known(tx: &Tx<'_>, ticket: &Ticket, reply: &Reply) -> Result<Option<Message>> {
    match &reply.client_id {
        Some(client_id) => messages::by_client(tx, ticket.id, client_id),
        None => Ok(None),
    }
}

/// Writes into `ticket`, which this transaction has locked. That it is not [`known`] was asked before.
///
/// Errors: `wrong_state` for a word to a customer on a closed ticket.
pub fn write(tx: &Tx<'_>, origin: &Origin, ticket: &Ticket, reply: &Reply) -> Result<Message> {
    let is_public = reply.visibility == Visibility::Public;
    if is_public && ticket.status == Status::Closed {
        return Err(Error::conflict(
            Code::WrongState,
            "The ticket is closed; write to the customer in a new one.",
        ));
    }
    let direction = match (reply.sender_type, is_public) {
        (SenderType::Customer, _) => Direction::Inbound,
        (_, true) => Direction::Outbound,
        (_, false) => Direction::Internal,
    };
    let leaves = direction == Direction::Outbound;
    let undo_until = (leaves && reply.can_undo).then(|| tx.now() + UNDO);
    let new = NewMessage {
        client_id: reply.client_id.clone(),
        sender_type: reply.sender_type,
        sender_id: match reply.sender_type {
            SenderType::Agent => reply.user.map(|u| u.0),
            SenderType::Customer => Some(ticket.contact_id.0),
            SenderType::Bot | SenderType::System => None,
        },
        direction,
        visibility: reply.visibility,
        content_type: if reply.content.is_empty() { "attachment" } else { "text" },
        content: reply.content.clone(),
        // What taking it back must restore.
        data: match (undo_until, reply.set_status) {
            (Some(_), Some(to)) => Some(json!({"status_before": ticket.status, "status_after": to})),
            _ => None,
        },
        delivery: leaves.then_some(channels::Delivery::Queued),
        undo_until,
        at: tx.now(),
        attachments: reply.attachments.clone(),
        ..NewMessage::on(ticket)
    };
    let Some((ticket, id)) = append(tx, origin, ticket, &new, reply.set_status)? else {
        return Err(Error::stale());
    };
    if leaves {
        outbound::enqueue(tx, &ticket, id, undo_until.unwrap_or(tx.now()))?;
    }
    if let Some(user) = reply.user {
        drafts::delete(tx, ticket.id, user)?;
    }
    messages::get(tx, id)?.ok_or_else(|| Error::not_found("message"))
}

/// Takes an answer back before it leaves: the ticket is as it was before, but for what others did meanwhile.
///
/// Errors: `wrong_state` when it is too late.
pub fn undo(tx: &Tx<'_>, origin: &Origin, ticket: &Ticket, message: &Message) -> Result<Ticket> {
    let late = || Error::conflict(Code::WrongState, "It is too late to take this message back.");
    if message.unsent_at.is_some() || message.undo_until.is_none_or(|until| until <= tx.now()) {
        return Err(late());
    }
    if !outbound::cancel(tx, message)? {
        return Err(late());
    }
    messages::take_back(tx, origin, ticket, message)?;

    let mut after = ticket.clone();
    if after.first_response_at == Some(message.created_at) {
        after.first_response_at = None;
    }
    if after.last_message_id == Some(message.id) {
        let last = messages::last_shown(tx, ticket.id)?;
        after.last_message_id = last.as_ref().map(|m| m.id);
        after.preview = last.as_ref().map_or_else(String::new, |m| {
            messages::preview(&m.content, usize::try_from(m.attachments).unwrap_or(0))
        });
        if let Some(m) = last {
            after.last_message_at = m.at;
            after.last_message_from = m.sender_type.as_str().to_owned();
        }
    }
    let word = |key: &str| message.data.as_ref()?.get(key)?.as_str()?.parse::<Status>().ok();
    if let (Some(was), Some(set)) = (word("status_before"), word("status_after"))
        && after.status == set
    {
        // To have begun to answer is to have opened it.
        after.status = if was == Status::New { Status::Open } else { was };
    }
    match after == *ticket {
        true => Ok(after),
        false => change::settle(tx, origin, ticket, after, None, change::History::Lines),
    }
}
