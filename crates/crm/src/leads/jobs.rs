//! Background work of leads.

use std::time::{Duration, Instant};

use platform::{Db, Result, jobs::Workers, search as index};

use super::{ledger, search, sla};
use crate::Crm;

/// How often the search index looks for what has changed.
const INDEX_EVERY: Duration = Duration::from_millis(250);
/// With this many documents in one go others are writing much too: it leaves them most of the time.
const BUSY: usize = 100;
/// A go takes no longer, so that a node that stops is not held up.
const GO: Duration = Duration::from_secs(5);
/// How often small pieces of the index are merged when nothing else happens to it.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// How often what has become overdue is looked for.
const SLA_EVERY: Duration = Duration::from_secs(30);

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let workers = super::upkeep::workers(workers, crm);
    let db = crm.desk.db.clone();
    let workers = workers.every("leads.fold_counts", Duration::from_secs(1), move || {
        let db = db.clone();
        async move { ledger::fold_all(&db).await }
    });
    let db = crm.desk.db.clone();
    let workers = workers.every("leads.index", INDEX_EVERY, move || {
        let db = db.clone();
        async move { follow(&db).await }
    });
    let db = crm.desk.db.clone();
    let workers = workers.every("leads.tidy_index", TIDY_EVERY, move || {
        let db = db.clone();
        async move { index::tidy(&db, search::INDEX).await }
    });
    let db = crm.desk.db.clone();
    workers.every("leads.sla", SLA_EVERY, move || {
        let db = db.clone();
        async move { sla::check(&db, sla::ROUNDS).await.map(|_| ()) }
    })
}

/// Brings the search index up to date. Alone it goes as fast as it can; beside somebody who writes much (an import), it
/// takes a quarter of the time.
async fn follow(db: &Db) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < GO {
        let (step, before) = (Instant::now(), db.stats().commits);
        let done = index::follow(db, &search::Leads).await?;
        if !done.more {
            break;
        }
        let others = db.stats().commits.saturating_sub(before + 1);
        if done.documents >= BUSY && others > 0 {
            tokio::time::sleep(step.elapsed() * 3).await;
        }
    }
    Ok(())
}

/// Brings the search index up to date, however long it takes: after a bulk load, and for tests.
pub async fn follow_to_the_end(db: &Db) -> Result<()> {
    while index::follow(db, &search::Leads).await?.more {}
    Ok(())
}
