//! A change of a lead as somebody sends it, checked whole before anything is stored.

use std::collections::BTreeMap;

use people::{
    UserId,
    access::{Permission, Principal, Scope},
    contacts,
};
use platform::{Error, Fault, Result, Tx, events::Origin, http::nullable};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{currency, giveable, known_term, reachable, term_key, words};
use crate::{
    leads::{Change, Lead, LeadsAssign, LeadsWrite, Priority, assign, change, custom},
    pipelines::{self, Pipeline, Stage, StageKind},
};

/// What to change; what is not named stays, `null` clears.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeadChange)]
pub struct ChangeBody {
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Another spelling of `name`.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    pub parent_name: Option<String>,
    /// The contact that it is of.
    #[schema(value_type = i64, required = false, minimum = 1)]
    pub contact_id: Option<i64>,
    #[schema(value_type = String, required = false, min_length = 1, max_length = 60)]
    pub source: Option<String>,
    /// The key of a stage.
    #[schema(max_length = 60)]
    pub status: Option<String>,
    /// Another pipeline; at its first stage unless `status` is said.
    #[schema(minimum = 1)]
    pub pipeline_id: Option<i64>,
    /// Why it moves; asked for where it is lost.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub assigned_to: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub department_id: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 60)]
    pub disposition: Option<Option<String>>,
    #[schema(inline)]
    pub priority: Option<Priority>,
    /// Minor units of the pipeline's currency.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub value: Option<Option<i64>>,
    /// May be said; must be the pipeline's.
    #[schema(max_length = 3)]
    pub currency: Option<String>,
    /// All of them.
    #[schema(max_items = 50)]
    pub tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 20_000)]
    pub notes: Option<Option<String>>,
    /// Fields of the pipeline by key; those that are not named stay.
    pub custom: Option<Map<String, Json>>,
    /// The keys that are done, all of them.
    #[schema(max_items = 100)]
    pub checklist: Option<Vec<String>>,
    /// Another spelling of `checklist`: each key with whether it is done.
    #[schema(value_type = Option<Object>)]
    pub checklist_data: Option<BTreeMap<String, bool>>,
}

/// Changes `lead`, which is locked, as `body` says.
///
/// Errors: 422 with every fault; 403 for an owner where the caller may not assign.
pub fn apply(
    tx: &Tx<'_>,
    origin: &Origin,
    principal: &Principal,
    lead: &Lead,
    body: &ChangeBody,
) -> Result<Lead> {
    let mut faults = Vec::new();
    let write = principal.scope_of(LeadsWrite::ACTION).unwrap_or(Scope::Own);
    let place = destination(tx, lead, body, &mut faults)?;
    let stage = place.as_ref().and_then(|(p, id)| Some((p, p.stage((*id)?)?)));
    let mut changes = Change { reason: body.reason.clone(), ..Change::default() };
    if let Some((pipeline, _)) = &place {
        of_pipeline(pipeline, lead, body, &mut changes, &mut faults);
    }
    if let Some((_, stage)) = stage {
        lost_needs_reason(stage, lead, body.reason.as_deref(), &mut faults);
    }
    changes.stage = stage.filter(|_| body.status.is_some() || body.pipeline_id.is_some());
    if let Some(name) = body.name.as_ref().or(body.parent_name.as_ref()) {
        match name.trim() {
            "" => faults.push(Fault::new("name", "too_short", "must not be empty")),
            name => changes.name = Some(name.to_owned()),
        }
    }
    if let Some(source) = &body.source {
        match source.trim() {
            "" => faults.push(Fault::new("source", "too_short", "must not be empty")),
            source => changes.source = Some(source.to_owned()),
        }
    }
    if let Some(id) = body.contact_id.map(people::ContactId) {
        match contacts::standing(tx, id)? {
            None => faults.push(Fault::new("contact_id", "not_found", "there is no such contact")),
            standing => changes.contact_id = standing,
        }
    }
    changes.priority = body.priority;
    changes.value = body.value;
    changes.tags = body.tags.as_ref().map(|t| words::tags("tags", t, &mut faults));
    changes.notes = body.notes.clone().map(Option::unwrap_or_default);
    changes.owner = owner(tx, principal, lead, body, write, &mut faults)?;
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    change(tx, origin, lead, changes)
}

/// The pipeline that counts, and the stage that the lead is to be in, where that is one.
fn destination(
    tx: &Tx<'_>,
    lead: &Lead,
    body: &ChangeBody,
    faults: &mut Vec<Fault>,
) -> Result<Option<(Pipeline, Option<crate::StageId>)>> {
    let other = body.pipeline_id.filter(|id| *id != lead.pipeline_id.0);
    let found = match other {
        Some(id) => pipelines::get(tx, crate::PipelineId(id))?.filter(|p| p.is_active),
        None => pipelines::get(tx, lead.pipeline_id)?,
    };
    let Some(pipeline) = found else {
        faults.push(Fault::new("pipeline_id", "not_found", "there is no such active pipeline"));
        return Ok(None);
    };
    let stage = match (&body.status, other) {
        // Where it is already it may stay, whatever became of the stage.
        (Some(key), None) if pipeline.stage(lead.stage_id).is_some_and(|s| s.key == *key) => {
            Ok(lead.stage_id)
        }
        (Some(key), _) => pipeline.stage_by_key(key, "status").map(|s| s.id),
        (None, Some(_)) => Ok(pipeline.first_stage()?.id),
        (None, None) => Ok(lead.stage_id),
    };
    let stage = stage.map_err(|fault| faults.push(fault)).ok();
    Ok(Some((pipeline, stage)))
}

/// What is said in the pipeline's own words.
fn of_pipeline(
    pipeline: &Pipeline,
    lead: &Lead,
    body: &ChangeBody,
    changes: &mut Change<'_>,
    faults: &mut Vec<Fault>,
) {
    currency(body.currency.as_deref(), pipeline, faults);
    if let Some(disposition) = &body.disposition {
        let key = disposition.as_deref().and_then(|said| term_key(said, &pipeline.dispositions));
        if key != lead.disposition.as_deref() {
            known_term("disposition", key, &pipeline.dispositions, faults);
        }
        changes.disposition = Some(key.map(ToOwned::to_owned));
    }
    // Another pipeline asks for its own fields; what only the former one asked for is left behind.
    let arrives = pipeline.id != lead.pipeline_id;
    if arrives && lead.value.is_some() && body.value.is_none() && lead.currency != pipeline.currency {
        let words = format!("say what it is worth in {}", pipeline.currency);
        faults.push(Fault::new("value", "required", words));
    }
    if arrives {
        let known = |key: &String| pipeline.fields.iter().any(|f| f.key == *key);
        let mut custom: Map<String, Json> =
            lead.custom.clone().into_iter().filter(|(key, _)| known(key)).collect();
        custom.extend(body.custom.clone().unwrap_or_default());
        changes.custom = Some(custom::check(pipeline, &custom, &Map::new(), true, faults));
    } else if let Some(custom) = &body.custom {
        changes.custom = Some(custom::check(pipeline, custom, &lead.custom, false, faults));
    }
    let done = match (&body.checklist, &body.checklist_data) {
        (Some(done), _) => Some(done.clone()),
        (None, Some(said)) => {
            let mut done = lead.checklist.clone();
            done.retain(|key| said.get(key) != Some(&false));
            done.extend(said.iter().filter(|(_, is)| **is).map(|(key, _)| key.clone()));
            for key in said.keys() {
                known_term(&format!("checklist_data.{key}"), Some(key), &pipeline.checklist, faults);
            }
            Some(done)
        }
        (None, None) => None,
    };
    if let Some(done) = done {
        for (n, key) in done.iter().enumerate().filter(|(_, k)| !lead.checklist.contains(k)) {
            if body.checklist.is_some() {
                known_term(&format!("checklist.{n}"), Some(key), &pipeline.checklist, faults);
            }
        }
        // In the checklist's own order, each once.
        let mut ordered: Vec<String> =
            pipeline.checklist.iter().filter(|t| done.contains(&t.key)).map(|t| t.key.clone()).collect();
        ordered.extend(
            lead.checklist
                .iter()
                .filter(|k| done.contains(k) && !ordered.contains(k))
                .cloned()
                .collect::<Vec<_>>(),
        );
        changes.checklist = Some(ordered);
    }
}

fn lost_needs_reason(stage: &Stage, lead: &Lead, reason: Option<&str>, faults: &mut Vec<Fault>) {
    let moves = stage.id != lead.stage_id;
    if moves && stage.kind == StageKind::Lost && reason.is_none_or(|r| r.trim().is_empty()) {
        faults.push(Fault::new("reason", "required", "say why it is lost"));
    }
}

type Owner = (Option<UserId>, Option<people::DepartmentId>);

fn owner(
    tx: &Tx<'_>,
    principal: &Principal,
    lead: &Lead,
    body: &ChangeBody,
    write: Scope,
    faults: &mut Vec<Fault>,
) -> Result<Option<Owner>> {
    let mut after: Owner = (lead.owner_id, lead.department_id);
    if let Some(to) = body.assigned_to.filter(|to| *to != lead.owner_id.map(|u| u.0)) {
        let Some(scope) = principal.scope_of(LeadsAssign::ACTION) else {
            return Err(Error { detail: "You may not give leads to people.".into(), ..Error::forbidden() });
        };
        after.0 = None;
        if let Some(id) = to
            && let Some(staff) = giveable(tx, principal, scope, UserId(id), "assigned_to", faults)?
        {
            after = (Some(staff.id), assign::department_for(lead.department_id, &staff));
        }
    }
    if let Some(department) = body.department_id {
        let to = department.map(people::DepartmentId);
        match to {
            Some(id) if to != lead.department_id => reachable(tx, principal, write, id, faults)?,
            None if write != Scope::All && lead.department_id.is_some() && after.0 != principal.user_id() => {
                faults.push(Fault::new("department_id", "not_allowed", "must stay one of yours"));
            }
            _ => {}
        }
        after.1 = to;
    }
    Ok(Some(after).filter(|a| *a != (lead.owner_id, lead.department_id)))
}
