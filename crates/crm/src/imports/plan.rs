//! A row judged: from the cells to a lead that can be made, or to all that is wrong with them. What the rows are judged by is
//! read once; judging asks for nothing.

mod judge;

use std::collections::HashMap;

use people::{
    DepartmentId,
    access::{
        Scope,
        staff::{self, Staff},
    },
    settings,
};
use platform::{Conn, Error, Fault, Result, clock::Millis, days::Days, fold::fold};
use serde_json::{Map, Value as Json};

use self::judge::Judge;
use super::{
    guess,
    lines::{Line, is_unreadable},
    options::{self, Authority, Mapping, Options},
};
use crate::{
    leads::{
        LeadScope, Priority, assign, custom,
        input::{self, Method},
        settings::LeadSettings,
        students::NewStudent,
    },
    pipelines::{Pipeline, Stage},
};

/// What the rows of an import are judged by.
#[derive(Debug)]
pub struct Plan {
    pub pipeline: Pipeline,
    pub settings: LeadSettings,
    pub options: Options,
    pub authority: Authority,
    pub sees: LeadScope,
    pub source: String,
    pub owner: Option<Staff>,
    pub tags: Vec<String>,
    stage: usize,
    columns: Vec<Option<Column>>,
    /// Some column is one of a student.
    pub has_students: bool,
    surname_first: bool,
    width: usize,
    country: String,
    days: Days,
    now: Millis,
    /// By folded e-mail address and name; `None` where several have the name.
    staff: HashMap<String, Option<Staff>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Column {
    /// A field; with its number behind a dot where it is not the first column of that field.
    Usual(String),
    /// The place in the pipeline's fields.
    Own(usize),
}

/// A row that is a lead.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    pub name: Option<String>,
    pub methods: Vec<Method>,
    /// The place in the pipeline's stages, where the row says one.
    pub stage: Option<usize>,
    pub source: Option<String>,
    pub disposition: Option<String>,
    pub owner: Option<Staff>,
    pub priority: Option<Priority>,
    pub value: Option<i64>,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub custom: Map<String, Json>,
    pub students: Vec<NewStudent>,
    pub company: Option<String>,
    pub created_at: Option<Millis>,
}

/// A row as it was judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// No cell has anything in it.
    Blank,
    Lead(Box<Draft>),
    Faulty(Vec<Fault>),
}

impl Plan {
    /// Errors: 422 with all that is wrong by now with what was said of the import.
    pub fn load(
        c: &Conn<'_>,
        authority: &Authority,
        headers: &[String],
        mapping: &Mapping,
        options: &Options,
        zone: &str,
        now: Millis,
    ) -> Result<Plan> {
        let mut faults = Vec::new();
        let width = headers.len();
        let pipeline = options::check(c, authority, width, mapping, options, &mut faults)?;
        options::check_enough(mapping, &mut faults);
        let Some(pipeline) = pipeline.filter(|_| faults.is_empty()) else {
            return Err(Error::invalid(faults));
        };
        let settings = LeadSettings::load(c)?;
        let principal = authority.principal();
        let everybody = staff::active(c, None)?;
        let mine = authority.user();
        let owner = match (options.assigned_to, authority.scope) {
            (Some(id), _) => everybody.iter().find(|s| s.id.0 == id).cloned(),
            (None, Scope::Own) => everybody.iter().find(|s| Some(s.id) == mine).cloned(),
            (None, _) => None,
        };
        let mut named: HashMap<String, Option<Staff>> = HashMap::new();
        for one in everybody.iter().filter(|s| assign::may_give(&principal, authority.scope, s)) {
            named
                .entry(fold(&one.name))
                .and_modify(|known| *known = None)
                .or_insert_with(|| Some(one.clone()));
        }
        for one in everybody.iter().filter(|s| assign::may_give(&principal, authority.scope, s)) {
            named.insert(fold(&one.email), Some(one.clone()));
        }
        let first = pipeline.first_stage()?.key.clone();
        let key = options.status.as_deref().unwrap_or(&first);
        let stage = pipeline.stages.iter().position(|s| s.key == key).unwrap_or(0);
        let column = |n: usize| {
            let field = mapping.get(&n)?;
            Some(match field.strip_prefix("custom.") {
                Some(key) => Column::Own(pipeline.fields.iter().position(|f| f.key == key)?),
                None => match mapping.range(..n).filter(|(_, other)| *other == field).count() {
                    0 => Column::Usual(field.clone()),
                    before => Column::Usual(format!("{field}.{}", before + 1)),
                },
            })
        };
        let country = settings::get::<settings::Org>(c, settings::ORG)?.0.default_country;
        Ok(Plan {
            has_students: mapping.values().any(|field| field.starts_with("student_")),
            surname_first: guess::surname_first(headers, mapping).unwrap_or(country == "VN"),
            columns: (0..width).map(column).collect(),
            width,
            country,
            source: options.source.clone().unwrap_or_else(|| settings.default_source().to_owned()),
            tags: input::tags("tags", &options.tags, &mut Vec::new()),
            sees: authority.sees(),
            days: Days::of(zone)?,
            options: options.clone(),
            authority: authority.clone(),
            staff: named,
            pipeline,
            settings,
            owner,
            stage,
            now,
        })
    }

    /// The stage of a row.
    pub fn stage_of(&self, draft: &Draft) -> &Stage {
        &self.pipeline.stages[draft.stage.unwrap_or(self.stage)]
    }

    /// The department of a lead that `owner` gets.
    pub fn department(&self, owner: Option<&Staff>) -> Option<DepartmentId> {
        let said = self.options.department_id.map(DepartmentId);
        match (owner, self.authority.scope) {
            (Some(owner), _) => said.or_else(|| owner.departments.first().copied()),
            // Otherwise it would be nobody's, and out of its maker's sight.
            (None, Scope::Team) => {
                said.or_else(|| self.authority.departments.first().map(|d| DepartmentId(*d)))
            }
            (None, _) => said,
        }
    }

    /// What a new lead would lack; asked for where rows may only change leads.
    pub fn lacks(&self, draft: &Draft) -> Vec<Fault> {
        let mut faults = Vec::new();
        custom::check(&self.pipeline, &draft.custom, &Map::new(), true, &mut faults);
        faults
    }

    pub fn judge(&self, line: &Line) -> Row {
        let cells = &line.cells;
        if line.is_blank() {
            return Row::Blank;
        }
        if line.is_cut {
            return Row::Faulty(vec![Fault::new(
                "row",
                "too_long",
                "is longer than a row may be; is a quotation mark missing?",
            )]);
        }
        let mut j = Judge::new(self);
        if cells.iter().skip(self.width).any(|c| !c.is_empty()) {
            j.fault("row", "too_long", "has more cells than the first line names columns");
        }
        for (text, column) in cells.iter().zip(&self.columns) {
            let Some(column) = column.as_ref().filter(|_| !text.is_empty()) else { continue };
            if text.contains(is_unreadable) {
                let words = "has characters that cannot be read; save the table as UTF-8";
                match column {
                    Column::Usual(field) => j.fault(field, "encoding", words),
                    Column::Own(n) => {
                        j.fault(&format!("custom.{}", self.pipeline.fields[*n].key), "encoding", words);
                    }
                }
                continue;
            }
            match column {
                Column::Usual(field) => j.usual(field, text),
                Column::Own(n) => j.own(&self.pipeline.fields[*n], text),
            }
        }
        j.finish()
    }
}
