//! Routing decides which department and which person should handle a ticket, and says why.
//!
//! A message's text is folded and matched against all active keywords in one pass ([`Matcher`], outside of any
//! transaction). The departments of what was found, or the channel account's, or the fallback department give the
//! candidates; [`score`] ranks them; [`route`] takes the winner's slot and stores the [`Decision`]. Whoever cannot be
//! served at once waits, and [`drain`] serves the queue in the transaction that frees capacity ([`reactors`]).
//!
//! Invariants: the winner was eligible when the decision was made, and the slot was taken by a conditional update, so an
//! agent never gets more than the capacity; the order of candidates never matters; every automatic assignment has a stored
//! decision. This slice never changes a ticket but through `tickets::change`, and never reads a message's text itself.

mod decide;
mod decision;
pub mod events;
#[cfg(test)]
pub(crate) mod fixture;
mod keywords;
mod matcher;
mod reactors;
mod routes;
pub mod score;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod work;

pub use self::{
    decide::{Decided, Input, decide},
    decision::{Candidate, Decision, Department, Keyword, Named, Reason, Why},
    keywords::ensure as ensure_keyword,
    matcher::{MatchedKeyword, Matcher, Matches},
    reactors::reactors,
    routes::{KeywordsRead, KeywordsWrite, RoutingRead, RoutingSettingsWrite, api},
    score::{Exclusion, Strategy},
    settings::{RoutingSettings, Snapshot, Weights},
    work::{drain, may_route_again, prepare, record_by_hand, route},
};

platform::id_type!(
    /// A row of `keywords`.
    KeywordId
);
platform::id_type!(
    /// A row of `assignments`.
    AssignmentId
);
