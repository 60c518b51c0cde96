//! Contacts: who is outside, and every address by which they reach us.
//!
//! An address (*method*) is a kind, a channel account (empty for phone and e-mail) and a normalised value; it belongs to
//! one contact. The first method of a kind is its primary one. Invariants: contacts are merged by people alone, whatever a
//! channel says; an address is never filed under another kind; an event never holds a name or an address.

pub mod bulk;
pub mod detail;
pub mod duplicates;
pub mod erase;
pub mod events;
mod identity;
pub mod merge;
mod normalise;
mod routes;
pub mod search;
mod store;

use std::collections::HashMap;

use platform::{Conn, Error, Fault, Result, Tx, clock::Millis, events::Origin};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::{
    identity::{
        Found, NewIdentity, add_method, attach_phone, find, find_or_create, move_identity, opt_in, opt_out,
    },
    normalise::{at_home, normalise},
};
pub(crate) use routes::routes;

use crate::ContactId;

crate::permission! {
    /// See contacts.
    pub ContactsRead = "contacts.read";
    /// Make and change contacts, block and unblock them.
    pub ContactsWrite = "contacts.write";
}

/// The kinds of address.
pub const KINDS: [&str; 12] = [
    "phone",
    "email",
    "messenger",
    "instagram",
    "whatsapp",
    "x",
    "zalo",
    "telegram",
    "line",
    "viber",
    "webchat",
    "other",
];

/// Somebody outside, with their addresses.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    /// `person` or `company`.
    pub kind: String,
    pub methods: Vec<ContactMethod>,
    pub is_blocked: bool,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ContactMethod {
    pub id: i64,
    #[serde(skip)]
    pub contact_id: ContactId,
    pub kind: String,
    pub value: String,
    /// The provider's id of the channel account; null for phone and e-mail.
    pub account_id: Option<String>,
    pub is_primary: bool,
    pub is_active: bool,
    pub is_verified: bool,
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opted_out_at: Option<Millis>,
    /// When they agreed to be written to or called there; null when they did not.
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub consent_at: Option<Millis>,
    /// Where they said so.
    pub consent_source: Option<String>,
}

/// A contact as other slices show it beside their own rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    pub id: ContactId,
    pub name: String,
    /// `person` or `company`.
    pub kind: String,
    pub is_blocked: bool,
    /// Since then there is nothing personal left.
    pub erased_at: Option<Millis>,
    pub company: Option<(ContactId, String)>,
    /// Primary ones first.
    pub methods: Vec<ContactMethod>,
}

/// Several contacts with their addresses; whoever is not there is left out. Two queries.
pub fn briefs(c: &Conn<'_>, ids: &[ContactId]) -> Result<HashMap<ContactId, Brief>> {
    store::briefs(c, ids)
}

/// Makes a person of whom no address is known (yet). `source`: where they were seen first.
pub fn create(tx: &Tx<'_>, origin: &Origin, name: &str, source: Option<&str>) -> Result<ContactId> {
    let id = store::insert_contact(tx, name, &platform::fold::fold(name), "person", source)?;
    events::record(tx, origin, events::CREATED, id, serde_json::json!({ "kinds": [] }))?;
    Ok(id)
}

/// One contact with all addresses. Two queries.
pub fn get(c: &Conn<'_>, id: ContactId) -> Result<Option<Contact>> {
    store::contact(c, id)
}

/// What to call them.
pub fn name_of(c: &Conn<'_>, id: ContactId) -> Result<Option<String>> {
    store::name(c, id)
}

/// What to call each; whoever is not there is left out. One query.
pub fn names(c: &Conn<'_>, ids: &[ContactId]) -> Result<HashMap<ContactId, String>> {
    store::names(c, ids)
}

/// The primary address of a kind, as given: `primary(c, id, "email")`.
pub fn primary(c: &Conn<'_>, id: ContactId, kind: &str) -> Result<Option<String>> {
    store::primary(c, id, kind)
}

/// The primary addresses of a kind of several contacts. One query.
pub fn primaries(c: &Conn<'_>, ids: &[ContactId], kind: &str) -> Result<HashMap<ContactId, String>> {
    store::primaries(c, ids, kind)
}

/// Contacts whose names and addresses have the words of `search`, newest first, `limit` at most.
pub fn matching(c: &Conn<'_>, search: &str, limit: i64) -> Result<Vec<ContactId>> {
    store::matching(c, search, limit)
}

/// Whose address this is, the whole of it, on whatever channel; `limit` at most.
pub fn with_address(c: &Conn<'_>, value: &str, limit: i64) -> Result<Vec<ContactId>> {
    store::with_address(c, value, limit)
}

/// Kind and normalised value of every address of a contact.
pub fn keys(c: &Conn<'_>, id: ContactId) -> Result<Vec<(String, String)>> {
    store::keys(c, id)
}

/// Where a contact stands now: itself, or whom it was merged into, however often. `None`: it is not there, or was erased.
pub fn standing(c: &Conn<'_>, id: ContactId) -> Result<Option<ContactId>> {
    let mut id = id;
    // Merges make no circle; the bound is for a database that says otherwise.
    for _ in 0..100 {
        match store::whereabouts(c, id)? {
            None | Some((_, true)) => return Ok(None),
            Some((None, false)) => return Ok(Some(id)),
            Some((Some(into), false)) => id = into,
        }
    }
    Ok(None)
}

/// Errors: 404 without the contact; 409 when it was merged into another one, or erased.
fn must_stand(c: &Conn<'_>, id: ContactId) -> Result<()> {
    use platform::error::Code;
    match store::whereabouts(c, id)? {
        None => Err(Error::not_found("contact")),
        Some((_, true)) => {
            Err(Error::conflict(Code::WrongState, "Their data were erased; nothing brings them back."))
        }
        Some((Some(into), _)) => Err(Error::conflict(
            Code::WrongState,
            format!("It was merged into contact {into}; change that one, or undo the merge."),
        )),
        Some((None, false)) => Ok(()),
    }
}

/// Refuses or lets in again whatever this contact sends. False when it was so already.
pub fn set_blocked(tx: &Tx<'_>, origin: &Origin, id: ContactId, blocked: bool) -> Result<bool> {
    let is = store::is_blocked(tx, id)?.ok_or_else(|| Error::not_found("contact"))?;
    if is == blocked {
        return Ok(false);
    }
    store::set_blocked(tx, id, blocked)?;
    let kind = if blocked { events::BLOCKED } else { events::UNBLOCKED };
    events::record(tx, origin, kind, id, serde_json::json!({}))?;
    Ok(true)
}

/// `kind` as one of [`KINDS`].
pub fn kind(word: &str) -> Result<&'static str, Fault> {
    KINDS
        .iter()
        .find(|k| **k == word)
        .copied()
        .ok_or_else(|| Fault::new("kind", "not_one_of", format!("must be one of {}", KINDS.join(", "))))
}
