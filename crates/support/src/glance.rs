//! Messages and tickets as they stand beside what others keep of a person: short, and only what the viewer may see.
//!
//! Spam is left out, and so are lines of the history; what was taken back is there without its text. Internal notes are for
//! those who work here. Each list is one query, and one more for names.

use std::collections::HashMap;

use people::{
    ContactId, UserId, access,
    access::{Permission, Principal},
    contacts,
};
use platform::{
    Conn, Result,
    db::{
        Sql, Value,
        dialect::{fill_list, in_list},
    },
};
use serde::Serialize;

use crate::{
    MessageId, Support, TicketId,
    messages::{Direction, SenderType, Visibility},
    tickets::{Status, TicketScope, TicketsRead},
};

/// A message.
#[derive(Debug, Clone, Serialize)]
pub struct MessageGlance {
    pub id: MessageId,
    pub ticket_id: TicketId,
    pub content: String,
    pub sender_type: SenderType,
    /// `None` for machines.
    pub sender_name: Option<String>,
    pub direction: Direction,
    pub visibility: Visibility,
    pub channel: String,
    /// How many.
    pub attachments: i64,
    pub is_spam: bool,
    /// It was taken back.
    pub is_unsent: bool,
    #[serde(skip)]
    sender: Option<i64>,
}

/// A ticket.
#[derive(Debug, Clone, Serialize)]
pub struct TicketGlance {
    pub ticket_id: TicketId,
    pub number: i64,
    pub subject: String,
    pub status: Status,
    pub channel: String,
}

/// Those of `ids` that `viewer` may see.
pub fn messages(
    c: &Conn<'_>,
    support: &Support,
    viewer: &Principal,
    ids: &[i64],
) -> Result<Vec<MessageGlance>> {
    let Some((list, within, values)) = asked(support, viewer, "m.ticket_id", ids) else {
        return Ok(Vec::new());
    };
    let internal = if viewer.user_id().is_some() { "" } else { " AND m.visibility = 'public'" };
    let text = format!(
        "SELECT m.id, m.ticket_id, m.content, m.sender_type, m.direction, m.visibility, k.channel, m.attachments, \
         m.unsent_at, m.sender_id, m.contact_id FROM messages m JOIN tickets k ON k.id = m.ticket_id \
         WHERE m.id IN ({list}) AND m.is_spam = FALSE AND k.is_spam = FALSE AND m.content_type <> 'event_log'{internal} \
         AND {within}"
    );
    let mut found = c.all(Sql::built(&text), &values, |row| {
        let mut r = row.columns();
        let mut glance = MessageGlance {
            id: r.next()?,
            ticket_id: r.next()?,
            content: r.next()?,
            sender_type: r.next::<String>()?.parse()?,
            sender_name: None,
            direction: r.next::<String>()?.parse()?,
            visibility: r.next::<String>()?.parse()?,
            channel: r.next()?,
            attachments: r.next()?,
            is_spam: false,
            is_unsent: r.next::<Option<i64>>()?.is_some(),
            sender: r.next()?,
        };
        if glance.is_unsent {
            glance.content.clear();
            glance.attachments = 0;
        }
        if glance.sender_type == SenderType::Customer {
            glance.sender = Some(r.next()?);
        }
        Ok(glance)
    })?;
    name(c, &mut found)?;
    Ok(found)
}

/// Two queries at most.
fn name(c: &Conn<'_>, found: &mut [MessageGlance]) -> Result<()> {
    let ids = |kind: SenderType| {
        let mut ids: Vec<i64> =
            found.iter().filter(|m| m.sender_type == kind).filter_map(|m| m.sender).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let (agents, customers) = (ids(SenderType::Agent), ids(SenderType::Customer));
    let agents: HashMap<UserId, String> = match agents.is_empty() {
        true => HashMap::new(),
        false => access::names(c, &agents.into_iter().map(UserId).collect::<Vec<_>>())?,
    };
    let customers = contacts::names(c, &customers.into_iter().map(ContactId).collect::<Vec<_>>())?;
    for m in found {
        m.sender_name = match (m.sender_type, m.sender) {
            (SenderType::Agent, Some(id)) => agents.get(&UserId(id)).cloned(),
            (SenderType::Customer, Some(id)) => customers.get(&ContactId(id)).cloned(),
            _ => None,
        };
    }
    Ok(())
}

/// Those of `ids` that `viewer` may see.
pub fn tickets(
    c: &Conn<'_>,
    support: &Support,
    viewer: &Principal,
    ids: &[i64],
) -> Result<Vec<TicketGlance>> {
    let Some((list, within, values)) = asked(support, viewer, "k.id", ids) else { return Ok(Vec::new()) };
    let text = format!(
        "SELECT k.id, k.number, k.subject, k.status, k.channel FROM tickets k \
         WHERE k.id IN ({list}) AND k.is_spam = FALSE AND {within}"
    );
    c.all(Sql::built(&text), &values, |row| {
        let mut r = row.columns();
        Ok(TicketGlance {
            ticket_id: r.next()?,
            number: r.next()?,
            subject: r.next()?,
            status: r.next::<String>()?.parse()?,
            channel: r.next()?,
        })
    })
}

/// The newest ticket of each of `contacts` that `viewer` may see.
pub fn newest(
    c: &Conn<'_>,
    support: &Support,
    viewer: &Principal,
    contacts: &[ContactId],
) -> Result<HashMap<ContactId, TicketId>> {
    let ids: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
    let Some((list, within, values)) = asked(support, viewer, "k.id", &ids) else {
        return Ok(HashMap::new());
    };
    let text = format!(
        "SELECT k.contact_id, max(k.id) FROM tickets k WHERE k.contact_id IN ({list}) AND k.is_spam = FALSE AND {within} \
         GROUP BY k.contact_id"
    );
    Ok(c.all(Sql::built(&text), &values, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}

/// The list of ids, the condition that keeps to what the viewer may see, and the values of both. `None`: there is nothing.
fn asked(
    support: &Support,
    viewer: &Principal,
    ticket: &str,
    ids: &[i64],
) -> Option<(String, String, Vec<Value<'static>>)> {
    let scope = TicketScope::by(support, viewer, TicketsRead::ACTION).filter(|_| !ids.is_empty())?;
    let mut values: Vec<Value<'static>> = ids.iter().map(|id| Value::from(*id)).collect();
    fill_list(&mut values, 0);
    let list = in_list(1, values.len());
    let within = scope.holds(ticket, &mut values);
    Some((list, within, values))
}
