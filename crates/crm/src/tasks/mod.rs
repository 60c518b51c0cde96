//! Tasks: something to do, by when, by whom, mostly about a lead.
//!
//! Overdue is not stored: a task is overdue while it is open and past its time. This slice never changes a lead.

pub mod events;
pub mod jobs;

use platform::{db::Reactors, http::Api};

use crate::Crm;

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    Api::new()
}

/// What this slice does when others record something.
pub fn reactors(_: &mut Reactors) {}
