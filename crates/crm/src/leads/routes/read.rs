//! `GET /leads/{id}`.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Crm, LeadId,
    leads::{
        LeadScope, LeadsRead,
        view::{self, LeadView},
        visible,
    },
    timeline,
};

/// What happened last, so many at most.
const ACTIVITIES: i64 = 20;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, get_lead, alias "/lead/{id}" get);
}

/// A lead with what happened last.
#[derive(Debug, Serialize, ToSchema)]
struct LeadDetail {
    #[serde(flatten)]
    lead: LeadView,
    /// The newest 20 entries of its timeline.
    activities: Vec<timeline::Entry>,
}

/// A lead with its contact, its students, how its score comes about and what happened last.
#[utoipa::path(get, path = "/leads/{id}", tag = "Leads", responses((status = 200, body = LeadDetail)))]
async fn get_lead(caller: Caller<LeadsRead>, State(crm): State<Crm>, Id(id): Id) -> Result<Json<LeadDetail>> {
    let (scope, now) = (LeadScope::of(&caller), crm.desk.clock.now());
    let db = crm.desk.db.clone();
    let view = db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        let activities = match caller.principal.vendor_id {
            None => timeline::last(c, &crm, &caller.principal, &lead, ACTIVITIES)?,
            // What is said about its lead here is not for a vendor.
            Some(_) => Vec::new(),
        };
        Ok(LeadDetail { lead: view::view(c, &scope, &lead, now)?, activities })
    });
    view.await.map(Json)
}
