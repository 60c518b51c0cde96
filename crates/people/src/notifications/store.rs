//! All SQL of `notifications`.

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect::in_list},
    params, sql,
};
use serde_json::Value as Json;

use super::{Notification, NotificationId};
use crate::UserId;

fn read(row: Row<'_>) -> Result<Notification> {
    let mut r = row.columns();
    Ok(Notification {
        id: r.next()?,
        kind: r.next()?,
        data: serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?,
        link: r.next()?,
        created_at: r.next()?,
        is_read: r.next::<Option<Millis>>()?.is_some(),
    })
}

pub fn insert(
    tx: &Tx<'_>,
    user: UserId,
    kind: &str,
    data: &Json,
    link: Option<&str>,
) -> Result<NotificationId> {
    tx.insert(
        sql!(
            "INSERT INTO notifications (user_id, kind, data, link, created_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"
        ),
        params![user, kind, data.to_string(), link, tx.now()],
    )
}

pub fn get(c: &Conn<'_>, user: UserId, id: NotificationId) -> Result<Option<Notification>> {
    c.opt(
        sql!(
            "SELECT id, kind, data, link, created_at, read_at FROM notifications WHERE id = ?1 AND user_id = ?2"
        ),
        params![id, user],
        read,
    )
}

/// A part of somebody's list, newest first; and how many there are, counted to 10 001.
pub fn list(
    c: &Conn<'_>,
    user: UserId,
    unread_only: bool,
    before: i64,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Notification>, i64)> {
    let filter = if unread_only { "user_id = ?1 AND read_at IS NULL" } else { "user_id = ?1" };
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM notifications WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), params![user], |r| r.get(0))?;
    let text = format!(
        "SELECT id, kind, data, link, created_at, read_at FROM notifications WHERE {filter} AND id < ?2 ORDER BY id DESC LIMIT ?3 OFFSET ?4"
    );
    Ok((c.all(Sql::built(&text), params![user, before, limit, offset], read)?, total))
}

pub fn unread(c: &Conn<'_>, user: UserId, most: i64) -> Result<i64> {
    c.one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 FROM notifications WHERE user_id = ?1 AND read_at IS NULL LIMIT ?2) AS counted"
        ),
        params![user, most],
        |r| r.get(0),
    )
}

pub fn unread_ids(c: &Conn<'_>, user: UserId, limit: i64) -> Result<Vec<NotificationId>> {
    c.all(
        sql!("SELECT id FROM notifications WHERE user_id = ?1 AND read_at IS NULL ORDER BY id LIMIT ?2"),
        params![user, limit],
        |r| r.get(0),
    )
}

pub fn newest_unread(c: &Conn<'_>, user: UserId) -> Result<Option<Notification>> {
    c.opt(
        sql!(
            "SELECT id, kind, data, link, created_at, read_at FROM notifications WHERE user_id = ?1 AND read_at IS NULL ORDER BY id DESC LIMIT 1"
        ),
        params![user],
        read,
    )
}

pub fn replace(tx: &Tx<'_>, id: NotificationId, data: &Json, link: &str) -> Result<()> {
    tx.must(
        sql!("UPDATE notifications SET data = ?2, link = ?3 WHERE id = ?1"),
        params![id, data.to_string(), link],
        "notification",
    )
}

pub fn mark_read(tx: &Tx<'_>, user: UserId, id: NotificationId) -> Result<()> {
    tx.must(
        sql!("UPDATE notifications SET read_at = ?3 WHERE id = ?1 AND user_id = ?2"),
        params![id, user, tx.now()],
        "notification",
    )
}

pub fn mark_these_read(tx: &Tx<'_>, user: UserId, ids: &[NotificationId]) -> Result<()> {
    let text = format!(
        "UPDATE notifications SET read_at = ?2 WHERE user_id = ?1 AND id IN ({})",
        in_list(3, ids.len())
    );
    let mut values = vec![Value::from(user), Value::from(tx.now())];
    values.extend(ids.iter().map(Value::from));
    tx.exec(Sql::built(&text), &values)?;
    Ok(())
}

/// Of the 500 oldest, those made before `at`: ids go up with time, so none is looked for among the others.
pub fn prune(tx: &Tx<'_>, at: Millis) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM notifications WHERE id IN (SELECT id FROM (SELECT id, created_at FROM notifications ORDER BY id LIMIT 500) AS oldest WHERE created_at < ?1)"
        ),
        params![at],
    )
}
