//! Presence: who looks at which ticket now, and who is typing. In this process alone, and gone with it.
//!
//! Bounded by the number of sockets: each looks at one ticket at most. What a socket said ends with the socket, whichever
//! way it ends ([`Seat`]). Nobody is told about themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use platform::{Error, Result, error::Code, events::Event, telemetry};
use serde::Serialize;
use serde_json::json;
use tokio::{sync::broadcast, time::Instant};

use super::{
    frame::{Batch, Batches},
    view::{Place, View, Who},
};

/// Connections of one principal.
pub(super) const MOST_SEATS: usize = 20;
/// Somebody who typed is typing for so long.
pub(super) const TYPING: Duration = Duration::from_secs(6);

/// What the live connections of this process share.
pub struct Presence {
    state: Mutex<State>,
    changes: broadcast::Sender<Arc<Change>>,
    batches: Batches,
}

#[derive(Default)]
struct State {
    seats: HashMap<Who, usize>,
    total: usize,
    next: u64,
    tickets: HashMap<i64, Looked>,
}

struct Looked {
    place: Place,
    by: Vec<Looker>,
}

struct Looker {
    seat: u64,
    user: User,
}

/// Somebody at a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct User {
    pub id: i64,
    pub name: String,
    pub typing: bool,
}

/// Who is at a ticket since a moment ago.
#[derive(Debug)]
pub(super) struct Change {
    ticket: i64,
    pub place: Place,
    users: Vec<User>,
    /// For everybody who is not among them.
    text: Utf8Bytes,
}

impl Change {
    /// The frame for `view`, if the ticket is in it.
    pub fn frame(&self, view: &View) -> Option<Utf8Bytes> {
        if !view.sees(self.place) {
            return None;
        }
        match view.who.user().filter(|me| self.users.iter().any(|u| u.id == *me)) {
            None => Some(self.text.clone()),
            Some(me) => Some(written(self.ticket, self.users.iter().filter(|u| u.id != me))),
        }
    }
}

fn written<'a>(ticket: i64, users: impl Iterator<Item = &'a User>) -> Utf8Bytes {
    json!({"type": "presence", "ticket_id": ticket, "users": users.collect::<Vec<_>>()}).to_string().into()
}

impl Default for Presence {
    fn default() -> Self {
        Presence {
            state: Mutex::default(),
            changes: broadcast::Sender::new(256),
            batches: Batches::default(),
        }
    }
}

impl Presence {
    /// Connections now.
    pub fn connections(&self) -> usize {
        self.state().total
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }

    /// Frames of a batch, shared; tickets that moved are noticed once.
    pub(super) fn batch(&self, events: &Arc<Vec<Event>>) -> Arc<Batch> {
        self.batches.of(events, |events| {
            let moves = events.iter().filter(|e| e.kind == crate::tickets::events::ASSIGNED);
            let mut state = self.state();
            for e in moves {
                if let Some(looked) = state.tickets.get_mut(&e.subject_id) {
                    looked.place = Place::of(e);
                }
            }
        })
    }

    /// A place for one more connection of this principal, 429 when it has all that it may have.
    pub(super) fn sit(self: &Arc<Self>, view: &View) -> Result<Seat> {
        let mut state = self.state();
        let mine = state.seats.entry(view.who).or_default();
        if *mine >= MOST_SEATS {
            let words = format!("There are {MOST_SEATS} live connections of yours already; close one.");
            return Err(Error::new(Code::RateLimited, words).with_retry_after(5));
        }
        *mine += 1;
        state.total += 1;
        state.next += 1;
        telemetry::live_clients(state.total);
        Ok(Seat { presence: self.clone(), id: state.next, who: view.who, ticket: None, typing_until: None })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn tell(&self, state: &State, ticket: i64, place: Place) {
        let mut users: Vec<User> = Vec::new();
        for looker in state.tickets.get(&ticket).into_iter().flat_map(|l| &l.by) {
            match users.iter_mut().find(|u| u.id == looker.user.id) {
                Some(known) => known.typing |= looker.user.typing,
                None => users.push(looker.user.clone()),
            }
        }
        let text = written(ticket, users.iter());
        // Nobody listens when the last one leaves.
        let _ = self.changes.send(Arc::new(Change { ticket, place, users, text }));
    }
}

/// One connection's place. Dropping it takes back all that the connection said.
pub(super) struct Seat {
    presence: Arc<Presence>,
    id: u64,
    who: Who,
    ticket: Option<i64>,
    typing_until: Option<Instant>,
}

impl Seat {
    pub fn ticket(&self) -> Option<i64> {
        self.ticket
    }
    /// Where the ticket that this connection looks at stands now.
    pub fn place(&self) -> Option<Place> {
        self.presence.state().tickets.get(&self.ticket?).map(|l| l.place)
    }
    pub fn typing_until(&self) -> Option<Instant> {
        self.typing_until
    }

    /// Looks at `ticket`, which stands at `place`. Keys look at nothing: they are nobody.
    pub fn look(&mut self, view: &View, ticket: i64, place: Place) {
        let Who::User(id) = self.who else { return };
        if self.ticket == Some(ticket) {
            return;
        }
        self.leave();
        self.ticket = Some(ticket);
        let mut state = self.presence.state();
        let looked = state.tickets.entry(ticket).or_insert_with(|| Looked { place, by: Vec::new() });
        looked.place = place;
        let user = User { id, name: view.name.clone(), typing: false };
        looked.by.push(Looker { seat: self.id, user });
        self.presence.tell(&state, ticket, place);
    }

    /// Types in the ticket that it looks at, for the next seconds.
    pub fn typing(&mut self) {
        if self.ticket.is_some() {
            self.typing_until = Some(Instant::now() + TYPING);
            self.set_typing(true);
        }
    }

    pub fn stop_typing(&mut self) {
        self.typing_until = None;
        self.set_typing(false);
    }

    fn set_typing(&self, typing: bool) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.presence.state();
        let Some(looked) = state.tickets.get_mut(&ticket) else { return };
        let place = looked.place;
        let mine = looked.by.iter_mut().find(|l| l.seat == self.id);
        if let Some(mine) = mine.filter(|l| l.user.typing != typing) {
            mine.user.typing = typing;
            self.presence.tell(&state, ticket, place);
        }
    }

    /// Looks at nothing any more.
    pub fn leave(&mut self) {
        self.typing_until = None;
        let Some(ticket) = self.ticket.take() else { return };
        let mut state = self.presence.state();
        let Some(looked) = state.tickets.get_mut(&ticket) else { return };
        let place = looked.place;
        looked.by.retain(|l| l.seat != self.id);
        if looked.by.is_empty() {
            state.tickets.remove(&ticket);
        }
        self.presence.tell(&state, ticket, place);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        let mut state = self.presence.state();
        state.total -= 1;
        telemetry::live_clients(state.total);
        if let Some(mine) = state.seats.get_mut(&self.who) {
            *mine -= 1;
            if *mine == 0 {
                state.seats.remove(&self.who);
            }
        }
    }
}
