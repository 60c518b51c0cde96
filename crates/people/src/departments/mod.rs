//! Departments: the teams that work goes to.
//!
//! Invariants: `key` is unique and never changes; one department at most is the fallback, for what no keyword and no
//! channel account claims, and setting one clears the other in the same transaction; a deactivated department is never
//! the fallback. Who belongs to one is access's business; this slice never gives out work.

pub mod events;
mod routes;
mod store;

use std::collections::HashMap;

use platform::{
    Conn, Error, Result, Tx,
    db::LockKey,
    error::Code,
    events::{NewEvent, Origin},
    fold::fold,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

pub(crate) use routes::routes;

use crate::DepartmentId;

crate::permission! {
    /// See departments and who is in them.
    pub DepartmentsRead = "departments.read";
    /// Make and change departments and who is in them.
    pub DepartmentsWrite = "departments.write";
}

/// How a department gives out its work.
pub const STRATEGIES: [&str; 4] = ["score", "round_robin", "capacity_based", "manual"];

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    /// Made from the first name; never changes.
    pub key: String,
    /// One of [`STRATEGIES`].
    pub strategy: String,
    pub uses_shifts: bool,
    pub is_fallback: bool,
    pub is_active: bool,
    pub version: i64,
}

/// Who takes a department's work, one decision at a time: lock it before changing who can take it.
pub fn lock_key(id: DepartmentId) -> LockKey {
    LockKey::new(2, id.0)
}

pub fn get(c: &Conn<'_>, id: DepartmentId) -> Result<Option<Department>> {
    store::get(c, id)
}

/// Where unclaimed work goes; always active.
pub fn fallback(c: &Conn<'_>) -> Result<Option<Department>> {
    store::fallback(c)
}

/// By id.
pub fn all_active(c: &Conn<'_>) -> Result<Vec<Department>> {
    store::all_active(c)
}

/// The name of every department, also of those that are not active. One query.
pub fn names(c: &Conn<'_>) -> Result<HashMap<DepartmentId, String>> {
    store::names(c)
}

/// By its key.
pub fn by_key(c: &Conn<'_>, key: &str) -> Result<Option<Department>> {
    store::by_key(c, key)
}

/// Makes the department `key` unless it is there; what is there stays as it is. Its id.
pub fn upsert_by_key(
    tx: &Tx<'_>,
    origin: &Origin,
    key: &str,
    name: &str,
    strategy: &str,
    is_fallback: bool,
) -> Result<DepartmentId> {
    if let Some(there) = store::by_key(tx, key)? {
        return Ok(there.id);
    }
    let is_fallback = is_fallback && store::fallback(tx)?.is_none();
    let new = Draft { name, key, strategy, uses_shifts: false, is_fallback };
    Ok(insert(tx, origin, &new)?.id)
}

/// A department to be made.
struct Draft<'a> {
    name: &'a str,
    key: &'a str,
    strategy: &'a str,
    uses_shifts: bool,
    is_fallback: bool,
}

/// A change; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
struct Change {
    name: Option<String>,
    strategy: Option<String>,
    uses_shifts: Option<bool>,
    is_fallback: Option<bool>,
    is_active: Option<bool>,
}

fn create(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    strategy: &str,
    uses_shifts: bool,
    is_fallback: bool,
) -> Result<Department> {
    let slug = slug(name);
    let taken = store::keys_like(tx, &slug)?;
    let mut key = slug.clone();
    let mut n = 2;
    while taken.contains(&key) {
        key = format!("{slug}-{n}");
        n += 1;
    }
    insert(tx, origin, &Draft { name, key: &key, strategy, uses_shifts, is_fallback })
}

fn insert(tx: &Tx<'_>, origin: &Origin, new: &Draft<'_>) -> Result<Department> {
    if new.is_fallback {
        clear_fallback(tx, origin, None)?;
    }
    let id = store::insert(tx, new.name, new.key, new.strategy, new.uses_shifts, new.is_fallback)?;
    let made = store::get(tx, id)?.ok_or_else(|| Error::not_found("department"))?;
    let data = json!({
        "name": made.name, "key": made.key, "strategy": made.strategy,
        "uses_shifts": made.uses_shifts, "is_fallback": made.is_fallback,
    });
    record(tx, origin, events::CREATED, id, data)?;
    Ok(made)
}

fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    id: DepartmentId,
    expected: Option<i64>,
    change: &Change,
) -> Result<Department> {
    let before = store::get(tx, id)?.ok_or_else(|| Error::not_found("department"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let mut after = before.clone();
    let set = |to: &mut String, from: &Option<String>| {
        if let Some(v) = from {
            to.clone_from(v);
        }
    };
    set(&mut after.name, &change.name);
    set(&mut after.strategy, &change.strategy);
    after.uses_shifts = change.uses_shifts.unwrap_or(before.uses_shifts);
    after.is_active = change.is_active.unwrap_or(before.is_active);
    after.is_fallback = change.is_fallback.unwrap_or(before.is_fallback);
    if !after.is_active && after.is_fallback {
        if change.is_fallback == Some(true) {
            let words = "a department that is not active cannot be the fallback";
            return Err(Error::conflict(Code::WrongState, format!("{words}.")));
        }
        after.is_fallback = false;
    }
    if after == before {
        return Ok(before);
    }
    if after.is_fallback && !before.is_fallback {
        clear_fallback(tx, origin, Some(id))?;
    }
    store::update(tx, &after)?;
    let kind = if before.is_active && !after.is_active { events::DELETED } else { events::UPDATED };
    let (old, new) = changed(&before, &after);
    record(tx, origin, kind, id, json!({ "before": old, "after": new }))?;
    store::get(tx, id)?.ok_or_else(|| Error::not_found("department"))
}

/// The present fallback, if it is another than `but`, is none any more.
fn clear_fallback(tx: &Tx<'_>, origin: &Origin, but: Option<DepartmentId>) -> Result<()> {
    match store::fallback(tx)? {
        Some(old) if Some(old.id) != but => {
            store::update(tx, &Department { is_fallback: false, ..old.clone() })?;
            let data = json!({ "before": { "is_fallback": true }, "after": { "is_fallback": false } });
            record(tx, origin, events::UPDATED, old.id, data)
        }
        _ => Ok(()),
    }
}

/// The fields in which the two differ.
fn changed(before: &Department, after: &Department) -> (Value, Value) {
    let fields = |d: &Department| {
        let mut map = Map::new();
        map.insert("name".into(), json!(d.name));
        map.insert("strategy".into(), json!(d.strategy));
        map.insert("uses_shifts".into(), json!(d.uses_shifts));
        map.insert("is_fallback".into(), json!(d.is_fallback));
        map.insert("is_active".into(), json!(d.is_active));
        map
    };
    let (mut old, mut new) = (fields(before), fields(after));
    let same: Vec<String> =
        old.iter().filter(|(k, v)| new.get(*k) == Some(v)).map(|(k, _)| k.clone()).collect();
    for key in same {
        old.remove(&key);
        new.remove(&key);
    }
    (Value::Object(old), Value::Object(new))
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, id: DepartmentId, data: Value) -> Result<()> {
    let event = NewEvent::new(kind, "department", id.0, data).scope(Some(id.0), None);
    platform::events::record(tx, origin, event)
}

/// `Chăm sóc khách hàng` → `cham-soc-khach-hang`.
fn slug(name: &str) -> String {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(60).collect();
    if slug.is_empty() { "department".into() } else { slug }
}

#[cfg(test)]
mod tests {
    #[test]
    fn slugs_are_plain() {
        assert_eq!(super::slug("Chăm sóc khách hàng"), "cham-soc-khach-hang");
        assert_eq!(super::slug("  Sales & Marketing!"), "sales-marketing");
        assert_eq!(super::slug("営業"), "department");
    }
}
