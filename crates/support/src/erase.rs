//! What support keeps of a person, replaced when they are erased: their conversations with all that was said and sent in
//! them, what spam remembers, and the requests that their channels sent. Tickets and messages stay, empty; work that is still
//! open is closed, since nobody can be answered any more.

use people::{
    ContactId,
    contacts::erase::{Count, Found, MOST, Part, Person, Traces},
};
use platform::{Conn, Result, Tx};

use crate::{Support, TicketId, intake, messages, spam, tickets};

/// In the order in which they are done: what is told by addresses on tickets comes before the tickets.
pub const PARTS: &[Part] = &[
    Part::Search { find: requests, replace: intake::erase::replace },
    Part::Search { find: waiting, replace: messages::erase::forget_waiting },
    Part::Rows(spam_of),
    Part::Rows(conversations),
];

/// What is counted before.
pub const COUNTS: &[Count] = &[("tickets", tickets_of), ("messages", messages_of), ("files", files_of)];

/// The ids of some of a person's tickets, from one on.
pub fn ticket_ids(c: &Conn<'_>, contacts: &[ContactId], from: i64, limit: i64) -> Result<Vec<i64>> {
    let found = tickets::erase::ids(c, contacts, TicketId(from), limit)?;
    Ok(found.into_iter().map(|id| id.0).collect())
}

/// Deletes the bytes of files that nobody has any more.
pub async fn clear_files(support: &Support) -> Result<()> {
    messages::clear_files(&support.desk.db, &support.desk).await
}

/// A person's addresses as their tickets know them, besides those that they have now.
fn traces(c: &Conn<'_>, person: &Person) -> Result<Traces> {
    let mut traces = person.traces.clone();
    for identity in tickets::erase::identities(c, &person.contacts)? {
        traces.text(&identity);
    }
    Ok(traces)
}

fn requests(c: &Conn<'_>, person: &Person, after: i64) -> Result<Found> {
    intake::erase::find(c, &traces(c, person)?, person.since, after)
}

fn waiting(c: &Conn<'_>, person: &Person, after: i64) -> Result<Found> {
    messages::erase::waiting(c, &person.traces, after)
}

fn spam_of(tx: &Tx<'_>, person: &Person, _: i64) -> Result<Option<i64>> {
    let more = spam::erase::step(tx, &person.contacts, &traces(tx, person)?)?;
    Ok(more.then_some(0))
}

/// Some messages of the first ticket from `from` on, or, when none is left, the ticket itself.
fn conversations(tx: &Tx<'_>, person: &Person, from: i64) -> Result<Option<i64>> {
    let Some(ticket) = tickets::erase::ids(tx, &person.contacts, TicketId(from), 1)?.pop() else {
        return Ok(None);
    };
    if messages::erase::step(tx, ticket)? {
        return Ok(Some(ticket.0));
    }
    tickets::erase::replace(tx, ticket, &person.traces)?;
    Ok(Some(ticket.0 + 1))
}

fn tickets_of(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    Ok(tickets::erase::ids(c, contacts, TicketId(0), MOST)?.len() as i64)
}

fn messages_of(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    messages::erase::count(c, &tickets::erase::ids(c, contacts, TicketId(0), MOST)?, MOST)
}

fn files_of(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    messages::erase::count_files(c, &tickets::erase::ids(c, contacts, TicketId(0), MOST)?, MOST)
}
