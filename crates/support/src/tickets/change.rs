//! The one way in which a ticket changes.

use people::{DepartmentId, UserId, access::agents};
use platform::{
    Error, Result, Tx,
    error::Code,
    events::{self, Actor, NewEvent, Origin},
};
use serde_json::{Map, Value as Json, json};

use super::{NewTicket, Priority, Status, Ticket, events as kinds, store};
use crate::{
    MessageId, TicketId,
    messages::{self, Direction, NewMessage, SenderType, Visibility},
};

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub subject: Option<String>,
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub tags: Option<Vec<String>>,
    pub department_id: Option<Option<DepartmentId>>,
    pub assignee_id: Option<Option<UserId>>,
    pub is_spam: Option<bool>,
    /// Assign only below this load, else [`Code::WrongState`] before anything is written.
    pub capacity: Option<i64>,
    /// No line in the conversation; the events tell it all the same.
    pub quiet: bool,
}

/// Opens a ticket: the row and its event. Its first message follows by [`append`].
pub fn open(tx: &Tx<'_>, origin: &Origin, new: &NewTicket) -> Result<Ticket> {
    let ticket = store::insert(tx, new)?;
    let data = json!({
        "number": ticket.number, "channel": ticket.channel, "department_id": ticket.department_id, "assignee_id": null,
        "status": ticket.status, "priority": ticket.priority, "is_spam": ticket.is_spam,
        "previous_ticket_id": ticket.previous_ticket_id,
    });
    record(tx, origin, &ticket, kinds::CREATED, data)?;
    Ok(ticket)
}

/// Applies `change` to `before`, which this transaction has read. The ticket as it is then.
///
/// Errors: `wrong_state` for a status that staff may not set from here, `stale_version` when somebody was faster.
pub fn change(tx: &Tx<'_>, origin: &Origin, before: &Ticket, change: Change) -> Result<Ticket> {
    let mut after = before.clone();
    if let Some(to) = change.status {
        if !before.status.may_become(to) {
            return Err(Error::conflict(
                Code::WrongState,
                format!("A ticket that is {} cannot become {}.", before.status.as_str(), to.as_str()),
            ));
        }
        after.status = to;
    }
    if let Some(v) = change.subject {
        after.subject = v;
    }
    if let Some(v) = change.priority {
        after.priority = v;
    }
    if let Some(v) = change.tags {
        after.tags = v;
    }
    if let Some(v) = change.department_id {
        after.department_id = v;
    }
    if let Some(v) = change.assignee_id {
        after.assignee_id = v;
    }
    if let Some(v) = change.is_spam {
        after.is_spam = v;
    }
    if after == *before {
        return Ok(after);
    }
    // The first thing that a person does with a new ticket opens it; handing it to somebody else does not.
    if let Actor::User(me) = origin.actor
        && after.status == Status::New
        && (after.assignee_id == before.assignee_id || after.assignee_id == Some(UserId(me)))
    {
        after.status = Status::Open;
    }
    let history = if change.quiet { History::Events } else { History::Lines };
    settle(tx, origin, before, after, change.capacity, history)
}

/// Adds a message to its ticket, and what follows from it for the ticket: the list's preview, the reopening by a
/// customer, the first response. `None` when the message is there already (same external or client id).
pub fn append(
    tx: &Tx<'_>,
    origin: &Origin,
    before: &Ticket,
    new: &NewMessage,
    status: Option<Status>,
) -> Result<Option<(Ticket, MessageId)>> {
    let Some(id) = messages::insert(tx, new)? else { return Ok(None) };
    let mut after = before.clone();
    let counts = !new.is_spam || before.is_spam;
    if counts
        && new.content_type != "event_log"
        && (new.at >= after.last_message_at || after.last_message_id.is_none())
    {
        after.last_message_at = new.at;
        after.last_message_id = Some(id);
        after.last_message_from = new.sender_type.as_str().to_owned();
        after.preview = messages::preview(&new.content, new.attachments.len());
    }
    let by_agent = new.sender_type == SenderType::Agent;
    let answers = new.direction == Direction::Outbound && new.visibility == Visibility::Public;
    match new.direction {
        Direction::Inbound if counts => {
            after.last_inbound_at = Some(after.last_inbound_at.map_or(new.at, |t| t.max(new.at)));
            if matches!(after.status, Status::PendingCustomer | Status::Resolved) {
                after.status = Status::Open;
            }
        }
        Direction::Outbound if by_agent && answers => {
            after.first_response_at = after.first_response_at.or(Some(tx.now()));
        }
        _ => {}
    }
    if by_agent && after.status == Status::New {
        after.status = Status::Open;
    }
    if let Some(to) = status {
        if !after.status.may_become(to) {
            return Err(Error::conflict(
                Code::WrongState,
                "The ticket is closed; write to the customer in a new one.",
            ));
        }
        after.status = to;
    }
    let data = json!({
        "message_id": id, "sender_type": new.sender_type, "direction": new.direction, "visibility": new.visibility,
        "content_type": new.content_type,
        // On a ticket that is spam: for those who see the spam desk.
        "is_spam": new.is_spam || before.is_spam,
    });
    record(tx, origin, &after, messages::events::ADDED, data)?;
    if by_agent && answers {
        messages::complete_before(tx, before.id, id)?;
    }
    if after != *before {
        // What somebody here does to the ticket by writing stands in the conversation, too.
        let history = if by_agent { History::Lines } else { History::Events };
        after = settle(tx, origin, before, after, None, history)?;
    }
    Ok(Some((after, id)))
}

/// Where a change is told, besides the row itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// By events alone.
    Events,
    /// By a line in the conversation, too.
    Lines,
}

/// Stores `after` in place of `before` and keeps load, queue, completion, history and events in step. The ticket as it
/// is in the end: what an event sets off may have changed it again (a queue that drains).
pub(super) fn settle(
    tx: &Tx<'_>,
    origin: &Origin,
    before: &Ticket,
    mut after: Ticket,
    capacity: Option<i64>,
    history: History,
) -> Result<Ticket> {
    let now = tx.now();
    if before.load_on() != after.load_on() {
        if let Some(user) = after.load_on()
            && !agents::take_slot(tx, user, capacity)?
        {
            return Err(Error::conflict(Code::WrongState, "This agent has no room for another ticket."));
        }
        if let Some(user) = before.load_on() {
            agents::free_slot(tx, user)?;
        }
    }
    after.queued_at = match after.wants_agent() && after.department_id.is_some() {
        true => after.queued_at.or(Some(now)),
        false => None,
    };
    if before.status != after.status {
        match after.status {
            Status::Resolved => after.resolved_at = Some(now),
            Status::Closed => after.closed_at = Some(now),
            _ => after.resolved_at = None,
        }
        if before.status.is_active() && !after.status.is_active() {
            messages::complete_all(tx, after.id)?;
        }
    }
    after.updated_at = now;
    after.version = before.version + 1;
    store::update(tx, before, &after)?;
    if history == History::Lines {
        write_history(tx, origin, before, &after)?;
    }

    let mut is_told = false;
    if before.status != after.status {
        is_told = true;
        let data = json!({"before": {"status": before.status}, "after": {"status": after.status}});
        record(tx, origin, &after, kinds::STATUS_CHANGED, data)?;
    }
    if (before.assignee_id, before.department_id) != (after.assignee_id, after.department_id) {
        is_told = true;
        let place = |t: &Ticket| json!({"assignee_id": t.assignee_id, "department_id": t.department_id});
        let data = json!({"before": place(before), "after": place(&after)});
        record(tx, origin, &after, kinds::ASSIGNED, data)?;
    }
    if (before.priority, before.is_spam) != (after.priority, after.is_spam)
        || before.subject != after.subject
        || before.tags != after.tags
    {
        is_told = true;
        let (was, is) = (facts(before), facts(&after));
        let changed: Vec<&String> = is.keys().filter(|k| was[*k] != is[*k]).collect();
        let of = |m: &Map<String, Json>| {
            changed.iter().map(|k| ((*k).clone(), m[*k].clone())).collect::<Map<_, _>>()
        };
        record(tx, origin, &after, kinds::UPDATED, json!({"before": of(&was), "after": of(&is)}))?;
    }
    // Without an event nothing was set off.
    match after.queued_at.filter(|_| is_told) {
        Some(_) => store::get(tx, after.id)?.ok_or_else(|| Error::not_found("ticket")),
        None => Ok(after),
    }
}

fn facts(t: &Ticket) -> Map<String, Json> {
    let all = json!({"subject": t.subject, "priority": t.priority, "tags": t.tags, "is_spam": t.is_spam});
    match all {
        Json::Object(m) => m,
        _ => Map::new(),
    }
}

pub(super) fn record(tx: &Tx<'_>, origin: &Origin, t: &Ticket, kind: &'static str, data: Json) -> Result<()> {
    let event = NewEvent::new(kind, "ticket", t.id, data)
        .contact(Some(t.contact_id.0))
        .scope(t.department_id.map(|d| d.0), t.assignee_id.map(|u| u.0));
    events::record(tx, origin, event)
}

/// The line that people read in the conversation; its `data` is worded by the interface in its reader's language.
fn write_history(tx: &Tx<'_>, origin: &Origin, before: &Ticket, after: &Ticket) -> Result<()> {
    let mut lines: Vec<(&str, Json)> = Vec::new();
    if (before.assignee_id, before.department_id) != (after.assignee_id, after.department_id) {
        lines.push((
            kinds::ASSIGNED,
            json!({
                "assignee_id": after.assignee_id, "department_id": after.department_id,
                "before": {"assignee_id": before.assignee_id, "department_id": before.department_id},
            }),
        ));
    }
    if before.status != after.status {
        lines.push((kinds::STATUS_CHANGED, json!({"before": before.status, "after": after.status})));
    }
    if before.priority != after.priority {
        lines.push((
            kinds::UPDATED,
            json!({"priority": {"before": before.priority, "after": after.priority}}),
        ));
    }
    for (kind, mut data) in lines {
        data["kind"] = json!(kind);
        data["actor"] = json!({"kind": origin.actor.kind(), "id": origin.actor.id()});
        let line = NewMessage {
            sender_type: SenderType::System,
            sender_id: origin.actor.id(),
            direction: Direction::Internal,
            visibility: Visibility::Internal,
            content_type: "event_log",
            data: Some(data),
            at: tx.now(),
            ..NewMessage::on(after)
        };
        messages::insert(tx, &line)?;
    }
    Ok(())
}

impl From<TicketId> for i64 {
    fn from(id: TicketId) -> i64 {
        id.0
    }
}
