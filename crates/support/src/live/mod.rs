//! Live: what changes, told at once to everybody whom it concerns.
//!
//! A listener is a WebSocket or an event stream; it follows the feed of recorded events from where it was, and hears what
//! its principal may read and nothing else ([`view`]). What it cannot be told one by one it is told to read anew. Who looks
//! at a ticket or types is known in this process alone ([`Presence`]).
//!
//! Invariants: nothing here writes, and nothing here is needed for the truth: a listener that hears nothing loses only time.
//! An event is written out once for all its listeners. Memory per listener is bounded; a slow one is closed. Across nodes
//! events arrive through the table; presence does not.

mod frame;
mod presence;
mod principal;
mod routes;
mod session;
mod socket;
#[cfg(test)]
mod tests;
mod view;

pub use self::{presence::Presence, routes::api};
