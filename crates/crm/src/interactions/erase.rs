//! What was logged about a person's leads when they are erased: that it was a call, when, how long and how it went stays.

use people::{ContactId, contacts::erase::ERASED};
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
};

use crate::LeadId;

/// Replaces what was written about interactions with these leads.
pub(crate) fn replace(tx: &Tx<'_>, leads: &[LeadId]) -> Result<()> {
    let text = format!(
        "UPDATE interactions SET summary = ?1, updated_at = ?2, version = version + 1 WHERE lead_id IN ({}) AND summary <> ?1",
        in_list(3, leads.len())
    );
    let mut values = vec![Value::from(ERASED), Value::from(tx.now())];
    values.extend(leads.iter().map(Value::from));
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

/// How many there are with these contacts, to `cap`.
pub(crate) fn count(c: &Conn<'_>, contacts: &[ContactId], cap: i64) -> Result<i64> {
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 AS one FROM interactions WHERE contact_id IN ({}) LIMIT ?1) AS counted",
        in_list(2, contacts.len())
    );
    let mut values = vec![Value::from(cap)];
    values.extend(contacts.iter().map(Value::from));
    c.one(Sql::built(&text), &values, |r| r.get(0))
}
