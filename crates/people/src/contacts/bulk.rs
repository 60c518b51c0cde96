//! Contacts by the hundred: for tables that are taken in, and for taking that back.

use std::collections::HashMap;

use platform::{
    Conn, Result, Tx,
    db::{
        Row, Sql, Value,
        dialect::{fill_list, in_list},
    },
    error::Error,
    events::Origin,
    fold::fold,
    params, sql,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{events, store};
use crate::ContactId;

/// A phone number or an e-mail address that was normalised already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    pub kind: &'static str,
    /// As it is shown.
    pub value: &'a str,
    /// As it is compared.
    pub key: &'a str,
}

/// Who has these phone numbers and e-mail addresses, by kind and normalised value. One query.
pub fn holders(c: &Conn<'_>, keys: &[&str]) -> Result<HashMap<(String, String), ContactId>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = keys.iter().map(|k| Value::from(*k)).collect();
    fill_list(&mut values, 0);
    let text = format!(
        "SELECT kind, value_key, contact_id FROM contact_methods WHERE value_key IN ({}) AND account = ''",
        in_list(1, values.len())
    );
    let rows = c.all(Sql::built(&text), &values, |r| Ok(((r.get(0)?, r.get(1)?), r.get(2)?)))?;
    Ok(rows.into_iter().collect())
}

/// What a table may change of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub name: String,
    /// Not a company.
    pub is_person: bool,
    pub company: Option<ContactId>,
}

/// What each of `ids` is called and whom they work for. One query.
pub fn standings(c: &Conn<'_>, ids: &[ContactId]) -> Result<HashMap<ContactId, Standing>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let text =
        format!("SELECT id, name, kind, company_id FROM contacts WHERE id IN ({})", in_list(1, values.len()));
    let read = |r: Row<'_>| {
        let is_person = r.get::<String>(2)? == "person";
        Ok((r.get(0)?, Standing { name: r.get(1)?, is_person, company: r.get(3)? }))
    };
    Ok(c.all(Sql::built(&text), &values, read)?.into_iter().collect())
}

/// The companies of these names, as they are folded; where one was merged, the one that it was merged into. One query.
pub fn companies(c: &Conn<'_>, names: &[&str]) -> Result<HashMap<String, ContactId>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = names.iter().map(|n| Value::from(*n)).collect();
    fill_list(&mut values, 0);
    let text = format!(
        "SELECT c.name_folded, min(coalesce(w.id, c.id)) FROM contacts c LEFT JOIN contacts w ON w.id = c.merged_into_id \
         WHERE c.name_folded IN ({}) AND c.kind = 'company' AND c.erased_at IS NULL \
         AND (c.merged_into_id IS NULL OR (w.kind = 'company' AND w.merged_into_id IS NULL AND w.erased_at IS NULL)) \
         GROUP BY c.name_folded",
        in_list(1, values.len())
    );
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// Makes a company of which only the name is known.
pub fn make_company(tx: &Tx<'_>, origin: &Origin, name: &str, source: &str) -> Result<ContactId> {
    let id = store::insert_contact(tx, name, &fold(name), "company", Some(source))?;
    events::record(tx, origin, events::CREATED, id, json!({ "kinds": [] }))?;
    Ok(id)
}

/// Says whom a person works for; whoever calls this knows that one is a person and the other a company.
pub fn employ(tx: &Tx<'_>, origin: &Origin, id: ContactId, company: Option<ContactId>) -> Result<()> {
    store::touch(tx, id)?;
    store::set_company(tx, id, company)?;
    events::record(tx, origin, events::UPDATED, id, json!({ "fields": ["company_id"] }))
}

/// Whether anybody works for a company, or anything was merged into it.
pub fn is_needed(c: &Conn<'_>, id: ContactId) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!("SELECT id FROM contacts WHERE company_id = ?1 UNION ALL SELECT id FROM contacts WHERE merged_into_id = ?1 LIMIT 1"),
        params![id],
    )?;
    Ok(found.is_some())
}

/// Makes a person with addresses that nobody has; the first of each kind is the primary one.
///
/// Errors: `busy` when somebody was faster with one of them.
pub fn make(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    source: &str,
    company: Option<ContactId>,
    methods: &[Known<'_>],
) -> Result<ContactId> {
    let id = tx.insert(
        sql!(
            "INSERT INTO contacts (name, name_folded, kind, is_blocked, source, company_id, created_at, updated_at, version) VALUES (?1, ?2, 'person', FALSE, ?3, ?4, ?5, ?5, 1) RETURNING id"
        ),
        params![name, fold(name), source, company, tx.now()],
    )?;
    let mut kinds: Vec<&str> = Vec::with_capacity(methods.len());
    for method in methods {
        let is_first = !kinds.contains(&method.kind);
        if is_first {
            kinds.push(method.kind);
        }
        if !store::insert_first(tx, id, method.kind, method.value, method.key, is_first)? {
            return Err(Error::new(
                platform::Code::Busy,
                "An address was taken at this very moment; try again.",
            ));
        }
    }
    events::record(tx, origin, events::CREATED, id, json!({ "kinds": kinds }))?;
    Ok(id)
}

/// Takes back addresses that were added to a contact; those that are not theirs any more are left alone.
pub fn detach(tx: &Tx<'_>, origin: &Origin, id: ContactId, methods: &[i64]) -> Result<()> {
    for method in methods {
        let Some(kind) = store::delete_method_of(tx, id, *method)? else { continue };
        store::promote(tx, id, &kind)?;
        store::touch(tx, id)?;
        let data = json!({ "fields": ["methods"], "method_id": method, "change": "removed" });
        events::record(tx, origin, events::UPDATED, id, data)?;
    }
    Ok(())
}

/// Deletes a contact that was made by mistake, with its addresses. Whoever calls this knows that nothing refers to it.
pub fn unmake(tx: &Tx<'_>, origin: &Origin, id: ContactId) -> Result<()> {
    store::delete_methods(tx, id)?;
    store::delete_contact(tx, id)?;
    events::record(tx, origin, events::REMOVED, id, json!({}))
}
