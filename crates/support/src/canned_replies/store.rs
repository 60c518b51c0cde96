//! All SQL of `canned_replies`. Who asks is part of every query but those that write.

use people::DepartmentId;
use platform::{
    Conn, Error, Result, Tx,
    db::{Row, Sql, Value, dialect::in_list},
    params, sql,
};

use super::{Asker, CannedReply, CannedReplyId, Owner};

const COLUMNS: &str = "id, key, name, shortcut, subject, body, department_id, user_id, is_active, created_at, updated_at, version";

fn read(row: Row<'_>) -> Result<CannedReply> {
    let mut r = row.columns();
    Ok(CannedReply {
        id: r.next()?,
        key: r.next()?,
        name: r.next()?,
        shortcut: r.next()?,
        subject: r.next()?,
        body: r.next()?,
        owner: match (r.next()?, r.next()?) {
            (Some(department), _) => Owner::Department(department),
            (None, Some(user)) => Owner::Person(user),
            (None, None) => Owner::Everybody,
        },
        is_active: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

/// What the asker may see: everybody's, its departments' and its own, each along an index.
fn seen(asker: &Asker, values: &mut Vec<Value<'static>>) -> String {
    let mut any = vec!["(department_id IS NULL AND user_id IS NULL)".to_owned()];
    if let Some(user) = asker.user {
        values.push(Value::from(user));
        any.push(format!("user_id = ?{}", values.len()));
    }
    match &asker.teams {
        None => any.push("department_id IS NOT NULL".to_owned()),
        Some(teams) if teams.is_empty() => {}
        Some(teams) => {
            any.push(format!("department_id IN ({})", in_list(values.len() + 1, teams.len())));
            values.extend(teams.iter().map(|d| Value::from(*d)));
        }
    }
    format!("({})", any.join(" OR "))
}

pub fn get(c: &Conn<'_>, asker: &Asker, id: CannedReplyId) -> Result<Option<CannedReply>> {
    let mut values = vec![Value::from(id)];
    let seen = seen(asker, &mut values);
    let text = format!("SELECT {COLUMNS} FROM canned_replies WHERE id = ?1 AND {seen}");
    c.opt(Sql::built(&text), &values, read)
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Folded.
    pub search: Option<String>,
    pub department_id: Option<DepartmentId>,
    /// The asker's own alone, or all others.
    pub mine: Option<bool>,
    pub is_active: Option<bool>,
}

/// A part of what the asker sees, by name; and how many there are, counted to 10 001. `after`: a folded name and an id.
pub fn list(
    c: &Conn<'_>,
    asker: &Asker,
    filter: &Filter,
    after: Option<&(String, i64)>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<CannedReply>, i64)> {
    let mut values = Vec::new();
    let mut wheres = seen(asker, &mut values);
    let mut add = |condition: &str, value: Value<'static>| {
        values.push(value);
        wheres.push_str(" AND ");
        wheres.push_str(&condition.replace("{}", &format!("?{}", values.len())));
    };
    if let Some(search) = &filter.search {
        add("words LIKE {} ESCAPE '\\'", Value::from(contains(search)));
    }
    if let Some(department) = filter.department_id {
        add("department_id = {}", Value::from(department));
    }
    if let Some(active) = filter.is_active {
        add("is_active = {}", Value::from(active));
    }
    match filter.mine {
        // Of personal ones, only the asker's own are seen at all.
        Some(true) => wheres.push_str(" AND user_id IS NOT NULL"),
        Some(false) => wheres.push_str(" AND user_id IS NULL"),
        None => {}
    }
    let count = format!(
        "SELECT count(*) FROM (SELECT 1 AS one FROM canned_replies WHERE {wheres} LIMIT 10001) AS counted"
    );
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((name, id)) = after {
        let n = values.len();
        values.extend([Value::from(name.clone()), Value::from(*id)]);
        wheres.push_str(&format!(
            " AND (name_folded > ?{} OR (name_folded = ?{} AND id > ?{}))",
            n + 1,
            n + 1,
            n + 2
        ));
    }
    let n = values.len();
    values.extend([Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT {COLUMNS} FROM canned_replies WHERE {wheres} ORDER BY name_folded, id LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

/// A `LIKE` pattern for what contains `text`.
fn contains(text: &str) -> String {
    let mut out = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// The reply of an owner that a shortcut names.
pub fn with_shortcut(c: &Conn<'_>, owner: Owner, shortcut: &str) -> Result<Option<CannedReplyId>> {
    let id = |r: Row<'_>| r.get(0);
    match owner {
        Owner::Everybody => c.opt(
            sql!("SELECT id FROM canned_replies WHERE shortcut = ?1 AND department_id IS NULL AND user_id IS NULL"),
            params![shortcut],
            id,
        ),
        Owner::Department(department) => c.opt(
            sql!("SELECT id FROM canned_replies WHERE shortcut = ?1 AND department_id = ?2"),
            params![shortcut, department],
            id,
        ),
        Owner::Person(user) => c.opt(
            sql!("SELECT id FROM canned_replies WHERE shortcut = ?1 AND user_id = ?2"),
            params![shortcut, user],
            id,
        ),
    }
}

/// How many an owner has.
pub fn count(c: &Conn<'_>, owner: Owner) -> Result<i64> {
    let n = |r: Row<'_>| r.get(0);
    match owner {
        Owner::Everybody => c.one(
            sql!("SELECT count(*) FROM canned_replies WHERE department_id IS NULL AND user_id IS NULL"),
            &[],
            n,
        ),
        Owner::Department(department) => c.one(
            sql!("SELECT count(*) FROM canned_replies WHERE department_id = ?1"),
            params![department],
            n,
        ),
        Owner::Person(user) => {
            c.one(sql!("SELECT count(*) FROM canned_replies WHERE user_id = ?1"), params![user], n)
        }
    }
}

pub fn has_key(c: &Conn<'_>, key: &str) -> Result<bool> {
    let found: Option<i64> = c.value(sql!("SELECT id FROM canned_replies WHERE key = ?1"), params![key])?;
    Ok(found.is_some())
}

pub fn insert(tx: &Tx<'_>, r: &CannedReply) -> Result<CannedReplyId> {
    tx.insert(
        sql!(
            "INSERT INTO canned_replies (key, name, name_folded, shortcut, subject, body, words, department_id, user_id, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 1) RETURNING id"
        ),
        params![
            &r.key,
            &r.name,
            r.name_folded(),
            &r.shortcut,
            &r.subject,
            &r.body,
            r.words(),
            r.owner.department(),
            r.owner.user(),
            r.is_active,
            r.created_at
        ],
    )
}

/// Stores every field but the key, if the row is still of `r.version`.
pub fn update(tx: &Tx<'_>, r: &CannedReply) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE canned_replies SET name = ?2, name_folded = ?3, shortcut = ?4, subject = ?5, body = ?6, words = ?7, department_id = ?8, user_id = ?9, is_active = ?10, updated_at = ?11, version = version + 1 WHERE id = ?1 AND version = ?12"
        ),
        params![
            r.id,
            &r.name,
            r.name_folded(),
            &r.shortcut,
            &r.subject,
            &r.body,
            r.words(),
            r.owner.department(),
            r.owner.user(),
            r.is_active,
            r.updated_at,
            r.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn delete(tx: &Tx<'_>, id: CannedReplyId) -> Result<()> {
    tx.must(sql!("DELETE FROM canned_replies WHERE id = ?1"), params![id], "canned reply")
}
