//! How pipelines come about and change.

use people::{BusinessHoursId, business_hours};
use platform::{
    Conn, Error, Fault, Result, Tx,
    error::Code,
    events::{self, NewEvent, Origin},
};
use serde_json::{Map, Value as Json, json};

use super::{
    Field, Pipeline, Stage, StageKind, Term, builtin, draft,
    draft::{Draft, FieldDraft, StageDraft},
    events as kinds, get, store,
};
use crate::{PipelineId, StageId};

/// What to change; `None` leaves a part alone. Stages and fields are given whole, in order.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub currency: Option<String>,
    /// Only true: another one becomes the default by saying so there.
    pub is_default: Option<bool>,
    pub is_active: Option<bool>,
    pub has_students: Option<bool>,
    pub dispositions: Option<Vec<Term>>,
    pub checklist: Option<Vec<Term>>,
    pub lost_reasons: Option<Vec<String>>,
    pub business_hours_id: Option<Option<BusinessHoursId>>,
    pub stages: Option<Vec<StageDraft>>,
    pub fields: Option<Vec<FieldDraft>>,
}

/// Makes a pipeline. The first one is the default. Errors: 422 with every fault; 409 `duplicate` for a taken key.
pub fn create(tx: &Tx<'_>, origin: &Origin, draft: &Draft) -> Result<Pipeline> {
    let mut faults = draft.faults();
    known(tx, draft.business_hours_id, &mut faults)?;
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let others = store::load(tx, None)?;
    let default = others.iter().find(|p| p.is_default);
    let is_default = draft.is_default || default.is_none();
    if let Some(old) = default.filter(|_| is_default) {
        not_default(tx, origin, old)?;
    }
    let id = store::insert(tx, draft, is_default, others.len() as i64)?.ok_or_else(|| Error {
        faults: vec![Fault::new("key", "duplicate", "belongs to another pipeline")],
        ..Error::conflict(Code::Duplicate, "There is a pipeline with this key.")
    })?;
    for (n, stage) in draft.stages.iter().enumerate() {
        store::insert_stage(tx, id, stage, n as i64)?;
    }
    for (n, field) in draft.fields.iter().enumerate() {
        store::insert_field(tx, id, field, n as i64)?;
    }
    record(tx, origin, kinds::CREATED, id, json!({ "key": draft.key, "name": draft.name.trim() }))?;
    must(tx, id)
}

/// Makes the pipeline `draft.key` unless it is there; what is there stays as it is. It takes the place of the built-in one
/// as long as nobody has changed or used that.
pub fn upsert_by_key(tx: &Tx<'_>, origin: &Origin, draft: &Draft) -> Result<PipelineId> {
    let all = store::load(tx, None)?;
    if let Some(there) = all.iter().find(|p| p.key == draft.key) {
        return Ok(there.id);
    }
    let idle = all.iter().find(|p| p.key == builtin::KEY && p.is_default && p.version == 1);
    let idle = match idle {
        Some(p) if !store::is_used(tx, p.id)? => Some(p.id),
        _ => None,
    };
    let is_default = idle.is_some() || all.is_empty();
    let made = create(tx, origin, &Draft { is_default, ..draft.clone() })?;
    if let Some(idle) = idle {
        store::delete(tx, idle)?;
    }
    Ok(made.id)
}

/// For the start of a desk: where there is no pipeline at all, the built-in one is made.
pub fn ensure_default(tx: &Tx<'_>) -> Result<()> {
    match store::any(tx)? {
        true => Ok(()),
        false => create(tx, &Origin::system(), &builtin::draft()).map(|_| ()),
    }
}

/// Changes a pipeline that the caller has read at `expected`, if it said so.
///
/// Errors: 404; 422 with every fault; 409 `stale_version`, or `wrong_state` where leads stand in the way.
pub fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    id: PipelineId,
    expected: Option<i64>,
    change: &Change,
) -> Result<Pipeline> {
    let before = store::load_locked(tx, id)?.ok_or_else(|| Error::not_found("pipeline"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let mut faults = faults(&before, change);
    known(tx, change.business_hours_id.flatten(), &mut faults)?;
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let mut after = before.clone();
    macro_rules! take {
        ($($field:ident),*) => { $(if let Some(v) = &change.$field { after.$field.clone_from(v); })* };
    }
    take!(name, currency, is_default, is_active, has_students, dispositions, checklist, lost_reasons);
    take!(business_hours_id);
    after.name = after.name.trim().to_owned();
    if !after.is_active && after.is_default {
        return Err(Error::conflict(Code::WrongState, "The default pipeline is always active."));
    }
    if after.currency != before.currency && store::has_leads(tx, id)? {
        let detail = "The currency stays, because there are leads whose value is in it.";
        return Err(Error::conflict(Code::WrongState, detail));
    }
    if let Some(wanted) = &change.stages {
        put_stages(tx, &before, wanted)?;
    }
    if let Some(wanted) = &change.fields {
        put_fields(tx, &before, wanted)?;
    }
    if after.is_default && !before.is_default {
        let old = store::load(tx, None)?.into_iter().find(|p| p.is_default);
        old.map_or(Ok(()), |old| not_default(tx, origin, &old))?;
    }
    store::update(tx, &after)?;
    let after = must(tx, id)?;
    if after.business_hours_id != before.business_hours_id {
        for stage in after.stages.iter().filter(|s| s.sla_hours.is_some()) {
            crate::leads::due::reschedule(tx, stage.id)?;
        }
    }
    let (old, new) = differences(&before, &after);
    if old.is_empty() && new.is_empty() {
        return Ok(after);
    }
    record(tx, origin, kinds::UPDATED, id, json!({ "before": old, "after": new }))?;
    Ok(after)
}

/// A fault where there are no such business hours.
fn known(c: &Conn<'_>, hours: Option<BusinessHoursId>, faults: &mut Vec<Fault>) -> Result<()> {
    if let Some(id) = hours
        && business_hours::get(c, id)?.is_none()
    {
        faults.push(Fault::new("business_hours_id", "not_found", "there are no such business hours"));
    }
    Ok(())
}

fn faults(before: &Pipeline, change: &Change) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(name) = &change.name {
        draft::text("name", name, 100, &mut faults);
    }
    if let Some(currency) = &change.currency {
        draft::currency(currency, &mut faults);
    }
    if change.is_default == Some(false) && before.is_default {
        faults.push(Fault::new("is_default", "not_one_of", "must be true: make another one the default"));
    }
    change.dispositions.iter().for_each(|t| draft::terms("dispositions", t, &mut faults));
    change.checklist.iter().for_each(|t| draft::terms("checklist", t, &mut faults));
    change.lost_reasons.iter().for_each(|r| draft::reasons(r, &mut faults));
    change.stages.iter().for_each(|s| draft::stages(s, &mut faults));
    for wanted in change.fields.iter() {
        draft::fields(wanted, &mut faults);
        for (n, field) in wanted.iter().enumerate() {
            if before.fields.iter().any(|f| f.key == field.key && f.kind != field.kind) {
                let words = "cannot change, because leads hold values of it";
                faults.push(Fault::new(format!("fields.{n}.kind"), "not_allowed", words));
            }
        }
    }
    faults
}

/// Makes `wanted` the stages. One that is left out goes, unless leads are in it; where it was ever used it stays as a
/// name in their histories.
fn put_stages(tx: &Tx<'_>, pipeline: &Pipeline, wanted: &[StageDraft]) -> Result<()> {
    for stage in &pipeline.stages {
        let kept = wanted.iter().find(|w| w.key == stage.key);
        match kept {
            None if store::has_leads_in(tx, stage.id)? => return Err(in_use(stage, "cannot go")),
            None if store::stage_is_used(tx, stage.id)? => store::deactivate_stage(tx, stage.id)?,
            None => store::delete_stage(tx, stage.id)?,
            Some(kept) if kept.kind != stage.kind && store::stage_is_used(tx, stage.id)? => {
                return Err(in_use(stage, "stays what it is"));
            }
            Some(_) => {}
        }
    }
    for (n, draft) in wanted.iter().enumerate() {
        match pipeline.stages.iter().find(|s| s.key == draft.key) {
            None => store::insert_stage(tx, pipeline.id, draft, n as i64)?,
            Some(there) => {
                store::update_stage(tx, there.id, draft, n as i64)?;
                if there.sla_hours != draft.sla_hours {
                    crate::leads::due::reschedule(tx, there.id)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes a stage out. The leads in it go to the stage `to`, in the background, as if somebody had moved them: `reason` is
/// why, where they are lost by it. Nothing enters the stage from now on.
///
/// Errors: 404; 422 with every fault; 409 `stale_version`, `has_open_work` where leads are in it and nobody said where they
/// go, `wrong_state` for the last open one.
pub fn remove_stage(
    tx: &Tx<'_>,
    origin: &Origin,
    (id, stage): (PipelineId, StageId),
    expected: Option<i64>,
    (to, reason): (Option<&str>, Option<&str>),
) -> Result<Pipeline> {
    let before = store::load_locked(tx, id)?.ok_or_else(|| Error::not_found("pipeline"))?;
    let stage = before.stage(stage).filter(|s| s.is_active).ok_or_else(|| Error::not_found("stage"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let others = || before.stages.iter().filter(|s| s.is_active && s.id != stage.id);
    let target = to.map(|key| (key, others().find(|s| s.key == key)));
    match target {
        Some((_, None)) => {
            let known: Vec<_> = others().map(|s| s.key.as_str()).collect();
            let words = format!("must be one of {}", known.join(", "));
            return Err(Error::invalid_field("move_to", "not_one_of", words));
        }
        Some((_, Some(to))) if to.kind == StageKind::Lost && reason.is_none_or(|r| r.trim().is_empty()) => {
            return Err(Error::invalid_field("reason", "required", "say why they are lost"));
        }
        _ => {}
    }
    if !others().any(|s| s.kind == StageKind::Open) {
        let detail = "It is the last open stage, and new leads begin in one.";
        return Err(Error::conflict(Code::WrongState, detail));
    }
    match (store::has_leads_in(tx, stage.id)?, target.and_then(|(_, to)| to)) {
        (true, None) => {
            let detail = format!("Leads are in the stage `{}`; say with `move_to` where they go.", stage.key);
            return Err(Error::conflict(Code::HasOpenWork, detail));
        }
        (true, Some(to)) => {
            store::deactivate_stage(tx, stage.id)?;
            crate::leads::upkeep::empty_stage(tx, origin, stage.id, to.id, reason)?;
        }
        (false, _) if store::stage_is_used(tx, stage.id)? => store::deactivate_stage(tx, stage.id)?,
        (false, _) => store::delete_stage(tx, stage.id)?,
    }
    store::update(tx, &before)?;
    let after = must(tx, id)?;
    let (old, new) = differences(&before, &after);
    record(tx, origin, kinds::UPDATED, id, json!({ "before": old, "after": new }))?;
    Ok(after)
}

fn in_use(stage: &Stage, what: &str) -> Error {
    let detail = format!("The stage `{}` {what}: leads are, or were, in it. Move them first.", stage.key);
    Error::conflict(Code::WrongState, detail)
}

/// Makes `wanted` the fields. One that is left out is no longer shown or asked for; what leads hold in it stays.
fn put_fields(tx: &Tx<'_>, pipeline: &Pipeline, wanted: &[FieldDraft]) -> Result<()> {
    for field in pipeline.fields.iter().filter(|f| !wanted.iter().any(|w| w.key == f.key)) {
        store::deactivate_field(tx, field.id)?;
    }
    for (n, draft) in wanted.iter().enumerate() {
        match pipeline.fields.iter().find(|f| f.key == draft.key) {
            None => store::insert_field(tx, pipeline.id, draft, n as i64)?,
            Some(there) => {
                store::update_field(tx, there.id, draft, n as i64)?;
                if draft.is_filterable && !(there.is_filterable && there.is_active) {
                    crate::leads::upkeep::index_field(tx, pipeline.id)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes a pipeline out of use. Errors: 404; 409 `wrong_state` for the default one, `has_open_work` while leads are in it.
pub fn deactivate(tx: &Tx<'_>, origin: &Origin, id: PipelineId, expected: Option<i64>) -> Result<()> {
    if store::has_present_leads(tx, id)? {
        let detail = "There are leads in this pipeline; move or archive them first.";
        return Err(Error::conflict(Code::HasOpenWork, detail));
    }
    let away = Change { is_active: Some(false), ..Change::default() };
    change(tx, origin, id, expected, &away).map(|_| ())
}

fn not_default(tx: &Tx<'_>, origin: &Origin, old: &Pipeline) -> Result<()> {
    store::update(tx, &Pipeline { is_default: false, ..old.clone() })?;
    let data = json!({ "before": { "is_default": true }, "after": { "is_default": false } });
    record(tx, origin, kinds::UPDATED, old.id, data)
}

fn must(tx: &Tx<'_>, id: PipelineId) -> Result<Pipeline> {
    get(tx, id)?.ok_or_else(|| Error::not_found("pipeline"))
}

/// The parts in which two states differ; of stages and fields those that do, by key.
fn differences(before: &Pipeline, after: &Pipeline) -> (Map<String, Json>, Map<String, Json>) {
    let (mut old, mut new) = (Map::new(), Map::new());
    let mut tell = |name: &str, was: Json, is: Json| {
        if was != is {
            old.insert(name.to_owned(), was);
            new.insert(name.to_owned(), is);
        }
    };
    macro_rules! tell {
        ($($field:ident),*) => { $(tell(stringify!($field), json!(before.$field), json!(after.$field));)* };
    }
    tell!(name, currency, is_default, is_active, has_students, dispositions, checklist, lost_reasons);
    tell!(business_hours_id);
    let stages = |p: &Pipeline, other: &Pipeline| {
        let same = |s: &&Stage| !other.stages.contains(s);
        let facts = |s: &Stage| {
            (
                s.key.clone(),
                json!({ "name": s.name, "kind": s.kind, "sla_hours": s.sla_hours, "position": s.position, "follow_ups": s.follow_ups, "is_active": s.is_active }),
            )
        };
        p.stages.iter().filter(same).map(facts).collect::<Map<_, _>>()
    };
    tell("stages", json!(stages(before, after)), json!(stages(after, before)));
    let fields = |p: &Pipeline, other: &Pipeline| {
        let same = |f: &&Field| !other.fields.contains(f);
        let facts = |f: &Field| {
            (
                f.key.clone(),
                json!({ "label": f.label, "options": f.options, "is_required": f.is_required, "is_filterable": f.is_filterable, "position": f.position, "is_active": f.is_active }),
            )
        };
        p.fields.iter().filter(same).map(facts).collect::<Map<_, _>>()
    };
    tell("fields", json!(fields(before, after)), json!(fields(after, before)));
    (old, new)
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, id: PipelineId, data: Json) -> Result<()> {
    events::record(tx, origin, NewEvent::new(kind, "pipeline", id.0, data))
}
