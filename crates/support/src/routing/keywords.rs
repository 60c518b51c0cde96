//! Keywords as people keep them: a word or phrase, the department that it names, and how much it says.

use people::{DepartmentId, departments};
use platform::{
    Conn, Error, Result, Tx,
    error::Code,
    events::{self, NewEvent, Origin},
    fold::{fold, lower},
};
use serde_json::{Map, Value as Json, json};

use super::{KeywordId, events as kinds, matcher::one_spaced, store};

/// A row of `keywords`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeywordRow {
    pub id: KeywordId,
    pub word: String,
    pub folded: String,
    pub lowered: String,
    pub department_id: Option<DepartmentId>,
    pub priority: i64,
    pub is_active: bool,
    pub version: i64,
}

/// Which keywords a list shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// Part of the folded word.
    pub search: Option<String>,
    pub department_id: Option<DepartmentId>,
    pub is_active: Option<bool>,
}

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    pub word: Option<String>,
    pub department_id: Option<Option<DepartmentId>>,
    pub priority: Option<i64>,
    pub is_active: Option<bool>,
}

impl Change {
    fn apply(&self, row: &mut KeywordRow) -> Result<()> {
        if let Some(word) = &self.word {
            (row.word, row.lowered, row.folded) = forms(word)?;
        }
        row.department_id = self.department_id.unwrap_or(row.department_id);
        row.priority = self.priority.unwrap_or(row.priority);
        row.is_active = self.is_active.unwrap_or(row.is_active);
        Ok(())
    }
}

/// The word as shown, as matched exactly, as matched.
fn forms(word: &str) -> Result<(String, String, String)> {
    let shown = one_spaced(word);
    let folded = one_spaced(&fold(&shown));
    if folded.is_empty() {
        return Err(Error::invalid_field("word", "too_short", "must hold something to look for"));
    }
    let lowered = one_spaced(&lower(&shown));
    Ok((shown, lowered, folded))
}

/// A new keyword. 409 when its folded word is there.
pub(super) fn create(tx: &Tx<'_>, origin: &Origin, new: &Change) -> Result<KeywordRow> {
    let mut row = KeywordRow {
        id: KeywordId(0),
        word: String::new(),
        folded: String::new(),
        lowered: String::new(),
        department_id: None,
        priority: 1,
        is_active: true,
        version: 1,
    };
    new.apply(&mut row)?;
    check_department(tx, row.department_id)?;
    row.id = store::insert_keyword(tx, &row)?.ok_or_else(|| duplicate(&row))?;
    record(tx, origin, kinds::KEYWORD_CREATED, &row, Json::Object(facts(&row)))?;
    Ok(row)
}

/// Makes the keyword unless its folded word is there; what is there stays as it is.
pub fn ensure(
    tx: &Tx<'_>,
    origin: &Origin,
    word: &str,
    department: Option<DepartmentId>,
    priority: i64,
) -> Result<()> {
    let (_, _, folded) = forms(word)?;
    if store::keyword_taken(tx, &folded, KeywordId(0))? {
        return Ok(());
    }
    let new = Change {
        word: Some(word.to_owned()),
        department_id: Some(department),
        priority: Some(priority),
        ..Change::default()
    };
    create(tx, origin, &new).map(|_| ())
}

/// Changes a keyword that the caller has read at `expected`, if it said so.
pub(super) fn update(
    tx: &Tx<'_>,
    origin: &Origin,
    id: KeywordId,
    expected: Option<i64>,
    change: &Change,
) -> Result<KeywordRow> {
    let before = store::keyword(tx, id)?.ok_or_else(|| Error::not_found("keyword"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let mut after = before.clone();
    change.apply(&mut after)?;
    if after == before {
        return Ok(after);
    }
    if after.department_id != before.department_id {
        check_department(tx, after.department_id)?;
    }
    if after.folded != before.folded && store::keyword_taken(tx, &after.folded, id)? {
        return Err(duplicate(&after));
    }
    if !store::update_keyword(tx, &after)? {
        return Err(Error::stale());
    }
    after.version += 1;
    let (was, is) = (facts(&before), facts(&after));
    let of = |m: &Map<String, Json>| -> Map<String, Json> {
        m.iter().filter(|(k, _)| was[*k] != is[*k]).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    record(tx, origin, kinds::KEYWORD_UPDATED, &after, json!({"before": of(&was), "after": of(&is)}))?;
    Ok(after)
}

pub(super) fn delete(tx: &Tx<'_>, origin: &Origin, id: KeywordId, expected: Option<i64>) -> Result<()> {
    let row = store::keyword(tx, id)?.ok_or_else(|| Error::not_found("keyword"))?;
    if expected.is_some_and(|v| v != row.version) {
        return Err(Error::stale());
    }
    store::delete_keyword(tx, id)?;
    record(tx, origin, kinds::KEYWORD_DELETED, &row, Json::Object(facts(&row)))
}

fn check_department(c: &Conn<'_>, id: Option<DepartmentId>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    match departments::get(c, id)? {
        Some(d) if d.is_active => Ok(()),
        _ => Err(Error::invalid_field("department_id", "not_found", "is not an active department")),
    }
}

fn duplicate(row: &KeywordRow) -> Error {
    Error::conflict(
        Code::DuplicateKeyword,
        format!("There is a keyword that reads \"{}\" when folded.", row.folded),
    )
}

fn facts(k: &KeywordRow) -> Map<String, Json> {
    let mut m = Map::new();
    m.insert("word".into(), json!(k.word));
    m.insert("department_id".into(), json!(k.department_id));
    m.insert("priority".into(), json!(k.priority));
    m.insert("is_active".into(), json!(k.is_active));
    m
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, row: &KeywordRow, data: Json) -> Result<()> {
    let event = NewEvent::new(kind, "keyword", row.id.0, data).scope(row.department_id.map(|d| d.0), None);
    events::record(tx, origin, event)
}
