//! Interactions in a timeline.

use std::collections::{HashMap, HashSet};

use people::access::Principal;
use platform::{Conn, Error, Result};
use serde_json::Value as Json;

use super::{events, store, view};
use crate::{
    InteractionId, LeadId,
    leads::{self, LeadScope},
    timeline::{EntryKind, EntryType, Source},
};

/// What was logged and is still there, for those who may see the lead.
pub(crate) struct Interactions;

impl Source for Interactions {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] =
            &[EntryKind { event: events::LOGGED, shown_as: EntryType::Interaction, id: "interaction_id" }];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        viewer.vendor_id.is_none() && viewer.scope_of("leads.read").is_some()
    }
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        let Some(scope) = LeadScope::by(viewer, "leads.read") else { return Ok(HashMap::new()) };
        let ids: Vec<InteractionId> = ids.iter().copied().map(InteractionId).collect();
        let mut found = store::by_ids(c, &ids)?;
        let of: HashSet<LeadId> = found.iter().map(|i| i.lead_id).collect();
        let seen = leads::names(c, &scope, &of.into_iter().collect::<Vec<_>>())?;
        found.retain(|i| seen.contains_key(&i.lead_id));
        let shown = view::views(c, found)?.into_iter();
        shown.map(|v| Ok((v.id.0, serde_json::to_value(v).map_err(Error::internal)?))).collect()
    }
}
