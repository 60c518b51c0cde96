//! Tickets as the API shows them.

use std::collections::HashMap;

use people::{UserId, access::Principal, contacts};
use platform::{
    Conn, Result,
    clock::Millis,
    db::{Sql, Value, dialect},
    time::{instant, instant_opt},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Priority, Status, Ticket,
    names::{Names, Ref, Wanted},
};
use crate::{
    TicketId,
    messages::{self, Visibility, view::MessageView},
};

/// A line of the inbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketRow {
    pub id: TicketId,
    /// For people: `#1042`.
    pub number: i64,
    pub subject: String,
    pub status: Status,
    pub priority: Priority,
    pub channel: String,
    #[schema(required)]
    pub channel_account: Option<Ref>,
    pub contact: Ref,
    #[schema(required)]
    pub department: Option<Ref>,
    #[schema(required)]
    pub assigned_agent: Option<Ref>,
    pub tags: Vec<String>,
    pub is_spam: bool,
    pub is_bot_handoff: bool,
    /// Of the last message, 120 characters at most.
    pub preview: String,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub last_message_at: Millis,
    #[schema(example = "customer")]
    pub last_message_from: String,
    /// Messages of the customer that wait and that the caller has not seen.
    pub unread: i64,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// A ticket with its conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketView {
    #[serde(flatten)]
    pub row: TicketRow,
    pub customer: Customer,
    pub source: Source,
    #[schema(required)]
    pub previous_ticket_id: Option<TicketId>,
    /// When the customer last wrote: some channels take answers for a while only.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_inbound_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub first_response_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub resolved_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub closed_at: Option<Millis>,
    /// The newest 50 messages, oldest first.
    pub timeline: Vec<MessageView>,
    /// For `cursor` of the ticket's messages: what came before; null when this is all.
    #[schema(required)]
    pub timeline_cursor: Option<String>,
    /// What the caller typed here and did not send.
    #[schema(required)]
    pub draft: Option<DraftView>,
    /// What the caller may do with it now: `reply, note, edit, assign, take, release, spam`.
    pub can: Vec<&'static str>,
}

/// Who writes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TicketCustomer)]
pub struct Customer {
    /// The contact.
    pub internal_id: i64,
    pub name: String,
    #[schema(required)]
    pub primary_email: Option<String>,
    /// The customer's address on the channel.
    pub channel_identity: String,
}

/// Where it came from.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TicketSource)]
pub struct Source {
    pub channel: String,
    /// Where answers go: the customer's address on the channel.
    #[schema(required)]
    pub origin_platform_id: Option<String>,
    pub is_bot_handoff: bool,
}

/// What somebody typed and did not send.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftView {
    pub content: String,
    pub visibility: Visibility,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
}

/// Through whose eyes an answer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Somebody who works here: sees internal messages.
    Staff(UserId),
    /// A program with a key: sees what customers see.
    Program,
}

impl Viewer {
    pub fn of(principal: &Principal) -> Self {
        principal.user_id().map_or(Viewer::Program, Viewer::Staff)
    }
    pub fn user(self) -> Option<UserId> {
        match self {
            Viewer::Staff(user) => Some(user),
            Viewer::Program => None,
        }
    }
}

/// Rows for `tickets`, in their order; a fixed number of reads.
pub fn rows(c: &Conn<'_>, viewer: Viewer, tickets: &[Ticket]) -> Result<Vec<TicketRow>> {
    let mut wanted = Wanted::default();
    tickets.iter().for_each(|t| wanted.ticket(t));
    let names = wanted.load(c)?;
    let unread = unread(c, viewer, tickets)?;
    let hidden = internal_previews(c, viewer, tickets)?;
    Ok(tickets
        .iter()
        .map(|t| row(t, &names, unread.get(&t.id).copied().unwrap_or(0), hidden.contains(&t.id)))
        .collect())
}

fn row(t: &Ticket, names: &Names, unread: i64, is_hidden: bool) -> TicketRow {
    TicketRow {
        id: t.id,
        number: t.number,
        subject: t.subject.clone(),
        status: t.status,
        priority: t.priority,
        channel: t.channel.clone(),
        channel_account: t.account_id.map(|a| names.account(a)),
        contact: names.contact(t.contact_id),
        department: t.department_id.map(|d| names.department(d)),
        assigned_agent: t.assignee_id.map(|u| names.user(u)),
        tags: t.tags.clone(),
        is_spam: t.is_spam,
        is_bot_handoff: t.is_bot_handoff,
        preview: if is_hidden { String::new() } else { t.preview.clone() },
        last_message_at: t.last_message_at,
        last_message_from: t.last_message_from.clone(),
        unread,
        created_at: t.created_at,
        updated_at: t.updated_at,
        version: t.version,
    }
}

/// What waits in each ticket beyond what the viewer has read.
fn unread(c: &Conn<'_>, viewer: Viewer, tickets: &[Ticket]) -> Result<HashMap<TicketId, i64>> {
    if tickets.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values = vec![Value::from(viewer.user().map_or(0, |u| u.0))];
    values.extend(tickets.iter().map(|t| Value::from(t.id)));
    dialect::fill_list(&mut values, 1);
    let text = format!(
        "SELECT m.ticket_id, count(*) FROM messages AS m LEFT JOIN ticket_reads AS r ON r.ticket_id = m.ticket_id AND r.user_id = ?1 \
         WHERE m.ticket_id IN ({}) AND m.direction = 'inbound' AND m.completed_at IS NULL AND m.id > coalesce(r.last_message_id, 0) \
         GROUP BY m.ticket_id",
        dialect::in_list(2, values.len() - 1)
    );
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// Tickets whose last message is not for this viewer.
fn internal_previews(c: &Conn<'_>, viewer: Viewer, tickets: &[Ticket]) -> Result<Vec<TicketId>> {
    let mut last: Vec<Value<'_>> =
        tickets.iter().filter_map(|t| t.last_message_id).map(Value::from).collect();
    if viewer != Viewer::Program || last.is_empty() {
        return Ok(Vec::new());
    }
    dialect::fill_list(&mut last, 0);
    let text = format!(
        "SELECT ticket_id FROM messages WHERE id IN ({}) AND visibility = 'internal'",
        dialect::in_list(1, last.len())
    );
    c.all(Sql::built(&text), &last, |r| r.get(0))
}

/// The ticket with its newest messages. `can` is the caller's part.
pub fn detail(
    c: &Conn<'_>,
    viewer: Viewer,
    ticket: &Ticket,
    now: Millis,
    can: Vec<&'static str>,
) -> Result<TicketView> {
    let tickets = std::slice::from_ref(ticket);
    let mut rows = rows(c, viewer, tickets)?;
    let row = rows.pop().ok_or_else(|| platform::Error::internal("a ticket without its row"))?;
    let page = platform::http::Page::default();
    let newest = messages::view::page(c, viewer, ticket, &page, now)?;
    let mut timeline = newest.items;
    timeline.reverse();
    let draft = match viewer.user() {
        Some(user) => super::drafts::get(c, ticket.id, user)?,
        None => None,
    };
    Ok(TicketView {
        customer: Customer {
            internal_id: ticket.contact_id.0,
            name: row.contact.name.clone(),
            primary_email: contacts::primary(c, ticket.contact_id, "email")?,
            channel_identity: ticket.identity.clone(),
        },
        source: Source {
            channel: ticket.channel.clone(),
            origin_platform_id: Some(ticket.identity.clone()).filter(|i| !i.is_empty()),
            is_bot_handoff: ticket.is_bot_handoff,
        },
        previous_ticket_id: ticket.previous_ticket_id,
        last_inbound_at: ticket.last_inbound_at,
        first_response_at: ticket.first_response_at,
        resolved_at: ticket.resolved_at,
        closed_at: ticket.closed_at,
        timeline,
        timeline_cursor: newest.next_cursor,
        draft,
        can,
        row,
    })
}
