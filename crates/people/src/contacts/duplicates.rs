//! Who is likely the same person. Suggested, never merged.
//!
//! Two signs: the same name (folded) with the same end of a phone number, and the same name of an e-mail address at the same
//! company under another domain. Both are found along indexes; mail providers where anybody may be anybody are no company.
//! What somebody said to be two people is not suggested again.

use platform::{
    Conn, Error, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    fold::fold,
    params, sql,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Contact, ContactMethod, names, store};
use crate::ContactId;

/// Digits of a number's end that are compared: what is left of it however it is written.
const TAIL: usize = 6;
/// Contacts with one name, or addresses with one, that are looked at.
const LOOKED_AT: i64 = 50;
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

/// The part of a company's e-mail address before the @, by which it is looked up; `None` for all else.
pub(super) fn mail_name<'a>(kind: &str, key: &'a str) -> Option<&'a str> {
    let (name, domain) = key.rsplit_once('@').filter(|_| kind == "email")?;
    organisation(domain).map(|_| name).filter(|n| !n.is_empty())
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

fn tail(method: &ContactMethod) -> Option<&str> {
    if method.kind != "phone" {
        return None;
    }
    method.value.len().checked_sub(TAIL).and_then(|at| method.value.get(at..))
}

/// Who is likely the same as `contact`; ten at most. Five queries.
pub fn of(c: &Conn<'_>, contact: &Contact) -> Result<Vec<Duplicate>> {
    let mut found: Vec<(ContactId, Reason)> = Vec::new();
    let tails: Vec<&str> = contact.methods.iter().filter_map(tail).collect();
    let folded = fold(&contact.name);
    if !tails.is_empty() && !folded.is_empty() {
        let namesakes: Vec<ContactId> = c.all(
            sql!("SELECT id FROM contacts WHERE name_folded = ?1 AND id <> ?2 ORDER BY id LIMIT ?3"),
            params![folded, contact.id, LOOKED_AT],
            |r| r.get(0),
        )?;
        for method in store::methods_of(c, &namesakes)? {
            if tail(&method).is_some_and(|t| tails.contains(&t)) {
                found.push((method.contact_id, Reason::SameNameAndPhoneTail));
            }
        }
    }
    for method in contact.methods.iter().filter(|m| m.kind == "email").take(5) {
        let key = method.value.to_lowercase();
        let (Some(name), Some(at)) =
            (mail_name("email", &key), key.rsplit_once('@').and_then(|(_, d)| organisation(d)))
        else {
            continue;
        };
        let others: Vec<(ContactId, String)> = c.all(
            sql!(
                "SELECT contact_id, value_key FROM contact_methods WHERE mail_name = ?1 ORDER BY id LIMIT ?2"
            ),
            params![name, LOOKED_AT],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let same = others.into_iter().filter(|(id, other)| {
            *id != contact.id && other.rsplit_once('@').and_then(|(_, d)| organisation(d)) == Some(at)
        });
        found.extend(same.map(|(id, _)| (id, Reason::SameMailNameAndDomain)));
    }
    let mut seen = Vec::new();
    found.retain(|(id, _)| {
        !seen.contains(id) && {
            seen.push(*id);
            true
        }
    });
    shown(c, contact.id, found)
}

/// Without those who are merged, erased, or known to be somebody else.
fn shown(c: &Conn<'_>, of: ContactId, mut found: Vec<(ContactId, Reason)>) -> Result<Vec<Duplicate>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT c.id FROM contacts c WHERE c.id IN ({}) AND c.merged_into_id IS NULL AND c.erased_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM contact_distinctions d WHERE d.a_id = c.id AND d.b_id = ?1) \
         AND NOT EXISTS (SELECT 1 FROM contact_distinctions d WHERE d.a_id = ?1 AND d.b_id = c.id)",
        in_list(2, found.len())
    );
    let mut values = vec![Value::from(of)];
    values.extend(found.iter().map(|(id, _)| Value::from(*id)));
    let standing: Vec<ContactId> = c.all(Sql::built(&text), &values, |r| r.get(0))?;
    found.retain(|(id, _)| standing.contains(id));
    found.truncate(MOST);
    let names = names(c, &found.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
    let named = |(id, reason): (ContactId, Reason)| {
        Some(Duplicate { id, name: names.get(&id)?.clone(), reason, certainty: "likely" })
    };
    Ok(found.into_iter().filter_map(named).collect())
}

/// Remembers that these are two people. Again, it does nothing.
///
/// Errors: 422 for a contact that is not there, or the same.
pub fn dismiss(tx: &Tx<'_>, by: Option<i64>, one: ContactId, other: ContactId) -> Result<()> {
    if one == other {
        return Err(Error::invalid_field("contact_id", "same", "is the contact itself"));
    }
    if store::name(tx, other)?.is_none() {
        return Err(Error::invalid_field("contact_id", "not_found", "there is no such contact"));
    }
    tx.exec(
        sql!(
            "INSERT INTO contact_distinctions (a_id, b_id, decided_by, decided_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"
        ),
        params![one.min(other), one.max(other), by, tx.now()],
    )?;
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
        assert_eq!(mail_name("email", "an@acme.com"), Some("an"));
        assert_eq!(mail_name("email", "an@gmail.com"), None);
        assert_eq!(mail_name("phone", "an@acme.com"), None);
        assert!(FREE.windows(2).all(|w| w[0] < w[1]) && SECOND.len() == 9);
    }
}
