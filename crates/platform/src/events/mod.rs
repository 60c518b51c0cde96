//! Events: one recorded fact with a sequence number, written in the transaction that made it true.
//!
//! Timeline, audit, live stream, counters, webhooks and relays are all *readers* of this table. `data` carries ids and
//! changed fields with before and after, never a message's body nor a contact's address, so that erasing a person
//! need not rewrite history. Readers follow `seq`: on SQLite it is the id; on PostgreSQL, where ids become visible out of
//! order while transactions are open, the [`sequencer`] stamps it after commit.

pub mod erase;
pub mod feed;
pub mod history;
pub mod sequencer;

use serde_json::Value as Json;

use crate::{
    Result, Tx,
    clock::Millis,
    db::{Conn, Row, Sql, Value, dialect::in_list},
    params, sql,
};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    System,
    User(i64),
    ApiKey(i64),
    /// Somebody outside, through a channel.
    Contact(i64),
    /// Somebody outside whom we do not know (a failed log-in).
    Nobody,
}

impl Actor {
    pub fn kind(self) -> &'static str {
        match self {
            Actor::System => "system",
            Actor::User(_) => "user",
            Actor::ApiKey(_) => "api_key",
            Actor::Contact(_) => "contact",
            Actor::Nobody => "nobody",
        }
    }
    pub fn id(self) -> Option<i64> {
        match self {
            Actor::User(id) | Actor::ApiKey(id) | Actor::Contact(id) => Some(id),
            Actor::System | Actor::Nobody => None,
        }
    }
}

/// Where a change came from: carried from the request down to the event.
#[derive(Debug, Clone)]
pub struct Origin {
    pub actor: Actor,
    pub request_id: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Origin {
    pub fn system() -> Self {
        Origin::of(Actor::System)
    }
    pub fn of(actor: Actor) -> Self {
        Origin { actor, request_id: None, address: None, user_agent: None }
    }
    /// The same request, seen as done by `actor`.
    pub fn by(&self, actor: Actor) -> Self {
        Origin { actor, ..self.clone() }
    }
}

/// Declares a slice's kinds: `event_kinds! { CREATED = "ticket.created", "number, contact_id"; }`. The text is what
/// `data` holds; the catalogue in the documentation is checked against it.
#[macro_export]
macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $data:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $kind;)*
        /// Every kind of this slice with what its `data` holds.
        pub const KINDS: &[(&str, &str)] = &[$(($kind, $data)),*];
    };
}

/// A fact to record.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub kind: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: i64,
    pub contact_id: Option<i64>,
    /// Who may hear of it live: the team …
    pub department_id: Option<i64>,
    /// … and the person that the subject belongs to, after the change.
    pub owner_id: Option<i64>,
    pub data: Json,
}

impl NewEvent {
    pub fn new(
        kind: &'static str,
        subject_kind: &'static str,
        subject_id: impl Into<i64>,
        data: Json,
    ) -> Self {
        NewEvent {
            kind,
            subject_kind,
            subject_id: subject_id.into(),
            contact_id: None,
            department_id: None,
            owner_id: None,
            data,
        }
    }
    pub fn contact(mut self, id: impl Into<Option<i64>>) -> Self {
        self.contact_id = id.into();
        self
    }
    pub fn scope(mut self, department_id: Option<i64>, owner_id: Option<i64>) -> Self {
        (self.department_id, self.owner_id) = (department_id, owner_id);
        self
    }
}

/// A fact as reactors see it, inside its transaction.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub kind: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: i64,
    pub contact_id: Option<i64>,
    pub department_id: Option<i64>,
    pub owner_id: Option<i64>,
    pub data: Json,
    pub origin: Origin,
}

/// A fact as readers see it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The row; what pages of a history follow.
    pub id: i64,
    /// The place in the stream; 0 while a PostgreSQL event waits for its stamp.
    pub seq: i64,
    pub at: Millis,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub kind: String,
    pub subject_kind: String,
    pub subject_id: i64,
    pub contact_id: Option<i64>,
    pub department_id: Option<i64>,
    pub owner_id: Option<i64>,
    pub data: Json,
}

/// Records `event` and runs the reactors to it.
pub fn record(tx: &Tx<'_>, origin: &Origin, event: NewEvent) -> Result<()> {
    let data = event.data.to_string();
    let id = tx.next_event_id()?;
    let common = params![
        tx.now(),
        origin.actor.kind(),
        origin.actor.id(),
        event.kind,
        event.subject_kind,
        event.subject_id,
        event.contact_id,
        event.department_id,
        event.owner_id,
        data,
        origin.request_id.as_deref(),
        origin.address.as_deref(),
        origin.user_agent.as_deref(),
        id
    ];
    match id {
        Some(_) => tx.exec(
            sql!(
                "INSERT INTO events (id, seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data, request_id, address, user_agent) VALUES (?14, ?14, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            ),
            common,
        )?,
        None => tx.exec(
            sql!(
                "INSERT INTO events (at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data, request_id, address, user_agent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            ),
            &common[..13],
        )?,
    };
    tx.mark_events();
    let recorded = Recorded {
        kind: event.kind,
        subject_kind: event.subject_kind,
        subject_id: event.subject_id,
        contact_id: event.contact_id,
        department_id: event.department_id,
        owner_id: event.owner_id,
        data: event.data,
        origin: origin.clone(),
    };
    tx.reactors.run(tx, &recorded)
}

/// Events after `seq`, oldest first.
pub fn after(c: &Conn<'_>, seq: i64, limit: i64) -> Result<Vec<Event>> {
    c.all(
        sql!(
            "SELECT id, seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"
        ),
        params![seq, limit],
        read,
    )
}

/// What events of `kinds` after `seq` are about, those included that wait for their place in the sequence (PostgreSQL): a
/// subject as often as something happened to it, `limit` of them at most.
pub fn subjects_after(c: &Conn<'_>, kinds: &[&str], seq: i64, limit: i64) -> Result<Vec<i64>> {
    let kinds_in = in_list(3, kinds.len());
    let text = format!(
        "SELECT subject_id FROM (SELECT subject_id FROM events WHERE seq > ?1 AND kind IN ({kinds_in}) \
         UNION ALL SELECT subject_id FROM events WHERE seq IS NULL AND kind IN ({kinds_in})) AS touched LIMIT ?2"
    );
    let mut values = vec![Value::from(seq), Value::from(limit)];
    values.extend(kinds.iter().map(|k| Value::from(*k)));
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// The history of one subject, newest first, before the event with the id `before` (`i64::MAX` for the newest).
pub fn of_subject(c: &Conn<'_>, kind: &str, id: i64, before: i64, limit: i64) -> Result<Vec<Event>> {
    c.all(
        sql!(
            "SELECT id, coalesce(seq, 0), at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data FROM events WHERE subject_kind = ?1 AND subject_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4"
        ),
        params![kind, id, before, limit],
        read,
    )
}

/// The newest event's id, stamped or not, 0 when there is none: a place for [`touched_since`].
pub fn newest_id(c: &Conn<'_>) -> Result<i64> {
    Ok(c.value(sql!("SELECT coalesce(max(id), 0) FROM events"), &[])?.unwrap_or(0))
}

/// Whether somebody did something to a subject after the event `since`: not the system, and not within the request `own`.
pub fn touched_since(c: &Conn<'_>, kind: &str, id: i64, since: i64, own: Option<&str>) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!(
            "SELECT id FROM events WHERE subject_kind = ?1 AND subject_id = ?2 AND id > ?3 AND actor_kind <> 'system' AND coalesce(request_id, '') <> ?4 LIMIT 1"
        ),
        params![kind, id, since, own.unwrap_or("-")],
    )?;
    Ok(found.is_some())
}

/// What happened to a subject while it was one contact's belongs to another's history from now on.
pub fn hand_over(tx: &Tx<'_>, subject: &str, id: i64, from: i64, to: i64) -> Result<()> {
    tx.exec(
        sql!("UPDATE events SET contact_id = ?4 WHERE subject_kind = ?1 AND subject_id = ?2 AND contact_id = ?3"),
        params![subject, id, from, to],
    )
    .map(|_| ())
}

/// When the request `own` did a thing of this kind to a subject, the newest 1 000 times.
pub fn times_of(c: &Conn<'_>, subject: &str, id: i64, kind: &str, own: &str) -> Result<Vec<Millis>> {
    c.all(
        sql!(
            "SELECT at FROM events WHERE subject_kind = ?1 AND subject_id = ?2 AND kind = ?3 AND request_id = ?4 ORDER BY id DESC LIMIT 1000"
        ),
        params![subject, id, kind, own],
        |r| r.get(0),
    )
}

/// Whether anything happened with a contact after the event `since`, but for what the request `own` did.
pub fn contact_touched_since(c: &Conn<'_>, contact: i64, since: i64, own: Option<&str>) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!(
            "SELECT id FROM events WHERE contact_id = ?1 AND id > ?2 AND coalesce(request_id, '') <> ?3 LIMIT 1"
        ),
        params![contact, since, own.unwrap_or("-")],
    )?;
    Ok(found.is_some())
}

/// The newest sequence number, 0 when there is none.
pub fn newest(c: &Conn<'_>) -> Result<i64> {
    Ok(c.value(sql!("SELECT coalesce(max(seq), 0) FROM events"), &[])?.unwrap_or(0))
}

fn read(row: Row<'_>) -> Result<Event> {
    let mut r = row.columns();
    Ok(Event {
        id: r.next()?,
        seq: r.next()?,
        at: r.next()?,
        actor_kind: r.next()?,
        actor_id: r.next()?,
        kind: r.next()?,
        subject_kind: r.next()?,
        subject_id: r.next()?,
        contact_id: r.next()?,
        department_id: r.next()?,
        owner_id: r.next()?,
        data: serde_json::from_str(&r.next::<String>()?).unwrap_or(Json::Null),
    })
}
