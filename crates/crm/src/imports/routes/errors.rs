//! `GET /imports/{id}/errors`: the rows that could not be taken, and why.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use people::access::Caller;
use platform::{
    Db, Error, Result,
    http::{Api, Id, Json, Query},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        Import, ImportsRead, blobs, csv_out,
        source::{self, line},
        store,
    },
    visible, whose,
};
use crate::{Crm, ImportId};

/// Faulty rows that are read at once, and rows of the file that are passed by at once.
const AT_ONCE: i64 = 1_000;
const ROWS: usize = 1_000;
/// Pieces of the answer that wait to be sent.
const PIECES: usize = 4;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, import_errors);
}

platform::words!(
    /// What a list of faults is written in.
    Format { Json = "json", Csv = "csv" }
);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `csv` is the whole of it, with the cells as they were; `json` a page, unless said.
    #[param(inline)]
    format: Option<Format>,
    /// Of `json`: rows from this one on, counted as spreadsheets do: the line of names is 1.
    #[param(minimum = 1)]
    from_row: Option<i64>,
    /// Of `json`, 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Rows that could not be taken.
#[derive(Debug, Serialize, ToSchema)]
struct ImportErrors {
    errors: Vec<ImportError>,
    /// All of them.
    total: i64,
    /// For `from_row`; null where there are no more.
    #[schema(required)]
    next_row: Option<i64>,
}

/// A row that could not be taken.
#[derive(Debug, Serialize, ToSchema)]
struct ImportError {
    /// Counted as spreadsheets do: the line of names is 1.
    row: i64,
    faults: Vec<ImportFault>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct ImportFault {
    /// As in `mapping`; `phone.2` for the second of several columns.
    field: String,
    code: String,
    message: String,
}

/// Rows that could not be taken, and all that is wrong with each: as JSON, or as a table that can be mended and sent again.
#[utoipa::path(get, path = "/imports/{id}/errors", tag = "Imports", responses((status = 200, body = ImportErrors)))]
async fn import_errors(
    caller: Caller<ImportsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let of = whose(&caller);
    if wanted.format == Some(Format::Csv) {
        let import = crm.desk.db.read(move |c| visible(c, id, of)).await?;
        return table(&crm, import).await;
    }
    let limit = wanted.limit.unwrap_or(50);
    let from = (wanted.from_row.unwrap_or(1) - line(0)).max(0);
    let read = crm.desk.db.read(move |c| {
        let import = visible(c, id, of)?;
        let mut rows = store::faults(c, import.id, from, limit + 1)?;
        let next = rows.get(limit as usize).map(|(row, _)| line(*row));
        rows.truncate(limit as usize);
        let error = |(row, faults): (i64, Value)| {
            Ok(ImportError {
                row: line(row),
                faults: serde_json::from_value(faults).map_err(Error::internal)?,
            })
        };
        let errors = rows.into_iter().map(error).collect::<Result<Vec<_>>>()?;
        Ok(ImportErrors { errors, total: import.failed_rows, next_row: next })
    });
    Ok(Json(read.await?).into_response())
}

async fn table(crm: &Crm, import: Import) -> Result<Response> {
    let mut pieces = fault_table(crm, import).await?;
    let named = "attachment; filename=\"import-errors.csv\"";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(named)),
    ];
    let body = futures_util::stream::poll_fn(move |cx| pieces.poll_recv(cx));
    Ok((headers, Body::from_stream(body)).into_response())
}

/// The faulty rows of the file, read beside the file; without their cells where the file is there no more.
pub(in crate::imports) async fn fault_table(
    crm: &Crm,
    import: Import,
) -> Result<mpsc::Receiver<Result<Bytes>>> {
    let (blobs, db) = (blobs(&crm.desk), crm.desk.db.clone());
    let rows = match import.cleared_at {
        None => Some(source::rows(&blobs, &import.file.0, 0, ROWS, |line| line.cells.clone()).await?),
        Some(_) => None,
    };
    let (out, pieces) = mpsc::channel::<Result<Bytes>>(PIECES);
    tokio::spawn(async move {
        let written = match rows {
            Some(rows) => write(&db, import.id, &import.headers, rows, &out).await,
            None => write_faults(&db, import.id, &out).await,
        };
        if let Err(e) = written {
            let _ = out.send(Err(e)).await;
        }
    });
    Ok(pieces)
}

async fn write(
    db: &Db,
    id: ImportId,
    headers: &[String],
    mut rows: mpsc::Receiver<Result<source::Batch<Vec<String>>>>,
    out: &mpsc::Sender<Result<Bytes>>,
) -> Result<()> {
    let mut piece = csv_out::MARK.to_vec();
    let names = ["row", "errors"].into_iter().chain(headers.iter().map(String::as_str));
    csv_out::line(&mut piece, names);
    let mut faults = Faults { next: Some(0), rows: Vec::new() };
    while let Some(batch) = rows.recv().await {
        let batch = batch?;
        for (n, cells) in batch.rows.iter().enumerate() {
            let at = batch.from + n as i64;
            let Some(found) = faults.of(db, id, at).await? else { continue };
            let row = line(at).to_string();
            let cells = (0..headers.len()).map(|n| cells.get(n).map_or("", String::as_str));
            csv_out::line(&mut piece, [row.as_str(), found.as_str()].into_iter().chain(cells));
        }
        if !piece.is_empty() && out.send(Ok(std::mem::take(&mut piece).into())).await.is_err() {
            return Ok(());
        }
        if batch.is_last || faults.is_over() {
            return Ok(());
        }
    }
    Ok(())
}

async fn write_faults(db: &Db, id: ImportId, out: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
    let mut piece = csv_out::MARK.to_vec();
    csv_out::line(&mut piece, ["row", "errors"]);
    let mut next = Some(0);
    while let Some(from) = next {
        let found = db.read(move |c| store::faults(c, id, from, AT_ONCE)).await?;
        next = found.last().filter(|_| found.len() as i64 == AT_ONCE).map(|(row, _)| row + 1);
        for (row, faults) in found {
            csv_out::line(&mut piece, [line(row).to_string().as_str(), told(faults)?.as_str()]);
        }
        if out.send(Ok(std::mem::take(&mut piece).into())).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// What is wrong with a row, in words.
pub(in crate::imports) fn told(faults: Value) -> Result<String> {
    let faults: Vec<ImportFault> = serde_json::from_value(faults).map_err(Error::internal)?;
    let told: Vec<String> = faults.into_iter().map(|f| format!("{}: {}", f.field, f.message)).collect();
    Ok(told.join("; "))
}

/// The faults of an import in the order of the rows, some at a time, those that come next last.
struct Faults {
    next: Option<i64>,
    rows: Vec<(i64, Value)>,
}

impl Faults {
    fn is_over(&self) -> bool {
        self.next.is_none() && self.rows.is_empty()
    }

    /// What is wrong with the row; rows are asked for in order.
    async fn of(&mut self, db: &Db, id: ImportId, row: i64) -> Result<Option<String>> {
        if let Some(next) = self.next.filter(|_| self.rows.is_empty()) {
            let mut found = db.read(move |c| store::faults(c, id, next, AT_ONCE)).await?;
            self.next = found.last().filter(|_| found.len() as i64 == AT_ONCE).map(|(row, _)| row + 1);
            found.reverse();
            self.rows = found;
        }
        match self.rows.last() {
            Some((at, _)) if *at == row => {}
            _ => return Ok(None),
        }
        let Some((_, faults)) = self.rows.pop() else { return Ok(None) };
        told(faults).map(Some)
    }
}
