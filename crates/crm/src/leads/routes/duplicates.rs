//! `GET /leads/{id}/duplicates`, `POST /leads/{id}/duplicates/dismiss`.

use axum::{extract::State, http::StatusCode};
use people::{
    ContactId,
    access::Caller,
    contacts::{
        self, ContactMethod,
        duplicates::{self, Duplicate, Reason},
    },
};
use platform::{
    Error, Result,
    http::{Api, Id, Json},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Crm, LeadId,
    leads::{
        LeadScope, LeadsRead, LeadsWrite, seen_of_contact,
        view::{self, LeadRow},
        visible,
    },
    timeline::staff_only,
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_lead_duplicates);
    route!(api, dismiss_lead_duplicate);
}

/// Who is likely the person of a lead.
#[derive(Debug, Serialize, ToSchema)]
struct LeadDuplicates {
    duplicates: Vec<LeadDuplicate>,
}

/// Somebody who is likely the same.
#[derive(Debug, Serialize, ToSchema)]
struct LeadDuplicate {
    contact: DuplicateContact,
    /// Those that the caller may see.
    leads: Vec<DuplicateLead>,
    #[schema(inline)]
    reason: Reason,
    certainty: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct DuplicateContact {
    id: ContactId,
    name: String,
    methods: Vec<ContactMethod>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DuplicateLead {
    id: LeadId,
    name: String,
    /// The stage's key.
    status: String,
}

impl From<LeadRow> for DuplicateLead {
    fn from(row: LeadRow) -> Self {
        DuplicateLead { id: row.id, name: row.name, status: row.status }
    }
}

/// Contacts that are likely the same person as the lead's, with their leads; ten at most.
#[utoipa::path(get, path = "/leads/{id}/duplicates", tag = "Leads", responses((status = 200, body = LeadDuplicates)))]
async fn list_lead_duplicates(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<LeadDuplicates>> {
    staff_only(&caller)?;
    let (scope, now) = (LeadScope::of(&caller), crm.desk.clock.now());
    let found = crm.desk.db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        let contact = contacts::get(c, lead.contact_id)?.ok_or_else(|| Error::not_found("contact"))?;
        let likely = duplicates::of(c, &contact)?;
        let ids: Vec<ContactId> = likely.iter().map(|d| d.id).collect();
        let mut briefs = contacts::briefs(c, &ids)?;
        let mut all = Vec::with_capacity(likely.len());
        for Duplicate { id, name, reason, certainty } in likely {
            let leads = view::rows(c, &scope, &seen_of_contact(c, &scope, id)?, now)?;
            let methods = briefs.remove(&id).map(|b| b.methods).unwrap_or_default();
            let contact = DuplicateContact { id, name, methods };
            all.push(LeadDuplicate {
                contact,
                leads: leads.into_iter().map(Into::into).collect(),
                reason,
                certainty,
            });
        }
        Ok(LeadDuplicates { duplicates: all })
    });
    found.await.map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DuplicateToDismiss {
    /// Somebody else than the lead's contact.
    #[schema(minimum = 1)]
    contact_id: i64,
}

/// Says that the lead's contact and another one are two people: it is not suggested again.
#[utoipa::path(post, path = "/leads/{id}/duplicates/dismiss", tag = "Leads", responses((status = 204)))]
async fn dismiss_lead_duplicate(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    Json(other): Json<DuplicateToDismiss>,
) -> Result<StatusCode> {
    staff_only(&caller)?;
    let scope = LeadScope::of(&caller);
    let done = crm.desk.db.write(move |tx| {
        let lead = visible(tx, &scope, LeadId(id))?;
        duplicates::dismiss(tx, &caller.origin, lead.contact_id, ContactId(other.contact_id))
    });
    done.await.map(|()| StatusCode::NO_CONTENT)
}
