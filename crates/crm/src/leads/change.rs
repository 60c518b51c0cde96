//! The two ways in which a lead comes about and changes.

use people::{ContactId, DepartmentId, UserId};
use platform::{
    Error, Fault, Result, Tx,
    clock::Millis,
    events::{Actor, Origin},
};
use serde_json::{Map, Value as Json, json};

use super::{
    Lead, Outcome, Priority, custom,
    due::due_at,
    events as kinds, ledger, score, store,
    students::{self, NewStudent},
    tags, tell,
};
use crate::{
    ImportId, LeadId, VendorId, interactions,
    pipelines::{Pipeline, Stage, StageKind, Term},
    tasks,
};

/// What a new lead starts with. `custom`, `disposition` and the like have been checked against the pipeline.
#[derive(Debug, Clone)]
pub struct NewLead<'a> {
    pub contact_id: ContactId,
    pub pipeline: &'a Pipeline,
    pub stage: &'a Stage,
    pub name: String,
    pub source: String,
    pub owner_id: Option<UserId>,
    pub department_id: Option<DepartmentId>,
    pub vendor_id: Option<VendorId>,
    pub disposition: Option<String>,
    pub priority: Priority,
    pub value: Option<i64>,
    pub tags: Vec<String>,
    pub notes: String,
    pub custom: Map<String, Json>,
    pub metadata: Json,
    /// Checked.
    pub students: Vec<NewStudent>,
    pub lost_reason: Option<String>,
    pub import_id: Option<ImportId>,
}

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct Change<'a> {
    pub name: Option<String>,
    pub source: Option<String>,
    pub contact_id: Option<ContactId>,
    /// Somebody, or nobody, with the department that follows.
    pub owner: Option<(Option<UserId>, Option<DepartmentId>)>,
    /// How the owner was chosen, for the event: `manual`, `round_robin`, `capacity_based`.
    pub how: Option<&'static str>,
    /// A stage of `pipeline`, which may be another than before.
    pub stage: Option<(&'a Pipeline, &'a Stage)>,
    /// Why it moved; asked for where it is lost.
    pub reason: Option<String>,
    pub disposition: Option<Option<String>>,
    pub priority: Option<Priority>,
    pub value: Option<Option<i64>>,
    /// What the score goes by changed elsewhere: an interaction, an address.
    pub rescore: bool,
    pub tags: Option<Vec<String>>,
    pub notes: Option<String>,
    pub custom: Option<Map<String, Json>>,
    pub checklist: Option<Vec<String>>,
    pub last_interaction_at: Option<Millis>,
    pub first_contact_at: Option<Millis>,
    pub is_overdue: Option<bool>,
    pub is_archived: Option<bool>,
}

/// Makes a lead: the row, its place in the counts, the first line of its way, its event.
pub fn create(tx: &Tx<'_>, origin: &Origin, mut new: NewLead<'_>) -> Result<Lead> {
    let (pipeline, stage, students) = (new.pipeline, new.stage, std::mem::take(&mut new.students));
    let mut lead = begun(tx.now(), origin, new);
    (lead.score, lead.score_parts) = score::of(tx, &lead, pipeline)?;
    settle(tx, origin, &mut lead, pipeline, stage, &students)?;
    ledger::count(tx, None, Some(&lead))?;
    Ok(lead)
}

/// A lead as it begins, before it has a score and an id.
pub(super) fn begun(now: Millis, origin: &Origin, new: NewLead<'_>) -> Lead {
    let outcome = outcome(new.stage.kind);
    let mut lead = Lead {
        id: LeadId(0),
        contact_id: new.contact_id,
        pipeline_id: new.pipeline.id,
        stage_id: new.stage.id,
        name: new.name,
        source: new.source,
        owner_id: new.owner_id,
        department_id: new.department_id,
        vendor_id: new.vendor_id,
        disposition: new.disposition,
        priority: new.priority,
        value: new.value,
        currency: new.pipeline.currency.clone(),
        score: 0,
        score_parts: Json::Array(Vec::new()),
        tags: new.tags,
        notes: new.notes,
        custom: new.custom,
        checklist: Vec::new(),
        metadata: new.metadata,
        stage_entered_at: now,
        last_interaction_at: None,
        first_contact_at: None,
        touched_at: now,
        due_at: None,
        is_overdue: false,
        outcome,
        lost_reason: new.lost_reason.filter(|_| outcome == Some(Outcome::Lost)),
        closed_at: outcome.map(|_| now),
        archived_at: None,
        import_id: new.import_id,
        created_by: match origin.actor {
            Actor::User(id) => Some(UserId(id)),
            _ => None,
        },
        created_at: now,
        updated_at: now,
        version: 1,
    };
    lead.due_at = due_at(&lead, new.pipeline.sla(new.stage).as_ref());
    lead
}

/// Stores a lead that has begun, with all that belongs to it but its place in the counts, and tells of it.
pub(super) fn settle(
    tx: &Tx<'_>,
    origin: &Origin,
    lead: &mut Lead,
    pipeline: &Pipeline,
    stage: &Stage,
    students: &[NewStudent],
) -> Result<()> {
    lead.id = store::insert(tx, lead)?;
    for student in students {
        students::insert(tx, lead.id, student)?;
    }
    if !lead.custom.is_empty() {
        custom::index(tx, pipeline, lead)?;
    }
    tags::index(tx, None, lead)?;
    store::insert_move(tx, origin, lead.id, None, lead.stage_id, None, None)?;
    let data = json!({
        "pipeline_id": lead.pipeline_id, "status": stage.key, "source": lead.source, "owner_id": lead.owner_id,
        "department_id": lead.department_id, "vendor_id": lead.vendor_id, "import_id": lead.import_id,
    });
    tell::record(tx, origin, lead, kinds::CREATED, data)?;
    tell::ended(tx, origin, None, lead, pipeline, stage)
}

/// Applies `change` to `before`, which this transaction has read. The lead as it is then.
///
/// Errors: 422 when a lost lead would have no reason, or a value another currency; `stale_version` when somebody was faster.
pub fn change(tx: &Tx<'_>, origin: &Origin, before: &Lead, change: Change<'_>) -> Result<Lead> {
    let now = tx.now();
    let mut after = before.clone();
    macro_rules! take {
        ($($field:ident),*) => { $(if let Some(v) = change.$field { after.$field = v; })* };
    }
    take!(name, source, contact_id, disposition, priority, value, tags, notes, custom, checklist, is_overdue);
    if let Some((owner, department)) = change.owner {
        (after.owner_id, after.department_id) = (owner, department);
    }
    if let Some(at) = change.last_interaction_at {
        after.last_interaction_at = Some(at);
    }
    if let Some(at) = change.first_contact_at {
        after.first_contact_at = Some(at);
    }
    match change.is_archived {
        Some(true) => after.archived_at = after.archived_at.or(Some(now)),
        Some(false) => after.archived_at = None,
        None => {}
    }
    let moved = change.stage.filter(|(_, stage)| stage.id != before.stage_id);
    let from = match moved {
        Some(_) => crate::pipelines::stage(tx, before.stage_id)?,
        None => None,
    };
    if let Some((pipeline, stage)) = moved {
        if after.currency != pipeline.currency && after.value.is_some() && change.value.is_none() {
            let words = format!("say what it is worth in {}", pipeline.currency);
            return Err(Error::invalid(vec![Fault::new("value", "required", words)]));
        }
        enter(&mut after, pipeline, stage, change.reason.as_deref(), now)?;
    }
    if after == *before && !change.rescore {
        return Ok(after);
    }
    rate(tx, before, &mut after, moved.map(|(p, _)| p), change.rescore)?;
    if after == *before {
        return Ok(after);
    }
    after.touched_at = after.stage_entered_at.max(after.last_interaction_at.unwrap_or(0));
    if after.touched_at != before.touched_at || after.archived_at != before.archived_at || moved.is_some() {
        let sla = match moved {
            Some((pipeline, stage)) => pipeline.sla(stage),
            None => crate::pipelines::sla_of(tx, after.stage_id)?,
        };
        after.due_at = due_at(&after, sla.as_ref());
        after.is_overdue = after.is_overdue && moved.is_none() && after.due_at.is_some_and(|d| d <= now);
    }
    after.updated_at = now;
    after.version = before.version + 1;
    store::update(tx, &after, before.version)?;
    tags::index(tx, Some(before), &after)?;
    ledger::count(tx, Some(before), Some(&after))?;
    if after.contact_id != before.contact_id {
        // Its history goes along: nobody's page says half of it.
        tasks::hand_over(tx, after.id, after.contact_id)?;
        interactions::hand_over(tx, after.id, after.contact_id)?;
        platform::events::hand_over(tx, "lead", after.id.0, before.contact_id.0, after.contact_id.0)?;
    }
    tell::changed(tx, origin, before, &after, change.how)?;
    if let Some((pipeline, stage)) = moved {
        let from_key = from.map(|s| s.key);
        let time = now - before.stage_entered_at;
        let reason = change.reason.as_deref();
        store::insert_move(tx, origin, after.id, Some(before.stage_id), stage.id, Some(time), reason)?;
        let data = json!({
            "pipeline_id": pipeline.id, "before": { "status": from_key }, "after": { "status": stage.key },
            "time_in_previous": time, "reason": reason,
        });
        tell::record(tx, origin, &after, kinds::STATUS_CHANGED, data)?;
        tell::ended(tx, origin, Some(before), &after, pipeline, stage)?;
    }
    Ok(after)
}

/// The score, where something that it goes by has changed; and what lists are filtered by.
fn rate(tx: &Tx<'_>, before: &Lead, after: &mut Lead, into: Option<&Pipeline>, rescore: bool) -> Result<()> {
    let facts = |l: &Lead| {
        let words = (l.name.clone(), l.source.clone(), l.tags.clone(), l.custom.clone(), l.checklist.clone());
        (words, l.contact_id, l.stage_id, l.value, l.priority, l.first_contact_at)
    };
    let refields = after.custom != before.custom || after.pipeline_id != before.pipeline_id;
    if !rescore && !refields && facts(before) == facts(after) {
        return Ok(());
    }
    let own = match into {
        Some(_) => None,
        None => crate::pipelines::get(tx, after.pipeline_id)?,
    };
    let pipeline = into.or(own.as_ref()).ok_or_else(|| Error::internal("a lead without its pipeline"))?;
    (after.score, after.score_parts) = score::of(tx, after, pipeline)?;
    if refields {
        custom::index(tx, pipeline, after)?;
    }
    Ok(())
}

/// Puts the lead into a stage.
fn enter(
    lead: &mut Lead,
    pipeline: &Pipeline,
    stage: &Stage,
    reason: Option<&str>,
    now: Millis,
) -> Result<()> {
    if lead.pipeline_id != pipeline.id {
        // Words of the pipeline that it leaves.
        let known = |terms: &[Term], key: &String| terms.iter().any(|t| t.key == *key);
        lead.disposition = lead.disposition.take().filter(|key| known(&pipeline.dispositions, key));
        lead.checklist.retain(|key| known(&pipeline.checklist, key));
    }
    let outcome = outcome(stage.kind);
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    if outcome == Some(Outcome::Lost) && reason.is_none() {
        let known = pipeline.lost_reasons.join(", ");
        let words =
            format!("say why it is lost{}", if known.is_empty() { known } else { format!(": {known}") });
        return Err(Error::invalid(vec![Fault::new("reason", "required", words)]));
    }
    lead.pipeline_id = pipeline.id;
    lead.currency.clone_from(&pipeline.currency);
    lead.stage_id = stage.id;
    lead.stage_entered_at = now;
    lead.last_interaction_at = Some(now);
    lead.is_overdue = false;
    lead.lost_reason = reason.filter(|_| outcome == Some(Outcome::Lost)).map(ToOwned::to_owned);
    lead.closed_at = outcome.map(|_| now);
    lead.outcome = outcome;
    Ok(())
}

fn outcome(kind: StageKind) -> Option<Outcome> {
    match kind {
        StageKind::Open => None,
        StageKind::Won => Some(Outcome::Won),
        StageKind::Lost => Some(Outcome::Lost),
    }
}
