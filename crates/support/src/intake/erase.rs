//! The journal when a person is erased: that a request came, when and through which account, stays; its body goes.

use people::contacts::erase::{Found, Traces};
use platform::{
    Conn, Result, Tx,
    clock::{HOUR, Millis},
    db::{Sql, Value, dialect::in_list},
    params, sql,
};

/// Requests of one step at most.
const STEP: i64 = 200;

/// Requests after the one with the id `after` that hold something of theirs, none of them older than `since`. One that is
/// still to be processed for others as well is left for the next pass.
pub(crate) fn find(c: &Conn<'_>, traces: &Traces, since: Millis, after: i64) -> Result<Found> {
    let after = if after == 0 { before(c, since - HOUR)? } else { after };
    let found: Vec<(i64, Vec<u8>, String, bool)> = c.all(
        sql!(
            "SELECT id, body, query, state = 'queued' AND items > 1 FROM journal WHERE id > ?1 ORDER BY id LIMIT ?2"
        ),
        params![after, STEP],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )?;
    let next = found.last().map(|(id, ..)| *id).filter(|_| found.len() as i64 == STEP);
    let is_theirs = |body: &[u8], query: &str| traces.are_in_bytes(body) || traces.are_in_text(query);
    let hits = found.iter().filter(|(_, body, query, waits)| !waits && is_theirs(body, query));
    Ok(Found { hits: hits.map(|(id, ..)| *id).collect(), next })
}

/// The last request before `at`, found by halves: ids go up with time.
fn before(c: &Conn<'_>, at: Millis) -> Result<i64> {
    let newest: Option<i64> = c.value(sql!("SELECT id FROM journal ORDER BY id DESC LIMIT 1"), &[])?;
    let (mut low, mut high) = (0, newest.unwrap_or(0));
    while low < high {
        let middle = low + (high - low).div_euclid(2);
        let next: Option<(i64, Millis)> = c.opt(
            sql!("SELECT id, at FROM journal WHERE id > ?1 ORDER BY id LIMIT 1"),
            params![middle],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        match next {
            Some((id, then)) if then < at => low = id,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Empties them; what is empty is not processed again.
pub(crate) fn replace(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let text = format!(
        "UPDATE journal SET body = ?1, query = '', headers = '{{}}', state = 'done', error = 'erased' WHERE id IN ({})",
        in_list(2, ids.len())
    );
    let mut values = vec![Value::from(Vec::<u8>::new())];
    values.extend(ids.iter().map(Value::from));
    tx.exec(Sql::built(&text), &values).map(|_| ())
}
