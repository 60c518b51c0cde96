//! Requests that are processed after their answer: large batches, and what failed at first.

use std::sync::Arc;

use platform::{
    Result,
    clock::{MINUTE, Millis},
    jobs::{Job, Outcome, Workers},
};
use serde::{Deserialize, Serialize};

use super::{BATCH, journal, prepare::Raw, process, routes::admit, store};
use crate::{Support, intake::prepare::Prepared};

/// Processes a journalled request again. Items that are stored already stay as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessJournal {
    pub journal_id: i64,
}

impl Job for ProcessJournal {
    const KIND: &'static str = "intake.process";
    const LEASE: Millis = 5 * MINUTE;
}

/// Registers intake's background work.
pub fn workers(workers: Workers, support: &Support) -> Workers {
    let support = support.clone();
    workers.on(2, move |job: ProcessJournal| {
        let support = support.clone();
        async move { Outcome::from_result(journal::process(&support, job.journal_id).await) }
    })
}

/// Processes all items of a journalled body in steps of [`BATCH`], each a transaction of its own.
pub(super) async fn process_all(support: &Support, journal_id: i64, raw: &Raw) -> Result<()> {
    let items = admit::again(support, raw).await?;
    for step in items.chunks(BATCH) {
        let step: Arc<Vec<Prepared>> = Arc::new(step.to_vec());
        let locks = step.iter().filter_map(Prepared::lock).collect();
        let shared = step.clone();
        let outcomes = support.desk.db.write_locked(locks, move |tx| {
            let rules = process::Rules::load(tx)?;
            shared.iter().map(|p| process::item(tx, &rules, p)).collect::<Result<Vec<_>>>()
        });
        journal::note_heard(support, &step, &outcomes.await?);
    }
    support.desk.db.write(move |tx| store::set_state(tx, journal_id, "done", None)).await
}
