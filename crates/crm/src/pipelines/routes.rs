//! `/pipelines`.

use axum::{extract::State, http::StatusCode};
use people::{BusinessHoursId, Desk, access::Caller};
use platform::{
    Error, Result,
    http::{Api, Id, Ids2, IfMatch, Json, Query, nullable},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Change, Draft, Pipeline, PipelinesRead, PipelinesWrite, Term,
    draft::{FieldDraft, StageDraft},
};
use crate::{Crm, PipelineId, StageId};

/// The routes of pipelines.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    route!(api, list_pipelines);
    route!(api, get_pipeline);
    route!(api, create_pipeline);
    route!(api, change_pipeline);
    route!(api, deactivate_pipeline);
    route!(api, remove_stage);
    api
}

/// All pipelines; they are few.
#[derive(Debug, Serialize, ToSchema)]
struct PipelineList {
    pipelines: Vec<Pipeline>,
}

/// Pipelines with their stages and fields.
#[utoipa::path(get, path = "/pipelines", tag = "Pipelines", responses((status = 200, body = PipelineList)))]
async fn list_pipelines(_: Caller<PipelinesRead>, State(desk): State<Desk>) -> Result<Json<PipelineList>> {
    let pipelines = desk.db.read(super::all).await?;
    Ok(Json(PipelineList { pipelines }))
}

/// A pipeline with its stages and fields.
#[utoipa::path(get, path = "/pipelines/{id}", tag = "Pipelines", responses((status = 200, body = Pipeline)))]
async fn get_pipeline(
    _: Caller<PipelinesRead>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<Pipeline>> {
    let found = desk.db.read(move |c| super::get(c, PipelineId(id))).await?;
    found.map(Json).ok_or_else(|| Error::not_found("pipeline"))
}

/// Makes a pipeline with its stages and fields. The first one is the default.
#[utoipa::path(post, path = "/pipelines", tag = "Pipelines", responses((status = 201, body = Pipeline)))]
async fn create_pipeline(
    caller: Caller<PipelinesWrite>,
    State(desk): State<Desk>,
    Json(draft): Json<Draft>,
) -> Result<(StatusCode, Json<Pipeline>)> {
    let made = desk.db.write(move |tx| super::create(tx, &caller.origin, &draft)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// What to change; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PipelineChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// ISO 4217. Stays as long as there are leads.
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// Only true: another one becomes the default by saying so there.
    is_default: Option<bool>,
    is_active: Option<bool>,
    has_students: Option<bool>,
    #[schema(max_items = 100)]
    dispositions: Option<Vec<Term>>,
    #[schema(max_items = 100)]
    checklist: Option<Vec<Term>>,
    #[schema(max_items = 100)]
    lost_reasons: Option<Vec<String>>,
    /// What the hours of its stages are counted in; null: the clock. Open leads follow in the background.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    business_hours_id: Option<Option<BusinessHoursId>>,
    /// All of them, in order. One with leads in it cannot be left out.
    #[schema(min_items = 1, max_items = 50)]
    stages: Option<Vec<StageDraft>>,
    /// All of them, in order. What leads hold in one that is left out stays.
    #[schema(max_items = 100)]
    fields: Option<Vec<FieldDraft>>,
}

/// Changes a pipeline. Stages and fields are given whole; keys never change.
#[utoipa::path(patch, path = "/pipelines/{id}", tag = "Pipelines", responses((status = 200, body = Pipeline)))]
async fn change_pipeline(
    caller: Caller<PipelinesWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<PipelineChange>,
) -> Result<Json<Pipeline>> {
    let change = Change {
        name: change.name,
        currency: change.currency,
        is_default: change.is_default,
        is_active: change.is_active,
        has_students: change.has_students,
        dispositions: change.dispositions,
        checklist: change.checklist,
        lost_reasons: change.lost_reasons,
        business_hours_id: change.business_hours_id,
        stages: change.stages,
        fields: change.fields,
    };
    let write =
        desk.db.write(move |tx| super::change(tx, &caller.origin, PipelineId(id), version.0, &change));
    write.await.map(Json)
}

/// Takes a pipeline out of use, once no leads are in it. Its name stays in their histories.
#[utoipa::path(delete, path = "/pipelines/{id}", tag = "Pipelines", responses((status = 204)))]
async fn deactivate_pipeline(
    caller: Caller<PipelinesWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    desk.db.write(move |tx| super::deactivate(tx, &caller.origin, PipelineId(id), version.0)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the leads of a stage go that is taken out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Away {
    /// The key of another stage of the pipeline. Must be said where leads are in the stage.
    #[param(max_length = 60)]
    move_to: Option<String>,
    /// Why, where they are lost by it.
    #[param(max_length = 500)]
    reason: Option<String>,
}

/// Takes a stage out of a pipeline. Leads in it are moved in the background, each as if somebody had moved it: with its
/// history, events and follow-ups. The stage stays in the pipeline, inactive, as long as anything was ever in it.
#[utoipa::path(delete, path = "/pipelines/{id}/stages/{stage_id}", tag = "Pipelines", responses((status = 200, body = Pipeline)))]
async fn remove_stage(
    caller: Caller<PipelinesWrite>,
    State(desk): State<Desk>,
    Ids2(id, stage): Ids2,
    Query(away): Query<Away>,
    version: IfMatch,
) -> Result<Json<Pipeline>> {
    let which = (PipelineId(id), StageId(stage));
    let write = desk.db.write(move |tx| {
        let away = (away.move_to.as_deref(), away.reason.as_deref());
        super::remove_stage(tx, &caller.origin, which, version.0, away)
    });
    write.await.map(Json)
}
