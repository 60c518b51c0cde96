//! `GET /contacts/{id}/leads`.

use axum::extract::State;
use people::{ContactId, access::Caller, contacts};
use platform::{
    Error, Result,
    http::{Api, Id, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Crm,
    leads::{
        LeadScope, LeadsRead, seen_of_contact,
        view::{self, LeadRow},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_contact_leads);
}

/// The leads of a contact: those still open first.
#[derive(Debug, Serialize, ToSchema)]
struct ContactLeads {
    leads: Vec<LeadRow>,
}

/// The leads of a contact that the caller may see and that are not archived, those still open first, the newest of each
/// before; 100 at most.
#[utoipa::path(get, path = "/contacts/{id}/leads", tag = "Contacts", responses((status = 200, body = ContactLeads)))]
async fn list_contact_leads(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<ContactLeads>> {
    let (scope, now, contact) = (LeadScope::of(&caller), crm.desk.clock.now(), ContactId(id));
    let leads = crm.desk.db.read(move |c| {
        // What was theirs is with whom they were merged into.
        let contact = contacts::standing(c, contact)?.unwrap_or(contact);
        let found = seen_of_contact(c, &scope, contact)?;
        if found.is_empty() {
            // Whoever sees none of somebody's leads does not hear whether there is such a person, either, unless they may.
            let may = !matches!(scope, LeadScope::Vendor(_));
            contacts::name_of(c, contact)?.filter(|_| may).ok_or_else(|| Error::not_found("contact"))?;
        }
        Ok(ContactLeads { leads: view::rows(c, &scope, &found, now)? })
    });
    leads.await.map(Json)
}
