//! Support: from a channel's request to an agent's screen, and back.
//!
//! `accounts` (connected pages and numbers) → `intake` (journal, people, spam, routing: one transaction) → `tickets`
//! and `messages` → `live` (what changed, to whom it concerns) and `outbound` (answers on their way). No slice here
//! knows of leads; what must happen there is a reactor.

pub mod accounts;
pub mod canned_replies;
pub mod erase;
pub mod glance;
pub mod intake;
pub mod live;
pub mod messages;
pub mod outbound;
pub mod routing;
pub mod spam;
pub mod state;
#[cfg(test)]
pub(crate) mod testing;
pub mod tickets;

pub use state::{Support, workers};

platform::id_type!(
    /// A row of `tickets`.
    TicketId
);
platform::id_type!(
    /// A row of `messages`.
    MessageId
);
platform::id_type!(
    /// A row of `channel_accounts`.
    AccountId
);

use platform::{db::LockKey, http::Api};

/// Every route of this crate but those of canned replies, which need to know of leads as well.
pub fn api() -> Api<Support> {
    let mut api = intake::api();
    for slice in [tickets::api(), messages::api(), routing::api(), spam::api(), accounts::api(), live::api()]
    {
        api.merge(slice);
    }
    api
}

/// Every kind of event that this crate records, with what its `data` holds.
pub fn event_kinds() -> Vec<(&'static str, &'static str)> {
    [
        intake::events::KINDS,
        intake::media::events::KINDS,
        tickets::events::KINDS,
        messages::events::KINDS,
        routing::events::KINDS,
        spam::events::KINDS,
        accounts::events::KINDS,
        canned_replies::events::KINDS,
    ]
    .concat()
}

/// Transaction locks, in the order in which they are taken.
pub mod locks {
    use super::LockKey;

    /// One customer on one channel account: two first messages make one contact and one ticket.
    pub fn identity(channel: &str, account: Option<i64>, identity: &str) -> LockKey {
        LockKey::of_text(1, &format!("{channel}\u{1f}{}\u{1f}{identity}", account.unwrap_or(0)))
    }
    /// Who of a department takes what: one decision at a time.
    pub fn department(id: people::DepartmentId) -> LockKey {
        LockKey::new(2, id.0)
    }
}
