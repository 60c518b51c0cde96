//! Tasks that a stage asks for: made when a lead begins in it or enters it, handed on with the lead. An import makes none: it
//! brings what was already being worked on.

use people::UserId;
use platform::{Error, Result, Tx, clock::HOUR, db::Reactors, events::Recorded};
use serde_json::Value as Json;

use super::{Change, NewTask, change, create, store};
use crate::{LeadId, leads, pipelines};

/// What tasks do when leads move and are given away.
pub fn reactors(r: &mut Reactors) {
    r.on(leads::events::CREATED, |tx, event| match event.data["import_id"].is_null() {
        true => entered(tx, event),
        false => Ok(()),
    });
    r.on(leads::events::STATUS_CHANGED, entered);
    r.on(leads::events::ASSIGNED, given);
}

/// The stage's tasks for the lead's owner. One that is still open from an earlier stay is not made again.
fn entered(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let Some(lead) = leads::get(tx, LeadId(event.subject_id))? else { return Ok(()) };
    let stage = pipelines::stage(tx, lead.stage_id)?.ok_or_else(|| Error::internal("a lead has no stage"))?;
    if stage.follow_ups.is_empty() {
        return Ok(());
    }
    let open = store::open_follow_ups(tx, lead.id)?;
    for wanted in stage.follow_ups.iter().filter(|w| !open.iter().any(|t| t.title == w.title)) {
        let due_at = wanted.due_hours.map(|hours| tx.now() + hours * HOUR);
        let new = NewTask {
            title: wanted.title.clone(),
            description: wanted.description.clone(),
            due_at,
            remind_at: due_at,
            assignee_id: lead.owner_id,
            department_id: lead.department_id,
            is_follow_up: true,
            ..NewTask::default()
        };
        create(tx, &event.origin, Some(&lead), new)?;
    }
    Ok(())
}

/// Open follow-ups that were the former owner's, or nobody's, are the new one's.
fn given(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let side = |name: &str| event.data.pointer(name).and_then(Json::as_i64).map(UserId);
    let (before, after) = (side("/before/owner_id"), side("/after/owner_id"));
    if before == after {
        return Ok(());
    }
    for task in store::open_follow_ups(tx, LeadId(event.subject_id))? {
        if task.assignee_id.is_none() || task.assignee_id == before {
            let assignee = Some((after, event.department_id.map(people::DepartmentId)));
            change::apply(tx, &event.origin, &task, Change { assignee, ..Change::default() })?;
        }
    }
    Ok(())
}
