//! Contacts by the hundred: for tables that are taken in, and for taking that back.

use std::collections::HashMap;

use platform::{
    Conn, Result, Tx,
    db::{
        Sql, Value,
        dialect::{fill_list, in_list},
    },
    error::Error,
    events::Origin,
    fold::fold,
};
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

/// Makes a person with addresses that nobody has; the first of each kind is the primary one.
///
/// Errors: `busy` when somebody was faster with one of them.
pub fn make(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    source: &str,
    methods: &[Known<'_>],
) -> Result<ContactId> {
    let id = store::insert_contact(tx, name, &fold(name), "person", Some(source))?;
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
