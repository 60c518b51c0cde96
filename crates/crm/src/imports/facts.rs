//! What a row may change of a lead, and what it comes to. Pure: a run and a check ask the same.

use people::{DepartmentId, UserId, access::staff::Staff};
use platform::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::plan::{Draft, Plan};
use crate::{
    StageId,
    leads::{Lead, LeadScope, Priority, assign, custom, input},
    pipelines::StageKind,
};

/// What an import can change of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub name: String,
    pub source: String,
    pub owner_id: Option<UserId>,
    pub department_id: Option<DepartmentId>,
    pub stage_id: StageId,
    /// Why it was lost.
    pub reason: Option<String>,
    pub disposition: Option<String>,
    /// `None` in what was kept before it was one of them.
    #[serde(default)]
    pub priority: Option<Priority>,
    pub value: Option<i64>,
    pub currency: String,
    pub tags: Vec<String>,
    pub notes: String,
    pub custom: Map<String, Json>,
}

impl Facts {
    pub fn of(l: &Lead) -> Self {
        Facts {
            name: l.name.clone(),
            source: l.source.clone(),
            owner_id: l.owner_id,
            department_id: l.department_id,
            stage_id: l.stage_id,
            reason: l.lost_reason.clone(),
            disposition: l.disposition.clone(),
            priority: Some(l.priority),
            value: l.value,
            currency: l.currency.clone(),
            tags: l.tags.clone(),
            notes: l.notes.clone(),
            custom: l.custom.clone(),
        }
    }

    /// Those of a new lead.
    pub fn of_new(plan: &Plan, draft: &Draft, name: String, owner: Option<&Staff>) -> Self {
        let stage = plan.stage_of(draft);
        Facts {
            name,
            source: draft.source.clone().unwrap_or_else(|| plan.source.clone()),
            owner_id: owner.map(|s| s.id),
            department_id: plan.department(owner),
            stage_id: stage.id,
            reason: plan.options.reason.clone().filter(|_| stage.kind == StageKind::Lost),
            disposition: draft.disposition.clone(),
            priority: Some(draft.priority.unwrap_or(Priority::Medium)),
            value: draft.value,
            currency: plan.pipeline.currency.clone(),
            tags: draft.tags.clone(),
            notes: draft.notes.clone().unwrap_or_default(),
            custom: draft.custom.clone(),
        }
    }

    /// What they are after a row; what it does not say stays.
    pub fn with(&self, plan: &Plan, draft: &Draft) -> Result<Facts, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut after = self.clone();
        after.custom = custom::check(&plan.pipeline, &draft.custom, &self.custom, false, &mut faults);
        let stage = draft.stage.map(|n| &plan.pipeline.stages[n]).filter(|s| s.id != self.stage_id);
        if let Some(stage) = stage {
            if self.currency != plan.pipeline.currency && self.value.is_some() && draft.value.is_none() {
                let words = format!("say what it is worth in {}", plan.pipeline.currency);
                faults.push(Fault::new("value", "required", words));
            }
            after.stage_id = stage.id;
            after.reason = plan.options.reason.clone().filter(|_| stage.kind == StageKind::Lost);
            after.currency.clone_from(&plan.pipeline.currency);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        macro_rules! take {
            ($($field:ident),*) => { $(if let Some(v) = &draft.$field { after.$field.clone_from(v); })* };
        }
        take!(name, source);
        after.disposition = draft.disposition.clone().or(after.disposition);
        after.priority = draft.priority.or(after.priority);
        after.value = draft.value.or(after.value);
        if let Some(owner) = &draft.owner {
            after.owner_id = Some(owner.id);
            after.department_id = assign::department_for(self.department_id, owner);
        }
        after.tags.extend(draft.tags.iter().filter(|t| !self.tags.contains(t)).cloned());
        if let Some(note) = draft.notes.as_ref().filter(|n| !self.notes.contains(n.as_str())) {
            after.notes = input::with_note(&self.notes, note);
        }
        Ok(after)
    }

    /// The same as [`LeadScope::sees`] for those who import: people and keys.
    pub fn is_within(&self, scope: &LeadScope) -> bool {
        match scope {
            LeadScope::All => true,
            LeadScope::Own(user) => self.owner_id == Some(*user),
            LeadScope::Vendor(_) => false,
            LeadScope::Team { user, departments } => {
                self.owner_id == Some(*user) || self.department_id.is_some_and(|d| departments.contains(&d))
            }
        }
    }
}
