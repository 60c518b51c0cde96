//! What the handlers of this crate can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use people::Desk;
use platform::{counts::Counts, jobs::Workers};

use crate::{imports, leads, tasks, timeline, vendors};

/// The desk, and where the timeline finds what other crates keep.
#[derive(Clone)]
pub struct Crm {
    pub desk: Desk,
    /// What entries of other crates look like in a timeline.
    pub sources: Arc<timeline::Sources>,
    /// What lists of leads were counted to.
    pub counts: Arc<Counts>,
}

impl FromRef<Crm> for Desk {
    fn from_ref(s: &Crm) -> Desk {
        s.desk.clone()
    }
}

/// Registers the background work of every slice.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let workers = leads::jobs::workers(workers, crm);
    let workers = tasks::jobs::workers(workers, crm);
    let workers = vendors::jobs::workers(workers, crm);
    imports::jobs::workers(workers, crm)
}
