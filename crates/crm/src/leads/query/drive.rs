//! The ways to meet every row of a list.

use people::{ContactId, DepartmentId, UserId};

use super::{
    Built, CONTACT, CREATED, CUSTOM, Columns, DEPARTMENT, DISPOSITION, Key, OVERDUE, OWNER, PRIORITY, SCORE,
    SOURCE, STAGE, Selection, TAG, TOUCHED, VENDOR,
};
use crate::{
    StageId, VendorId,
    leads::{LeadScope, Priority},
};

/// A way along one index: a walk, or several that together meet every row once.
#[derive(Debug, Clone, PartialEq)]
pub enum Drive {
    /// The index of the list's order, all of it.
    Order,
    Owner(Option<UserId>),
    Department(DepartmentId),
    /// A person's departments, and what is theirs beyond them.
    Team {
        user: UserId,
        departments: Vec<DepartmentId>,
    },
    Vendor(VendorId),
    Contact(ContactId),
    Sources(Vec<String>),
    Disposition(String),
    Priorities(Vec<Priority>),
    Stages(Vec<StageId>),
    Tag(String),
    Custom(Vec<(i64, String)>),
    Overdue,
    /// Between the scores of the selection.
    Scores,
    /// Between the days of the selection.
    Days,
    /// Not touched since, in these stages.
    Untouched(Vec<StageId>),
    Archived,
}

/// Every drive that the selection and the scope offer besides [`Drive::Order`], those first that usually meet fewer.
pub fn drives(scope: &LeadScope, s: &Selection) -> Vec<Drive> {
    let mut all = Vec::new();
    all.extend(s.contact.map(Drive::Contact));
    if s.archived {
        all.push(Drive::Archived);
        return all;
    }
    all.extend(s.tag.clone().map(Drive::Tag));
    all.extend(s.custom.iter().cloned().map(Drive::Custom));
    all.extend(s.owner.map(Drive::Owner));
    match scope {
        LeadScope::Own(user) if s.owner.is_none() => all.push(Drive::Owner(Some(*user))),
        LeadScope::Vendor(vendor) if s.vendor.is_none() => all.push(Drive::Vendor(*vendor)),
        LeadScope::All | LeadScope::Own(_) | LeadScope::Team { .. } | LeadScope::Vendor(_) => {}
    }
    all.extend(s.vendor.map(Drive::Vendor));
    if !s.sources.is_empty() {
        all.push(Drive::Sources(s.sources.clone()));
    }
    all.extend(s.disposition.clone().map(Drive::Disposition));
    if !s.priorities.is_empty() && !s.priorities.contains(&Priority::Medium) {
        all.push(Drive::Priorities(s.priorities.clone()));
    }
    all.extend(s.department.map(Drive::Department));
    if let LeadScope::Team { user, departments } = scope
        && s.owner.is_none()
        && s.department.is_none()
    {
        all.push(Drive::Team { user: *user, departments: departments.clone() });
    }
    if s.created_from.is_some() || s.created_to.is_some() {
        all.push(Drive::Days);
    }
    if s.score_min.is_some() || s.score_max.is_some() {
        all.push(Drive::Scores);
    }
    if let Some(stages) = &s.stages {
        all.push(match s.untouched_since {
            Some(_) => Drive::Untouched(stages.clone()),
            None => Drive::Stages(stages.clone()),
        });
    }
    if s.overdue == Some(true) {
        all.push(Drive::Overdue);
    }
    all
}

impl Drive {
    pub(super) fn index(&self, key: Key) -> &'static str {
        match self {
            Drive::Order => key.index(),
            Drive::Owner(_) => "leads_owner",
            Drive::Department(_) => "leads_department",
            // Its last walk goes along another: see `walks`.
            Drive::Team { .. } => "leads_department",
            Drive::Vendor(_) => "leads_vendor",
            Drive::Contact(_) => "leads_contact",
            Drive::Sources(_) => "leads_source",
            Drive::Disposition(_) => "leads_disposition",
            Drive::Priorities(_) => "leads_priority",
            Drive::Stages(_) => "leads_stage",
            Drive::Untouched(_) => "leads_board",
            Drive::Tag(_) | Drive::Custom(_) => "",
            Drive::Overdue => "leads_due",
            Drive::Scores => "leads_score",
            Drive::Days => "leads_recent",
            Drive::Archived => "leads_archived",
        }
    }

    /// The order in which each walk of it meets its rows.
    pub fn order(&self, key: Key) -> Option<Key> {
        match self {
            Drive::Order => Some(key),
            Drive::Owner(_)
            | Drive::Department(_)
            | Drive::Team { .. }
            | Drive::Vendor(_)
            | Drive::Sources(_)
            | Drive::Disposition(_)
            | Drive::Priorities(_)
            | Drive::Stages(_)
            | Drive::Days
            | Drive::Archived => Some(Key::Created),
            Drive::Scores => Some(Key::Score),
            Drive::Overdue => Some(Key::Due),
            Drive::Contact(_) | Drive::Untouched(_) | Drive::Tag(_) | Drive::Custom(_) => None,
        }
    }

    /// What its index holds besides.
    pub(super) fn holds(&self, key: Key) -> Columns {
        const USUAL: Columns = STAGE | OWNER | DEPARTMENT | SOURCE;
        const ORDERED: Columns = USUAL | PRIORITY | CREATED;
        const RECENT: Columns = ORDERED | VENDOR | DISPOSITION | OVERDUE | SCORE;
        match self {
            Drive::Order => match key {
                Key::Created => RECENT,
                Key::Score => ORDERED | SCORE,
                Key::Due => ORDERED | OVERDUE,
                Key::Updated | Key::Interaction | Key::Name | Key::Value => ORDERED,
            },
            Drive::Days => RECENT,
            Drive::Owner(_) | Drive::Department(_) | Drive::Team { .. } | Drive::Sources(_) => {
                USUAL | CREATED
            }
            Drive::Disposition(_) => STAGE | OWNER | DEPARTMENT | CREATED | DISPOSITION,
            Drive::Priorities(_) => STAGE | OWNER | DEPARTMENT | CREATED | PRIORITY,
            Drive::Vendor(_) => STAGE | CREATED | VENDOR,
            Drive::Stages(_) => ORDERED | SCORE,
            Drive::Untouched(_) => USUAL | TOUCHED,
            Drive::Overdue => ORDERED | OVERDUE,
            Drive::Scores => ORDERED | SCORE,
            Drive::Contact(_) => CONTACT,
            Drive::Tag(_) | Drive::Custom(_) => 0,
            Drive::Archived => CREATED,
        }
    }

    /// The condition that its walks stand for.
    pub(super) fn stands_for(&self, s: &Selection) -> Columns {
        match self {
            Drive::Order | Drive::Archived => 0,
            Drive::Days => CREATED,
            Drive::Scores => SCORE,
            Drive::Owner(_) => OWNER,
            Drive::Department(_) => DEPARTMENT,
            Drive::Team { .. } => OWNER | DEPARTMENT,
            Drive::Vendor(_) => VENDOR,
            Drive::Contact(_) => CONTACT,
            Drive::Sources(_) => SOURCE,
            Drive::Disposition(_) => DISPOSITION,
            Drive::Priorities(_) => PRIORITY,
            Drive::Stages(_) | Drive::Untouched(_) => STAGE,
            Drive::Tag(_) => TAG,
            // Of several groups it is one.
            Drive::Custom(_) => {
                if s.custom.len() == 1 {
                    CUSTOM
                } else {
                    0
                }
            }
            Drive::Overdue => OVERDUE,
        }
    }

    /// Whether it meets nothing but what `scope` holds: its walks are the scope, or narrower.
    pub(super) fn is_within(&self, scope: &LeadScope) -> bool {
        match (self, scope) {
            (_, LeadScope::All) | (Drive::Team { .. }, LeadScope::Team { .. }) => true,
            (Drive::Owner(Some(owner)), LeadScope::Own(user)) => owner == user,
            (Drive::Vendor(vendor), LeadScope::Vendor(own)) => vendor == own,
            _ => false,
        }
    }

    /// The table that it begins with, where that is not `leads`.
    pub(super) fn beside(&self) -> &'static str {
        match self {
            Drive::Tag(_) => "lead_tags CROSS JOIN ",
            Drive::Custom(_) => "lead_values CROSS JOIN ",
            _ => "",
        }
    }

    /// Its walks: an index where it is another than usual, and the condition along it. (Fields of one name belong to several
    /// pipelines, and a lead has values of its own pipeline's fields alone: so it is met once.)
    pub(super) fn walks(&self, b: &mut Built, s: &Selection) -> Vec<(Option<&'static str>, String)> {
        let each = |all: Vec<String>| all.into_iter().map(|text| (None, text)).collect();
        let one = |text: String| vec![(None, text)];
        match self {
            Drive::Order | Drive::Archived => one(String::new()),
            Drive::Owner(Some(user)) => one(format!("owner_id = {}", b.arg(*user))),
            Drive::Owner(None) => one("owner_id IS NULL".to_owned()),
            Drive::Department(department) => one(format!("department_id = {}", b.arg(*department))),
            Drive::Team { user, departments } => {
                let mut all: Vec<(Option<&'static str>, String)> =
                    departments.iter().map(|d| (None, format!("department_id = {}", b.arg(*d)))).collect();
                let mine = format!("owner_id = {}", b.arg(*user));
                all.push((Some("leads_owner"), match departments.is_empty() {
                    true => mine,
                    false => {
                        let those = b.args(departments.iter().copied());
                        format!("{mine} AND (department_id IS NULL OR department_id NOT IN ({those}))")
                    }
                }));
                all
            }
            Drive::Vendor(vendor) => one(format!("vendor_id = {}", b.arg(*vendor))),
            Drive::Contact(contact) => one(format!("contact_id = {}", b.arg(*contact))),
            Drive::Sources(all) => each(all.iter().map(|v| format!("source = {}", b.arg(v.clone()))).collect()),
            Drive::Disposition(key) => one(format!("disposition = {}", b.arg(key.clone()))),
            // The second half is the index's own condition, word for word.
            Drive::Priorities(all) => each(
                all.iter().map(|p| format!("priority = {} AND priority <> 1", b.arg(p.rank()))).collect(),
            ),
            Drive::Stages(all) | Drive::Untouched(all) => {
                each(all.iter().map(|id| format!("stage_id = {}", b.arg(*id))).collect())
            }
            Drive::Tag(tag) => {
                one(format!("lead_tags.tag = {} AND leads.id = lead_tags.lead_id", b.arg(tag.clone())))
            }
            Drive::Custom(group) => each(
                group
                    .iter()
                    .map(|(field, key)| {
                        let (field, key) = (b.arg(*field), b.arg(key.clone()));
                        format!("lead_values.field_id = {field} AND lead_values.value_key = {key} AND leads.id = lead_values.lead_id")
                    })
                    .collect(),
            ),
            Drive::Overdue => one("is_overdue = TRUE".to_owned()),
            Drive::Scores => one(range(b, "score", s.score_min, s.score_max.map(|m| m + 1))),
            Drive::Days => one(range(b, "created_at", s.created_from, s.created_to)),
        }
    }
}

fn range(b: &mut Built, column: &str, from: Option<i64>, to: Option<i64>) -> String {
    let from = from.map(|v| format!("{column} >= {}", b.arg(v)));
    let to = to.map(|v| format!("{column} < {}", b.arg(v)));
    from.into_iter().chain(to).collect::<Vec<_>>().join(" AND ")
}
