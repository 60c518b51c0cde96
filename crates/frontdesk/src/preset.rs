//! Presets: ready-made set-ups as data.
//!
//! An idempotent upsert by key: applying twice changes nothing, nothing is ever deleted, and a row that somebody changed
//! since is left alone. A preset is data and never a code path.

use people::{departments, settings};
use platform::{Error, Result, Tx, crypto::Keyring, error::Code, events::Origin};
use serde::Deserialize;
use support::{
    accounts::{self, NewAccount},
    spam::SpamSettings,
};

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

/// What spammers hear, and on which channels.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpamReplies {
    pub reply_on: Vec<String>,
    pub warning: String,
    pub blocked: String,
}

/// Reads a preset by name.
pub fn load(name: &str) -> Result<Preset> {
    let text = match name {
        "retail" => RETAIL,
        _ => {
            let known = NAMES.join(", ");
            return Err(Error::new(
                Code::NotFound,
                format!("There is no preset `{name}`; there are: {known}."),
            ));
        }
    };
    toml::from_str(text).map_err(Error::internal)
}

/// Brings the desk to what the preset says, without touching what is there.
pub fn apply(tx: &Tx<'_>, keyring: &Keyring, preset: &Preset) -> Result<()> {
    let origin = Origin::system();
    let mut by_key = std::collections::HashMap::new();
    for d in &preset.departments {
        let id = departments::upsert_by_key(tx, &origin, &d.key, &d.name, &d.strategy, d.fallback)?;
        by_key.insert(d.key.as_str(), id);
    }
    for k in &preset.keywords {
        let department = by_key.get(k.department.as_str()).copied();
        support::routing::ensure_keyword(tx, &origin, &k.word, department, k.priority)?;
    }
    for a in &preset.accounts {
        if accounts::setup::find(tx, &a.kind, &a.account_id)?.is_none() {
            let new = NewAccount {
                kind: a.kind.clone(),
                account_id: a.account_id.clone(),
                name: Some(a.name.clone()),
                ..NewAccount::default()
            };
            accounts::create(tx, keyring, &origin, &new)?;
        }
    }
    if let Some(spam) = &preset.spam {
        let (mut settings, version) = settings::get::<SpamSettings>(tx, support::spam::SETTINGS)?;
        if version == 0 {
            settings.warning_channels.clone_from(&spam.reply_on);
            settings.blocked_channels.clone_from(&spam.reply_on);
            settings.warning_text.clone_from(&spam.warning);
            settings.blocked_text.clone_from(&spam.blocked);
            settings::put(tx, &origin, support::spam::SETTINGS, &settings, None)?;
        }
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
                assert!(
                    preset.departments.iter().any(|d| d.key == k.department),
                    "{}: no department",
                    k.word
                );
            }
            assert!(preset.departments.iter().filter(|d| d.fallback).count() <= 1);
        }
        assert!(load("nothing").is_err());
    }
}
