//! A person's tickets when they are erased: number, status, times and whose they were stay.

use people::{
    ContactId,
    contacts::erase::{ERASED, Traces},
};
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    events::Origin,
    params, sql,
};
use serde_json::json;

use super::{Change, Status, change, change::record, events, lock};
use crate::TicketId;

/// Addresses that one person's tickets are looked through for.
const IDENTITIES: i64 = 1_000;

fn of(contacts: &[ContactId]) -> (String, Vec<Value<'_>>) {
    (in_list(3, contacts.len()), contacts.iter().map(Value::from).collect())
}

/// Tickets of these contacts from `from` on, the oldest first.
pub(crate) fn ids(c: &Conn<'_>, contacts: &[ContactId], from: TicketId, limit: i64) -> Result<Vec<TicketId>> {
    let (list, people) = of(contacts);
    let text =
        format!("SELECT id FROM tickets WHERE contact_id IN ({list}) AND id >= ?1 ORDER BY id LIMIT ?2");
    let mut values = vec![Value::from(from), Value::from(limit)];
    values.extend(people);
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// The addresses by which these contacts wrote.
pub(crate) fn identities(c: &Conn<'_>, contacts: &[ContactId]) -> Result<Vec<String>> {
    let (list, people) = of(contacts);
    let text = format!(
        "SELECT DISTINCT identity FROM tickets WHERE contact_id IN ({list}) AND id > ?1 AND identity <> '' LIMIT ?2"
    );
    let mut values = vec![Value::from(0_i64), Value::from(IDENTITIES)];
    values.extend(people);
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// Takes the subject, the address, the preview and the drafts away, and closes what is open.
pub(crate) fn replace(tx: &Tx<'_>, id: TicketId, traces: &Traces) -> Result<()> {
    tx.exec(sql!("DELETE FROM drafts WHERE ticket_id = ?1"), params![id])?;
    let emptied = tx.exec(
        sql!(
            "UPDATE tickets SET subject = ?2, identity = '', preview = '', version = version + 1, updated_at = ?3 WHERE id = ?1 AND (subject <> ?2 OR identity <> '' OR preview <> '')"
        ),
        params![id, ERASED, tx.now()],
    )?;
    let ticket = lock(tx, id)?;
    if emptied == 1 {
        let data = json!({ "before": {}, "after": { "subject": ERASED } });
        record(tx, &Origin::system(), &ticket, events::UPDATED, data)?;
    }
    // A tag says what many are; one that names the person does not.
    let tags: Vec<String> = ticket.tags.iter().filter(|tag| !traces.are_in_text(tag)).cloned().collect();
    if ticket.status != Status::Closed || tags != ticket.tags {
        let done =
            Change { status: Some(Status::Closed), tags: Some(tags), quiet: true, ..Change::default() };
        change(tx, &Origin::system(), &ticket, done)?;
    }
    Ok(())
}
