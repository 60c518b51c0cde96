//! Tasks as the API shows them.

use std::collections::HashMap;

use people::{ContactId, UserId, access};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    time::{instant, instant_opt},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Task, TaskStatus};
use crate::{
    LeadId, TaskId,
    leads::{self, LeadScope},
};

/// Something to do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskView {
    pub id: TaskId,
    pub title: String,
    pub description: String,
    #[schema(inline)]
    pub status: TaskStatus,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub due_at: Option<Millis>,
    /// Another name of `due_at`.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub due_date: Option<Millis>,
    /// Null once the reminder was sent.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub remind_at: Option<Millis>,
    /// Open and past its time.
    pub is_overdue: bool,
    #[schema(required)]
    pub lead: Option<TaskLead>,
    #[schema(required)]
    pub lead_id: Option<LeadId>,
    #[schema(required)]
    pub ticket_id: Option<i64>,
    #[schema(value_type = Option<i64>, required)]
    pub contact_id: Option<ContactId>,
    #[schema(required)]
    pub assignee: Option<TaskPerson>,
    #[schema(value_type = Option<i64>, required)]
    pub assigned_to: Option<UserId>,
    /// A stage asked for it.
    pub is_follow_up: bool,
    #[schema(value_type = Option<i64>, required)]
    pub created_by: Option<UserId>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub completed_at: Option<Millis>,
    #[schema(value_type = Option<i64>, required)]
    pub completed_by: Option<UserId>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// The lead that a task is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskLead {
    pub id: LeadId,
    pub name: String,
}

/// Who is to do it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskPerson {
    pub id: UserId,
    pub name: String,
}

/// With names, in the same order. Two queries.
pub fn views(c: &Conn<'_>, tasks: Vec<Task>, now: Millis) -> Result<Vec<TaskView>> {
    let mut users: Vec<UserId> = tasks.iter().filter_map(|t| t.assignee_id).collect();
    users.sort_unstable();
    users.dedup();
    let users = if users.is_empty() { HashMap::new() } else { access::names(c, &users)? };
    let mut about: Vec<LeadId> = tasks.iter().filter_map(|t| t.lead_id).collect();
    about.sort_unstable();
    about.dedup();
    // Who is to do something about a lead is told which.
    let about = leads::names(c, &LeadScope::All, &about)?;
    let view = |t: Task| TaskView {
        is_overdue: t.is_overdue(now),
        id: t.id,
        title: t.title,
        description: t.description,
        status: t.status,
        due_at: t.due_at,
        due_date: t.due_at,
        remind_at: t.remind_at,
        lead: t.lead_id.and_then(|id| Some(TaskLead { id, name: about.get(&id)?.clone() })),
        lead_id: t.lead_id,
        ticket_id: t.ticket_id,
        contact_id: t.contact_id,
        assignee: t
            .assignee_id
            .map(|id| TaskPerson { id, name: users.get(&id).cloned().unwrap_or_default() }),
        assigned_to: t.assignee_id,
        is_follow_up: t.is_follow_up,
        created_by: t.created_by,
        completed_at: t.completed_at,
        completed_by: t.completed_by,
        created_at: t.created_at,
        updated_at: t.updated_at,
        version: t.version,
    };
    Ok(tasks.into_iter().map(view).collect())
}

/// One of them.
pub fn one(c: &Conn<'_>, task: Task, now: Millis) -> Result<TaskView> {
    views(c, vec![task], now)?.pop().ok_or_else(|| Error::not_found("task"))
}
