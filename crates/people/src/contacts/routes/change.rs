//! `PATCH /contacts/{id}`.

use axum::extract::State;
use platform::{
    Error, Result,
    fold::fold,
    http::{Id, IfMatch, Json},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    super::{Contact, ContactsWrite, events, get, store},
    create::ContactKind,
};
use crate::{ContactId, Desk, access::Caller};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(inline)]
    kind: Option<ContactKind>,
}

/// Changes a contact.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "Contacts", responses((status = 200, body = Contact)))]
pub(super) async fn change_contact(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<ContactChange>,
) -> Result<Json<Contact>> {
    let name = change.name.as_deref().map(str::trim).map(str::to_owned);
    if name.as_deref() == Some("") {
        return Err(Error::invalid_field("name", "too_short", "must not be empty"));
    }
    let (id, kind) = (ContactId(id), change.kind.map(ContactKind::word));
    let contact = desk
        .db
        .write(move |tx| {
            let before = get(tx, id)?.ok_or_else(|| Error::not_found("contact"))?;
            version.check(before.version)?;
            let name = name.as_deref().filter(|n| *n != before.name);
            let kind = kind.filter(|k| *k != before.kind);
            let mut fields = Vec::new();
            store::touch_version(tx, id, before.version)?;
            if let Some(name) = name {
                store::set_name(tx, id, name, &fold(name))?;
                fields.push("name");
            }
            if let Some(kind) = kind {
                store::set_kind(tx, id, kind)?;
                fields.push("kind");
            }
            if !fields.is_empty() {
                events::record(tx, &caller.origin, events::UPDATED, id, json!({ "fields": fields }))?;
            }
            get(tx, id)?.ok_or_else(|| Error::not_found("contact"))
        })
        .await?;
    Ok(Json(contact))
}
