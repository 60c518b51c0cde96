//! What waits for an agent, and who had a customer last: what giving out work goes by. Who gets what is not decided here.

use std::collections::HashMap;

use people::{ContactId, DepartmentId, UserId};
use platform::{Conn, Result, params, sql};

use crate::TicketId;

/// Who had the contact's newest ticket that anybody had.
pub(crate) fn last_agent(c: &Conn<'_>, contact: ContactId) -> Result<Option<UserId>> {
    c.value(
        sql!(
            "SELECT assignee_id FROM tickets WHERE contact_id = ?1 AND assignee_id IS NOT NULL ORDER BY id DESC LIMIT 1"
        ),
        params![contact],
    )
}

/// Whether anything waits in the department's queue.
pub(crate) fn has_waiting(c: &Conn<'_>, department: DepartmentId) -> Result<bool> {
    let one: Option<i64> = c.value(
        sql!("SELECT id FROM tickets WHERE department_id = ?1 AND queued_at IS NOT NULL LIMIT 1"),
        params![department],
    )?;
    Ok(one.is_some())
}

/// What waits, most urgent and then oldest first. One look into the index per priority, so that a long queue costs nothing.
pub(crate) fn waiting(c: &Conn<'_>, department: DepartmentId, limit: usize) -> Result<Vec<TicketId>> {
    let mut out: Vec<TicketId> = Vec::new();
    for priority in (0..=3_i64).rev() {
        let rest = limit - out.len();
        if rest == 0 {
            break;
        }
        out.extend(c.all(
            sql!(
                "SELECT id FROM tickets WHERE department_id = ?1 AND priority = ?2 AND queued_at IS NOT NULL ORDER BY queued_at, id LIMIT ?3"
            ),
            params![department, priority, rest],
            |r| r.get::<TicketId>(0),
        )?);
    }
    Ok(out)
}

/// A department's queue in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Queue {
    pub department_id: DepartmentId,
    pub waiting: i64,
    pub oldest_at: Option<i64>,
    /// New, open or waiting for the customer, with or without an agent.
    pub open: i64,
}

/// The queue of every department that has open work: two passes, each over an index alone.
pub(crate) fn all(c: &Conn<'_>) -> Result<Vec<Queue>> {
    let mut waiting: HashMap<DepartmentId, (i64, Option<i64>)> = c
        .all(
            sql!(
                "SELECT department_id, count(*), min(queued_at) FROM tickets WHERE queued_at IS NOT NULL AND department_id IS NOT NULL GROUP BY department_id"
            ),
            &[],
            |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))),
        )?
        .into_iter()
        .collect();
    c.all(
        sql!(
            "SELECT department_id, count(*) FROM tickets WHERE status IN ('new', 'open', 'pending_customer') AND is_spam = FALSE AND department_id IS NOT NULL GROUP BY department_id"
        ),
        &[],
        |r| {
            let department_id = r.get(0)?;
            let (waiting, oldest_at) = waiting.remove(&department_id).unwrap_or_default();
            Ok(Queue { department_id, waiting, oldest_at, open: r.get(1)? })
        },
    )
}
