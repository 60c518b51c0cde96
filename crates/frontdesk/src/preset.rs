//! Presets: ready-made set-ups as data.
//!
//! An idempotent upsert by key: applying twice changes nothing, nothing is ever deleted, and a row that somebody changed
//! since is left alone. A preset is data and never a code path.

use people::departments;
use platform::{
    Error, Result, Tx,
    error::Code,
    events::Origin,
};
use serde::Deserialize;

const RETAIL: &str = include_str!("../presets/retail.toml");
/// What there is.
pub const NAMES: &[&str] = &["retail"];

/// One preset as its file tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub name: String,
    #[serde(default)]
    pub departments: Vec<Department>,
    #[serde(default)]
    pub keywords: Vec<Keyword>,
    #[serde(default)]
    pub accounts: Vec<Account>,
    pub spam: Option<SpamReplies>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub key: String,
    pub name: String,
    pub strategy: String,
    pub fallback: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyword {
    pub word: String,
    /// A department's key.
    pub department: String,
    pub priority: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub kind: String,
    pub account_id: String,
    pub name: String,
}

/// Whether spammers are warned and told that they are blocked.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpamReplies {
    pub warn: bool,
    pub block: bool,
}

/// Reads a preset by name.
pub fn load(name: &str) -> Result<Preset> {
    let text = match name {
        "retail" => RETAIL,
        _ => {
            let known = NAMES.join(", ");
            return Err(Error::new(Code::NotFound, format!("There is no preset `{name}`; there are: {known}.")));
        }
    };
    toml::from_str(text).map_err(Error::internal)
}

/// Brings the desk to what the preset says, without touching what is there.
pub fn apply(tx: &Tx<'_>, preset: &Preset) -> Result<()> {
    let origin = Origin::system();
    let mut by_key = std::collections::HashMap::new();
    for d in &preset.departments {
        let id = departments::upsert_by_key(tx, &origin, &d.key, &d.name, &d.strategy, d.fallback)?;
        by_key.insert(d.key.as_str(), id);
    }
    for k in &preset.keywords {
        let department = by_key.get(k.department.as_str()).copied();
        support::routing::keywords::upsert(tx, &origin, &k.word, department, k.priority)?;
    }
    for a in &preset.accounts {
        support::accounts::upsert(tx, &a.kind, &a.account_id, &a.name)?;
    }
    if let Some(replies) = preset.spam {
        support::spam::set_replies(tx, replies.warn, replies.block)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_hangs_together() {
        for name in NAMES {
            let preset = load(name).unwrap();
            assert_eq!(preset.name, *name);
            for k in &preset.keywords {
                assert!(preset.departments.iter().any(|d| d.key == k.department), "{}: no department", k.word);
            }
            assert!(preset.departments.iter().filter(|d| d.fallback).count() <= 1);
        }
        assert!(load("nothing").is_err());
    }
}
