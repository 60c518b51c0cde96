//! What people say about spam: this is some, this is none, and this person is none.

use people::{ContactId, UserId, contacts};
use platform::{
    Error, Result, Tx,
    error::Code,
    events::{self, Actor, NewEvent, Origin},
};
use serde_json::json;

use super::{
    ActivityId, events as kinds, judge,
    store::{self, Flagged, NewActivity},
};
use crate::{
    MessageId, TicketId, accounts,
    messages::{self, Direction, Message},
    routing::{self, Matcher},
    tickets::{self, Change, Ticket, TicketScope},
};

/// One transaction clears so many messages at most.
const AT_ONCE: i64 = 200;

/// A person says that an inbound message is spam. When it was the last one that was none, the ticket leaves the inbox.
///
/// Errors: `not_found`, `wrong_state` when it is marked already or did not come from outside.
pub fn mark(
    tx: &Tx<'_>,
    origin: &Origin,
    scope: &TicketScope,
    id: MessageId,
    reason: Option<&str>,
) -> Result<Ticket> {
    let (message, ticket) = inbound(tx, scope, id)?;
    let activity = NewActivity {
        contact_id: message.contact_id,
        ticket_id: ticket.id,
        message_id: id,
        channel: &ticket.channel,
        reason: reason.filter(|r| !r.trim().is_empty()).unwrap_or("marked"),
        by_hand: true,
        flagged_by_user: match origin.actor {
            Actor::User(user) => Some(UserId(user)),
            _ => None,
        },
        score: 1.0,
        parts: &[],
    };
    let Some(activity_id) = store::add_activity(tx, &activity)? else {
        return Err(Error::conflict(Code::WrongState, "This message is marked as spam already."));
    };
    messages::set_spam(tx, id, true)?;
    judge::record(tx, origin, &activity, activity_id)?;
    match messages::has_ham(tx, ticket.id)? {
        true => Ok(ticket),
        false => tickets::change(
            tx,
            &origin.by(Actor::System),
            &ticket,
            Change { is_spam: Some(true), ..Change::default() },
        ),
    }
}

/// A person says that a message is no spam: it comes back to the inbox, and its ticket is routed.
pub fn restore(
    tx: &Tx<'_>,
    origin: &Origin,
    scope: &TicketScope,
    routing: &routing::Snapshot,
    matcher: &Matcher,
    id: MessageId,
) -> Result<Ticket> {
    let (message, ticket) = inbound(tx, scope, id)?;
    if !message.is_spam {
        return Err(Error::conflict(Code::WrongState, "This message is not marked as spam."));
    }
    let (mut activity_ids, mut message_ids) = (Vec::new(), vec![id]);
    if let Some(flagged) = store::flagged_message(tx, id)? {
        store::delete_activities(tx, &[flagged.id])?;
        activity_ids.push(flagged.id);
    }
    messages::set_spam(tx, id, false)?;
    record_removed(tx, origin, message.contact_id, &activity_ids, &mut message_ids)?;
    back_to_inbox(tx, origin, routing, matcher, &ticket, &message)
}

/// What [`remove`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub count: usize,
    /// There is more of it; call again.
    pub more: bool,
}

/// The appeal: removes what `scope` holds of a contact's spam activities, or one of them, restores their messages and routes their tickets. With
/// all of them gone the contact and its very addresses are no longer blocked.
pub fn remove(
    tx: &Tx<'_>,
    origin: &Origin,
    scope: &TicketScope,
    routing: &routing::Snapshot,
    matcher: &Matcher,
    contact: ContactId,
    only: Option<ActivityId>,
) -> Result<Removed> {
    let flagged = store::flagged(tx, scope, contact, only, AT_ONCE)?;
    if flagged.is_empty() {
        return Err(Error::not_found("spam activity"));
    }
    let more = flagged.len() as i64 == AT_ONCE && only.is_none();
    let ids: Vec<ActivityId> = flagged.iter().map(|f| f.id).collect();
    store::delete_activities(tx, &ids)?;
    for f in &flagged {
        messages::set_spam(tx, f.message_id, false)?;
    }
    let mut message_ids: Vec<MessageId> = flagged.iter().map(|f| f.message_id).collect();
    record_removed(tx, origin, contact, &ids, &mut message_ids)?;
    if !store::has_activities(tx, contact)? {
        contacts::set_blocked(tx, origin, contact, false)?;
        // The very addresses; mail domains stay.
        for (kind, key) in contacts::keys(tx, contact)? {
            store::unblock(tx, &kind, &key)?;
        }
        store::forget_inbound(tx, contact)?;
    }
    for (ticket_id, message_id) in newest_by_ticket(&flagged) {
        let ticket = tickets::lock(tx, ticket_id)?;
        if let Some(message) = messages::get(tx, message_id)? {
            back_to_inbox(tx, origin, routing, matcher, &ticket, &message)?;
        }
    }
    Ok(Removed { count: flagged.len(), more })
}

/// The ticket that holds a message which is none is none; if it is work and has no agent, it gets one like any other.
fn back_to_inbox(
    tx: &Tx<'_>,
    origin: &Origin,
    routing: &routing::Snapshot,
    matcher: &Matcher,
    ticket: &Ticket,
    message: &Message,
) -> Result<Ticket> {
    if !ticket.is_spam {
        return Ok(ticket.clone());
    }
    // Not by the person's hand: looking at spam is no action on a ticket.
    let system = origin.by(Actor::System);
    let ticket = tickets::change(tx, &system, ticket, Change { is_spam: Some(false), ..Change::default() })?;
    if !ticket.wants_agent() {
        return Ok(ticket);
    }
    let matches = matcher.find(&message.content);
    let account = ticket.account_id.map(|id| accounts::get(tx, id)).transpose()?.flatten();
    let department = account.and_then(|a| a.department_id);
    Ok(routing::route(tx, &system, routing, &ticket, Some(message.id), &matches, department)?.0)
}

/// The message and its ticket, which this transaction holds.
fn inbound(tx: &Tx<'_>, scope: &TicketScope, id: MessageId) -> Result<(Message, Ticket)> {
    let gone = || Error::not_found("message");
    let message = messages::get(tx, id)?.ok_or_else(gone)?;
    let seen = tickets::get(tx, message.ticket_id)?.filter(|t| scope.sees(t)).ok_or_else(gone)?;
    routing::prepare(tx, &seen)?;
    let ticket = tickets::lock(tx, message.ticket_id)?;
    match message.direction {
        Direction::Inbound => Ok((message, ticket)),
        _ => Err(Error::conflict(Code::WrongState, "Only what came from a customer can be spam.")),
    }
}

fn newest_by_ticket(flagged: &[Flagged]) -> Vec<(TicketId, MessageId)> {
    let mut out: Vec<(TicketId, MessageId)> = flagged.iter().map(|f| (f.ticket_id, f.message_id)).collect();
    out.sort_unstable_by_key(|(ticket, message)| (*ticket, -message.0));
    out.dedup_by_key(|(ticket, _)| *ticket);
    out
}

fn record_removed(
    tx: &Tx<'_>,
    origin: &Origin,
    contact: ContactId,
    activities: &[ActivityId],
    messages: &mut Vec<MessageId>,
) -> Result<()> {
    messages.sort_unstable();
    let data = json!({"activity_ids": activities, "message_ids": messages});
    events::record(
        tx,
        origin,
        NewEvent::new(kinds::REMOVED, "contact", contact.0, data).contact(Some(contact.0)),
    )
}
