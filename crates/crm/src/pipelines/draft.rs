//! A pipeline as somebody wants it: what a request or a preset says, checked before anything is stored.

use std::collections::HashSet;

use people::BusinessHoursId;
use platform::Fault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FieldKind, FollowUp, StageKind, Term};

/// A pipeline to be made.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPipeline)]
pub struct Draft {
    /// Never changes afterwards.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// ISO 4217.
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: String,
    #[serde(default)]
    pub is_default: bool,
    #[serde(default)]
    pub has_students: bool,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub dispositions: Vec<Term>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub checklist: Vec<Term>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub lost_reasons: Vec<String>,
    /// What the hours of its stages are counted in; by the clock unless said.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub business_hours_id: Option<BusinessHoursId>,
    #[schema(min_items = 1, max_items = 50)]
    pub stages: Vec<StageDraft>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub fields: Vec<FieldDraft>,
}

/// A stage, in its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStage)]
pub struct StageDraft {
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[serde(default = "open")]
    #[schema(inline)]
    pub kind: StageKind,
    /// Hours without an interaction until a lead here is overdue, of the clock or of the pipeline's business hours; null: never.
    #[schema(minimum = 1, maximum = 8760)]
    pub sla_hours: Option<i64>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub follow_ups: Vec<FollowUp>,
}

fn open() -> StageKind {
    StageKind::Open
}

/// A field of one's own, in its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLeadField)]
pub struct FieldDraft {
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    #[schema(min_length = 1, max_length = 100)]
    pub label: String,
    #[schema(inline)]
    pub kind: FieldKind,
    /// For `choice`.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub options: Vec<String>,
    #[serde(default)]
    pub is_required: bool,
    /// Lists of leads can be filtered by it.
    #[serde(default)]
    pub is_filterable: bool,
}

impl Draft {
    /// All that cannot stand; a schema has judged each word alone, a preset's is judged here too.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        key("key", &self.key, &mut faults);
        text("name", &self.name, 100, &mut faults);
        currency(&self.currency, &mut faults);
        terms("dispositions", &self.dispositions, &mut faults);
        terms("checklist", &self.checklist, &mut faults);
        reasons(&self.lost_reasons, &mut faults);
        stages(&self.stages, &mut faults);
        fields(&self.fields, &mut faults);
        faults
    }
}

pub(super) fn text(field: &str, value: &str, most: usize, faults: &mut Vec<Fault>) {
    if !(1..=most).contains(&value.trim().chars().count()) {
        faults.push(Fault::new(field, "too_short", format!("must have 1 to {most} characters")));
    }
}

fn key(field: impl Into<String>, key: &str, faults: &mut Vec<Fault>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(1..=60).contains(&key.len()) || !key.chars().all(plain) {
        faults.push(Fault::new(field, "format", "must be 1 to 60 small letters, digits and underscores"));
    }
}

pub(super) fn currency(code: &str, faults: &mut Vec<Fault>) {
    if code.len() != 3 || !code.chars().all(|c| c.is_ascii_uppercase()) {
        faults.push(Fault::new("currency", "format", "must be a currency's three letters"));
    }
}

pub(super) fn terms(list: &str, terms: &[Term], faults: &mut Vec<Fault>) {
    for (n, term) in terms.iter().enumerate() {
        key(format!("{list}.{n}.key"), &term.key, faults);
        text(&format!("{list}.{n}.name"), &term.name, 100, faults);
    }
    each_once(list, terms.iter().map(|t| t.key.as_str()), "key", faults);
}

pub(super) fn reasons(reasons: &[String], faults: &mut Vec<Fault>) {
    for (n, reason) in reasons.iter().enumerate() {
        text(&format!("lost_reasons.{n}"), reason, 200, faults);
    }
}

pub(super) fn stages(stages: &[StageDraft], faults: &mut Vec<Fault>) {
    for (n, stage) in stages.iter().enumerate() {
        key(format!("stages.{n}.key"), &stage.key, faults);
        text(&format!("stages.{n}.name"), &stage.name, 100, faults);
        if stage.kind != StageKind::Open && stage.sla_hours.is_some() {
            let words = "must be empty: a lead that is won or lost is never overdue";
            faults.push(Fault::new(format!("stages.{n}.sla_hours"), "not_allowed", words));
        }
        if stage.sla_hours.is_some_and(|h| !(1..=8760).contains(&h)) {
            faults.push(Fault::new(
                format!("stages.{n}.sla_hours"),
                "out_of_range",
                "must be 1 to 8760 hours",
            ));
        }
    }
    each_once("stages", stages.iter().map(|s| s.key.as_str()), "key", faults);
    if !stages.iter().any(|s| s.kind == StageKind::Open) {
        faults.push(Fault::new("stages", "required", "must have an open stage, where new leads begin"));
    }
}

pub(super) fn fields(fields: &[FieldDraft], faults: &mut Vec<Fault>) {
    for (n, field) in fields.iter().enumerate() {
        key(format!("fields.{n}.key"), &field.key, faults);
        text(&format!("fields.{n}.label"), &field.label, 100, faults);
        let at = format!("fields.{n}.options");
        match (field.kind, field.options.is_empty()) {
            (FieldKind::Choice, true) => {
                faults.push(Fault::new(at, "required", "must name what can be chosen"));
            }
            (FieldKind::Choice, false) => {
                each_once(&at, field.options.iter().map(String::as_str), "", faults);
                for (m, option) in field.options.iter().enumerate() {
                    text(&format!("{at}.{m}"), option, 100, faults);
                }
            }
            (_, false) => faults.push(Fault::new(at, "not_allowed", "is for fields of kind choice alone")),
            (_, true) => {}
        }
    }
    each_once("fields", fields.iter().map(|f| f.key.as_str()), "key", faults);
}

/// Faults at whatever is named twice.
fn each_once<'a>(list: &str, names: impl Iterator<Item = &'a str>, part: &str, faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for (n, name) in names.enumerate() {
        if !seen.insert(name) {
            let dot = if part.is_empty() { "" } else { "." };
            faults.push(Fault::new(format!("{list}.{n}{dot}{part}"), "repeated", "is named twice"));
        }
    }
}
