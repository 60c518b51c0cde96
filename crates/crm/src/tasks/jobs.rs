//! What happens to tasks by itself: reminders.

use std::time::Duration;

use people::notifications;
use platform::{Db, Result, jobs::Workers};

use super::{change, store};
use crate::Crm;

const TICK: Duration = Duration::from_secs(15);
const CHUNK: usize = 200;
/// Chunks in one tick; what is left comes with the next.
const CHUNKS: usize = 50;

/// Registers the tick.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let db = crm.desk.db.clone();
    workers.every("tasks.remind", TICK, move || {
        let db = db.clone();
        async move { remind(&db).await }
    })
}

/// A tick: reminds whoever a task is assigned to, or else whoever asked for it, once. An idle desk writes nothing.
pub async fn remind(db: &Db) -> Result<()> {
    for _ in 0..CHUNKS {
        let now = db.clock().now();
        if !db.read(move |c| store::any_reminder(c, now)).await? {
            break;
        }
        let done = db.write_bulk(|tx| {
            let due = store::due_reminders(tx, CHUNK as i64)?;
            for task in &due {
                store::reminded(tx, task.id)?;
                if let Some(user) = task.assignee_id.or(task.created_by) {
                    let (data, link) = (change::said(task, None), change::link(task));
                    notifications::notify(tx, user, "task.reminder", &data, Some(&link))?;
                }
            }
            Ok(due.len())
        });
        if done.await? < CHUNK {
            break;
        }
    }
    Ok(())
}
