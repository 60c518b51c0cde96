//! A reply as it would be said to somebody: what is known of them, of who writes, and of what it is about.
//!
//! Only what the caller may see is looked at. What leads hold comes through [`Leads`], for support knows no lead.

use people::{
    ContactId,
    access::{Permission, Principal},
    contacts,
};
use platform::{Conn, Error, Fault, Result};

use super::fields::{Filled, MergeField, fill, first_name};
use crate::{
    Support, TicketId,
    tickets::{self, Ticket, TicketScope, TicketsRead},
};

/// A lead as a reply names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadSeen {
    pub contact_id: ContactId,
    pub name: String,
    pub stage: String,
    pub source: String,
    /// Names.
    pub students: Vec<String>,
}

/// Where leads are found, as far as somebody may see them.
pub trait Leads: Send + Sync {
    fn by_id(&self, c: &Conn<'_>, viewer: &Principal, id: i64) -> Result<Option<LeadSeen>>;
    /// The newest lead of a contact, an open one first.
    fn of_contact(&self, c: &Conn<'_>, viewer: &Principal, contact: ContactId) -> Result<Option<LeadSeen>>;
}

/// What a reply is about; with neither, only who writes is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    pub ticket: Option<TicketId>,
    pub lead: Option<i64>,
}

/// What is known, for one answer.
#[derive(Debug, Default)]
pub struct Known {
    agent: Option<String>,
    organisation: String,
    contact: Option<Contact>,
    ticket: Option<Ticket>,
    lead: Option<LeadSeen>,
}

#[derive(Debug)]
struct Contact {
    name: String,
    phone: Option<String>,
    email: Option<String>,
}

impl Known {
    /// Five reads at most. Errors: 422 for a ticket or a lead that is not there or not the viewer's to see, or of two people.
    pub fn load(
        c: &Conn<'_>,
        support: &Support,
        leads: &dyn Leads,
        viewer: &Principal,
        about: About,
    ) -> Result<Known> {
        let mut faults = Vec::new();
        let scope = TicketScope::by(support, viewer, TicketsRead::ACTION);
        let ticket = match (about.ticket, scope) {
            (Some(id), Some(scope)) => found(tickets::visible(c, &scope, id))?,
            _ => None,
        };
        if about.ticket.is_some() && ticket.is_none() {
            faults.push(Fault::new(
                "ticket_id",
                "not_found",
                "there is no such ticket, or it is not yours to see",
            ));
        }
        let mut lead = match about.lead {
            Some(id) => leads.by_id(c, viewer, id)?,
            None => None,
        };
        if about.lead.is_some() && lead.is_none() {
            faults.push(Fault::new(
                "lead_id",
                "not_found",
                "there is no such lead, or it is not yours to see",
            ));
        }
        let of_lead = lead.as_ref().map(|l| l.contact_id);
        let contact = ticket.as_ref().map(|t| t.contact_id).or(of_lead);
        if of_lead.is_some() && of_lead != contact {
            faults.push(Fault::new("lead_id", "conflict", "is of somebody else than the ticket"));
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        if let (None, Some(contact)) = (&lead, contact) {
            lead = leads.of_contact(c, viewer, contact)?;
        }
        Ok(Known {
            agent: viewer.user_id().map(|_| viewer.name.clone()),
            organisation: support.desk.config.org.name.clone(),
            contact: contact.map(|id| person(c, id)).transpose()?.flatten(),
            ticket,
            lead,
        })
    }

    pub fn fill(&self, text: &str) -> Filled {
        fill(text, |field| self.value(field))
    }

    fn value(&self, field: MergeField) -> Option<String> {
        let called = |name: &String| first_name(name).map(str::to_owned);
        let (contact, ticket, lead) = (self.contact.as_ref(), self.ticket.as_ref(), self.lead.as_ref());
        match field {
            MergeField::ContactName => contact.map(|c| c.name.clone()),
            MergeField::ContactFirstName => contact.and_then(|c| called(&c.name)),
            MergeField::ContactPhone => contact.and_then(|c| c.phone.clone()),
            MergeField::ContactEmail => contact.and_then(|c| c.email.clone()),
            MergeField::AgentName => self.agent.clone(),
            MergeField::AgentFirstName => self.agent.as_ref().and_then(called),
            MergeField::OrganisationName => Some(self.organisation.clone()),
            MergeField::TicketNumber => ticket.map(|t| t.number.to_string()),
            MergeField::TicketSubject => ticket.map(|t| t.subject.clone()),
            MergeField::LeadName => lead.map(|l| l.name.clone()),
            MergeField::LeadStage => lead.map(|l| l.stage.clone()),
            MergeField::LeadSource => lead.map(|l| l.source.clone()),
            MergeField::LeadStudents => lead.map(|l| l.students.join(", ")),
        }
    }
}

/// Nothing where the other slice says that it is not there.
fn found<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(it) => Ok(Some(it)),
        Err(e) if e.code == platform::Code::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn person(c: &Conn<'_>, id: ContactId) -> Result<Option<Contact>> {
    let brief = contacts::briefs(c, &[id])?.remove(&id);
    // Primary addresses come first.
    Ok(brief.map(|b| {
        let first =
            |kind: &str| b.methods.iter().find(|m| m.kind == kind && m.is_active).map(|m| m.value.clone());
        Contact { phone: first("phone"), email: first("email"), name: b.name }
    }))
}
