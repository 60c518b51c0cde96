//! What happens to tickets by itself.

use std::time::Duration;

use platform::{Db, Error, Result, clock::DAY, events::Origin, jobs::Workers, params, sql};

use super::{Change, Status, change, store};
use crate::{Support, TicketId, messages, spam};

const TICK: Duration = Duration::from_secs(600);

/// Resolved for so long, a ticket is closed for good.
const CLOSE_AFTER: i64 = 7 * DAY;
/// What waited so long for its message waited in vain.
const FORGET_AFTER: i64 = 7 * DAY;
const CHUNK: usize = 200;

/// Registers the tick.
pub fn workers(workers: Workers, support: &Support) -> Workers {
    let db = support.desk.db.clone();
    workers.every("close resolved tickets", TICK, move || {
        let db = db.clone();
        async move { close_resolved(&db).await }
    })
}

/// A tick: closes what was resolved seven days ago, and forgets changes to messages that never came and counts of days
/// that nobody asks for any more. Idempotent; every node may run it.
pub async fn close_resolved(db: &Db) -> Result<()> {
    loop {
        let closed = db.write_bulk(|tx| {
            let due: Vec<TicketId> = tx.all(
                sql!(
                    "SELECT id FROM tickets WHERE status = 'resolved' AND resolved_at <= ?1 ORDER BY resolved_at LIMIT ?2"
                ),
                params![tx.now() - CLOSE_AFTER, CHUNK],
                |r| r.get(0),
            )?;
            for id in &due {
                let ticket = store::lock(tx, *id)?.ok_or_else(|| Error::not_found("ticket"))?;
                // Under a lock that had to be waited for, it may have been reopened.
                if ticket.status == Status::Resolved {
                    let to = Change { status: Some(Status::Closed), ..Change::default() };
                    change(tx, &Origin::system(), &ticket, to)?;
                }
            }
            Ok(due.len())
        });
        if closed.await? < CHUNK {
            break;
        }
    }
    while db.write_bulk(|tx| messages::forget_waiting(tx, tx.now() - FORGET_AFTER)).await? > 0 {}
    while db.write_bulk(spam::forget_days).await? > 0 {}
    Ok(())
}
