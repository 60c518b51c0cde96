//! `GET /pipeline/aging`.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Cursor, Json, Page, Query},
    route,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::summary::pipeline;
use crate::{
    Crm, PipelineId,
    leads::{
        LeadScope, LeadsRead,
        aging::{self, Aging},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, pipeline_aging);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The default pipeline unless said.
    #[param(value_type = Option<i64>, minimum = 1)]
    pipeline_id: Option<PipelineId>,
    /// In their stage for longer than so many days; 3 unless said.
    #[param(minimum = 0, maximum = 3650)]
    threshold_days: Option<i64>,
    /// Leads per page, 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Open leads that have been in their stage for longer than `threshold_days`, the longest first, and how many those are in
/// each stage.
#[utoipa::path(get, path = "/pipeline/aging", tag = "Pipelines", responses((status = 200, body = Aging), (status = 404)))]
async fn pipeline_aging(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Query(which): Query<Which>,
) -> Result<Json<Aging>> {
    let (scope, now) = (LeadScope::of(&caller), crm.desk.clock.now());
    let cursor = which.cursor.filter(|c| !c.is_empty()).map(|c| Cursor::decode(&c)).transpose()?;
    let page = Page { limit: which.limit.unwrap_or(Page::default().limit), cursor, offset: 0 };
    let read = crm.desk.db.read(move |c| {
        let pipeline = pipeline(c, which.pipeline_id)?;
        aging::aging(c, &crm.counts, &scope, &pipeline, which.threshold_days.unwrap_or(3), &page, now)
    });
    read.await.map(Json)
}
