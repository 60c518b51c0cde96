//! Leads as the API shows them: whatever their number, by the same few queries.

use std::collections::{HashMap, HashSet};

use people::{ContactId, UserId, access, contacts, contacts::ContactMethod, departments};
use platform::{
    Conn, Error, Result,
    clock::{DAY, Millis, SECOND},
    time::{instant, instant_opt},
};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{
    Lead, LeadScope, Outcome, Priority,
    score::ScorePart,
    settings::LeadSettings,
    students::{self, Student},
};
use crate::{
    LeadId, PipelineId, Ref, StageId, VendorId,
    pipelines::{self, Pipeline, StageKind},
    vendors,
};

platform::words!(
    /// How long nobody has been in touch with an open lead.
    Stale { Warning = "warning", Critical = "critical" }
);

/// A line of a list of leads.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadRow {
    pub id: LeadId,
    pub name: String,
    pub contact_id: ContactId,
    pub contact: LeadContact,
    pub contact_methods: Vec<LeadMethod>,
    /// The contact's primary e-mail address.
    #[schema(required)]
    pub email: Option<String>,
    /// The contact's primary number.
    #[schema(required)]
    pub phone: Option<String>,
    /// The same as `name`.
    pub parent_name: String,
    pub pipeline_id: PipelineId,
    pub pipeline_key: String,
    /// The stage's key.
    pub status: String,
    pub stage: LeadStage,
    pub source: String,
    #[schema(required)]
    pub owner: Option<Ref>,
    /// The owner's id.
    #[schema(required)]
    pub assigned_to: Option<UserId>,
    #[schema(required)]
    pub department: Option<Ref>,
    #[schema(required)]
    pub vendor: Option<LeadVendor>,
    /// The key of one of the pipeline's dispositions.
    #[schema(required)]
    pub disposition: Option<String>,
    #[schema(inline)]
    pub priority: Priority,
    /// Minor units of `currency`.
    #[schema(required)]
    pub value: Option<i64>,
    pub currency: String,
    /// 0–100.
    pub score: i64,
    pub tags: Vec<String>,
    pub notes: String,
    /// By the keys of the pipeline's fields.
    pub custom: Map<String, Json>,
    /// The keys of the checklist that are done.
    pub checklist: Vec<String>,
    /// What came with it beside the fields.
    #[schema(value_type = Object)]
    pub metadata: Json,
    /// Another contact is likely the same person as the lead's.
    pub is_duplicate_suspect: bool,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub stage_entered_at: Millis,
    pub time_in_stage_seconds: i64,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_interaction_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub first_contact_at: Option<Millis>,
    /// From then on it is overdue, unless somebody gets in touch.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub due_at: Option<Millis>,
    pub is_overdue: bool,
    #[schema(required, inline)]
    pub is_stale: Option<Stale>,
    #[schema(required, inline)]
    pub outcome: Option<Outcome>,
    #[schema(required)]
    pub lost_reason: Option<String>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub closed_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub archived_at: Option<Millis>,
    #[schema(required)]
    pub created_by: Option<UserId>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// A lead with what belongs to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Lead)]
pub struct LeadView {
    #[serde(flatten)]
    pub row: LeadRow,
    /// How the score comes about.
    #[schema(value_type = Vec<ScorePart>)]
    pub score_parts: Json,
    /// What the fields in `custom` are called.
    pub custom_labels: Map<String, Json>,
    pub students: Vec<Student>,
}

/// Whose lead it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadContact {
    pub id: ContactId,
    pub name: String,
    /// `person` or `company`.
    pub kind: String,
    #[schema(required)]
    pub company: Option<Ref>,
    /// Since then there is nothing personal left of them.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub erased_at: Option<Millis>,
}

/// An address of the contact.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadMethod {
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
    pub is_primary: bool,
    pub is_active: bool,
    /// Wants no messages that it did not ask for.
    pub opted_out: bool,
}

/// Where in its pipeline it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadStage {
    pub id: StageId,
    pub key: String,
    pub name: String,
    #[schema(inline)]
    pub kind: StageKind,
}

/// Who posted it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadVendor {
    pub id: VendorId,
    pub code: String,
    pub name: String,
}

/// Everything that the rows of one answer refer to, each kind asked for once.
struct Around {
    pipelines: Vec<Pipeline>,
    contacts: HashMap<ContactId, contacts::Brief>,
    users: HashMap<UserId, String>,
    departments: HashMap<people::DepartmentId, String>,
    vendors: HashMap<VendorId, (String, String)>,
    settings: LeadSettings,
    suspects: HashSet<ContactId>,
    now: Millis,
}

impl Around {
    fn load(c: &Conn<'_>, scope: &LeadScope, leads: &[Lead], now: Millis) -> Result<Around> {
        let mut around = Around::without_suspects(c, leads, now)?;
        if !matches!(scope, LeadScope::Vendor(_)) {
            around.suspects = contacts::duplicates::suspects(c, around.contacts.values())?;
        }
        Ok(around)
    }

    fn without_suspects(c: &Conn<'_>, leads: &[Lead], now: Millis) -> Result<Around> {
        let contacts = each_once(leads.iter().map(|l| l.contact_id));
        let users = each_once(leads.iter().filter_map(|l| l.owner_id));
        let vendors = each_once(leads.iter().filter_map(|l| l.vendor_id));
        Ok(Around {
            pipelines: pipelines::all(c)?,
            contacts: contacts::briefs(c, &contacts)?,
            suspects: HashSet::new(),
            users: access::names(c, &users)?,
            departments: departments::names(c)?,
            vendors: vendors::names(c, &vendors)?,
            settings: LeadSettings::load(c)?,
            now,
        })
    }

    fn pipeline(&self, lead: &Lead) -> Result<&Pipeline> {
        let found = self.pipelines.iter().find(|p| p.id == lead.pipeline_id);
        found.ok_or_else(|| Error::internal("a lead without its pipeline"))
    }

    fn row(&self, lead: &Lead) -> Result<LeadRow> {
        let pipeline = self.pipeline(lead)?;
        let stage = pipeline.stage(lead.stage_id);
        let stage = stage.ok_or_else(|| Error::internal("a lead whose stage is not its pipeline's"))?;
        let contact = self.contacts.get(&lead.contact_id);
        let contact = contact.ok_or_else(|| Error::internal("a lead without its contact"))?;
        let primary = |kind: &str| contact.methods.iter().find(|m| m.kind == kind).map(|m| m.value.clone());
        let owner = lead.owner_id.and_then(|id| Some((id.0, self.users.get(&id)?)));
        let department = lead.department_id.and_then(|id| Some((id.0, self.departments.get(&id)?)));
        let named = |(id, name): (i64, &String)| Ref { id, name: name.clone() };
        Ok(LeadRow {
            id: lead.id,
            name: lead.name.clone(),
            contact_id: lead.contact_id,
            contact: LeadContact {
                id: contact.id,
                name: contact.name.clone(),
                kind: contact.kind.clone(),
                company: contact.company.as_ref().map(|(id, name)| named((id.0, name))),
                erased_at: contact.erased_at,
            },
            contact_methods: contact.methods.iter().map(method).collect(),
            email: primary("email"),
            phone: primary("phone"),
            parent_name: lead.name.clone(),
            pipeline_id: pipeline.id,
            pipeline_key: pipeline.key.clone(),
            status: stage.key.clone(),
            stage: LeadStage {
                id: stage.id,
                key: stage.key.clone(),
                name: stage.name.clone(),
                kind: stage.kind,
            },
            source: lead.source.clone(),
            owner: owner.map(named),
            assigned_to: lead.owner_id,
            department: department.map(named),
            vendor: lead.vendor_id.and_then(|id| {
                let (code, name) = self.vendors.get(&id)?.clone();
                Some(LeadVendor { id, code, name })
            }),
            disposition: lead.disposition.clone(),
            priority: lead.priority,
            value: lead.value,
            currency: lead.currency.clone(),
            score: lead.score,
            tags: lead.tags.clone(),
            notes: lead.notes.clone(),
            custom: lead.custom.clone(),
            checklist: lead.checklist.clone(),
            metadata: lead.metadata.clone(),
            is_duplicate_suspect: self.suspects.contains(&lead.contact_id),
            stage_entered_at: lead.stage_entered_at,
            time_in_stage_seconds: (self.now - lead.stage_entered_at).max(0) / SECOND,
            last_interaction_at: lead.last_interaction_at,
            first_contact_at: lead.first_contact_at,
            due_at: lead.due_at,
            is_overdue: is_overdue(lead, self.now),
            is_stale: stale(lead, &self.settings, self.now),
            outcome: lead.outcome,
            lost_reason: lead.lost_reason.clone(),
            closed_at: lead.closed_at,
            archived_at: lead.archived_at,
            created_by: lead.created_by,
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            version: lead.version,
        })
    }
}

/// Whether nobody was in touch in time, noticed or not yet.
pub fn is_overdue(lead: &Lead, now: Millis) -> bool {
    lead.due_at.is_some_and(|due| due <= now)
}

/// How stale an open lead is: by the days since it was last touched.
pub fn stale(lead: &Lead, settings: &LeadSettings, now: Millis) -> Option<Stale> {
    if lead.outcome.is_some() || lead.archived_at.is_some() {
        return None;
    }
    match (now - lead.touched_at) / DAY {
        days if days >= settings.stale_critical_days => Some(Stale::Critical),
        days if days >= settings.stale_warning_days => Some(Stale::Warning),
        _ => None,
    }
}

fn method(m: &ContactMethod) -> LeadMethod {
    LeadMethod {
        id: m.id,
        kind: m.kind.clone(),
        value: m.value.clone(),
        is_primary: m.is_primary,
        is_active: m.is_active,
        opted_out: m.opted_out_at.is_some(),
    }
}

fn each_once<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A vendor sees what became of a lead: not what we think and do about it, and nothing that we know of the person besides
/// (the contact may have been here before, through somebody else).
fn without_ours(row: &mut LeadRow) {
    (row.owner, row.assigned_to, row.department, row.created_by) = (None, None, None, None);
    (row.email, row.phone, row.contact.company, row.lost_reason) = (None, None, None, None);
    row.contact_methods.clear();
    row.contact.name.clone_from(&row.name);
    row.notes.clear();
    row.tags.clear();
    row.checklist.clear();
    row.score = 0;
    row.metadata = Json::Object(Map::new());
    (row.due_at, row.is_overdue, row.is_stale) = (None, false, None);
}

/// Rows for whoever sees by `scope`, in the order of `leads`. Twelve queries at most.
pub fn rows(c: &Conn<'_>, scope: &LeadScope, leads: &[Lead], now: Millis) -> Result<Vec<LeadRow>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let around = Around::load(c, scope, leads, now)?;
    leads.iter().map(|lead| shown(&around, scope, lead)).collect()
}

/// [`rows`] of leads that were read before this transaction, without looking for likely duplicates. A lead that has gone
/// with its contact meanwhile is left out.
pub fn plain_rows(c: &Conn<'_>, scope: &LeadScope, leads: &[Lead], now: Millis) -> Result<Vec<LeadRow>> {
    let around = Around::without_suspects(c, leads, now)?;
    let there = leads.iter().filter(|lead| around.contacts.contains_key(&lead.contact_id));
    there.map(|lead| shown(&around, scope, lead)).collect()
}

fn shown(around: &Around, scope: &LeadScope, lead: &Lead) -> Result<LeadRow> {
    let mut row = around.row(lead)?;
    if matches!(scope, LeadScope::Vendor(_)) {
        without_ours(&mut row);
    }
    Ok(row)
}

/// Leads with what belongs to them, in the order of `leads`. One query more than [`rows`].
pub fn views(c: &Conn<'_>, scope: &LeadScope, leads: &[Lead], now: Millis) -> Result<Vec<LeadView>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let around = Around::load(c, scope, leads, now)?;
    let ids: Vec<LeadId> = leads.iter().map(|l| l.id).collect();
    let mut by_lead: HashMap<LeadId, Vec<Student>> = HashMap::new();
    for student in students::of_leads(c, &ids)? {
        by_lead.entry(student.lead_id).or_default().push(student);
    }
    let view = |lead: &Lead| {
        let labels = |f: &pipelines::Field| (f.key.clone(), Json::from(f.label.clone()));
        let ours = !matches!(scope, LeadScope::Vendor(_));
        Ok(LeadView {
            row: shown(&around, scope, lead)?,
            score_parts: if ours { lead.score_parts.clone() } else { Json::Array(Vec::new()) },
            custom_labels: around.pipeline(lead)?.fields.iter().map(labels).collect(),
            students: by_lead.remove(&lead.id).unwrap_or_default(),
        })
    };
    leads.iter().map(view).collect()
}

/// One lead with what belongs to it.
pub fn view(c: &Conn<'_>, scope: &LeadScope, lead: &Lead, now: Millis) -> Result<LeadView> {
    let mut views = views(c, scope, std::slice::from_ref(lead), now)?;
    views.pop().ok_or_else(|| Error::internal("a lead without its view"))
}
