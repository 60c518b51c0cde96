//! Presets: ready-made set-ups as data.
//!
//! An idempotent upsert by key: applying twice changes nothing, nothing is ever deleted, and a row that somebody changed
//! since is left alone. A preset is data and never a code path.

use std::collections::{BTreeMap, HashMap};

use crm::{
    leads::settings::{LeadSettings, LeadSource},
    pipelines::{self, Draft},
    vendors::{self, NewVendor, defaults::VendorDefaults, rules::Rules},
};
use people::{
    DepartmentId, access, business_hours, departments,
    settings::{self, Stored},
};
use platform::{
    Entropy, Error, Result, Tx,
    business_hours::{Holiday, Week},
    crypto::Keyring,
    error::Code,
    events::Origin,
};
use serde::Deserialize;
use support::{
    accounts::{self, NewAccount},
    canned_replies::{self, Ready},
    spam::SpamSettings,
};

const FILES: &[(&str, &str)] = &[
    ("retail", include_str!("../presets/retail.toml")),
    ("admissions", include_str!("../presets/admissions.toml")),
    ("legal", include_str!("../presets/legal.toml")),
];
/// What there is.
pub const NAMES: [&str; 3] = ["retail", "admissions", "legal"];

/// One preset as its file tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub name: String,
    /// What the demo's organisation is called.
    pub organisation: String,
    /// Two letters: where the demo's phone numbers are at home.
    pub country: String,
    /// The demo's, as the IANA names it.
    pub timezone: String,
    /// Where leads come from; the first is taken where none is said.
    pub sources: Vec<LeadSource>,
    /// What the system's roles are called here, by their keys.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    #[serde(default)]
    pub departments: Vec<Department>,
    #[serde(default)]
    pub keywords: Vec<Keyword>,
    #[serde(default)]
    pub accounts: Vec<Account>,
    pub spam: Option<SpamReplies>,
    #[serde(default)]
    pub pipelines: Vec<Draft>,
    /// What every vendor of this preset may post, and what those that come later begin with.
    pub vendor_rules: Option<Rules>,
    pub vendor_defaults: Option<SellerDefaults>,
    #[serde(default)]
    pub vendors: Vec<Vendor>,
    /// When somebody is there. Its pipelines go by the clock until somebody has them count in these.
    #[serde(default)]
    pub business_hours: Vec<OfficeHours>,
    /// Texts kept ready for agents.
    #[serde(default)]
    pub canned_replies: Vec<CannedReply>,
    /// Who works in the demo; a real desk makes its own people.
    #[serde(default)]
    pub people: Vec<Person>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    pub code: String,
    pub name: String,
    pub contact_email: Option<String>,
    /// A pipeline's key.
    pub pipeline: String,
    /// A department's key.
    pub department: String,
    pub strategy: Option<vendors::Strategy>,
    /// Minor units.
    pub lead_value: Option<i64>,
}

/// Where the leads of a vendor go that is made later.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerDefaults {
    /// A pipeline's key.
    pub pipeline: String,
    /// A department's key.
    pub department: String,
    /// Minor units.
    pub lead_value: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub username: String,
    pub name: String,
    pub role: String,
    /// Keys of departments; the first is the primary one.
    pub departments: Vec<String>,
    /// Works by itself in the demo.
    pub joins_in: bool,
    /// The code of the vendor whose person it is: role `vendor`, and no staff.
    pub vendor: Option<String>,
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// Unlike any other of this preset.
    pub key: String,
    pub name: String,
    pub zone: String,
    pub week: Week,
    pub holidays: Vec<Holiday>,
}

impl OfficeHours {
    fn draft(&self) -> business_hours::Draft {
        business_hours::Draft {
            name: self.name.clone(),
            zone: self.zone.clone(),
            week: self.week.clone(),
            holidays: self.holidays.clone(),
            is_default: false,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CannedReply {
    /// Unlike any other of this preset.
    pub key: String,
    pub name: String,
    pub shortcut: String,
    pub subject: Option<String>,
    /// With merge fields.
    pub body: String,
    /// A department's key; everybody has it where none is named.
    pub department: Option<String>,
}

impl CannedReply {
    /// Keys of presets stand in one column: this one's are its own.
    fn ready<'a>(&'a self, key: &'a str, department_id: Option<DepartmentId>) -> Ready<'a> {
        let subject = self.subject.as_deref();
        Ready { key, name: &self.name, shortcut: &self.shortcut, subject, body: &self.body, department_id }
    }
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
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        let known = NAMES.join(", ");
        return Err(Error::new(Code::NotFound, format!("There is no preset `{name}`; there are: {known}.")));
    };
    toml::from_str(text).map_err(Error::internal)
}

/// Brings the desk to what the preset says, without touching what is there.
pub fn apply(tx: &Tx<'_>, keyring: &Keyring, entropy: &Entropy, preset: &Preset) -> Result<()> {
    let origin = Origin::system();
    for (key, name) in &preset.roles {
        access::name_role(tx, &origin, key, name)?;
    }
    let mut by_key = HashMap::new();
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
    for h in &preset.business_hours {
        let key = format!("{}.{}", preset.name, h.key);
        business_hours::upsert_by_key(tx, &origin, &key, &h.draft())?;
    }
    for r in &preset.canned_replies {
        let department = r.department.as_ref().and_then(|key| by_key.get(key.as_str()).copied());
        let key = format!("{}.{}", preset.name, r.key);
        canned_replies::ensure(tx, &origin, &r.ready(&key, department))?;
    }
    sell(tx, &origin, entropy, preset, &by_key)
}

/// Pipelines, where leads come from, and who sells them. A vendor gets its key when somebody asks for one.
fn sell(
    tx: &Tx<'_>,
    origin: &Origin,
    entropy: &Entropy,
    preset: &Preset,
    departments: &HashMap<&str, DepartmentId>,
) -> Result<()> {
    let mut by_key = HashMap::new();
    for draft in &preset.pipelines {
        by_key.insert(draft.key.as_str(), pipelines::upsert_by_key(tx, origin, draft)?);
    }
    let stored = Stored::<LeadSettings>::load(tx)?;
    if stored.version == 0 {
        let new = LeadSettings { sources: preset.sources.clone(), ..stored.settings };
        Stored::replace(tx, origin, None, &new)?;
    }
    if let Some(rules) = &preset.vendor_rules {
        let mut defaults = VendorDefaults { rules: rules.clone(), ..VendorDefaults::default() };
        if let Some(begin) = &preset.vendor_defaults {
            defaults.pipeline_id = by_key.get(begin.pipeline.as_str()).copied();
            defaults.department_id = departments.get(begin.department.as_str()).copied();
            defaults.lead_value = begin.lead_value;
        }
        defaults.keep_first(tx, origin)?;
    }
    for v in &preset.vendors {
        if vendors::by_code(tx, &v.code)?.is_some() {
            continue;
        }
        let change = vendors::Change {
            contact_email: Some(v.contact_email.clone()),
            pipeline_id: by_key.get(v.pipeline.as_str()).copied(),
            department_id: Some(departments.get(v.department.as_str()).copied()),
            strategy: v.strategy,
            lead_value: Some(v.lead_value),
            rules: preset.vendor_rules.clone(),
            ..vendors::Change::default()
        };
        let new = NewVendor { code: Some(v.code.clone()), name: v.name.clone(), change };
        vendors::create(tx, origin, &new, entropy)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use platform::{Clock, config::Config, db::Sql, params, sql};

    use super::*;
    use crate::app::{open_database, reactors};

    #[test]
    fn every_preset_reads_and_hangs_together() {
        for name in NAMES {
            let preset = load(name).unwrap();
            assert_eq!(preset.name, name);
            for k in &preset.keywords {
                assert!(
                    preset.departments.iter().any(|d| d.key == k.department),
                    "{}: no department",
                    k.word
                );
            }
            assert!(preset.departments.iter().filter(|d| d.fallback).count() <= 1);
            for draft in &preset.pipelines {
                assert!(draft.faults().is_empty(), "{name}: {:?}", draft.faults());
            }
            for v in &preset.vendors {
                assert!(preset.pipelines.iter().any(|p| p.key == v.pipeline), "{}: no pipeline", v.code);
                assert!(
                    preset.departments.iter().any(|d| d.key == v.department),
                    "{}: no department",
                    v.code
                );
            }
            // Rules that no pipeline of theirs bears would stop every new vendor.
            assert_eq!(preset.vendor_rules.is_some(), preset.vendor_defaults.is_some(), "{name}");
            if let Some(begin) = &preset.vendor_defaults {
                assert!(preset.pipelines.iter().any(|p| p.key == begin.pipeline), "{name}: no pipeline");
                assert!(
                    preset.departments.iter().any(|d| d.key == begin.department),
                    "{name}: no department"
                );
            }
            let mut named = HashSet::new();
            for r in &preset.canned_replies {
                assert!(
                    r.ready("key", None).faults().is_empty(),
                    "{}: {:?}",
                    r.key,
                    r.ready("key", None).faults()
                );
                let known = |key: &String| preset.departments.iter().any(|d| d.key == *key);
                assert!(r.department.iter().all(known), "{}: no department", r.key);
                assert!(named.insert((0, &r.key)) && named.insert((1, &r.shortcut)), "{}: twice", r.key);
            }
            assert!(preset.canned_replies.len() >= 6, "{name}");
            assert!(preset.business_hours.len() == 1, "{name}");
            for h in &preset.business_hours {
                assert!(h.draft().faults().is_empty(), "{}: {:?}", h.key, h.draft().faults());
            }
            assert!(preset.pipelines.iter().all(|p| p.business_hours_id.is_none()), "{name}");
            for person in &preset.people {
                let known = |key: &String| preset.departments.iter().any(|d| d.key == *key);
                assert!(person.departments.iter().all(known), "{}: no department", person.username);
            }
            assert!(preset.people.iter().any(|p| p.role == "admin"));
        }
        assert!(load("nothing").is_err());
    }

    #[test]
    fn a_vendor_that_comes_later_begins_as_the_preset_says() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(None, &[("data.dir", folder.path().display().to_string())]).unwrap();
        let keyring = Keyring::load(&config, Entropy::system()).unwrap();
        let db = open_database(&config, &Clock::system(), reactors()).unwrap();
        let preset = load("legal").unwrap();
        let rules = preset.vendor_rules.clone().unwrap();
        let made = db.write_now(move |tx| {
            pipelines::ensure_default(tx)?;
            apply(tx, &keyring, &Entropy::system(), &preset)?;
            apply(tx, &keyring, &Entropy::system(), &preset)?;
            let new = NewVendor { name: "Later".to_owned(), ..NewVendor::default() };
            let made = vendors::create(tx, &Origin::system(), &new, &Entropy::system())?;
            Ok((made, vendors::must(tx, "PUB001")?, Stored::<VendorDefaults>::load(tx)?.version))
        });
        let (made, sample, version) = made.unwrap();
        assert_eq!((&made.rules, made.lead_value, version), (&rules, Some(3500), 1));
        assert_eq!((made.pipeline_id, made.department_id), (sample.pipeline_id, sample.department_id));
        assert!(made.department_id.is_some());
        // What only the publishers' form has is kept with the lead, for no rule takes it elsewhere.
        assert!(
            ["xselect4", "name", "phone"].iter().all(|name| !rules.fields.iter().any(|f| f.name == *name))
        );
    }

    #[test]
    fn replies_come_once_and_stay_as_somebody_left_them() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(None, &[("data.dir", folder.path().display().to_string())]).unwrap();
        let keyring = Keyring::load(&config, Entropy::system()).unwrap();
        let db = open_database(&config, &Clock::system(), reactors()).unwrap();
        let preset = load("retail").unwrap();
        let wanted = preset.canned_replies.len() as i64;
        let kept = db.write_now(move |tx| {
            pipelines::ensure_default(tx)?;
            apply(tx, &keyring, &Entropy::system(), &preset)?;
            let rows = sql!("SELECT count(*), max(version) FROM canned_replies");
            let count = |tx: &Tx<'_>| tx.one(rows, &[], |r| Ok((r.get::<i64>(0)?, r.get::<i64>(1)?)));
            let first = count(tx)?;
            // One is changed in every way, as its page would.
            let change =
                "UPDATE canned_replies SET shortcut = 'mine', name = 'Mine', version = 2 WHERE key = ?1";
            tx.exec(Sql::built(change), params!["retail.chao-hoi"])?;
            apply(tx, &keyring, &Entropy::system(), &preset)?;
            let name: Option<String> =
                tx.value(sql!("SELECT name FROM canned_replies WHERE key = ?1"), params!["retail.chao-hoi"])?;
            Ok((first, count(tx)?, name))
        });
        let ((first, _), (again, version), name) = kept.unwrap();
        assert_eq!((first, again, version, name.as_deref()), (wanted, wanted, 2, Some("Mine")));
    }
}
