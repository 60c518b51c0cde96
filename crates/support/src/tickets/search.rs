//! Finding tickets by words: by number, by the customer's name or address, and by subject.
//!
//! Bounded in every part: the customers are some dozens, and subjects are looked at in the newest of the tickets that are
//! asked for. Texts of messages are not searched here.

use std::collections::HashSet;

use people::{ContactId, contacts};
use platform::{
    Conn, Result,
    db::{Sql, Value, dialect},
    fold::fold,
    params, sql,
};

use super::{
    TicketScope,
    query::{self, Lay, Order, Part, Selection},
};
use crate::TicketId;

/// Customers that a search looks at.
const CONTACTS: i64 = 50;
/// Customers who have the very address, on whatever channel.
const ADDRESSES: i64 = 20;
/// Their tickets.
const OF_CONTACTS: i64 = 500;
/// Newest tickets whose subjects are looked at.
const SUBJECTS: i64 = 2_000;

/// The tickets that `words` name, among those of the selection; the scope is applied where they are read.
pub(super) fn ids(
    c: &Conn<'_>,
    scope: &TicketScope,
    s: &Selection,
    lay: &Lay,
    words: &str,
) -> Result<Vec<TicketId>> {
    let words = words.trim();
    let mut found = HashSet::new();
    if let Some(number) = number(words) {
        found.extend(by_number(c, number)?);
        // With the sign it can be nothing else.
        if words.starts_with('#') {
            return Ok(found.into_iter().collect());
        }
    }
    let folded = fold(words).split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    let mut customers = contacts::matching(c, words, CONTACTS)?;
    customers.extend(contacts::with_address(c, words, ADDRESSES)?);
    found.extend(of_contacts(c, &customers)?);
    found.extend(by_subject(c, scope, s, lay, &folded)?);
    Ok(found.into_iter().collect())
}

/// `#1042` or `1042`.
fn number(words: &str) -> Option<i64> {
    let digits = words.strip_prefix('#').unwrap_or(words);
    (digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn by_number(c: &Conn<'_>, number: i64) -> Result<Option<TicketId>> {
    c.value(sql!("SELECT id FROM tickets WHERE number = ?1"), params![number])
}

fn of_contacts(c: &Conn<'_>, contacts: &[ContactId]) -> Result<Vec<TicketId>> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = contacts.iter().map(Value::from).collect();
    values.push(Value::from(OF_CONTACTS));
    let text = format!(
        "SELECT id FROM tickets WHERE contact_id IN ({}) ORDER BY id DESC LIMIT ?{}",
        dialect::in_list(1, contacts.len()),
        values.len()
    );
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// Folded here and not by the engine, which knows no more than ASCII.
fn by_subject(
    c: &Conn<'_>,
    scope: &TicketScope,
    s: &Selection,
    lay: &Lay,
    folded: &str,
) -> Result<Vec<TicketId>> {
    let part = Part { cursor: None, offset: 0, fetch: SUBJECTS };
    let Some(newest) = query::page(scope, s, lay, Order::NewestMessage, &part) else { return Ok(Vec::new()) };
    let text = format!("SELECT id, subject FROM ({}) AS newest", newest.text);
    let all: Vec<(TicketId, String)> =
        c.all(Sql::built(&text), &newest.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(all.into_iter().filter(|(_, subject)| fold(subject).contains(folded)).map(|(id, _)| id).collect())
}
