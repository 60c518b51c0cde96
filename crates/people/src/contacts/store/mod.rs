//! All SQL of `contacts` and `contact_methods`; lists and search stand in `list`.

mod brief;
mod list;

use std::collections::HashMap;

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{
        Row, Sql, Value,
        dialect::{fill_list, in_list},
    },
    params, sql,
};

pub use self::{
    brief::briefs,
    list::{Part, list, matching, with_address},
};
use super::{Contact, ContactMethod, duplicates::likeness};
use crate::ContactId;

/// Who has an address.
#[derive(Debug, Clone)]
pub struct Holder {
    pub method_id: i64,
    pub contact_id: ContactId,
    pub value: String,
    pub opted_out_at: Option<Millis>,
    pub name: String,
    pub is_blocked: bool,
}

pub fn holder(c: &Conn<'_>, kind: &str, account: &str, key: &str) -> Result<Option<Holder>> {
    c.opt(
        sql!(
            "SELECT m.id, m.contact_id, m.value, m.opted_out_at, c.name, c.is_blocked FROM contact_methods m JOIN contacts c ON c.id = m.contact_id WHERE m.value_key = ?1 AND m.kind = ?2 AND m.account = ?3"
        ),
        params![key, kind, account],
        |row| {
            let mut r = row.columns();
            Ok(Holder {
                method_id: r.next()?,
                contact_id: r.next()?,
                value: r.next()?,
                opted_out_at: r.next()?,
                name: r.next()?,
                is_blocked: r.next()?,
            })
        },
    )
}

/// Kind, account and value of those that somebody has.
pub fn taken(c: &Conn<'_>, keys: &[&str]) -> Result<Vec<(String, String, String)>> {
    let text = format!(
        "SELECT kind, account, value_key FROM contact_methods WHERE value_key IN ({})",
        in_list(1, keys.len())
    );
    let keys: Vec<Value<'_>> = keys.iter().map(|k| Value::from(*k)).collect();
    c.all(Sql::built(&text), &keys, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// Kind and value of all that a contact has.
pub fn keys(c: &Conn<'_>, contact: ContactId) -> Result<Vec<(String, String)>> {
    c.all(
        sql!("SELECT kind, value_key FROM contact_methods WHERE contact_id = ?1 ORDER BY id"),
        params![contact],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

pub fn insert_contact(
    tx: &Tx<'_>,
    name: &str,
    folded: &str,
    kind: &str,
    source: Option<&str>,
) -> Result<ContactId> {
    tx.insert(
        sql!(
            "INSERT INTO contacts (name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, ?2, ?3, FALSE, ?4, ?5, ?5, 1) RETURNING id"
        ),
        params![name, folded, kind, source, tx.now()],
    )
}

pub fn delete_contact(tx: &Tx<'_>, id: ContactId) -> Result<()> {
    tx.must(sql!("DELETE FROM contacts WHERE id = ?1"), params![id], "contact")
}

/// Adds an address, primary when it is the first of its kind; `None` when somebody has it.
pub fn insert_method(
    tx: &Tx<'_>,
    contact: ContactId,
    kind: &str,
    account: &str,
    value: &str,
    key: &str,
    is_verified: bool,
) -> Result<Option<i64>> {
    let others: i64 = tx.one(
        sql!("SELECT count(*) FROM contact_methods WHERE contact_id = ?1 AND kind = ?2"),
        params![contact, kind],
        |r| r.get(0),
    )?;
    tx.value(
        sql!(
            "INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at, likeness) VALUES (?1, ?2, ?3, ?4, ?5, ?6, TRUE, ?7, ?8, ?9) ON CONFLICT (value_key, kind, account) DO NOTHING RETURNING id"
        ),
        params![contact, kind, account, value, key, others == 0, is_verified, tx.now(), likeness(kind, key)],
    )
}

pub fn touch(tx: &Tx<'_>, id: ContactId) -> Result<()> {
    tx.must(
        sql!("UPDATE contacts SET updated_at = ?2, version = version + 1 WHERE id = ?1"),
        params![id, tx.now()],
        "contact",
    )
}

pub fn rename(tx: &Tx<'_>, id: ContactId, name: &str, folded: &str) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE contacts SET name = ?2, name_folded = ?3, updated_at = ?4, version = version + 1 WHERE id = ?1"
        ),
        params![id, name, folded, tx.now()],
        "contact",
    )
}

/// As [`touch`], if the version is still `expected`.
pub fn touch_version(tx: &Tx<'_>, id: ContactId, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!("UPDATE contacts SET updated_at = ?2, version = version + 1 WHERE id = ?1 AND version = ?3"),
        params![id, tx.now(), expected],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn is_blocked(c: &Conn<'_>, id: ContactId) -> Result<Option<bool>> {
    c.value(sql!("SELECT is_blocked FROM contacts WHERE id = ?1"), params![id])
}

pub fn set_blocked(tx: &Tx<'_>, id: ContactId, blocked: bool) -> Result<()> {
    tx.must(
        sql!("UPDATE contacts SET is_blocked = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1"),
        params![id, blocked, tx.now()],
        "contact",
    )
}

/// As [`rename`], where the version is counted already.
pub fn set_name(tx: &Tx<'_>, id: ContactId, name: &str, folded: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE contacts SET name = ?2, name_folded = ?3 WHERE id = ?1"),
        params![id, name, folded],
        "contact",
    )
}

pub fn set_kind(tx: &Tx<'_>, id: ContactId, kind: &str) -> Result<()> {
    tx.must(sql!("UPDATE contacts SET kind = ?2 WHERE id = ?1"), params![id, kind], "contact")
}

pub fn company(c: &Conn<'_>, id: ContactId) -> Result<Option<ContactId>> {
    Ok(c.value::<Option<ContactId>>(sql!("SELECT company_id FROM contacts WHERE id = ?1"), params![id])?
        .flatten())
}

/// Whom a contact was merged into, and whether it was erased.
pub fn whereabouts(c: &Conn<'_>, id: ContactId) -> Result<Option<(Option<ContactId>, bool)>> {
    c.opt(sql!("SELECT merged_into_id, erased_at FROM contacts WHERE id = ?1"), params![id], |r| {
        Ok((r.get(0)?, r.get::<Option<Millis>>(1)?.is_some()))
    })
}

/// `person` or `company`, of a contact that is neither merged nor erased.
pub fn stands_as(c: &Conn<'_>, id: ContactId) -> Result<Option<String>> {
    c.value(
        sql!("SELECT kind FROM contacts WHERE id = ?1 AND merged_into_id IS NULL AND erased_at IS NULL"),
        params![id],
    )
}

/// A person's employer; the version is counted by whoever calls this.
pub fn set_company(tx: &Tx<'_>, id: ContactId, company: Option<ContactId>) -> Result<()> {
    tx.must(sql!("UPDATE contacts SET company_id = ?2 WHERE id = ?1"), params![id, company], "contact")
}

pub fn set_opted_out(tx: &Tx<'_>, method: i64, at: Option<Millis>) -> Result<()> {
    tx.must(
        sql!("UPDATE contact_methods SET opted_out_at = ?2 WHERE id = ?1"),
        params![method, at],
        "contact method",
    )
}

pub fn verify(tx: &Tx<'_>, method: i64) -> Result<()> {
    tx.must(
        sql!("UPDATE contact_methods SET is_verified = TRUE WHERE id = ?1"),
        params![method],
        "contact method",
    )
}

pub fn set_value(tx: &Tx<'_>, method: i64, kind: &str, value: &str, key: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE contact_methods SET value = ?2, value_key = ?3, likeness = ?4 WHERE id = ?1"),
        params![method, value, key, likeness(kind, key)],
        "contact method",
    )
}

pub fn update_method(tx: &Tx<'_>, m: &ContactMethod) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE contact_methods SET is_primary = ?2, is_active = ?3, is_verified = ?4, opted_out_at = ?5, consent_at = ?6, consent_source = ?7 WHERE id = ?1"
        ),
        params![
            m.id,
            m.is_primary,
            m.is_active,
            m.is_verified,
            m.opted_out_at,
            m.consent_at,
            m.consent_source.as_deref()
        ],
        "contact method",
    )
}

/// Takes the primary mark from every method of this kind.
pub fn demote(tx: &Tx<'_>, contact: ContactId, kind: &str) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE contact_methods SET is_primary = FALSE WHERE contact_id = ?1 AND kind = ?2 AND is_primary"
        ),
        params![contact, kind],
    )?;
    Ok(())
}

/// The oldest of this kind becomes primary where none is.
pub fn promote(tx: &Tx<'_>, contact: ContactId, kind: &str) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE contact_methods SET is_primary = TRUE WHERE id = (SELECT min(id) FROM contact_methods WHERE contact_id = ?1 AND kind = ?2) AND NOT EXISTS (SELECT 1 FROM contact_methods p WHERE p.contact_id = ?1 AND p.kind = ?2 AND p.is_primary)"
        ),
        params![contact, kind],
    )?;
    Ok(())
}

pub fn delete_method(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.must(sql!("DELETE FROM contact_methods WHERE id = ?1"), params![id], "contact method")
}

/// Adds a phone number or an e-mail address to a contact that has just been made; false when somebody has it.
pub fn insert_first(
    tx: &Tx<'_>,
    contact: ContactId,
    kind: &str,
    value: &str,
    key: &str,
    is_primary: bool,
) -> Result<bool> {
    let added = tx.exec(
        sql!(
            "INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at, likeness) VALUES (?1, ?2, '', ?3, ?4, ?5, TRUE, FALSE, ?6, ?7) ON CONFLICT (value_key, kind, account) DO NOTHING"
        ),
        params![contact, kind, value, key, is_primary, tx.now(), likeness(kind, key)],
    )?;
    Ok(added == 1)
}

/// Deletes an address if it is this contact's; its kind.
pub fn delete_method_of(tx: &Tx<'_>, contact: ContactId, id: i64) -> Result<Option<String>> {
    tx.value(
        sql!("DELETE FROM contact_methods WHERE id = ?1 AND contact_id = ?2 RETURNING kind"),
        params![id, contact],
    )
}

/// Deletes every address of a contact.
pub fn delete_methods(tx: &Tx<'_>, contact: ContactId) -> Result<()> {
    tx.exec(sql!("DELETE FROM contact_methods WHERE contact_id = ?1"), params![contact])?;
    Ok(())
}

pub fn name(c: &Conn<'_>, id: ContactId) -> Result<Option<String>> {
    c.value(sql!("SELECT name FROM contacts WHERE id = ?1"), params![id])
}

pub fn version(c: &Conn<'_>, id: ContactId) -> Result<Option<i64>> {
    c.value(sql!("SELECT version FROM contacts WHERE id = ?1"), params![id])
}

pub fn names(c: &Conn<'_>, ids: &[ContactId]) -> Result<HashMap<ContactId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut ids: Vec<Value<'_>> = ids.iter().map(Into::into).collect();
    fill_list(&mut ids, 0);
    let text = format!("SELECT id, name FROM contacts WHERE id IN ({})", in_list(1, ids.len()));
    Ok(c.all(Sql::built(&text), &ids, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

pub fn primary(c: &Conn<'_>, id: ContactId, kind: &str) -> Result<Option<String>> {
    c.value(
        sql!("SELECT value FROM contact_methods WHERE contact_id = ?1 AND kind = ?2 AND is_primary"),
        params![id, kind],
    )
}

pub fn primaries(c: &Conn<'_>, ids: &[ContactId], kind: &str) -> Result<HashMap<ContactId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT contact_id, value FROM contact_methods WHERE kind = ?1 AND is_primary AND contact_id IN ({})",
        in_list(2, ids.len())
    );
    let mut values = vec![Value::from(kind)];
    values.extend(ids.iter().map(Value::from));
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

fn read_contact(row: Row<'_>) -> Result<Contact> {
    let mut r = row.columns();
    Ok(Contact {
        id: r.next()?,
        name: r.next()?,
        kind: r.next()?,
        methods: Vec::new(),
        is_blocked: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

fn read_method(row: Row<'_>) -> Result<ContactMethod> {
    let mut r = row.columns();
    Ok(ContactMethod {
        id: r.next()?,
        contact_id: r.next()?,
        kind: r.next()?,
        account_id: Some(r.next::<String>()?).filter(|a| !a.is_empty()),
        value: r.next()?,
        is_primary: r.next()?,
        is_active: r.next()?,
        is_verified: r.next()?,
        opted_out_at: r.next()?,
        consent_at: r.next()?,
        consent_source: r.next()?,
    })
}

pub fn contact(c: &Conn<'_>, id: ContactId) -> Result<Option<Contact>> {
    let found = c.opt(
        sql!(
            "SELECT id, name, kind, is_blocked, created_at, updated_at, version FROM contacts WHERE id = ?1"
        ),
        params![id],
        read_contact,
    )?;
    let Some(mut contact) = found else { return Ok(None) };
    contact.methods = methods_of(c, &[id])?;
    Ok(Some(contact))
}

pub fn method(c: &Conn<'_>, id: i64) -> Result<Option<ContactMethod>> {
    c.opt(
        sql!(
            "SELECT id, contact_id, kind, account, value, is_primary, is_active, is_verified, opted_out_at, consent_at, consent_source FROM contact_methods WHERE id = ?1"
        ),
        params![id],
        read_method,
    )
}

pub fn methods_of(c: &Conn<'_>, ids: &[ContactId]) -> Result<Vec<ContactMethod>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT id, contact_id, kind, account, value, is_primary, is_active, is_verified, opted_out_at, consent_at, consent_source FROM contact_methods WHERE contact_id IN ({}) ORDER BY contact_id, is_primary DESC, id",
        in_list(1, ids.len())
    );
    let ids: Vec<Value<'_>> = ids.iter().map(Into::into).collect();
    c.all(Sql::built(&text), &ids, read_method)
}
