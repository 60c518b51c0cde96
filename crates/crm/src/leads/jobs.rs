//! Background work of leads.

use std::time::Duration;

use platform::jobs::Workers;

use super::ledger;
use crate::Crm;

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let workers = super::upkeep::workers(workers, crm);
    let db = crm.desk.db.clone();
    workers.every("leads.fold_counts", Duration::from_secs(1), move || {
        let db = db.clone();
        async move {
            while db.write_bulk(ledger::fold).await? >= 500 {}
            Ok(())
        }
    })
}
