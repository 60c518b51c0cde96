//! Where values come from: defaults, file, environment, flags, and the faults found on the way.

use std::{collections::BTreeMap, path::Path};

use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
    value::{Dict, Value},
};
use serde::de::DeserializeOwned;

use super::{Config, DEFAULTS, PREFIX, SECRETS};
use crate::error::{Error, Fault, Result};

impl Config {
    pub(super) fn assemble(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        flags: Vec<(String, String)>,
        mut faults: Vec<Fault>,
    ) -> Result<Config> {
        let defaults: Dict = Figment::from(Toml::string(DEFAULTS)).extract().map_err(Error::internal)?;
        let known = flatten(&Value::from(defaults));
        let mut origins: BTreeMap<String, (Value, String)> =
            known.iter().map(|(key, value)| (key.clone(), (value.clone(), "default".to_owned()))).collect();

        if let Some(path) = file {
            match Figment::from(Toml::file_exact(path)).extract::<Dict>() {
                Err(e) => faults.push(fault(&path.display().to_string(), &format!("cannot be read: {e}"))),
                Ok(dict) => {
                    for (key, value) in flatten(&Value::from(dict)) {
                        match known.get(&key) {
                            Some(_) => drop(origins.insert(key, (value, path.display().to_string()))),
                            None => faults.push(unknown(&key, &known)),
                        }
                    }
                }
            }
        }
        for (name, text) in environment {
            let variable = format!("{PREFIX}{}", name.to_uppercase());
            let key = name.replace("__", ".");
            let secret = key.strip_suffix("_file").filter(|k| SECRETS.contains(k));
            let (key, text) = match secret {
                Some(_) if known.contains_key(&key) => (key, text),
                Some(secret) => match std::fs::read_to_string(&text) {
                    Ok(content) => (secret.to_owned(), content.trim().to_owned()),
                    Err(e) => {
                        faults.push(fault(&variable, &format!("names a file that cannot be read: {e}")));
                        continue;
                    }
                },
                None => (key, text),
            };
            put(&mut origins, &known, key, &text, variable, &mut faults);
        }
        for (key, text) in flags {
            let flag = format!("--{}", key.rsplit('.').next().unwrap_or(&key).replace('_', "-"));
            put(&mut origins, &known, key, &text, flag, &mut faults);
        }
        Self::read(origins, faults)
    }

    fn read(origins: BTreeMap<String, (Value, String)>, mut faults: Vec<Fault>) -> Result<Config> {
        let mut figment = Figment::new();
        for (key, (value, _)) in &origins {
            figment = figment.merge(Serialized::default(key, value));
        }
        let f = &mut faults;
        let (server, data, database) =
            (part(&figment, "server", f), part(&figment, "data", f), part(&figment, "database", f));
        let (http, limits, db) =
            (part(&figment, "http", f), part(&figment, "limits", f), part(&figment, "db", f));
        let (log, secrets, org) =
            (part(&figment, "log", f), part(&figment, "secrets", f), part(&figment, "org", f));
        let shown = origins.into_iter().map(|(key, (value, origin))| {
            let text = if SECRETS.contains(&key.as_str()) { masked(&value) } else { show(&value) };
            (key, (text, origin))
        });
        let config = match (server, data, database, http, limits, db, log, secrets, org) {
            (
                Some(server),
                Some(data),
                Some(database),
                Some(http),
                Some(limits),
                Some(db),
                Some(log),
                Some(secrets),
                Some(org),
            ) => Config {
                server,
                data,
                database,
                http,
                limits,
                db,
                log,
                secrets,
                org,
                origins: shown.collect(),
            },
            _ => return Err(Error::invalid(faults)),
        };
        config.validate(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(Error::invalid(faults)) }
    }
}

pub(super) fn fault(key: &str, words: &str) -> Fault {
    Fault::new(key, "invalid", words)
}

fn unknown(key: &str, known: &BTreeMap<String, Value>) -> Fault {
    let last = key.rsplit('.').next().unwrap_or(key);
    let like = known.keys().find(|k| k.rsplit('.').next() == Some(last));
    Fault::new(
        key,
        "unknown",
        match like {
            Some(like) => format!("is not a setting; did you mean {like}?"),
            None => "is not a setting; `frontdesk config` lists them all".to_owned(),
        },
    )
}

/// Dotted key → leaf.
fn flatten(value: &Value) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
        match value {
            Value::Dict(_, dict) => {
                for (key, value) in dict {
                    let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    walk(&path, value, out);
                }
            }
            leaf => drop(out.insert(prefix.to_owned(), leaf.clone())),
        }
    }
    let mut out = BTreeMap::new();
    walk("", value, &mut out);
    out
}

/// Text becomes what the default is.
fn put(
    origins: &mut BTreeMap<String, (Value, String)>,
    known: &BTreeMap<String, Value>,
    key: String,
    text: &str,
    origin: String,
    faults: &mut Vec<Fault>,
) {
    let value = match known.get(&key) {
        None => {
            let mut fault = unknown(&key, known);
            fault.message = format!("{} (from {origin})", fault.message);
            return faults.push(fault);
        }
        Some(Value::Num(..)) => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| "must be a whole number")
        }
        Some(Value::Bool(..)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Ok(Value::from(true)),
            "false" | "off" | "no" | "0" => Ok(Value::from(false)),
            _ => Err("must be true or false"),
        },
        Some(Value::Array(..)) => {
            let items = text.split(',').map(str::trim).filter(|t| !t.is_empty());
            Ok(Value::from(items.map(Value::from).collect::<Vec<_>>()))
        }
        Some(_) => Ok(Value::from(text)),
    };
    match value {
        Ok(value) => drop(origins.insert(key, (value, origin))),
        Err(words) => faults.push(fault(&key, &format!("{words} (from {origin})"))),
    }
}

/// Reads a section; a key that does not fit is told, and then taken at its default to find the next.
fn part<T: DeserializeOwned>(figment: &Figment, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let defaults = Figment::from(Toml::string(DEFAULTS));
    let mut figment = figment.clone();
    loop {
        let errors = match figment.extract_inner(name) {
            Ok(part) => return Some(part),
            Err(errors) => errors,
        };
        let before = faults.len();
        for e in errors {
            let Some(key) = e.path.iter().find(|p| *p != name).map(|p| format!("{name}.{p}")) else {
                continue;
            };
            let Ok(default) = defaults.find_value(&key) else { continue };
            if faults.iter().any(|f| f.field == key) {
                return None;
            }
            // What was found may be a secret; what was wanted is not.
            let words = e.kind.to_string();
            let words = words.split_once(", expected ").map_or(words.as_str(), |(_, wanted)| wanted);
            faults.push(fault(&key, &format!("must be {}", wanted(words))));
            figment = figment.merge(Serialized::default(&key, default));
        }
        if faults.len() == before {
            faults.push(fault(name, "cannot be read"));
            return None;
        }
    }
}

fn wanted(words: &str) -> String {
    match words {
        words if words.contains("socket address") => {
            "an address and a port such as 127.0.0.1:8080".to_owned()
        }
        words => words.replace('`', ""),
    }
}

fn masked(value: &Value) -> String {
    if value.as_str().is_none_or(str::is_empty) { "\"\"".to_owned() } else { "••••".to_owned() }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, b) => b.to_string(),
        Value::Num(_, n) => n.to_i128().map_or_else(|| format!("{:?}", n.to_f64()), |n| n.to_string()),
        Value::Array(_, all) => format!("[{}]", all.iter().map(show).collect::<Vec<_>>().join(", ")),
        _ => String::from("…"),
    }
}
