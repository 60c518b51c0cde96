//! The feed: committed events in sequence, to whoever listens in this process.
//!
//! One task follows the table and hands batches on; a listener that falls behind is told so (`Lagged`) and reads the
//! table itself. It never holds an event back and never invents an order of its own.

use std::{sync::Arc, time::Duration};

use tokio::sync::{broadcast, watch};

use super::{Event, after, newest};
use crate::{
    Db, Result,
    shutdown::{Stop, stopped},
};

const BATCH: i64 = 1_000;
/// Wake-ups save waiting; this is the guarantee.
const POLL: Duration = Duration::from_millis(500);

/// Cloning shares the feed.
#[derive(Clone)]
pub struct Feed {
    batches: broadcast::Sender<Arc<Vec<Event>>>,
    position: watch::Sender<i64>,
}

impl Feed {
    /// Starts following `db` from its newest event on. Ends when `stop` turns true.
    pub async fn start(db: Db, mut stop: Stop) -> Result<Feed> {
        let start = db.read(newest).await?;
        let feed = Feed { batches: broadcast::Sender::new(1024), position: watch::Sender::new(start) };
        let following = feed.clone();
        tokio::spawn(async move {
            let mut committed = db.signals().events.subscribe();
            let mut seq = start;
            loop {
                // Mark before looking: a commit during the read wakes us again.
                committed.borrow_and_update();
                match db.read(move |c| after(c, seq, BATCH)).await {
                    Ok(events) if !events.is_empty() => {
                        let full = events.len() as i64 == BATCH;
                        seq = events.last().map_or(seq, |e| e.seq);
                        following.position.send_replace(seq);
                        let _ = following.batches.send(Arc::new(events));
                        if full {
                            continue;
                        }
                    }
                    Ok(_) => {}
                    Err(e) => tracing::warn!(error = %e, "the event feed could not read; it tries again"),
                }
                tokio::select! {
                    _ = committed.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                    () = stopped(&mut stop) => return,
                }
            }
        });
        Ok(feed)
    }

    /// To miss nothing: subscribe, then ask for the position, read the table up to there, and pass over what arrives
    /// with a lower number.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<Event>>> {
        self.batches.subscribe()
    }
    /// The newest sequence number that was handed on, or is about to be.
    pub fn position(&self) -> i64 {
        *self.position.borrow()
    }
    pub fn watch_position(&self) -> watch::Receiver<i64> {
        self.position.subscribe()
    }
}
