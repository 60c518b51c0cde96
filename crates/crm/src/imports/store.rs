//! The rows of `imports`, `import_rows` and `import_faults`.

use people::UserId;
use platform::{
    Conn, Error, Fault, Result, Tx,
    blob::BlobKey,
    clock::Millis,
    db::{Row, Sql, Value, dialect},
    params, sql,
};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{
    Import,
    options::{Authority, Mapping, Options},
    source::File,
    undo::Before,
};
use crate::{ImportId, LeadId};
use people::ContactId;

const COLUMNS: &str = "id, file_name, blob_key, size, encoding, delimiter, headers, sample, mapping, options, state, \
    authority, total_rows, position, created_rows, updated_rows, skipped_rows, failed_rows, kept_rows, error, created_by, \
    created_at, updated_at, finished_at, cleared_at, version";

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
                (r.next::<Option<String>>()?, r.next::<i64>()?, r.next::<String>()?, r.next::<String>()?);
            let key = key.as_deref().and_then(BlobKey::parse);
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
        cleared_at: r.next()?,
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
    pub before: Option<Before>,
    /// Addresses that a contact was given which was there.
    pub methods: Vec<i64>,
    pub made_company: Option<ContactId>,
    /// Whom a contact that was there worked for before, where that changed.
    pub employer_before: Option<Option<ContactId>>,
    pub event_id: i64,
}

/// Rows of one statement. Few sizes, so that there are few texts to prepare.
const GROUPS: [usize; 3] = [50, 10, 1];

/// Calls `write` with some of `rows` at a time and the `VALUES` for them, `columns` each.
fn by_groups<T>(
    mut rows: &[T],
    columns: usize,
    mut write: impl FnMut(&str, &[T]) -> Result<()>,
) -> Result<()> {
    while !rows.is_empty() {
        let size = GROUPS.into_iter().find(|n| *n <= rows.len()).unwrap_or(1);
        let (group, rest) = rows.split_at(size);
        let row = |n: usize| format!("({})", dialect::in_list(1 + n * columns, columns));
        write(&(0..size).map(row).collect::<Vec<_>>().join(", "), group)?;
        rows = rest;
    }
    Ok(())
}

/// Keeps what rows did. `event_id`: the newest event after them.
pub fn note(tx: &Tx<'_>, id: ImportId, event_id: i64, done: &[Done]) -> Result<()> {
    by_groups(done, 12, |list, group| {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(12 * group.len());
        for d in group {
            let methods = (!d.methods.is_empty()).then(|| json!(d.methods).to_string());
            let before = d.before.as_ref().map(text).transpose()?;
            values.extend([
                id.into(),
                d.row.into(),
                d.lead.into(),
                d.contact.into(),
                d.made_lead.into(),
                d.made_contact.into(),
                before.into(),
                methods.into(),
                d.made_company.into(),
                d.employer_before.is_some().into(),
                d.employer_before.flatten().into(),
                event_id.into(),
            ]);
        }
        let text = format!(
            "INSERT INTO import_rows (import_id, row, lead_id, contact_id, made_lead, made_contact, before, methods, made_company, was_hired, employer_before, event_id) VALUES {list}"
        );
        tx.exec(Sql::built(&text), &values).map(|_| ())
    })
}

/// Whether anything that it did stands.
pub fn has_done(c: &Conn<'_>, id: ImportId) -> Result<bool> {
    let found: Option<i64> =
        c.value(sql!("SELECT row FROM import_rows WHERE import_id = ?1 LIMIT 1"), params![id])?;
    Ok(found.is_some())
}

/// The rows before `row`, the last first.
pub fn before(c: &Conn<'_>, id: ImportId, row: i64, limit: i64) -> Result<Vec<Done>> {
    c.all(
        sql!(
            "SELECT row, lead_id, contact_id, made_lead, made_contact, before, methods, made_company, was_hired, employer_before, event_id FROM import_rows WHERE import_id = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3"
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
                made_company: r.next()?,
                employer_before: {
                    let (was_hired, employer) = (r.next::<bool>()?, r.next::<Option<ContactId>>()?);
                    was_hired.then_some(employer)
                },
                event_id: r.next()?,
            })
        },
    )
}

/// These rows are as they were before the import.
pub fn forget(tx: &Tx<'_>, id: ImportId, rows: &[i64]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value<'_>> = vec![id.into()];
    values.extend(rows.iter().map(|row| Value::from(*row)));
    dialect::fill_list(&mut values, 1);
    let list = dialect::in_list(2, values.len() - 1);
    let text = format!("DELETE FROM import_rows WHERE import_id = ?1 AND row IN ({list})");
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

pub fn note_faults(tx: &Tx<'_>, id: ImportId, faulty: &[(i64, Vec<Fault>)]) -> Result<()> {
    by_groups(faulty, 3, |list, group| {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(3 * group.len());
        for (row, faults) in group {
            let told: Vec<Json> = faults
                .iter()
                .map(|f| json!({ "field": f.field, "code": f.code, "message": f.message }))
                .collect();
            values.extend([id.into(), (*row).into(), Json::from(told).to_string().into()]);
        }
        let text = format!("INSERT INTO import_faults (import_id, row, faults) VALUES {list}");
        tx.exec(Sql::built(&text), &values).map(|_| ())
    })
}

/// What a check has come across under these keys.
pub fn seen(c: &Conn<'_>, id: ImportId, keys: &[&str]) -> Result<Vec<(String, String)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = vec![id.into()];
    values.extend(keys.iter().map(|key| Value::from(*key)));
    dialect::fill_list(&mut values, 1);
    let list = dialect::in_list(2, values.len() - 1);
    let text = format!("SELECT key, value FROM import_seen WHERE import_id = ?1 AND key IN ({list})");
    c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))
}

/// Keeps what a check came across; each key once.
pub fn note_seen(tx: &Tx<'_>, id: ImportId, seen: &[(String, String)]) -> Result<()> {
    by_groups(seen, 3, |list, group| {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(3 * group.len());
        for (key, value) in group {
            values.extend([id.into(), key.as_str().into(), value.as_str().into()]);
        }
        let text = format!(
            "INSERT INTO import_seen (import_id, key, value) VALUES {list} ON CONFLICT (import_id, key) DO UPDATE SET value = excluded.value"
        );
        tx.exec(Sql::built(&text), &values).map(|_| ())
    })
}

/// Forgets some of what a check came across; how many.
pub fn forget_seen(tx: &Tx<'_>, id: ImportId, limit: i64) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM import_seen WHERE import_id = ?1 AND key IN (SELECT key FROM import_seen WHERE import_id = ?1 ORDER BY key LIMIT ?2)"
        ),
        params![id, limit],
    )
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

/// Takes their files from some imports that have had them long enough: since `done` where something was done with them, else
/// since `idle`; how many. What was shown of their rows goes at once.
pub fn expire(tx: &Tx<'_>, done: Millis, idle: Millis, limit: i64) -> Result<u64> {
    tx.exec(
        sql!(
            "UPDATE imports SET cleared_at = ?1, sample = '[]', version = version + 1 WHERE id IN (SELECT id FROM imports WHERE cleared_at IS NULL AND updated_at <= ?3 AND (updated_at <= ?2 OR state IN ('ready', 'checked')) AND state NOT IN ('checking', 'running', 'undoing') ORDER BY updated_at LIMIT ?4)"
        ),
        params![tx.now(), done, idle, limit],
    )
}

/// Files that imports have lost and that are still there.
pub fn leaving(c: &Conn<'_>, limit: i64) -> Result<Vec<(ImportId, BlobKey)>> {
    let found: Vec<(ImportId, String)> = c.all(
        sql!(
            "SELECT id, blob_key FROM imports WHERE blob_key IS NOT NULL AND cleared_at IS NOT NULL ORDER BY cleared_at LIMIT ?1"
        ),
        params![limit],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let key = |text: &str| BlobKey::parse(text).ok_or_else(|| Error::internal("an import of no file"));
    found.into_iter().map(|(id, text)| Ok((id, key(&text)?))).collect()
}

/// It is gone.
pub fn forget_file(tx: &Tx<'_>, id: ImportId) -> Result<()> {
    tx.must(sql!("UPDATE imports SET blob_key = NULL WHERE id = ?1"), params![id], "import")
}

/// Whether an import has these bytes.
pub fn has_file(c: &Conn<'_>, key: &BlobKey) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!("SELECT id FROM imports WHERE blob_key = ?1 AND cleared_at IS NULL LIMIT 1"),
        params![key.as_str()],
    )?;
    Ok(found.is_some())
}
