//! What is kept here of a person, replaced when they are erased: their leads with students, notes and fields, what was done
//! and is to be done about them, and what imports remember. Stages, values, times and counts stay.

use people::{
    ContactId,
    contacts::erase::{Count, MOST, Part, Person},
};
use platform::{Conn, Result, Tx};

use crate::{Crm, LeadId, imports, interactions, leads, tasks};

/// Leads of one step at most.
const STEP: i64 = 50;

/// In the order in which they are done.
pub const PARTS: &[Part] = &[Part::Rows(tasks_of), Part::Rows(leads_of), Part::Rows(addresses_of)];

/// What is counted before.
pub const COUNTS: &[Count] =
    &[("leads", count_leads), ("interactions", count_interactions), ("tasks", count_tasks)];

/// The ids of some of a person's leads, from one on.
pub fn lead_ids(c: &Conn<'_>, contacts: &[ContactId], from: i64, limit: i64) -> Result<Vec<i64>> {
    Ok(leads::erase::ids(c, contacts, LeadId(from), limit)?.into_iter().map(|id| id.0).collect())
}

/// Replaces the words of tasks about these tickets, some at a time. True while there are more.
pub fn tasks_of_tickets(tx: &Tx<'_>, tickets: &[i64]) -> Result<bool> {
    tasks::erase::step(tx, tasks::erase::Of::Ticket, tickets)
}

/// Deletes the tables of imports that are cleared away, and makes the index of leads anew, so that it holds no trace of what
/// they were.
pub async fn clear(crm: &Crm) -> Result<()> {
    imports::erase::clear_files(crm).await?;
    leads::jobs::follow_to_the_end(&crm.desk.db).await?;
    platform::search::purge(&crm.desk.db, leads::search::INDEX).await
}

fn tasks_of(tx: &Tx<'_>, person: &Person, _: i64) -> Result<Option<i64>> {
    let more = tasks::erase::step(tx, tasks::erase::Of::Contact, &person.ids())?;
    Ok(more.then_some(0))
}

fn leads_of(tx: &Tx<'_>, person: &Person, from: i64) -> Result<Option<i64>> {
    let ids = leads::erase::ids(tx, &person.contacts, LeadId(from), STEP)?;
    let Some(last) = ids.last().copied() else { return Ok(None) };
    let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
    if tasks::erase::step(tx, tasks::erase::Of::Lead, &numbers)? {
        return Ok(Some(from));
    }
    imports::erase::forget(tx, &ids, &person.traces)?;
    interactions::erase::replace(tx, &ids)?;
    for id in ids {
        leads::erase::replace(tx, id, &person.traces)?;
    }
    Ok(Some(last.0 + 1))
}

/// Addresses of theirs that came with leads of others.
fn addresses_of(tx: &Tx<'_>, person: &Person, _: i64) -> Result<Option<i64>> {
    let more = leads::others::forget(tx, &person.contacts, STEP)?;
    Ok(more.then_some(0))
}

fn count_leads(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    Ok(leads::erase::ids(c, contacts, LeadId(0), MOST)?.len() as i64)
}

fn count_interactions(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    interactions::erase::count(c, contacts, MOST)
}

fn count_tasks(c: &Conn<'_>, contacts: &[ContactId]) -> Result<i64> {
    tasks::erase::count(c, contacts, MOST)
}
