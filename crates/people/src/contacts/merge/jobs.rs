//! What a merge leaves to do: whoever had found the loser a moment before it was merged files under it what came in.

use platform::{
    Result, Tx,
    clock::SECOND,
    jobs::{self, Job, Outcome, Workers},
};
use serde::{Deserialize, Serialize};

use super::{Merging, settle};

/// Longer than any transaction that takes a message in.
const AFTER: i64 = 15 * SECOND;

#[derive(Debug, Serialize, Deserialize)]
struct SettleMerge {
    merge_id: i64,
}

impl Job for SettleMerge {
    const KIND: &'static str = "contacts.settle_merge";
}

pub(super) fn settle_later(tx: &Tx<'_>, merge_id: i64) -> Result<()> {
    jobs::enqueue(tx, &SettleMerge { merge_id }, tx.now() + AFTER).map(|_| ())
}

/// Registers it.
pub fn workers(workers: Workers, merging: &Merging) -> Workers {
    let (db, holdings) = (merging.desk.db.clone(), merging.holdings);
    workers.on(1, move |job: SettleMerge| {
        let db = db.clone();
        async move {
            let done = db.write_locked(Vec::new(), move |tx| settle(tx, holdings, job.merge_id)).await;
            Outcome::from_result(done)
        }
    })
}
