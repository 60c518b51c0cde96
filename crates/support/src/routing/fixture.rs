//! A small desk for the tests of routing and spam.

use people::{ContactId, DepartmentId, UserId, access};
use platform::{
    Db, Result, Tx,
    clock::Millis,
    db::{Reactors, migrate::Migration},
    events::Origin,
    params, sql,
    testing::{Setup, TestDb},
};

use super::{KeywordId, keywords};
use crate::{
    MessageId, TicketId,
    messages::{self, NewMessage},
    tickets::{self, NewTicket, Priority, Ticket},
};

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "platform", text: include_str!("../../../../migrations/0001_platform.sql") },
    Migration { number: 2, name: "people", text: include_str!("../../../../migrations/0002_people.sql") },
    Migration { number: 3, name: "support", text: include_str!("../../../../migrations/0003_support.sql") },
];

/// A database of one engine; its clock moves with every write.
pub(crate) struct Desk<'a>(&'a TestDb);

impl Desk<'_> {
    /// Runs `test` on a fresh desk of each engine.
    pub fn each(test: impl Fn(Desk<'_>)) {
        let setup = Setup::new(MIGRATIONS).reactors(|| {
            let mut reactors = Reactors::default();
            super::reactors(&mut reactors);
            reactors
        });
        setup.each(|t| {
            test(Desk(t));
            Ok(())
        });
    }
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn later(&self, by: Millis) {
        self.0.clock.advance(by);
    }
    pub fn write<T: Send + 'static>(&self, f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.later(1);
        self.0.db.write_now(f).unwrap_or_else(|e| panic!("{e}"))
    }
}

pub(crate) fn department(tx: &Tx<'_>, name: &str, strategy: &str, is_fallback: bool) -> Result<DepartmentId> {
    tx.insert(
        sql!(
            "INSERT INTO departments (key, name, strategy, uses_shifts, is_fallback, is_active, created_at, updated_at, version) VALUES (?1, ?1, ?2, FALSE, ?3, TRUE, 0, 0, 1) RETURNING id"
        ),
        params![name, strategy, is_fallback],
    )
}

/// An available member of `departments`.
pub(crate) fn agent(
    tx: &Tx<'_>,
    name: &str,
    departments: &[DepartmentId],
    capacity: i64,
    kpi: f64,
) -> Result<UserId> {
    access::sync_system_roles(tx)?;
    let id: UserId = tx.insert(
        sql!(
            "INSERT INTO users (email, email_key, username, username_key, name, name_folded, role_id, is_active, kpi_score, created_at, updated_at, version) VALUES (?1, ?1, ?1, ?1, ?1, ?1, (SELECT id FROM roles WHERE key = 'agent'), TRUE, ?2, 0, 0, 1) RETURNING id"
        ),
        params![name, kpi],
    )?;
    tx.exec(
        sql!(
            "INSERT INTO agent_states (user_id, status, status_since, capacity, open_tickets, last_assigned_at) VALUES (?1, 'available', 0, ?2, 0, 0)"
        ),
        params![id, capacity],
    )?;
    for department in departments {
        tx.exec(
            sql!(
                "INSERT INTO department_members (department_id, user_id, is_manager, is_primary) VALUES (?1, ?2, FALSE, FALSE)"
            ),
            params![department, id],
        )?;
    }
    Ok(id)
}

pub(crate) fn set_status(tx: &Tx<'_>, user: UserId, status: &str) -> Result<()> {
    tx.exec(sql!("UPDATE agent_states SET status = ?2 WHERE user_id = ?1"), params![user, status]).map(|_| ())
}

pub(crate) fn load(tx: &Tx<'_>, user: UserId) -> Result<i64> {
    tx.one(sql!("SELECT open_tickets FROM agent_states WHERE user_id = ?1"), params![user], |r| r.get(0))
}

pub(crate) fn contact(tx: &Tx<'_>, name: &str) -> Result<ContactId> {
    tx.insert(
        sql!(
            "INSERT INTO contacts (name, name_folded, kind, is_blocked, created_at, updated_at, version) VALUES (?1, ?1, 'person', FALSE, 0, 0, 1) RETURNING id"
        ),
        params![name],
    )
}

/// A new ticket that nobody has looked at.
pub(crate) fn ticket(tx: &Tx<'_>, contact: ContactId, priority: Priority, is_spam: bool) -> Result<Ticket> {
    let new = NewTicket {
        contact_id: contact,
        channel: "chat".into(),
        account_id: None,
        identity: "someone".into(),
        subject: "Hello".into(),
        priority,
        department_id: None,
        tags: Vec::new(),
        is_spam,
        is_bot_handoff: false,
        previous_ticket_id: None,
    };
    tickets::open(tx, &Origin::system(), &new)
}

/// A customer's message, stored as intake does.
pub(crate) fn message(
    tx: &Tx<'_>,
    ticket: &Ticket,
    text: &str,
    is_spam: bool,
) -> Result<(Ticket, MessageId)> {
    let new = NewMessage {
        content: text.to_owned(),
        is_spam,
        at: tx.now(),
        completed_at: is_spam.then(|| tx.now()),
        ..NewMessage::on(ticket)
    };
    Ok(tickets::append(tx, &Origin::system(), ticket, &new, None)?.unwrap())
}

pub(crate) fn keyword(tx: &Tx<'_>, word: &str, department: DepartmentId, priority: i64) -> Result<KeywordId> {
    let new = keywords::Change {
        word: Some(word.to_owned()),
        department_id: Some(Some(department)),
        priority: Some(priority),
        is_active: None,
    };
    Ok(keywords::create(tx, &Origin::system(), &new)?.id)
}

pub(crate) fn now(tx: &Tx<'_>, id: TicketId) -> Result<Ticket> {
    Ok(tickets::get(tx, id)?.unwrap())
}

/// Whether a message is spam, and whether it is done with.
pub(crate) fn standing(tx: &Tx<'_>, id: MessageId) -> Result<(bool, bool)> {
    let m = messages::get(tx, id)?.unwrap();
    Ok((m.is_spam, m.completed_at.is_some()))
}
