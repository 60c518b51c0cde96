//! Addresses that came with a lead and belong to somebody else than its contact: an address leads to one person, and a lead is
//! of one. What was given is kept in the lead's `metadata.other_addresses`, with whose it is, so that somebody can see that the
//! two may be one person. It gives nobody an address, and goes when its holder is erased.

use people::ContactId;
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    events::Origin,
    params, sql,
};
use serde_json::{Value as Json, json};

use super::{Lead, events, input::Method, store, tell};
use crate::LeadId;

/// Where they stand.
const KEY: &str = "other_addresses";

/// An address of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAddress {
    pub kind: &'static str,
    pub value: String,
    pub holder: ContactId,
}

impl OtherAddress {
    pub fn new(method: &Method, holder: ContactId) -> Self {
        OtherAddress { kind: method.kind, value: method.value.clone(), holder }
    }
}

/// Puts them into what comes with a lead; what stood there under their name gives way.
pub fn put(metadata: &mut Json, others: &[OtherAddress]) {
    if others.is_empty() {
        return;
    }
    if !metadata.is_object() {
        *metadata = json!({});
    }
    let told = |o: &OtherAddress| json!({ "type": o.kind, "value": o.value, "contact_id": o.holder });
    metadata[KEY] = others.iter().map(told).collect();
}

/// Notes whose they are, so that [`forget`] finds them.
pub fn note(tx: &Tx<'_>, lead: LeadId, others: &[OtherAddress]) -> Result<()> {
    let mut holders: Vec<ContactId> = others.iter().map(|o| o.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    for holder in holders {
        tx.exec(
            sql!("INSERT INTO lead_other_addresses (lead_id, contact_id) VALUES (?1, ?2)"),
            params![lead, holder],
        )?;
    }
    Ok(())
}

/// The lead is about to go.
pub(super) fn remove(tx: &Tx<'_>, lead: LeadId) -> Result<()> {
    tx.exec(sql!("DELETE FROM lead_other_addresses WHERE lead_id = ?1"), params![lead]).map(|_| ())
}

/// Takes the addresses of these contacts from some leads of others, `limit` at most; true while there are more.
pub(crate) fn forget(tx: &Tx<'_>, contacts: &[ContactId], limit: i64) -> Result<bool> {
    let ids = leads(tx, contacts, limit)?;
    for id in &ids {
        if let Some(lead) = store::lock(tx, *id)? {
            without(tx, &lead, contacts)?;
        }
        let text = format!(
            "DELETE FROM lead_other_addresses WHERE lead_id = ?1 AND contact_id IN ({})",
            in_list(2, contacts.len())
        );
        let mut values = vec![Value::from(*id)];
        values.extend(contacts.iter().map(Value::from));
        tx.exec(Sql::built(&text), &values)?;
    }
    Ok(ids.len() as i64 == limit)
}

fn leads(c: &Conn<'_>, contacts: &[ContactId], limit: i64) -> Result<Vec<LeadId>> {
    let text = format!(
        "SELECT DISTINCT lead_id FROM lead_other_addresses WHERE contact_id IN ({}) ORDER BY lead_id LIMIT ?1",
        in_list(2, contacts.len())
    );
    let mut values = vec![Value::from(limit)];
    values.extend(contacts.iter().map(Value::from));
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

fn without(tx: &Tx<'_>, lead: &Lead, contacts: &[ContactId]) -> Result<()> {
    let mut metadata = lead.metadata.clone();
    let Some(Json::Array(told)) = metadata.get_mut(KEY) else { return Ok(()) };
    told.retain(|one| !contacts.iter().any(|contact| one["contact_id"] == json!(contact)));
    if told.is_empty()
        && let Some(map) = metadata.as_object_mut()
    {
        map.remove(KEY);
    }
    if metadata == lead.metadata {
        return Ok(());
    }
    tx.exec(
        sql!("UPDATE leads SET metadata = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1"),
        params![lead.id, metadata.to_string(), tx.now()],
    )?;
    let data = json!({ "fields": ["metadata"], "before": {}, "after": {} });
    tell::record(tx, &Origin::system(), lead, events::UPDATED, data)
}
