//! The ways in which a task comes about, changes and goes.

use people::{DepartmentId, UserId, access::staff, notifications};
use platform::{
    Error, Fault, Result, Tx,
    clock::Millis,
    events::{Actor, NewEvent, Origin, record},
};
use serde_json::{Map, Value as Json, json};

use super::{Task, TaskStatus, events, store};
use crate::{TaskId, leads::Lead};

/// What a new task starts with.
#[derive(Debug, Clone, Default)]
pub struct NewTask {
    pub title: String,
    pub description: String,
    pub due_at: Option<Millis>,
    pub remind_at: Option<Millis>,
    pub ticket_id: Option<i64>,
    pub assignee_id: Option<UserId>,
    /// Which team it is of; see [`department_of`].
    pub department_id: Option<DepartmentId>,
    pub is_follow_up: bool,
    /// Who asked for it.
    pub created_by: Option<UserId>,
}

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub title: Option<String>,
    pub description: Option<String>,
    pub status: Option<TaskStatus>,
    pub due_at: Option<Option<Millis>>,
    pub remind_at: Option<Option<Millis>>,
    /// Somebody, or nobody, with the team that follows.
    pub assignee: Option<(Option<UserId>, Option<DepartmentId>)>,
}

/// Makes a task about `lead`, or about none. Whoever is given it by somebody else is told.
pub fn create(tx: &Tx<'_>, origin: &Origin, lead: Option<&Lead>, new: NewTask) -> Result<Task> {
    let now = tx.now();
    let mut task = Task {
        id: TaskId(0),
        title: new.title,
        description: new.description,
        status: TaskStatus::Pending,
        due_at: new.due_at,
        remind_at: new.remind_at,
        lead_id: lead.map(|l| l.id),
        ticket_id: new.ticket_id,
        contact_id: lead.map(|l| l.contact_id),
        assignee_id: new.assignee_id,
        department_id: new.department_id,
        is_follow_up: new.is_follow_up,
        created_by: new.created_by,
        completed_at: None,
        completed_by: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    task.id = store::insert(tx, &task)?;
    let more = json!({
        "lead_id": task.lead_id, "ticket_id": task.ticket_id, "assigned_to": task.assignee_id,
        "department_id": task.department_id, "due_at": task.due_at.map(platform::time::rfc3339),
        "is_follow_up": task.is_follow_up,
    });
    tell(tx, origin, &task, events::CREATED, more)?;
    if !task.is_follow_up {
        notify(tx, origin, &task)?;
    }
    Ok(task)
}

/// Applies `change` to `before`, which this transaction has locked; whoever is given it by somebody else is told.
pub fn change(tx: &Tx<'_>, origin: &Origin, before: &Task, change: Change) -> Result<Task> {
    let after = apply(tx, origin, before, change)?;
    if after.assignee_id != before.assignee_id {
        notify(tx, origin, &after)?;
    }
    Ok(after)
}

/// The same, and nobody is told but by events.
pub(super) fn apply(tx: &Tx<'_>, origin: &Origin, before: &Task, change: Change) -> Result<Task> {
    let mut after = before.clone();
    macro_rules! take {
        ($($field:ident),*) => { $(if let Some(v) = change.$field { after.$field = v; })* };
    }
    // A reminder at the very moment goes along with it.
    let follows = before.due_at.is_some() && before.remind_at == before.due_at;
    if let (true, Some(due)) = (follows, change.due_at) {
        after.remind_at = due;
    }
    take!(title, description, status, due_at, remind_at);
    if let Some((assignee, department)) = change.assignee {
        (after.assignee_id, after.department_id) = (assignee, department);
    }
    if !after.status.is_open() {
        after.remind_at = None;
    }
    if after == *before {
        return Ok(after);
    }
    match (before.status == TaskStatus::Completed, after.status == TaskStatus::Completed) {
        (false, true) => {
            after.completed_at = Some(tx.now());
            after.completed_by = match origin.actor {
                Actor::User(id) => Some(UserId(id)),
                _ => None,
            };
        }
        (true, false) => (after.completed_at, after.completed_by) = (None, None),
        _ => {}
    }
    after.updated_at = tx.now();
    after.version = before.version + 1;
    store::update(tx, &after, before.version)?;
    let ended = before.status != after.status;
    let (fields, old, new) = differences(before, &after);
    // An end alone is told by its own event.
    let is_end = ended && !after.status.is_open();
    if !is_end || fields.len() > 1 {
        tell(tx, origin, &after, events::UPDATED, json!({ "fields": fields, "before": old, "after": new }))?;
    }
    match after.status {
        TaskStatus::Completed if ended => tell(tx, origin, &after, events::COMPLETED, json!({}))?,
        TaskStatus::Cancelled if ended => tell(tx, origin, &after, events::CANCELLED, json!({}))?,
        _ => {}
    }
    Ok(after)
}

/// Takes a task away for good.
pub fn remove(tx: &Tx<'_>, origin: &Origin, task: &Task) -> Result<()> {
    store::delete(tx, task.id)?;
    tell(tx, origin, task, events::DELETED, json!({}))
}

/// The team that a task is of: its assignee's first, else its lead's. Errors: 422 on `field` for somebody who is not here.
pub(super) fn department_of(
    tx: &Tx<'_>,
    assignee: Option<UserId>,
    lead: Option<&Lead>,
    field: &'static str,
) -> Result<Option<DepartmentId>, Refused> {
    let of_lead = lead.and_then(|l| l.department_id);
    let Some(assignee) = assignee else { return Ok(of_lead) };
    match staff::by_ids(tx, &[assignee])?.pop().filter(|s| s.is_active) {
        Some(found) => Ok(found.departments.first().copied().or(of_lead)),
        None => Err(Refused::Fault(Fault::new(field, "not_found", "is not an active member of staff"))),
    }
}

/// A fault to tell with the others, or an error that ends it.
pub(super) enum Refused {
    Fault(Fault),
    Error(Error),
}

impl From<Error> for Refused {
    fn from(e: Error) -> Self {
        Refused::Error(e)
    }
}

/// Which fields differ, with those of them that are no words. A reminder that ends with its task is no change of its own.
fn differences(before: &Task, after: &Task) -> (Vec<&'static str>, Json, Json) {
    let (mut fields, mut old, mut new) = (Vec::new(), Map::new(), Map::new());
    let mut open = |name: &'static str, a: Json, b: Json| {
        if a != b {
            fields.push(name);
            old.insert(name.to_owned(), a);
            new.insert(name.to_owned(), b);
        }
    };
    let instant = |at: Option<Millis>| json!(at.map(platform::time::rfc3339));
    open("status", json!(before.status), json!(after.status));
    open("due_at", instant(before.due_at), instant(after.due_at));
    if after.status.is_open() {
        open("remind_at", instant(before.remind_at), instant(after.remind_at));
    }
    open("assigned_to", json!(before.assignee_id), json!(after.assignee_id));
    if before.assignee_id != after.assignee_id {
        // Both sides stand where it moved: whoever saw it learns that it left.
        old.insert("department_id".to_owned(), json!(before.department_id));
        new.insert("department_id".to_owned(), json!(after.department_id));
    }
    if before.title != after.title {
        fields.push("title");
    }
    if before.description != after.description {
        fields.push("description");
    }
    (fields, Json::Object(old), Json::Object(new))
}

/// Tells the assignee, unless they did it themselves.
fn notify(tx: &Tx<'_>, origin: &Origin, task: &Task) -> Result<()> {
    let Some(assignee) = task.assignee_id.filter(|a| origin.actor != Actor::User(a.0)) else {
        return Ok(());
    };
    let by = origin.actor.id().filter(|_| matches!(origin.actor, Actor::User(_)));
    notifications::notify(tx, assignee, "task.assigned", &said(task, by), Some(&link(task)))?;
    Ok(())
}

/// What the interface needs to say something of a task to whom it concerns.
pub(super) fn said(task: &Task, by: Option<i64>) -> Json {
    json!({
        "task_id": task.id, "title": task.title, "lead_id": task.lead_id, "ticket_id": task.ticket_id,
        "due_at": task.due_at.map(platform::time::rfc3339), "by": by,
    })
}

/// Where in the interface a task is done.
pub(super) fn link(task: &Task) -> String {
    match (task.lead_id, task.ticket_id) {
        (Some(lead), _) => format!("/leads/{lead}"),
        (None, Some(ticket)) => format!("/inbox?t={ticket}"),
        (None, None) => "/tasks".to_owned(),
    }
}

/// Records something about a task, to whom it concerns.
fn tell(tx: &Tx<'_>, origin: &Origin, task: &Task, kind: &'static str, more: Json) -> Result<()> {
    let mut data = Map::new();
    data.insert("task_id".into(), json!(task.id));
    data.insert("created_by".into(), json!(task.created_by));
    if let Json::Object(more) = more {
        data.extend(more);
    }
    let (subject, id) = match task.lead_id {
        Some(lead) => ("lead", lead.0),
        None => ("task", task.id.0),
    };
    let event = NewEvent::new(kind, subject, id, Json::Object(data))
        .contact(task.contact_id.map(|c| c.0))
        .scope(task.department_id.map(|d| d.0), task.assignee_id.map(|u| u.0));
    record(tx, origin, event)
}
