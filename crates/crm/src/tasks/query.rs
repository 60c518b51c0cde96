//! The SQL of task lists: a selection becomes a few walks along indexes by rank, each bounded, put together.
//!
//! A walk goes along one index (a person's tasks, what they asked for, a team's, a lead's) through one range of ranks, so
//! that open, completed and cancelled ones are never gone through for one another. Walks may meet the same task; it is
//! shown once. Pure: text and parameters, no storage.

use std::fmt::Write as _;

use people::{DepartmentId, UserId};
use platform::{
    clock::Millis,
    db::{Sql, Value},
};

use super::{CANCELLED, COMPLETED, TaskScope, TaskStatus, UNDATED};
use crate::LeadId;

/// Tasks of each walk whose titles a search looks at.
const SEARCHED: i64 = 5_000;
/// By age, the first so many in the usual order are put in order.
const WINDOW: i64 = platform::http::COUNT_CAP;
/// More departments than this are one walk through everything.
const MOST_DEPARTMENTS: usize = 50;

/// Whose tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    Nobody,
    Somebody(UserId),
}

/// Which tasks, before anybody's scope.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Empty, and not `overdue`: any.
    pub statuses: Vec<TaskStatus>,
    /// Open and past their time.
    pub overdue: bool,
    pub assignee: Option<Assignee>,
    pub lead: Option<LeadId>,
    pub ticket: Option<i64>,
    /// Due at or after.
    pub due_from: Option<Millis>,
    /// Due before.
    pub due_to: Option<Millis>,
    /// Folded words that the title holds.
    pub search: Option<String>,
}

/// In which order. Equal ones go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By rank.
    #[default]
    Usual,
    Newest,
    Oldest,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Rank and id of the last row shown.
    pub after: Option<(i64, i64)>,
    pub offset: i64,
    pub fetch: i64,
}

/// A text with its parameters.
#[derive(Debug, Default)]
pub struct Built {
    pub text: String,
    pub values: Vec<Value<'static>>,
}

impl Built {
    pub fn sql(&self) -> Sql<'_> {
        Sql::built(&self.text)
    }
    fn arg(&mut self, value: impl Into<Value<'static>>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// Which index a walk goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drive {
    Any,
    Assignee(Assignee),
    Creator(UserId),
    Department(DepartmentId),
    Lead(LeadId),
    Ticket(i64),
}

/// Ranks from `from`, before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: i64,
    to: i64,
    status: Option<TaskStatus>,
}

/// Ids and ranks of a page, in order.
pub fn page(scope: &TaskScope, s: &Selection, order: Order, part: &Part, now: Millis) -> Built {
    let mut b = Built::default();
    match order {
        Order::Usual => {
            let walks = walks(&mut b, scope, s, part.after, part.offset + part.fetch, now);
            b.text = format!("SELECT id, rank FROM ({walks}) AS found ORDER BY rank, id");
        }
        Order::Newest | Order::Oldest => {
            let walks = walks(&mut b, scope, s, None, WINDOW, now);
            let (compares, way) = if order == Order::Newest { ("<", "DESC") } else { (">", "ASC") };
            let after = match part.after {
                Some((_, id)) => format!(" WHERE id {compares} {}", b.arg(id)),
                None => String::new(),
            };
            b.text = format!("SELECT id, rank FROM ({walks}) AS found{after} ORDER BY id {way}");
        }
    }
    let (fetch, offset) = (b.arg(part.fetch), b.arg(part.offset));
    let _ = write!(b.text, " LIMIT {fetch} OFFSET {offset}");
    b
}

/// How many there are, counted to `cap`.
pub fn count(scope: &TaskScope, s: &Selection, cap: i64, now: Millis) -> Built {
    let mut b = Built::default();
    let walks = walks(&mut b, scope, s, None, cap, now);
    let cap = b.arg(cap);
    b.text = format!("SELECT count(*) FROM (SELECT id FROM ({walks}) AS found LIMIT {cap}) AS counted");
    b
}

/// Every walk, `limit` tasks each.
fn walks(
    b: &mut Built,
    scope: &TaskScope,
    s: &Selection,
    after: Option<(i64, i64)>,
    limit: i64,
    now: Millis,
) -> String {
    let (drives, also) = drives(b, scope, s);
    let limit = b.arg(limit);
    let mut out = Vec::new();
    for range in ranges(s, now) {
        for drive in &drives {
            let n = out.len();
            out.push(walk(b, s, *drive, range, &also, after, &limit, n));
        }
    }
    // Each task once.
    out.join(" UNION ")
}

#[expect(clippy::too_many_arguments, reason = "one text is put together from them, here and nowhere else")]
fn walk(
    b: &mut Built,
    s: &Selection,
    drive: Drive,
    range: Range,
    also: &str,
    after: Option<(i64, i64)>,
    limit: &str,
    n: usize,
) -> String {
    let (from, to) = (b.arg(range.from), b.arg(range.to));
    let mut here = format!("rank >= {from} AND rank < {to}");
    let along = match drive {
        Drive::Any => None,
        Drive::Assignee(Assignee::Nobody) => Some("assignee_id IS NULL".to_owned()),
        Drive::Assignee(Assignee::Somebody(user)) => Some(format!("assignee_id = {}", b.arg(user))),
        Drive::Creator(user) => Some(format!("created_by = {}", b.arg(user))),
        Drive::Department(id) => Some(format!("department_id = {}", b.arg(id))),
        Drive::Lead(id) => Some(format!("lead_id = {}", b.arg(id))),
        Drive::Ticket(id) => Some(format!("ticket_id = {}", b.arg(id))),
    };
    if let Some(along) = along {
        here = format!("{along} AND {here}");
    }
    if let Some((rank, id)) = after {
        let (rank, id) = (b.arg(rank), b.arg(id));
        let _ = write!(here, " AND (rank, id) > ({rank}, {id})");
    }
    let mut rest = String::new();
    if let Some(status) = range.status {
        let status = b.arg(status);
        let _ = write!(rest, " AND status = {status}");
    }
    if (s.due_from.is_some() || s.due_to.is_some()) && range.from >= UNDATED {
        rest.push_str(" AND due_at IS NOT NULL");
    }
    rest.push_str(also);
    match &s.search {
        None => format!(
            "SELECT id, rank FROM (SELECT id, rank FROM tasks WHERE {here}{rest} ORDER BY rank, id LIMIT {limit}) AS w{n}"
        ),
        Some(words) => {
            let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let like = b.arg(format!("%{escaped}%"));
            format!(
                "SELECT id, rank FROM (SELECT id, rank FROM (SELECT id, rank, title_folded FROM tasks WHERE {here}{rest} ORDER BY rank, id LIMIT {SEARCHED}) AS looked{n} WHERE title_folded LIKE {like} ESCAPE '\\' ORDER BY rank, id LIMIT {limit}) AS w{n}"
            )
        }
    }
}

/// The indexes to walk along, and what else must hold.
fn drives(b: &mut Built, scope: &TaskScope, s: &Selection) -> (Vec<Drive>, String) {
    let assigned = |b: &mut Built| match s.assignee {
        None => String::new(),
        Some(Assignee::Nobody) => " AND assignee_id IS NULL".to_owned(),
        Some(Assignee::Somebody(user)) => format!(" AND assignee_id = {}", b.arg(user)),
    };
    let about = |b: &mut Built| {
        let mut also = String::new();
        if let Some(lead) = s.lead {
            let _ = write!(also, " AND lead_id = {}", b.arg(lead));
        }
        if let Some(ticket) = s.ticket {
            let _ = write!(also, " AND ticket_id = {}", b.arg(ticket));
        }
        also
    };
    let narrow = match (s.lead, s.ticket) {
        (Some(lead), _) => Some(Drive::Lead(lead)),
        (None, Some(ticket)) => Some(Drive::Ticket(ticket)),
        (None, None) => None,
    };
    if let Some(drive) = narrow {
        let also = format!("{}{}{}", about(b), assigned(b), scope.condition(&mut b.values));
        return (vec![drive], also);
    }
    match (scope, s.assignee) {
        (TaskScope::Own(me), Some(Assignee::Somebody(user))) if user == *me => {
            (vec![Drive::Assignee(Assignee::Somebody(user))], String::new())
        }
        // Of others' tasks one sees what one asked for.
        (TaskScope::Own(me), Some(_)) => (vec![Drive::Creator(*me)], assigned(b)),
        (_, Some(assignee)) => (vec![Drive::Assignee(assignee)], scope.condition(&mut b.values)),
        (TaskScope::All, None) => (vec![Drive::Any], String::new()),
        (TaskScope::Own(me), None) => {
            (vec![Drive::Assignee(Assignee::Somebody(*me)), Drive::Creator(*me)], String::new())
        }
        (TaskScope::Team { departments, .. }, None) if departments.len() > MOST_DEPARTMENTS => {
            (vec![Drive::Any], scope.condition(&mut b.values))
        }
        (TaskScope::Team { user, departments }, None) => {
            let mut drives = vec![Drive::Assignee(Assignee::Somebody(*user)), Drive::Creator(*user)];
            drives.extend(departments.iter().copied().map(Drive::Department));
            (drives, String::new())
        }
    }
}

/// The ranks of the statuses and times asked for: at most one range for what is open, what is completed, what is cancelled.
fn ranges(s: &Selection, now: Millis) -> Vec<Range> {
    let any = s.statuses.is_empty() && !s.overdue;
    let has = |status: TaskStatus| any || s.statuses.contains(&status);
    let by_due = s.due_from.is_some() || s.due_to.is_some();
    let (from, to) = (s.due_from.unwrap_or(i64::MIN), s.due_to.unwrap_or(UNDATED));
    let mut out = Vec::new();
    let open = |to: i64, status: Option<TaskStatus>| Range { from, to, status };
    let dated_to = if by_due { to } else { UNDATED + 1 };
    match (has(TaskStatus::Pending), has(TaskStatus::InProgress)) {
        (true, true) => out.push(open(dated_to, None)),
        (pending, in_progress) => {
            out.extend(s.overdue.then(|| open(dated_to.min(now), None)));
            out.extend(pending.then(|| open(dated_to, Some(TaskStatus::Pending))));
            out.extend(in_progress.then(|| open(dated_to, Some(TaskStatus::InProgress))));
        }
    }
    let mut done = |status: TaskStatus, end: i64, start: i64| {
        if has(status) {
            out.push(match by_due {
                false => Range { from: start, to: end + 1, status: None },
                // The latest first: the range is turned round.
                true => Range {
                    from: start.max(s.due_to.map_or(start, |to| end - to + 1)),
                    to: s.due_from.map_or(end + 1, |from| end - from + 1),
                    status: None,
                },
            });
        }
    };
    done(TaskStatus::Completed, COMPLETED, UNDATED + 1);
    done(TaskStatus::Cancelled, CANCELLED, COMPLETED + 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(s: Selection) -> Vec<(i64, i64)> {
        ranges(&s, 1_000).into_iter().map(|r| (r.from, r.to)).collect()
    }

    #[test]
    fn ranges_hold_what_is_asked_for_and_nothing_else() {
        let statuses = |all: &[TaskStatus]| Selection { statuses: all.to_vec(), ..Selection::default() };
        assert_eq!(of(Selection::default()).len(), 3);
        assert_eq!(of(statuses(&[TaskStatus::Completed])), [(UNDATED + 1, COMPLETED + 1)]);
        assert_eq!(of(Selection { overdue: true, ..Selection::default() }), [(i64::MIN, 1_000)]);
        let due = Selection { due_from: Some(500), due_to: Some(2_000), ..Selection::default() };
        assert_eq!(
            of(due.clone()),
            [
                (500, 2_000),
                (COMPLETED - 2_000 + 1, COMPLETED - 500 + 1),
                (CANCELLED - 2_000 + 1, CANCELLED - 500 + 1)
            ]
        );
        assert_eq!(of(Selection { overdue: true, ..due }), [(500, 1_000)]);
    }

    #[test]
    fn both_kinds_of_open_tasks_are_one_walk() {
        let both = [TaskStatus::Pending, TaskStatus::InProgress].to_vec();
        assert_eq!(of(Selection { statuses: both, ..Selection::default() }), [(i64::MIN, UNDATED + 1)]);
    }
}
