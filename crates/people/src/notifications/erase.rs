//! Notifications about a person who is erased go: they say nothing any more.

use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};

use crate::contacts::erase::{Found, Traces};

/// Notifications of one step at most.
const STEP: i64 = 300;

/// Notifications after the one with the id `after` that hold something of theirs, no matter whose they are.
pub fn find(c: &Conn<'_>, traces: &Traces, after: i64) -> Result<Found> {
    let found: Vec<(i64, String)> = c.all(
        sql!("SELECT id, data FROM notifications WHERE id > ?1 ORDER BY id LIMIT ?2"),
        params![after, STEP],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let next = found.last().map(|(id, _)| *id).filter(|_| found.len() as i64 == STEP);
    let hits = found.iter().filter(|(_, data)| traces.are_in_bytes(data.as_bytes()));
    Ok(Found { hits: hits.map(|(id, _)| *id).collect(), next })
}

/// Deletes them.
pub fn remove(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let text = format!("DELETE FROM notifications WHERE id IN ({})", in_list(1, ids.len()));
    let ids: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    tx.exec(Sql::built(&text), &ids).map(|_| ())
}
