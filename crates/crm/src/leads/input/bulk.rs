//! One change for many leads.

use people::access::Principal;
use platform::{Error, Fault, Result, Tx, events::Origin, http::nullable};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    change::{self, ChangeBody},
    with_note, words,
};
use crate::leads::{Change, Lead, Priority};

/// What to do to each; what is not named stays, `null` clears.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeadBulkChanges)]
pub struct BulkChanges {
    /// The key of a stage of the lead's pipeline.
    #[schema(max_length = 60)]
    pub status: Option<String>,
    /// Why; asked for where it is lost.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub assigned_to: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 60)]
    pub disposition: Option<Option<String>>,
    #[schema(inline)]
    pub priority: Option<Priority>,
    #[schema(max_items = 50)]
    pub tags_add: Option<Vec<String>>,
    #[schema(max_items = 50)]
    pub tags_remove: Option<Vec<String>>,
    #[schema(min_length = 1, max_length = 60)]
    pub source: Option<String>,
    pub archived: Option<bool>,
}

impl BulkChanges {
    pub fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.assigned_to.is_none()
            && self.disposition.is_none()
            && self.priority.is_none()
            && self.tags_add.is_none()
            && self.tags_remove.is_none()
            && self.source.is_none()
            && self.archived.is_none()
    }
}

/// Does it to `lead`, which is locked. That the caller may archive has been asked.
pub fn apply(
    tx: &Tx<'_>,
    origin: &Origin,
    principal: &Principal,
    lead: &Lead,
    updates: &BulkChanges,
    notes: Option<&str>,
) -> Result<Lead> {
    let mut faults: Vec<Fault> = Vec::new();
    let more = words::tags("tags_add", updates.tags_add.as_deref().unwrap_or_default(), &mut faults);
    let less = updates.tags_remove.clone().unwrap_or_default();
    let mut tags: Vec<String> = lead.tags.iter().filter(|t| !less.contains(t)).cloned().collect();
    tags.extend(more.into_iter().filter(|t| !lead.tags.contains(t)));
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let body = ChangeBody {
        status: updates.status.clone(),
        reason: updates.reason.clone(),
        assigned_to: updates.assigned_to,
        disposition: updates.disposition.clone(),
        priority: updates.priority,
        tags: (tags != lead.tags).then_some(tags),
        source: updates.source.clone(),
        notes: notes.map(|more| Some(with_note(&lead.notes, more))),
        ..ChangeBody::default()
    };
    let after = change::apply(tx, origin, principal, lead, &body)?;
    match updates.archived {
        None => Ok(after),
        Some(away) => {
            let put = Change { is_archived: Some(away), ..Change::default() };
            crate::leads::change(tx, origin, &after, put)
        }
    }
}

/// The names of what differs, as the API spells them.
pub fn changed_fields(before: &Lead, after: &Lead) -> Vec<&'static str> {
    [
        ("status", before.stage_id != after.stage_id),
        ("assigned_to", before.owner_id != after.owner_id),
        ("disposition", before.disposition != after.disposition),
        ("priority", before.priority != after.priority),
        ("tags", before.tags != after.tags),
        ("source", before.source != after.source),
        ("notes", before.notes != after.notes),
        ("archived", before.archived_at != after.archived_at),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
