//! `GET /pipeline/summary`.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Conn, Error, Result,
    http::{Api, Json, Query},
    route,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Crm, PipelineId,
    leads::{
        LeadScope, LeadsRead,
        aging::{self, PipelineSummary},
    },
    pipelines::{self, Pipeline},
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, pipeline_summary);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The default pipeline unless said.
    #[param(value_type = Option<i64>, minimum = 1)]
    pipeline_id: Option<PipelineId>,
}

/// How many leads there are in each stage of a pipeline, how many of them are overdue, and what they are worth.
#[utoipa::path(get, path = "/pipeline/summary", tag = "Pipelines", responses((status = 200, body = PipelineSummary), (status = 404)))]
async fn pipeline_summary(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Query(which): Query<Which>,
) -> Result<Json<PipelineSummary>> {
    let scope = LeadScope::of(&caller);
    let read = crm.desk.db.read(move |c| {
        let pipeline = pipeline(c, which.pipeline_id)?;
        aging::summary(c, &scope, &pipeline)
    });
    read.await.map(Json)
}

/// The pipeline that is asked for, or the default one.
pub(super) fn pipeline(c: &Conn<'_>, id: Option<PipelineId>) -> Result<Pipeline> {
    match id {
        None => pipelines::default(c),
        Some(id) => pipelines::get(c, id)?.ok_or_else(|| Error::not_found("pipeline")),
    }
}
