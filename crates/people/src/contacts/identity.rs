//! From an address to the contact behind it: the hot path of intake.
//!
//! A known address costs one query. Two first messages at once make one contact: the unique index decides, and the
//! loser reads what the winner wrote.

use platform::{Conn, Error, Result, Tx, events::Origin, fold::fold};
use serde_json::json;

use super::{ContactMethod, events, kind as known_kind, normalise, store};
use crate::{ContactId, settings};

/// Somebody as a channel names them.
#[derive(Debug, Clone, Default)]
pub struct NewIdentity {
    /// One of [`KINDS`](super::KINDS).
    pub kind: &'static str,
    /// The provider's id of the channel account; of no meaning for phone and e-mail.
    pub account: String,
    pub value: String,
    /// Other addresses of the same person on the same channel account.
    pub aliases: Vec<String>,
    pub name: Option<String>,
    /// Phone numbers that the channel vouches for.
    pub phones: Vec<String>,
    /// What the person says to be theirs.
    pub email: Option<String>,
    /// Where they were seen first.
    pub source: Option<String>,
    /// The platform is any: a value that reads as a phone number or as a mail address is one.
    pub is_of_any_platform: bool,
}

/// The contact behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub contact_id: ContactId,
    /// Not known before.
    pub created: bool,
    pub is_blocked: bool,
    /// This address wants no messages that it did not ask for.
    pub opted_out: bool,
    /// `None` where nobody has said one yet.
    pub name: Option<String>,
}

/// An address ready to be compared: kind, account, value as shown, value as compared.
struct Address {
    kind: &'static str,
    account: String,
    value: String,
    key: String,
    is_verified: bool,
    /// The person is behind it for sure, not by their word alone.
    is_theirs: bool,
}

impl Address {
    fn new(kind: &'static str, account: &str, value: &str, country: &str) -> Result<Address> {
        let key = normalise(kind, value, country).map_err(|fault| Error::invalid(vec![fault]))?;
        let account = if matches!(kind, "phone" | "email") { "" } else { account };
        let value = if kind == "phone" { key.clone() } else { value.trim().to_owned() };
        Ok(Address { kind, account: account.to_owned(), value, key, is_verified: false, is_theirs: false })
    }
}

/// Who is behind an address, if anybody.
pub fn find(c: &Conn<'_>, kind: &str, account: &str, value: &str) -> Result<Option<ContactId>> {
    let Some(address) = address(c, kind, account, value)? else { return Ok(None) };
    Ok(store::holder(c, address.kind, &address.account, &address.key)?.map(|h| h.contact_id))
}

/// The contact of `identity`, made when nobody has this address; what it brings besides is attached.
///
/// Somebody who is known by the number that the channel vouches for, or by the very value that wrote, is the same person,
/// whatever channel they write on. A phone or e-mail that they only say to be theirs, and that belongs to somebody else,
/// stays that one's. Errors: 422 for an address that is none.
pub fn find_or_create(tx: &Tx<'_>, origin: &Origin, identity: &NewIdentity) -> Result<Found> {
    let country = country(tx, std::iter::once((identity.kind, identity.value.as_str())))?;
    let main = Address::new(identity.kind, &identity.account, &identity.value, &country)?;
    let name = identity.name.as_deref().map(str::trim).filter(|n| !n.is_empty()).map(clip);
    let extras = extras(tx, identity, &main)?;

    if let Some(holder) = store::holder(tx, main.kind, &main.account, &main.key)? {
        return known(tx, origin, holder, &main, name.as_deref(), &extras);
    }
    for alias in extras.iter().filter(|e| e.kind == main.kind) {
        if let Some(holder) = store::holder(tx, alias.kind, &alias.account, &alias.key)? {
            attach(tx, origin, holder.contact_id, &main)?;
            return known(tx, origin, holder, &main, name.as_deref(), &extras);
        }
    }
    // One person: who is known by the number that wrote is who wrote.
    for other in extras.iter().filter(|e| e.is_theirs) {
        if let Some(holder) = store::holder(tx, other.kind, &other.account, &other.key)? {
            attach(tx, origin, holder.contact_id, &main)?;
            let found = known(tx, origin, holder, &main, name.as_deref(), &extras)?;
            return Ok(Found { opted_out: false, ..found });
        }
    }
    let shown = name.clone().unwrap_or_else(|| clip(&main.value));
    let id = store::insert_contact(tx, &shown, &fold(&shown), "person", identity.source.as_deref())?;
    if insert(tx, id, &main)?.is_none() {
        // Somebody else was first: theirs counts, and ours was never seen.
        store::delete_contact(tx, id)?;
        let holder = store::holder(tx, main.kind, &main.account, &main.key)?;
        let holder = holder.ok_or_else(|| Error::internal("an address that is taken has no holder"))?;
        return known(tx, origin, holder, &main, name.as_deref(), &extras);
    }
    let mut kinds = vec![main.kind];
    for extra in &extras {
        if insert(tx, id, extra)?.is_some() && !kinds.contains(&extra.kind) {
            kinds.push(extra.kind);
        }
    }
    events::record(tx, origin, events::CREATED, id, json!({ "kinds": kinds }))?;
    Ok(Found { contact_id: id, created: true, is_blocked: false, opted_out: false, name })
}

/// Somebody whom we know: a first real name and new addresses are kept.
fn known(
    tx: &Tx<'_>,
    origin: &Origin,
    holder: store::Holder,
    main: &Address,
    name: Option<&str>,
    extras: &[Address],
) -> Result<Found> {
    let id = holder.contact_id;
    // A name that is no more than the address was never said by anybody.
    let unnamed = |n: &str| n.is_empty() || n == holder.value || n == main.value || n == main.key;
    let mut stored = Some(holder.name.clone()).filter(|n| !unnamed(n));
    if let (None, Some(name)) = (&stored, name) {
        store::rename(tx, id, name, &fold(name))?;
        events::record(tx, origin, events::UPDATED, id, json!({ "fields": ["name"] }))?;
        stored = Some(name.to_owned());
    }
    if !extras.is_empty() {
        let keys: Vec<&str> = extras.iter().map(|e| e.key.as_str()).collect();
        let taken = store::taken(tx, &keys)?;
        let free = extras.iter().filter(|e| {
            !taken
                .iter()
                .any(|(kind, account, key)| *kind == e.kind && *account == e.account && *key == e.key)
        });
        for extra in free {
            attach(tx, origin, id, extra)?;
        }
    }
    Ok(Found {
        contact_id: id,
        created: false,
        is_blocked: holder.is_blocked,
        opted_out: holder.opted_out_at.is_some(),
        name: stored,
    })
}

/// Aliases, phones and e-mail that are well-formed; what is not is left out, for the message counts more.
fn extras(c: &Conn<'_>, identity: &NewIdentity, main: &Address) -> Result<Vec<Address>> {
    let read = if identity.is_of_any_platform { reads_as(&identity.value) } else { None };
    if identity.aliases.is_empty() && identity.phones.is_empty() && identity.email.is_none() && read.is_none()
    {
        return Ok(Vec::new());
    }
    let numbers = identity.phones.iter().map(|p| ("phone", p.as_str()));
    let country = country(c, numbers.chain(read.map(|kind| (kind, identity.value.as_str()))))?;
    let mut all: Vec<Address> = Vec::new();
    let mut take = |kind, account: &str, value: &str, is_verified, is_theirs| {
        if let Ok(address) = Address::new(kind, account, value, &country) {
            let seen =
                |a: &Address| a.kind == address.kind && a.account == address.account && a.key == address.key;
            if !seen(main) && !all.iter().any(seen) {
                all.push(Address { is_verified, is_theirs, ..address });
            }
        }
    };
    identity.aliases.iter().for_each(|a| take(identity.kind, &identity.account, a, false, false));
    identity.phones.iter().for_each(|p| take("phone", "", p, true, true));
    read.into_iter().for_each(|kind| take(kind, "", &identity.value, false, true));
    identity.email.iter().for_each(|e| take("email", "", e, false, false));
    all.truncate(20);
    Ok(all)
}

/// What a value without a kind reads as: `phone` where it begins as a number to be dialled does, `email` with a domain.
fn reads_as(value: &str) -> Option<&'static str> {
    let value = value.trim();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_number = value.starts_with(['+', '0'])
        && (9..=15).contains(&digits)
        && value.bytes().all(|b| b.is_ascii_digit() || b" +-.()".contains(&b));
    match value.split_once('@') {
        _ if is_number => Some("phone"),
        Some((local, domain)) if !local.is_empty() && domain.contains('.') => Some("email"),
        _ => None,
    }
}

fn insert(tx: &Tx<'_>, id: ContactId, a: &Address) -> Result<Option<i64>> {
    store::insert_method(tx, id, a.kind, &a.account, &a.value, &a.key, a.is_verified)
}

/// Adds an address unless somebody has it. True when it was added.
fn attach(tx: &Tx<'_>, origin: &Origin, id: ContactId, a: &Address) -> Result<bool> {
    let Some(method) = insert(tx, id, a)? else { return Ok(false) };
    store::touch(tx, id)?;
    let data = json!({ "fields": ["methods"], "method_id": method, "change": "added" });
    events::record(tx, origin, events::UPDATED, id, data)?;
    Ok(true)
}

/// A phone number that somebody gave. True when it is theirs now; false when it is no number or another contact's.
/// `verified` proves a number that was there already.
pub fn attach_phone(
    tx: &Tx<'_>,
    origin: &Origin,
    id: ContactId,
    phone: &str,
    verified: bool,
) -> Result<bool> {
    let country = country(tx, std::iter::once(("phone", phone)))?;
    let Ok(address) = Address::new("phone", "", phone, &country) else { return Ok(false) };
    match store::holder(tx, "phone", "", &address.key)? {
        Some(holder) if holder.contact_id == id => {
            if verified {
                store::verify(tx, holder.method_id)?;
            }
            Ok(true)
        }
        Some(_) => Ok(false),
        None => attach(tx, origin, id, &Address { is_verified: verified, ..address }),
    }
}

/// Adds an address to a contact.
///
/// Errors: 422 for an address that is none; 409 `duplicate_contact_method` when somebody has it.
pub fn add_method(
    tx: &Tx<'_>,
    origin: &Origin,
    id: ContactId,
    kind: &str,
    account: &str,
    value: &str,
) -> Result<ContactMethod> {
    let kind = known_kind(kind).map_err(|f| Error::invalid(vec![f]))?;
    let country = country(tx, std::iter::once((kind, value)))?;
    let address = Address::new(kind, account, value, &country)?;
    if let Some(holder) = store::holder(tx, kind, &address.account, &address.key)? {
        return Err(duplicate("value", Some(holder.contact_id)));
    }
    let method = insert(tx, id, &address)?.ok_or_else(|| duplicate("value", None))?;
    store::touch(tx, id)?;
    let data = json!({ "fields": ["methods"], "method_id": method, "change": "added" });
    events::record(tx, origin, events::UPDATED, id, data)?;
    store::method(tx, method)?.ok_or_else(|| Error::not_found("contact method"))
}

/// The address belongs to somebody; `holder` only where the caller may see them.
pub(super) fn duplicate(field: &str, holder: Option<ContactId>) -> Error {
    use platform::{Fault, error::Code};
    let words = match holder {
        Some(id) => format!("belongs to contact {id}"),
        None => "belongs to a contact already".to_owned(),
    };
    let detail = format!("This address {words}.");
    Error {
        faults: vec![Fault::new(field, "duplicate", words)],
        ..Error::conflict(Code::DuplicateContactMethod, detail)
    }
}

/// This address wants no messages that it did not ask for. Nothing happens when it is not known.
pub fn opt_out(tx: &Tx<'_>, origin: &Origin, kind: &str, account: &str, value: &str) -> Result<()> {
    set_opted_out(tx, origin, kind, account, value, true)
}

/// Takes [`opt_out`] back.
pub fn opt_in(tx: &Tx<'_>, origin: &Origin, kind: &str, account: &str, value: &str) -> Result<()> {
    set_opted_out(tx, origin, kind, account, value, false)
}

fn set_opted_out(
    tx: &Tx<'_>,
    origin: &Origin,
    kind: &str,
    account: &str,
    value: &str,
    out: bool,
) -> Result<()> {
    let Some(address) = address(tx, kind, account, value)? else { return Ok(()) };
    let Some(holder) = store::holder(tx, address.kind, &address.account, &address.key)? else {
        return Ok(());
    };
    if holder.opted_out_at.is_some() == out {
        return Ok(());
    }
    store::set_opted_out(tx, holder.method_id, out.then(|| tx.now()))?;
    let change = if out { "opted_out" } else { "opted_in" };
    let data = json!({ "fields": ["methods"], "method_id": holder.method_id, "change": change });
    events::record(tx, origin, events::UPDATED, holder.contact_id, data)
}

/// The same person under a new id of the same channel account. Nothing happens when the old id is not known, or when the
/// new one is somebody's already: contacts are never merged.
pub fn move_identity(
    tx: &Tx<'_>,
    origin: &Origin,
    kind: &str,
    account: &str,
    value: &str,
    to: &str,
) -> Result<()> {
    let (Some(from), Some(to)) = (address(tx, kind, account, value)?, address(tx, kind, account, to)?) else {
        return Ok(());
    };
    let Some(holder) = store::holder(tx, from.kind, &from.account, &from.key)? else { return Ok(()) };
    if store::holder(tx, to.kind, &to.account, &to.key)?.is_some() {
        return Ok(());
    }
    store::set_value(tx, holder.method_id, to.kind, &to.value, &to.key)?;
    let data = json!({ "fields": ["methods"], "method_id": holder.method_id, "change": "moved" });
    events::record(tx, origin, events::UPDATED, holder.contact_id, data)
}

/// `None` when it is no address, and so nobody's.
fn address(c: &Conn<'_>, kind: &str, account: &str, value: &str) -> Result<Option<Address>> {
    let Ok(kind) = known_kind(kind) else { return Ok(None) };
    let country = country(c, std::iter::once((kind, value)))?;
    Ok(Address::new(kind, account, value, &country).ok())
}

/// The organisation's country, asked for only where a number does not name its own.
fn country<'a>(c: &Conn<'_>, addresses: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<String> {
    let local = |(kind, value): (&str, &str)| kind == "phone" && !value.trim_start().starts_with('+');
    match addresses.into_iter().any(local) {
        true => Ok(settings::get::<settings::Org>(c, settings::ORG)?.0.default_country),
        false => Ok(String::new()),
    }
}

/// Names are bounded: a channel says what it likes.
fn clip(name: &str) -> String {
    name.chars().take(200).collect()
}
