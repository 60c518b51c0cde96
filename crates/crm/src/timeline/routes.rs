//! `/leads/{id}/timeline`, `/contacts/{id}/timeline`.

use axum::extract::State;
use people::{
    ContactId,
    access::Caller,
    contacts::{self, ContactsRead},
};
use platform::{
    Error, Result,
    http::{Api, Cursor, Id, Json, Query},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    Entry, EntryType,
    page::{self, Asked, Found, Of},
    staff_only,
};
use crate::{
    Crm, LeadId,
    leads::{LeadScope, LeadsRead, visible},
};

/// The routes of timelines.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    route!(api, lead_timeline, alias "/interactions/timeline/{lead_id}" get);
    route!(api, contact_timeline);
    api
}

/// A part of a timeline. A page may be shorter than asked for where there is more.
#[derive(Debug, Serialize, ToSchema)]
struct Timeline {
    entries: Vec<Entry>,
    /// For `cursor` of the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimelineQuery {
    /// Several with commas; any unless said.
    #[param(inline)]
    types: Option<Vec<EntryType>>,
    /// Entries per page, 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl TimelineQuery {
    fn asked(self) -> Result<Asked> {
        let cursor = self.cursor.filter(|c| !c.is_empty()).map(|c| Cursor::decode(&c)).transpose()?;
        Ok(Asked {
            types: self.types.unwrap_or_default(),
            before: cursor.map(|c| c.int(0)).transpose()?.unwrap_or(i64::MAX),
            limit: self.limit.unwrap_or(50),
        })
    }
}

impl From<Found> for Timeline {
    fn from(found: Found) -> Self {
        let next_cursor = found.next.map(|before| Cursor::new(&[json!(before)]).encode());
        Timeline { entries: found.entries, next_cursor }
    }
}

/// Everything that happened with a lead and its contact, newest first; not what belongs to the contact's other leads.
#[utoipa::path(get, path = "/leads/{id}/timeline", tag = "Leads", responses((status = 200, body = Timeline)))]
async fn lead_timeline(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Timeline>> {
    staff_only(&caller)?;
    let (asked, scope, viewer) = (query.asked()?, LeadScope::of(&caller), caller.principal.clone());
    let db = crm.desk.db.clone();
    let read = db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        page::read(c, &crm.sources, &viewer, Of::Lead { id: lead.id, contact: lead.contact_id }, &asked)
    });
    Ok(Json(read.await?.into()))
}

/// Everything that happened with somebody, as far as the caller may see it, newest first.
#[utoipa::path(get, path = "/contacts/{id}/timeline", tag = "Contacts", responses((status = 200, body = Timeline)))]
async fn contact_timeline(
    caller: Caller<ContactsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Timeline>> {
    staff_only(&caller)?;
    let (asked, viewer, contact) = (query.asked()?, caller.principal.clone(), ContactId(id));
    let db = crm.desk.db.clone();
    let read = db.read(move |c| {
        contacts::name_of(c, contact)?.ok_or_else(|| Error::not_found("contact"))?;
        // What was theirs is with whom they were merged into.
        let contact = contacts::standing(c, contact)?.unwrap_or(contact);
        page::read(c, &crm.sources, &viewer, Of::Contact(contact), &asked)
    });
    Ok(Json(read.await?.into()))
}
