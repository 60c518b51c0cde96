//! What customers wrote in the tickets that are assigned to somebody.
//!
//! What is pending is found by the person's open tickets, of which there are few. What is completed, by the newest 500 of
//! all that the person has: further back nothing is looked for.

use people::{DepartmentId, UserId};
use platform::{
    Conn, Result,
    clock::Millis,
    db::{Sql, Value},
};

use super::{Message, store};
use crate::{
    MessageId,
    tickets::{self, words},
};

words!(
    /// Whether somebody is done with a message.
    Progress { Pending = "pending", Completed = "completed" }
);

/// Which messages.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub user: UserId,
    pub progress: Option<Progress>,
    pub channel: Option<String>,
    pub department: Option<DepartmentId>,
    pub since: Option<Millis>,
}

const TICKETS: i64 = 500;

/// Everything from `FROM` on.
fn source(w: &Wanted, values: &mut Vec<Value<'static>>) -> String {
    let mut arg = |value: Value<'static>| {
        values.push(value);
        format!("?{}", values.len())
    };
    let user = arg(Value::from(w.user));
    let tickets = match w.progress {
        Some(Progress::Pending) => tickets::of_agent(&user, None),
        _ => tickets::of_agent(&user, Some(&arg(Value::from(TICKETS)))),
    };
    let mut text = format!(
        "FROM ({tickets}) AS t JOIN messages AS m ON m.ticket_id = t.id WHERE m.direction = 'inbound' AND m.is_spam = FALSE"
    );
    match w.progress {
        Some(Progress::Pending) => text.push_str(" AND m.completed_at IS NULL"),
        Some(Progress::Completed) => text.push_str(" AND m.completed_at IS NOT NULL"),
        None => {}
    }
    if let Some(channel) = &w.channel {
        text.push_str(&format!(" AND t.channel = {}", arg(Value::from(channel.clone()))));
    }
    if let Some(department) = w.department {
        text.push_str(&format!(" AND t.department_id = {}", arg(Value::from(department))));
    }
    if let Some(since) = w.since {
        text.push_str(&format!(" AND m.at >= {}", arg(Value::from(since))));
    }
    text
}

pub(super) fn count(c: &Conn<'_>, w: &Wanted) -> Result<i64> {
    let mut values = Vec::new();
    let source = source(w, &mut values);
    let text = format!("SELECT count(*) FROM (SELECT 1 AS one {source} LIMIT 10001) AS counted");
    c.one(Sql::built(&text), &values, |r| r.get(0))
}

/// Newest first, before `before` (time and id); with number and subject of the ticket.
pub(super) fn page(
    c: &Conn<'_>,
    w: &Wanted,
    before: Option<(Millis, MessageId)>,
    offset: i64,
    limit: i64,
) -> Result<Vec<(Message, i64, String)>> {
    let mut values = Vec::new();
    let source = source(w, &mut values);
    let (at, id) = before.unwrap_or((i64::MAX, MessageId(i64::MAX)));
    values.extend([Value::from(at), Value::from(id), Value::from(limit), Value::from(offset)]);
    let n = values.len();
    let columns: Vec<String> = store::COLUMNS.split(',').map(|c| format!("m.{}", c.trim())).collect();
    let text = format!(
        "SELECT {}, t.number, t.subject {source} AND (m.at, m.id) < (?{}, ?{}) ORDER BY m.at DESC, m.id DESC LIMIT ?{} OFFSET ?{n}",
        columns.join(", "),
        n - 3,
        n - 2,
        n - 1,
    );
    let width = columns.len();
    c.all(Sql::built(&text), &values, |r| Ok((store::read(r)?, r.get(width)?, r.get(width + 1)?)))
}
