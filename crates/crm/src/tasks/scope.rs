//! Who may see which task. Applied in the query: a task outside is not there (404), whatever is asked of it.
//!
//! All; those of my departments and my own (*team*); my own (*own*): assigned to me, or asked for by me.

use people::{
    DepartmentId, UserId,
    access::{Caller, Permission, Principal, Scope},
};
use platform::{
    Conn, Error, Result,
    db::{Sql, Value, dialect::in_list},
};

use super::{Task, store};
use crate::TaskId;

/// The part of all tasks that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskScope {
    All,
    Team { user: UserId, departments: Vec<DepartmentId> },
    Own(UserId),
}

/// Whose the tasks of an API key are: nobody's.
const NOBODY: UserId = UserId(0);

impl TaskScope {
    /// What the route's permission lets the caller see.
    pub fn of<P: Permission>(caller: &Caller<P>) -> Self {
        TaskScope::within(&caller.principal, caller.scope)
    }

    /// What a principal may see by `action`; `None`: nothing.
    pub fn by(principal: &Principal, action: &str) -> Option<Self> {
        Some(TaskScope::within(principal, principal.scope_of(action)?))
    }

    fn within(principal: &Principal, scope: Scope) -> Self {
        let user = principal.user_id().unwrap_or(NOBODY);
        match scope {
            Scope::All => TaskScope::All,
            Scope::Team => TaskScope::Team { user, departments: principal.departments.clone() },
            Scope::Own => TaskScope::Own(user),
        }
    }

    /// The same as [`condition`](Self::condition), for a task that is in hand.
    pub fn sees(&self, task: &Task) -> bool {
        let is_own =
            |user: &UserId| task.assignee_id.as_ref() == Some(user) || task.created_by.as_ref() == Some(user);
        match self {
            TaskScope::All => true,
            TaskScope::Own(user) => is_own(user),
            TaskScope::Team { user, departments } => {
                is_own(user) || task.department_id.is_some_and(|d| departments.contains(&d))
            }
        }
    }

    /// ` AND …` over the columns of `tasks`; parameters go to the end of `values`.
    pub fn condition(&self, values: &mut Vec<Value<'static>>) -> String {
        let (user, departments): (UserId, &[DepartmentId]) = match self {
            TaskScope::All => return String::new(),
            TaskScope::Own(user) => (*user, &[]),
            TaskScope::Team { user, departments } => (*user, departments),
        };
        values.push(user.into());
        let me = values.len();
        let own = format!("assignee_id = ?{me} OR created_by = ?{me}");
        if departments.is_empty() {
            return format!(" AND ({own})");
        }
        values.extend(departments.iter().map(|d| Value::from(*d)));
        format!(" AND ({own} OR department_id IN ({}))", in_list(me + 1, departments.len()))
    }
}

/// The task, if `scope` holds it.
pub fn visible(c: &Conn<'_>, scope: &TaskScope, id: TaskId) -> Result<Task> {
    let mut values = vec![Value::from(id)];
    let within = scope.condition(&mut values);
    let text = format!("SELECT {} FROM tasks WHERE id = ?1{within}", store::COLUMNS);
    c.opt(Sql::built(&text), &values, store::read)?.ok_or_else(|| Error::not_found("task"))
}
