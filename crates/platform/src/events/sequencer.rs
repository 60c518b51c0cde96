//! PostgreSQL: gives committed events their place in the sequence, and tells the other nodes.
//!
//! A transaction that began earlier may commit later, so an id says nothing about what a reader has seen. One node at a
//! time (a named transaction lock) stamps `seq` on what is visible and has none yet; a reader that follows `seq` therefore
//! never passes over an event. On SQLite there is one writer and nothing to do.

use std::{thread, time::Duration};

use crate::{
    Db, Result,
    db::{Engine, LockKey},
    shutdown::{Stop, stopped},
    sql,
};

/// The channel of `NOTIFY`.
const CHANNEL: &str = "frontdesk_events";
/// Commits within this time share one stamping and one `NOTIFY`.
const DEBOUNCE: Duration = Duration::from_millis(3);
/// Stamped in one transaction at most; the number stands in the statement too.
const BATCH: u64 = 2000;
const POLL: Duration = Duration::from_millis(250);

/// Stamps what is committed; how many events got their place. Does nothing on SQLite.
pub async fn stamp(db: &Db) -> Result<u64> {
    if db.engine() == Engine::Sqlite {
        return Ok(0);
    }
    db.write_locked(vec![LockKey::new(0, 1)], |tx| {
        let stamped = tx.exec(
            sql!(
                "WITH todo AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM events WHERE seq IS NULL ORDER BY id LIMIT 2000), last AS (SELECT coalesce(max(seq), 0) AS n FROM events) UPDATE events SET seq = last.n + todo.n FROM todo, last WHERE events.id = todo.id"
            ),
            &[],
        )?;
        if stamped > 0 {
            // The readers of this node need not wait for the notification to come round.
            tx.mark_events();
            tx.notify(CHANNEL)?;
        }
        Ok(stamped)
    })
    .await
}

/// Runs until `stop`: stamps after this node's commits and by polling, and wakes this node when another one stamped.
pub fn start(db: Db, url: &str, mut stop: Stop) {
    listen(db.clone(), url.to_owned(), stop.clone());
    tokio::spawn(async move {
        let mut committed = db.signals().events.subscribe();
        loop {
            committed.borrow_and_update();
            match stamp(&db).await {
                Ok(BATCH) => continue,
                Ok(_) => {}
                Err(e) => tracing::warn!(error = %e, "events could not be stamped; it tries again"),
            }
            tokio::select! {
                _ = committed.changed() => tokio::time::sleep(DEBOUNCE).await,
                () = tokio::time::sleep(POLL) => {}
                () = stopped(&mut stop) => return,
            }
        }
    });
}

/// A connection of its own that waits for `NOTIFY` and wakes the readers here.
fn listen(db: Db, url: String, stop: Stop) {
    let spawned = thread::Builder::new().name("db-pg-listen".into()).spawn(move || {
        // Nobody left who could say stop: this node is gone.
        let ended = || *stop.borrow() || stop.has_changed().is_err();
        while !ended() {
            let heard = crate::db::listen(&url, CHANNEL, || {
                db.signals().events.send_modify(|n| *n += 1);
                !ended()
            });
            if let Err(e) = heard {
                tracing::warn!(error = %e, "LISTEN was interrupted; polling goes on");
                thread::sleep(Duration::from_secs(1));
            }
        }
    });
    if let Err(e) = spawned {
        tracing::warn!(error = %e, "no thread for LISTEN; polling goes on");
    }
}
