//! All SQL of `departments`.

use std::collections::HashMap;

use platform::{
    Conn, Result, Tx,
    db::{Row, Sql, Value},
    params, sql,
};

use super::Department;
use crate::DepartmentId;

fn read(row: Row<'_>) -> Result<Department> {
    let mut r = row.columns();
    Ok(Department {
        id: r.next()?,
        name: r.next()?,
        key: r.next()?,
        strategy: r.next()?,
        uses_shifts: r.next()?,
        is_fallback: r.next()?,
        is_active: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: DepartmentId) -> Result<Option<Department>> {
    c.opt(
        sql!(
            "SELECT id, name, key, strategy, uses_shifts, is_fallback, is_active, version FROM departments WHERE id = ?1"
        ),
        params![id],
        read,
    )
}

pub fn by_key(c: &Conn<'_>, key: &str) -> Result<Option<Department>> {
    c.opt(
        sql!(
            "SELECT id, name, key, strategy, uses_shifts, is_fallback, is_active, version FROM departments WHERE key = ?1"
        ),
        params![key],
        read,
    )
}

pub fn fallback(c: &Conn<'_>) -> Result<Option<Department>> {
    c.opt(
        sql!(
            "SELECT id, name, key, strategy, uses_shifts, is_fallback, is_active, version FROM departments WHERE is_fallback"
        ),
        &[],
        read,
    )
}

pub fn all_active(c: &Conn<'_>) -> Result<Vec<Department>> {
    c.all(
        sql!(
            "SELECT id, name, key, strategy, uses_shifts, is_fallback, is_active, version FROM departments WHERE is_active ORDER BY id"
        ),
        &[],
        read,
    )
}

pub fn names(c: &Conn<'_>) -> Result<HashMap<DepartmentId, String>> {
    let rows = c.all(sql!("SELECT id, name FROM departments"), &[], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.into_iter().collect())
}

/// `key` and whatever begins with it and a dash.
pub fn keys_like(c: &Conn<'_>, key: &str) -> Result<Vec<String>> {
    c.all(
        sql!("SELECT key FROM departments WHERE key = ?1 OR key LIKE ?2"),
        params![key, format!("{key}-%")],
        |r| r.get(0),
    )
}

/// A part of the list, by name; and how many there are.
pub fn list(
    c: &Conn<'_>,
    is_active: Option<bool>,
    after: Option<(String, i64)>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Department>, i64)> {
    let mut values: Vec<Value<'static>> = Vec::new();
    let mut filter = String::from("TRUE");
    if let Some(active) = is_active {
        values.push(Value::Bool(active));
        filter.push_str(" AND is_active = ?1");
    }
    let count = format!("SELECT count(*) FROM departments WHERE {filter}");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((name, id)) = after {
        let n = values.len();
        values.extend([Value::from(name), Value::from(id)]);
        filter.push_str(&format!(" AND (name > ?{} OR (name = ?{} AND id > ?{}))", n + 1, n + 1, n + 2));
    }
    let n = values.len();
    values.extend([Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT id, name, key, strategy, uses_shifts, is_fallback, is_active, version FROM departments WHERE {filter} ORDER BY name, id LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

pub fn insert(
    tx: &Tx<'_>,
    name: &str,
    key: &str,
    strategy: &str,
    uses_shifts: bool,
    is_fallback: bool,
) -> Result<DepartmentId> {
    tx.insert(
        sql!(
            "INSERT INTO departments (key, name, strategy, uses_shifts, is_fallback, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, TRUE, ?6, ?6, 1) RETURNING id"
        ),
        params![key, name, strategy, uses_shifts, is_fallback, tx.now()],
    )
}

/// Stores every field but the key, if the row is still of `d.version`.
pub fn update(tx: &Tx<'_>, d: &Department) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE departments SET name = ?2, strategy = ?3, uses_shifts = ?4, is_fallback = ?5, is_active = ?6, updated_at = ?7, version = version + 1 WHERE id = ?1 AND version = ?8"
        ),
        params![d.id, &d.name, &d.strategy, d.uses_shifts, d.is_fallback, d.is_active, tx.now(), d.version],
    )?;
    if changed == 0 { Err(platform::Error::stale()) } else { Ok(()) }
}
