//! `/pipelines`.

use axum::extract::State;
use people::{Desk, access::Caller};
use platform::{
    Result,
    http::{Api, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Pipeline, PipelinesRead};
use crate::Crm;

/// The routes of pipelines.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    route!(api, list_pipelines);
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
