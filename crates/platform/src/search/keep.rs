//! The background work of an index: it follows the rows, and its small pieces are merged.

use std::time::{Duration, Instant};

use super::{Source, follow, tidy};
use crate::{Db, Result, jobs::Workers};

/// How often an index looks for what has changed.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// With this many documents in one go others are writing much too: it leaves them most of the time.
const BUSY: usize = 100;
/// A go takes no longer, so that a node that stops is not held up.
const GO: Duration = Duration::from_secs(5);
/// How often small pieces are merged when nothing else happens to the index.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Registers the work under two names: of following, and of merging.
pub fn keep<S: Source + Clone>(workers: Workers, db: &Db, source: S, names: [&'static str; 2]) -> Workers {
    let (follower, tidier, table) = (db.clone(), db.clone(), source.table());
    workers
        .every(names[0], FOLLOW_EVERY, move || {
            let (db, source) = (follower.clone(), source.clone());
            async move { go(&db, &source).await }
        })
        .every(names[1], TIDY_EVERY, move || {
            let db = tidier.clone();
            async move { tidy(&db, table).await }
        })
}

/// Brings an index up to date, however long it takes: after a bulk load, and for tests.
pub async fn catch_up<S: Source + Clone>(db: &Db, source: &S) -> Result<()> {
    while follow(db, source).await?.more {}
    Ok(())
}

/// Alone it goes as fast as it can; beside somebody who writes much (an import), it takes an eighth of the time.
async fn go<S: Source + Clone>(db: &Db, source: &S) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < GO {
        let (step, before) = (Instant::now(), db.stats().commits);
        let done = follow(db, source).await?;
        if !done.more {
            break;
        }
        let others = db.stats().commits.saturating_sub(before + 1);
        if done.documents >= BUSY && others > 0 {
            tokio::time::sleep(step.elapsed() * 7).await;
        }
    }
    Ok(())
}
