//! A type's JSON Schema, compiled once, and its verdicts as [`Fault`]s in plain words.
//!
//! Every fault of a document is told (up to [`MAX_FAULTS`]), and none of them repeats what the caller sent.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use jsonschema::{
    Draft, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
    types::{JsonType, JsonTypeSet},
};
use serde::{Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::error::{Error, Fault, Result};

const MAX_FAULTS: usize = 100;

/// A schema, ready to judge.
pub(super) struct Compiled(Validator);

static CACHE: LazyLock<RwLock<HashMap<TypeId, Arc<Compiled>>>> = LazyLock::new(Default::default);

/// The compiled schema of a type; `document` makes it when it is asked for the first time.
pub(super) fn of_type(id: TypeId, document: fn() -> Value) -> Result<Arc<Compiled>> {
    if let Some(found) = CACHE.read().unwrap_or_else(|e| e.into_inner()).get(&id) {
        return Ok(found.clone());
    }
    let compiled = Arc::new(Compiled::new(document())?);
    CACHE.write().unwrap_or_else(|e| e.into_inner()).insert(id, compiled.clone());
    Ok(compiled)
}

/// The schema of `T` as one document that holds all it refers to.
pub(super) fn document<T: ToSchema>() -> Value {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    schemas.push((T::name().into_owned(), T::schema()));
    let known: Map<String, Value> = schemas.into_iter().map(|(name, s)| (name, json!(s))).collect();
    json!({ "allOf": [T::schema()], "components": { "schemas": known } })
}

/// Reads a value that its schema let pass; what serde still refuses is a fault too.
pub(super) fn read<'de, T, D>(value: D) -> Result<T, Fault>
where
    T: DeserializeOwned,
    D: Deserializer<'de, Error = serde_json::Error>,
{
    serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        let words = e.into_inner().to_string();
        let field = if path == "." { String::new() } else { path.replace('[', ".").replace(']', "") };
        if let Some(name) = words.strip_prefix("missing field `").and_then(|w| w.split('`').next()) {
            return Fault::new(join(&field, name), "required", "is missing");
        }
        if let Some(name) = words.strip_prefix("unknown field `").and_then(|w| w.split('`').next()) {
            return Fault::new(join(&field, name), "unknown", "is not known here");
        }
        match words.split_once(", expected ") {
            Some((found, expected)) if found.starts_with("unknown variant") => {
                Fault::new(field, "not_one_of", format!("must be {}", expected.replace('`', "")))
            }
            Some((found, _)) if found.starts_with("invalid value: integer") => {
                Fault::new(field, "out_of_range", "is out of range")
            }
            Some((_, expected)) => Fault::new(field, "type", format!("must be {expected}")),
            None => Fault::new(field, "format", "is not valid"),
        }
    })
}

impl Compiled {
    pub(super) fn new(mut document: Value) -> Result<Self> {
        bound_integers(&mut document);
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_format("date-time", |s: &str| crate::time::parse_rfc3339(s).is_some());
        match options.build(&document) {
            Ok(validator) => Ok(Compiled(validator)),
            Err(e) => Err(Error::internal(format!("schema does not compile: {e}"))),
        }
    }

    /// All that is wrong with `value`, in the order of the document; empty when nothing is.
    pub(super) fn faults(&self, value: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        refuse_nul(value, &mut String::new(), &mut faults);
        if !self.0.is_valid(value) {
            for error in self.0.iter_errors(value) {
                explain(&error, &mut faults);
                if faults.len() >= MAX_FAULTS {
                    break;
                }
            }
        }
        faults.truncate(MAX_FAULTS);
        faults.dedup();
        // What is of another type need not also hear that it is out of range.
        let other_type: Vec<_> =
            faults.iter().filter(|f| f.code == "type").map(|f| f.field.clone()).collect();
        faults.retain(|f| f.code == "type" || !other_type.contains(&f.field));
        faults
    }
}

/// `format: int32` and `int64` bind what they say, so that serde never meets a number that does not fit.
fn bound_integers(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(bound_integers),
        Value::Object(map) => {
            let range = match map.get("format").and_then(Value::as_str) {
                Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
                Some("int64") => Some((i64::MIN, i64::MAX)),
                _ => None,
            };
            if let Some((least, most)) = range {
                map.entry("minimum").or_insert(json!(least));
                map.entry("maximum").or_insert(json!(most));
            }
            map.values_mut().for_each(bound_integers);
        }
        _ => {}
    }
}

/// PostgreSQL stores no NUL in text, so none is taken anywhere.
fn refuse_nul(value: &Value, path: &mut String, faults: &mut Vec<Fault>) {
    let mut inside = |key: &str, value: &Value, faults: &mut Vec<Fault>| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        refuse_nul(value, path, faults);
        path.truncate(length);
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key.contains('\0') {
                    faults.push(Fault::new(
                        "",
                        "format",
                        "a field's name must not contain the character NUL",
                    ));
                }
                inside(key, value, faults);
            }
        }
        Value::Array(all) => {
            for (index, value) in all.iter().enumerate() {
                inside(&index.to_string(), value, faults);
            }
        }
        Value::String(text) if text.contains('\0') => {
            faults.push(Fault::new(path.clone(), "format", "must not contain the character NUL"));
        }
        _ => {}
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" | "." => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// `/methods/0/value` → `methods.0.value`.
fn dotted(error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path.as_str().trim_start_matches('/');
    pointer.split('/').map(|p| p.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>().join(".")
}

fn explain(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let field = dotted(error);
    let mut say = |code: &'static str, message: String| faults.push(Fault::new(field.clone(), code, message));
    match &error.kind {
        Kind::Required { property } => {
            let name = join(&field, property.as_str().unwrap_or_default());
            faults.push(Fault::new(name, "required", "is missing"));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.push(Fault::new(join(&field, name), "unknown", "is not known here"));
            }
        }
        Kind::Type { kind } => say("type", format!("must be {}", types(kind))),
        Kind::Enum { options } => say("not_one_of", format!("must be one of {}", listed(options))),
        Kind::Constant { expected_value } => say("not_one_of", format!("must be {}", plain(expected_value))),
        Kind::MaxLength { limit } => say("too_long", format!("must have at most {limit} characters")),
        Kind::MinLength { limit: 1 } => say("too_short", "must not be empty".into()),
        Kind::MinLength { limit } => say("too_short", format!("must have at least {limit} characters")),
        Kind::MaxItems { limit } => say("too_long", format!("must have at most {limit} items")),
        Kind::AdditionalItems { limit } => say("too_long", format!("must have at most {limit} items")),
        Kind::MinItems { limit: 1 } => say("too_short", "must not be empty".into()),
        Kind::MinItems { limit } => say("too_short", format!("must have at least {limit} items")),
        Kind::MaxProperties { limit } => say("too_long", format!("must have at most {limit} fields")),
        Kind::MinProperties { limit } => say("too_short", format!("must have at least {limit} fields")),
        Kind::Maximum { limit } => say("out_of_range", format!("must be at most {}", plain(limit))),
        Kind::Minimum { limit } => say("out_of_range", format!("must be at least {}", plain(limit))),
        Kind::ExclusiveMaximum { limit } => {
            say("out_of_range", format!("must be less than {}", plain(limit)))
        }
        Kind::ExclusiveMinimum { limit } => {
            say("out_of_range", format!("must be more than {}", plain(limit)))
        }
        Kind::MultipleOf { multiple_of } => {
            say("out_of_range", format!("must be a multiple of {multiple_of}"))
        }
        Kind::Format { format } => say("format", format!("must be {}", format_words(format))),
        Kind::Pattern { pattern } => say("format", format!("must match {pattern}")),
        Kind::UniqueItems => say("repeated", "must not hold the same item twice".into()),
        Kind::PropertyNames { .. } => say("unknown", "has a field whose name is not allowed".into()),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            if !explain_branch(error, context, faults) {
                faults.push(Fault::new(field, "not_one_of", "has none of the allowed forms"));
            }
        }
        Kind::OneOfMultipleValid { .. } => {
            say("not_one_of", "fits more than one of the allowed forms".into())
        }
        _ => say("invalid", "is not valid".into()),
    }
}

/// Of several allowed forms, speaks of the one that was meant: not `null`, and with the right tag. False when more
/// than one may have been meant.
fn explain_branch(
    outer: &ValidationError<'_>,
    branches: &[Vec<ValidationError<'static>>],
    faults: &mut Vec<Fault>,
) -> bool {
    let here = outer.instance_path.as_str();
    // Another type altogether, or another tag or name: not what was meant.
    let elsewhere = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().any(|e| match &e.kind {
            Kind::Type { .. } => e.instance_path.as_str() == here,
            Kind::Enum { options } => options.as_array().is_some_and(|o| o.len() == 1),
            Kind::Constant { .. } => true,
            _ => false,
        })
    };
    let mut meant: Vec<_> = branches.iter().filter(|b| !elsewhere(b)).collect();
    if meant.is_empty() {
        // `null` aside, there was one form, and it is of another type.
        meant = branches.iter().filter(|b| !wants_null(b, here)).collect();
    }
    let [errors] = meant.as_slice() else { return false };
    errors.iter().for_each(|e| explain(e, faults));
    true
}

fn wants_null(errors: &[ValidationError<'static>], here: &str) -> bool {
    matches!(errors, [e] if e.instance_path.as_str() == here
        && matches!(&e.kind, Kind::Type { kind: TypeKind::Single(JsonType::Null) }))
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => type_words(*one).to_owned(),
        TypeKind::Multiple(several) => several_types(*several),
    }
}

fn several_types(set: JsonTypeSet) -> String {
    set.iter().map(type_words).collect::<Vec<_>>().join(" or ")
}

fn type_words(one: JsonType) -> &'static str {
    match one {
        JsonType::Array => "an array",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "text",
    }
}

fn format_words(format: &str) -> String {
    match format {
        "date-time" => "an instant such as 2026-01-03T10:00:00Z".into(),
        "date" => "a date such as 2026-01-03".into(),
        "time" => "a time of day such as 10:00:00Z".into(),
        "email" | "idn-email" => "an e-mail address".into(),
        "uri" => "an address such as https://example.com/".into(),
        "uuid" => "a UUID".into(),
        other => format!("of the format {other}"),
    }
}

fn listed(options: &Value) -> String {
    match options.as_array() {
        Some(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        None => plain(options),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9e15 => format!("{}", f as i64),
            _ => n.to_string(),
        },
        other => other.to_string(),
    }
}
