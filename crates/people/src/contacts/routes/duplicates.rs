//! `GET /contacts/duplicates`, `POST /contacts/{id}/duplicates/dismiss`.

use axum::{extract::State, http::StatusCode};
use platform::{
    Result,
    http::{Cursor, Id, Json, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::super::{
    ContactsRead, ContactsWrite,
    duplicates::{
        self,
        pairs::{self, Pair},
    },
    must_stand,
};
use crate::{ContactId, Desk, access::Caller};

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct PairsWanted {
    /// Pairs of a page, 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Pairs of contacts that are likely one person or company.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactDuplicates {
    duplicates: Vec<Pair>,
    /// Where to go on; null when there are no more. A page may be short, or empty, before the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Likely duplicates over the whole desk, those with the newest address first.
#[utoipa::path(get, path = "/contacts/duplicates", tag = "Contacts", responses((status = 200, body = ContactDuplicates)))]
pub(super) async fn list_contact_duplicates(
    _: Caller<ContactsRead>,
    State(desk): State<Desk>,
    Query(wanted): Query<PairsWanted>,
) -> Result<Json<ContactDuplicates>> {
    let cursor = wanted.cursor.filter(|c| !c.is_empty()).map(|c| Cursor::decode(&c)).transpose()?;
    let after = cursor.map(|c| Ok::<_, platform::Error>((c.int(0)?, c.int(1)?))).transpose()?;
    let limit = wanted.limit.unwrap_or(50);
    let (duplicates, next) = desk.db.read(move |c| pairs::page(c, after, limit)).await?;
    let next_cursor = next.map(|(a, b)| Cursor::new(&[json!(a), json!(b)]).encode());
    Ok(Json(ContactDuplicates { duplicates, next_cursor }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactToDistinguish {
    /// Somebody else.
    #[schema(minimum = 1)]
    contact_id: i64,
}

/// Says that two contacts are two people: they are not suggested again.
#[utoipa::path(post, path = "/contacts/{id}/duplicates/dismiss", tag = "Contacts", responses((status = 204)))]
pub(super) async fn dismiss_contact_duplicate(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    Json(other): Json<ContactToDistinguish>,
) -> Result<StatusCode> {
    let done = desk.db.write(move |tx| {
        must_stand(tx, ContactId(id))?;
        duplicates::dismiss(tx, &caller.origin, ContactId(id), ContactId(other.contact_id))
    });
    done.await.map(|()| StatusCode::NO_CONTENT)
}
