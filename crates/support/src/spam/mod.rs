//! Spam: what is judged to be of no use to anybody, kept and counted, and shown on the spam desk alone.
//!
//! A message is judged twice: its [`content`] before the transaction (pure), and its sender inside ([`judge`]), in this
//! order: blocked contact or address → existing spammer → rule windows → content score. What is spam gets a row in
//! `spam_activities` ([`flag`]); people [`mark`] and [`restore`] messages, and [`remove`] is the appeal that clears a person.
//! Where the settings say so, a sender hears of a limit ([`tell`]).
//!
//! Invariants: spam is never lost and never routed; a ticket is spam exactly when all of its inbound messages are; a
//! classifier that fails lets the message pass; nobody hears of a limit more than once while its days last. This slice never
//! decides who handles what.

mod appeal;
mod auto_reply;
pub mod content;
pub(crate) mod erase;
pub mod events;
mod judge;
mod notice;
mod routes;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub use self::{
    appeal::{Removed, mark, remove, restore},
    content::{ContentScore, Part},
    judge::{Counted, Crossed, Step, Verdict, flag, forget_days, judge},
    notice::tell,
    routes::{SpamRead, SpamWrite, api},
    settings::{KEY as SETTINGS, MessageLimit, SpamSettings, Stored, settings},
};

platform::id_type!(
    /// A row of `spam_activities`.
    ActivityId
);
platform::id_type!(
    /// A row of `spam_blocks`.
    BlockId
);
