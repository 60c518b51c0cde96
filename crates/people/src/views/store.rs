//! All SQL of `saved_views`. Who asks is part of every query but those that write.

use platform::{
    Conn, Error, Result, Tx,
    db::{Row, Sql, Value, dialect::in_list},
    params, sql,
};

use super::{Asker, SavedView, SavedViewId, Screen, SharedWith, Sharing};
use crate::UserId;

const COLUMNS: &str = "id, owner_id, name, screen, filters, column_keys, shared_with, department_id, created_at, updated_at, version";

fn read(row: Row<'_>) -> Result<SavedView> {
    let mut r = row.columns();
    Ok(SavedView {
        id: r.next()?,
        owner_id: r.next()?,
        name: r.next()?,
        screen: r.next::<String>()?.parse()?,
        query: serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?,
        columns: serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?,
        sharing: match (r.next::<String>()?.parse()?, r.next()?) {
            (SharedWith::Team, Some(department)) => Sharing::Team(department),
            (SharedWith::All, _) => Sharing::All,
            _ => Sharing::Me,
        },
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

/// What the asker may see. Its own come along one index, what is shared along others.
fn seen(asker: &Asker, values: &mut Vec<Value<'static>>) -> String {
    let mut any = vec!["shared_with = 'all'".to_owned()];
    if let Some(user) = asker.user {
        values.push(Value::from(user));
        any.push(format!("owner_id = ?{}", values.len()));
    }
    match &asker.teams {
        None => any.push("shared_with = 'team'".to_owned()),
        Some(teams) if teams.is_empty() => {}
        Some(teams) => {
            any.push(format!("department_id IN ({})", in_list(values.len() + 1, teams.len())));
            values.extend(teams.iter().map(|d| Value::from(*d)));
        }
    }
    format!("({})", any.join(" OR "))
}

pub fn get(c: &Conn<'_>, asker: &Asker, id: SavedViewId) -> Result<Option<SavedView>> {
    let mut values = vec![Value::from(id)];
    let seen = seen(asker, &mut values);
    let text = format!("SELECT {COLUMNS} FROM saved_views WHERE id = ?1 AND {seen}");
    c.opt(Sql::built(&text), &values, read)
}

/// A part of what the asker sees, the oldest first; and how many there are, counted to 10 001.
pub fn list(
    c: &Conn<'_>,
    asker: &Asker,
    screen: Option<Screen>,
    after: i64,
    limit: i64,
    offset: i64,
) -> Result<(Vec<SavedView>, i64)> {
    let mut values = Vec::new();
    let mut filter = seen(asker, &mut values);
    if let Some(screen) = screen {
        values.push(Value::from(screen));
        filter.push_str(&format!(" AND screen = ?{}", values.len()));
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM saved_views WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    let n = values.len();
    values.extend([Value::from(after), Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT {COLUMNS} FROM saved_views WHERE {filter} AND id > ?{} ORDER BY id LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2,
        n + 3
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

/// How many somebody has.
pub fn count(c: &Conn<'_>, owner: UserId) -> Result<i64> {
    c.one(sql!("SELECT count(*) FROM saved_views WHERE owner_id = ?1"), params![owner], |r| r.get(0))
}

pub fn insert(tx: &Tx<'_>, v: &SavedView) -> Result<SavedViewId> {
    tx.insert(
        sql!(
            "INSERT INTO saved_views (owner_id, name, screen, filters, column_keys, shared_with, department_id, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1) RETURNING id"
        ),
        params![
            v.owner_id,
            &v.name,
            v.screen,
            text(&v.query)?,
            text(&v.columns)?,
            v.sharing.word(),
            v.sharing.department(),
            v.created_at
        ],
    )
}

/// Stores what can change, if the row is still of `v.version`.
pub fn update(tx: &Tx<'_>, v: &SavedView) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE saved_views SET name = ?2, filters = ?3, column_keys = ?4, shared_with = ?5, department_id = ?6, updated_at = ?7, version = version + 1 WHERE id = ?1 AND version = ?8"
        ),
        params![
            v.id,
            &v.name,
            text(&v.query)?,
            text(&v.columns)?,
            v.sharing.word(),
            v.sharing.department(),
            v.updated_at,
            v.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn delete(tx: &Tx<'_>, id: SavedViewId) -> Result<()> {
    tx.must(sql!("DELETE FROM saved_views WHERE id = ?1"), params![id], "view")
}

fn text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
