//! What a pipeline's own fields may hold, and the form in which lists are filtered by them.

use std::str::FromStr;

use jiff::civil::Date;
use platform::{Fault, Result, Tx, fold::fold, params, sql};
use serde_json::{Map, Value as Json, json};

use super::Lead;
use crate::pipelines::{Field, FieldKind, Pipeline};

/// Characters of a text value at most.
const LONGEST: usize = 2000;
/// Characters of a value that are compared.
const COMPARED: usize = 200;

/// What `custom` is after `given` was put over `before`: each value of its field's kind, `null` taken out.
///
/// Faults: fields that the pipeline does not have, values of another kind, required ones that would be missing. Those of
/// a lead that is there already (`is_new` false) are asked for only where they are named.
pub fn check(
    pipeline: &Pipeline,
    given: &Map<String, Json>,
    before: &Map<String, Json>,
    is_new: bool,
    faults: &mut Vec<Fault>,
) -> Map<String, Json> {
    let mut after = before.clone();
    for (key, value) in given {
        let at = format!("custom.{key}");
        let Some(field) = pipeline.fields.iter().find(|f| f.is_active && f.key == *key) else {
            faults.push(Fault::new(at, "unknown", "is not a field of this pipeline"));
            continue;
        };
        match read(field, value) {
            Ok(Some(value)) => drop(after.insert(key.clone(), value)),
            Ok(None) => drop(after.remove(key)),
            Err((code, words)) => faults.push(Fault::new(at, code, words)),
        }
    }
    for field in pipeline.fields.iter().filter(|f| f.is_active && f.is_required) {
        let named = given.contains_key(&field.key);
        let at = format!("custom.{}", field.key);
        let faulty = faults.iter().any(|f| f.field == at);
        if (is_new || named) && !faulty && !after.contains_key(&field.key) {
            faults.push(Fault::new(at, "required", "is missing"));
        }
    }
    after
}

/// A value as it is kept; `None` for no value.
fn read(field: &Field, value: &Json) -> Result<Option<Json>, (&'static str, String)> {
    let is_blank = value.as_str().is_some_and(|t| t.trim().is_empty());
    if value.is_null() || is_blank {
        return Ok(None);
    }
    let wrong = |words: &str| Err(("type", words.to_owned()));
    match (field.kind, value) {
        (FieldKind::Text, Json::String(text)) if text.trim().chars().count() <= LONGEST => {
            Ok(Some(json!(text.trim())))
        }
        (FieldKind::Text, Json::String(_)) => {
            Err(("too_long", format!("must have at most {LONGEST} characters")))
        }
        (FieldKind::Text, _) => wrong("must be a text"),
        (FieldKind::Number, Json::Number(n)) => Ok(Some(json!(n))),
        (FieldKind::Number, _) => wrong("must be a number"),
        (FieldKind::Bool, Json::Bool(_)) => Ok(Some(value.clone())),
        (FieldKind::Bool, _) => wrong("must be true or false"),
        (FieldKind::Date, Json::String(text)) => match date(text) {
            Some(date) => Ok(Some(json!(date))),
            None => Err(("format", "must be a day: 2026-01-31".to_owned())),
        },
        (FieldKind::Date, _) => wrong("must be a day: 2026-01-31"),
        (FieldKind::Choice, Json::String(text)) => {
            match field.options.iter().find(|o| o.trim() == text.trim()) {
                Some(option) => Ok(Some(json!(option))),
                None => Err(("not_one_of", format!("must be one of {}", field.options.join(", ")))),
            }
        }
        (FieldKind::Choice, _) => wrong("must be a text"),
    }
}

/// A day, in the one form that sorts.
pub fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let date = Date::from_str(text).ok().filter(|_| text.len() == 10)?;
    Some(date.to_string())
}

/// The form in which a kept value is compared; texts sort as the values do.
pub fn value_key(kind: FieldKind, value: &Json) -> Option<String> {
    match (kind, value) {
        (FieldKind::Number, Json::Number(n)) => n.as_f64().map(sortable),
        (FieldKind::Bool, Json::Bool(b)) => Some(b.to_string()),
        (FieldKind::Date, Json::String(text)) => date(text),
        (FieldKind::Text | FieldKind::Choice, Json::String(text)) => Some(compared(text)),
        _ => None,
    }
}

/// The same form of what a filter says: `?custom.grade=7`. Errors: a fault of `custom.<key>`.
pub fn filter_key(field: &Field, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let found = match field.kind {
        FieldKind::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(sortable),
        FieldKind::Bool => ["true", "false"].contains(&text).then(|| text.to_owned()),
        FieldKind::Date => date(text),
        FieldKind::Text | FieldKind::Choice => Some(compared(text)),
    };
    let words = match field.kind {
        FieldKind::Number => "must be a number",
        FieldKind::Bool => "must be true or false",
        FieldKind::Date => "must be a day: 2026-01-31",
        FieldKind::Text | FieldKind::Choice => "must be a text",
    };
    found.ok_or_else(|| Fault::new(format!("custom.{}", field.key), "type", words))
}

fn compared(text: &str) -> String {
    fold(text.trim()).chars().take(COMPARED).collect()
}

/// A number as 16 digits that sort as the numbers do.
fn sortable(number: f64) -> String {
    // Negative zero is zero.
    let bits = (number + 0.0).to_bits();
    let flipped = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    format!("{flipped:016x}")
}

/// Keeps what lists are filtered by in step with the lead.
pub(super) fn index(tx: &Tx<'_>, pipeline: &Pipeline, lead: &Lead) -> Result<()> {
    tx.exec(sql!("DELETE FROM lead_values WHERE lead_id = ?1"), params![lead.id])?;
    for field in pipeline.fields.iter().filter(|f| f.is_active && f.is_filterable) {
        let key = lead.custom.get(&field.key).and_then(|value| value_key(field.kind, value));
        if let Some(key) = key {
            tx.exec(
                sql!("INSERT INTO lead_values (field_id, value_key, lead_id) VALUES (?1, ?2, ?3)"),
                params![field.id, key, lead.id],
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{PipelineId, StageId, pipelines};

    fn field(key: &str, kind: FieldKind, is_required: bool) -> Field {
        Field {
            id: 1,
            key: key.into(),
            label: key.into(),
            kind,
            options: vec!["A".into(), "B".into()],
            is_required,
            is_filterable: true,
            position: 0,
            is_active: true,
        }
    }

    fn pipeline(fields: Vec<Field>) -> Pipeline {
        let stage = pipelines::Stage {
            id: StageId(1),
            pipeline_id: PipelineId(1),
            key: "new".into(),
            name: "New".into(),
            kind: pipelines::StageKind::Open,
            sla_hours: None,
            position: 0,
            follow_ups: Vec::new(),
            is_active: true,
        };
        Pipeline {
            id: PipelineId(1),
            key: "p".into(),
            name: "P".into(),
            is_default: true,
            is_active: true,
            currency: "USD".into(),
            has_students: false,
            dispositions: Vec::new(),
            checklist: Vec::new(),
            lost_reasons: Vec::new(),
            business_hours_id: None,
            schedule: None,
            stages: vec![stage],
            fields,
            version: 1,
        }
    }

    fn map(value: Json) -> Map<String, Json> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let p = pipeline(vec![
            field("grade", FieldKind::Number, true),
            field("start", FieldKind::Date, false),
            field("track", FieldKind::Choice, false),
            field("bus", FieldKind::Bool, false),
            field("why", FieldKind::Text, true),
        ]);
        let mut faults = Vec::new();
        let given = map(json!({ "start": "soon", "track": "C", "bus": "yes", "shoe": 4, "grade": " " }));
        check(&p, &given, &Map::new(), true, &mut faults);
        let mut told: Vec<_> = faults.iter().map(|f| format!("{} {}", f.field, f.code)).collect();
        told.sort();
        assert_eq!(
            told,
            [
                "custom.bus type",
                "custom.grade required",
                "custom.shoe unknown",
                "custom.start format",
                "custom.track not_one_of",
                "custom.why required"
            ]
        );
    }

    #[test]
    fn what_is_not_named_stays_and_null_clears() {
        let p = pipeline(vec![field("grade", FieldKind::Number, true), field("bus", FieldKind::Bool, false)]);
        let before = map(json!({ "bus": true, "old": 1 }));
        let mut faults = Vec::new();
        let after = check(&p, &map(json!({ "bus": null })), &before, false, &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(Json::Object(after), json!({ "old": 1 }));
        check(&p, &map(json!({ "grade": null })), &before, false, &mut faults);
        assert_eq!(faults.len(), 1);
    }

    proptest! {
        #[test]
        fn numbers_sort_as_their_keys_do(a in -1e12f64..1e12, b in -1e12f64..1e12) {
            let key = |n: f64| value_key(FieldKind::Number, &json!(n)).unwrap();
            prop_assert_eq!(a.partial_cmp(&b).unwrap(), key(a).cmp(&key(b)));
        }

        #[test]
        fn a_filter_finds_what_was_kept(text in "\\PC{1,40}") {
            let f = field("t", FieldKind::Text, false);
            if let Ok(Some(kept)) = read(&f, &json!(text)) {
                prop_assert_eq!(value_key(FieldKind::Text, &kept), filter_key(&f, &text).ok());
            }
        }
    }
}
