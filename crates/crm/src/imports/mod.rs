//! Imports: leads taken in by the table.
//!
//! A run is chunked: each chunk stores its rows and its position in one transaction, so that a broken-off run goes on behind
//! them; undoing goes the same way back. Memory is bounded whatever the file, and interactive work goes first. An address
//! that somebody has leads to them; this slice never merges contacts, and never deletes what somebody has worked on. A check
//! says what a run does, row for row. Files are kept for a time only; what was done with them stays known.

mod cell;
mod check;
mod clear;
pub mod console;
pub(crate) mod csv_out;
pub(crate) mod erase;
pub mod events;
mod facts;
pub mod guess;
pub mod jobs;
mod lines;
mod names;
mod operate;
mod options;
mod plan;
mod routes;
mod run;
mod source;
mod store;
pub mod table;
mod undo;
mod world;

use people::{Desk, UserId};
use platform::{
    Result, Tx,
    blob::BlobStore,
    clock::Millis,
    events::{NewEvent, Origin, record},
};
use serde_json::{Value as Json, json};

use self::{
    options::{Authority, Mapping, Options},
    source::File,
};
pub use self::{
    options::{DateFormat, Duplicates},
    routes::api,
};
use crate::ImportId;

platform::words!(
    /// Where an import stands.
    State {
        Ready = "ready",
        Checking = "checking",
        Checked = "checked",
        Running = "running",
        Done = "done",
        Failed = "failed",
        Undoing = "undoing",
        Undone = "undone",
    }
);

people::permission! {
    /// See imports and what became of their rows.
    pub ImportsRead = "imports.read";
    /// Take tables of leads in, and undo it.
    pub ImportsWrite = "imports.write";
}

/// A row of `imports`.
#[derive(Debug, Clone, PartialEq)]
struct Import {
    id: ImportId,
    file_name: String,
    /// With its size.
    file: (File, i64),
    headers: Vec<String>,
    sample: Vec<Vec<String>>,
    mapping: Mapping,
    options: Options,
    state: State,
    authority: Option<Authority>,
    total_rows: Option<i64>,
    /// Data rows that are done for good.
    position: i64,
    created_rows: i64,
    updated_rows: i64,
    skipped_rows: i64,
    failed_rows: i64,
    kept_rows: i64,
    error: Option<String>,
    created_by: Option<UserId>,
    created_at: Millis,
    updated_at: Millis,
    finished_at: Option<Millis>,
    /// The file is there no more.
    cleared_at: Option<Millis>,
    version: i64,
}

impl Import {
    /// Nothing is done yet.
    fn rewind(&mut self) {
        self.position = 0;
        (self.created_rows, self.updated_rows, self.skipped_rows, self.failed_rows) = (0, 0, 0, 0);
        (self.error, self.finished_at) = (None, None);
    }
}

/// Where the tables are, apart from what others keep.
fn blobs(desk: &Desk) -> BlobStore {
    desk.blobs.within("imports")
}

/// Records something about an import, to whoever made it.
fn tell(tx: &Tx<'_>, origin: &Origin, import: &Import, kind: &'static str, data: Json) -> Result<()> {
    let owner = import.created_by.map(|u| u.0);
    record(tx, origin, NewEvent::new(kind, "import", import.id.0, data).scope(None, owner))
}

fn tell_progress(tx: &Tx<'_>, import: &Import) -> Result<()> {
    let data = json!({
        "state": import.state, "total_rows": import.total_rows, "position": import.position,
        "created_rows": import.created_rows, "updated_rows": import.updated_rows,
        "skipped_rows": import.skipped_rows, "failed_rows": import.failed_rows, "kept_rows": import.kept_rows,
    });
    tell(tx, &Origin::system(), import, events::PROGRESS, data)
}
