//! `roles`.

use platform::{Conn, Error, Result, Tx, params, sql};

use crate::access::Grant;

/// A row of `roles`.
#[derive(Debug, Clone)]
pub struct RoleRow {
    pub id: i64,
    pub key: String,
    pub name: String,
    pub is_system: bool,
    pub is_staff: bool,
    pub grants: Vec<Grant>,
}

fn read(row: platform::db::Row<'_>) -> Result<RoleRow> {
    let mut r = row.columns();
    Ok(RoleRow {
        id: r.next()?,
        key: r.next()?,
        name: r.next()?,
        is_system: r.next()?,
        is_staff: r.next()?,
        grants: grants(&r.next::<String>()?)?,
    })
}

pub fn grants(text: &str) -> Result<Vec<Grant>> {
    serde_json::from_str(text).map_err(Error::internal)
}

pub fn all(c: &Conn<'_>) -> Result<Vec<RoleRow>> {
    c.all(sql!("SELECT id, key, name, is_system, is_staff, permissions FROM roles ORDER BY id"), &[], read)
}

pub fn by_key(c: &Conn<'_>, key: &str) -> Result<Option<RoleRow>> {
    c.opt(
        sql!("SELECT id, key, name, is_system, is_staff, permissions FROM roles WHERE key = ?1"),
        params![key],
        read,
    )
}

pub fn rename(tx: &Tx<'_>, id: i64, name: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE roles SET name = ?2, updated_at = ?3 WHERE id = ?1"),
        params![id, name, tx.now()],
        "role",
    )
}

/// Writes only what differs. True when something did.
pub fn upsert_system(tx: &Tx<'_>, key: &str, name: &str, is_staff: bool, permissions: &str) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "INSERT INTO roles (key, name, is_system, is_staff, permissions, created_at, updated_at) VALUES (?1, ?2, TRUE, ?3, ?4, ?5, ?5) ON CONFLICT (key) DO UPDATE SET is_system = TRUE, is_staff = excluded.is_staff, permissions = excluded.permissions, updated_at = excluded.updated_at WHERE roles.permissions <> excluded.permissions OR roles.is_staff <> excluded.is_staff"
        ),
        params![key, name, is_staff, permissions, tx.now()],
    )?;
    Ok(changed > 0)
}
