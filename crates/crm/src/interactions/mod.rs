//! Interactions: what was done about a lead: calls, meetings, e-mails, notes.
//!
//! Logging one touches its lead. This slice never sends anything.

pub mod events;

use platform::http::Api;

use crate::Crm;

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    Api::new()
}
