//! Vendors: who sells leads, what they may post, and what became of it.
//!
//! A vendor has one good key at a time (shown once, stored as a hash) and never sees another vendor's data. A post is taken
//! whole or not at all, with every fault told at once; what was refused is logged by field and reason, never by what it held.
//! Deactivating a vendor ends its key and shuts out its people; its leads stay.

pub mod defaults;
pub mod events;
pub mod jobs;
mod performance;
mod post;
mod routes;
pub mod rules;
pub(crate) mod store;

use std::collections::HashSet;

use people::{DepartmentId, Desk, UserId, access, permission, settings::Stored};
use platform::{
    Conn, Entropy, Error, Fault, Result, Tx,
    clock::Millis,
    config::Limits,
    error::Code,
    events::{NewEvent, Origin},
};
use serde_json::{Map, Value as Json, json};

use self::{defaults::VendorDefaults, rules::Rules};
pub use self::{
    post::{Accepted, post, post_in},
    routes::api,
};
use crate::{
    PipelineId, VendorId,
    pipelines::{self, Pipeline},
};

permission! {
    /// See vendors and how they do.
    pub VendorsRead = "vendors.read";
    /// Make and change vendors and their keys.
    pub VendorsWrite = "vendors.write";
    /// See the portal of a vendor: for its own people and key.
    pub PortalRead = "portal.read";
    /// Change a vendor's own profile.
    pub PortalWrite = "portal.write";
}

platform::words!(
    /// Who gets what a vendor posts. `manual` and `none` leave it to people: it waits in the vendor's department.
    Strategy { RoundRobin = "round_robin", CapacityBased = "capacity_based", Manual = "manual", None = "none" }
);

/// A row of `vendors`.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    pub id: VendorId,
    /// Upper case; never changes.
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub phone: Option<String>,
    pub is_active: bool,
    pub api_key_id: Option<i64>,
    pub key_prefix: Option<String>,
    pub pipeline_id: PipelineId,
    pub department_id: Option<DepartmentId>,
    pub strategy: Strategy,
    /// Whom the strategy may choose, in this order; empty: the department's agents.
    pub agents: Vec<UserId>,
    pub source: String,
    /// Minor units of the pipeline's currency.
    pub lead_value: Option<i64>,
    pub rules: Rules,
    /// How long an address counts as a duplicate; `None`: for ever.
    pub duplicate_days: Option<i64>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// A vendor to be made.
#[derive(Debug, Clone, Default)]
pub struct NewVendor {
    /// Three letters of the name and six random digits unless said.
    pub code: Option<String>,
    pub name: String,
    pub change: Change,
}

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub contact_name: Option<Option<String>>,
    pub contact_email: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub is_active: Option<bool>,
    pub pipeline_id: Option<PipelineId>,
    pub department_id: Option<Option<DepartmentId>>,
    pub strategy: Option<Strategy>,
    pub agents: Option<Vec<UserId>>,
    pub source: Option<String>,
    pub lead_value: Option<Option<i64>>,
    pub rules: Option<Rules>,
    pub duplicate_days: Option<Option<i64>>,
}

/// By its code, in any case.
pub fn by_code(c: &Conn<'_>, code: &str) -> Result<Option<Vendor>> {
    store::by_code(c, &code.trim().to_uppercase())
}

/// By its code. Errors: 404.
pub fn must(c: &Conn<'_>, code: &str) -> Result<Vendor> {
    by_code(c, code)?.ok_or_else(|| Error::not_found("vendor"))
}

/// Code and name of each; whoever is not there is left out. One query.
pub fn names(
    c: &Conn<'_>,
    ids: &[VendorId],
) -> Result<std::collections::HashMap<VendorId, (String, String)>> {
    store::names(c, ids)
}

/// Makes a vendor without a key yet; what is not said is as [`VendorDefaults`] has it.
///
/// Errors: 422 with every fault, 409 `duplicate` for a taken code.
pub fn create(tx: &Tx<'_>, origin: &Origin, new: &NewVendor, entropy: &Entropy) -> Result<Vendor> {
    let name = new.name.trim();
    let code = match new.code.as_deref().map(str::trim).filter(|c| !c.is_empty()) {
        Some(code) => code.to_uppercase(),
        None => made_code(name, entropy),
    };
    let now = tx.now();
    let defaults = Stored::<VendorDefaults>::load(tx)?.settings;
    let pipeline = match new.change.pipeline_id.or(defaults.pipeline_id) {
        Some(id) => id,
        None => pipelines::default(tx)?.id,
    };
    let mut vendor = Vendor {
        id: VendorId(0),
        code,
        name: name.to_owned(),
        description: None,
        contact_name: None,
        contact_email: None,
        phone: None,
        is_active: true,
        api_key_id: None,
        key_prefix: None,
        pipeline_id: pipeline,
        department_id: defaults.department_id,
        strategy: defaults.strategy,
        agents: Vec::new(),
        source: defaults.source,
        lead_value: defaults.lead_value,
        rules: defaults.rules,
        duplicate_days: defaults.duplicate_days,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut faults = apply(&mut vendor, &new.change);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !(2..=40).contains(&vendor.code.len()) || !vendor.code.chars().all(fits) {
        faults.push(Fault::new(
            "vendor_code",
            "format",
            "must be 2 to 40 letters, digits, dashes or underscores",
        ));
    }
    faults.extend(missing(tx, &vendor)?);
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let id = store::insert(tx, &vendor)?.ok_or_else(|| Error {
        faults: vec![Fault::new("vendor_code", "duplicate", "is taken")],
        ..Error::conflict(Code::Duplicate, "There is a vendor with this code already.")
    })?;
    vendor.id = id;
    record(tx, origin, events::CREATED, id, json!({ "code": vendor.code, "key_prefix": null }))?;
    Ok(vendor)
}

/// Changes a vendor. Errors: 409 `stale_version`, 422 with every fault.
pub fn change(tx: &Tx<'_>, origin: &Origin, before: &Vendor, change: &Change) -> Result<Vendor> {
    let mut after = before.clone();
    let mut faults = apply(&mut after, change);
    faults.extend(missing(tx, &after)?);
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    if after == *before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    after.version += 1;
    let ends = before.is_active && !after.is_active;
    if ends {
        // A key that has ended is shown nowhere, nor when the vendor comes back.
        (after.api_key_id, after.key_prefix) = (None, None);
    }
    store::update(tx, &after, before.version)?;
    let (old, new) = (facts(before), facts(&after));
    let differs = |(key, value): &(&String, &Json)| new.get(*key) != Some(*value);
    let keys: Vec<String> = old.iter().filter(differs).map(|(k, _)| k.clone()).collect();
    let pick = |m: &Map<String, Json>| keys.iter().map(|k| (k.clone(), m[k].clone())).collect::<Map<_, _>>();
    record(tx, origin, events::UPDATED, after.id, json!({ "before": pick(&old), "after": pick(&new) }))?;
    if ends {
        if let Some(key) = before.api_key_id {
            access::revoke_api_key(tx, origin, key)?;
        }
        let users = access::deactivate_vendor_users(tx, origin, after.id.0)?;
        record(tx, origin, events::DEACTIVATED, after.id, json!({ "code": after.code, "users": users }))?;
    }
    Ok(after)
}

/// Gives the vendor a new key; the old one ends in the same transaction. The vendor and the whole key, told once.
///
/// Errors: 409 `wrong_state` for a vendor that is not active.
pub fn regenerate_key(
    tx: &Tx<'_>,
    origin: &Origin,
    before: &Vendor,
    limits: &Limits,
    entropy: &Entropy,
) -> Result<(Vendor, String)> {
    if !before.is_active {
        return Err(Error::conflict(Code::WrongState, "This vendor is not active; activate it first."));
    }
    let name = format!("Vendor {}", before.code);
    let key = access::new_vendor_key(tx, origin, before.id.0, &name, limits, entropy)?;
    if let Some(old) = before.api_key_id {
        access::revoke_api_key(tx, origin, old)?;
    }
    let after = Vendor {
        api_key_id: Some(key.id),
        key_prefix: Some(key.prefix.clone()),
        updated_at: tx.now(),
        version: before.version + 1,
        ..before.clone()
    };
    store::update(tx, &after, before.version)?;
    let data =
        json!({ "before": { "key_prefix": before.key_prefix }, "after": { "key_prefix": key.prefix } });
    record(tx, origin, events::KEY_REGENERATED, after.id, data)?;
    Ok((after, key.secret))
}

/// Whose portal this is: the caller's own, or for staff the one named.
pub(crate) fn of_caller(c: &Conn<'_>, vendor_id: Option<i64>, named: Option<&str>) -> Result<Vendor> {
    let own = match vendor_id {
        Some(id) => store::get(c, VendorId(id))?,
        None => return named.map_or_else(|| Err(say_which()), |code| must(c, code)),
    };
    let own = own.filter(|v| v.is_active).ok_or_else(Error::forbidden)?;
    match named {
        Some(code) if !code.trim().eq_ignore_ascii_case(&own.code) => Err(Error::not_found("vendor")),
        _ => Ok(own),
    }
}

fn say_which() -> Error {
    let faults = vec![Fault::new("vendor_code", "required", "say whose portal: ?vendor_code=…")];
    Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") }
}

fn apply(v: &mut Vendor, change: &Change) -> Vec<Fault> {
    macro_rules! take {
        ($($field:ident),*) => { $(if let Some(x) = &change.$field { v.$field = x.clone(); })* };
    }
    take!(
        name,
        description,
        contact_name,
        contact_email,
        phone,
        is_active,
        pipeline_id,
        department_id,
        strategy,
        agents,
        source,
        lead_value,
        rules,
        duplicate_days
    );
    v.name = v.name.trim().to_owned();
    let mut named = HashSet::new();
    v.agents.retain(|agent| named.insert(*agent));
    let mut faults = Vec::new();
    if v.name.is_empty() {
        faults.push(Fault::new("name", "required", "must not be empty"));
    }
    if v.source.trim().is_empty() {
        faults.push(Fault::new("source", "required", "must not be empty"));
    }
    if let Some(email) = &v.contact_email
        && people::contacts::normalise("email", email, "").is_err()
    {
        faults.push(Fault::new("contact_email", "format", "must be an e-mail address"));
    }
    faults
}

/// What a vendor names and is not there.
fn missing(c: &Conn<'_>, v: &Vendor) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    match pipelines::get(c, v.pipeline_id)? {
        None => faults.push(Fault::new("pipeline_id", "not_found", "there is no such pipeline")),
        Some(pipeline) => faults.extend(custom_faults(&v.rules, &pipeline)),
    }
    if let Some(department) = v.department_id
        && people::departments::get(c, department)?.is_none()
    {
        faults.push(Fault::new("department_id", "not_found", "there is no such department"));
    }
    let known = access::names(c, &v.agents)?;
    for (n, agent) in v.agents.iter().enumerate().filter(|(_, a)| !known.contains_key(a)) {
        faults.push(Fault::new(format!("agents.{n}"), "not_found", format!("there is no user {agent}")));
    }
    Ok(faults)
}

/// Fields of the pipeline that the rules name and that are not there.
fn custom_faults(rules: &Rules, pipeline: &Pipeline) -> Vec<Fault> {
    let custom = rules.fields.iter().enumerate().filter(|(_, r)| r.target == rules::Target::Custom);
    let missing = custom.filter_map(|(n, rule)| {
        let key = rule.key.as_ref().unwrap_or(&rule.name);
        let is_there = pipeline.fields.iter().any(|f| f.is_active && f.key == *key);
        let words = format!("the pipeline has no field `{key}`");
        (!is_there).then(|| Fault::new(format!("rules.fields.{n}.key"), "not_found", words))
    });
    missing.collect()
}

/// What an event tells of a vendor.
fn facts(v: &Vendor) -> Map<String, Json> {
    let facts = json!({
        "name": v.name, "is_active": v.is_active, "pipeline_id": v.pipeline_id, "department_id": v.department_id,
        "strategy": v.strategy, "agents": v.agents, "source": v.source, "lead_value": v.lead_value, "rules": v.rules,
        "duplicate_days": v.duplicate_days, "description": v.description, "contact_name": v.contact_name,
        "contact_email": v.contact_email, "phone": v.phone,
    });
    match facts {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn made_code(name: &str, entropy: &Entropy) -> String {
    let letters: String =
        platform::fold::fold(name).chars().filter(char::is_ascii_alphabetic).take(3).collect();
    let letters = if letters.is_empty() { "ven".to_owned() } else { letters };
    format!("{}{:06X}", letters.to_uppercase(), entropy.u64() & 0xff_ffff)
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, id: VendorId, data: Json) -> Result<()> {
    platform::events::record(tx, origin, NewEvent::new(kind, "vendor", id.0, data))
}

/// Where the desk's limits stand, for a new key.
fn limits(desk: &Desk) -> Limits {
    desk.config.limits.clone()
}
