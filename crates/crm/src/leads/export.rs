//! Leads as a file: the rows of a list, all of them, a chunk at a time. Memory is bounded by a chunk, whatever the list.
//!
//! No cell is a formula. Amounts are in whole units of the currency, instants in UTC, as an import reads them.

use std::{collections::HashMap, io::Write, path::Path, sync::Arc};

use bytes::Bytes;
use platform::{
    Conn, Db, Error, Fault, Result,
    clock::Millis,
    counts::Counts,
    error::Code,
    http::{Cursor, Page},
    time::rfc3339,
};
use rust_xlsxwriter::Workbook;
use serde_json::Value as Json;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Lead, LeadScope,
    list::{self, Asked},
    score::minor_units,
    students,
    view::{self, LeadRow},
};
use crate::{LeadId, imports::csv_out, pipelines::Pipeline};

/// Rows that are read at once.
const CHUNK: i64 = 2_000;
/// Chunks, and pieces of a file, that wait to be sent.
const AHEAD: usize = 2;
const PIECE: usize = 256 << 10;
/// Rows of a sheet at most; a longer list goes on in the next one.
const SHEET: u32 = 1_000_000;
/// Characters of a cell of a workbook, as UTF-16 counts them.
const LONGEST_CELL: usize = 32_767;

/// What a column can be, besides `custom.<key>`.
pub const COLUMNS: [&str; 35] = [
    "id",
    "name",
    "contact_id",
    "company",
    "email",
    "phone",
    "emails",
    "phones",
    "students",
    "pipeline",
    "status",
    "stage",
    "source",
    "owner",
    "assigned_to",
    "department",
    "vendor",
    "disposition",
    "priority",
    "value",
    "currency",
    "score",
    "tags",
    "notes",
    "outcome",
    "lost_reason",
    "stage_entered_at",
    "last_interaction_at",
    "first_contact_at",
    "due_at",
    "is_overdue",
    "closed_at",
    "archived_at",
    "created_at",
    "updated_at",
];

platform::words!(
    /// What a file of leads is written in.
    Format { Csv = "csv", Xlsx = "xlsx" }
);

/// The columns that were asked for; all, and those of the pipelines' own fields, unless any are said.
///
/// Errors: 400 with every column that there is not.
pub fn columns(said: Option<&[String]>, pipelines: &[Pipeline]) -> Result<Vec<String>> {
    let mut all: Vec<String> = COLUMNS.iter().map(|c| (*c).to_owned()).collect();
    for field in pipelines.iter().flat_map(|p| &p.fields).filter(|f| f.is_active) {
        let key = format!("custom.{}", field.key);
        if !all.contains(&key) {
            all.push(key);
        }
    }
    let Some(said) = said else { return Ok(all) };
    let unknown = said.iter().filter(|c| !all.contains(c));
    let faults: Vec<Fault> =
        unknown.map(|c| Fault::new("columns", "not_one_of", format!("there is no column {c}"))).collect();
    match faults.is_empty() {
        true => Ok(said.to_vec()),
        false => Err(Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") }),
    }
}

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub scope: LeadScope,
    pub asked: Asked,
    pub columns: Vec<String>,
    pub now: Millis,
}

/// The pieces of the file as they come; dropping them ends the reading.
pub fn pieces(db: Db, wanted: Wanted, format: Format) -> mpsc::Receiver<Result<Bytes>> {
    let (out, pieces) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let done = match format {
            Format::Csv => csv(&db, &wanted, &out).await,
            Format::Xlsx => xlsx(&db, &wanted, &out).await,
        };
        if let Err(e) = done {
            tracing::warn!(error = %e, "an export ended before it was complete");
            let _ = out.send(Err(e)).await;
        }
    });
    pieces
}

/// A lead, and what only some columns want.
struct Line {
    row: LeadRow,
    /// Their names.
    students: Vec<String>,
}

/// The students of all leads are read in one query, where anybody wants them.
fn lines(c: &Conn<'_>, wanted: &Wanted, leads: &[Lead]) -> Result<Vec<Line>> {
    let rows = view::plain_rows(c, &wanted.scope, leads, wanted.now)?;
    let mut of: HashMap<LeadId, Vec<String>> = HashMap::new();
    if wanted.columns.iter().any(|column| column == "students") {
        let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
        for student in students::of_leads(c, &ids)? {
            of.entry(student.lead_id).or_default().push(student.name);
        }
    }
    let line = |row: LeadRow| Line { students: of.remove(&row.id).unwrap_or_default(), row };
    Ok(rows.into_iter().map(line).collect())
}

/// Chunks of rows in order, `made` of each. While one is looked up the next is read and the last one is made; no more than
/// these three are held, and no more than two of the database's readers.
async fn chunks<T: Send + 'static>(
    db: &Db,
    wanted: &Wanted,
    made: impl Fn(&Wanted, Vec<Line>) -> T + Send + Sync + 'static,
    out: &mpsc::Sender<T>,
) -> Result<()> {
    let (wanted, made) = (Arc::new(wanted.clone()), Arc::new(made));
    let mut last: Option<JoinHandle<Result<T>>> = None;
    let mut place = Some(None);
    while let Some(cursor) = place {
        let of = wanted.clone();
        let (leads, next) = db.read(move |c| chunk(c, &of, cursor.clone())).await?;
        if let Some(last) = last.take()
            && out.send(last.await.map_err(Error::internal)??).await.is_err()
        {
            return Ok(());
        }
        let (db, of, made) = (db.clone(), wanted.clone(), made.clone());
        last = Some(tokio::spawn(async move {
            let from = of.clone();
            let rows = db.read(move |c| lines(c, &from, &leads)).await?;
            tokio::task::spawn_blocking(move || made(&of, rows)).await.map_err(Error::internal)
        }));
        place = next.map(Some);
    }
    if let Some(last) = last {
        let _ = out.send(last.await.map_err(Error::internal)??).await;
    }
    Ok(())
}

async fn csv(db: &Db, wanted: &Wanted, out: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
    let mut head = csv_out::MARK.to_vec();
    csv_out::line(&mut head, wanted.columns.iter().map(String::as_str));
    if out.send(Ok(head.into())).await.is_err() {
        return Ok(());
    }
    let (feed, mut texts) = mpsc::channel::<Vec<u8>>(AHEAD);
    let text = |of: &Wanted, rows: Vec<Line>| {
        let mut text = Vec::with_capacity(rows.len() * 256);
        for row in &rows {
            let cells: Vec<Cell> = of.columns.iter().map(|column| cell(row, column)).collect();
            csv_out::line(&mut text, cells.iter().map(Cell::text));
        }
        text
    };
    let sending = async move {
        while let Some(text) = texts.recv().await {
            if out.send(Ok(text.into())).await.is_err() {
                return;
            }
        }
    };
    let reading = async move { chunks(db, wanted, text, &feed).await };
    tokio::join!(reading, sending).0
}

/// Through a file of its own, because a workbook's end says what is at its beginning.
async fn xlsx(db: &Db, wanted: &Wanted, out: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
    let dir = tempfile::tempdir().map_err(Error::internal)?;
    let path = dir.path().join("leads.xlsx");
    let (feed, rows) = mpsc::channel::<Vec<Vec<Cell>>>(AHEAD);
    let (columns, at) = (wanted.columns.clone(), path.clone());
    let writing = tokio::task::spawn_blocking(move || workbook(&at, &columns, rows));
    let cells = |of: &Wanted, rows: Vec<Line>| -> Vec<Vec<Cell>> {
        rows.iter().map(|row| of.columns.iter().map(|column| cell(row, column)).collect()).collect()
    };
    tokio::select! {
        read = chunks(db, wanted, cells, &feed) => read?,
        // Nobody waits for the file any more.
        () = out.closed() => return Ok(()),
    }
    drop(feed);
    writing.await.map_err(Error::internal)??;
    let mut file = tokio::fs::File::open(&path).await.map_err(Error::internal)?;
    loop {
        use tokio::io::AsyncReadExt;
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await.map_err(Error::internal)?;
        if read == 0 || out.send(Ok(piece.into())).await.is_err() {
            return Ok(());
        }
    }
}

fn workbook(path: &Path, columns: &[String], mut rows: mpsc::Receiver<Vec<Vec<Cell>>>) -> Result<()> {
    let failed = |e: rust_xlsxwriter::XlsxError| Error::internal(e);
    let mut book = Workbook::new();
    if let Some(dir) = path.parent() {
        book.set_tempdir(dir).map_err(failed)?;
    }
    let mut next = rows.blocking_recv().unwrap_or_default().into_iter();
    let mut is_over = false;
    while !is_over {
        let sheet = book.add_worksheet_with_constant_memory();
        for (n, name) in columns.iter().enumerate() {
            sheet.write_string(0, n as u16, name).map_err(failed)?;
        }
        let mut line = 0;
        while line < SHEET {
            let Some(cells) = next.next() else {
                match rows.blocking_recv() {
                    Some(more) => next = more.into_iter(),
                    None => {
                        is_over = true;
                        break;
                    }
                }
                continue;
            };
            line += 1;
            for (n, cell) in cells.iter().enumerate() {
                let n = n as u16;
                match cell {
                    Cell::Blank => {}
                    Cell::Number(number, _) => drop(sheet.write_number(line, n, *number).map_err(failed)?),
                    // As text, whatever it begins with.
                    Cell::Text(text) => drop(sheet.write_string(line, n, fitting(text)).map_err(failed)?),
                }
            }
        }
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(Error::internal)?);
    book.save_to_writer(&mut file).map_err(failed)?;
    file.flush().map_err(Error::internal)
}

/// As much of a text as a cell takes; one that was cut off ends with an ellipsis.
fn fitting(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= LONGEST_CELL || text.encode_utf16().count() <= LONGEST_CELL {
        return text.into();
    }
    let mut left = LONGEST_CELL - 1;
    let fits = |c: &char| {
        let size = c.len_utf16();
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// The next leads, and where those after them begin.
fn chunk(c: &Conn<'_>, wanted: &Wanted, cursor: Option<Cursor>) -> Result<(Vec<Lead>, Option<Cursor>)> {
    let page = Page { limit: CHUNK, cursor, offset: 0 };
    let found = list::list(c, &Counts::default(), &wanted.scope, &wanted.asked, &page)?;
    Ok((found.items, found.next_cursor.map(|text| Cursor::decode(&text)).transpose()?))
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Blank,
    /// With how it is written.
    Number(f64, String),
    Text(String),
}

impl Cell {
    fn text(&self) -> &str {
        match self {
            Cell::Blank => "",
            Cell::Number(_, text) | Cell::Text(text) => text,
        }
    }
    fn of(text: Option<impl Into<String>>) -> Cell {
        text.map(Into::into).filter(|t| !t.is_empty()).map_or(Cell::Blank, Cell::Text)
    }
    fn int(n: i64) -> Cell {
        Cell::Number(n as f64, n.to_string())
    }
    fn at(at: Option<Millis>) -> Cell {
        Cell::of(at.map(rfc3339))
    }
}

fn amount(row: &LeadRow) -> Cell {
    let Some(value) = row.value else { return Cell::Blank };
    let unit = minor_units(&row.currency);
    let digits = unit.ilog10() as usize;
    let text = match digits {
        0 => value.to_string(),
        _ => format!("{}.{:0digits$}", value / unit, (value % unit).abs()),
    };
    Cell::Number(value as f64 / unit as f64, text)
}

/// Every address of a kind that is in use, the primary one first.
fn addresses(row: &LeadRow, kind: &str) -> Cell {
    let all = row.contact_methods.iter().filter(|m| m.kind == kind && m.is_active);
    Cell::of(Some(all.map(|m| m.value.as_str()).collect::<Vec<_>>().join("; ")))
}

fn cell(line: &Line, column: &str) -> Cell {
    let row = &line.row;
    match column {
        "id" => Cell::int(row.id.0),
        "name" => Cell::of(Some(row.name.as_str())),
        "contact_id" => Cell::int(row.contact_id.0),
        "company" => {
            let company = row.contact.company.as_ref().map(|c| c.name.as_str());
            Cell::of(company.or_else(|| row.metadata["company"].as_str()))
        }
        "email" => Cell::of(row.email.as_deref()),
        "phone" => Cell::of(row.phone.as_deref()),
        "emails" => addresses(row, "email"),
        "phones" => addresses(row, "phone"),
        "students" => Cell::of(Some(line.students.join("; "))),
        "pipeline" => Cell::of(Some(row.pipeline_key.as_str())),
        "status" => Cell::of(Some(row.status.as_str())),
        "stage" => Cell::of(Some(row.stage.name.as_str())),
        "source" => Cell::of(Some(row.source.as_str())),
        "owner" => Cell::of(row.owner.as_ref().map(|o| o.name.as_str())),
        "assigned_to" => row.assigned_to.map_or(Cell::Blank, |u| Cell::int(u.0)),
        "department" => Cell::of(row.department.as_ref().map(|d| d.name.as_str())),
        "vendor" => Cell::of(row.vendor.as_ref().map(|v| v.code.as_str())),
        "disposition" => Cell::of(row.disposition.as_deref()),
        "priority" => Cell::of(Some(row.priority.as_str())),
        "value" => amount(row),
        "currency" => Cell::of(Some(row.currency.as_str())),
        "score" => Cell::int(row.score),
        "tags" => Cell::of(Some(row.tags.join(", "))),
        "notes" => Cell::of(Some(row.notes.as_str())),
        "outcome" => Cell::of(row.outcome.map(super::Outcome::as_str)),
        "lost_reason" => Cell::of(row.lost_reason.as_deref()),
        "stage_entered_at" => Cell::at(Some(row.stage_entered_at)),
        "last_interaction_at" => Cell::at(row.last_interaction_at),
        "first_contact_at" => Cell::at(row.first_contact_at),
        "due_at" => Cell::at(row.due_at),
        "is_overdue" => Cell::of(Some(if row.is_overdue { "true" } else { "false" })),
        "closed_at" => Cell::at(row.closed_at),
        "archived_at" => Cell::at(row.archived_at),
        "created_at" => Cell::at(Some(row.created_at)),
        "updated_at" => Cell::at(Some(row.updated_at)),
        own => match row.custom.get(own.strip_prefix("custom.").unwrap_or(own)) {
            None | Some(Json::Null) => Cell::Blank,
            Some(Json::String(text)) => Cell::of(Some(text.as_str())),
            Some(Json::Number(n)) => Cell::Number(n.as_f64().unwrap_or_default(), n.to_string()),
            Some(other) => Cell::of(Some(other.to_string())),
        },
    }
}
