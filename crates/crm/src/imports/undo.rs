//! Takes an import back, from its last row to its first: what it made goes, what it changed is put back, and what somebody
//! has worked on since stays as it is. Only what was recorded of it remains.

use people::contacts::bulk;
use platform::{Result, Tx, clock::Millis, error::Code, events::Origin};
use serde::{Deserialize, Serialize};

use super::{
    State,
    facts::Facts,
    store::{self, Done},
    tell_progress,
};
use crate::{
    ImportId,
    leads::{
        self, Change, Lead,
        intake::{self, Clocks},
        ledger::Tally,
    },
    pipelines,
};

/// Rows of one transaction.
pub const ROWS: i64 = 100;

/// What a lead was before the import changed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    facts: Facts,
    stage_entered_at: Millis,
    last_interaction_at: Option<Millis>,
    closed_at: Option<Millis>,
    is_overdue: bool,
    /// The students whom the import added; none in what was kept before it did.
    #[serde(default)]
    added_students: Vec<i64>,
}

impl Before {
    pub fn of(l: &Lead, added_students: Vec<i64>) -> Self {
        Before {
            facts: Facts::of(l),
            stage_entered_at: l.stage_entered_at,
            last_interaction_at: l.last_interaction_at,
            closed_at: l.closed_at,
            is_overdue: l.is_overdue,
            added_students,
        }
    }
}

/// Takes back the next rows; false when there are no more, or it is not this one's turn any more.
pub fn chunk(tx: &Tx<'_>, id: ImportId, told: bool) -> Result<bool> {
    let Some(mut import) = store::lock(tx, id)?.filter(|i| i.state == State::Undoing) else {
        return Ok(false);
    };
    let rows = store::before(tx, id, import.position, ROWS)?;
    let Some(origin) = import.authority.as_ref().map(|a| a.origin(id)) else { return Ok(false) };
    let mut tally = Tally::default();
    let mut gone = Vec::with_capacity(rows.len());
    for row in &rows {
        if !take_back(tx, &origin, id, row, &mut tally)? {
            import.kept_rows += 1;
            continue;
        }
        match row.made_lead {
            true => import.created_rows -= 1,
            false => import.updated_rows -= 1,
        }
        gone.push(row.row);
    }
    store::forget(tx, id, &gone)?;
    tally.store(tx)?;
    import.position = rows.last().map_or(0, |r| r.row);
    let is_last = (rows.len() as i64) < ROWS;
    if is_last {
        (import.position, import.state) = (0, State::Undone);
        import.finished_at = Some(tx.now());
    }
    store::update(tx, &import)?;
    if told || is_last {
        tell_progress(tx, &import)?;
    }
    Ok(!is_last)
}

/// False where it stays, because somebody has worked on it since, or what it was is not possible any more.
fn take_back(tx: &Tx<'_>, origin: &Origin, id: ImportId, row: &Done, tally: &mut Tally) -> Result<bool> {
    if leads::get(tx, row.lead)?.is_some() {
        if intake::is_touched(tx, origin, row.lead, row.event_id)? {
            return Ok(false);
        }
        let lead = leads::lock(tx, row.lead)?;
        match row.made_lead {
            true => intake::remove(tx, origin, &lead, id, tally)?,
            false => match put_back(tx, origin, &lead, row) {
                Err(e) if e.code == Code::Invalid => return Ok(false),
                put => put?,
            },
        }
    }
    match row.made_contact {
        true => intake::remove_contact(tx, origin, row.contact, row.event_id)?,
        false => bulk::detach(tx, origin, row.contact, &row.methods)?,
    }
    if let Some(employer) = row.employer_before {
        dismiss(tx, origin, row, employer)?;
    }
    if let Some(company) = row.made_company {
        intake::remove_contact(tx, origin, company, row.event_id)?;
    }
    Ok(true)
}

/// They work for whom they worked before, unless somebody has said otherwise since.
fn dismiss(tx: &Tx<'_>, origin: &Origin, row: &Done, employer: Option<people::ContactId>) -> Result<()> {
    let present = bulk::standings(tx, &[row.contact])?.remove(&row.contact);
    let own = origin.request_id.as_deref();
    let is_touched = platform::events::touched_since(tx, "contact", row.contact.0, row.event_id, own)?;
    match present.filter(|p| p.company != employer && !is_touched) {
        Some(_) => bulk::employ(tx, origin, row.contact, employer),
        None => Ok(()),
    }
}

fn put_back(tx: &Tx<'_>, origin: &Origin, lead: &Lead, row: &Done) -> Result<()> {
    let Some(before) = row.before.clone() else { return Ok(()) };
    let facts = before.facts;
    let pipeline = pipelines::get(tx, lead.pipeline_id)?;
    let stage = pipeline.as_ref().and_then(|p| Some((p, p.stage(facts.stage_id)?)));
    let moved = facts.stage_id != lead.stage_id;
    let change = Change {
        name: Some(facts.name),
        source: Some(facts.source),
        owner: Some((facts.owner_id, facts.department_id)),
        how: Some("import"),
        stage,
        reason: facts.reason,
        disposition: Some(facts.disposition),
        priority: facts.priority,
        value: Some(facts.value),
        tags: Some(facts.tags),
        notes: Some(facts.notes),
        custom: Some(facts.custom),
        ..Change::default()
    };
    leads::change(tx, origin, lead, change)?;
    intake::remove_students(tx, origin, lead, &before.added_students)?;
    if !moved {
        return Ok(());
    }
    let clocks = Clocks {
        currency: facts.currency,
        stage_entered_at: before.stage_entered_at,
        last_interaction_at: before.last_interaction_at,
        closed_at: before.closed_at,
        is_overdue: before.is_overdue,
    };
    intake::turn_back(tx, origin, lead.id, clocks)
}
