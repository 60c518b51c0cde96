//! What is said of an import before it runs: what the columns are, what is done with duplicates, where the leads go.

use std::collections::{BTreeMap, BTreeSet};

use people::{
    DepartmentId, UserId,
    access::{Principal, PrincipalKind, Scope},
};
use platform::{
    Conn, Fault, Result,
    events::{Actor, Origin},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guess;
use crate::{
    ImportId,
    leads::{
        LeadScope,
        assign::Strategy,
        input::{self, tags},
    },
    pipelines::{Pipeline, StageKind},
};

platform::words!(
    /// What is done with a row whose phone number or e-mail address a lead of the pipeline has already.
    Duplicates { Skip = "skip", Update = "update", Create = "create" }
);
platform::words!(
    /// How days are written where they are not written 2026-01-31.
    DateFormat { Day = "dmy", Month = "mdy", Year = "ymd" }
);

/// Columns of one kind of address at most.
const MOST_ALIKE: usize = 10;

/// Field by column, the first column being 0.
pub type Mapping = BTreeMap<usize, String>;

/// How an import is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ImportOptions)]
pub struct Options {
    /// `update` changes the newest lead with the address by what the row says, and adds students who are not on it; `skip`
    /// takes nothing of the row; `create` makes another lead of the same contact. Rows of one file count among each other.
    #[schema(inline)]
    pub duplicates: Duplicates,
    /// The default pipeline unless said.
    #[schema(minimum = 1)]
    pub pipeline_id: Option<i64>,
    /// The key of the stage of rows that do not say one; the pipeline's first unless said.
    #[schema(max_length = 60)]
    pub status: Option<String>,
    /// Why, for rows in a stage that means lost.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Of rows that do not say one; the desk's first source unless said.
    #[schema(max_length = 60)]
    pub source: Option<String>,
    /// Whose the leads are where the row does not say it; nobody's unless said.
    #[schema(minimum = 1)]
    pub assigned_to: Option<i64>,
    /// Gives out the leads whose row does not say whose they are, instead of `assigned_to`.
    #[schema(inline)]
    pub strategy: Option<Strategy>,
    /// The owner's unless said.
    #[schema(minimum = 1)]
    pub department_id: Option<i64>,
    /// For every lead, besides those of the row.
    #[schema(max_items = 50)]
    pub tags: Vec<String>,
    #[schema(inline)]
    pub date_format: DateFormat,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            duplicates: Duplicates::Skip,
            pipeline_id: None,
            status: None,
            reason: None,
            source: None,
            assigned_to: None,
            strategy: None,
            department_id: None,
            tags: Vec::new(),
            date_format: DateFormat::Day,
        }
    }
}

/// By whose word an import works, and how far they may make leads: as it was when they said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    pub user: Option<i64>,
    pub key: Option<i64>,
    pub scope: Scope,
    pub departments: Vec<i64>,
}

impl Authority {
    pub fn of(principal: &Principal, scope: Scope) -> Self {
        let (user, key) = match principal.kind {
            PrincipalKind::User(id) => (Some(id.0), None),
            PrincipalKind::ApiKey(id) => (None, Some(id)),
        };
        let departments = principal.departments.iter().map(|d| d.0).collect();
        Authority { user, key, scope, departments }
    }

    /// A principal that may as much as it could then, for what asks for one.
    pub fn principal(&self) -> Principal {
        let departments: Vec<DepartmentId> = self.departments.iter().map(|d| DepartmentId(*d)).collect();
        Principal {
            kind: match (self.user, self.key) {
                (Some(id), _) => PrincipalKind::User(UserId(id)),
                (None, key) => PrincipalKind::ApiKey(key.unwrap_or(0)),
            },
            name: String::new(),
            role_key: String::new(),
            grants: Vec::new(),
            vendor_id: None,
            managed: Vec::new(),
            departments,
        }
    }

    /// What the import does is recorded under one name, by which its own doings are told from those of others.
    pub fn origin(&self, import: ImportId) -> Origin {
        let actor = match (self.user, self.key) {
            (Some(id), _) => Actor::User(id),
            (None, Some(id)) => Actor::ApiKey(id),
            (None, None) => Actor::System,
        };
        Origin { request_id: Some(format!("import-{import}")), ..Origin::of(actor) }
    }

    pub fn user(&self) -> Option<UserId> {
        self.user.map(UserId)
    }

    /// The leads that it may change.
    pub fn sees(&self) -> LeadScope {
        let user = UserId(self.user.unwrap_or(0));
        match self.scope {
            Scope::All => LeadScope::All,
            Scope::Team => LeadScope::Team {
                user,
                departments: self.departments.iter().map(|d| DepartmentId(*d)).collect(),
            },
            Scope::Own => LeadScope::Own(user),
        }
    }
}

/// Everything that is wrong with what was said; the pipeline where there is one.
pub fn check(
    c: &Conn<'_>,
    authority: &Authority,
    columns: usize,
    mapping: &Mapping,
    options: &Options,
    faults: &mut Vec<Fault>,
) -> Result<Option<Pipeline>> {
    let place = input::place(c, options.pipeline_id, options.status.as_deref(), faults)?;
    let mut own = Vec::new();
    let place = place.map(|(pipeline, stage)| {
        if stage.is_some_and(|s| s.kind == StageKind::Lost) && options.reason.is_none() {
            own.push(Fault::new("reason", "required", "say why they are lost"));
        }
        pipeline
    });
    tags("tags", &options.tags, &mut own);
    if options.assigned_to.is_some() && options.strategy.is_some() {
        own.push(Fault::new("strategy", "repeated", "say assigned_to, or a strategy"));
    }
    let me = authority.user();
    if authority.scope == Scope::Own {
        let is_other = options.assigned_to.is_some_and(|id| me != Some(UserId(id)));
        if is_other || options.strategy.is_some() {
            own.push(Fault::new("assigned_to", "not_allowed", "may only be yourself"));
        }
    } else if let Some(id) = options.assigned_to {
        input::giveable(c, &authority.principal(), authority.scope, UserId(id), "assigned_to", &mut own)?;
    }
    if let Some(id) = options.department_id {
        input::reachable(c, &authority.principal(), authority.scope, DepartmentId(id), &mut own)?;
    }
    let at_options = |f: Fault| Fault { field: format!("options.{}", f.field), ..f };
    let told: Vec<Fault> = faults.drain(..).chain(own).map(at_options).collect();
    faults.extend(told);
    if let Some(pipeline) = &place {
        check_mapping(pipeline, columns, mapping, faults);
    }
    Ok(place)
}

fn check_mapping(pipeline: &Pipeline, columns: usize, mapping: &Mapping, faults: &mut Vec<Fault>) {
    let known: BTreeSet<String> = guess::fields(pipeline).into_iter().map(|(key, _)| key).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for (column, field) in mapping {
        let at = format!("mapping.{column}");
        if *column >= columns {
            faults.push(Fault::new(at, "out_of_range", "the table has no such column"));
        } else if !known.contains(field) {
            faults.push(Fault::new(at, "not_one_of", "is no field of these leads; see fields"));
        } else if guess::may_repeat(field) {
            if mapping.range(..*column).filter(|(_, other)| *other == field).count() >= MOST_ALIKE {
                let words = format!("{MOST_ALIKE} other columns are this field already");
                faults.push(Fault::new(at, "repeated", words));
            }
        } else if !taken.insert(field) {
            faults.push(Fault::new(at, "repeated", "another column is this field already"));
        }
    }
}

/// What must be there before an import can run: a way to know whom a row is about.
pub fn check_enough(mapping: &Mapping, faults: &mut Vec<Fault>) {
    const ANY: [&str; 5] = ["name", "first_name", "last_name", "phone", "email"];
    if !mapping.values().any(|field| ANY.contains(&field.as_str())) {
        faults.push(Fault::new(
            "mapping",
            "required",
            "say which column is the name, the phone number or the e-mail address",
        ));
    }
}
