//! Pages of what happened with somebody or something, newest first, from several ways along the indexes put together.
//!
//! A walk never goes through what it was not asked for: a person's events are found by kind, and of a subject's newest
//! [`LOOKED_AT`] events those of other kinds are passed over; then the page ends there, and says that there may be more.

use crate::{
    Result,
    db::{
        Conn, Sql, Value,
        dialect::{fill_list, in_list},
    },
    params, sql,
};

use super::{Event, read};

/// A subject's events that one page looks at.
pub const LOOKED_AT: i64 = 500;

/// A way along the events. A statement has a way for each contact and kind; the engines bear some hundred.
#[derive(Debug, Clone)]
pub enum Walk<'a> {
    /// A person's events of these kinds, whatever they are about.
    Contact { id: i64, kinds: Vec<&'a str> },
    /// A subject's events of these kinds.
    Subject { kind: &'a str, id: i64, kinds: Vec<&'a str> },
}

/// Some events, newest first.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub events: Vec<Event>,
    /// Where to go on (`before`); `None`: that was all.
    pub more: Option<i64>,
}

/// The newest events before the one with the id `before`, `limit` at most. Three queries, and one for each subject.
pub fn walk(c: &Conn<'_>, walks: &[Walk<'_>], before: i64, limit: i64) -> Result<Part> {
    let mut values = vec![Value::from(before), Value::from(limit)];
    let mut ways: Vec<String> = Vec::new();
    let mut floor = None;
    for walk in walks {
        match walk {
            // A parameter that nothing names is refused.
            Walk::Contact { id, kinds } if !kinds.is_empty() => {
                values.push(Value::from(*id));
                let contact = values.len();
                for kind in kinds {
                    values.push(Value::from(*kind));
                    ways.push(format!(
                        "SELECT id FROM (SELECT id FROM events WHERE contact_id = ?{contact} AND kind = ?{} AND id < ?1 ORDER BY id DESC LIMIT ?2) AS way{}",
                        values.len(),
                        ways.len()
                    ));
                }
            }
            Walk::Subject { kind, id, kinds } if !kinds.is_empty() => {
                values.extend([Value::from(*kind), Value::from(*id)]);
                let n = values.len();
                values.extend(kinds.iter().map(|k| Value::from(*k)));
                ways.push(format!(
                    "SELECT id FROM (SELECT id, kind FROM events WHERE subject_kind = ?{} AND subject_id = ?{n} AND id < ?1 ORDER BY id DESC LIMIT {LOOKED_AT}) AS way{} WHERE kind IN ({})",
                    n - 1,
                    ways.len(),
                    in_list(n + 1, kinds.len())
                ));
                floor = floor.max(looked_to(c, kind, *id, before)?);
            }
            Walk::Contact { .. } | Walk::Subject { .. } => {}
        }
    }
    if ways.is_empty() {
        return Ok(Part::default());
    }
    let text = format!("SELECT id FROM ({}) AS ways ORDER BY id DESC LIMIT ?2", ways.join(" UNION ALL "));
    let mut ids: Vec<i64> = c.all(Sql::built(&text), &values, |r| r.get(0))?;
    let is_full = ids.len() as i64 >= limit;
    // Below it, one of the ways has not looked.
    let lowest = floor.unwrap_or(i64::MIN);
    let found = ids.len();
    ids.retain(|id| *id >= lowest);
    let more = match (is_full && ids.len() == found, floor) {
        (true, _) => ids.last().copied(),
        (false, floor) => floor,
    };
    Ok(Part { events: by_ids(c, &ids)?, more })
}

/// The id down to which a subject's newest events before `before` are looked at; `None`: to the end.
fn looked_to(c: &Conn<'_>, kind: &str, id: i64, before: i64) -> Result<Option<i64>> {
    c.value(
        sql!(
            "SELECT id FROM events WHERE subject_kind = ?1 AND subject_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 1 OFFSET ?4"
        ),
        params![kind, id, before, LOOKED_AT - 1],
    )
}

fn by_ids(c: &Conn<'_>, ids: &[i64]) -> Result<Vec<Event>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let text = format!(
        "SELECT id, coalesce(seq, 0), at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data FROM events WHERE id IN ({}) ORDER BY id DESC",
        in_list(1, values.len())
    );
    c.all(Sql::built(&text), &values, read)
}
