//! The leads of one person: what somebody who talks with them sees of them, and what a message does to them.

use people::ContactId;
use platform::{
    Conn, Result, Tx,
    clock::Millis,
    db::{Sql, Value},
    events::Origin,
    params, sql,
};

use super::{Lead, LeadScope, store, touch};
use crate::LeadId;

/// Leads of one contact that anything is done with or shown of; nobody has more that are open.
const MOST: i64 = 100;

/// The leads of a contact that `scope` holds and that are not archived: those still open first, the newest of each before.
pub fn seen_of_contact(c: &Conn<'_>, scope: &LeadScope, contact: ContactId) -> Result<Vec<Lead>> {
    let mut values = vec![Value::from(contact), Value::from(MOST)];
    let within = scope.condition("", &mut values);
    let text = format!(
        "SELECT {} FROM leads WHERE contact_id = ?1 AND archived_at IS NULL{within} \
         ORDER BY CASE WHEN outcome IS NULL THEN 0 ELSE 1 END, id DESC LIMIT ?2",
        store::COLUMNS
    );
    c.all(Sql::built(&text), &values, store::read)
}

/// Somebody was in touch with a person: every lead of theirs that is open is touched. One query where there is none.
pub fn touch_contact(
    tx: &Tx<'_>,
    origin: &Origin,
    contact: ContactId,
    at: Millis,
    by_us: bool,
) -> Result<()> {
    let open: Vec<LeadId> = tx.all(
        sql!(
            "SELECT id FROM leads WHERE contact_id = ?1 AND archived_at IS NULL AND outcome IS NULL ORDER BY id LIMIT ?2"
        ),
        params![contact, MOST],
        |r| r.get(0),
    )?;
    for id in open {
        match store::lock(tx, id)? {
            // It may have ended while its lock was waited for.
            Some(lead) if lead.outcome.is_none() && lead.archived_at.is_none() => {
                touch(tx, origin, &lead, at, by_us)?;
            }
            _ => {}
        }
    }
    Ok(())
}
