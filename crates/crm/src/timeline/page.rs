//! A page of a timeline: which events, and what each looks like now.
//!
//! What belongs to a lead (its own events, interactions, tasks) is found along the lead; what belongs to the person
//! (messages, changes) along the contact, kind by kind. The number of queries is fixed but for entries that their source
//! does not show: then it is looked further, [`ROUNDS`] times at most, and a shorter page says where to go on.

use std::collections::HashMap;

use people::{ContactId, UserId, access, access::Principal, contacts};
use platform::{
    Conn, Result,
    events::{
        Event,
        history::{self, Walk},
    },
};
use serde_json::Value as Json;

use super::{
    Entry, EntryActor, EntryKind, EntrySubject, EntryType, Source, Sources, contacts::Contacts, leads::Leads,
};
use crate::{LeadId, interactions::Interactions, tasks::Tasks};

/// Looks for what fills one page.
const ROUNDS: usize = 4;

/// Whose timeline.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    Lead { id: LeadId, contact: ContactId },
    Contact(ContactId),
}

/// Which part of it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Empty: any.
    pub types: Vec<EntryType>,
    /// Before the event with this id.
    pub before: i64,
    pub limit: i64,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub entries: Vec<Entry>,
    /// Where to go on.
    pub next: Option<i64>,
}

/// What is found along a lead.
const OF_LEADS: [&dyn Source; 3] = [&Leads, &Interactions, &Tasks];

/// The sources that `viewer` may look into, with the kinds asked for: `(source, kind)` by event.
struct Open<'a> {
    by_event: HashMap<&'static str, (usize, EntryKind)>,
    sources: Vec<&'a dyn Source>,
    of_lead: Vec<&'static str>,
    of_contact: Vec<&'static str>,
}

impl<'a> Open<'a> {
    fn to(viewer: &Principal, registered: &'a Sources, types: &[EntryType]) -> Self {
        let mut open = Open {
            by_event: HashMap::new(),
            sources: Vec::new(),
            of_lead: Vec::new(),
            of_contact: Vec::new(),
        };
        let own: [&dyn Source; 1] = [&Contacts];
        let all = OF_LEADS.into_iter().map(|s| (s, true));
        let all = all.chain(own.into_iter().chain(registered.iter()).map(|s| (s, false)));
        for (source, is_of_lead) in all.filter(|(s, _)| s.is_open_to(viewer)) {
            for kind in source.kinds().iter().filter(|k| types.is_empty() || types.contains(&k.shown_as)) {
                let list = if is_of_lead { &mut open.of_lead } else { &mut open.of_contact };
                list.push(kind.event);
                open.by_event.insert(kind.event, (open.sources.len(), *kind));
            }
            open.sources.push(source);
        }
        open
    }

    fn walks(&self, of: Of) -> Vec<Walk<'static>> {
        match of {
            Of::Lead { id, contact } => vec![
                Walk::Subject { kind: "lead", id: id.0, kinds: self.of_lead.clone() },
                Walk::Contact { id: contact.0, kinds: self.of_contact.clone() },
            ],
            Of::Contact(contact) => {
                let kinds = self.of_lead.iter().chain(&self.of_contact).copied().collect();
                vec![Walk::Contact { id: contact.0, kinds }]
            }
        }
    }

    /// Which source's thing an event is about.
    fn thing(&self, event: &Event) -> Option<(usize, i64, EntryType)> {
        let (source, kind) = self.by_event.get(event.kind.as_str())?;
        if !self.sources[*source].is_entry(event) {
            return None;
        }
        let id = match kind.id {
            "" => event.subject_id,
            field => event.data.get(field).and_then(Json::as_i64)?,
        };
        Some((*source, id, kind.shown_as))
    }

    /// What the things of these events look like now: one call of each source concerned.
    fn show(
        &self,
        c: &Conn<'_>,
        viewer: &Principal,
        events: &[Event],
    ) -> Result<HashMap<(usize, i64), Json>> {
        let mut wanted: Vec<Vec<i64>> = vec![Vec::new(); self.sources.len()];
        for (source, id, _) in events.iter().filter_map(|e| self.thing(e)) {
            wanted[source].push(id);
        }
        let mut shown = HashMap::new();
        for (n, (source, mut ids)) in self.sources.iter().zip(wanted).enumerate() {
            ids.sort_unstable();
            ids.dedup();
            if !ids.is_empty() {
                shown.extend(source.show(c, viewer, &ids)?.into_iter().map(|(id, item)| ((n, id), item)));
            }
        }
        Ok(shown)
    }
}

/// The entries that `viewer` may see, newest first. Whether they may see the lead or the contact has been asked before.
pub(super) fn read(
    c: &Conn<'_>,
    registered: &Sources,
    viewer: &Principal,
    of: Of,
    asked: &Asked,
) -> Result<Found> {
    let open = Open::to(viewer, registered, &asked.types);
    let walks = open.walks(of);
    let (mut found, mut before) = (Found::default(), asked.before);
    for _ in 0..ROUNDS {
        let part = history::walk(c, &walks, before, asked.limit + 1)?;
        let shown = open.show(c, viewer, &part.events)?;
        for event in part.events {
            if found.entries.len() as i64 == asked.limit {
                found.next = Some(before);
                return name(c, found);
            }
            before = event.id;
            if let Some((source, id, shown_as)) = open.thing(&event)
                && let Some(item) = shown.get(&(source, id))
            {
                found.entries.push(entry(event, shown_as, item.clone()));
            }
        }
        found.next = part.more;
        match part.more {
            Some(more) => before = more,
            None => break,
        }
    }
    name(c, found)
}

fn entry(event: Event, shown_as: EntryType, item: Json) -> Entry {
    Entry {
        id: event.id,
        at: event.at,
        event_type: shown_as,
        actor: EntryActor { kind: event.actor_kind, id: event.actor_id, name: None },
        subject: EntrySubject { kind: event.subject_kind, id: event.subject_id },
        kind: event.kind,
        data: event.data,
        item: Some(item).filter(|i| !i.is_null()),
    }
}

/// Says who did it. Two queries.
fn name(c: &Conn<'_>, mut found: Found) -> Result<Found> {
    let ids = |kind: &str| {
        let mut ids: Vec<i64> =
            found.entries.iter().filter(|e| e.actor.kind == kind).filter_map(|e| e.actor.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let (users, people) = (ids("user"), ids("contact"));
    let users = match users.is_empty() {
        true => HashMap::new(),
        false => access::names(c, &users.into_iter().map(UserId).collect::<Vec<_>>())?,
    };
    let people = match people.is_empty() {
        true => HashMap::new(),
        false => contacts::names(c, &people.into_iter().map(ContactId).collect::<Vec<_>>())?,
    };
    for entry in &mut found.entries {
        entry.actor.name = match (entry.actor.kind.as_str(), entry.actor.id) {
            ("user", Some(id)) => users.get(&UserId(id)).cloned(),
            ("contact", Some(id)) => people.get(&ContactId(id)).cloned(),
            _ => None,
        };
    }
    Ok(found)
}
