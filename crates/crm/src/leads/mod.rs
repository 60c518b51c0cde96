//! A lead: an opportunity with a contact, in a pipeline.
//!
//! Invariants: every change goes through [`change`], which keeps the ledger of counts, the due time, the history and the
//! events in step, in one transaction. A lead is in one stage of its own pipeline; `outcome` says what that stage means.
//! `touched_at` is the later of stage entry and last interaction, `due_at` follows from it and the stage's hours, and a lead
//! is told overdue once per stage entry. A lost lead has a reason. This slice never deletes a lead (it archives) and never
//! writes to a customer.

pub mod aging;
pub mod assign;
pub mod board;
pub mod by_vendor;
mod change;
mod contact;
pub mod custom;
pub mod due;
pub(crate) mod erase;
pub mod events;
pub mod export;
pub mod input;
pub mod intake;
pub mod jobs;
pub mod ledger;
pub mod list;
mod notice;
pub(crate) mod others;
mod query;
pub mod rescoring;
mod routes;
mod scope;
pub mod score;
pub mod search;
pub mod settings;
pub mod sla;
pub(crate) mod store;
pub mod students;
mod tags;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
pub mod upkeep;
pub mod view;

use people::{ContactId, DepartmentId, UserId};
use platform::{Conn, Error, Result, Tx, clock::Millis, db::Reactors, error::Code, events::Recorded};
use serde_json::{Map, Value as Json};

use self::query::Selection;
pub use self::{
    change::{Change, NewLead, change, create},
    contact::{seen_of_contact, touch_contact},
    routes::{api, export_all},
    scope::{
        LeadScope, LeadsAssign, LeadsCreate, LeadsDelete, LeadsExport, LeadsRead, LeadsWrite, in_use, locked,
        names, visible,
    },
};
use crate::{
    ImportId, LeadId, PipelineId, StageId, VendorId,
    pipelines::{self, StageKind},
};

platform::words!(
    /// Stored as 0–3, so that a list can be ordered by it.
    Priority { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
);
platform::words!(
    /// How a lead ended.
    Outcome { Won = "won", Lost = "lost" }
);

impl Priority {
    pub fn rank(self) -> i64 {
        self as i64
    }
    pub fn from_rank(rank: i64) -> Self {
        *Priority::ALL.get(rank as usize).unwrap_or(&Priority::Medium)
    }
}

/// A row of `leads`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    pub id: LeadId,
    pub contact_id: ContactId,
    pub pipeline_id: PipelineId,
    pub stage_id: StageId,
    pub name: String,
    pub source: String,
    pub owner_id: Option<UserId>,
    pub department_id: Option<DepartmentId>,
    pub vendor_id: Option<VendorId>,
    pub disposition: Option<String>,
    pub priority: Priority,
    /// Minor units of `currency`.
    pub value: Option<i64>,
    pub currency: String,
    /// 0–100.
    pub score: i64,
    /// How the score comes about: a list of `{"part","points","detail"}`.
    pub score_parts: Json,
    pub tags: Vec<String>,
    pub notes: String,
    /// By the keys of the pipeline's fields.
    pub custom: Map<String, Json>,
    /// The keys of the checklist that are done.
    pub checklist: Vec<String>,
    /// What a caller sent beside the fields; kept as it came.
    pub metadata: Json,
    pub stage_entered_at: Millis,
    pub last_interaction_at: Option<Millis>,
    pub first_contact_at: Option<Millis>,
    pub touched_at: Millis,
    pub due_at: Option<Millis>,
    pub is_overdue: bool,
    pub outcome: Option<Outcome>,
    pub lost_reason: Option<String>,
    pub closed_at: Option<Millis>,
    pub archived_at: Option<Millis>,
    pub import_id: Option<ImportId>,
    pub created_by: Option<UserId>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// The lead, whoever asks. Handlers use [`visible`] instead.
pub fn get(c: &Conn<'_>, id: LeadId) -> Result<Option<Lead>> {
    store::get(c, id)
}

/// The lead, locked against other transactions until this one ends.
pub fn lock(tx: &Tx<'_>, id: LeadId) -> Result<Lead> {
    store::lock(tx, id)?.ok_or_else(|| Error::not_found("lead"))
}

/// The leads of a contact that are not archived, newest first; 100 at most.
pub fn of_contact(c: &Conn<'_>, contact: ContactId) -> Result<Vec<Lead>> {
    store::of_contact(c, contact)
}

/// Counts the score anew, because something that it goes by changed elsewhere: an interaction, an address.
pub fn rescore(tx: &Tx<'_>, origin: &platform::events::Origin, lead: &Lead) -> Result<Lead> {
    self::change(tx, origin, lead, Change { rescore: true, ..Change::default() })
}

/// Somebody was in touch at `at`: overdue and stale count from then on; `by_us` is a first contact, and counts for the score.
pub fn touch(
    tx: &Tx<'_>,
    origin: &platform::events::Origin,
    lead: &Lead,
    at: Millis,
    by_us: bool,
) -> Result<Lead> {
    let change = Change {
        last_interaction_at: Some(lead.last_interaction_at.map_or(at, |t| t.max(at))),
        first_contact_at: (by_us && lead.first_contact_at.is_none()).then_some(at),
        rescore: by_us,
        ..Change::default()
    };
    self::change(tx, origin, lead, change)
}

/// What leads do when others record something: what a score goes by may have changed.
pub fn reactors(r: &mut Reactors) {
    use crate::interactions::events as interactions;
    for kind in [interactions::UPDATED, interactions::REMOVED] {
        r.on(kind, |tx, event| match store::lock(tx, LeadId(event.subject_id))? {
            Some(lead) => rescore(tx, &event.origin, &lead).map(|_| ()),
            None => Ok(()),
        });
    }
    use people::contacts::events as contacts;
    r.on(contacts::UPDATED, |tx, event| match event.data["fields"].as_array() {
        Some(fields) if fields.iter().any(|f| f == "methods") => rescore_contact(tx, event),
        _ => Ok(()),
    });
    r.on(contacts::BLOCKED, rescore_contact);
    r.on(contacts::UNBLOCKED, rescore_contact);
    r.on(contacts::MERGED, rescore_contact);
    r.on(contacts::UNMERGED, rescore_contact);
    r.on(people::access::events::USER_DEACTIVATED, may_leave);
    notice::reactors(r);
}

/// Nobody leaves while leads are theirs that are still open: this ends the transaction in which they would.
fn may_leave(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let open = pipelines::all(tx)?.into_iter().flat_map(|p| p.stages).filter(|s| s.kind == StageKind::Open);
    let theirs = Selection {
        owner: Some(Some(UserId(event.subject_id))),
        stages: Some(open.map(|s| s.id).collect()),
        ..Selection::default()
    };
    match ledger::count_of(tx, &LeadScope::All, &theirs)? {
        0 => Ok(()),
        n => {
            let detail = format!("{n} open leads are this person's; give them to others first.");
            Err(Error::conflict(Code::HasOpenWork, detail))
        }
    }
}

/// The newest leads of a contact that are still open.
fn rescore_contact(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let leads = store::of_contact(tx, ContactId(event.subject_id))?;
    for lead in leads.iter().filter(|l| l.outcome.is_none()).take(20) {
        if let Some(lead) = store::lock(tx, lead.id)? {
            rescore(tx, &event.origin, &lead)?;
        }
    }
    Ok(())
}
