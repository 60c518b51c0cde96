//! `POST /contacts`.

use axum::{extract::State, http::StatusCode};
use platform::{Error, Fault, Result, fold::fold, http::Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::super::{Contact, ContactsRead, ContactsWrite, events, get, identity, kind, normalise, store};
use crate::{
    Desk,
    access::{Caller, Permission},
    settings,
};

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ContactKind {
    Person,
    Company,
}

impl ContactKind {
    pub fn word(self) -> &'static str {
        match self {
            ContactKind::Person => "person",
            ContactKind::Company => "company",
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewContact {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(inline)]
    kind: Option<ContactKind>,
    #[serde(default)]
    #[schema(max_items = 20)]
    methods: Vec<NewContactMethod>,
}

/// An address as it is given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewContactMethod {
    /// `phone`, `email`, or the kind of a channel.
    #[schema(min_length = 1, max_length = 20)]
    pub kind: String,
    #[schema(min_length = 1, max_length = 320)]
    pub value: String,
    /// The provider's id of the channel account; of no meaning for phone and e-mail.
    #[schema(max_length = 256)]
    pub account_id: Option<String>,
}

/// An address that was checked.
pub(super) struct Checked {
    pub kind: &'static str,
    pub account: String,
    pub value: String,
    pub key: String,
}

/// Kind and value as they are stored, or the faults under `prefix`.
pub(super) fn check(new: &NewContactMethod, prefix: &str, country: &str) -> Result<Checked, Vec<Fault>> {
    let at = |fault: Fault| vec![Fault { field: format!("{prefix}{}", fault.field), ..fault }];
    let kind = kind(&new.kind).map_err(at)?;
    let key = normalise(kind, &new.value, country).map_err(at)?;
    let account = match kind {
        "phone" | "email" => String::new(),
        _ => new.account_id.clone().unwrap_or_default(),
    };
    let value = if kind == "phone" { key.clone() } else { new.value.trim().to_owned() };
    Ok(Checked { kind, account, value, key })
}

/// Makes a contact. An address that somebody has is refused, and nothing is made.
#[utoipa::path(post, path = "/contacts", tag = "Contacts", responses((status = 201, body = Contact)))]
pub(super) async fn create_contact(
    caller: Caller<ContactsWrite>,
    State(desk): State<Desk>,
    Json(new): Json<NewContact>,
) -> Result<(StatusCode, Json<Contact>)> {
    let sees = caller.principal.scope_of(ContactsRead::ACTION).is_some();
    let contact = desk
        .db
        .write(move |tx| {
            let (org, _) = settings::get::<settings::Org>(tx, settings::ORG)?;
            let (mut methods, mut faults) = (Vec::new(), Vec::new());
            let name = new.name.trim();
            if name.is_empty() {
                faults.push(Fault::new("name", "too_short", "must not be empty"));
            }
            for (n, method) in new.methods.iter().enumerate() {
                match check(method, &format!("methods.{n}."), &org.default_country) {
                    Ok(method) => methods.push(method),
                    Err(found) => faults.extend(found),
                }
            }
            if !faults.is_empty() {
                return Err(Error::invalid(faults));
            }
            let kind = new.kind.unwrap_or(ContactKind::Person).word();
            let id = store::insert_contact(tx, name, &fold(name), kind, Some("by_hand"))?;
            for (n, m) in methods.iter().enumerate() {
                if store::insert_method(tx, id, m.kind, &m.account, &m.value, &m.key, false)?.is_some() {
                    continue;
                }
                let holder = store::holder(tx, m.kind, &m.account, &m.key)?.map(|h| h.contact_id);
                if holder != Some(id) {
                    return Err(identity::duplicate(&format!("methods.{n}.value"), holder.filter(|_| sees)));
                }
            }
            let mut kinds: Vec<&str> = methods.iter().map(|m| m.kind).collect();
            kinds.dedup();
            events::record(tx, &caller.origin, events::CREATED, id, json!({ "kinds": kinds }))?;
            get(tx, id)?.ok_or_else(|| Error::not_found("contact"))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(contact)))
}
