//! A vendor posts a lead: judged, looked for among what is there, stored, given to somebody; or refused with every reason.
//!
//! Whatever becomes of it stands in the posting log, in the same transaction as the lead.

use axum::http::StatusCode;
use people::{access::Principal, contacts, settings};
use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::{DAY, Millis},
    db::LockKey,
    error::Code,
    events::Origin,
    http::Json as Body,
};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{
    Strategy, Vendor,
    rules::{self, Posted},
    store,
};
use crate::{
    Crm, LeadId, VendorId,
    leads::{
        self, NewLead, Priority,
        assign::{self, Strategy as Dealing},
        custom,
        input::{Method, Wanted, find_or_make, lock_of},
        others,
    },
    pipelines::{self, FieldKind, Pipeline},
};

/// What a vendor hears of a post that was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorPostAccepted)]
pub struct Accepted {
    /// `success`.
    pub status: &'static str,
    pub lead_id: LeadId,
    pub message: &'static str,
}

/// How a post ended, on disk either way.
enum Ended {
    Accepted(LeadId),
    Rejected(Vec<Fault>),
    Duplicate(Vec<Fault>),
}

/// Takes a post of the vendor that the caller acts for.
///
/// Errors: 403 for a vendor that is not active; 422 with every fault; 409 `duplicate_lead`.
pub async fn post(
    crm: &Crm,
    principal: &Principal,
    origin: &Origin,
    body: Json,
) -> Result<(StatusCode, Body<Accepted>)> {
    let Some(vendor) = principal.vendor_id.map(VendorId) else { return Err(Error::forbidden()) };
    let origin = origin.clone();
    // Which addresses to lock is known when the post has been read by the vendor's rules.
    let ended = crm.desk.db.write_locked(Vec::new(), move |tx| take(tx, &origin, vendor, &body)).await?;
    match ended {
        Ended::Accepted(lead_id) => {
            let told = Accepted { status: "success", lead_id, message: "Lead received" };
            Ok((StatusCode::CREATED, Body(told)))
        }
        Ended::Rejected(faults) => Err(Error::invalid(faults)),
        Ended::Duplicate(faults) => {
            let detail = "There is a lead with this address already.";
            Err(Error { faults, ..Error::conflict(Code::DuplicateLead, detail) })
        }
    }
}

/// The same within a transaction: the lead, or `None` where it was refused.
pub fn post_in(tx: &Tx<'_>, origin: &Origin, vendor: VendorId, body: &Json) -> Result<Option<LeadId>> {
    Ok(match take(tx, origin, vendor, body)? {
        Ended::Accepted(lead) => Some(lead),
        Ended::Rejected(_) | Ended::Duplicate(_) => None,
    })
}

fn take(tx: &Tx<'_>, origin: &Origin, vendor: VendorId, body: &Json) -> Result<Ended> {
    let vendor = store::get(tx, vendor)?.filter(|v| v.is_active).ok_or_else(Error::forbidden)?;
    let log = |outcome, lead, faults: &[Fault]| {
        store::log_post(tx, vendor.id, outcome, lead, faults, origin.request_id.as_deref())
    };
    let pipeline = pipeline_of(tx, &vendor)?;
    let post = match check(tx, &vendor, &pipeline, body)? {
        Ok(post) => post,
        Err(faults) => {
            log("rejected", None, &faults)?;
            return Ok(Ended::Rejected(faults));
        }
    };
    // Two posts about one person wait for each other, however they spell the address; whatever else is posted does not.
    for key in lock_keys(&post.methods) {
        tx.lock(key)?;
    }
    let faults = duplicates(tx, &vendor, &post.methods, tx.now())?;
    if !faults.is_empty() {
        log("duplicate", None, &faults)?;
        return Ok(Ended::Duplicate(faults));
    }
    let lead = store_lead(tx, origin, &vendor, &pipeline, post)?;
    log("accepted", Some(lead), &[])?;
    Ok(Ended::Accepted(lead))
}

/// A lock for each address, by the form that duplicates are looked for in; in the order in which locks are taken.
fn lock_keys(methods: &[Method]) -> Vec<LockKey> {
    let mut keys: Vec<LockKey> = methods.iter().map(|m| lock_of(&m.key)).collect();
    keys.sort_unstable();
    keys
}

/// What a post turns out to be.
pub(super) enum Judged {
    Good(Checked),
    Rejected(Vec<Fault>),
    Duplicate(Vec<Fault>),
}

/// Where the vendor's leads go.
pub(super) fn pipeline_of(c: &Conn<'_>, vendor: &Vendor) -> Result<Pipeline> {
    let found = pipelines::get(c, vendor.pipeline_id)?;
    found.ok_or_else(|| Error::internal("a vendor's pipeline is not there"))
}

/// Judges a post by the vendor's rules, the pipeline's fields and the leads that are there; stores nothing.
pub(super) fn judge(
    c: &Conn<'_>,
    vendor: &Vendor,
    pipeline: &Pipeline,
    body: &Json,
    now: Millis,
) -> Result<Judged> {
    let post = match check(c, vendor, pipeline, body)? {
        Ok(post) => post,
        Err(faults) => return Ok(Judged::Rejected(faults)),
    };
    let faults = duplicates(c, vendor, &post.methods, now)?;
    Ok(if faults.is_empty() { Judged::Good(post) } else { Judged::Duplicate(faults) })
}

/// A post ready to be stored.
pub(super) struct Checked {
    pub posted: Posted,
    pub custom: Map<String, Json>,
    pub methods: Vec<Method>,
}

/// Everything that is wrong with the post, by the vendor's rules and by the pipeline's fields.
fn check(
    c: &Conn<'_>,
    vendor: &Vendor,
    pipeline: &Pipeline,
    body: &Json,
) -> Result<Result<Checked, Vec<Fault>>> {
    let country = match &vendor.rules.country {
        Some(country) => country.clone(),
        None => settings::get::<settings::Org>(c, settings::ORG)?.0.default_country,
    };
    let (posted, mut faults) = match rules::judge(&vendor.rules, &vendor.code, &country, body) {
        Ok(read) => read,
        Err(faults) => return Ok(Err(faults)),
    };
    let mut unfit = Vec::new();
    let custom =
        custom::check(pipeline, &of_their_kinds(pipeline, &posted.custom), &Map::new(), true, &mut unfit);
    for mut fault in unfit {
        if let Some(key) = fault.field.strip_prefix("custom.") {
            fault.field = posted_as(vendor, key);
        }
        // What the rules refuse already is not missing besides.
        if !faults.iter().any(|f| f.field == fault.field) {
            faults.push(fault);
        }
    }
    let mut methods = Vec::new();
    for (kind, value) in [("phone", &posted.phone), ("email", &posted.email)] {
        let Some(value) = value else { continue };
        match contacts::normalise(kind, value, &country) {
            Ok(key) => {
                // A number is kept with the country that the vendor's rules gave it.
                let value = if kind == "phone" { key.clone() } else { value.clone() };
                methods.push(Method { kind, value, key, field: address_field(vendor, kind) });
            }
            Err(fault) => faults.push(Fault { field: address_field(vendor, kind), ..fault }),
        }
    }
    if posted.rest.len() > 100 || Json::Object(posted.rest.clone()).to_string().len() > 16 << 10 {
        faults.push(Fault::new("", "too_long", "holds more besides its fields than is kept (16 KB)"));
    }
    Ok(if faults.is_empty() { Ok(Checked { posted, custom, methods }) } else { Err(faults) })
}

/// What was posted as text, as the pipeline's fields keep it: numbers, and yes or no. What does not read as one stays a text, which
/// the field then refuses.
fn of_their_kinds(pipeline: &Pipeline, given: &Map<String, Json>) -> Map<String, Json> {
    let kind = |key: &str| pipeline.fields.iter().find(|f| f.key == key).map(|f| f.kind);
    let convert = |(key, value): (&String, &Json)| {
        let text = value.as_str().unwrap_or_default().trim();
        let read = match kind(key) {
            Some(FieldKind::Number) => number(text),
            Some(FieldKind::Bool) => yes_or_no(text).map(Json::Bool),
            _ => None,
        };
        (key.clone(), read.unwrap_or_else(|| value.clone()))
    };
    given.iter().map(convert).collect()
}

fn number(text: &str) -> Option<Json> {
    let whole = || text.parse::<i64>().ok().map(Json::from);
    let broken = || text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number);
    whole().or_else(broken)
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "on" => Some(true),
        "false" | "no" | "n" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// What a vendor calls the pipeline's field `key`.
fn posted_as(vendor: &Vendor, key: &str) -> String {
    let rule = vendor
        .rules
        .fields
        .iter()
        .find(|f| f.target == rules::Target::Custom && f.key.as_deref().unwrap_or(&f.name) == key);
    rule.map_or(key, |f| &f.name).to_owned()
}

/// What a vendor calls the phone number or the e-mail address.
fn address_field(vendor: &Vendor, kind: &str) -> String {
    let target = if kind == "phone" { rules::Target::Phone } else { rules::Target::Email };
    vendor.rules.fields.iter().find(|f| f.target == target).map_or(kind, |f| &f.name).to_owned()
}

/// The addresses that a lead of the last `duplicate_days` has already, whoever brought it.
fn duplicates(c: &Conn<'_>, vendor: &Vendor, methods: &[Method], now: Millis) -> Result<Vec<Fault>> {
    let since = vendor.duplicate_days.map_or(i64::MIN, |days| now - days * DAY);
    let mut faults = Vec::new();
    for method in methods {
        let Some(contact) = contacts::find(c, method.kind, "", &method.value)? else { continue };
        if leads::of_contact(c, contact)?.iter().any(|lead| lead.created_at >= since) {
            faults.push(Fault::new(
                method.field.clone(),
                "duplicate",
                "belongs to a lead that is here already",
            ));
        }
    }
    Ok(faults)
}

fn store_lead(
    tx: &Tx<'_>,
    origin: &Origin,
    vendor: &Vendor,
    pipeline: &Pipeline,
    post: Checked,
) -> Result<LeadId> {
    let wanted = Wanted {
        contact: None,
        name: Some(&post.posted.name),
        source: &vendor.source,
        methods: &post.methods,
    };
    let (contact_id, others) = find_or_make(tx, origin, &wanted)?;
    let mut metadata = Json::Object(post.posted.rest);
    others::put(&mut metadata, &others);
    let dealing = match vendor.strategy {
        Strategy::RoundRobin => Some(Dealing::RoundRobin),
        Strategy::CapacityBased => Some(Dealing::CapacityBased),
        Strategy::Manual | Strategy::None => None,
    };
    let owner = match dealing {
        Some(dealing) => assign::choose(tx, dealing, &vendor.agents, vendor.department_id)?,
        None => None,
    };
    let department_id = match &owner {
        Some(staff) => assign::department_for(vendor.department_id, staff),
        None => vendor.department_id,
    };
    let first = pipeline.dispositions.iter().find(|d| d.key == "new").map(|d| d.key.clone());
    let lead = leads::create(
        tx,
        origin,
        NewLead {
            contact_id,
            pipeline,
            stage: pipeline.first_stage()?,
            name: post.posted.name,
            source: vendor.source.clone(),
            owner_id: owner.map(|s| s.id),
            department_id,
            vendor_id: Some(vendor.id),
            disposition: first,
            priority: Priority::Medium,
            value: vendor.lead_value,
            tags: Vec::new(),
            notes: post.posted.notes,
            custom: post.custom,
            metadata,
            students: Vec::new(),
            lost_reason: None,
            import_id: None,
        },
    )?;
    others::note(tx, lead.id, &others)?;
    Ok(lead.id)
}
