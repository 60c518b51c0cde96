//! PostgreSQL: gives committed events their place in the sequence, and tells the other nodes of them and of new jobs.
//!
//! A transaction that began earlier may commit later, so an id says nothing about what a reader has seen. One node at a
//! time (a named transaction lock) stamps `seq` on what is visible and has none yet; a reader that follows `seq` therefore
//! never passes over an event. On SQLite there is one writer and nothing to do.

use std::{thread, time::Duration};

use crate::{
    Db, Result,
    db::{Engine, LockKey},
    ids::Entropy,
    shutdown::{Stop, stopped},
    sql,
};

/// The channels of `NOTIFY`: events were stamped; jobs were enqueued, by the node that the payload names.
const EVENTS: &str = "frontdesk_events";
const JOBS: &str = "frontdesk_jobs";
/// Commits within this time share one stamping and one `NOTIFY`.
const DEBOUNCE: Duration = Duration::from_millis(3);
/// Stamped in one transaction at most; the number stands in the statement too.
const BATCH: u64 = 2000;
const POLL: Duration = Duration::from_millis(250);

/// Stamps what is committed; how many events got their place. Does nothing on SQLite.
pub async fn stamp(db: &Db) -> Result<u64> {
    stamp_and_tell(db, None).await
}

/// As [`stamp`], and tells the other nodes that the node of this name has enqueued jobs.
async fn stamp_and_tell(db: &Db, enqueued_by: Option<String>) -> Result<u64> {
    if db.engine() == Engine::Sqlite {
        return Ok(0);
    }
    db.write_locked(vec![LockKey::new(0, 1)], move |tx| {
        let stamped = tx.exec(
            sql!(
                "WITH todo AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM events WHERE seq IS NULL ORDER BY id LIMIT 2000), last AS (SELECT coalesce(max(seq), 0) AS n FROM events) UPDATE events SET seq = last.n + todo.n FROM todo, last WHERE events.id = todo.id"
            ),
            &[],
        )?;
        if stamped > 0 {
            // The readers of this node need not wait for the notification to come round.
            tx.mark_events();
            tx.notify(EVENTS, "")?;
        }
        if let Some(node) = &enqueued_by {
            tx.notify(JOBS, node)?;
        }
        Ok(stamped)
    })
    .await
}

/// Runs until `stop`: stamps after this node's commits and by polling, tells the other nodes of events and jobs, and wakes
/// this node when another one told it.
pub fn start(db: Db, url: &str, mut stop: Stop) {
    let node = format!("{:016x}", Entropy::system().u64());
    listen(db.clone(), url.to_owned(), node.clone(), stop.clone());
    tokio::spawn(async move {
        let (mut committed, mut enqueued) =
            (db.signals().events.subscribe(), db.signals().enqueued.subscribe());
        let mut tell = false;
        loop {
            committed.borrow_and_update();
            tell |= enqueued.has_changed().unwrap_or_default();
            enqueued.borrow_and_update();
            match stamp_and_tell(&db, tell.then(|| node.clone())).await {
                Ok(stamped) => {
                    tell = false;
                    if stamped == BATCH {
                        continue;
                    }
                }
                Err(e) => tracing::warn!(error = %e, "events could not be stamped; it tries again"),
            }
            tokio::select! {
                _ = committed.changed() => tokio::time::sleep(DEBOUNCE).await,
                _ = enqueued.changed() => tell = true,
                () = tokio::time::sleep(POLL) => {}
                () = stopped(&mut stop) => return,
            }
        }
    });
}

/// A connection of its own that waits for `NOTIFY` and wakes the readers and workers here.
fn listen(db: Db, url: String, node: String, stop: Stop) {
    let spawned = thread::Builder::new().name("db-pg-listen".into()).spawn(move || {
        // Nobody left who could say stop: this node is gone.
        let ended = || *stop.borrow() || stop.has_changed().is_err();
        while !ended() {
            let heard = crate::db::listen(&url, &[EVENTS, JOBS], |told| {
                match told {
                    Some((JOBS, by)) if by == node => {}
                    Some((JOBS, _)) => db.signals().jobs.notify_one(),
                    _ => db.signals().events.send_modify(|n| *n += 1),
                }
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
