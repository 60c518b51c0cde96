//! What one listener may hear: the same scopes that the routes apply in their queries, applied to events.
//!
//! An event's `department_id` and `owner_id` say where its subject stood after the change. Whatever is not named here is
//! heard by nobody.

use std::collections::BTreeSet;

use people::access::{Scope, events as users};
use platform::events::Event;
use serde_json::Value as Json;

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    User(i64),
    ApiKey(i64),
}

impl Who {
    pub fn user(self) -> Option<i64> {
        match self {
            Who::User(id) => Some(id),
            Who::ApiKey(_) => None,
        }
    }
}

/// Where a ticket, a lead or a task stands: its department, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub department: Option<i64>,
    pub owner: Option<i64>,
}

impl Place {
    pub fn of(e: &Event) -> Self {
        Place { department: e.department_id, owner: e.owner_id }
    }
    /// As a change tells it; `owner` names the field.
    fn said(data: &Json, owner: &str) -> Self {
        let id = |name: &str| data.get(name).and_then(Json::as_i64);
        Place { department: id("department_id"), owner: id(owner) }
    }
}

/// A principal's permissions, as far as the live stream asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub who: Who,
    pub name: String,
    /// The departments that I am a member of.
    pub departments: BTreeSet<i64>,
    pub tickets: Option<Scope>,
    pub spam: Option<Scope>,
    pub users: Option<Scope>,
    pub leads: Option<Scope>,
    pub tasks: Option<Scope>,
    pub imports: Option<Scope>,
    pub contacts: bool,
    pub departments_read: bool,
    pub keywords: bool,
    pub routing: bool,
    pub channels: bool,
    pub pipelines: bool,
    pub vendors: bool,
    pub canned_replies: Option<Scope>,
}

/// What an event is to a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Event,
    /// Its subject has left the view.
    Removed,
    Nothing,
}

impl View {
    pub fn hears(&self, e: &Event) -> Heard {
        let group = e.kind.split_once('.').map_or(e.kind.as_str(), |(group, _)| group);
        let open = match group {
            "ticket" | "message" => return self.of_ticket(e),
            "spam" => self.reaches(self.spam, Place::of(e)),
            // What the desk says of all leads; nobody's in particular.
            "lead" if e.subject_kind == "setting" => self.pipelines,
            "lead" | "student" | "interaction" => return self.of_lead(e),
            "task" => return self.of_task(e),
            "import" => self.reaches(self.imports, Place::of(e)),
            "notification" => e.owner_id.is_some() && e.owner_id == self.who.user(),
            "user" => self.hears_user(e),
            "contact" => self.contacts,
            "department" => self.departments_read,
            "keyword" => self.keywords,
            "routing" => self.routing,
            "channel" => self.channels,
            "pipeline" => self.pipelines,
            "vendor" => self.vendors,
            "canned_reply" => self.hears_reply(e),
            _ => false,
        };
        if open { Heard::Event } else { Heard::Nothing }
    }

    /// Whether the ticket at `place` is in the view.
    pub fn sees(&self, place: Place) -> bool {
        self.reaches(self.tickets, place)
    }

    /// Whether the event may change what this listener may hear.
    pub fn rests_on(&self, e: &Event) -> bool {
        match (e.subject_kind.as_str(), self.who) {
            ("role" | "department", _) => true,
            ("user", Who::User(me)) => {
                e.subject_id == me
                    && !matches!(e.kind.as_str(), users::USER_STATUS_CHANGED | users::USER_CAPACITY_CHANGED)
            }
            ("session", Who::User(me)) => e.owner_id == Some(me) || e.actor_id == Some(me),
            ("api_key", Who::ApiKey(me)) => e.subject_id == me,
            _ => false,
        }
    }

    fn of_ticket(&self, e: &Event) -> Heard {
        // Programs see what customers see.
        if self.who.user().is_none() && e.data.get("visibility").is_some_and(|v| v == "internal") {
            return Heard::Nothing;
        }
        let sees = self.sees(Place::of(e));
        let became_spam = e.data.pointer("/after/is_spam") == Some(&Json::Bool(true));
        if became_spam || e.data.get("is_spam") == Some(&Json::Bool(true)) {
            return match self.reaches(self.spam, Place::of(e)) {
                true => Heard::Event,
                false if became_spam && sees => Heard::Removed,
                false => Heard::Nothing,
            };
        }
        match sees {
            true => Heard::Event,
            false if e.kind == crate::tickets::events::ASSIGNED => {
                if self.sees(before(e, "assignee_id")) {
                    Heard::Removed
                } else {
                    Heard::Nothing
                }
            }
            false => Heard::Nothing,
        }
    }

    fn of_lead(&self, e: &Event) -> Heard {
        match self.reaches(self.leads, Place::of(e)) {
            true => Heard::Event,
            false if e.kind == "lead.assigned" && self.reaches(self.leads, before(e, "owner_id")) => {
                Heard::Removed
            }
            false => Heard::Nothing,
        }
    }

    /// What somebody asked of another is theirs to see as well.
    fn of_task(&self, e: &Event) -> Heard {
        let creator = e.data.get("created_by").and_then(Json::as_i64);
        let is_mine = self.tasks.is_some() && creator.is_some() && creator == self.who.user();
        match is_mine || self.reaches(self.tasks, Place::of(e)) {
            true => Heard::Event,
            false if self.reaches(self.tasks, before(e, "assigned_to")) => Heard::Removed,
            false => Heard::Nothing,
        }
    }

    /// Log-ins and passwords are the audit's. A team hears how its members are, not what is kept of them.
    fn hears_user(&self, e: &Event) -> bool {
        let listed = || e.data.get("department_ids").and_then(Json::as_array).into_iter().flatten();
        let is_state = matches!(e.kind.as_str(), users::USER_STATUS_CHANGED | users::USER_CAPACITY_CHANGED);
        if !is_state
            && !matches!(e.kind.as_str(), users::USER_CREATED | users::USER_UPDATED | users::USER_DEACTIVATED)
        {
            return false;
        }
        match self.users {
            _ if self.who.user() == Some(e.subject_id) => true,
            None | Some(Scope::Own) => false,
            Some(Scope::Team) => {
                is_state && listed().filter_map(Json::as_i64).any(|d| self.departments.contains(&d))
            }
            Some(Scope::All) => true,
        }
    }

    /// Everybody's, those of my departments, and my own: somebody else's is nobody's business.
    fn hears_reply(&self, e: &Event) -> bool {
        match Place::of(e) {
            Place { department: None, owner: None } => self.canned_replies.is_some(),
            Place { owner: Some(owner), .. } => self.who.user() == Some(owner),
            place => self.reaches(self.canned_replies, place),
        }
    }

    fn reaches(&self, scope: Option<Scope>, place: Place) -> bool {
        let own = self.who.user().is_some() && place.owner == self.who.user();
        match scope {
            None => false,
            Some(Scope::Own) => own,
            Some(Scope::Team) => own || place.department.is_some_and(|d| self.departments.contains(&d)),
            Some(Scope::All) => true,
        }
    }
}

/// Where the subject stood before a change that moved it; nowhere for any other.
fn before(e: &Event, owner: &str) -> Place {
    e.data.get("before").map(|b| Place::said(b, owner)).unwrap_or_default()
}
