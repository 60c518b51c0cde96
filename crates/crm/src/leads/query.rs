//! The SQL of lead lists: which way along the indexes finds the rows of a page, and how many there are.
//!
//! A list can be narrowed in a dozen ways and ordered in seven. Each order has an index that also holds what lists are
//! narrowed by most, so that rows which are not meant are passed over inside the index; and what may be rare has an index
//! of its own. A [`Drive`] is one way to meet every row of a list; [`plan`] chooses among those that there are, by how many
//! rows each of them meets. What is sorted is bounded, always. Pure but for [`plan`]: text and parameters.

mod drive;
pub(super) mod page;
pub(super) mod plan;

use people::{ContactId, DepartmentId, UserId};
use platform::{
    clock::Millis,
    db::{Engine, Sql, Value, dialect::in_list},
};

pub(super) use self::drive::{Drive, drives};
use super::{LeadScope, Priority};
use crate::{StageId, VendorId};

/// Which leads, before anybody's scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// `None`: any; empty: none.
    pub stages: Option<Vec<StageId>>,
    /// Empty: any.
    pub sources: Vec<String>,
    /// Somebody's, or nobody's.
    pub owner: Option<Option<UserId>>,
    pub department: Option<DepartmentId>,
    pub vendor: Option<VendorId>,
    pub disposition: Option<String>,
    pub priorities: Vec<Priority>,
    pub tag: Option<String>,
    pub score_min: Option<i64>,
    pub score_max: Option<i64>,
    /// What is marked as overdue, or what is not.
    pub overdue: Option<bool>,
    pub created_from: Option<Millis>,
    /// The first instant that is no longer meant.
    pub created_to: Option<Millis>,
    /// Open, and not touched since.
    pub untouched_since: Option<Millis>,
    pub contact: Option<ContactId>,
    /// One of these fields has this value (as `lead_values` keeps it); each of the groups.
    pub custom: Vec<Vec<(i64, String)>>,
    /// Archived ones alone.
    pub archived: bool,
}

impl Selection {
    /// Nothing can be in it.
    pub fn is_empty(&self) -> bool {
        self.stages.as_ref().is_some_and(Vec::is_empty) || self.custom.iter().any(Vec::is_empty)
    }
    /// Nothing is asked for but places that the ledger counts by.
    pub(super) fn is_by_place(&self) -> bool {
        let places = Selection {
            stages: self.stages.clone(),
            owner: self.owner,
            department: self.department,
            overdue: self.overdue,
            ..Selection::default()
        };
        *self == places
    }
}

/// What a list is ordered by. Equal ones go by id, the same way; those without a value come last, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Created,
    Updated,
    Interaction,
    Name,
    Score,
    Value,
    Due,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub key: Key,
    pub descending: bool,
}

impl Order {
    /// The newest first.
    pub const NEWEST: Order = Order { key: Key::Created, descending: true };
}

impl Key {
    pub(super) fn column(self) -> &'static str {
        match self {
            Key::Created => "created_at",
            Key::Updated => "updated_at",
            Key::Interaction => "last_interaction_at",
            Key::Name => "name_folded",
            Key::Score => "score",
            Key::Value => "value",
            Key::Due => "due_at",
        }
    }
    /// A lead may be without.
    pub(super) fn may_be_absent(self) -> bool {
        matches!(self, Key::Interaction | Key::Value | Key::Due)
    }
    fn index(self) -> &'static str {
        match self {
            Key::Created => "leads_recent",
            Key::Updated => "leads_updated",
            Key::Interaction => "leads_interaction",
            Key::Name => "leads_name",
            Key::Score => "leads_score",
            Key::Value => "leads_value",
            Key::Due => "leads_due",
        }
    }
}

/// A text with its parameters.
#[derive(Debug, Default)]
pub struct Built {
    pub text: String,
    pub values: Vec<Value<'static>>,
}

impl Built {
    pub fn sql(&self) -> Sql<'_> {
        Sql::built(&self.text)
    }
    pub(super) fn arg(&mut self, value: impl Into<Value<'static>>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
    pub(super) fn args<T: Into<Value<'static>>>(&mut self, values: impl IntoIterator<Item = T>) -> String {
        let from = self.values.len();
        self.values.extend(values.into_iter().map(Into::into));
        in_list(from + 1, self.values.len() - from)
    }
}

/// The columns that a condition looks at, or that an index holds: a set of bits.
pub(super) type Columns = u16;
pub(super) const STAGE: Columns = 1;
pub(super) const OWNER: Columns = 1 << 1;
pub(super) const DEPARTMENT: Columns = 1 << 2;
pub(super) const VENDOR: Columns = 1 << 3;
pub(super) const SOURCE: Columns = 1 << 4;
pub(super) const DISPOSITION: Columns = 1 << 5;
pub(super) const PRIORITY: Columns = 1 << 6;
pub(super) const OVERDUE: Columns = 1 << 7;
pub(super) const SCORE: Columns = 1 << 8;
pub(super) const CREATED: Columns = 1 << 9;
pub(super) const TOUCHED: Columns = 1 << 10;
pub(super) const CONTACT: Columns = 1 << 11;
/// What no index of leads holds.
pub(super) const TAG: Columns = 1 << 12;
pub(super) const CUSTOM: Columns = 1 << 13;

/// A condition and the columns that it looks at.
pub(super) struct Condition {
    pub columns: Columns,
    pub text: String,
}

/// What `s` asks for and `scope` allows, apart from whether a lead is archived.
pub(super) fn conditions(b: &mut Built, scope: &LeadScope, s: &Selection) -> Vec<Condition> {
    let mut all = Vec::new();
    let mut add = |columns: Columns, text: String| all.push(Condition { columns, text });
    if let Some(stages) = &s.stages {
        add(STAGE, one_of("stage_id", b.args(stages.iter().copied())));
    }
    if !s.sources.is_empty() {
        add(SOURCE, one_of("source", b.args(s.sources.iter().cloned())));
    }
    match s.owner {
        Some(Some(user)) => add(OWNER, format!("owner_id = {}", b.arg(user))),
        Some(None) => add(OWNER, "owner_id IS NULL".to_owned()),
        None => {}
    }
    if let Some(department) = s.department {
        add(DEPARTMENT, format!("department_id = {}", b.arg(department)));
    }
    if let Some(vendor) = s.vendor {
        add(VENDOR, format!("vendor_id = {}", b.arg(vendor)));
    }
    if let Some(disposition) = &s.disposition {
        add(DISPOSITION, format!("disposition = {}", b.arg(disposition.clone())));
    }
    if !s.priorities.is_empty() {
        add(PRIORITY, one_of("priority", b.args(s.priorities.iter().map(|p| p.rank()))));
    }
    match s.overdue {
        Some(true) => add(OVERDUE, "is_overdue = TRUE".to_owned()),
        Some(false) => add(OVERDUE, "is_overdue = FALSE".to_owned()),
        None => {}
    }
    if let Some(min) = s.score_min {
        add(SCORE, format!("score >= {}", b.arg(min)));
    }
    if let Some(max) = s.score_max {
        add(SCORE, format!("score <= {}", b.arg(max)));
    }
    if let Some(from) = s.created_from {
        add(CREATED, format!("created_at >= {}", b.arg(from)));
    }
    if let Some(to) = s.created_to {
        add(CREATED, format!("created_at < {}", b.arg(to)));
    }
    if let Some(since) = s.untouched_since {
        add(TOUCHED, format!("touched_at < {}", b.arg(since)));
    }
    if let Some(contact) = s.contact {
        add(CONTACT, format!("contact_id = {}", b.arg(contact)));
    }
    if let Some(tag) = &s.tag {
        // Tags of archived leads are in their rows alone: a JSON list of texts.
        add(
            TAG,
            match s.archived {
                false => format!(
                    "EXISTS (SELECT 1 FROM lead_tags WHERE tag = {} AND lead_id = leads.id)",
                    b.arg(tag.clone())
                ),
                true => format!("tags LIKE {} ESCAPE '!'", b.arg(like_tag(tag))),
            },
        );
    }
    for group in &s.custom {
        let any: Vec<String> = group
            .iter()
            .map(|(field, key)| {
                let (field, key) = (b.arg(*field), b.arg(key.clone()));
                format!("EXISTS (SELECT 1 FROM lead_values WHERE field_id = {field} AND value_key = {key} AND lead_id = leads.id)")
            })
            .collect();
        add(CUSTOM, format!("({})", any.join(" OR ")));
    }
    let columns = match scope {
        LeadScope::All => return all,
        LeadScope::Own(_) => OWNER,
        LeadScope::Team { .. } => OWNER | DEPARTMENT,
        LeadScope::Vendor(_) => VENDOR,
    };
    let text = scope.condition("", &mut b.values);
    all.push(Condition { columns, text: text.trim_start_matches(" AND ").to_owned() });
    all
}

/// `list`: one parameter or several.
fn one_of(column: &str, list: String) -> String {
    if list.contains(',') { format!("{column} IN ({list})") } else { format!("{column} = {list}") }
}

/// The tag as it stands in the list.
fn like_tag(tag: &str) -> String {
    let quoted = serde_json::Value::from(tag).to_string();
    format!("%{}%", quoted.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// ` INDEXED BY …`, said outright where the engine keeps no statistics to find it by. A dialect point.
pub(super) fn along(engine: Engine, index: &str) -> String {
    match engine {
        Engine::Sqlite if !index.is_empty() => format!(" INDEXED BY {index}"),
        _ => String::new(),
    }
}

/// Rows by their ids, whatever else is asked of them: SQLite would go along an index of that. A dialect point.
pub(super) fn by_id(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => " NOT INDEXED",
        Engine::Postgres => "",
    }
}
