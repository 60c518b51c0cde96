//! `users` and `agent_states` (routing's own look at them is in `agents`).

use std::collections::HashMap;

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{
        Row, Sql, Value,
        dialect::{fill_list, for_update, in_list},
    },
    fold::fold,
    params, sql,
};

use super::roles::grants;
use crate::{
    DepartmentId, UserId,
    access::{Grant, users::VendorPerson},
};

/// Who logs in, by e-mail or name.
#[derive(Debug, Clone)]
pub struct Login {
    pub id: UserId,
    pub password_hash: Option<String>,
    pub is_active: bool,
}

/// A person as authentication needs one.
#[derive(Debug, Clone)]
pub struct UserPrincipal {
    pub name: String,
    pub role_key: String,
    pub grants: Vec<Grant>,
    /// Acts for this vendor.
    pub vendor_id: Option<i64>,
    /// Department and whether they manage it.
    pub departments: Vec<(DepartmentId, bool)>,
}

/// A row of `users` with its role and state.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    pub id: UserId,
    pub email: String,
    pub username: String,
    pub name: String,
    pub name_folded: String,
    pub role: String,
    pub role_name: String,
    pub is_active: bool,
    pub kpi_score: f64,
    pub locale: Option<String>,
    pub theme: Option<String>,
    pub last_login_at: Option<Millis>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
    pub status: String,
    pub capacity: Option<i64>,
    pub open_tickets: i64,
}

const COLUMNS: &str = "u.id, u.email, u.username, u.name, u.name_folded, r.key, r.name, u.is_active, u.kpi_score, u.locale, u.theme, u.last_login_at, u.created_at, u.updated_at, u.version, s.status, s.capacity, s.open_tickets FROM users u JOIN roles r ON r.id = u.role_id JOIN agent_states s ON s.user_id = u.id";

fn read(row: Row<'_>) -> Result<UserRow> {
    let mut r = row.columns();
    Ok(UserRow {
        id: r.next()?,
        email: r.next()?,
        username: r.next()?,
        name: r.next()?,
        name_folded: r.next()?,
        role: r.next()?,
        role_name: r.next()?,
        is_active: r.next()?,
        kpi_score: r.next()?,
        locale: r.next()?,
        theme: r.next()?,
        last_login_at: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
        status: r.next()?,
        capacity: r.next()?,
        open_tickets: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: UserId) -> Result<Option<UserRow>> {
    c.opt(Sql::built(&format!("SELECT {COLUMNS} WHERE u.id = ?1")), params![id], read)
}

pub fn any(c: &Conn<'_>) -> Result<bool> {
    Ok(c.value::<i64>(sql!("SELECT id FROM users LIMIT 1"), &[])?.is_some())
}

pub fn is_active(c: &Conn<'_>, id: UserId) -> Result<bool> {
    Ok(c.value(sql!("SELECT is_active FROM users WHERE id = ?1"), params![id])?.unwrap_or(false))
}

pub fn username(c: &Conn<'_>, id: UserId) -> Result<Option<String>> {
    c.value(sql!("SELECT username FROM users WHERE id = ?1"), params![id])
}

/// Those of these roles who are active, the first so many.
pub fn of_roles(c: &Conn<'_>, roles: &[i64], limit: i64) -> Result<Vec<UserId>> {
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = roles.iter().map(Value::from).collect();
    values.push(Value::from(limit));
    let text = format!(
        "SELECT id FROM users WHERE role_id IN ({}) AND is_active = TRUE ORDER BY id LIMIT ?{}",
        in_list(1, roles.len()),
        values.len()
    );
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

pub fn names(c: &Conn<'_>, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut ids: Vec<Value<'_>> = ids.iter().map(Into::into).collect();
    fill_list(&mut ids, 0);
    let text = format!("SELECT id, name FROM users WHERE id IN ({})", in_list(1, ids.len()));
    Ok(c.all(Sql::built(&text), &ids, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// By e-mail address or log-in name, lower-cased.
pub fn login(c: &Conn<'_>, key: &str) -> Result<Option<Login>> {
    let read = |r: Row<'_>| Ok(Login { id: r.get(0)?, password_hash: r.get(1)?, is_active: r.get(2)? });
    if key.contains('@') {
        let by_email = sql!("SELECT id, password_hash, is_active FROM users WHERE email_key = ?1");
        return c.opt(by_email, params![key], read);
    }
    c.opt(sql!("SELECT id, password_hash, is_active FROM users WHERE username_key = ?1"), params![key], read)
}

pub fn password_hash(c: &Conn<'_>, id: UserId) -> Result<Option<String>> {
    Ok(c.value::<Option<String>>(sql!("SELECT password_hash FROM users WHERE id = ?1"), params![id])?
        .flatten())
}

/// An active person, and whether `session` (when given) is theirs and open.
pub fn principal(c: &Conn<'_>, id: UserId, session: Option<i64>) -> Result<Option<UserPrincipal>> {
    let found: Option<(String, String, String, Option<i64>)> = c.opt(
        sql!(
            "SELECT u.name, r.key, r.permissions, u.vendor_id FROM users u JOIN roles r ON r.id = u.role_id WHERE u.id = ?1 AND u.is_active"
        ),
        params![id],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )?;
    let Some((name, role_key, permissions, vendor_id)) = found else { return Ok(None) };
    if let Some(session) = session {
        let open: Option<i64> = c.value(
            sql!("SELECT id FROM sessions WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL"),
            params![session, id],
        )?;
        if open.is_none() {
            return Ok(None);
        }
    }
    let departments = c.all(
        sql!("SELECT department_id, is_manager FROM department_members WHERE user_id = ?1 ORDER BY department_id"),
        params![id],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    Ok(Some(UserPrincipal { name, role_key, grants: grants(&permissions)?, vendor_id, departments }))
}

/// Who has this e-mail address or this log-in name: `(email, username)`.
pub fn taken(c: &Conn<'_>, email_key: &str, username_key: &str, but: Option<UserId>) -> Result<(bool, bool)> {
    let but = but.map_or(0, |u| u.0);
    let email: Option<i64> =
        c.value(sql!("SELECT id FROM users WHERE email_key = ?1 AND id <> ?2"), params![email_key, but])?;
    let username: Option<i64> = c.value(
        sql!("SELECT id FROM users WHERE username_key = ?1 AND id <> ?2"),
        params![username_key, but],
    )?;
    Ok((email.is_some(), username.is_some()))
}

/// A person to insert.
#[derive(Debug)]
pub struct Insert<'a> {
    pub email: &'a str,
    pub email_key: &'a str,
    pub username: &'a str,
    pub username_key: &'a str,
    pub name: &'a str,
    pub role: i64,
    pub password_hash: Option<&'a str>,
    pub capacity: Option<i64>,
    pub vendor_id: Option<i64>,
}

pub fn insert(tx: &Tx<'_>, u: &Insert<'_>) -> Result<UserId> {
    let id: UserId = tx.insert(
        sql!(
            "INSERT INTO users (email, email_key, username, username_key, name, name_folded, role_id, password_hash, vendor_id, is_active, kpi_score, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, TRUE, 0.0, ?9, ?9, 1) RETURNING id"
        ),
        params![
            u.email,
            u.email_key,
            u.username,
            u.username_key,
            u.name,
            fold(u.name),
            u.role,
            u.password_hash,
            tx.now(),
            u.vendor_id
        ],
    )?;
    tx.exec(
        sql!(
            "INSERT INTO agent_states (user_id, status, status_since, capacity, open_tickets, last_assigned_at) VALUES (?1, 'offline', ?2, ?3, 0, 0)"
        ),
        params![id, tx.now(), u.capacity],
    )?;
    Ok(id)
}

/// Those of a vendor, the oldest first; of them one alone where `user` says which.
pub fn of_vendor(c: &Conn<'_>, vendor: i64, user: Option<UserId>) -> Result<Vec<VendorPerson>> {
    c.all(
        sql!(
            "SELECT id, email, name, is_active, password_hash IS NOT NULL, last_login_at FROM users WHERE vendor_id = ?1 AND id = coalesce(?2, id) ORDER BY id LIMIT 200"
        ),
        params![vendor, user],
        |row| {
            let mut r = row.columns();
            Ok(VendorPerson {
                id: r.next()?,
                email: r.next()?,
                name: r.next()?,
                is_active: r.next()?,
                has_password: r.next()?,
                last_login_at: r.next()?,
            })
        },
    )
}

/// Stores what a person is called and may do, if the row is still of `expected`.
pub fn update(tx: &Tx<'_>, u: &UserRow, role: i64, keys: (&str, &str), expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE users SET email = ?2, email_key = ?3, username = ?4, username_key = ?5, name = ?6, name_folded = ?7, role_id = ?8, is_active = ?9, locale = ?10, theme = ?11, updated_at = ?12, version = version + 1 WHERE id = ?1 AND version = ?13"
        ),
        params![
            u.id,
            &u.email,
            keys.0,
            &u.username,
            keys.1,
            &u.name,
            fold(&u.name),
            role,
            u.is_active,
            &u.locale,
            &u.theme,
            tx.now(),
            expected
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn touch(tx: &Tx<'_>, id: UserId) -> Result<()> {
    tx.must(
        sql!("UPDATE users SET updated_at = ?2, version = version + 1 WHERE id = ?1"),
        params![id, tx.now()],
        "user",
    )
}

pub fn set_password(tx: &Tx<'_>, id: UserId, hash: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE users SET password_hash = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1"),
        params![id, hash, tx.now()],
        "user",
    )
}

pub fn logged_in(tx: &Tx<'_>, id: UserId) -> Result<()> {
    tx.must(sql!("UPDATE users SET last_login_at = ?2 WHERE id = ?1"), params![id, tx.now()], "user")
}

/// Active people of this role besides `but`.
pub fn others_of_role(c: &Conn<'_>, role: &str, but: UserId) -> Result<i64> {
    c.one(
        sql!(
            "SELECT count(*) FROM users u JOIN roles r ON r.id = u.role_id WHERE r.key = ?1 AND u.is_active AND u.id <> ?2"
        ),
        params![role, but],
        |r| r.get(0),
    )
}

/// Status and capacity, held until the end of the transaction.
pub fn state_for_update(tx: &Tx<'_>, id: UserId) -> Result<Option<(String, Option<i64>)>> {
    let text = format!("SELECT status, capacity FROM agent_states WHERE user_id = ?1{}", for_update(tx));
    tx.opt(Sql::built(&text), params![id], |r| Ok((r.get(0)?, r.get(1)?)))
}

pub fn set_status(tx: &Tx<'_>, id: UserId, status: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE agent_states SET status = ?2, status_since = ?3 WHERE user_id = ?1"),
        params![id, status, tx.now()],
        "user",
    )
}

pub fn set_capacity(tx: &Tx<'_>, id: UserId, capacity: Option<i64>) -> Result<()> {
    tx.must(sql!("UPDATE agent_states SET capacity = ?2 WHERE user_id = ?1"), params![id, capacity], "user")
}

/// Which people a list shows.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub search: Option<String>,
    pub role: Option<String>,
    pub status: Option<String>,
    pub department: Option<DepartmentId>,
    pub is_active: Option<bool>,
    /// This person and whoever shares a department with them; `None`: everyone.
    pub team_of: Option<UserId>,
    /// Newest first; otherwise by name.
    pub newest: bool,
    /// The last row shown: folded name and id.
    pub after: Option<(String, i64)>,
    pub limit: i64,
    pub offset: i64,
}

/// Rows, and how many there are, counted to 10 001. Two queries.
pub fn list(c: &Conn<'_>, part: &Part) -> Result<(Vec<UserRow>, i64)> {
    let mut values: Vec<Value<'static>> = Vec::new();
    let mut filter = String::from("r.is_staff");
    let mut and = |text: &str, value: Value<'static>| {
        values.push(value);
        let n = values.len();
        filter.push_str(" AND ");
        filter.push_str(&text.replace("?#", &format!("?{n}")));
    };
    if let Some(search) = &part.search {
        let like = fold(search.trim()).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        and(
            "(u.name_folded LIKE ?# ESCAPE '\\' OR u.email_key LIKE ?# ESCAPE '\\' OR u.username_key LIKE ?# ESCAPE '\\')",
            Value::from(format!("%{like}%")),
        );
    }
    if let Some(role) = &part.role {
        and("r.key = ?#", Value::from(role.clone()));
    }
    if let Some(status) = &part.status {
        and("s.status = ?#", Value::from(status.clone()));
    }
    if let Some(id) = part.department {
        and(
            "EXISTS (SELECT 1 FROM department_members m WHERE m.user_id = u.id AND m.department_id = ?#)",
            Value::from(id),
        );
    }
    if let Some(active) = part.is_active {
        and("u.is_active = ?#", Value::Bool(active));
    }
    if let Some(me) = part.team_of {
        and(
            "(u.id = ?# OR EXISTS (SELECT 1 FROM department_members m JOIN department_members mine ON mine.department_id = m.department_id WHERE m.user_id = u.id AND mine.user_id = ?#))",
            Value::from(me),
        );
    }
    let from = "FROM users u JOIN roles r ON r.id = u.role_id JOIN agent_states s ON s.user_id = u.id";
    let count = format!("SELECT count(*) FROM (SELECT 1 {from} WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((name, id)) = &part.after {
        let n = values.len();
        if part.newest {
            values.push(Value::from(*id));
            filter.push_str(&format!(" AND u.id < ?{}", n + 1));
        } else {
            values.extend([Value::from(name.clone()), Value::from(*id)]);
            let text =
                format!("u.name_folded > ?{} OR (u.name_folded = ?{} AND u.id > ?{})", n + 1, n + 1, n + 2);
            filter.push_str(&format!(" AND ({text})"));
        }
    }
    let order = if part.newest { "u.id DESC" } else { "u.name_folded, u.id" };
    let n = values.len();
    values.extend([Value::from(part.limit), Value::from(part.offset)]);
    let text = format!("SELECT {COLUMNS} WHERE {filter} ORDER BY {order} LIMIT ?{} OFFSET ?{}", n + 1, n + 2);
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}
