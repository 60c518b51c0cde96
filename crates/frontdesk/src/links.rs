//! Where support and leads meet: neither knows of the other.
//!
//! A message touches the open leads of whoever it is with, in its own transaction; a person's timeline shows their messages
//! and tickets to those who may see them there, and to nobody else. Spam does neither. A canned reply may name a lead.

use std::{collections::HashMap, sync::Arc};

use crm::{
    LeadId,
    leads::{self, Lead, LeadScope, LeadsRead, settings::LeadSettings, students},
    pipelines,
    timeline::{EntryKind, EntryType, Source, Sources},
};
use people::{
    ContactId,
    access::{Permission, Principal},
    contacts::merge::Holding,
    settings::Stored,
};
use platform::{Code, Conn, Error, Result, Tx, db::Reactors, events::Recorded};
use serde::Serialize;
use serde_json::Value as Json;
use support::{
    Support,
    canned_replies::{LeadSeen, Replies},
    glance,
    tickets::TicketsRead,
};

/// Everything that names a contact: it moves when two contacts become one. Messages are where their conversation is.
pub const HOLDINGS: &[Holding] = &[
    Holding::Rows("tickets"),
    Holding::Of { parent: "tickets", table: "messages", column: "ticket_id" },
    Holding::Rows("spam_activities"),
    Holding::Rows("leads"),
    Holding::Rows("interactions"),
    Holding::Rows("tasks"),
    Holding::Rows("events"),
];

/// What leads do when support records something.
pub fn reactors(r: &mut Reactors) {
    r.on(support::messages::events::ADDED, message_added);
}

/// What was said between us and a customer: a lead that is open was in touch just now.
fn message_added(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let says = |field: &str, word: &str| event.data[field] == word;
    let is_spam = event.data["is_spam"] != Json::Bool(false);
    if is_spam || !says("visibility", "public") || says("content_type", "event_log") {
        return Ok(());
    }
    let by_us = says("direction", "outbound") && says("sender_type", "agent");
    let Some(contact) = event.contact_id.filter(|_| by_us || says("direction", "inbound")) else {
        return Ok(());
    };
    leads::touch_contact(tx, &event.origin, ContactId(contact), tx.now(), by_us)
}

/// What a person's timeline shows of support.
pub fn sources(support: &Support) -> Sources {
    Sources::default().with(Messages(support.clone())).with(Tickets(support.clone()))
}

fn may_look(viewer: &Principal) -> bool {
    viewer.vendor_id.is_none() && viewer.scope_of(TicketsRead::ACTION).is_some()
}

fn by_id<T: Serialize>(found: Vec<T>, id: impl Fn(&T) -> i64) -> Result<HashMap<i64, Json>> {
    found.iter().map(|item| Ok((id(item), serde_json::to_value(item).map_err(Error::internal)?))).collect()
}

struct Messages(Support);

impl Source for Messages {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] = &[EntryKind {
            event: support::messages::events::ADDED,
            shown_as: EntryType::Message,
            id: "message_id",
        }];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        may_look(viewer)
    }
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        by_id(glance::messages(c, &self.0, viewer, ids)?, |m| m.id.0)
    }
}

struct Tickets(Support);

impl Source for Tickets {
    fn kinds(&self) -> &'static [EntryKind] {
        use support::tickets::events;
        const fn kind(event: &'static str) -> EntryKind {
            EntryKind { event, shown_as: EntryType::Ticket, id: "" }
        }
        const KINDS: &[EntryKind] = &[kind(events::CREATED), kind(events::STATUS_CHANGED)];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        may_look(viewer)
    }
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        by_id(glance::tickets(c, &self.0, viewer, ids)?, |t| t.ticket_id.0)
    }
    fn conversations(
        &self,
        c: &Conn<'_>,
        viewer: &Principal,
        contacts: &[ContactId],
    ) -> Result<HashMap<ContactId, i64>> {
        let newest = glance::newest(c, &self.0, viewer, contacts)?;
        Ok(newest.into_iter().map(|(contact, ticket)| (contact, ticket.0)).collect())
    }
}

/// What canned replies are made of.
pub fn replies(support: &Support) -> Replies {
    Replies { support: support.clone(), leads: Arc::new(Leads) }
}

struct Leads;

impl support::canned_replies::Leads for Leads {
    fn by_id(&self, c: &Conn<'_>, viewer: &Principal, id: i64) -> Result<Option<LeadSeen>> {
        let Some(scope) = LeadScope::by(viewer, LeadsRead::ACTION) else { return Ok(None) };
        match leads::visible(c, &scope, LeadId(id)) {
            Ok(lead) => seen(c, &lead).map(Some),
            Err(e) if e.code == Code::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
    fn of_contact(&self, c: &Conn<'_>, viewer: &Principal, contact: ContactId) -> Result<Option<LeadSeen>> {
        let Some(scope) = LeadScope::by(viewer, LeadsRead::ACTION) else { return Ok(None) };
        let leads = leads::seen_of_contact(c, &scope, contact)?;
        leads.first().map(|lead| seen(c, lead)).transpose()
    }
}

fn seen(c: &Conn<'_>, lead: &Lead) -> Result<LeadSeen> {
    let stage = pipelines::stage(c, lead.stage_id)?.map(|s| s.name).unwrap_or_default();
    let sources = Stored::<LeadSettings>::load(c)?.settings.sources;
    let source = sources.into_iter().find(|s| s.key == lead.source).map(|s| s.name);
    let students = students::of_leads(c, &[lead.id])?;
    Ok(LeadSeen {
        contact_id: lead.contact_id,
        name: lead.name.clone(),
        stage,
        source: source.unwrap_or_else(|| lead.source.clone()),
        students: students.into_iter().map(|s| s.name).collect(),
    })
}
