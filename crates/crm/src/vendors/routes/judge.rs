//! `/vendors/{code}/check` and `/admin/vendor-defaults`: what a vendor's rules say, before anybody posts.

use axum::extract::State;
use people::{Desk, access::Caller, settings::Stored};
use platform::{
    Error, Fault, Result,
    clock::Millis,
    http::{IfMatch, Json, Segment, nullable},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::{
    self as vendors, Vendor, VendorsRead, VendorsWrite,
    defaults::VendorDefaults,
    post::{self, Judged},
    rules::Rules,
};

/// A post to be judged, and by what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostToCheck {
    /// As the vendor would send it.
    #[schema(value_type = Object)]
    post: Value,
    /// Other rules than the vendor's own, to try them before they are kept.
    rules: Option<Rules>,
    /// Another number of days than the vendor's own; null: for ever.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 36_500)]
    duplicate_days: Option<Option<i64>>,
}

platform::words!(
    /// What would become of a post.
    Verdict { Accepted = "accepted", Rejected = "rejected", Duplicate = "duplicate" }
);

/// What would become of a post. Nothing was stored, and nothing stands in the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedPost {
    #[schema(inline)]
    outcome: Verdict,
    /// Everything that is wrong with it; empty where it is accepted.
    errors: Vec<CheckFault>,
    /// The lead that it would become; null where it would become none.
    #[schema(required)]
    lead: Option<LeadOfPost>,
}

/// One thing that is wrong with a post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VendorCheckFault)]
pub(super) struct CheckFault {
    /// As the vendor calls it; empty for the post as a whole.
    field: String,
    code: String,
    message: String,
}

/// Where the fields of a post would go.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeadOfPost {
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    notes: String,
    /// By the keys of the pipeline's fields.
    custom: Map<String, Value>,
    /// What no rule names.
    metadata: Map<String, Value>,
}

fn fault(fault: Fault) -> CheckFault {
    CheckFault { field: fault.field, code: fault.code.into_owned(), message: fault.message }
}

fn told(judged: Judged) -> CheckedPost {
    let (outcome, faults, lead) = match judged {
        Judged::Rejected(faults) => (Verdict::Rejected, faults, None),
        Judged::Duplicate(faults) => (Verdict::Duplicate, faults, None),
        Judged::Good(post) => {
            let address = |kind: &str| post.methods.iter().find(|m| m.kind == kind).map(|m| m.value.clone());
            let lead = LeadOfPost {
                email: address("email"),
                phone: address("phone"),
                name: post.posted.name,
                notes: post.posted.notes,
                custom: post.custom,
                metadata: post.posted.rest,
            };
            (Verdict::Accepted, Vec::new(), Some(lead))
        }
    };
    CheckedPost { outcome, errors: faults.into_iter().map(fault).collect(), lead }
}

/// Judges a post as the vendor's own would be judged, and stores nothing.
#[utoipa::path(post, path = "/vendors/{code}/check", tag = "Vendors", responses((status = 200, body = CheckedPost)))]
pub(super) async fn check_vendor_post(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    Json(asked): Json<PostToCheck>,
) -> Result<Json<CheckedPost>> {
    let now: Millis = desk.clock.now();
    let read = desk.db.read(move |c| {
        let vendor = vendors::must(c, &code)?;
        let vendor = Vendor {
            duplicate_days: asked.duplicate_days.unwrap_or(vendor.duplicate_days),
            rules: asked.rules.clone().unwrap_or(vendor.rules),
            ..vendor
        };
        let pipeline = post::pipeline_of(c, &vendor)?;
        let faults = vendors::custom_faults(&vendor.rules, &pipeline);
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        Ok(told(post::judge(c, &vendor, &pipeline, &asked.post, now)?))
    });
    read.await.map(Json)
}

/// What new vendors begin with, with its version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VendorDefaultsView {
    #[serde(flatten)]
    defaults: VendorDefaults,
    /// For `If-Match`; 0 while nobody has changed anything.
    version: i64,
}

impl From<Stored<VendorDefaults>> for VendorDefaultsView {
    fn from(s: Stored<VendorDefaults>) -> Self {
        VendorDefaultsView { defaults: s.settings, version: s.version }
    }
}

/// What a new vendor begins with.
#[utoipa::path(get, path = "/admin/vendor-defaults", tag = "Vendors", responses((status = 200, body = VendorDefaultsView)))]
pub(super) async fn get_vendor_defaults(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
) -> Result<Json<VendorDefaultsView>> {
    let stored = desk.db.read(Stored::<VendorDefaults>::load).await?;
    Ok(Json(stored.into()))
}

/// Says what a new vendor begins with; those that are there keep what they have. What is left out returns to its default.
#[utoipa::path(put, path = "/admin/vendor-defaults", tag = "Vendors", responses((status = 200, body = VendorDefaultsView)))]
pub(super) async fn put_vendor_defaults(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    version: IfMatch,
    Json(new): Json<VendorDefaults>,
) -> Result<Json<VendorDefaultsView>> {
    let write = desk.db.write(move |tx| {
        let faults = new.faults(tx)?;
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        Stored::replace(tx, &caller.origin, version.0, &new)
    });
    Ok(Json(write.await?.into()))
}
