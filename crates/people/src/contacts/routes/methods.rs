//! `POST /contacts/{id}/methods`, `PATCH` and `DELETE /contact-methods/{id}`.
//!
//! A method has no version of its own: `If-Match` names its contact's.

use axum::{extract::State, http::StatusCode};
use platform::{
    Error, Result, Tx,
    http::{Id, IfMatch, Json},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    super::{ContactMethod, ContactsRead, ContactsWrite, events, identity, must_stand, normalise, store},
    create::{NewContactMethod, check},
};
use crate::{
    ContactId, Desk,
    access::{Caller, Permission},
    settings,
};

fn country(tx: &Tx<'_>) -> Result<String> {
    Ok(settings::get::<settings::Org>(tx, settings::ORG)?.0.default_country)
}

/// Whether this caller may hear whose address it is.
fn sees(caller: &Caller<ContactsWrite>) -> bool {
    caller.principal.scope_of(ContactsRead::ACTION).is_some()
}

/// 404 without the contact, 409 when it is of another version, merged or erased.
fn open(tx: &Tx<'_>, contact: ContactId, version: IfMatch) -> Result<()> {
    must_stand(tx, contact)?;
    let there = store::version(tx, contact)?.ok_or_else(|| Error::not_found("contact"))?;
    version.check(there)?;
    store::touch_version(tx, contact, there)
}

fn record(
    tx: &Tx<'_>,
    caller: &Caller<ContactsWrite>,
    contact: ContactId,
    method: i64,
    change: &str,
) -> Result<()> {
    let data = json!({ "fields": ["methods"], "method_id": method, "change": change });
    events::record(tx, &caller.origin, events::UPDATED, contact, data)
}

/// What changed of an address, with before and after of all but the address itself.
fn record_change(
    tx: &Tx<'_>,
    caller: &Caller<ContactsWrite>,
    before: &ContactMethod,
    after: &ContactMethod,
) -> Result<()> {
    let facts = |m: &ContactMethod| {
        json!({
            "is_primary": m.is_primary, "is_active": m.is_active, "is_verified": m.is_verified,
            "opted_out": m.opted_out_at.is_some(), "consent": m.consent_at.is_some(), "consent_source": m.consent_source,
        })
    };
    let (mut was, mut is) = (facts(before), facts(after));
    if let (Some(was), Some(is)) = (was.as_object_mut(), is.as_object_mut()) {
        was.retain(|key, value| is.get(key) != Some(value));
        is.retain(|key, _| was.contains_key(key));
    }
    let data = json!({
        "fields": ["methods"], "method_id": after.id, "change": "changed", "before": was, "after": is,
    });
    events::record(tx, &caller.origin, events::UPDATED, after.contact_id, data)
}

/// Adds an address to a contact. The first of a kind is its primary one.
#[utoipa::path(post, path = "/contacts/{id}/methods", tag = "Contacts", responses((status = 201, body = ContactMethod)))]
pub(super) async fn add_contact_method(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(new): Json<NewContactMethod>,
) -> Result<(StatusCode, Json<ContactMethod>)> {
    let id = ContactId(id);
    let method = desk
        .db
        .write(move |tx| {
            let m = check(&new, "", &country(tx)?).map_err(Error::invalid)?;
            open(tx, id, version)?;
            let Some(method) = store::insert_method(tx, id, m.kind, &m.account, &m.value, &m.key, false)?
            else {
                let holder = store::holder(tx, m.kind, &m.account, &m.key)?.map(|h| h.contact_id);
                return Err(identity::duplicate("value", holder.filter(|_| sees(&caller))));
            };
            record(tx, &caller, id, method, "added")?;
            store::method(tx, method)?.ok_or_else(|| Error::not_found("contact method"))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(method)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactMethodChange {
    /// Of the same kind.
    #[schema(min_length = 1, max_length = 320)]
    value: Option<String>,
    /// Only true: another one becomes primary by saying so there.
    is_primary: Option<bool>,
    is_active: Option<bool>,
    is_verified: Option<bool>,
    /// Wants no messages that it did not ask for.
    opted_out: Option<bool>,
    /// Agreed to be written to or called here.
    consent: Option<bool>,
    /// Where that was said: a form, a call, a contract. Goes with the consent.
    #[schema(min_length = 1, max_length = 200)]
    consent_source: Option<String>,
}

/// Changes an address.
#[utoipa::path(patch, path = "/contact-methods/{id}", tag = "Contacts", responses((status = 200, body = ContactMethod)))]
pub(super) async fn change_contact_method(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<ContactMethodChange>,
) -> Result<Json<ContactMethod>> {
    if change.is_primary == Some(false) {
        let words = "must be true, or left out: make another one primary instead";
        return Err(Error::invalid_field("is_primary", "not_one_of", words));
    }
    let method = desk
        .db
        .write(move |tx| {
            let mut m = store::method(tx, id)?.ok_or_else(|| Error::not_found("contact method"))?;
            open(tx, m.contact_id, version)?;
            let before = m.clone();
            if let Some(value) = &change.value {
                let key = normalise(&m.kind, value, &country(tx)?).map_err(|f| Error::invalid(vec![f]))?;
                let account = m.account_id.as_deref().unwrap_or_default();
                let holder = store::holder(tx, &m.kind, account, &key)?;
                if let Some(holder) = holder.filter(|h| h.method_id != id) {
                    return Err(identity::duplicate(
                        "value",
                        Some(holder.contact_id).filter(|_| sees(&caller)),
                    ));
                }
                let shown = if m.kind == "phone" { key.clone() } else { value.trim().to_owned() };
                store::set_value(tx, id, &m.kind, &shown, &key)?;
            }
            if change.is_primary == Some(true) && !m.is_primary {
                store::demote(tx, m.contact_id, &m.kind)?;
                m.is_primary = true;
            }
            m.is_active = change.is_active.unwrap_or(m.is_active);
            m.is_verified = change.is_verified.unwrap_or(m.is_verified && change.value.is_none());
            m.opted_out_at = match change.opted_out {
                Some(true) => m.opted_out_at.or(Some(tx.now())),
                Some(false) => None,
                None => m.opted_out_at,
            };
            m.consent_at = match change.consent {
                Some(true) => m.consent_at.or(Some(tx.now())),
                Some(false) => None,
                None => m.consent_at,
            };
            if m.consent_at.is_none() && change.consent_source.is_some() {
                let words = "there is no consent that was said anywhere";
                return Err(Error::invalid_field("consent_source", "not_allowed", words));
            }
            let said = change.consent_source.clone().or(m.consent_source.take());
            m.consent_source = said.filter(|_| m.consent_at.is_some());
            store::update_method(tx, &m)?;
            record_change(tx, &caller, &before, &m)?;
            store::method(tx, id)?.ok_or_else(|| Error::not_found("contact method"))
        })
        .await?;
    Ok(Json(method))
}

/// Deletes an address. The oldest other one of its kind becomes primary.
#[utoipa::path(delete, path = "/contact-methods/{id}", tag = "Contacts", responses((status = 204)))]
pub(super) async fn delete_contact_method(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    desk.db
        .write(move |tx| {
            let m = store::method(tx, id)?.ok_or_else(|| Error::not_found("contact method"))?;
            open(tx, m.contact_id, version)?;
            store::delete_method(tx, id)?;
            store::promote(tx, m.contact_id, &m.kind)?;
            record(tx, &caller, m.contact_id, id, "removed")
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
