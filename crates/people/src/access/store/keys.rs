//! `api_keys` and `api_key_usage`: hashes only.

use platform::{
    Conn, Result, Tx,
    clock::{DAY, MINUTE, Millis},
    db::{Row, Sql, Value},
    params, sql,
};

use super::roles::grants;
use crate::{
    UserId,
    access::{Grant, KeyLimits},
};

/// A key as the list shows it.
#[derive(Debug, Clone)]
pub struct KeyRow {
    pub id: i64,
    pub name: String,
    pub prefix: String,
    pub role_key: String,
    pub limits: KeyLimits,
    pub created_at: Millis,
    pub last_used_at: Option<Millis>,
    pub revoked_at: Option<Millis>,
    pub usage_count: i64,
}

/// A key as authentication needs it.
#[derive(Debug, Clone)]
pub struct KeyPrincipal {
    pub id: i64,
    pub name: String,
    pub limits: KeyLimits,
    pub role_key: String,
    pub grants: Vec<Grant>,
    /// Whose key it is, where it is a vendor's.
    pub vendor_id: Option<i64>,
}

pub fn by_hash(c: &Conn<'_>, hash: &str) -> Result<Option<KeyPrincipal>> {
    c.opt(
        sql!(
            "SELECT k.id, k.name, k.rate_per_second, k.burst, k.daily_quota, r.key, r.permissions, k.vendor_id FROM api_keys k JOIN roles r ON r.id = k.role_id WHERE k.key_hash = ?1 AND k.revoked_at IS NULL"
        ),
        params![hash],
        |row| {
            let mut r = row.columns();
            Ok(KeyPrincipal {
                id: r.next()?,
                name: r.next()?,
                limits: KeyLimits { rate_per_second: r.next()?, burst: r.next()?, daily_quota: r.next()? },
                role_key: r.next()?,
                grants: grants(&r.next::<String>()?)?,
                vendor_id: r.next()?,
            })
        },
    )
}

/// A key to insert.
#[derive(Debug)]
pub struct NewKey<'a> {
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: &'a str,
    pub role: i64,
    pub limits: KeyLimits,
    pub vendor: Option<i64>,
    pub by: Option<UserId>,
}

pub fn insert(tx: &Tx<'_>, k: &NewKey<'_>) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO api_keys (name, prefix, key_hash, role_id, rate_per_second, burst, daily_quota, vendor_id, created_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id"
        ),
        params![
            k.name,
            k.prefix,
            k.hash,
            k.role,
            k.limits.rate_per_second,
            k.limits.burst,
            k.limits.daily_quota,
            k.vendor,
            k.by,
            tx.now()
        ],
    )
}

/// True when it was good.
pub fn revoke(tx: &Tx<'_>, id: i64) -> Result<bool> {
    let changed = tx.exec(
        sql!("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL"),
        params![id, tx.now()],
    )?;
    Ok(changed > 0)
}

const COLUMNS: &str = "k.id, k.name, k.prefix, r.key, k.rate_per_second, k.burst, k.daily_quota, k.created_at, k.last_used_at, k.revoked_at, (SELECT CAST(coalesce(sum(u.requests), 0) AS bigint) FROM api_key_usage u WHERE u.api_key_id = k.id) FROM api_keys k JOIN roles r ON r.id = k.role_id";

fn read(row: Row<'_>) -> Result<KeyRow> {
    let mut r = row.columns();
    Ok(KeyRow {
        id: r.next()?,
        name: r.next()?,
        prefix: r.next()?,
        role_key: r.next()?,
        limits: KeyLimits { rate_per_second: r.next()?, burst: r.next()?, daily_quota: r.next()? },
        created_at: r.next()?,
        last_used_at: r.next()?,
        revoked_at: r.next()?,
        usage_count: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: i64) -> Result<Option<KeyRow>> {
    c.opt(Sql::built(&format!("SELECT {COLUMNS} WHERE k.id = ?1")), params![id], read)
}

/// Newest first; vendors' keys are the vendors' to show.
pub fn list(c: &Conn<'_>, before: i64, limit: i64, offset: i64) -> Result<(Vec<KeyRow>, i64)> {
    let total = c.one(sql!("SELECT count(*) FROM api_keys WHERE vendor_id IS NULL"), &[], |r| r.get(0))?;
    let text = format!(
        "SELECT {COLUMNS} WHERE k.id < ?1 AND k.vendor_id IS NULL ORDER BY k.id DESC LIMIT ?2 OFFSET ?3"
    );
    let values: [Value<'_>; 3] = [before.into(), limit.into(), offset.into()];
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

/// Adds to a day's count; the count as it is then.
pub fn add_usage(tx: &Tx<'_>, id: i64, day: i64, requests: i64) -> Result<i64> {
    tx.exec(
        sql!("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?3)"),
        params![id, tx.now(), tx.now() - MINUTE],
    )?;
    tx.one(
        sql!(
            "INSERT INTO api_key_usage (api_key_id, day, requests) VALUES (?1, ?2, ?3) ON CONFLICT (api_key_id, day) DO UPDATE SET requests = api_key_usage.requests + excluded.requests RETURNING requests"
        ),
        params![id, day, requests],
        |r| r.get(0),
    )
}

pub fn usage(c: &Conn<'_>, id: i64, day: i64) -> Result<i64> {
    let found = c.value(
        sql!("SELECT requests FROM api_key_usage WHERE api_key_id = ?1 AND day = ?2"),
        params![id, day],
    )?;
    Ok(found.unwrap_or(0))
}

/// The UTC day of an instant.
pub fn day(at: Millis) -> i64 {
    at.div_euclid(DAY)
}
