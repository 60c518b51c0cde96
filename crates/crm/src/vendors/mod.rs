//! Vendors: who sells leads, what they may post, and what became of it.
//!
//! A vendor has one good key at a time and never sees another vendor's data. A post is taken whole or not at all, with every
//! fault told at once. This slice never stores a key or what a refused post held.

pub mod events;
pub mod jobs;

use platform::http::Api;

use crate::Crm;

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    Api::new()
}
