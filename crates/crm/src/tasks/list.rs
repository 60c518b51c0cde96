//! Lists of tasks. Whatever is asked, the number of reads is fixed: the count, the page, its rows, the names on them.

use std::collections::HashMap;

use jiff::civil::Date;
use people::UserId;
use platform::{
    Conn, Error, Fault, Result,
    clock::Millis,
    days::Days,
    error::Code,
    fold::fold,
    http::{COUNT_CAP, ListPage, Page},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::{
    Task, TaskScope, TaskStatus,
    query::{self, Assignee, Order, Part, Selection},
    store,
};
use crate::{LeadId, TaskId};

platform::words!(
    /// A status, or `overdue`: open and past its time.
    StatusFilter {
        Pending = "pending",
        InProgress = "in_progress",
        Completed = "completed",
        Cancelled = "cancelled",
        Overdue = "overdue",
    }
);
platform::words!(
    /// The order of a list.
    TaskSort { Usual = "due_at", Oldest = "created_at", Newest = "-created_at" }
);

impl StatusFilter {
    fn status(self) -> Option<TaskStatus> {
        match self {
            StatusFilter::Pending => Some(TaskStatus::Pending),
            StatusFilter::InProgress => Some(TaskStatus::InProgress),
            StatusFilter::Completed => Some(TaskStatus::Completed),
            StatusFilter::Cancelled => Some(TaskStatus::Cancelled),
            StatusFilter::Overdue => None,
        }
    }
}

/// What `GET /tasks` can be narrowed by.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskFilter {
    #[param(value_type = Option<i64>, minimum = 1)]
    pub lead_id: Option<LeadId>,
    #[param(minimum = 1)]
    pub ticket_id: Option<i64>,
    /// An id, `me` or `none`.
    #[param(max_length = 20)]
    pub assigned_to: Option<String>,
    /// Several with commas; any unless said.
    #[param(inline)]
    pub status: Option<Vec<StatusFilter>>,
    /// Due before this instant (`2026-01-03T10:00:00Z`) or this day (`2026-01-03`, in the organisation's zone).
    #[param(max_length = 40)]
    pub due_before: Option<String>,
    /// Due at or after this instant, or on or after this day.
    #[param(max_length = 40)]
    pub due_after: Option<String>,
    /// Words of a title, among the first 5 000 tasks in the usual order.
    #[param(max_length = 200)]
    pub search: Option<String>,
    /// `due_at` unless said: overdue ones first, then by time, then those without, then what is done. The others put the
    /// first 10 000 of that in order.
    #[param(inline)]
    pub sort: Option<TaskSort>,
}

/// A list to read.
#[derive(Debug, Clone)]
pub struct Asked {
    pub selection: Selection,
    pub order: Order,
}

/// `me`, `none` or an id; `None` when it is not said. A program has no tasks of its own.
pub fn assignee(word: Option<&str>, me: Option<UserId>) -> Result<Option<Assignee>, Fault> {
    let words = "must be an id, `me` or `none`";
    Ok(match word {
        None => None,
        Some("me") => Some(Assignee::Somebody(me.unwrap_or(UserId(0)))),
        Some("none") => Some(Assignee::Nobody),
        Some(id) => match id.parse::<i64>() {
            Ok(id) if id > 0 => Some(Assignee::Somebody(UserId(id))),
            _ => return Err(Fault::new("assigned_to", "format", words)),
        },
    })
}

fn bound(field: &str, text: Option<&str>, days: &Days) -> Result<Option<Millis>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10).map(|d| days.start(d));
    day.or_else(|| platform::time::parse_rfc3339(text))
        .map(Some)
        .ok_or_else(|| Fault::new(field, "format", "must be a day (YYYY-MM-DD) or an RFC 3339 instant"))
}

impl TaskFilter {
    pub fn read(&self, me: Option<UserId>, days: &Days) -> Result<Asked> {
        let mut faults = Vec::new();
        let mut or_fault = |bound: Result<Option<Millis>, Fault>| {
            bound.unwrap_or_else(|f| {
                faults.push(f);
                None
            })
        };
        let due_to = or_fault(bound("due_before", self.due_before.as_deref(), days));
        let due_from = or_fault(bound("due_after", self.due_after.as_deref(), days));
        let assignee = assignee(self.assigned_to.as_deref(), me).unwrap_or_else(|f| {
            faults.push(f);
            None
        });
        if !faults.is_empty() {
            return Err(Error {
                faults,
                ..Error::new(Code::InvalidParameter, "A parameter of the query is not valid.")
            });
        }
        let statuses = self.status.as_deref().unwrap_or_default();
        let search = self.search.as_deref().map(|w| fold(w).split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(Asked {
            selection: Selection {
                statuses: statuses.iter().filter_map(|s| s.status()).collect(),
                overdue: statuses.contains(&StatusFilter::Overdue),
                assignee,
                lead: self.lead_id,
                ticket: self.ticket_id,
                due_from,
                due_to,
                search: search.filter(|w| !w.is_empty()),
            },
            order: match self.sort.unwrap_or(TaskSort::Usual) {
                TaskSort::Usual => Order::Usual,
                TaskSort::Oldest => Order::Oldest,
                TaskSort::Newest => Order::Newest,
            },
        })
    }
}

/// A part of a list. Three queries.
pub fn list(
    c: &Conn<'_>,
    scope: &TaskScope,
    asked: &Asked,
    page: &Page,
    now: Millis,
) -> Result<ListPage<Task>> {
    let cursor = page.cursor.as_ref().map(|c| Ok::<_, Error>((c.int(0)?, c.int(1)?))).transpose()?;
    let part = Part { after: cursor, offset: page.offset, fetch: page.fetch() };
    let b = query::count(scope, &asked.selection, COUNT_CAP + 1, now);
    let total = c.one(b.sql(), &b.values, |r| r.get(0))?;
    let b = query::page(scope, &asked.selection, asked.order, &part, now);
    let found: Vec<(TaskId, i64)> = c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    let rows = in_order(c, &found)?;
    Ok(page.finish(rows, total, |last| vec![json!(last.rank()), json!(last.id)]))
}

/// The tasks of these ids, as they stand.
pub fn in_order(c: &Conn<'_>, found: &[(TaskId, i64)]) -> Result<Vec<Task>> {
    let ids: Vec<TaskId> = found.iter().map(|(id, _)| *id).collect();
    let mut rows: HashMap<TaskId, Task> = store::by_ids(c, &ids)?.into_iter().map(|t| (t.id, t)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}
