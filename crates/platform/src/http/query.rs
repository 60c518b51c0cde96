//! [`Query`]: the parameters after the `?`, checked against what the document says of them.
//!
//! A parameter that the route does not know is refused (all such at once), text becomes what the schema says
//! (`limit=5` a number, `status=open,pending` or repeats an array), and then the values are judged like a body.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};
use utoipa::{
    IntoParams,
    openapi::{Required, path::ParameterIn},
};

use super::{Argument, OperationDoc, schema};
use crate::error::{Code, Error, Fault, Result};

const MAX_PARAMETERS: usize = 200;

/// The query parameters of a route. An enumeration among them needs `#[param(inline)]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + IntoParams + 'static> FromRequestParts<S> for Query<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        read(parts.uri.query().unwrap_or_default()).map(Query)
    }
}

impl<T: IntoParams> Argument for Query<T> {
    fn describe(doc: &mut OperationDoc<'_>) {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            doc.parameter(parameter);
        }
    }
}

pub(super) fn read<T: DeserializeOwned + IntoParams + 'static>(raw: &str) -> Result<T> {
    let known = known::<T>()?;
    let mut pairs = pairs(raw)?;
    let mine = known.take(&mut pairs);
    refuse_unknown(&pairs)?;
    known.read(mine).map_err(invalid)
}

/// Two sets of parameters that share one query; a fault in either does not hide those of the other.
pub(super) fn read_both<A, B>(raw: &str) -> Result<(A, B)>
where
    A: DeserializeOwned + IntoParams + 'static,
    B: DeserializeOwned + IntoParams + 'static,
{
    let (a, b) = (known::<A>()?, known::<B>()?);
    let mut pairs = pairs(raw)?;
    let (for_a, for_b) = (a.take(&mut pairs), b.take(&mut pairs));
    refuse_unknown(&pairs)?;
    match (a.read(for_a), b.read(for_b)) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(invalid([a.err(), b.err()].into_iter().flatten().flatten().collect())),
    }
}

type Pairs = Vec<(String, String)>;

fn pairs(raw: &str) -> Result<Pairs> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        match percent_decode_str(&spaced).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(Error::malformed("The query is not valid UTF-8.")),
        }
    };
    let mut all = Vec::new();
    for part in raw.split('&').filter(|p| !p.is_empty()) {
        if all.len() == MAX_PARAMETERS {
            return Err(Error::malformed(format!("The query has more than {MAX_PARAMETERS} parameters.")));
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        all.push((decode(name)?, decode(value)?));
    }
    Ok(all)
}

fn refuse_unknown(pairs: &Pairs) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut faults: Vec<Fault> = Vec::new();
    for (name, _) in pairs {
        if !faults.iter().any(|f| f.field == *name) {
            faults.push(Fault::new(name.clone(), "unknown", "is not a parameter of this route"));
        }
    }
    Err(Error { faults, ..Error::new(Code::UnknownParameter, "Leave out what this route does not know.") })
}

fn invalid(faults: Vec<Fault>) -> Error {
    Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") }
}

/// What a parameter's text becomes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
}

struct Known {
    /// Name, kind of the value or of its items, and whether it is a list.
    parameters: Vec<(String, Kind, bool)>,
    schema: schema::Compiled,
}

static CACHE: LazyLock<RwLock<HashMap<TypeId, Arc<Known>>>> = LazyLock::new(Default::default);

fn known<T: IntoParams + 'static>() -> Result<Arc<Known>> {
    let id = TypeId::of::<T>();
    if let Some(found) = CACHE.read().unwrap_or_else(|e| e.into_inner()).get(&id) {
        return Ok(found.clone());
    }
    let mut parameters = Vec::new();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parameter in T::into_params(|| Some(ParameterIn::Query)) {
        let mut own = json!(parameter.schema);
        // A reference cannot be followed from here; serde will judge the value.
        if own.get("$ref").is_some() || own.is_null() {
            own = json!({});
        }
        let inner = not_null(&own);
        let list = has_type(inner, "array");
        let kind = kind(if list { inner.get("items").unwrap_or(&Value::Null) } else { inner });
        if parameter.required == Required::True {
            required.push(json!(parameter.name));
        }
        if own.pointer("/items/$ref").is_some() {
            own["items"] = json!({});
        }
        properties.insert(parameter.name.clone(), own);
        parameters.push((parameter.name, kind, list));
    }
    let schema =
        schema::Compiled::new(json!({ "type": "object", "properties": properties, "required": required }))?;
    let known = Arc::new(Known { parameters, schema });
    CACHE.write().unwrap_or_else(|e| e.into_inner()).insert(id, known.clone());
    Ok(known)
}

/// Inside of `oneOf: [null, X]`: X.
fn not_null(schema: &Value) -> &Value {
    let forms = schema.get("oneOf").and_then(Value::as_array);
    forms.and_then(|f| f.iter().find(|s| !has_type(s, "null"))).unwrap_or(schema)
}

fn has_type(schema: &Value, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(several)) => several.iter().any(|t| t == wanted),
        _ => false,
    }
}

fn kind(schema: &Value) -> Kind {
    let schema = not_null(schema);
    [("integer", Kind::Integer), ("number", Kind::Number), ("boolean", Kind::Boolean)]
        .into_iter()
        .find(|(name, _)| has_type(schema, name))
        .map_or(Kind::Text, |(_, kind)| kind)
}

impl Known {
    /// Takes the pairs that are known out of `pairs`.
    fn take(&self, pairs: &mut Pairs) -> Pairs {
        pairs.extract_if(.., |(name, _)| self.parameters.iter().any(|(known, ..)| known == name)).collect()
    }

    fn read<T: DeserializeOwned>(&self, pairs: Pairs) -> Result<T, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut object = Map::new();
        for (name, kind, list) in &self.parameters {
            let mut given = pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).peekable();
            if given.peek().is_none() {
                continue;
            }
            let values: Vec<&str> = match list {
                true => given.flat_map(|v| v.split(',')).map(str::trim).filter(|v| !v.is_empty()).collect(),
                false => given.collect(),
            };
            if !list && values.len() > 1 {
                faults.push(Fault::new(name.clone(), "repeated", "is given more than once"));
                continue;
            }
            match values.iter().map(|v| coerce(*kind, v)).collect::<Result<Vec<_>, _>>() {
                Err(words) => faults.push(Fault::new(name.clone(), "type", words)),
                Ok(values) if *list => drop(object.insert(name.clone(), Value::Array(values))),
                Ok(values) => object.extend(values.into_iter().map(|v| (name.clone(), v))),
            }
        }
        let value = Value::Object(object);
        let judged = self.schema.faults(&value);
        faults.extend(
            judged.into_iter().filter(|f| !faults.iter().any(|g| g.field == f.field)).collect::<Vec<_>>(),
        );
        if !faults.is_empty() {
            return Err(faults);
        }
        schema::read(value).map_err(|fault| vec![fault])
    }
}

fn coerce(kind: Kind, text: &str) -> Result<Value, &'static str> {
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Integer => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err("must be a whole number");
            }
            // What i64 does not hold stays a number that the schema's bounds refuse.
            Ok(text
                .parse::<i64>()
                .map(Value::from)
                .unwrap_or_else(|_| Value::from(if text.starts_with('-') { -1e300 } else { 1e300 })))
        }
        Kind::Number => {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64);
            number.map(Value::Number).ok_or("must be a number")
        }
        Kind::Boolean => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err("must be true or false"),
        },
    }
}
