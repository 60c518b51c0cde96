//! `PATCH` and `DELETE /leads/{id}`, `POST /leads/{id}/restore`.

use axum::{extract::State, http::StatusCode};
use people::access::Caller;
use platform::{
    Error, Result,
    http::{Api, Id, IfMatch, Json},
    route,
};

use crate::{
    Crm, LeadId,
    leads::{
        Change, LeadScope, LeadsDelete, LeadsWrite, change, in_use,
        input::change::{self as input, ChangeBody},
        locked,
        view::{self, LeadView},
    },
    pipelines,
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, change_lead);
    route!(api, archive_lead);
    route!(api, restore_lead);
}

/// Changes what is named; `null` clears. Addresses are the contact's.
#[utoipa::path(patch, path = "/leads/{id}", tag = "Leads", responses((status = 200, body = LeadView)))]
async fn change_lead(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<ChangeBody>,
) -> Result<Json<LeadView>> {
    let view = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let scope = LeadScope::of(&caller);
        let lead = in_use(tx, &scope, LeadId(id))?;
        version.check(lead.version)?;
        let lead = input::apply(tx, &caller.origin, &caller.principal, &lead, &body)?;
        view::view(tx, &scope, &lead, tx.now())
    });
    view.await.map(Json)
}

/// Archives a lead: it counts no more and is not shown, unless it is asked for.
#[utoipa::path(delete, path = "/leads/{id}", tag = "Leads", responses((status = 204)))]
async fn archive_lead(
    caller: Caller<LeadsDelete>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    put_away(&crm, caller, id, version, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings an archived lead back.
#[utoipa::path(post, path = "/leads/{id}/restore", tag = "Leads", responses((status = 200, body = LeadView)))]
async fn restore_lead(
    caller: Caller<LeadsDelete>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<Json<LeadView>> {
    put_away(&crm, caller, id, version, false).await.map(Json)
}

async fn put_away(
    crm: &Crm,
    caller: Caller<LeadsDelete>,
    id: i64,
    version: IfMatch,
    away: bool,
) -> Result<LeadView, Error> {
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let scope = LeadScope::of(&caller);
        let lead = locked(tx, &scope, LeadId(id))?;
        version.check(lead.version)?;
        let pipeline = pipelines::get(tx, lead.pipeline_id)?;
        let mut put = Change { is_archived: Some(away), ..Change::default() };
        if let Some(pipeline) = pipeline.as_ref().filter(|_| !away) {
            // Its stage may have gone meanwhile.
            let is_there = pipeline.stage(lead.stage_id).is_some_and(|s| s.is_active);
            put.stage = if is_there { None } else { Some((pipeline, pipeline.first_stage()?)) };
        }
        let lead = change(tx, &caller.origin, &lead, put)?;
        view::view(tx, &scope, &lead, tx.now())
    });
    write.await
}
