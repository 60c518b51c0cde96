//! `/vendor/…`: what a vendor's own people and key see, and nobody else's.

use axum::extract::State;
use people::{Desk, access::Caller};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    days::Days,
    http::{Json, ListQuery, Query, nullable},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        self as vendors, Change, PortalRead, PortalWrite, Vendor,
        performance::{self, Performance},
    },
    quality::Span,
};
use crate::{
    LeadId,
    leads::{Lead, by_vendor},
    pipelines::{self, Pipeline},
};

/// Whose portal: of no meaning to a vendor, who has one; asked of staff.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
pub(super) struct Whose {
    #[param(max_length = 40)]
    vendor_code: Option<String>,
}

/// How many leads a vendor brought. Days and months in the organisation's zone.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct Overview {
    total_leads: i64,
    today: i64,
    yesterday: i64,
    /// The last seven days, today included.
    week: i64,
    month: i64,
    last_month: i64,
    /// This month against the same days of the last one, per cent.
    growth_rate: f64,
}

/// How many leads stand in a stage.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct StageCount {
    status: String,
    name: String,
    count: i64,
}

/// A lead as its vendor sees it: what became of it, never what was said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PortalLead {
    id: LeadId,
    name: String,
    status: String,
    stage_name: String,
    outcome: Option<&'static str>,
    disposition: Option<String>,
    value: Option<i64>,
    currency: String,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    #[serde(skip)]
    sort: Millis,
}

/// A vendor's first page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Dashboard {
    vendor_code: String,
    name: String,
    overview: Overview,
    by_status: Vec<StageCount>,
    /// The newest ten.
    recent: Vec<PortalLead>,
}

list_schema!(
    /// A vendor's leads, newest first.
    PortalLeadList, leads: PortalLead
);

fn shown(lead: Lead, pipelines: &[Pipeline]) -> PortalLead {
    let stage = pipelines.iter().find(|p| p.id == lead.pipeline_id).and_then(|p| p.stage(lead.stage_id));
    PortalLead {
        id: lead.id,
        status: stage.map(|s| s.key.clone()).unwrap_or_default(),
        stage_name: stage.map(|s| s.name.clone()).unwrap_or_default(),
        outcome: lead.outcome.map(|o| o.as_str()),
        name: lead.name,
        disposition: lead.disposition,
        value: lead.value,
        currency: lead.currency,
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        sort: lead.created_at,
    }
}

fn overview(c: &Conn<'_>, vendor: &Vendor, days: &Days, now: Millis) -> Result<Overview> {
    let count = |from: Millis, to: Millis| Ok::<_, Error>(by_vendor::fate(c, vendor.id, from, to)?.leads);
    let today = days.day(now);
    let ago = |n: i32| today.checked_sub(jiff::Span::new().days(n)).map_err(Error::internal);
    let month = today.first_of_month();
    let last = month.yesterday().map_err(Error::internal)?.first_of_month();
    let end = now + 1;
    let this = count(days.start(month), end)?;
    // The same part of the last month, so that the second day of a month is no collapse.
    let before = count(days.start(last), days.start(last) + (end - days.start(month)))?;
    let growth = if before == 0 { 0.0 } else { performance::rate(this - before, before) };
    Ok(Overview {
        total_leads: count(0, end)?,
        today: count(days.start(today), end)?,
        yesterday: count(days.start(ago(1)?), days.start(today))?,
        week: count(days.start(ago(6)?), end)?,
        month: this,
        last_month: count(days.start(last), days.start(month))?,
        growth_rate: growth,
    })
}

/// How many leads, where they stand, and the newest.
#[utoipa::path(get, path = "/vendor/dashboard", tag = "Vendor portal", responses((status = 200, body = Dashboard), (status = 404)))]
pub(super) async fn portal_dashboard(
    caller: Caller<PortalRead>,
    State(desk): State<Desk>,
    Query(whose): Query<Whose>,
) -> Result<Json<Dashboard>> {
    let (days, now) = (Days::of(&desk.config.org.timezone)?, desk.clock.now());
    let dashboard = desk
        .db
        .read(move |c| {
            let vendor = vendors::of_caller(c, caller.principal.vendor_id, whose.vendor_code.as_deref())?;
            let pipelines = pipelines::all(c)?;
            let counts = by_vendor::stages(c, vendor.id)?;
            let stages = pipelines.iter().flat_map(|p| &p.stages);
            let by_status = stages
                .filter_map(|s| {
                    let (_, count) = counts.iter().find(|(id, _)| *id == s.id)?;
                    Some(StageCount { status: s.key.clone(), name: s.name.clone(), count: *count })
                })
                .collect();
            let (recent, _) = by_vendor::newest(c, vendor.id, None, None, 10, 0)?;
            Ok(Dashboard {
                overview: overview(c, &vendor, &days, now)?,
                by_status,
                recent: recent.into_iter().map(|l| shown(l, &pipelines)).collect(),
                vendor_code: vendor.code,
                name: vendor.name,
            })
        })
        .await?;
    Ok(Json(dashboard))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
pub(super) struct PortalFilter {
    #[param(max_length = 40)]
    vendor_code: Option<String>,
    /// A stage's key.
    #[param(max_length = 60)]
    status: Option<String>,
}

/// The vendor's leads with what became of them.
#[utoipa::path(get, path = "/vendor/leads", tag = "Vendor portal", responses((status = 200, body = PortalLeadList), (status = 404)))]
pub(super) async fn portal_leads(
    caller: Caller<PortalRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<PortalFilter>,
) -> Result<Json<PortalLeadList>> {
    let before = page.cursor.as_ref().map(|c| Ok::<_, Error>((c.int(0)?, LeadId(c.int(1)?)))).transpose()?;
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk
        .db
        .read(move |c| {
            let vendor = vendors::of_caller(c, caller.principal.vendor_id, filter.vendor_code.as_deref())?;
            let pipelines = pipelines::all(c)?;
            let stage = match &filter.status {
                None => None,
                Some(key) => {
                    let pipeline = pipelines.iter().find(|p| p.id == vendor.pipeline_id);
                    let stage = pipeline.map(|p| p.stage_by_key(key, "status")).transpose();
                    stage.map_err(|fault| Error::invalid(vec![fault]))?.map(|s| s.id)
                }
            };
            let (rows, total) = by_vendor::newest(c, vendor.id, stage, before, limit, offset)?;
            Ok((rows.into_iter().map(|l| shown(l, &pipelines)).collect::<Vec<_>>(), total))
        })
        .await?;
    Ok(Json(page.finish(rows, total, |l| vec![json!(l.sort), json!(l.id)]).into()))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
pub(super) struct PortalSpan {
    #[param(max_length = 40)]
    vendor_code: Option<String>,
    /// 30 days before the end unless said.
    #[param(max_length = 40)]
    date_from: Option<String>,
    /// Now unless said.
    #[param(max_length = 40)]
    date_to: Option<String>,
}

/// What was posted, what was refused and why, what became of the rest.
#[utoipa::path(get, path = "/vendor/performance", tag = "Vendor portal", responses((status = 200, body = Performance), (status = 404)))]
pub(super) async fn portal_performance(
    caller: Caller<PortalRead>,
    State(desk): State<Desk>,
    Query(asked): Query<PortalSpan>,
) -> Result<Json<Performance>> {
    let span = Span { date_from: asked.date_from.clone(), date_to: asked.date_to.clone() };
    let (days, from, to) = span.range(&desk)?;
    let told = desk
        .db
        .read(move |c| {
            let vendor = vendors::of_caller(c, caller.principal.vendor_id, asked.vendor_code.as_deref())?;
            performance::performance(c, &vendor, &days, from, to)
        })
        .await?;
    Ok(Json(told))
}

/// How a vendor is called and reached.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Profile {
    vendor_code: String,
    name: String,
    description: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    phone: Option<String>,
    /// How the good key begins.
    key_prefix: Option<String>,
    version: i64,
}

impl From<Vendor> for Profile {
    fn from(v: Vendor) -> Self {
        Profile {
            vendor_code: v.code,
            name: v.name,
            description: v.description,
            contact_name: v.contact_name,
            contact_email: v.contact_email,
            phone: v.phone,
            key_prefix: v.key_prefix,
            version: v.version,
        }
    }
}

/// How the vendor is called and reached.
#[utoipa::path(get, path = "/vendor/profile", tag = "Vendor portal", responses((status = 200, body = Profile), (status = 404)))]
pub(super) async fn portal_profile(
    caller: Caller<PortalRead>,
    State(desk): State<Desk>,
    Query(whose): Query<Whose>,
) -> Result<Json<Profile>> {
    let vendor = desk
        .db
        .read(move |c| vendors::of_caller(c, caller.principal.vendor_id, whose.vendor_code.as_deref()))
        .await?;
    Ok(Json(vendor.into()))
}

/// What a vendor may say of itself.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 200)]
    contact_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 320)]
    contact_email: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 50)]
    phone: Option<Option<String>>,
}

/// Changes how the vendor is called and reached.
#[utoipa::path(put, path = "/vendor/profile", tag = "Vendor portal", responses((status = 200, body = Profile), (status = 404)))]
pub(super) async fn change_portal_profile(
    caller: Caller<PortalWrite>,
    State(desk): State<Desk>,
    Query(whose): Query<Whose>,
    Json(input): Json<ProfileChange>,
) -> Result<Json<Profile>> {
    let change = Change {
        name: input.name,
        description: input.description,
        contact_name: input.contact_name,
        contact_email: input.contact_email,
        phone: input.phone,
        ..Change::default()
    };
    let vendor = desk
        .db
        .write(move |tx| {
            let before = vendors::of_caller(tx, caller.principal.vendor_id, whose.vendor_code.as_deref())?;
            vendors::change(tx, &caller.origin, &before, &change)
        })
        .await?;
    Ok(Json(vendor.into()))
}
