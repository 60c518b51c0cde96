//! Tasks: something to do, by when, by whom, mostly about a lead.
//!
//! Invariants: overdue is not stored, a task is overdue while it is open and past its time; every change goes through
//! [`create`] and [`change`], which keep a task's rank in lists and its events in step; a task stays with the lead that it
//! was made for; a stage's follow-ups are made once while they are open; somebody is reminded once; events hold no title and
//! no description. This slice never changes a lead.

mod calendar;
mod change;
pub(crate) mod erase;
pub mod events;
mod feed;
mod follow_ups;
mod ical;
pub mod jobs;
mod list;
mod query;
mod routes;
mod scope;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod view;

use people::{ContactId, DepartmentId, UserId, permission};
use platform::{Conn, Result, Tx, clock::Millis};

pub use self::{
    change::{Change, NewTask, change, create, remove},
    follow_ups::reactors,
    routes::api,
    scope::{TaskScope, visible},
    view::TaskView,
};
pub(crate) use source::Tasks;

use crate::{LeadId, TaskId};

permission! {
    /// See tasks.
    pub TasksRead = "tasks.read";
    /// Make and change tasks.
    pub TasksWrite = "tasks.write";
}

platform::words!(
    /// Where a task stands.
    TaskStatus {
        Pending = "pending",
        InProgress = "in_progress",
        Completed = "completed",
        Cancelled = "cancelled",
    }
);

impl TaskStatus {
    pub fn is_open(self) -> bool {
        matches!(self, TaskStatus::Pending | TaskStatus::InProgress)
    }
}

/// A row of `tasks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub title: String,
    pub description: String,
    pub status: TaskStatus,
    pub due_at: Option<Millis>,
    pub remind_at: Option<Millis>,
    pub lead_id: Option<LeadId>,
    /// Tickets are not ours; their ids are.
    pub ticket_id: Option<i64>,
    pub contact_id: Option<ContactId>,
    pub assignee_id: Option<UserId>,
    pub department_id: Option<DepartmentId>,
    pub is_follow_up: bool,
    pub created_by: Option<UserId>,
    pub completed_at: Option<Millis>,
    pub completed_by: Option<UserId>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// Open ones stand before it by `due_at`; at it those without.
const UNDATED: i64 = 1_000_000_000_000_000;
/// Completed ones stand before it, the latest first …
const COMPLETED: i64 = 4_000_000_000_000_000;
/// … and cancelled ones before this.
const CANCELLED: i64 = 6_000_000_000_000_000;

impl Task {
    pub fn is_overdue(&self, now: Millis) -> bool {
        self.status.is_open() && self.due_at.is_some_and(|due| due < now)
    }

    /// Where it stands in a list. See the table.
    fn rank(&self) -> i64 {
        let at = self.due_at.or(self.completed_at).unwrap_or(self.updated_at);
        match self.status {
            TaskStatus::Pending | TaskStatus::InProgress => self.due_at.unwrap_or(UNDATED),
            TaskStatus::Completed => COMPLETED - at,
            TaskStatus::Cancelled => CANCELLED - at,
        }
    }
}

/// What a lead's stages have asked for and nobody has done yet.
pub fn open_follow_ups(c: &Conn<'_>, lead: LeadId) -> Result<Vec<Task>> {
    store::open_follow_ups(c, lead)
}

/// Deletes what there was to do about a lead that is taken back as if it had never been. Nobody is told.
pub fn forget(tx: &Tx<'_>, lead: LeadId) -> Result<()> {
    store::forget(tx, lead)
}

/// The same for what its stages asked for at these times alone.
pub fn forget_follow_ups(tx: &Tx<'_>, lead: LeadId, times: &[Millis]) -> Result<()> {
    store::forget_follow_ups(tx, lead, times)
}

/// What there is to do about a lead is with another contact from now on.
pub(crate) fn hand_over(tx: &Tx<'_>, lead: LeadId, to: ContactId) -> Result<()> {
    store::hand_over(tx, lead, to)
}

/// A task, whoever asks. Handlers use [`visible`] instead.
pub fn get(c: &Conn<'_>, id: TaskId) -> Result<Option<Task>> {
    store::get(c, id)
}
