//! A person's calendar feed: their tasks under an unguessable address, of which only a hash is kept.

use people::{UserId, access};
use platform::{
    Conn, Error, Result,
    clock::{DAY, Millis},
    crypto::hash_token,
};

use super::{
    Task, TaskScope, TaskStatus,
    list::in_order,
    query::{self, Assignee, Order, Part, Selection},
    store,
};
use crate::TaskId;

/// Tasks that a feed holds.
const MOST: i64 = 500;
/// What was due so long ago and is done is left out.
const DONE_FOR: Millis = 30 * DAY;

/// Whose feed it is, with their open tasks and what is newly done. 404 for an address that is no longer good.
pub fn read(c: &Conn<'_>, token: &str, now: Millis) -> Result<(String, Vec<Task>)> {
    let missing = || Error::not_found("calendar");
    let user = store::feed(c, &hash_token(token))?.ok_or_else(missing)?;
    let person = access::user(c, user)?.filter(|u| u.is_active).ok_or_else(missing)?;
    let mut tasks = some(c, user, &[TaskStatus::Pending, TaskStatus::InProgress], None, now)?;
    tasks.extend(some(c, user, &[TaskStatus::Completed], Some(now - DONE_FOR), now)?);
    Ok((person.name, tasks))
}

fn some(
    c: &Conn<'_>,
    user: UserId,
    statuses: &[TaskStatus],
    due_from: Option<Millis>,
    now: Millis,
) -> Result<Vec<Task>> {
    let selection = Selection {
        statuses: statuses.to_vec(),
        assignee: Some(Assignee::Somebody(user)),
        due_from,
        ..Selection::default()
    };
    let part = Part { after: None, offset: 0, fetch: MOST };
    let b = query::page(&TaskScope::Own(user), &selection, Order::Usual, &part, now);
    let found: Vec<(TaskId, i64)> = c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    in_order(c, &found)
}
