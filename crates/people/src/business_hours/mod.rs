//! Business hours: when somebody is there. What is counted in them — a pipeline's time limits — names them by id.
//!
//! Invariants: what is stored can be counted with; one at most is the default, and making another one the default ends that in
//! the same transaction; what something is counted in cannot be deleted, which whoever counts in it says as a reactor to
//! [`events::DELETED`]. This slice knows nothing of what is counted, and computes no due time itself.

pub mod events;
mod routes;
mod store;

use std::{collections::HashMap, sync::Arc};

use platform::{
    Conn, Error, Fault, Result, Tx,
    business_hours::{Holiday, Schedule, Week},
    clock::Millis,
    events::{NewEvent, Origin},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

pub(crate) use routes::routes;

platform::id_type!(
    /// A row of `business_hours`.
    BusinessHoursId
);

crate::permission! {
    /// See business hours.
    pub BusinessHoursRead = "business_hours.read";
    /// Make and change business hours.
    pub BusinessHoursWrite = "business_hours.write";
}

/// When somebody is there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BusinessHours {
    pub id: BusinessHoursId,
    pub name: String,
    /// `Asia/Ho_Chi_Minh`.
    pub zone: String,
    pub week: Week,
    pub holidays: Vec<Holiday>,
    /// What is offered first where hours are to be chosen.
    pub is_default: bool,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// Business hours to be made, by a request or a preset.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub name: String,
    pub zone: String,
    pub week: Week,
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    #[serde(default)]
    pub is_default: bool,
}

/// What to change; `None` leaves a part alone.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub zone: Option<String>,
    pub week: Option<Week>,
    pub holidays: Option<Vec<Holiday>>,
    /// Only true: another one becomes the default by saying so there.
    pub is_default: Option<bool>,
}

impl BusinessHours {
    /// Ready to count with.
    fn schedule(&self) -> Result<Schedule, Vec<Fault>> {
        Schedule::new(&self.zone, &self.week, &self.holidays)
    }
}

impl Draft {
    /// All that cannot stand.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = name_faults(&self.name);
        faults.extend(Schedule::new(&self.zone, &self.week, &self.holidays).err().unwrap_or_default());
        faults
    }
}

fn name_faults(name: &str) -> Vec<Fault> {
    match (1..=100).contains(&name.trim().chars().count()) {
        true => Vec::new(),
        false => vec![Fault::new("name", "too_short", "must have 1 to 100 characters")],
    }
}

pub fn get(c: &Conn<'_>, id: BusinessHoursId) -> Result<Option<BusinessHours>> {
    store::get(c, id)
}

/// The schedules of these ids. No query for none, one for any number.
pub fn schedules(c: &Conn<'_>, ids: &[BusinessHoursId]) -> Result<HashMap<BusinessHoursId, Arc<Schedule>>> {
    let mut all = HashMap::new();
    for hours in store::by_ids(c, ids)? {
        match hours.schedule() {
            Ok(schedule) => drop(all.insert(hours.id, Arc::new(schedule))),
            // A zone that this program does not know any more: the clock counts, rather than nothing.
            Err(faults) => {
                tracing::error!(business_hours = hours.id.0, ?faults, "these hours cannot be read")
            }
        }
    }
    Ok(all)
}

/// Makes business hours; the first are the default. Errors: 422 with every fault.
pub fn create(tx: &Tx<'_>, origin: &Origin, draft: &Draft) -> Result<BusinessHours> {
    insert(tx, origin, None, draft)
}

/// Makes those of a preset unless they are there; what is there stays as it is.
pub fn upsert_by_key(tx: &Tx<'_>, origin: &Origin, key: &str, draft: &Draft) -> Result<BusinessHoursId> {
    match store::by_key(tx, key)? {
        Some(id) => Ok(id),
        None => insert(tx, origin, Some(key), draft).map(|made| made.id),
    }
}

fn insert(tx: &Tx<'_>, origin: &Origin, key: Option<&str>, draft: &Draft) -> Result<BusinessHours> {
    let faults = draft.faults();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let old = store::default(tx)?;
    let is_default = draft.is_default || old.is_none();
    if let Some(old) = old.filter(|_| is_default) {
        not_default(tx, origin, &old)?;
    }
    let id = store::insert(tx, key, &Draft { is_default, ..draft.clone() })?;
    let made = must(tx, id)?;
    record(tx, origin, events::CREATED, id, Value::Object(facts(&made)))?;
    Ok(made)
}

/// Changes business hours that the caller has read at `expected`, if it said so.
///
/// Errors: 404; 409 `stale_version`; 422 with every fault.
pub fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    id: BusinessHoursId,
    expected: Option<i64>,
    change: &Change,
) -> Result<BusinessHours> {
    let before = store::lock(tx, id)?.ok_or_else(|| Error::not_found("business hours"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let mut after = before.clone();
    macro_rules! take {
        ($($field:ident),*) => { $(if let Some(v) = &change.$field { after.$field.clone_from(v); })* };
    }
    take!(name, zone, week, holidays, is_default);
    after.name = after.name.trim().to_owned();
    let mut faults = name_faults(&after.name);
    faults.extend(after.schedule().err().unwrap_or_default());
    if before.is_default && !after.is_default {
        faults.push(Fault::new("is_default", "not_one_of", "must be true: make others the default"));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    if after == before {
        return Ok(before);
    }
    if after.is_default && !before.is_default {
        store::default(tx)?.map_or(Ok(()), |old| not_default(tx, origin, &old))?;
    }
    store::update(tx, &after)?;
    let (mut old, mut new) = (facts(&before), facts(&after));
    old.retain(|key, was| new.get(key) != Some(was));
    new.retain(|key, _| old.contains_key(key));
    record(tx, origin, events::UPDATED, id, json!({ "before": old, "after": new }))?;
    must(tx, id)
}

/// Deletes business hours. Errors: 404; 409 `stale_version`, or `wrong_state` with what is counted in them.
pub fn delete(tx: &Tx<'_>, origin: &Origin, id: BusinessHoursId, expected: Option<i64>) -> Result<()> {
    let before = store::lock(tx, id)?.ok_or_else(|| Error::not_found("business hours"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    // Whoever counts in them ends this here.
    let data = json!({ "name": before.name, "zone": before.zone });
    record(tx, origin, events::DELETED, id, data)?;
    store::delete(tx, id)
}

fn not_default(tx: &Tx<'_>, origin: &Origin, old: &BusinessHours) -> Result<()> {
    store::update(tx, &BusinessHours { is_default: false, ..old.clone() })?;
    let data = json!({ "before": { "is_default": true }, "after": { "is_default": false } });
    record(tx, origin, events::UPDATED, old.id, data)
}

fn must(tx: &Tx<'_>, id: BusinessHoursId) -> Result<BusinessHours> {
    store::get(tx, id)?.ok_or_else(|| Error::not_found("business hours"))
}

fn facts(h: &BusinessHours) -> Map<String, Value> {
    let all = json!({
        "name": h.name, "zone": h.zone, "week": h.week, "holidays": h.holidays, "is_default": h.is_default,
    });
    match all {
        Value::Object(all) => all,
        _ => Map::new(),
    }
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, id: BusinessHoursId, data: Value) -> Result<()> {
    platform::events::record(tx, origin, NewEvent::new(kind, "business_hours", id.0, data))
}
