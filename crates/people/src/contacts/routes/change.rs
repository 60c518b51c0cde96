//! `PATCH /contacts/{id}`.

use axum::extract::State;
use platform::{
    Error, Result, Tx,
    fold::fold,
    http::{Id, IfMatch, Json, nullable},
};
use serde::Deserialize;
use serde_json::{Map, json};
use utoipa::ToSchema;

use super::{
    super::{Contact, ContactsWrite, events, get, must_stand, standing, store},
    create::ContactKind,
};
use crate::{ContactId, Desk, access::Caller};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactChange {
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(inline)]
    kind: Option<ContactKind>,
    /// A person's employer, a contact of the kind `company`; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    company_id: Option<Option<ContactId>>,
}

/// Errors: 422 unless a person works for a company that stands.
fn check_company(tx: &Tx<'_>, id: ContactId, kind: &str, company: ContactId) -> Result<()> {
    let refused =
        |code: &'static str, words: &'static str| Err(Error::invalid_field("company_id", code, words));
    if kind != "person" || company == id {
        return refused("not_allowed", "only a person works for a company");
    }
    match store::stands_as(tx, company)? {
        None => refused("not_found", "there is no such contact"),
        Some(kind) if kind != "company" => refused("not_allowed", "is no company"),
        Some(_) => Ok(()),
    }
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
    let (id, kind, company) = (ContactId(id), change.kind.map(ContactKind::word), change.company_id);
    let contact = desk
        .db
        .write(move |tx| {
            let before = get(tx, id)?.ok_or_else(|| Error::not_found("contact"))?;
            must_stand(tx, id)?;
            version.check(before.version)?;
            let employer = store::company(tx, id)?;
            // One that was merged is now who it was merged into.
            let company = match company {
                Some(Some(id)) => Some(Some(standing(tx, id)?.unwrap_or(id))),
                said => said,
            };
            // What it is given counts, and where nothing is said, what it has.
            if let Some(company) = company.unwrap_or(employer) {
                check_company(tx, id, kind.unwrap_or(&before.kind), company)?;
            }
            let name = name.as_deref().filter(|n| *n != before.name);
            let kind = kind.filter(|k| *k != before.kind);
            let mut fields = Vec::new();
            let (mut was, mut is) = (Map::new(), Map::new());
            store::touch_version(tx, id, before.version)?;
            if let Some(name) = name {
                store::set_name(tx, id, name, &fold(name))?;
                fields.push("name");
            }
            if let Some(kind) = kind {
                store::set_kind(tx, id, kind)?;
                fields.push("kind");
                was.insert("kind".into(), json!(before.kind));
                is.insert("kind".into(), json!(kind));
            }
            if let Some(company) = company.filter(|c| *c != employer) {
                store::set_company(tx, id, company)?;
                fields.push("company_id");
                was.insert("company_id".into(), json!(employer));
                is.insert("company_id".into(), json!(company));
            }
            if !fields.is_empty() {
                events::record(
                    tx,
                    &caller.origin,
                    events::UPDATED,
                    id,
                    json!({ "fields": fields, "before": was, "after": is }),
                )?;
            }
            get(tx, id)?.ok_or_else(|| Error::not_found("contact"))
        })
        .await?;
    Ok(Json(contact))
}
