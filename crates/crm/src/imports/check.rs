//! A check: what a run would do with the rows of a chunk. It makes and changes nothing but its own notes.

use people::{ContactId, contacts::bulk::Standing};
use platform::{Conn, Fault, Result, Tx};

use super::{
    State,
    facts::Facts,
    options::Duplicates,
    plan::{Draft, Plan, Row},
    run,
    source::Batch,
    store,
    world::{Changed, Fate, World},
};
use crate::{ImportId, LeadId};

/// What a chunk would do.
#[derive(Debug, Clone, Default)]
pub struct Foreseen {
    created: i64,
    updated: i64,
    skipped: i64,
    faulty: Vec<(i64, Vec<Fault>)>,
    /// What the chunks behind go by.
    seen: Vec<(String, String)>,
}

/// Ids below zero, which nothing else has, for what a row would make.
fn contact_of(row: i64) -> ContactId {
    ContactId(-2 * row - 1)
}
fn company_of(row: i64) -> ContactId {
    ContactId(-2 * row - 2)
}
fn lead_of(row: i64) -> LeadId {
    LeadId(-row - 1)
}

/// Looks at a chunk as a run would, and writes nothing.
pub fn foresee(c: &Conn<'_>, id: ImportId, plan: &Plan, batch: &Batch<Row>) -> Result<Foreseen> {
    let mut world = World::foresee(c, id, plan, &batch.rows)?;
    let mut f = Foreseen::default();
    for (n, row) in batch.rows.iter().enumerate() {
        let at = batch.from + n as i64;
        match row {
            Row::Blank => f.skipped += 1,
            Row::Faulty(faults) => f.faulty.push((at, faults.clone())),
            Row::Lead(draft) => match world.fate(plan, draft) {
                Fate::Skipped => f.skipped += 1,
                Fate::Faulty(faults) => f.faulty.push((at, faults)),
                Fate::Made(contact) => {
                    f.created += 1;
                    make(&mut world, plan, at, draft, contact)?;
                }
                Fate::Changed(changed) => {
                    f.updated += 1;
                    change(&mut world, at, draft, *changed)?;
                }
            },
        }
    }
    f.seen = world.into_fresh().into_iter().collect();
    Ok(f)
}

/// Notes what a run would have made. Rows that are skipped where there is a lead ask for no more than that there is one, and
/// where every row makes a lead nothing is asked.
fn make(world: &mut World, plan: &Plan, at: i64, draft: &Draft, contact: Option<ContactId>) -> Result<()> {
    if plan.options.duplicates == Duplicates::Create {
        return Ok(());
    }
    let id = contact.unwrap_or_else(|| contact_of(at));
    world.add_addresses(draft, id)?;
    if plan.options.duplicates == Duplicates::Skip {
        return world.add_lead_only(id, lead_of(at));
    }
    let shown = draft.methods.first().map_or("", |m| m.value.as_str());
    let name = match (&draft.name, world.standing(id)) {
        (Some(name), _) => name.clone(),
        (None, Some(standing)) => standing.name.clone(),
        (None, None) => shown.to_owned(),
    };
    if contact.is_none() {
        let company = match &draft.company {
            Some(company) => Some(company_named(world, at, company)?),
            None => None,
        };
        world.set_standing(id, Standing { name: name.clone(), is_person: true, company })?;
    } else {
        hire(world, at, draft, id, false)?;
    }
    let owner = match (&draft.owner, plan.options.strategy) {
        (Some(owner), _) => Some(owner),
        (None, Some(_)) => None,
        (None, None) => plan.owner.as_ref(),
    };
    let facts = Facts::of_new(plan, draft, name, owner);
    world.add_lead(id, lead_of(at), facts, &draft.students)
}

fn change(world: &mut World, at: i64, draft: &Draft, changed: Changed) -> Result<()> {
    world.add_addresses(draft, changed.contact)?;
    hire(world, at, draft, changed.contact, true)?;
    world.change_lead(changed.lead, changed.after, &changed.students)
}

fn hire(world: &mut World, at: i64, draft: &Draft, contact: ContactId, always: bool) -> Result<()> {
    let Some(company) = world.employer(draft, contact, always) else { return Ok(()) };
    let company = company_named(world, at, company)?;
    match world.standing(contact).cloned() {
        Some(standing) => world.set_standing(contact, Standing { company: Some(company), ..standing }),
        None => Ok(()),
    }
}

fn company_named(world: &mut World, at: i64, name: &str) -> Result<ContactId> {
    if let Some(id) = world.company(name) {
        return Ok(id);
    }
    world.add_company(name, company_of(at))?;
    Ok(company_of(at))
}

/// Keeps what a check found; false when it is not this one's turn any more.
pub fn keep(tx: &Tx<'_>, id: ImportId, batch: &Batch<Row>, f: &Foreseen, told: bool) -> Result<bool> {
    let Some(mut import) = run::at(tx, id, State::Checking, batch.from)? else { return Ok(false) };
    import.created_rows += f.created;
    import.updated_rows += f.updated;
    import.skipped_rows += f.skipped;
    import.failed_rows += f.faulty.len() as i64;
    store::note_faults(tx, id, &f.faulty)?;
    store::note_seen(tx, id, &f.seen)?;
    run::close(tx, &mut import, batch, State::Checked, told)?;
    Ok(true)
}
