//! `PATCH /leads/{id}/status`: a lead goes on.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, IfMatch, Json, Query, RawBody},
    route,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{once, optional};
use crate::{
    Crm, LeadId,
    leads::{
        LeadScope, LeadsWrite, in_use,
        input::change::{self as input, ChangeBody},
        view::{self, LeadView},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, set_lead_status);
}

/// Where it goes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadStatusInput {
    /// The key of a stage.
    #[schema(max_length = 60)]
    status: Option<String>,
    /// Why; asked for where it is lost.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// Another spelling of `reason`.
    #[schema(max_length = 500)]
    note: Option<String>,
    /// Another pipeline, whose stage it is then.
    #[schema(minimum = 1)]
    pipeline_id: Option<i64>,
    /// What it is worth, where the other pipeline counts in another currency.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    value: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
struct LeadStatusQuery {
    /// Instead of the body's.
    #[param(max_length = 60)]
    status: Option<String>,
}

/// Moves a lead to another stage. Where it was, for how long and who moved it are kept.
#[utoipa::path(patch, path = "/leads/{id}/status", tag = "Leads", request_body = Option<LeadStatusInput>,
    responses((status = 200, body = LeadView)))]
async fn set_lead_status(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    Query(query): Query<LeadStatusQuery>,
    version: IfMatch,
    RawBody(bytes): RawBody,
) -> Result<Json<LeadView>> {
    let said = optional::<LeadStatusInput>(&bytes)?.unwrap_or_default();
    let status = once("status", said.status, query.status)?;
    let body = ChangeBody {
        status: Some(status),
        reason: said.reason.or(said.note),
        pipeline_id: said.pipeline_id,
        value: said.value.map(Some),
        ..ChangeBody::default()
    };
    let view = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let scope = LeadScope::of(&caller);
        let lead = in_use(tx, &scope, LeadId(id))?;
        version.check(lead.version)?;
        let lead = input::apply(tx, &caller.origin, &caller.principal, &lead, &body)?;
        view::view(tx, &scope, &lead, tx.now())
    });
    view.await.map(Json)
}
