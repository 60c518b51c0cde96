//! One row, cell by cell: what each says, and what is wrong with it. Pure.

use people::contacts;
use platform::{Fault, fold::fold};
use serde_json::{Map, Number, Value as Json};

use super::{
    super::{
        cell,
        lines::LONGEST_CELL,
        names::Names,
        options::{DateFormat, Duplicates},
    },
    Draft, Plan, Row,
};
use crate::{
    leads::{
        custom,
        input::{self, Body, Method},
        score::minor_units,
        students::{self, NewStudent},
    },
    pipelines::{Field, FieldKind, StageKind, Term},
};

/// What a lead is worth at most, in minor units.
const MOST_VALUE: f64 = 1e12;
/// Addresses of a row at most.
const MOST_METHODS: usize = 20;

/// A row that is being judged.
pub(super) struct Judge<'a> {
    plan: &'a Plan,
    draft: Draft,
    names: Names,
    /// What the row says of its student, but for the name.
    student: NewStudent,
    /// Their names.
    students: Vec<String>,
    faults: Vec<Fault>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Judge {
            plan,
            draft: Draft::default(),
            names: Names::default(),
            student: NewStudent::default(),
            students: Vec::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn fault(&mut self, field: &str, code: &'static str, words: &str) {
        self.faults.push(Fault::new(field, code, words));
    }

    /// The text, unless it is longer than `most` characters.
    fn short(&mut self, field: &str, text: &str, most: usize) -> Option<String> {
        if text.len() <= most || text.chars().count() <= most {
            return Some(text.to_owned());
        }
        self.fault(field, "too_long", &format!("must have at most {most} characters"));
        None
    }

    pub(super) fn usual(&mut self, field: &str, text: &str) {
        match field.split('.').next().unwrap_or(field) {
            "name" => self.names.whole = self.short(field, text, 200),
            "first_name" => self.names.first = self.short(field, text, 100),
            "middle_name" => self.names.middle = self.short(field, text, 100),
            "last_name" => self.names.last = self.short(field, text, 100),
            "phone" => self.methods("phone", field, text),
            "email" => self.methods("email", field, text),
            "company" => self.draft.company = self.short(field, text, 200),
            "source" => self.source(text),
            "status" => self.status(text),
            "disposition" => self.disposition(text),
            "owner" => self.owner(text),
            "priority" => match cell::priority(text) {
                Some(priority) => self.draft.priority = Some(priority),
                None => self.fault(field, "not_one_of", "must be one of low, medium, high, critical"),
            },
            "value" => self.value(text),
            "tags" => {
                let all = text.split([',', ';', '|', '\n']).map(str::trim).filter(|t| !t.is_empty());
                let all: Vec<String> = all.map(ToOwned::to_owned).collect();
                self.draft.tags = input::tags("tags", &all, &mut self.faults);
            }
            "notes" => self.draft.notes = self.short(field, text, LONGEST_CELL),
            "student_name" => {
                for name in text.split([';', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
                    let name = self.short(field, name, 200);
                    self.students.push(name.unwrap_or_else(|| "-".to_owned()));
                }
            }
            "student_grade" => self.student.grade_applying_for = self.short(field, text, 100),
            "student_date_of_birth" => match cell::day(text, self.plan.options.date_format) {
                Some(day) => self.student.date_of_birth = Some(day.to_string()),
                None => self.not_a_day(field),
            },
            "created_at" => self.created_at(text),
            _ => {}
        }
    }

    fn not_a_day(&mut self, field: &str) {
        let words = match self.plan.options.date_format {
            DateFormat::Day => "must be a day: 31/01/2026, or 2026-01-31",
            DateFormat::Month => "must be a day: 01/31/2026, or 2026-01-31",
            DateFormat::Year => "must be a day: 2026-01-31",
        };
        self.fault(field, "format", words);
    }

    /// The addresses of a cell, with semicolons or on lines of their own where there are several; each once.
    fn methods(&mut self, kind: &'static str, field: &str, text: &str) {
        let mut all: Vec<&str> =
            text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
        if all.is_empty() {
            all.push(text);
        }
        for text in all {
            let key = match contacts::normalise(kind, text, &self.plan.country) {
                Ok(key) => key,
                Err(fault) => return self.faults.push(Fault { field: field.to_owned(), ..fault }),
            };
            let methods = &mut self.draft.methods;
            if methods.iter().any(|m| m.kind == kind && m.key == key) {
                continue;
            }
            if methods.len() >= MOST_METHODS {
                let words = format!("must be at most {MOST_METHODS} addresses in all");
                return self.fault(field, "too_long", &words);
            }
            let value = if kind == "phone" { key.clone() } else { text.to_owned() };
            methods.push(Method { kind, value, key, field: field.to_owned() });
        }
    }

    fn source(&mut self, text: &str) {
        let Some(text) = self.short("source", text, 60) else { return };
        let folded = fold(&text);
        let known = self.plan.settings.sources.iter().find(|s| s.key == text || fold(&s.name) == folded);
        self.draft.source = Some(known.map_or(text, |s| s.key.clone()));
    }

    fn status(&mut self, text: &str) {
        let folded = fold(text);
        let stages = &self.plan.pipeline.stages;
        let found = stages.iter().position(|s| s.is_active && (s.key == text || fold(&s.name) == folded));
        match found {
            Some(n) => {
                self.draft.stage = Some(n);
            }
            None => {
                let known: Vec<_> = stages.iter().filter(|s| s.is_active).map(|s| s.name.as_str()).collect();
                self.fault("status", "not_one_of", &format!("must be one of {}", known.join(", ")));
            }
        }
    }

    fn disposition(&mut self, text: &str) {
        let folded = fold(text);
        let is = |t: &&Term| t.key == text || fold(&t.name) == folded;
        match self.plan.pipeline.dispositions.iter().find(is) {
            Some(term) => self.draft.disposition = Some(term.key.clone()),
            None => input::known_term(
                "disposition",
                Some(text),
                &self.plan.pipeline.dispositions,
                &mut self.faults,
            ),
        }
    }

    fn owner(&mut self, text: &str) {
        match self.plan.staff.get(&fold(text)) {
            Some(Some(staff)) => self.draft.owner = Some(staff.clone()),
            Some(None) => self.fault("owner", "ambiguous", "is the name of several; say the e-mail address"),
            None => self.fault(
                "owner",
                "not_found",
                "is nobody whom you may give leads to; say a name or an e-mail address",
            ),
        }
    }

    fn value(&mut self, text: &str) {
        let whole = minor_units(&self.plan.pipeline.currency) as f64;
        match cell::number(text).map(|n| (n * whole).round()) {
            Some(n) if (0.0..=MOST_VALUE).contains(&n) => self.draft.value = Some(n as i64),
            Some(_) => self.fault("value", "out_of_range", "must be between 0 and 10 billion"),
            None => self.fault("value", "type", "must be an amount"),
        }
    }

    fn created_at(&mut self, text: &str) {
        let at = platform::time::parse_rfc3339(text)
            .or_else(|| cell::day(text, self.plan.options.date_format).map(|d| self.plan.days.start(d)));
        match at {
            None => self.not_a_day("created_at"),
            Some(at) if !(0..=self.plan.now).contains(&at) => {
                self.fault("created_at", "out_of_range", "must be between 1970 and now");
            }
            Some(at) => self.draft.created_at = Some(at),
        }
    }

    /// As the kind of the field wants it; what is no such value goes on as text, and is told by the field's own check.
    pub(super) fn own(&mut self, field: &Field, text: &str) {
        let value = match field.kind {
            FieldKind::Text => None,
            FieldKind::Number => cell::number(text).and_then(|n| match n.fract() == 0.0 && n.abs() < 9e15 {
                true => Some(Json::from(n as i64)),
                false => Number::from_f64(n).map(Json::Number),
            }),
            FieldKind::Date => {
                cell::day(text, self.plan.options.date_format).map(|d| Json::from(d.to_string()))
            }
            FieldKind::Bool => cell::yes(text).map(Json::from),
            FieldKind::Choice => {
                let folded = fold(text);
                field.options.iter().find(|o| fold(o) == folded).map(|o| Json::from(o.clone()))
            }
        };
        self.draft.custom.insert(field.key.clone(), value.unwrap_or_else(|| Json::from(text)));
    }

    pub(super) fn finish(mut self) -> Row {
        let plan = self.plan;
        let name = self.names.joined(plan.surname_first);
        let name = name.and_then(|name| self.short("name", &name, 200));
        self.draft.name = input::name(&Body { name, ..Body::default() }, &mut self.faults);
        if self.draft.name.is_none() && self.draft.methods.is_empty() && self.faults.is_empty() {
            self.fault("name", "required", "say a name, a phone number or an e-mail address");
        }
        let is_new = plan.options.duplicates != Duplicates::Update;
        let given = std::mem::take(&mut self.draft.custom);
        self.draft.custom = match given.is_empty() && plan.pipeline.fields.is_empty() {
            true => given,
            false => custom::check(&plan.pipeline, &given, &Map::new(), is_new, &mut self.faults),
        };
        self.students_of_row();
        let stage = plan.stage_of(&self.draft);
        if stage.kind == StageKind::Lost && plan.options.reason.is_none() {
            self.fault("status", "reason", "is lost; say in the options why");
        }
        // What every lead gets first, then what the row says.
        let more = plan.tags.iter().filter(|t| !self.draft.tags.contains(t)).cloned().collect::<Vec<_>>();
        self.draft.tags.splice(0..0, more);
        match self.faults.is_empty() {
            true => Row::Lead(Box::new(self.draft)),
            false => Row::Faulty(self.faults),
        }
    }

    fn students_of_row(&mut self) {
        let (about, mut names) = (std::mem::take(&mut self.student), std::mem::take(&mut self.students));
        let mut known: Vec<String> = Vec::with_capacity(names.len());
        names.retain(|name| {
            let name = fold(name);
            let is_new = !known.contains(&name);
            known.push(name);
            is_new
        });
        if names.len() > students::MOST {
            let words = format!("must be at most {} students", students::MOST);
            return self.fault("student_name", "too_long", &words);
        }
        let says_more = about != NewStudent::default();
        if names.len() > 1 && says_more {
            let words =
                "are several students; say the grade or the day of birth of one in a row of their own";
            return self.fault("student_name", "ambiguous", words);
        }
        if names.is_empty() && says_more {
            names.push(String::new());
        }
        for name in names {
            let student = NewStudent { name, ..about.clone() };
            let student = student.checked("student_", &mut self.faults);
            self.draft.students.push(student);
        }
    }
}
