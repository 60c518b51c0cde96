//! The rows of `tasks` and `calendar_feeds`; lists stand in `query`.

use people::{ContactId, UserId};
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect},
    fold::fold,
    params, sql,
};

use super::Task;
use crate::{LeadId, TaskId};

/// In the order of [`read`].
pub const COLUMNS: &str = "id, title, description, status, due_at, remind_at, lead_id, ticket_id, contact_id, \
    assignee_id, department_id, is_follow_up, created_by, completed_at, completed_by, created_at, updated_at, version";

pub fn read(row: Row<'_>) -> Result<Task> {
    let mut r = row.columns();
    Ok(Task {
        id: r.next()?,
        title: r.next()?,
        description: r.next()?,
        status: r.next::<String>()?.parse()?,
        due_at: r.next()?,
        remind_at: r.next()?,
        lead_id: r.next()?,
        ticket_id: r.next()?,
        contact_id: r.next()?,
        assignee_id: r.next()?,
        department_id: r.next()?,
        is_follow_up: r.next()?,
        created_by: r.next()?,
        completed_at: r.next()?,
        completed_by: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: TaskId) -> Result<Option<Task>> {
    let text = format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

pub fn lock(tx: &Tx<'_>, id: TaskId) -> Result<Option<Task>> {
    let text = format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1{}", dialect::for_update(tx));
    tx.opt(Sql::built(&text), params![id], read)
}

/// Those of `ids` that are there. One query.
pub fn by_ids(c: &Conn<'_>, ids: &[TaskId]) -> Result<Vec<Task>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let text = format!("SELECT {COLUMNS} FROM tasks WHERE id IN ({})", dialect::in_list(1, values.len()));
    c.all(Sql::built(&text), &values, read)
}

/// A lead's open follow-ups, 100 at most.
pub fn open_follow_ups(c: &Conn<'_>, lead: LeadId) -> Result<Vec<Task>> {
    let text = format!(
        "SELECT {COLUMNS} FROM tasks WHERE lead_id = ?1 AND rank <= ?2 AND is_follow_up ORDER BY rank, id LIMIT 100"
    );
    c.all(Sql::built(&text), params![lead, super::UNDATED], read)
}

/// Stores a task; its `id` counts for nothing.
pub fn insert(tx: &Tx<'_>, t: &Task) -> Result<TaskId> {
    tx.insert(
        sql!(
            "INSERT INTO tasks (title, title_folded, description, status, due_at, remind_at, lead_id, ticket_id, contact_id, assignee_id, department_id, is_follow_up, created_by, completed_at, completed_by, rank, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) RETURNING id"
        ),
        params![
            &t.title,
            fold(&t.title),
            &t.description,
            t.status,
            t.due_at,
            t.remind_at,
            t.lead_id,
            t.ticket_id,
            t.contact_id,
            t.assignee_id,
            t.department_id,
            t.is_follow_up,
            t.created_by,
            t.completed_at,
            t.completed_by,
            t.rank(),
            t.created_at,
            t.updated_at,
            t.version
        ],
    )
}

/// Stores `t` if the row is still of `expected`; 409 `stale_version` otherwise.
pub fn update(tx: &Tx<'_>, t: &Task, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE tasks SET title = ?3, title_folded = ?4, description = ?5, status = ?6, due_at = ?7, remind_at = ?8, assignee_id = ?9, department_id = ?10, completed_at = ?11, completed_by = ?12, rank = ?13, updated_at = ?14, version = ?15 WHERE id = ?1 AND version = ?2"
        ),
        params![
            t.id,
            expected,
            &t.title,
            fold(&t.title),
            &t.description,
            t.status,
            t.due_at,
            t.remind_at,
            t.assignee_id,
            t.department_id,
            t.completed_at,
            t.completed_by,
            t.rank(),
            t.updated_at,
            t.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn forget(tx: &Tx<'_>, lead: LeadId) -> Result<()> {
    tx.exec(sql!("DELETE FROM tasks WHERE lead_id = ?1"), params![lead]).map(|_| ())
}

pub fn forget_follow_ups(tx: &Tx<'_>, lead: LeadId, times: &[Millis]) -> Result<()> {
    let mut values: Vec<Value<'_>> = vec![lead.into()];
    values.extend(times.iter().map(Value::from));
    let list = dialect::in_list(2, times.len());
    let text = format!("DELETE FROM tasks WHERE lead_id = ?1 AND is_follow_up AND created_at IN ({list})");
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

pub fn delete(tx: &Tx<'_>, id: TaskId) -> Result<()> {
    tx.must(sql!("DELETE FROM tasks WHERE id = ?1"), params![id], "task")
}

/// Open tasks whose reminder is due, the oldest first; other workers pass over them.
pub fn due_reminders(tx: &Tx<'_>, limit: i64) -> Result<Vec<Task>> {
    let text = format!(
        "SELECT {COLUMNS} FROM tasks WHERE remind_at <= ?1 AND status IN ('pending', 'in_progress') ORDER BY remind_at, id LIMIT ?2{}",
        dialect::skip_locked(tx)
    );
    tx.all(Sql::built(&text), params![tx.now(), limit], read)
}

/// Whether a reminder is due.
pub fn any_reminder(c: &Conn<'_>, now: Millis) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!(
            "SELECT id FROM tasks WHERE remind_at <= ?1 AND status IN ('pending', 'in_progress') ORDER BY remind_at LIMIT 1"
        ),
        params![now],
    )?;
    Ok(found.is_some())
}

/// It was done. The version stays: nobody's change is in the way of it.
pub fn reminded(tx: &Tx<'_>, id: TaskId) -> Result<()> {
    tx.exec(sql!("UPDATE tasks SET remind_at = NULL WHERE id = ?1"), params![id]).map(|_| ())
}

/// Makes this the one address of somebody's calendar.
pub fn put_feed(tx: &Tx<'_>, user: UserId, token_hash: &str) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO calendar_feeds (user_id, token_hash, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at"
        ),
        params![user, token_hash, tx.now()],
    )?;
    Ok(())
}

pub fn drop_feed(tx: &Tx<'_>, user: UserId) -> Result<()> {
    tx.exec(sql!("DELETE FROM calendar_feeds WHERE user_id = ?1"), params![user]).map(|_| ())
}

/// Whose calendar it is.
pub fn feed(c: &Conn<'_>, token_hash: &str) -> Result<Option<UserId>> {
    c.value(sql!("SELECT user_id FROM calendar_feeds WHERE token_hash = ?1"), params![token_hash])
}

/// What there is of a lead is with this contact from now on.
pub fn hand_over(tx: &Tx<'_>, lead: LeadId, to: ContactId) -> Result<()> {
    tx.exec(sql!("UPDATE tasks SET contact_id = ?2 WHERE lead_id = ?1"), params![lead, to]).map(|_| ())
}
