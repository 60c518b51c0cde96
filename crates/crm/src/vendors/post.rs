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
        input::{Method, Wanted, find_or_make},
    },
    pipelines::{self, Pipeline},
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
    // Two posts about one person wait for each other; whatever else is posted does not.
    let keys = ["email", "phone", "phone_home"].into_iter().filter_map(|field| {
        let text = body.get(field)?.as_str()?.trim().to_lowercase();
        Some(LockKey::of_text(4, &text))
    });
    let ended = crm.desk.db.write_locked(keys.collect(), move |tx| take(tx, &origin, vendor, &body)).await?;
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
    match judge(tx, &vendor, &pipeline, body, tx.now())? {
        Judged::Rejected(faults) => {
            log("rejected", None, &faults)?;
            Ok(Ended::Rejected(faults))
        }
        Judged::Duplicate(faults) => {
            log("duplicate", None, &faults)?;
            Ok(Ended::Duplicate(faults))
        }
        Judged::Good(post) => {
            let lead = store_lead(tx, origin, &vendor, &pipeline, post)?;
            log("accepted", Some(lead), &[])?;
            Ok(Ended::Accepted(lead))
        }
    }
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
    let posted = match rules::judge(&vendor.rules, &vendor.code, body) {
        Ok(posted) => posted,
        Err(faults) => return Ok(Err(faults)),
    };
    let mut faults = Vec::new();
    let custom = custom::check(pipeline, &posted.custom, &Map::new(), true, &mut faults);
    for fault in &mut faults {
        let field = fault.field.strip_prefix("custom.").map(|key| posted_as(vendor, key));
        fault.field = field.unwrap_or_else(|| fault.field.clone());
    }
    let country = match &vendor.rules.country {
        Some(country) => country.clone(),
        None => settings::get::<settings::Org>(c, settings::ORG)?.0.default_country,
    };
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
    let contact_id = find_or_make(tx, origin, &wanted)?;
    let dealing = match vendor.strategy {
        Strategy::RoundRobin => Some(Dealing::RoundRobin),
        Strategy::CapacityBased => Some(Dealing::CapacityBased),
        Strategy::Manual => Some(Dealing::Manual),
        Strategy::None => None,
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
            metadata: Json::Object(post.posted.rest),
            students: Vec::new(),
            lost_reason: None,
            import_id: None,
        },
    )?;
    Ok(lead.id)
}
