//! What the end-to-end tests stand on: a desk in this process or as a process of its own, on SQLite and on PostgreSQL,
//! furnished with people, departments and channels, and spoken to through HTTP alone.
//!
//! [`Desk`] runs in the test's process with a clock that the test moves; [`Process`] is the program itself, to be killed
//! and started again. Both have a [`Place`], which holds the database and outlives them. A test waits for conditions
//! ([`eventually`]), never for a time.

mod client;
mod desk;
pub mod fixtures;
mod place;
mod process;
pub mod wire;
mod world;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

pub use self::{
    client::{Answer, Client, Session},
    desk::{Desk, on_each_engine, on_each_engine_with, on_sqlite},
    place::{Place, tables},
    process::Process,
    world::{PASSWORD, SCOPES, STAFF, World, furnish, set_status},
};

/// The clock of the fixtures: 2026-01-03T10:00:00Z.
pub const NOW: i64 = 1_767_434_400_000;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A switch of the test run: `FRONTDESK_FULL_TESTS=1`.
pub fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|v| v == "1")
}

/// Waits until `condition` holds, looking again and again; fails after twenty seconds.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
