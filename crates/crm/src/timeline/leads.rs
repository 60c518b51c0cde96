//! What happened to leads themselves, for those who may see them.

use std::collections::HashMap;

use people::access::Principal;
use platform::{Conn, Result, events::Event};
use serde_json::{Value as Json, json};

use super::{EntryKind, EntryType, Source};
use crate::{
    LeadId,
    leads::{self, LeadScope, events},
};

const fn kind(event: &'static str, shown_as: EntryType) -> EntryKind {
    EntryKind { event, shown_as, id: "" }
}

/// `lead.*`. That a lead was won or lost is what its stage change tells.
pub(super) struct Leads;

impl Source for Leads {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] = &[
            kind(events::CREATED, EntryType::Change),
            kind(events::UPDATED, EntryType::Change),
            kind(events::ASSIGNED, EntryType::Change),
            kind(events::STATUS_CHANGED, EntryType::StageChange),
            kind(events::STUDENTS_CHANGED, EntryType::Change),
            kind(events::OVERDUE, EntryType::Change),
            kind(events::ARCHIVED, EntryType::Change),
            kind(events::RESTORED, EntryType::Change),
        ];
        KINDS
    }
    /// A score follows from everything else; by itself it is no news.
    fn is_entry(&self, event: &Event) -> bool {
        event.kind != events::UPDATED || event.data.get("fields") != Some(&json!(["score"]))
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        viewer.vendor_id.is_none() && viewer.scope_of("leads.read").is_some()
    }
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        let Some(scope) = LeadScope::by(viewer, "leads.read") else { return Ok(HashMap::new()) };
        let ids: Vec<LeadId> = ids.iter().copied().map(LeadId).collect();
        let names = leads::names(c, &scope, &ids)?;
        Ok(names.into_iter().map(|(id, name)| (id.0, json!({ "id": id, "name": name }))).collect())
    }
}
