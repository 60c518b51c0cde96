//! All SQL of `business_hours`.

use platform::{
    Conn, Error, Result, Tx,
    db::{Row, Sql, Value, dialect},
    params, sql,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{BusinessHours, BusinessHoursId, Draft};

const COLUMNS: &str = "id, name, zone, week, holidays, is_default, created_at, updated_at, version";

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn read(row: Row<'_>) -> Result<BusinessHours> {
    let mut r = row.columns();
    Ok(BusinessHours {
        id: r.next()?,
        name: r.next()?,
        zone: r.next()?,
        week: parsed(&r.next::<String>()?)?,
        holidays: parsed(&r.next::<String>()?)?,
        is_default: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: BusinessHoursId) -> Result<Option<BusinessHours>> {
    let text = format!("SELECT {COLUMNS} FROM business_hours WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

pub fn lock(tx: &Tx<'_>, id: BusinessHoursId) -> Result<Option<BusinessHours>> {
    let text = format!("SELECT {COLUMNS} FROM business_hours WHERE id = ?1{}", dialect::for_update(tx));
    tx.opt(Sql::built(&text), params![id], read)
}

pub fn by_ids(c: &Conn<'_>, ids: &[BusinessHoursId]) -> Result<Vec<BusinessHours>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let list = dialect::in_list(1, values.len());
    let text = format!("SELECT {COLUMNS} FROM business_hours WHERE id IN ({list})");
    c.all(Sql::built(&text), &values, read)
}

pub fn by_key(c: &Conn<'_>, key: &str) -> Result<Option<BusinessHoursId>> {
    c.value(sql!("SELECT id FROM business_hours WHERE key = ?1"), params![key])
}

pub fn default(c: &Conn<'_>) -> Result<Option<BusinessHours>> {
    let text = format!("SELECT {COLUMNS} FROM business_hours WHERE is_default");
    c.opt(Sql::built(&text), &[], read)
}

/// A part of the list, by name; and how many there are.
pub fn list(
    c: &Conn<'_>,
    after: Option<(String, i64)>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<BusinessHours>, i64)> {
    let total = c.one(sql!("SELECT count(*) FROM business_hours"), &[], |r| r.get(0))?;
    let mut values: Vec<Value<'static>> = vec![Value::from(limit), Value::from(offset)];
    let mut filter = "";
    if let Some((name, id)) = after {
        values.extend([Value::from(name), Value::from(id)]);
        filter = "WHERE name > ?3 OR (name = ?3 AND id > ?4)";
    }
    let text = format!("SELECT {COLUMNS} FROM business_hours {filter} ORDER BY name, id LIMIT ?1 OFFSET ?2");
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

pub fn insert(tx: &Tx<'_>, key: Option<&str>, d: &Draft) -> Result<BusinessHoursId> {
    tx.insert(
        sql!(
            "INSERT INTO business_hours (key, name, zone, week, holidays, is_default, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1) RETURNING id"
        ),
        params![key, d.name.trim(), &d.zone, text(&d.week)?, text(&d.holidays)?, d.is_default, tx.now()],
    )
}

/// Stores every field; one version more.
pub fn update(tx: &Tx<'_>, h: &BusinessHours) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE business_hours SET name = ?2, zone = ?3, week = ?4, holidays = ?5, is_default = ?6, updated_at = ?7, version = version + 1 WHERE id = ?1"
        ),
        params![h.id, &h.name, &h.zone, text(&h.week)?, text(&h.holidays)?, h.is_default, tx.now()],
        "business hours",
    )
}

pub fn delete(tx: &Tx<'_>, id: BusinessHoursId) -> Result<()> {
    tx.must(sql!("DELETE FROM business_hours WHERE id = ?1"), params![id], "business hours")
}
