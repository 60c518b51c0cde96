//! All SQL of `vendors` and `vendor_posts`.

use std::collections::HashMap;

use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect::in_list},
    params, sql,
};
use serde_json::{Value as Json, json};

use super::Vendor;
use crate::{LeadId, VendorId};

const COLUMNS: &str = "id, code, name, description, contact_name, contact_email, phone, is_active, api_key_id, key_prefix, \
    pipeline_id, department_id, strategy, agents, source, lead_value, rules, duplicate_days, created_at, updated_at, version";

fn read(row: Row<'_>) -> Result<Vendor> {
    let mut r = row.columns();
    Ok(Vendor {
        id: r.next()?,
        code: r.next()?,
        name: r.next()?,
        description: r.next()?,
        contact_name: r.next()?,
        contact_email: r.next()?,
        phone: r.next()?,
        is_active: r.next()?,
        api_key_id: r.next()?,
        key_prefix: r.next()?,
        pipeline_id: r.next()?,
        department_id: r.next()?,
        strategy: r.next::<String>()?.parse()?,
        agents: serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?,
        source: r.next()?,
        lead_value: r.next()?,
        rules: serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?,
        duplicate_days: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: VendorId) -> Result<Option<Vendor>> {
    c.opt(Sql::built(&format!("SELECT {COLUMNS} FROM vendors WHERE id = ?1")), params![id], read)
}

pub fn by_code(c: &Conn<'_>, code: &str) -> Result<Option<Vendor>> {
    c.opt(Sql::built(&format!("SELECT {COLUMNS} FROM vendors WHERE code = ?1")), params![code], read)
}

/// By code, after `after`; and how many there are.
pub fn list(
    c: &Conn<'_>,
    active: Option<bool>,
    after: &str,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Vendor>, i64)> {
    let (filter, mut values): (&str, Vec<Value<'_>>) = match active {
        Some(is) => ("is_active = ?1", vec![Value::Bool(is)]),
        None => ("TRUE", Vec::new()),
    };
    let total =
        c.one(Sql::built(&format!("SELECT count(*) FROM vendors WHERE {filter}")), &values, |r| r.get(0))?;
    let n = values.len();
    values.extend([Value::from(after), Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT {COLUMNS} FROM vendors WHERE {filter} AND code > ?{} ORDER BY code LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2,
        n + 3
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

pub fn names(c: &Conn<'_>, ids: &[VendorId]) -> Result<HashMap<VendorId, (String, String)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!("SELECT id, code, name FROM vendors WHERE id IN ({})", in_list(1, ids.len()));
    let ids: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    Ok(c.all(Sql::built(&text), &ids, |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?.into_iter().collect())
}

/// `None` when the code is taken.
pub fn insert(tx: &Tx<'_>, v: &Vendor) -> Result<Option<VendorId>> {
    tx.value(
        sql!(
            "INSERT INTO vendors (code, name, description, contact_name, contact_email, phone, is_active, pipeline_id, department_id, strategy, agents, source, lead_value, rules, duplicate_days, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16, 1) ON CONFLICT (code) DO NOTHING RETURNING id"
        ),
        params![
            &v.code,
            &v.name,
            v.description.as_deref(),
            v.contact_name.as_deref(),
            v.contact_email.as_deref(),
            v.phone.as_deref(),
            v.is_active,
            v.pipeline_id,
            v.department_id,
            v.strategy,
            json!(v.agents).to_string(),
            &v.source,
            v.lead_value,
            json!(v.rules).to_string(),
            v.duplicate_days,
            v.created_at
        ],
    )
}

/// Stores `v` if the row is still of `expected`.
pub fn update(tx: &Tx<'_>, v: &Vendor, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE vendors SET name = ?3, description = ?4, contact_name = ?5, contact_email = ?6, phone = ?7, is_active = ?8, api_key_id = ?9, key_prefix = ?10, pipeline_id = ?11, department_id = ?12, strategy = ?13, agents = ?14, source = ?15, lead_value = ?16, rules = ?17, duplicate_days = ?18, updated_at = ?19, version = ?20 WHERE id = ?1 AND version = ?2"
        ),
        params![
            v.id,
            expected,
            &v.name,
            v.description.as_deref(),
            v.contact_name.as_deref(),
            v.contact_email.as_deref(),
            v.phone.as_deref(),
            v.is_active,
            v.api_key_id,
            v.key_prefix.as_deref(),
            v.pipeline_id,
            v.department_id,
            v.strategy,
            json!(v.agents).to_string(),
            &v.source,
            v.lead_value,
            json!(v.rules).to_string(),
            v.duplicate_days,
            v.updated_at,
            v.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

/// What became of one post. Of what was refused only fields and codes stay.
pub fn log_post(
    tx: &Tx<'_>,
    vendor: VendorId,
    outcome: &str,
    lead: Option<LeadId>,
    faults: &[Fault],
    request_id: Option<&str>,
) -> Result<()> {
    let faults: Vec<Json> = faults.iter().map(|f| json!({ "field": f.field, "code": f.code })).collect();
    tx.exec(
        sql!(
            "INSERT INTO vendor_posts (vendor_id, at, outcome, lead_id, faults, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ),
        params![vendor, tx.now(), outcome, lead, Json::Array(faults).to_string(), request_id],
    )?;
    Ok(())
}

/// A line of the posting log.
#[derive(Debug, Clone)]
pub struct PostRow {
    pub id: i64,
    pub at: Millis,
    pub outcome: String,
    pub lead_id: Option<LeadId>,
    pub faults: Json,
}

/// Newest first, before the line `(at, id)`; and how many there are, counted to 10 001.
pub fn posts(
    c: &Conn<'_>,
    vendor: VendorId,
    outcome: Option<&str>,
    before: Option<(i64, i64)>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<PostRow>, i64)> {
    let mut values: Vec<Value<'_>> = vec![vendor.into()];
    let mut filter = String::from("vendor_id = ?1");
    if let Some(outcome) = outcome {
        values.push(outcome.into());
        filter.push_str(" AND outcome = ?2");
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM vendor_posts WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((at, id)) = before {
        let n = values.len();
        values.extend([Value::from(at), Value::from(id)]);
        filter.push_str(&format!(" AND (at, id) < (?{}, ?{})", n + 1, n + 2));
    }
    let n = values.len();
    values.extend([Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT id, at, outcome, lead_id, faults FROM vendor_posts WHERE {filter} ORDER BY at DESC, id DESC LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2
    );
    let rows = c.all(Sql::built(&text), &values, |row| {
        let mut r = row.columns();
        Ok(PostRow {
            id: r.next()?,
            at: r.next()?,
            outcome: r.next()?,
            lead_id: r.next()?,
            faults: serde_json::from_str(&r.next::<String>()?).unwrap_or(Json::Null),
        })
    })?;
    Ok((rows, total))
}

/// Lines older than `before`, 500 at most; how many went.
pub fn prune(tx: &Tx<'_>, before: Millis) -> Result<u64> {
    tx.exec(
        sql!("DELETE FROM vendor_posts WHERE id IN (SELECT id FROM vendor_posts WHERE at < ?1 AND lead_id IS NULL LIMIT 500)"),
        params![before],
    )
}
