//! Background work of leads.

use std::time::Duration;

use platform::{Db, Result, jobs::Workers, search as index};

use super::{ledger, search, sla};
use crate::Crm;

/// How often what has become overdue is looked for.
const SLA_EVERY: Duration = Duration::from_secs(30);

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let workers = super::upkeep::workers(workers, crm);
    let workers = super::due::workers(workers, crm);
    let workers = super::rescoring::workers(workers, crm);
    let db = crm.desk.db.clone();
    let workers = workers.every("leads.fold_counts", Duration::from_secs(1), move || {
        let db = db.clone();
        async move { ledger::fold_all(&db).await }
    });
    let names = ["leads.index", "leads.tidy_index"];
    let workers = index::keep(workers, &crm.desk.db, search::Leads, names);
    let db = crm.desk.db.clone();
    workers.every("leads.sla", SLA_EVERY, move || {
        let db = db.clone();
        async move { sla::check(&db, sla::ROUNDS).await.map(|_| ()) }
    })
}

/// Brings the search index up to date, however long it takes: after a bulk load, and for tests.
pub async fn follow_to_the_end(db: &Db) -> Result<()> {
    index::catch_up(db, &search::Leads).await
}
