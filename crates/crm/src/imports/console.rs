//! Imports for whoever has the desk's own database before them: the command line. It is the system that imports, and sees
//! every lead; what it asks for goes the same way as a request's, and is done by the same job, wherever that runs.

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use people::access::Scope;
use platform::{Conn, Error, Fault, Result, error::Code, events::Origin, fold::fold, jobs::Workers};
use tokio::{io::AsyncReadExt, sync::mpsc};

use super::{
    Import, State, guess,
    jobs::{self, Work},
    operate::{self, Start},
    options::{Authority, DateFormat, Duplicates, Mapping, Options},
    routes,
    source::line,
    store,
};
use crate::{Crm, ImportId, pipelines};

/// Bytes of a file that are read at once.
const PIECE: usize = 64 << 10;

/// What is said of a table.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// A key or an id.
    pub pipeline: Option<String>,
    pub duplicates: Option<Duplicates>,
    pub source: Option<String>,
    pub status: Option<String>,
    pub tags: Vec<String>,
    pub date_format: Option<DateFormat>,
    /// Column and field; an empty field: none. A column is named by its header, or by its number, the first being `#1`.
    pub columns: Vec<(String, String)>,
}

/// How far it is.
#[derive(Debug, Clone)]
pub struct Progress {
    pub file_name: String,
    pub state: State,
    /// Rows of data, once they were counted.
    pub total: Option<i64>,
    pub done: i64,
    pub created: i64,
    pub updated: i64,
    pub skipped: i64,
    pub failed: i64,
    pub error: Option<String>,
    /// Some process is at it.
    pub is_held: bool,
}

impl Progress {
    /// There is more to do.
    pub fn is_at_work(&self) -> bool {
        matches!(self.state, State::Checking | State::Running | State::Undoing)
    }
}

fn authority() -> Authority {
    Authority { user: None, key: None, scope: Scope::All, departments: Vec::new() }
}

/// Takes a file in, and says of it what is wished. Nothing is done with it yet.
///
/// Errors: 422 with every fault; the import is then there as it was understood, and goes by itself after a week.
pub async fn take_in(crm: &Crm, path: &Path, wishes: Wishes) -> Result<ImportId> {
    let unreadable = |e: std::io::Error| Error::malformed(format!("{} cannot be read: {e}.", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let size = file.metadata().await.map_err(unreadable)?.len();
    let limit = crm.desk.config.limits.import_bytes;
    if size > limit {
        return Err(operate::too_large(limit));
    }
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let pieces = Box::pin(futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await;
        let read = read.map_err(|e| Error::internal(format!("the file could not be read: {e}")))?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    }));
    let import = operate::take_in(crm, Origin::system(), None, &name, pieces).await?;
    let id = import.id;
    let headers = import.headers.clone();
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let import = store::lock(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
        let (mapping, options) = read(tx, &import, &wishes)?;
        operate::change(tx, &authority(), import, Some(&mapping), Some(&options)).map(|_| ())
    });
    write.await.map_err(|e| by_header(e, &headers))?;
    Ok(id)
}

fn read(c: &Conn<'_>, import: &Import, wishes: &Wishes) -> Result<(BTreeMap<String, String>, Options)> {
    let mut faults = Vec::new();
    let all = pipelines::all(c)?;
    let pipeline = match &wishes.pipeline {
        None => all.iter().find(|p| p.is_default),
        Some(word) => all.iter().find(|p| p.is_active && (p.key == *word || p.id.to_string() == *word)),
    };
    let Some(pipeline) = pipeline else {
        let known: Vec<&str> = all.iter().filter(|p| p.is_active).map(|p| p.key.as_str()).collect();
        let words = format!("must be one of {}", known.join(", "));
        return Err(Error::invalid_field("pipeline", "not_one_of", words));
    };
    let mut mapping = guess::guess(&import.headers, pipeline);
    for (column, field) in &wishes.columns {
        match place(column, &import.headers) {
            Some(n) if field.is_empty() => drop(mapping.remove(&n)),
            Some(n) => take(&mut mapping, n, field),
            None => {
                let known = import.headers.join(", ");
                let words = format!("the table has no such column; it has {known}");
                faults.push(Fault::new(format!("map {column}"), "unknown", words));
            }
        }
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let usual = Options::default();
    let options = Options {
        pipeline_id: Some(pipeline.id.0),
        duplicates: wishes.duplicates.unwrap_or(usual.duplicates),
        source: wishes.source.clone(),
        status: wishes.status.clone(),
        tags: wishes.tags.clone(),
        date_format: wishes.date_format.unwrap_or(usual.date_format),
        ..usual
    };
    Ok((mapping.into_iter().map(|(n, field)| (n.to_string(), field)).collect(), options))
}

/// The column is this field, and what was guessed to be it is not.
fn take(mapping: &mut Mapping, column: usize, field: &str) {
    if !guess::may_repeat(field) {
        mapping.retain(|_, guessed| guessed != field);
    }
    mapping.insert(column, field.to_owned());
}

fn place(column: &str, headers: &[String]) -> Option<usize> {
    let number = column.strip_prefix('#').and_then(|n| n.parse::<usize>().ok());
    if let Some(n) = number.filter(|n| (1..=headers.len()).contains(n)) {
        return Some(n - 1);
    }
    let exact = headers.iter().position(|h| h == column);
    exact.or_else(|| headers.iter().position(|h| fold(h.trim()) == fold(column.trim())))
}

/// Faults at columns by their names.
fn by_header(mut e: Error, headers: &[String]) -> Error {
    for fault in &mut e.faults {
        let column = fault.field.strip_prefix("mapping.").and_then(|n| n.parse::<usize>().ok());
        if let Some(header) = column.and_then(|n| headers.get(n)) {
            fault.field = format!("column {header}");
        }
    }
    e
}

/// Has it checked, or run.
pub async fn start(crm: &Crm, id: ImportId, is_check: bool) -> Result<()> {
    let what = if is_check { Start::Check } else { Start::Run };
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let import = store::lock(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
        operate::start(tx, &Origin::system(), authority(), import, what)
    });
    write.await
}

/// Has an import that failed go on where it stopped, in the name of whoever ran it; one that is at work is left to it.
pub async fn resume(crm: &Crm, id: ImportId) -> Result<()> {
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let import = store::lock(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
        match import.state {
            State::Checking | State::Running | State::Undoing => jobs::wake(tx, id),
            State::Failed => {
                let authority = import.authority.clone().unwrap_or_else(authority);
                operate::start(tx, &Origin::system(), authority, import, Start::Run)
            }
            State::Ready | State::Checked | State::Done | State::Undone => {
                Err(Error::conflict(Code::WrongState, "This import is not one that was broken off."))
            }
        }
    });
    write.await
}

pub async fn progress(crm: &Crm, id: ImportId) -> Result<Progress> {
    let now = crm.desk.clock.now();
    let read = crm.desk.db.read(move |c| {
        let import = store::get(c, id)?.ok_or_else(|| Error::not_found("import"))?;
        let is_held = platform::jobs::is_held::<Work>(c, &jobs::key(id), now)?;
        Ok(Progress {
            file_name: import.file_name,
            state: import.state,
            total: import.total_rows,
            done: import.position,
            created: import.created_rows,
            updated: import.updated_rows,
            skipped: import.skipped_rows,
            failed: import.failed_rows,
            error: import.error,
            is_held,
        })
    });
    read.await
}

/// Rows that were refused, the first of them: where, and what is wrong.
pub async fn faults(crm: &Crm, id: ImportId, limit: i64) -> Result<Vec<(i64, String)>> {
    let rows = crm.desk.db.read(move |c| store::faults(c, id, 0, limit)).await?;
    rows.into_iter().map(|(row, faults)| Ok((line(row), routes::told(faults)?))).collect()
}

/// All rows that were refused, with their cells and what is wrong, as a table.
pub async fn fault_table(crm: &Crm, id: ImportId) -> Result<mpsc::Receiver<Result<Bytes>>> {
    let import = crm.desk.db.read(move |c| store::get(c, id)).await?;
    routes::fault_table(crm, import.ok_or_else(|| Error::not_found("import"))?).await
}

/// What works on imports, and on nothing else.
pub fn workers(crm: &Crm) -> Workers {
    jobs::workers(Workers::new(crm.desk.db.clone()), crm)
}
