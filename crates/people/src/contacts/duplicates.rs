//! Who is likely the same person. Suggested, never merged.
//!
//! Two signs: the same name (folded) with the same end of a phone number, and the same name of an e-mail address at the same
//! company under another domain. Both are found along indexes; mail providers where anybody may be anybody are no company.
//! What somebody said to be two people is not suggested again.

pub mod pairs;

use std::collections::{HashMap, HashSet};

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{
        Sql, Value,
        dialect::{fill_list, in_list},
    },
    events::Origin,
    fold::fold,
    params, sql,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Brief, Contact, ContactMethod, events, normalise};
use crate::ContactId;

/// Digits of a number's end that are compared: what is left of it however it is written.
const TAIL: usize = 6;
/// Addresses that are looked at for one contact, and others that are like them.
const LOOKED_AT: usize = 200;
/// Addresses that are looked at for a page of contacts.
const OF_A_PAGE: usize = 4_000;
/// Suggestions.
const MOST: usize = 10;

/// Mail providers, by the label that [`organisation`] finds.
const FREE: [&str; 24] = [
    "126",
    "163",
    "aol",
    "gmail",
    "gmx",
    "googlemail",
    "hotmail",
    "icloud",
    "laposte",
    "live",
    "mail",
    "me",
    "msn",
    "outlook",
    "proton",
    "protonmail",
    "qq",
    "rediffmail",
    "t-online",
    "web",
    "yahoo",
    "yandex",
    "ymail",
    "zoho",
];
/// Labels below a country that are nobody's.
const SECOND: [&str; 9] = ["ac", "co", "com", "edu", "gov", "net", "ne", "or", "org"];

platform::words!(
    /// Why somebody is suggested.
    Reason { SameNameAndPhoneTail = "same_name_and_phone_tail", SameMailNameAndDomain = "same_mail_name_and_domain" }
);

/// Somebody who is likely the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ContactDuplicate)]
pub struct Duplicate {
    pub id: ContactId,
    pub name: String,
    #[schema(inline)]
    pub reason: Reason,
    /// `likely`: an address that is the same could not be of two.
    pub certainty: &'static str,
}

/// What an address likely shares with another one of the same person: the end of a phone number; the part of a company's
/// e-mail address before the @ with the company's name. `None` for all else. `key` is the normalised value.
pub(super) fn likeness(kind: &str, key: &str) -> Option<String> {
    match kind {
        "phone" => key.len().checked_sub(TAIL).and_then(|at| key.get(at..)).map(|tail| format!("#{tail}")),
        "email" => {
            let (name, domain) = key.rsplit_once('@')?;
            organisation(domain).filter(|_| !name.is_empty()).map(|at| format!("{name}@{at}"))
        }
        _ => None,
    }
}

fn reason(kind: &str) -> Reason {
    if kind == "email" { Reason::SameMailNameAndDomain } else { Reason::SameNameAndPhoneTail }
}

/// The likenesses of somebody's addresses, each with the kind and the address's id.
fn likenesses(methods: &[ContactMethod]) -> Vec<(String, &str, i64)> {
    let of =
        |m: &ContactMethod| normalise(&m.kind, &m.value, "").ok().and_then(|key| likeness(&m.kind, &key));
    methods.iter().filter_map(|m| Some((of(m)?, m.kind.as_str(), m.id))).collect()
}

/// What a domain is called without what stands around it: `acme` of `mail.acme.co.uk`; `None` for mail providers.
fn organisation(domain: &str) -> Option<&str> {
    let mut labels: Vec<&str> = domain.split('.').collect();
    labels.pop()?;
    if labels.len() > 1 && labels.last().is_some_and(|l| SECOND.contains(l)) {
        labels.pop();
    }
    labels.pop().filter(|l| !l.is_empty() && !FREE.contains(l))
}

/// Who is likely the same as `contact`; ten at most. Three queries.
pub fn of(c: &Conn<'_>, contact: &Contact) -> Result<Vec<Duplicate>> {
    let all = likenesses(&contact.methods);
    let mut keys: Vec<&str> = all.iter().map(|(key, ..)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(LOOKED_AT);
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT o.id, o.name, m.kind FROM contact_methods m JOIN contacts o ON o.id = m.contact_id \
         WHERE m.likeness IN ({}) AND o.id <> ?1 AND (m.kind = 'email' OR o.name_folded = ?2) \
         AND o.merged_into_id IS NULL AND o.erased_at IS NULL ORDER BY m.id LIMIT ?3",
        in_list(4, keys.len())
    );
    let mut values = vec![Value::from(contact.id), Value::from(fold(&contact.name)), Value::from(LOOKED_AT)];
    values.extend(keys.iter().map(|key| Value::from(*key)));
    let mut found: Vec<Duplicate> = c.all(Sql::built(&text), &values, |r| {
        let reason = reason(&r.get::<String>(2)?);
        Ok(Duplicate { id: r.get(0)?, name: r.get(1)?, reason, certainty: "likely" })
    })?;
    let mut seen = HashSet::new();
    found.retain(|d| seen.insert(d.id));
    let known = distinctions(c, found.iter().map(|d| (contact.id, d.id)))?;
    found.retain(|d| !known.contains(&ordered(contact.id, d.id)));
    found.truncate(MOST);
    Ok(found)
}

/// Those of `contacts` of whom somebody else is likely the same. Two queries, however many there are; of addresses that very
/// many share, some are looked at.
pub fn suspects<'a>(c: &Conn<'_>, contacts: impl Iterator<Item = &'a Brief>) -> Result<HashSet<ContactId>> {
    let mut by_key: HashMap<String, Vec<(ContactId, String)>> = HashMap::new();
    for contact in contacts {
        for (key, ..) in likenesses(&contact.methods) {
            by_key.entry(key).or_default().push((contact.id, fold(&contact.name)));
        }
    }
    if by_key.is_empty() {
        return Ok(HashSet::new());
    }
    let mut values: Vec<Value<'_>> = by_key.keys().map(|key| Value::from(key.as_str())).collect();
    fill_list(&mut values, 0);
    let keys = values.len();
    values.push(Value::from(OF_A_PAGE));
    let text = format!(
        "SELECT o.id, o.name_folded, m.kind, m.likeness FROM contact_methods m JOIN contacts o ON o.id = m.contact_id \
         WHERE m.likeness IN ({}) AND o.merged_into_id IS NULL AND o.erased_at IS NULL LIMIT ?{}",
        in_list(1, keys),
        keys + 1
    );
    let mut pairs: HashSet<(ContactId, ContactId)> = HashSet::new();
    c.all(Sql::built(&text), &values, |row| {
        let mut r = row.columns();
        let (other, name): (ContactId, String) = (r.next()?, r.next()?);
        let (kind, key): (String, String) = (r.next()?, r.next()?);
        let alike = by_key.get(&key).map_or(&[][..], Vec::as_slice);
        let alike = alike.iter().filter(|(id, n)| *id != other && (kind == "email" || *n == name));
        pairs.extend(alike.map(|(id, _)| (*id, other)));
        Ok(())
    })?;
    let known = distinctions(c, pairs.iter().copied())?;
    Ok(pairs.into_iter().filter(|(a, b)| !known.contains(&ordered(*a, *b))).map(|(a, _)| a).collect())
}

fn ordered(a: ContactId, b: ContactId) -> (ContactId, ContactId) {
    (a.min(b), a.max(b))
}

/// Those of `pairs` of whom somebody said that they are two, the lower id first.
fn distinctions(
    c: &Conn<'_>,
    pairs: impl Iterator<Item = (ContactId, ContactId)>,
) -> Result<HashSet<(ContactId, ContactId)>> {
    let mut lower: Vec<ContactId> = pairs.map(|(a, b)| a.min(b)).collect();
    lower.sort_unstable();
    lower.dedup();
    if lower.is_empty() {
        return Ok(HashSet::new());
    }
    let mut values: Vec<Value<'_>> = lower.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let text =
        format!("SELECT a_id, b_id FROM contact_distinctions WHERE a_id IN ({})", in_list(1, values.len()));
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// Remembers that these are two people. Again, it does nothing. `other` may have been merged into somebody.
///
/// Errors: 422 for a contact that is not there, was erased, or is the same.
pub fn dismiss(tx: &Tx<'_>, origin: &Origin, one: ContactId, other: ContactId) -> Result<()> {
    if one == other {
        return Err(Error::invalid_field("contact_id", "same", "is the contact itself"));
    }
    let Some(other) = super::standing(tx, other)?.filter(|id| *id != one) else {
        return Err(Error::invalid_field("contact_id", "not_found", "there is no such contact"));
    };
    let told = tx.exec(
        sql!(
            "INSERT INTO contact_distinctions (a_id, b_id, decided_by, decided_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"
        ),
        params![one.min(other), one.max(other), origin.actor.id(), tx.now()],
    )?;
    if told == 1 {
        events::record(tx, origin, events::DISTINGUISHED, one, json!({ "other_id": other }))?;
    }
    Ok(())
}

/// Tells `to` apart from everybody whom `from` was told apart from; whom that was new for. 500 at most.
pub(super) fn hand_over(tx: &Tx<'_>, from: ContactId, to: ContactId) -> Result<Vec<ContactId>> {
    let told: Vec<(ContactId, Option<i64>, Millis)> = tx.all(
        sql!(
            "SELECT b_id, decided_by, decided_at FROM contact_distinctions WHERE a_id = ?1 UNION ALL SELECT a_id, decided_by, decided_at FROM contact_distinctions WHERE b_id = ?1 LIMIT 500"
        ),
        params![from],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    let mut gained = Vec::new();
    for (other, by, at) in told.into_iter().filter(|(other, ..)| *other != to) {
        let is_new = tx.exec(
            sql!(
                "INSERT INTO contact_distinctions (a_id, b_id, decided_by, decided_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"
            ),
            params![to.min(other), to.max(other), by, at],
        )?;
        if is_new == 1 {
            gained.push(other);
        }
    }
    Ok(gained)
}

/// Tells `one` no longer apart from `others`.
pub(super) fn forget(tx: &Tx<'_>, one: ContactId, others: &[ContactId]) -> Result<()> {
    for other in others {
        tx.exec(
            sql!("DELETE FROM contact_distinctions WHERE a_id = ?1 AND b_id = ?2"),
            params![one.min(*other), one.max(*other)],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_have_a_name_and_mail_providers_have_none() {
        for (domain, is) in [
            ("acme.com", Some("acme")),
            ("mail.acme.co.uk", Some("acme")),
            ("acme.com.vn", Some("acme")),
            ("gmail.com", None),
            ("yahoo.co.jp", None),
            ("localhost", None),
        ] {
            assert_eq!(organisation(domain), is, "{domain}");
        }
        assert_eq!(likeness("email", "an@mail.acme.co.uk").as_deref(), Some("an@acme"));
        assert_eq!(likeness("email", "an@gmail.com"), None);
        assert_eq!(likeness("phone", "+84901234567").as_deref(), Some("#234567"));
        assert_eq!(likeness("zalo", "an@acme.com"), None);
        assert!(FREE.windows(2).all(|w| w[0] < w[1]) && SECOND.len() == 9);
    }
}
