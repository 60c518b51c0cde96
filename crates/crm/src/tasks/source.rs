//! Tasks in a timeline.

use std::collections::{HashMap, HashSet};

use people::access::Principal;
use platform::{Conn, Result};
use serde_json::{Value as Json, json};

use super::{Task, TaskScope, events, store};
use crate::{
    LeadId, TaskId,
    leads::{self, LeadScope},
    timeline::{EntryKind, EntryType, Source},
};

const fn kind(event: &'static str) -> EntryKind {
    EntryKind { event, shown_as: EntryType::Task, id: "task_id" }
}

/// That a task was made, done or called off; for those who may see it, or its lead.
pub(crate) struct Tasks;

impl Source for Tasks {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] =
            &[kind(events::CREATED), kind(events::COMPLETED), kind(events::CANCELLED)];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        let reads = |action| viewer.scope_of(action).is_some();
        viewer.vendor_id.is_none() && (reads("tasks.read") || reads("leads.read"))
    }
    fn show(&self, c: &Conn<'_>, viewer: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        let ids: Vec<TaskId> = ids.iter().copied().map(TaskId).collect();
        let mut found = store::by_ids(c, &ids)?;
        let of: HashSet<LeadId> = found.iter().filter_map(|t| t.lead_id).collect();
        let seen = match LeadScope::by(viewer, "leads.read") {
            Some(scope) => leads::names(c, &scope, &of.into_iter().collect::<Vec<_>>())?,
            None => HashMap::new(),
        };
        let scope = TaskScope::by(viewer, "tasks.read");
        found.retain(|t| {
            t.lead_id.is_some_and(|id| seen.contains_key(&id)) || scope.as_ref().is_some_and(|s| s.sees(t))
        });
        let names = people::access::names(c, &people_of(&found))?;
        let show = |t: Task| {
            let assignee = t.assignee_id.map(|id| json!({ "id": id, "name": names.get(&id) }));
            let item = json!({
                "id": t.id, "title": t.title, "status": t.status, "due_at": t.due_at.map(platform::time::rfc3339),
                "assignee": assignee, "lead_id": t.lead_id, "is_follow_up": t.is_follow_up, "version": t.version,
            });
            (t.id.0, item)
        };
        Ok(found.into_iter().map(show).collect())
    }
}

fn people_of(tasks: &[Task]) -> Vec<people::UserId> {
    let mut ids: Vec<_> = tasks.iter().filter_map(|t| t.assignee_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
