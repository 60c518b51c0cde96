//! `POST /contacts/{id}/block` and `…/unblock`.

use axum::extract::State;
use platform::{
    Error, Result,
    events::Origin,
    http::{Id, Json},
};

use super::super::{Contact, ContactsWrite, get, must_stand, set_blocked};
use crate::{ContactId, Desk, access::Caller};

/// Refuses whatever this contact sends from now on.
#[utoipa::path(post, path = "/contacts/{id}/block", tag = "Contacts", responses((status = 200, body = Contact)))]
pub(super) async fn block_contact(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<Contact>> {
    apply(&desk, caller.origin, ContactId(id), true).await
}

/// Lets this contact in again.
#[utoipa::path(post, path = "/contacts/{id}/unblock", tag = "Contacts", responses((status = 200, body = Contact)))]
pub(super) async fn unblock_contact(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<Contact>> {
    apply(&desk, caller.origin, ContactId(id), false).await
}

async fn apply(desk: &Desk, origin: Origin, id: ContactId, blocked: bool) -> Result<Json<Contact>> {
    let contact = desk
        .db
        .write(move |tx| {
            must_stand(tx, id)?;
            set_blocked(tx, &origin, id, blocked)?;
            get(tx, id)?.ok_or_else(|| Error::not_found("contact"))
        })
        .await?;
    Ok(Json(contact))
}
