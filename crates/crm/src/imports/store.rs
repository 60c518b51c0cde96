//! The rows of `imports`, `import_rows` and `import_faults`.

use people::UserId;
use platform::{
    Conn, Error, Fault, Result, Tx,
    blob::BlobKey,
    db::{Row, Sql, Value, dialect},
    params, sql,
};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{
    Import,
    options::{Authority, Mapping, Options},
    source::File,
};
use crate::{ImportId, LeadId};
use people::ContactId;

const COLUMNS: &str = "id, file_name, blob_key, size, encoding, delimiter, headers, sample, mapping, options, state, \
    authority, total_rows, position, created_rows, updated_rows, skipped_rows, failed_rows, kept_rows, error, created_by, \
    created_at, updated_at, finished_at, version";

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn read(row: Row<'_>) -> Result<Import> {
    let mut r = row.columns();
    Ok(Import {
        id: r.next()?,
        file_name: r.next()?,
        file: {
            let (key, size, encoding, delimiter) =
                (r.next::<String>()?, r.next::<i64>()?, r.next::<String>()?, r.next::<String>()?);
            let key = BlobKey::parse(&key).ok_or_else(|| Error::internal("an import without its file"))?;
            (File { key, encoding, delimiter: delimiter.bytes().next().unwrap_or(b',') }, size)
        },
        headers: parsed(&r.next::<String>()?)?,
        sample: parsed(&r.next::<String>()?)?,
        mapping: parsed(&r.next::<String>()?)?,
        options: parsed(&r.next::<String>()?)?,
        state: r.next::<String>()?.parse()?,
        authority: r.next::<Option<String>>()?.map(|a| parsed(&a)).transpose()?,
        total_rows: r.next()?,
        position: r.next()?,
        created_rows: r.next()?,
        updated_rows: r.next()?,
        skipped_rows: r.next()?,
        failed_rows: r.next()?,
        kept_rows: r.next()?,
        error: r.next()?,
        created_by: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        finished_at: r.next()?,
        version: r.next()?,
    })
}

/// A file that came in.
#[derive(Debug, Clone)]
pub struct NewImport {
    pub file_name: String,
    pub key: BlobKey,
    pub size: u64,
    pub encoding: &'static str,
    pub delimiter: u8,
    pub headers: Vec<String>,
    pub sample: Vec<Vec<String>>,
    pub mapping: Mapping,
    pub created_by: Option<UserId>,
}

pub fn insert(tx: &Tx<'_>, new: &NewImport) -> Result<ImportId> {
    tx.insert(
        sql!(
            "INSERT INTO imports (file_name, blob_key, size, encoding, delimiter, headers, sample, mapping, options, state, position, created_rows, updated_rows, skipped_rows, failed_rows, kept_rows, created_by, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'ready', 0, 0, 0, 0, 0, 0, ?10, ?11, ?11, 1) RETURNING id"
        ),
        params![
            &new.file_name,
            new.key.as_str(),
            new.size as i64,
            new.encoding,
            char::from(new.delimiter).to_string(),
            text(&new.headers)?,
            text(&new.sample)?,
            text(&new.mapping)?,
            text(&Options::default())?,
            new.created_by,
            tx.now()
        ],
    )
}

pub fn get(c: &Conn<'_>, id: ImportId) -> Result<Option<Import>> {
    let text = format!("SELECT {COLUMNS} FROM imports WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

pub fn lock(tx: &Tx<'_>, id: ImportId) -> Result<Option<Import>> {
    let text = format!("SELECT {COLUMNS} FROM imports WHERE id = ?1{}", dialect::for_update(tx));
    tx.opt(Sql::built(&text), params![id], read)
}

/// Newest first, those of one person or all; and how many there are, counted to 10 001.
pub fn list(
    c: &Conn<'_>,
    of: Option<UserId>,
    before: i64,
    fetch: i64,
    skip: i64,
) -> Result<(Vec<Import>, i64)> {
    let (filter, mut values) = match of {
        Some(user) => ("created_by = ?1", vec![Value::from(user)]),
        None => ("TRUE", Vec::new()),
    };
    let count =
        format!("SELECT count(*) FROM (SELECT 1 AS one FROM imports WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    let n = values.len();
    values.extend([Value::from(before), Value::from(fetch), Value::from(skip)]);
    let text = format!(
        "SELECT {COLUMNS} FROM imports WHERE {filter} AND id < ?{} ORDER BY id DESC LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2,
        n + 3
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

/// Stores what may change; the version goes on.
pub fn update(tx: &Tx<'_>, i: &Import) -> Result<()> {
    let authority = i.authority.as_ref().map(text::<Authority>).transpose()?;
    tx.must(
        sql!(
            "UPDATE imports SET mapping = ?2, options = ?3, state = ?4, authority = ?5, total_rows = ?6, position = ?7, created_rows = ?8, updated_rows = ?9, skipped_rows = ?10, failed_rows = ?11, kept_rows = ?12, error = ?13, updated_at = ?14, finished_at = ?15, version = version + 1 WHERE id = ?1"
        ),
        params![
            i.id,
            text(&i.mapping)?,
            text(&i.options)?,
            i.state,
            authority,
            i.total_rows,
            i.position,
            i.created_rows,
            i.updated_rows,
            i.skipped_rows,
            i.failed_rows,
            i.kept_rows,
            i.error.as_deref(),
            tx.now(),
            i.finished_at
        ],
        "import",
    )
}

/// What a row did.
#[derive(Debug, Clone)]
pub struct Done {
    pub row: i64,
    pub lead: LeadId,
    pub contact: ContactId,
    pub made_lead: bool,
    pub made_contact: bool,
    pub before: Option<Json>,
    /// Addresses that a contact was given which was there.
    pub methods: Vec<i64>,
    pub event_id: i64,
}

pub fn note(tx: &Tx<'_>, id: ImportId, d: &Done) -> Result<()> {
    let methods = (!d.methods.is_empty()).then(|| json!(d.methods).to_string());
    tx.exec(
        sql!(
            "INSERT INTO import_rows (import_id, row, lead_id, contact_id, made_lead, made_contact, before, methods, event_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ),
        params![
            id,
            d.row,
            d.lead,
            d.contact,
            d.made_lead,
            d.made_contact,
            d.before.as_ref().map(Json::to_string),
            methods,
            d.event_id
        ],
    )?;
    Ok(())
}

/// The rows before `row`, the last first.
pub fn before(c: &Conn<'_>, id: ImportId, row: i64, limit: i64) -> Result<Vec<Done>> {
    c.all(
        sql!(
            "SELECT row, lead_id, contact_id, made_lead, made_contact, before, methods, event_id FROM import_rows WHERE import_id = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3"
        ),
        params![id, row, limit],
        |row| {
            let mut r = row.columns();
            Ok(Done {
                row: r.next()?,
                lead: r.next()?,
                contact: r.next()?,
                made_lead: r.next()?,
                made_contact: r.next()?,
                before: r.next::<Option<String>>()?.map(|b| parsed(&b)).transpose()?,
                methods: r.next::<Option<String>>()?.map(|m| parsed(&m)).transpose()?.unwrap_or_default(),
                event_id: r.next()?,
            })
        },
    )
}

/// The row is as it was before the import.
pub fn forget(tx: &Tx<'_>, id: ImportId, row: i64) -> Result<()> {
    tx.exec(sql!("DELETE FROM import_rows WHERE import_id = ?1 AND row = ?2"), params![id, row])?;
    Ok(())
}

pub fn note_faults(tx: &Tx<'_>, id: ImportId, row: i64, faults: &[Fault]) -> Result<()> {
    let told: Vec<Json> =
        faults.iter().map(|f| json!({ "field": f.field, "code": f.code, "message": f.message })).collect();
    tx.exec(
        sql!("INSERT INTO import_faults (import_id, row, faults) VALUES (?1, ?2, ?3)"),
        params![id, row, Json::from(told).to_string()],
    )?;
    Ok(())
}

/// Rows with faults from `row` on, with what is wrong.
pub fn faults(c: &Conn<'_>, id: ImportId, from: i64, limit: i64) -> Result<Vec<(i64, Json)>> {
    c.all(
        sql!(
            "SELECT row, faults FROM import_faults WHERE import_id = ?1 AND row >= ?2 ORDER BY row LIMIT ?3"
        ),
        params![id, from, limit],
        |r| Ok((r.get(0)?, parsed(&r.get::<String>(1)?)?)),
    )
}

/// Forgets some of the faults of an earlier pass; how many.
pub fn forget_faults(tx: &Tx<'_>, id: ImportId, limit: i64) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM import_faults WHERE import_id = ?1 AND row IN (SELECT row FROM import_faults WHERE import_id = ?1 ORDER BY row LIMIT ?2)"
        ),
        params![id, limit],
    )
}
