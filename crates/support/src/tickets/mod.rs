//! A ticket is the conversation: one customer, one channel account, from the first message until it is closed.
//!
//! Status: `new → open` on the first agent action; `open → pending_customer` when an agent answers and says so; a customer's
//! message brings `pending_customer` and a freshly `resolved` ticket back to `open`; `resolved → closed` after seven days.
//! Staff may reopen until closed; `closed` never reopens.
//!
//! Invariants: every change goes through [`change`], which keeps the agents' load, the queue, the completion of messages and
//! the history in step, in one transaction. A ticket that is spam counts for nobody's load and waits in no queue.
//! This slice never decides who should handle a ticket (that is `routing`) and never sends anything (`outbound`).

mod automatic;
mod change;
mod drafts;
pub(crate) mod erase;
pub mod events;
pub mod jobs;
mod list;
pub(crate) mod names;
mod open_work;
mod query;
pub(crate) mod queue;
mod reply;
mod routes;
mod scope;
mod search;
mod store;
mod subject;
#[cfg(test)]
mod tests;
pub mod view;

use people::{ContactId, DepartmentId, UserId};
use platform::{Conn, Error, Result, clock::Millis};

pub(crate) use self::{
    automatic::{may_say, say},
    scope::of_agent,
    store::{newest_of, recent_of},
    subject::{automatic as automatic_subject, retell},
};
pub use self::{
    change::{Change, append, change, open},
    list::since,
    open_work::OpenWork,
    routes::api,
    scope::{MessagesSend, TicketScope, TicketsAssign, TicketsRead, TicketsWrite, visible},
};
use crate::{AccountId, MessageId, TicketId};

pub(crate) use platform::words;

words!(
    /// Where a ticket stands.
    Status { New = "new", Open = "open", PendingCustomer = "pending_customer", Resolved = "resolved", Closed = "closed" }
);
words!(
    /// Stored as 0–3, so that a queue can be ordered by it.
    Priority { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
);

impl Status {
    /// Work remains: the inbox shows it.
    pub fn is_active(self) -> bool {
        matches!(self, Status::New | Status::Open | Status::PendingCustomer)
    }
    /// It asks something of its agent now: it counts as load.
    pub fn is_load(self) -> bool {
        matches!(self, Status::New | Status::Open)
    }
    /// Whether staff may move a ticket from here to `to`.
    pub fn may_become(self, to: Status) -> bool {
        self == to
            || match self {
                Status::Closed => false,
                _ => to != Status::New,
            }
    }
}

impl Priority {
    pub fn rank(self) -> i64 {
        self as i64
    }
    pub fn from_rank(rank: i64) -> Self {
        *Priority::ALL.get(rank as usize).unwrap_or(&Priority::Medium)
    }
}

/// A row of `tickets`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub id: TicketId,
    pub number: i64,
    pub contact_id: ContactId,
    pub channel: String,
    pub account_id: Option<AccountId>,
    /// The customer's address on the channel.
    pub identity: String,
    pub subject: String,
    pub status: Status,
    pub priority: Priority,
    pub department_id: Option<DepartmentId>,
    pub assignee_id: Option<UserId>,
    pub tags: Vec<String>,
    pub is_spam: bool,
    pub is_bot_handoff: bool,
    pub previous_ticket_id: Option<TicketId>,
    pub last_message_id: Option<MessageId>,
    pub last_message_at: Millis,
    pub last_message_from: String,
    pub preview: String,
    pub last_inbound_at: Option<Millis>,
    /// Waiting for an agent since.
    pub queued_at: Option<Millis>,
    pub first_response_at: Option<Millis>,
    pub resolved_at: Option<Millis>,
    pub closed_at: Option<Millis>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

impl Ticket {
    /// Whose load it is, if anyone's.
    pub fn load_on(&self) -> Option<UserId> {
        self.assignee_id.filter(|_| self.status.is_load() && !self.is_spam)
    }
    /// Whether it should wait for an agent.
    pub fn wants_agent(&self) -> bool {
        self.assignee_id.is_none() && self.status.is_load() && !self.is_spam
    }
}

/// What a new ticket starts with.
#[derive(Debug, Clone)]
pub struct NewTicket {
    pub contact_id: ContactId,
    pub channel: String,
    pub account_id: Option<AccountId>,
    pub identity: String,
    pub subject: String,
    pub priority: Priority,
    pub department_id: Option<DepartmentId>,
    pub tags: Vec<String>,
    pub is_spam: bool,
    pub is_bot_handoff: bool,
    pub previous_ticket_id: Option<TicketId>,
}

/// The ticket, whoever asks. Handlers use the scoped look-up instead.
pub fn get(c: &Conn<'_>, id: TicketId) -> Result<Option<Ticket>> {
    store::get(c, id)
}

/// The ticket, locked against other transactions until this one ends.
pub fn lock(tx: &platform::Tx<'_>, id: TicketId) -> Result<Ticket> {
    store::lock(tx, id)?.ok_or_else(|| Error::not_found("ticket"))
}
