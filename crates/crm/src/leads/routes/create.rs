//! `POST /leads`: a lead by hand, by a program, by a vendor.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Json, RawBody, parse_json},
    route,
};

use crate::{
    Crm,
    leads::{
        LeadScope, LeadsCreate,
        input::{self, Body, Sender},
        view::{self, LeadView},
    },
    vendors,
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, create_lead);
}

/// Makes a lead. Its contact is whoever has one of the addresses, or a new one.
///
/// With a vendor's key the vendor's own rules say what is posted; the answer is `{status, lead_id, message}` then, and
/// 409 `duplicate_lead` for an address that a lead has already.
#[utoipa::path(post, path = "/leads", tag = "Leads", request_body = Body, responses((status = 201, body = LeadView), (status = 404)))]
async fn create_lead(
    caller: Caller<LeadsCreate>,
    State(crm): State<Crm>,
    RawBody(bytes): RawBody,
) -> Result<Response> {
    if caller.principal.vendor_id.is_some() {
        let body = parse_json(&bytes)?;
        return Ok(vendors::post(&crm, &caller.principal, &caller.origin, body).await?.into_response());
    }
    let body: Body = Json::check(parse_json(&bytes)?)?;
    let view = crm.desk.db.write_locked(input::locks(&body), move |tx| {
        let sees = LeadScope::of(&caller);
        let sender = Sender { principal: &caller.principal, scope: caller.scope, sees: &sees };
        let lead = input::make(tx, &caller.origin, sender, &body)?;
        view::view(tx, &sees, &lead, tx.now())
    });
    Ok((StatusCode::CREATED, Json(view.await?)).into_response())
}
