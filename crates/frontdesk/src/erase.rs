//! Erasing a person: what each slice offers, in the order in which it is done, and what belongs to none of them.
//!
//! First what is told to be the person's by ids, names and addresses that rows still hold, then the rows, and what events
//! have of their words last.

use std::sync::Arc;

use crm::Crm;
use people::{
    contacts::{
        self,
        erase::{Count, Erasing, Found, Part, Person, Traces},
    },
    notifications,
};
use platform::{Conn, Result, Tx, events::erase::forget_texts, http::forget_answers, search};
use support::Support;

/// Ids of a person's tickets and leads by which other rows are known.
const KNOWN: i64 = 10_000;
/// Tickets whose tasks are replaced in one step.
const TICKETS: i64 = 100;

/// Events that hold what somebody typed, and the fields in which it stands.
const TOLD: &[&str] = &[
    support::tickets::events::UPDATED,
    crm::leads::events::UPDATED,
    crm::leads::events::STATUS_CHANGED,
    crm::leads::events::LOST,
];
const TYPED: &[&str] = &["subject", "tags", "reason"];

/// What erasing needs.
pub fn erasing(support: &Support, crm: &Crm) -> Erasing {
    let (support, crm) = (support.clone(), crm.clone());
    let desk = support.desk.clone();
    let finish = move || {
        let (support, crm) = (support.clone(), crm.clone());
        Box::pin(async move {
            support::erase::clear_files(&support).await?;
            crm::erase::clear(&crm).await?;
            let db = &support.desk.db;
            contacts::search::follow_to_the_end(db).await?;
            search::purge(db, contacts::search::INDEX).await
        }) as contacts::erase::Finish
    };
    Erasing { desk, parts: parts().into(), counts: counts().into(), finish: Arc::new(finish) }
}

fn parts() -> Vec<Part> {
    let mut all = vec![
        Part::Rows(answers),
        Part::Search { find: notified, replace: notifications::erase::remove },
        Part::Rows(tasks),
    ];
    all.extend(support::erase::PARTS);
    all.extend(crm::erase::PARTS);
    all.push(Part::Rows(history));
    all
}

fn counts() -> Vec<Count> {
    crm::erase::COUNTS.iter().chain(support::erase::COUNTS).copied().collect()
}

/// With the ids of what is theirs.
fn traces(c: &Conn<'_>, person: &Person) -> Result<Traces> {
    let mut traces = person.traces.clone();
    traces.ids("ticket_id", support::erase::ticket_ids(c, &person.contacts, 0, KNOWN)?);
    traces.ids("lead_id", crm::erase::lead_ids(c, &person.contacts, 0, KNOWN)?);
    Ok(traces)
}

/// Answers that are remembered for requests that are sent again.
fn answers(tx: &Tx<'_>, person: &Person, from: i64) -> Result<Option<i64>> {
    let traces = traces(tx, person)?;
    forget_answers(tx, from, |body| traces.are_in_bytes(body))
}

fn notified(c: &Conn<'_>, person: &Person, after: i64) -> Result<Found> {
    notifications::erase::find(c, &traces(c, person)?, after)
}

/// Tasks about tickets: those know nothing of each other.
fn tasks(tx: &Tx<'_>, person: &Person, from: i64) -> Result<Option<i64>> {
    let tickets = support::erase::ticket_ids(tx, &person.contacts, from, TICKETS)?;
    let Some(last) = tickets.last() else { return Ok(None) };
    Ok(Some(if crm::erase::tasks_of_tickets(tx, &tickets)? { from } else { last + 1 }))
}

fn history(tx: &Tx<'_>, person: &Person, after: i64) -> Result<Option<i64>> {
    forget_texts(tx, &person.ids(), TOLD, TYPED, after)
}
