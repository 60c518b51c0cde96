//! `GET /contacts/{id}/erasure`, `DELETE /contacts/{id}`.

use axum::{extract::State, http::StatusCode};
use platform::{
    Result,
    http::{Api, Id, Json, Query},
    route,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ContactsErase, Erasing, Erasure};
use crate::{ContactId, access::Caller};

/// The routes of erasing.
pub fn api() -> Api<Erasing> {
    let mut api = Api::new();
    route!(api, look_at_erasure);
    route!(api, erase_contact);
    api
}

/// What erasing a contact would replace; afterwards, when it was asked for and whether it is done.
#[utoipa::path(get, path = "/contacts/{id}/erasure", tag = "Contacts", responses((status = 200, body = Erasure)))]
async fn look_at_erasure(
    _: Caller<ContactsErase>,
    State(erasing): State<Erasing>,
    Id(id): Id,
) -> Result<Json<Erasure>> {
    let counts = erasing.counts;
    erasing.desk.db.read(move |c| super::look(c, &counts, ContactId(id))).await.map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
struct ErasureToConfirm {
    /// The contact's name, exactly. Without it nothing is erased, and the answer (422) says what would be.
    #[param(max_length = 200)]
    confirm: Option<String>,
}

/// Replaces the personal data of a contact, and of whoever was merged into it, everywhere and for good: names, addresses,
/// texts, files, what channels sent. Numbers, stages, values and times stay. The contact is hidden at once; the rest follows
/// within moments.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "Contacts", responses((status = 202, body = Erasure)))]
async fn erase_contact(
    caller: Caller<ContactsErase>,
    State(erasing): State<Erasing>,
    Id(id): Id,
    Query(said): Query<ErasureToConfirm>,
) -> Result<(StatusCode, Json<Erasure>)> {
    let counts = erasing.counts;
    let done = erasing.desk.db.write_locked(Vec::new(), move |tx| {
        super::begin(tx, &caller.origin, &counts, ContactId(id), said.confirm.as_deref())
    });
    Ok((StatusCode::ACCEPTED, Json(done.await?)))
}
