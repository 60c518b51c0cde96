//! The timeline: everything that happened with a lead or a person, newest first, read from events.
//!
//! An event says *that*; what it looks like (a note's words, a message's text) is read when it is shown, by the [`Source`] of
//! whoever owns it, so that erasing a person empties their timeline without touching an event. What its source does not show
//! to whoever looks (it is gone, or not theirs to see) is no entry. This slice stores nothing.

mod contacts;
mod leads;
mod page;
mod routes;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use people::{
    ContactId,
    access::{Caller, Principal},
};
use platform::{Conn, Error, Result, events::Event};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

pub use routes::api;

use crate::{Crm, leads::Lead};

platform::words!(
    /// What kind of entry it is.
    EntryType {
        Interaction = "interaction",
        Task = "task",
        Message = "message",
        Ticket = "ticket",
        StageChange = "stage_change",
        Change = "change",
    }
);

/// An event that is an entry.
#[derive(Debug, Clone, Copy)]
pub struct EntryKind {
    /// `message.added`.
    pub event: &'static str,
    pub shown_as: EntryType,
    /// The field of the event's `data` that holds the thing's id; empty: it is the event's subject.
    pub id: &'static str,
}

/// Shows entries of one kind of thing: messages, interactions, tasks …
pub trait Source: Send + Sync + 'static {
    /// Its events.
    fn kinds(&self) -> &'static [EntryKind];
    /// Whether this one is worth an entry.
    fn is_entry(&self, _: &Event) -> bool {
        true
    }
    /// Whether this principal may see any of them; if not, they are not even looked for.
    fn is_open_to(&self, viewer: &Principal) -> bool;
    /// What each thing looks like now. Left out: what is gone, and what `viewer` may not see. A fixed number of queries.
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>>;
    /// The newest conversation of each of `contacts`, where this knows of conversations and `viewer` may see one. A fixed
    /// number of queries.
    fn conversations(&self, _: &Conn<'_>, _: &Principal, _: &[ContactId]) -> Result<HashMap<ContactId, i64>> {
        Ok(HashMap::new())
    }
}

/// Where entries come from that are of a person and of no lead: what other crates register.
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
    /// The newest conversation of each of `contacts` that `viewer` may see.
    pub fn conversations(
        &self,
        c: &Conn<'_>,
        viewer: &Principal,
        contacts: &[ContactId],
    ) -> Result<HashMap<ContactId, i64>> {
        let mut all = HashMap::new();
        for source in self.iter().filter(|s| !contacts.is_empty() && s.is_open_to(viewer)) {
            all.extend(source.conversations(c, viewer, contacts)?);
        }
        Ok(all)
    }
    /// Whether `viewer` may see the subject `id` of events of the kind `event` (`ticket.created`). `None`: no source knows
    /// that kind.
    pub fn shows(&self, c: &Conn<'_>, viewer: &Principal, event: &str, id: i64) -> Result<Option<bool>> {
        let knows = |s: &&dyn Source| s.kinds().iter().any(|k| k.event == event && k.id.is_empty());
        match self.iter().find(knows) {
            None => Ok(None),
            Some(s) if !s.is_open_to(viewer) => Ok(Some(false)),
            Some(s) => Ok(Some(s.show(c, viewer, &[id])?.contains_key(&id))),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub struct Entry {
    /// The event.
    pub id: i64,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: i64,
    /// The event's: `interaction.logged`.
    pub kind: String,
    #[schema(inline)]
    pub event_type: EntryType,
    pub actor: EntryActor,
    pub subject: EntrySubject,
    /// The event's: ids and changed fields.
    #[schema(value_type = Object)]
    pub data: Json,
    /// What it looks like now; null where there is nothing to show.
    #[schema(value_type = Option<Object>, required)]
    pub item: Option<Json>,
}

/// Who did it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TimelineActor)]
pub struct EntryActor {
    /// `user`, `api_key`, `contact`, `system` or `nobody`.
    pub kind: String,
    #[schema(required)]
    pub id: Option<i64>,
    #[schema(required)]
    pub name: Option<String>,
}

/// What it is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TimelineSubject)]
pub struct EntrySubject {
    pub kind: String,
    pub id: i64,
}

/// The newest entries of a lead that `viewer` may see.
pub fn last(c: &Conn<'_>, crm: &Crm, viewer: &Principal, lead: &Lead, limit: i64) -> Result<Vec<Entry>> {
    let asked = page::Asked { types: Vec::new(), before: i64::MAX, limit };
    let of = page::Of::Lead { id: lead.id, contact: lead.contact_id };
    Ok(page::read(c, &crm.sources, viewer, of, &asked)?.entries)
}

/// Vendors follow their leads in the portal, and see nothing of what is said about them here: 403.
pub(crate) fn staff_only<P>(caller: &Caller<P>) -> Result<()> {
    match caller.principal.vendor_id {
        None => Ok(()),
        Some(_) => Err(Error::forbidden()),
    }
}
