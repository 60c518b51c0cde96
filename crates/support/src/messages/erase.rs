//! A person's messages when they are erased: that there was one, who wrote it when and what became of it stays.

use channels::Delivery;
use people::contacts::erase::{Found, Traces};
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    jobs, params, sql,
};

use super::files;
use crate::{MessageId, TicketId};

/// Messages of one step at most.
const STEP: i64 = 200;

/// Takes the words, the files, the channel's ids and the reactions from some messages of a ticket; what had not left will
/// not. True while there are more.
pub(crate) fn step(tx: &Tx<'_>, ticket: TicketId) -> Result<bool> {
    let found: Vec<(MessageId, Option<i64>)> = tx.all(
        sql!(
            "SELECT id, send_job_id FROM messages WHERE ticket_id = ?1 AND (content <> '' OR external_id IS NOT NULL OR client_id IS NOT NULL OR reactions IS NOT NULL OR delivery_error IS NOT NULL OR send_job_id IS NOT NULL OR delivery = ?2 OR attachments > 0 OR (data IS NOT NULL AND content_type <> 'event_log')) ORDER BY at, id LIMIT ?3"
        ),
        params![ticket, Delivery::Queued.as_str(), STEP],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    if found.is_empty() {
        return Ok(false);
    }
    let sending: Vec<i64> = found.iter().filter_map(|(_, job)| *job).collect();
    for job in &sending {
        jobs::cancel(tx, *job)?;
    }
    jobs::forget_errors(tx, &sending)?;
    let ids: Vec<MessageId> = found.iter().map(|(id, _)| *id).collect();
    files::store::set_aside(tx, &ids)?;
    let text = format!(
        "UPDATE messages SET content = '', data = CASE WHEN content_type = 'event_log' THEN data ELSE NULL END, external_id = NULL, \
         client_id = NULL, reactions = NULL, delivery_error = NULL, send_job_id = NULL, undo_until = NULL, attachments = 0, \
         delivery = CASE WHEN delivery = ?1 THEN ?2 ELSE delivery END WHERE id IN ({})",
        in_list(3, ids.len())
    );
    let mut values = vec![Value::from(Delivery::Queued.as_str()), Value::from(Delivery::Failed.as_str())];
    values.extend(ids.iter().map(Value::from));
    tx.exec(Sql::built(&text), &values)?;
    Ok(found.len() as i64 == STEP)
}

/// Changes that wait for a message which never came, and hold something of theirs.
pub(crate) fn waiting(c: &Conn<'_>, traces: &Traces, after: i64) -> Result<Found> {
    let found: Vec<(i64, String, String)> = c.all(
        sql!("SELECT id, external_id, change FROM pending_changes WHERE id > ?1 ORDER BY id LIMIT ?2"),
        params![after, STEP],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    let next = found.last().map(|(id, ..)| *id).filter(|_| found.len() as i64 == STEP);
    let is_theirs = |id: &str, change: &str| traces.are_in_text(id) || traces.are_in_bytes(change.as_bytes());
    let hits = found.iter().filter(|(_, id, change)| is_theirs(id, change)).map(|(id, ..)| *id).collect();
    Ok(Found { hits, next })
}

pub(crate) fn forget_waiting(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let text = format!("DELETE FROM pending_changes WHERE id IN ({})", in_list(1, ids.len()));
    let ids: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    tx.exec(Sql::built(&text), &ids).map(|_| ())
}

/// How many messages these tickets have, about `cap` at most.
pub(crate) fn count(c: &Conn<'_>, tickets: &[TicketId], cap: i64) -> Result<i64> {
    add_up(c, tickets, cap, "SELECT 1 AS one FROM messages WHERE ticket_id IN")
}

/// How many files hang on the messages of these tickets, about `cap` at most.
pub(crate) fn count_files(c: &Conn<'_>, tickets: &[TicketId], cap: i64) -> Result<i64> {
    add_up(
        c,
        tickets,
        cap,
        "SELECT 1 AS one FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.ticket_id IN",
    )
}

fn add_up(c: &Conn<'_>, tickets: &[TicketId], cap: i64, rows: &str) -> Result<i64> {
    let mut total = 0;
    for part in tickets.chunks(200) {
        let text = format!("SELECT count(*) FROM ({rows} ({}) LIMIT ?1) AS counted", in_list(2, part.len()));
        let mut values = vec![Value::from(cap - total)];
        values.extend(part.iter().map(Value::from));
        total += c.one(Sql::built(&text), &values, |r| r.get::<i64>(0))?;
        if total >= cap {
            break;
        }
    }
    Ok(total)
}
