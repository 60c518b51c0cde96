//! Keeping an index in step with the rows.
//!
//! Documents are made on a snapshot, outside of any transaction that writes; what is written is stored together with how far
//! it goes, and only if nobody else has gone there meanwhile. So several nodes may follow at once, and a document that was
//! made of an older row is never kept: the event that made the row newer is still to be read.

use std::collections::HashSet;

use crate::{
    Conn, Db, Result, Tx,
    db::{Value, dialect},
    events, params, sql,
};

use super::Document;

/// Events of one step at most.
const EVENTS: i64 = 2_000;
/// Rows of one transaction at most: it takes milliseconds, and others wait behind it.
const ROWS: usize = 100;
/// Rows of a rebuild's step.
const REBUILT: i64 = 100;

/// Pages of a step that merges small pieces, at least; and of one that merges everything.
const LEAST: i64 = 16;
const PURGED: i64 = 64;

/// What an event is about: its kind (`lead`) and id.
pub type Subject = (String, i64);

/// Whose rows are searched.
pub trait Source: Send + Sync + 'static {
    /// The table of tokens; `search_progress` knows the index by it.
    fn table(&self) -> &'static str;
    /// The subjects whose events may change a document.
    fn subjects(&self) -> &'static [&'static str];
    /// The rows that depend on these subjects, in a fixed number of queries.
    fn rows(&self, c: &Conn<'_>, subjects: &[Subject]) -> Result<Vec<i64>>;
    /// The first ids after `id`.
    fn after(&self, c: &Conn<'_>, id: i64, limit: i64) -> Result<Vec<i64>>;
    /// The documents of these rows; those that are gone are left out. A fixed number of queries.
    fn documents(&self, c: &Conn<'_>, ids: &[i64]) -> Result<Vec<(i64, Document)>>;
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub documents: usize,
    /// There is more to do at once.
    pub more: bool,
}

/// How far an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    seq: i64,
    rebuilt_to: Option<i64>,
}

/// The documents of a step, and where the index stands after it.
struct Step {
    from: Option<Place>,
    to: Place,
    put: Vec<(i64, Document)>,
    gone: Vec<i64>,
    more: bool,
}

/// Brings the index a step forward: what the next events changed, and where there are none, the next rows of a rebuild.
/// Without work it writes nothing.
pub async fn follow<S: Source + Clone>(db: &Db, source: &S) -> Result<Progress> {
    let reader = source.clone();
    let step = db.read(move |c| step(c, &reader)).await?;
    if step.from == Some(step.to) && step.put.is_empty() && step.gone.is_empty() {
        return Ok(Progress { documents: 0, more: false });
    }
    let done = Progress { documents: step.put.len() + step.gone.len(), more: step.more };
    let table = source.table();
    let stored = db.write_bulk(move |tx| store(tx, table, &step)).await?;
    // Somebody else was there first; the next step goes on from where they got to.
    Ok(if stored { done } else { Progress { documents: 0, more: true } })
}

/// Has the whole index made anew, beside the running desk; what is found meanwhile is what was there before.
pub fn restart(tx: &Tx<'_>, table: &str) -> Result<()> {
    tx.exec(sql!("UPDATE search_progress SET rebuilt_to = 0 WHERE name = ?1"), params![table])?;
    Ok(())
}

/// Goes on merging what changes have left of small pieces, a step at a time; where there is nothing to merge, it writes
/// nothing.
pub async fn tidy(db: &Db, table: &'static str) -> Result<()> {
    db.write_bulk(move |tx| dialect::search_tidy(tx, table, LEAST)).await.map(|_| ())
}

/// Makes the index one piece, step by step, so that it holds no trace of rows that are gone or were other words before.
/// Rare: it writes the whole index anew.
pub async fn purge(db: &Db, table: &'static str) -> Result<()> {
    while db.write_bulk(move |tx| dialect::search_tidy(tx, table, -PURGED)).await? {}
    Ok(())
}

/// Takes a row out of the index at once, before [`follow`] comes by.
pub fn remove(tx: &Tx<'_>, table: &str, row: i64) -> Result<()> {
    let text = format!("DELETE FROM {table} WHERE rowid = ?1");
    tx.exec(crate::db::Sql::built(&text), params![row]).map(|_| ())
}

/// Whether there are events that the index has not seen, or rows that a rebuild has not reached.
pub fn is_behind(c: &Conn<'_>, table: &str) -> Result<bool> {
    let newest = events::newest(c)?;
    Ok(place(c, table)?.is_none_or(|p| p.seq < newest || p.rebuilt_to.is_some()))
}

fn place(c: &Conn<'_>, table: &str) -> Result<Option<Place>> {
    c.opt(sql!("SELECT seq, rebuilt_to FROM search_progress WHERE name = ?1"), params![table], |r| {
        Ok(Place { seq: r.get(0)?, rebuilt_to: r.get(1)? })
    })
}

fn step(c: &Conn<'_>, source: &impl Source) -> Result<Step> {
    let Some(from) = place(c, source.table())? else {
        // An index that is new begins with the rows that are there.
        let to = Place { seq: events::newest(c)?, rebuilt_to: Some(0) };
        return Ok(Step { from: None, to, put: Vec::new(), gone: Vec::new(), more: true });
    };
    let (seq, subjects, full) = touched(c, source, from.seq)?;
    let mut ids = if subjects.is_empty() { Vec::new() } else { source.rows(c, &subjects)? };
    ids.sort_unstable();
    ids.dedup();
    let mut to = Place { seq, ..from };
    let mut more = full;
    if ids.is_empty()
        && let Some(reached) = from.rebuilt_to
    {
        ids = source.after(c, reached, REBUILT)?;
        to.rebuilt_to = ids.last().copied().filter(|_| ids.len() as i64 == REBUILT);
        more = true;
    }
    let mut put = Vec::with_capacity(ids.len());
    for part in ids.chunks(ROWS) {
        put.extend(source.documents(c, part)?);
    }
    let there: HashSet<i64> = put.iter().map(|(id, _)| *id).collect();
    let gone = ids.into_iter().filter(|id| !there.contains(id)).collect();
    Ok(Step { from: Some(from), to, put, gone, more })
}

/// What the next events are about, as far as one transaction should go: the last event, the subjects, and whether more follow.
fn touched(c: &Conn<'_>, source: &impl Source, seq: i64) -> Result<(i64, Vec<Subject>, bool)> {
    let found: Vec<(i64, String, i64)> = c.all(
        sql!("SELECT seq, subject_kind, subject_id FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
        params![seq, EVENTS],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    let full = found.len() as i64 == EVENTS;
    let mut reached = seq;
    let mut subjects: HashSet<Subject> = HashSet::new();
    let mut more = full;
    for (at, kind, id) in found {
        if source.subjects().contains(&kind.as_str()) {
            if subjects.len() == ROWS && !subjects.contains(&(kind.clone(), id)) {
                more = true;
                break;
            }
            subjects.insert((kind, id));
        }
        reached = at;
    }
    Ok((reached, subjects.into_iter().collect(), more))
}

/// False when the index is not where the step began.
fn store(tx: &Tx<'_>, table: &str, step: &Step) -> Result<bool> {
    let to = step.to;
    let moved = match step.from {
        None => tx.exec(
            sql!("INSERT INTO search_progress (name, seq, rebuilt_to) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING"),
            params![table, to.seq, to.rebuilt_to],
        )?,
        Some(from) => tx.exec(
            sql!(
                "UPDATE search_progress SET seq = ?2, rebuilt_to = ?3 WHERE name = ?1 AND seq = ?4 AND coalesce(rebuilt_to, -1) = ?5"
            ),
            params![table, to.seq, to.rebuilt_to, from.seq, from.rebuilt_to.unwrap_or(-1)],
        )?,
    };
    if moved == 0 {
        return Ok(false);
    }
    for (id, document) in &step.put {
        let values = [Value::from(*id), Value::from(document.tokens())];
        dialect::search_put(tx, table, &values)?;
    }
    for id in &step.gone {
        remove(tx, table, *id)?;
    }
    dialect::search_tidy(tx, table, LEAST.max((step.put.len() + step.gone.len()) as i64))?;
    Ok(true)
}
