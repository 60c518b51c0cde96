//! From the addresses that come with a lead to its contact. An address that somebody has leads to them: there is never a
//! second contact with it.

use people::{
    ContactId,
    contacts::{self, NewIdentity},
    settings,
};
use platform::{Conn, Error, Fault, Result, Tx, db::LockKey, error::Code, events::Origin};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Body;
use crate::leads::others::OtherAddress;

/// An address as it is given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLeadMethod)]
pub struct NewMethod {
    /// `phone`, `email`, `other`, or the kind of a channel.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 20)]
    pub kind: String,
    #[schema(min_length = 1, max_length = 320)]
    pub value: String,
    /// The first of its kind is the primary one unless another says so.
    #[serde(default)]
    pub is_primary: bool,
}

/// An address that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    pub kind: &'static str,
    pub value: String,
    /// The form in which it is compared.
    pub key: String,
    /// Where it stood in the request.
    pub field: String,
}

/// Whose lead it is to be.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// This one, and nobody else.
    pub contact: Option<ContactId>,
    pub name: Option<&'a str>,
    pub source: &'a str,
    pub methods: &'a [Method],
}

/// Every address of the body, in each spelling, each once; primary ones before the others of their kind.
pub fn read(c: &Conn<'_>, body: &Body, faults: &mut Vec<Fault>) -> Result<Vec<Method>> {
    let country = settings::get::<settings::Org>(c, settings::ORG)?.0.default_country;
    let mut found: Vec<(bool, Method)> = Vec::new();
    let mut take = |kind: &str, value: &str, is_primary: bool, at: [String; 2]| {
        let [kind_at, value_at] = at;
        let kind = match contacts::kind(kind) {
            Ok(kind) => kind,
            Err(fault) => return faults.push(Fault { field: kind_at, ..fault }),
        };
        match contacts::normalise(kind, value, &country) {
            Err(fault) => faults.push(Fault { field: value_at, ..fault }),
            Ok(key) if found.iter().any(|(_, m)| m.kind == kind && m.key == key) => {}
            Ok(key) => {
                let method = Method { kind, value: value.trim().to_owned(), key, field: value_at };
                found.push((is_primary, method));
            }
        }
    };
    for (n, m) in body.contact_methods.iter().enumerate() {
        let at = ["type", "value"].map(|part| format!("contact_methods.{n}.{part}"));
        take(&m.kind, &m.value, m.is_primary, at);
    }
    for (kind, value) in [("email", &body.email), ("phone", &body.phone)] {
        if let Some(value) = value.as_deref().filter(|v| !v.trim().is_empty()) {
            take(kind, value, false, [kind.to_owned(), kind.to_owned()]);
        }
    }
    found.sort_by_key(|(is_primary, _)| !is_primary);
    Ok(found.into_iter().map(|(_, m)| m).collect())
}

/// Locks for whoever looks for a contact by these addresses and makes one where there is none: two who bring the same person
/// at once wait for each other, and not each for what the other has. As coarse as may be, since nothing is normalised yet.
pub fn locks(body: &Body) -> Vec<LockKey> {
    let methods = body.contact_methods.iter().map(|m| m.value.as_str());
    let given = methods.chain(body.email.as_deref()).chain(body.phone.as_deref());
    given.map(lock_of).collect()
}

/// The lock of one address, normalised or as it was sent.
pub fn lock_of(text: &str) -> LockKey {
    LockKey::of_text(4, &lock_name(text))
}

/// An e-mail address without its case, or the end of a number.
fn lock_name(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    match text.contains('@') || digits.len() < 6 {
        true => text.trim().to_lowercase(),
        false => digits[digits.len() - 6..].iter().collect(),
    }
}

/// The contact of a lead: the one named, or whoever has the first address that anybody has, or a new one. What nobody has is
/// theirs from then on; what is somebody else's stays that, and is told besides.
pub fn find_or_make(
    tx: &Tx<'_>,
    origin: &Origin,
    wanted: &Wanted<'_>,
) -> Result<(ContactId, Vec<OtherAddress>)> {
    if let Some(id) = wanted.contact {
        attach(tx, origin, id, wanted.methods)?;
        return Ok((id, Vec::new()));
    }
    let Some(first) = wanted.methods.first() else {
        let id = contacts::create(tx, origin, wanted.name.unwrap_or_default(), Some(wanted.source))?;
        return Ok((id, Vec::new()));
    };
    let mut known = first;
    for method in wanted.methods {
        if contacts::find(tx, method.kind, "", &method.value)?.is_some() {
            known = method;
            break;
        }
    }
    let identity = NewIdentity {
        kind: known.kind,
        value: known.value.clone(),
        name: wanted.name.map(ToOwned::to_owned),
        source: Some(wanted.source.to_owned()),
        ..NewIdentity::default()
    };
    let id = contacts::find_or_create(tx, origin, &identity)?.contact_id;
    let mut others = Vec::new();
    for method in wanted.methods.iter().filter(|m| *m != known) {
        match contacts::find(tx, method.kind, "", &method.value)? {
            None => drop(contacts::add_method(tx, origin, id, method.kind, "", &method.value)?),
            Some(holder) if holder == id => {}
            Some(holder) => others.push(OtherAddress::new(method, holder)),
        }
    }
    Ok((id, others))
}

/// Adds addresses to a contact. Errors: 409 `duplicate_contact_method` with every one that is somebody else's.
pub fn attach(tx: &Tx<'_>, origin: &Origin, id: ContactId, methods: &[Method]) -> Result<()> {
    let (mut free, mut faults) = (Vec::new(), Vec::new());
    for method in methods {
        match contacts::find(tx, method.kind, "", &method.value)? {
            None => free.push(method),
            Some(holder) if holder == id => {}
            Some(_) => {
                faults.push(Fault::new(&method.field, "duplicate", "belongs to another contact"));
            }
        }
    }
    if !faults.is_empty() {
        let detail = "An address belongs to another contact; nothing was added.";
        return Err(Error { faults, ..Error::conflict(Code::DuplicateContactMethod, detail) });
    }
    for method in free {
        contacts::add_method(tx, origin, id, method.kind, "", &method.value)?;
    }
    Ok(())
}
