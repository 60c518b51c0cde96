//! Making, changing and ending tasks.

use axum::{extract::State, http::StatusCode};
use jiff::civil::Date;
use people::{
    UserId,
    access::{Caller, Principal, Scope},
};
use platform::{
    Code, Conn, Error, Fault, Result, Tx,
    clock::{HOUR, Millis, SECOND},
    days::Days,
    http::{Api, Id, IfMatch, Json, nullable},
    route,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{days, me};
use crate::{
    Crm, LeadId, TaskId,
    leads::{self, Lead, LeadScope},
    tasks::{
        Change, NewTask, Task, TaskScope, TaskStatus, TasksWrite,
        change::{self, Refused},
        store,
        view::{self, TaskView},
        visible,
    },
};

/// What asks whether a ticket is there.
const TICKET: &str = "ticket.created";

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, create_task);
    route!(api, update_task);
    route!(api, complete_task);
    route!(api, cancel_task);
    route!(api, delete_task);
}

/// Something to do.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTask)]
struct NewTaskBody {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// An instant, or a day, which means its end.
    #[schema(max_length = 40)]
    due_at: Option<String>,
    /// Another name of `due_at`.
    #[schema(max_length = 40)]
    due_date: Option<String>,
    /// An instant. When it is due unless said, at eight of a day that is due; null: never.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 40)]
    remind_at: Option<Option<String>>,
    #[schema(minimum = 1)]
    lead_id: Option<i64>,
    #[schema(minimum = 1)]
    ticket_id: Option<i64>,
    /// The caller unless said; null: nobody.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    assigned_to: Option<Option<i64>>,
}

/// What to change; what is not named stays, `null` clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskChange {
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    #[schema(inline)]
    status: Option<TaskStatus>,
    /// An instant, or a day, which means its end.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 40)]
    due_at: Option<Option<String>>,
    /// Another name of `due_at`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 40)]
    due_date: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 40)]
    remind_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    assigned_to: Option<Option<i64>>,
}

/// After the day's beginning.
const REMINDED: Millis = 8 * HOUR;

/// Reads instants, and gathers what is wrong with them.
struct Reader<'a> {
    days: &'a Days,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn instant(&mut self, field: &'static str, text: &str) -> Option<Millis> {
        let day = text.parse::<Date>().ok().filter(|_| text.len() == 10 && field != "remind_at");
        let at = match day {
            // Its last second.
            Some(day) => day.tomorrow().ok().map(|next| self.days.start(next) - SECOND),
            None => platform::time::parse_rfc3339(text),
        };
        if at.is_none_or(|at| at < 0) {
            let words = match field {
                "remind_at" => "must be an RFC 3339 instant since 1970",
                _ => "must be a day (YYYY-MM-DD) or an RFC 3339 instant since 1970",
            };
            self.faults.push(Fault::new(field, "format", words));
        }
        at
    }

    /// One thing under two names.
    fn due<T: PartialEq>(&mut self, at: Option<T>, date: Option<T>) -> Option<(&'static str, T)> {
        if at.is_some() && date.is_some() && at != date {
            self.faults.push(Fault::new("due_date", "repeated", "is said already by `due_at`"));
        }
        at.map(|v| ("due_at", v)).or(date.map(|v| ("due_date", v)))
    }

    /// When somebody is reminded of what is due then.
    fn reminder(&self, due: &str, at: Millis) -> Millis {
        due.parse::<Date>().map_or(at, |day| self.days.start(day) + REMINDED)
    }

    fn title(&mut self, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.faults.push(Fault::new("title", "too_short", "must not be empty"));
        }
        text.to_owned()
    }
}

/// Makes a task, the caller's own unless somebody else is named.
#[utoipa::path(post, path = "/tasks", tag = "Tasks", responses((status = 201, body = TaskView)))]
async fn create_task(
    caller: Caller<TasksWrite>,
    State(crm): State<Crm>,
    Json(body): Json<NewTaskBody>,
) -> Result<(StatusCode, Json<TaskView>)> {
    let days = days(&crm)?;
    let mut r = Reader { days: &days, faults: Vec::new() };
    let due = r.due(body.due_at, body.due_date);
    let due_at = due.as_ref().and_then(|(field, text)| r.instant(field, text));
    let remind_at = match body.remind_at {
        Some(said) => said.and_then(|text| r.instant("remind_at", &text)),
        None => due.zip(due_at).map(|((_, text), at)| r.reminder(&text, at)),
    };
    let new = NewTask {
        title: r.title(&body.title),
        description: body.description.map(|d| d.trim().to_owned()).unwrap_or_default(),
        due_at,
        // Of what is over already nobody is reminded, unless they ask for it.
        remind_at,
        ticket_id: body.ticket_id,
        assignee_id: body.assigned_to.map_or(me(&caller), |id| id.map(UserId)),
        created_by: me(&caller),
        ..NewTask::default()
    };
    let (faults, lead_id) = (r.faults, body.lead_id.map(LeadId));
    let db = crm.desk.db.clone();
    let write = db.write(move |tx| {
        let (mut new, mut faults) = (new.clone(), faults.clone());
        let lead = match lead_id {
            Some(id) => lead(tx, &caller.principal, id, &mut faults)?,
            None => None,
        };
        if let Some(ticket) = new.ticket_id
            && crm.sources.shows(tx, &caller.principal, TICKET, ticket)? == Some(false)
        {
            faults.push(Fault::new("ticket_id", "not_found", "is not a ticket that you may see"));
        }
        match change::department_of(tx, new.assignee_id, lead.as_ref(), "assigned_to") {
            Ok(department) => new.department_id = department,
            Err(Refused::Fault(fault)) => faults.push(fault),
            Err(Refused::Error(e)) => return Err(e),
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let made = crate::tasks::create(tx, &caller.origin, lead.as_ref(), new)?;
        view::one(tx, made, tx.now())
    });
    Ok((StatusCode::CREATED, Json(write.await?)))
}

/// The lead that a task is to be about, if the caller may see it.
fn lead(c: &Conn<'_>, principal: &Principal, id: LeadId, faults: &mut Vec<Fault>) -> Result<Option<Lead>> {
    let scope = LeadScope::by(principal, "leads.read");
    let found = match &scope {
        Some(scope) => leads::get(c, id)?.filter(|l| scope.sees(l)),
        None => None,
    };
    match &found {
        None => faults.push(Fault::new("lead_id", "not_found", "is not a lead that you may see")),
        Some(lead) if lead.archived_at.is_some() => {
            faults.push(Fault::new("lead_id", "archived", "is archived; restore it first"));
        }
        Some(_) => {}
    }
    Ok(found)
}

/// Changes a task. Whoever is given it by somebody else is told.
#[utoipa::path(patch, path = "/tasks/{id}", tag = "Tasks", responses((status = 200, body = TaskView)))]
async fn update_task(
    caller: Caller<TasksWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<TaskChange>,
) -> Result<Json<TaskView>> {
    let days = days(&crm)?;
    let mut r = Reader { days: &days, faults: Vec::new() };
    let due = r.due(body.due_at, body.due_date);
    let own = Change {
        title: body.title.map(|t| r.title(&t)),
        description: body.description.map(|d| d.trim().to_owned()),
        status: body.status,
        due_at: due.map(|(field, text)| text.and_then(|t| r.instant(field, &t))),
        remind_at: body.remind_at.map(|text| text.and_then(|t| r.instant("remind_at", &t))),
        assignee: None,
    };
    let (faults, assignee) = (r.faults, body.assigned_to.map(|id| id.map(UserId)));
    let scope = TaskScope::of(&caller);
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let task = locked(tx, &scope, TaskId(id))?;
        version.check(task.version)?;
        let (mut change, mut faults) = (own.clone(), faults.clone());
        if let Some(to) = assignee.filter(|to| *to != task.assignee_id) {
            let lead = task.lead_id.map(|id| leads::get(tx, id)).transpose()?.flatten();
            match change::department_of(tx, to, lead.as_ref(), "assigned_to") {
                Ok(department) => change.assignee = Some((to, department)),
                Err(Refused::Fault(fault)) => faults.push(fault),
                Err(Refused::Error(e)) => return Err(e),
            }
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let after = crate::tasks::change(tx, &caller.origin, &task, change)?;
        view::one(tx, after, tx.now())
    });
    write.await.map(Json)
}

/// Completes a task. 409 `already_completed` when it was done before.
#[utoipa::path(patch, path = "/tasks/{id}/complete", tag = "Tasks", responses((status = 200, body = TaskView)))]
async fn complete_task(
    caller: Caller<TasksWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<Json<TaskView>> {
    end(crm, caller, TaskId(id), version, TaskStatus::Completed).await
}

/// Calls a task off. 409 `wrong_state` when it was done or called off before.
#[utoipa::path(patch, path = "/tasks/{id}/cancel", tag = "Tasks", responses((status = 200, body = TaskView)))]
async fn cancel_task(
    caller: Caller<TasksWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<Json<TaskView>> {
    end(crm, caller, TaskId(id), version, TaskStatus::Cancelled).await
}

async fn end(
    crm: Crm,
    caller: Caller<TasksWrite>,
    id: TaskId,
    version: IfMatch,
    to: TaskStatus,
) -> Result<Json<TaskView>> {
    let scope = TaskScope::of(&caller);
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let task = locked(tx, &scope, id)?;
        version.check(task.version)?;
        if !task.status.is_open() && (to, task.status) != (TaskStatus::Completed, TaskStatus::Cancelled) {
            return Err(match task.status {
                TaskStatus::Completed => {
                    Error::conflict(Code::AlreadyCompleted, "This task was done before.")
                }
                _ => Error::conflict(Code::WrongState, "This task was called off before."),
            });
        }
        let change = Change { status: Some(to), ..Change::default() };
        let after = crate::tasks::change(tx, &caller.origin, &task, change)?;
        view::one(tx, after, tx.now())
    });
    write.await.map(Json)
}

/// Removes a task for good: one that the caller asked for, or any with a wider scope than their own.
#[utoipa::path(delete, path = "/tasks/{id}", tag = "Tasks", responses((status = 204)))]
async fn delete_task(
    caller: Caller<TasksWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let scope = TaskScope::of(&caller);
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let task = locked(tx, &scope, TaskId(id))?;
        version.check(task.version)?;
        let is_mine = task.created_by.is_some() && task.created_by == me(&caller);
        if caller.scope == Scope::Own && !is_mine {
            let detail = "Only who asked for it may remove it. You can complete it, or call it off.".into();
            return Err(Error { detail, ..Error::forbidden() });
        }
        crate::tasks::remove(tx, &caller.origin, &task)
    });
    write.await.map(|()| StatusCode::NO_CONTENT)
}

/// The task, locked, where `scope` holds it.
fn locked(tx: &Tx<'_>, scope: &TaskScope, id: TaskId) -> Result<Task> {
    visible(tx, scope, id)?;
    let task = store::lock(tx, id)?.filter(|t| scope.sees(t));
    task.ok_or_else(|| Error::not_found("task"))
}
