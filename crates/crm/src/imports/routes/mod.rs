//! `/imports` and `/leads/import`.

mod errors;
mod manage;
mod upload;

use std::collections::BTreeMap;

use people::{
    UserId,
    access::{Caller, Permission, Scope},
};
use platform::{Conn, Error, Result, Tx, clock::Millis, http::Api};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::errors::{fault_table, told};
use super::{Import, State, guess, options::Options, store};
use crate::{
    Crm, ImportId, PipelineId,
    pipelines::{self, Pipeline},
};

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    upload::mount(&mut api);
    manage::mount(&mut api);
    errors::mount(&mut api);
    api
}

/// A table of leads, and how far it was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
struct ImportView {
    id: ImportId,
    file_name: String,
    size: i64,
    /// `UTF-8`, `UTF-16LE`, `windows-1258` …
    encoding: String,
    delimiter: String,
    headers: Vec<String>,
    /// The first rows, five at most.
    sample: Vec<Vec<String>>,
    /// Field by column, the first column being `"0"`; at first what the headers seem to say. `phone` and `email` may be several
    /// columns, the first of which is the primary one; a cell with several has semicolons between. Parts of a name are
    /// put together in the order of the headers' language.
    mapping: BTreeMap<String, String>,
    /// What a column can be, for the pipeline of the options.
    fields: Vec<ImportField>,
    options: Options,
    #[schema(inline)]
    state: State,
    /// Rows of data; null until they were counted.
    #[schema(required)]
    total_rows: Option<i64>,
    /// Rows that are done.
    position: i64,
    /// After a check: what a run would do.
    created_rows: i64,
    updated_rows: i64,
    /// Duplicates, and rows without anything in them.
    skipped_rows: i64,
    /// Their faults are at `/imports/{id}/errors`.
    failed_rows: i64,
    /// What an undo left as it was, because somebody had worked on it since.
    kept_rows: i64,
    /// Why it failed.
    #[schema(required)]
    error: Option<String>,
    #[schema(required)]
    created_by: Option<UserId>,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    finished_at: Option<Millis>,
    /// When its file was deleted, after 30 days, or 7 where it never ran; it can still be undone, but not run.
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    cleared_at: Option<Millis>,
    version: i64,
}

/// What a column can be.
#[derive(Debug, Serialize, ToSchema)]
struct ImportField {
    /// `name`, `phone` …, or `custom.<key>` for a field of the pipeline.
    key: String,
    label: String,
}

impl ImportView {
    fn new(i: Import, pipelines: &[Pipeline]) -> Self {
        let wanted = i.options.pipeline_id.map(PipelineId);
        let pipeline = pipelines.iter().find(|p| wanted.map_or(p.is_default, |id| p.id == id));
        let fields = pipeline.map(guess::fields).unwrap_or_default();
        let (file, size) = i.file;
        ImportView {
            id: i.id,
            file_name: i.file_name,
            size,
            encoding: file.encoding,
            delimiter: char::from(file.delimiter).to_string(),
            headers: i.headers,
            sample: i.sample,
            mapping: i.mapping.into_iter().map(|(n, field)| (n.to_string(), field)).collect(),
            fields: fields.into_iter().map(|(key, label)| ImportField { key, label }).collect(),
            options: i.options,
            state: i.state,
            total_rows: i.total_rows,
            position: i.position,
            created_rows: i.created_rows,
            updated_rows: i.updated_rows,
            skipped_rows: i.skipped_rows,
            failed_rows: i.failed_rows,
            kept_rows: i.kept_rows,
            error: i.error,
            created_by: i.created_by,
            created_at: i.created_at,
            updated_at: i.updated_at,
            finished_at: i.finished_at,
            cleared_at: i.cleared_at,
            version: i.version,
        }
    }
}

fn view(c: &Conn<'_>, import: Import) -> Result<ImportView> {
    Ok(ImportView::new(import, &pipelines::all(c)?))
}

/// Whose imports the caller sees: `None` for all.
fn whose<P: Permission>(caller: &Caller<P>) -> Option<UserId> {
    match caller.scope {
        Scope::All => None,
        // An API key has none of its own.
        Scope::Team | Scope::Own => Some(caller.principal.user_id().unwrap_or(UserId(0))),
    }
}

fn mine(import: Option<Import>, whose: Option<UserId>) -> Result<Import> {
    let is_mine = |i: &Import| whose.is_none_or(|user| i.created_by == Some(user));
    import.filter(is_mine).ok_or_else(|| Error::not_found("import"))
}

fn visible(c: &Conn<'_>, id: i64, whose: Option<UserId>) -> Result<Import> {
    mine(store::get(c, ImportId(id))?, whose)
}

fn locked(tx: &Tx<'_>, id: i64, whose: Option<UserId>) -> Result<Import> {
    mine(store::lock(tx, ImportId(id))?, whose)
}
