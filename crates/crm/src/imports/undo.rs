//! Takes an import back, from its last row to its first: what it made goes, what it changed is put back, and what somebody
//! has worked on since stays as it is.

use people::{DepartmentId, UserId, contacts};
use platform::{Result, Tx, error::Code, events::Origin};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{
    State,
    store::{self, Done},
    tell_progress,
};
use crate::{
    ImportId, StageId,
    leads::{self, Change, intake, ledger::Tally},
    pipelines,
};

/// Rows of one transaction.
pub const ROWS: i64 = 100;

/// What a lead was before the import changed it.
#[derive(Debug, Deserialize)]
struct Before {
    name: String,
    source: String,
    owner_id: Option<UserId>,
    department_id: Option<DepartmentId>,
    stage_id: StageId,
    reason: Option<String>,
    disposition: Option<String>,
    value: Option<i64>,
    tags: Vec<String>,
    notes: String,
    custom: Map<String, Json>,
}

/// Takes back the next rows; false when there are no more, or it is not this one's turn any more.
pub fn chunk(tx: &Tx<'_>, id: ImportId, told: bool) -> Result<bool> {
    let Some(mut import) = store::lock(tx, id)?.filter(|i| i.state == State::Undoing) else {
        return Ok(false);
    };
    let rows = store::before(tx, id, import.position, ROWS)?;
    let Some(origin) = import.authority.as_ref().map(|a| a.origin(id)) else { return Ok(false) };
    let mut tally = Tally::default();
    for row in &rows {
        let lead = match leads::get(tx, row.lead)? {
            Some(_) => Some(leads::lock(tx, row.lead)?),
            None => None,
        };
        match lead {
            None => {}
            Some(_) if is_kept(tx, &origin, row)? => {
                import.kept_rows += 1;
                continue;
            }
            Some(lead) if row.made_lead => intake::remove(tx, &origin, &lead, id, &mut tally)?,
            Some(lead) => match put_back(tx, &origin, &lead, row) {
                // What it was is not possible any more.
                Err(e) if e.code == Code::Invalid => {
                    import.kept_rows += 1;
                    continue;
                }
                put => put?,
            },
        }
        match row.made_contact {
            true => intake::remove_contact(tx, &origin, row.contact, row.event_id)?,
            false => contacts::bulk::detach(tx, &origin, row.contact, &row.methods)?,
        }
        match row.made_lead {
            true => import.created_rows -= 1,
            false => import.updated_rows -= 1,
        }
        store::forget(tx, id, row.row)?;
    }
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

fn is_kept(tx: &Tx<'_>, own: &Origin, row: &Done) -> Result<bool> {
    intake::is_touched(tx, own, row.lead, row.event_id)
}

fn put_back(tx: &Tx<'_>, origin: &Origin, lead: &leads::Lead, row: &Done) -> Result<()> {
    let Some(before) = row.before.clone() else { return Ok(()) };
    let before: Before = serde_json::from_value(before).map_err(platform::Error::internal)?;
    let pipeline = pipelines::get(tx, lead.pipeline_id)?;
    let stage = pipeline.as_ref().and_then(|p| Some((p, p.stage(before.stage_id)?)));
    let change = Change {
        name: Some(before.name),
        source: Some(before.source),
        owner: Some((before.owner_id, before.department_id)),
        how: Some("import"),
        stage,
        reason: before.reason,
        disposition: Some(before.disposition),
        value: Some(before.value),
        tags: Some(before.tags),
        notes: Some(before.notes),
        custom: Some(before.custom),
        ..Change::default()
    };
    leads::change(tx, origin, lead, change).map(|_| ())
}
