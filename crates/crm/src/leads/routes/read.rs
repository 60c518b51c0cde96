//! `GET /leads/{id}`.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, Json},
    route,
};

use crate::{
    Crm, LeadId,
    leads::{
        LeadScope, LeadsRead,
        view::{self, LeadView},
        visible,
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, get_lead, alias "/lead/{id}" get);
}

/// A lead with its contact, its students and how its score comes about.
#[utoipa::path(get, path = "/leads/{id}", tag = "Leads", responses((status = 200, body = LeadView)))]
async fn get_lead(caller: Caller<LeadsRead>, State(crm): State<Crm>, Id(id): Id) -> Result<Json<LeadView>> {
    let (scope, now) = (LeadScope::of(&caller), crm.desk.clock.now());
    let view = crm.desk.db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        view::view(c, &scope, &lead, now)
    });
    view.await.map(Json)
}
