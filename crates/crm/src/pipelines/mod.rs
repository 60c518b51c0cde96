//! Pipelines: the ways that leads go, as data.
//!
//! Invariants: a stage's `key` and a field's `key` never change; one pipeline is the default, always active; a pipeline has
//! at least one open stage, the first of which takes new leads; a stage that leads are in goes only with word of where they
//! go, and one that they were in stays as a name; a field never changes its kind. This slice never changes a lead: it asks
//! for that to be done.

mod builtin;
pub mod draft;
pub mod events;
mod routes;
mod sla;
pub(crate) mod store;
mod write;

use std::{collections::HashMap, sync::Arc};

use people::{BusinessHoursId, permission};
use platform::{Conn, Error, Fault, Result, business_hours::Schedule};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    draft::Draft,
    routes::api,
    sla::{Sla, reactors, sla_of},
    write::{Change, change, create, deactivate, ensure_default, remove_stage, upsert_by_key},
};

use crate::{PipelineId, StageId};

permission! {
    /// See pipelines, their stages and fields.
    pub PipelinesRead = "pipelines.read";
    /// Make and change pipelines.
    pub PipelinesWrite = "pipelines.write";
}

platform::words!(
    /// What being in a stage means.
    StageKind { Open = "open", Won = "won", Lost = "lost" }
);
platform::words!(
    /// What a field holds.
    FieldKind { Text = "text", Number = "number", Date = "date", Bool = "bool", Choice = "choice" }
);

/// A way that leads go.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Pipeline {
    pub id: PipelineId,
    pub key: String,
    pub name: String,
    pub is_default: bool,
    pub is_active: bool,
    /// ISO 4217.
    pub currency: String,
    pub has_students: bool,
    /// The outcome words that a lead can be given.
    pub dispositions: Vec<Term>,
    /// What should be done for every lead.
    pub checklist: Vec<Term>,
    pub lost_reasons: Vec<String>,
    /// What the hours of its stages are counted in; null: the clock.
    #[schema(required)]
    pub business_hours_id: Option<BusinessHoursId>,
    /// The same, ready to count with.
    #[serde(skip)]
    pub schedule: Option<Arc<Schedule>>,
    /// In order; also those that are not active.
    pub stages: Vec<Stage>,
    pub fields: Vec<Field>,
    pub version: i64,
}

/// A word with a stable key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// A place in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stage {
    pub id: StageId,
    #[serde(skip)]
    pub pipeline_id: PipelineId,
    /// Never changes: the API's `status`.
    pub key: String,
    pub name: String,
    #[schema(inline)]
    pub kind: StageKind,
    /// Hours without an interaction until a lead here is overdue.
    pub sla_hours: Option<i64>,
    pub position: i64,
    /// Tasks made when a lead enters.
    pub follow_ups: Vec<FollowUp>,
    pub is_active: bool,
}

/// A task made when a lead enters a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Due so many hours after entering.
    #[schema(minimum = 0, maximum = 8760)]
    pub due_hours: Option<i64>,
}

/// A field of a pipeline's leads besides the usual ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Field {
    pub id: i64,
    /// Never changes: the key in a lead's `custom`.
    pub key: String,
    pub label: String,
    #[schema(inline)]
    pub kind: FieldKind,
    /// For `choice`.
    pub options: Vec<String>,
    pub is_required: bool,
    /// Lists of leads can be filtered by it: `?custom.<key>=…`.
    pub is_filterable: bool,
    pub position: i64,
    pub is_active: bool,
}

impl Pipeline {
    /// Where new leads begin.
    pub fn first_stage(&self) -> Result<&Stage> {
        let open = self.stages.iter().find(|s| s.is_active && s.kind == StageKind::Open);
        open.ok_or_else(|| Error::internal("a pipeline has no open stage"))
    }
    pub fn stage(&self, id: StageId) -> Option<&Stage> {
        self.stages.iter().find(|s| s.id == id)
    }
    /// The time limit of one of its stages.
    pub fn sla(&self, stage: &Stage) -> Option<Sla> {
        stage.sla_hours.map(|hours| Sla { hours, within: self.schedule.clone() })
    }
    /// An active stage by its key. Errors: 422 on `field`.
    pub fn stage_by_key(&self, key: &str, field: &str) -> Result<&Stage, Fault> {
        let found = self.stages.iter().find(|s| s.is_active && s.key == key);
        found.ok_or_else(|| {
            let known: Vec<_> = self.stages.iter().filter(|s| s.is_active).map(|s| s.key.as_str()).collect();
            Fault::new(field, "not_one_of", format!("must be one of {}", known.join(", ")))
        })
    }
}

/// A pipeline with its stages and fields. Three queries, and one more for business hours.
pub fn get(c: &Conn<'_>, id: PipelineId) -> Result<Option<Pipeline>> {
    Ok(store::load(c, Some(id))?.pop())
}

/// One stage.
pub fn stage(c: &Conn<'_>, id: StageId) -> Result<Option<Stage>> {
    store::stage(c, id)
}

/// Key and name of stages; whoever is not there is left out. One query.
pub fn stage_names(c: &Conn<'_>, ids: &[StageId]) -> Result<HashMap<StageId, (String, String)>> {
    store::stage_names(c, ids)
}

/// By its key.
pub fn by_key(c: &Conn<'_>, key: &str) -> Result<Option<Pipeline>> {
    Ok(all(c)?.into_iter().find(|p| p.key == key))
}

/// What new leads go into unless something else is said. Errors: 409 when there is no pipeline yet.
pub fn default(c: &Conn<'_>) -> Result<Pipeline> {
    let found = all(c)?.into_iter().find(|p| p.is_default);
    found.ok_or_else(|| {
        Error::conflict(
            platform::error::Code::WrongState,
            "There is no pipeline yet; apply a preset or make one.",
        )
    })
}

/// All, in order. Three queries, and one more for business hours; they are few.
pub fn all(c: &Conn<'_>) -> Result<Vec<Pipeline>> {
    store::load(c, None)
}
