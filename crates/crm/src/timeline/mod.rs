//! The timeline: everything that happened with a lead or a person, newest first, read from events.
//!
//! An event says *that*; what it looks like (a note's words, a message's text) is read when it is shown, by the [`Source`] of
//! whoever owns it, so that erasing a person empties their timeline without touching an event. This slice stores nothing.

use std::collections::HashMap;

use platform::{Conn, Result, http::Api};
use serde_json::Value as Json;

use crate::Crm;

/// Shows entries of one kind of thing: `message`, `interaction`, `task` …
pub trait Source: Send + Sync + 'static {
    /// The events that are entries, by kind, with the name of the field in their `data` that holds the thing's id; empty: the
    /// event's subject.
    fn kinds(&self) -> &'static [(&'static str, &'static str)];
    /// What each thing looks like now; what is gone is left out. A fixed number of queries.
    fn show(&self, c: &Conn<'_>, ids: &[i64]) -> Result<HashMap<i64, Json>>;
}

/// Every source there is.
#[derive(Default)]
pub struct Sources(Vec<Box<dyn Source>>);

impl Sources {
    pub fn with(mut self, source: impl Source) -> Self {
        self.0.push(Box::new(source));
        self
    }
    pub fn iter(&self) -> impl Iterator<Item = &dyn Source> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// The routes of this slice.
pub fn api() -> Api<Crm> {
    Api::new()
}
