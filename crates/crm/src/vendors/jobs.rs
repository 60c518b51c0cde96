//! Background work of vendors: the log of refused posts is kept for a while.

use std::time::Duration;

use platform::{clock::DAY, jobs::Workers};

use super::store;
use crate::Crm;

/// How long a refused post is told of.
const KEEP_DAYS: i64 = 400;

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let db = crm.desk.db.clone();
    workers.every("vendors.prune_posts", Duration::from_secs(3600), move || {
        let db = db.clone();
        async move {
            while db.write_bulk(|tx| store::prune(tx, tx.now() - KEEP_DAYS * DAY)).await? >= 500 {}
            Ok(())
        }
    })
}
