//! Who may see which ticket. Applied in the query: a ticket outside is not there (404), whatever is asked of it.
//!
//! All, those of my departments and those assigned to me (*team*), or those assigned to me (*own*). A ticket without a
//! department and without an agent is for those who see all; spam, which nobody routes, also for teams that may see spam.

use people::{
    DepartmentId, UserId,
    access::{Caller, Permission, Principal, Scope},
};
use platform::{
    Conn, Error, Result,
    db::{Value, dialect},
};

use super::{Ticket, query, store};
use crate::{Support, TicketId};

people::permission! {
    /// See tickets and their conversations.
    pub TicketsRead = "tickets.read";
    /// Change tickets, write notes, complete messages.
    pub TicketsWrite = "tickets.write";
    /// Give tickets to people; with scope *own*: take a free one, release an own one.
    pub TicketsAssign = "tickets.assign";
    /// Answer customers.
    pub MessagesSend = "messages.send";
}

/// The part of all tickets that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketScope {
    All,
    /// `spam`: what was taken for spam before it got a department, too.
    Team {
        user: UserId,
        departments: Vec<DepartmentId>,
        spam: bool,
    },
    Own(UserId),
}

/// Whose the tickets of an API key are: nobody's.
const NOBODY: UserId = UserId(0);

impl TicketScope {
    /// What the route's permission lets the caller see.
    pub fn of<P: Permission>(support: &Support, caller: &Caller<P>) -> Self {
        TicketScope::within(support, &caller.principal, caller.scope)
    }

    /// What a principal may see by `action`; `None`: nothing.
    pub fn by(support: &Support, principal: &Principal, action: &str) -> Option<Self> {
        Some(TicketScope::within(support, principal, principal.scope_of(action)?))
    }

    fn within(support: &Support, principal: &Principal, scope: Scope) -> Self {
        let user = principal.user_id().unwrap_or(NOBODY);
        let strict = principal.role_key == "agent" && support.matcher.snapshot().settings.strict_own;
        match scope {
            Scope::All => TicketScope::All,
            Scope::Team if !strict => TicketScope::Team {
                user,
                departments: principal.departments.clone(),
                spam: principal.scope_of("spam.read").is_some(),
            },
            Scope::Team | Scope::Own => TicketScope::Own(user),
        }
    }

    /// A condition for other slices' lists: whether this scope holds the ticket that `id` (a column) names. Its values
    /// follow those in `values`.
    pub(crate) fn holds(&self, id: &str, values: &mut Vec<Value<'_>>) -> String {
        let condition = match self {
            TicketScope::All => return "1 = 1".into(),
            TicketScope::Own(user) => {
                values.push(Value::Int(user.0));
                format!("t.assignee_id = ?{}", values.len())
            }
            TicketScope::Team { user, departments, spam } => {
                values.push(Value::Int(user.0));
                let (user, from) = (values.len(), values.len() + 1);
                values.extend(departments.iter().map(|id| Value::Int(id.0)));
                let list = dialect::in_list(from, departments.len());
                let nobodys = if *spam { " OR (t.is_spam AND t.department_id IS NULL)" } else { "" };
                format!("(t.assignee_id = ?{user} OR t.department_id IN ({list}){nobodys})")
            }
        };
        format!("EXISTS (SELECT 1 FROM tickets AS t WHERE t.id = {id} AND {condition})")
    }

    /// The same as the condition in the queries, for a ticket that is in hand (locked, or just changed).
    pub fn sees(&self, ticket: &Ticket) -> bool {
        self.sees_at(ticket.department_id, ticket.assignee_id, ticket.is_spam)
    }

    pub(super) fn sees_at(
        &self,
        department: Option<DepartmentId>,
        assignee: Option<UserId>,
        is_spam: bool,
    ) -> bool {
        match self {
            TicketScope::All => true,
            TicketScope::Own(user) => assignee == Some(*user),
            TicketScope::Team { user, departments, spam } => {
                assignee == Some(*user) || department.map_or(*spam && is_spam, |d| departments.contains(&d))
            }
        }
    }
}

/// The tickets of an agent as a table for other slices' queries, with `id, number, subject, channel, department_id`: the
/// open ones, or the newest so many of all. Both are parameters of that query.
pub(crate) fn of_agent(user: &str, newest: Option<&str>) -> String {
    let columns = "SELECT id, number, subject, channel, department_id FROM tickets";
    match newest {
        None => {
            format!("{columns} WHERE assignee_id = {user} AND status IN ('new', 'open', 'pending_customer')")
        }
        Some(n) => {
            format!("{columns} WHERE assignee_id = {user} ORDER BY last_message_at DESC, id DESC LIMIT {n}")
        }
    }
}

/// The ticket, if `scope` holds it.
pub fn visible(c: &Conn<'_>, scope: &TicketScope, id: TicketId) -> Result<Ticket> {
    let b = query::visible(scope, id);
    c.opt(b.sql(), &b.values, store::read)?.ok_or_else(|| Error::not_found("ticket"))
}
