//! Imports: leads taken in by the table.
//!
//! A run is chunked: each chunk stores its rows and its position in one transaction, so that a broken-off run goes on behind
//! them; undoing goes the same way back. Memory is bounded whatever the file. This slice never merges contacts.

pub mod events;
pub mod guess;
pub mod jobs;
pub mod table;

use platform::http::Api;

use crate::Crm;

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    Api::new()
}
