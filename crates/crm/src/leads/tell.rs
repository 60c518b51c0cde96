//! What a change of a lead is told as: one event for what it was given to, where it stands, and the rest.

use platform::{
    Result, Tx,
    events::{self, NewEvent, Origin},
};
use serde_json::{Map, Value as Json, json};

use super::{Lead, Outcome, events as kinds, students};
use crate::pipelines::{Pipeline, Stage};

/// Tells everything but the move.
pub(super) fn changed(
    tx: &Tx<'_>,
    origin: &Origin,
    before: &Lead,
    after: &Lead,
    how: Option<&str>,
) -> Result<()> {
    if (before.owner_id, before.department_id) != (after.owner_id, after.department_id) {
        let side = |l: &Lead| json!({ "owner_id": l.owner_id, "department_id": l.department_id });
        let data = json!({ "before": side(before), "after": side(after), "how": how.unwrap_or("manual") });
        record(tx, origin, after, kinds::ASSIGNED, data)?;
    }
    match (before.archived_at, after.archived_at) {
        (None, Some(_)) => record(tx, origin, after, kinds::ARCHIVED, json!({}))?,
        (Some(_), None) => record(tx, origin, after, kinds::RESTORED, json!({}))?,
        _ => {}
    }
    let mut fields: Vec<&str> = Vec::new();
    let (mut old, mut new) = (Map::new(), Map::new());
    macro_rules! open {
        ($($field:ident),*) => {$(
            if before.$field != after.$field {
                fields.push(stringify!($field));
                old.insert(stringify!($field).to_owned(), json!(before.$field));
                new.insert(stringify!($field).to_owned(), json!(after.$field));
            }
        )*};
    }
    macro_rules! closed {
        ($($field:ident),*) => { $(if before.$field != after.$field { fields.push(stringify!($field)); })* };
    }
    open!(source, disposition, priority, value, currency, tags, score, contact_id, checklist);
    closed!(name, notes, custom);
    if fields.is_empty() {
        return Ok(());
    }
    record(tx, origin, after, kinds::UPDATED, json!({ "fields": fields, "before": old, "after": new }))
}

/// Won or lost is told besides the move; with whom a won one brings.
pub(super) fn ended(
    tx: &Tx<'_>,
    origin: &Origin,
    before: Option<&Lead>,
    after: &Lead,
    pipeline: &Pipeline,
    stage: &Stage,
) -> Result<()> {
    let was = before.and_then(|l| l.outcome);
    match after.outcome {
        Some(Outcome::Won) if was != Some(Outcome::Won) => {
            let data = json!({
                "pipeline_id": after.pipeline_id, "status": stage.key, "value": after.value, "currency": after.currency,
            });
            record(tx, origin, after, kinds::WON, data)?;
            if !pipeline.has_students {
                return Ok(());
            }
            let students: Vec<i64> = students::of_leads(tx, &[after.id])?.iter().map(|s| s.id).collect();
            record(tx, origin, after, kinds::STUDENT_ENROLLED, json!({ "student_ids": students }))
        }
        Some(Outcome::Lost) if was != Some(Outcome::Lost) => {
            let data =
                json!({ "pipeline_id": after.pipeline_id, "status": stage.key, "reason": after.lost_reason });
            record(tx, origin, after, kinds::LOST, data)
        }
        _ => Ok(()),
    }
}

/// Records something about a lead, to whom it concerns.
pub(super) fn record(
    tx: &Tx<'_>,
    origin: &Origin,
    lead: &Lead,
    kind: &'static str,
    data: Json,
) -> Result<()> {
    let event = NewEvent::new(kind, "lead", lead.id.0, data)
        .contact(lead.contact_id.0)
        .scope(lead.department_id.map(|d| d.0), lead.owner_id.map(|u| u.0));
    events::record(tx, origin, event)
}
