//! `/vendors`: made, changed, given keys and people.

use axum::{extract::State, http::StatusCode};
use people::{
    DepartmentId, Desk, UserId,
    access::{self, Caller, NewUser, VendorPerson, matrix},
};
use platform::{
    Result,
    clock::{DAY, Millis},
    http::{IfMatch, Json, ListQuery, Segment, SegmentId, nullable},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::super::{
    self as vendors, Change, NewVendor, Strategy, Vendor, VendorsRead, VendorsWrite,
    performance::{self, Totals},
    rules::Rules,
    store,
};
use crate::{PipelineId, VendorId};

/// A vendor; its key is never shown again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct VendorView {
    id: VendorId,
    code: String,
    /// The same as `code`.
    vendor_code: String,
    name: String,
    description: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    phone: Option<String>,
    is_active: bool,
    /// How the good key begins; null: it has none.
    key_prefix: Option<String>,
    pipeline_id: PipelineId,
    department_id: Option<DepartmentId>,
    #[schema(inline)]
    strategy: Strategy,
    agents: Vec<UserId>,
    source: String,
    /// Minor units of the pipeline's currency.
    lead_value: Option<i64>,
    rules: Rules,
    duplicate_days: Option<i64>,
    /// Posts of the last 30 days.
    totals: Totals,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    version: i64,
}

impl VendorView {
    fn new(v: Vendor, totals: Totals) -> Self {
        VendorView {
            id: v.id,
            vendor_code: v.code.clone(),
            code: v.code,
            name: v.name,
            description: v.description,
            contact_name: v.contact_name,
            contact_email: v.contact_email,
            phone: v.phone,
            is_active: v.is_active,
            key_prefix: v.key_prefix,
            pipeline_id: v.pipeline_id,
            department_id: v.department_id,
            strategy: v.strategy,
            agents: v.agents,
            source: v.source,
            lead_value: v.lead_value,
            rules: v.rules,
            duplicate_days: v.duplicate_days,
            totals,
            created_at: v.created_at,
            updated_at: v.updated_at,
            version: v.version,
        }
    }
}

list_schema!(
    /// Vendors by code.
    VendorList, vendors: VendorView
);

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct VendorFilter {
    is_active: Option<bool>,
}

/// What can be said of a vendor, at first and later.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorInput {
    /// Made from the name unless said; never changes.
    #[schema(min_length = 2, max_length = 40, pattern = "^[A-Za-z0-9_-]+$")]
    vendor_code: Option<String>,
    /// Asked for when a vendor is made.
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
    is_active: Option<bool>,
    pipeline_id: Option<PipelineId>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    department_id: Option<Option<DepartmentId>>,
    #[schema(inline)]
    strategy: Option<Strategy>,
    /// Whom the strategy may choose; empty: the department's agents.
    #[schema(max_items = 200)]
    agents: Option<Vec<UserId>>,
    #[schema(min_length = 1, max_length = 60)]
    source: Option<String>,
    /// What one lead is worth, in minor units.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_i64)]
    lead_value: Option<Option<i64>>,
    rules: Option<Rules>,
    /// How many days an address counts as a duplicate; null: for ever.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 36_500)]
    duplicate_days: Option<Option<i64>>,
}

impl From<VendorInput> for Change {
    fn from(c: VendorInput) -> Change {
        Change {
            name: c.name,
            description: c.description,
            contact_name: c.contact_name,
            contact_email: c.contact_email,
            phone: c.phone,
            is_active: c.is_active,
            pipeline_id: c.pipeline_id,
            department_id: c.department_id,
            strategy: c.strategy,
            agents: c.agents,
            source: c.source,
            lead_value: c.lead_value,
            rules: c.rules,
            duplicate_days: c.duplicate_days,
        }
    }
}

/// A vendor with its key, told once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedVendor {
    vendor: VendorView,
    /// Shown now and never again.
    api_key: String,
}

/// A vendor's new key, told once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegeneratedKey {
    vendor_code: String,
    /// Shown now and never again; the old one has ended.
    api_key: String,
}

fn view(c: &platform::Conn<'_>, vendor: Vendor, now: Millis) -> Result<VendorView> {
    let totals = performance::totals_of(c, &[vendor.id], now - 30 * DAY, now + 1)?
        .remove(&vendor.id)
        .unwrap_or_default();
    Ok(VendorView::new(vendor, totals))
}

/// Vendors by code, with what they posted in the last 30 days.
#[utoipa::path(get, path = "/vendors", tag = "Vendors", responses((status = 200, body = VendorList)))]
pub(super) async fn list_vendors(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<VendorFilter>,
) -> Result<Json<VendorList>> {
    let after = page.cursor.as_ref().map(|c| c.text(0).map(str::to_owned)).transpose()?.unwrap_or_default();
    let (limit, offset, now) = (page.fetch(), page.offset, desk.clock.now());
    let (rows, total) = desk
        .db
        .read(move |c| {
            let (rows, total) = store::list(c, filter.is_active, &after, limit, offset)?;
            let ids: Vec<VendorId> = rows.iter().map(|v| v.id).collect();
            let mut totals = performance::totals_of(c, &ids, now - 30 * DAY, now + 1)?;
            let view = |v: Vendor| {
                let mine = totals.remove(&v.id).unwrap_or_default();
                VendorView::new(v, mine)
            };
            Ok((rows.into_iter().map(view).collect::<Vec<_>>(), total))
        })
        .await?;
    Ok(Json(page.finish(rows, total, |v| vec![json!(v.code)]).into()))
}

/// Makes a vendor and its key, which is shown once.
#[utoipa::path(post, path = "/vendors", tag = "Vendors", responses((status = 201, body = CreatedVendor)))]
pub(super) async fn create_vendor(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    Json(input): Json<VendorInput>,
) -> Result<(StatusCode, Json<CreatedVendor>)> {
    let code = input.vendor_code.clone();
    let new = NewVendor { code, name: input.name.clone().unwrap_or_default(), change: input.into() };
    let (entropy, limits, now) = (desk.entropy.clone(), vendors::limits(&desk), desk.clock.now());
    let made = desk
        .db
        .write(move |tx| {
            let vendor = vendors::create(tx, &caller.origin, &new, &entropy)?;
            let (vendor, api_key) = vendors::regenerate_key(tx, &caller.origin, &vendor, &limits, &entropy)?;
            Ok(CreatedVendor { vendor: view(tx, vendor, now)?, api_key })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One vendor.
#[utoipa::path(get, path = "/vendors/{code}", tag = "Vendors", responses((status = 200, body = VendorView)))]
pub(super) async fn get_vendor(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    Segment(code): Segment,
) -> Result<Json<VendorView>> {
    let now = desk.clock.now();
    desk.db.read(move |c| view(c, vendors::must(c, &code)?, now)).await.map(Json)
}

/// Changes a vendor.
#[utoipa::path(patch, path = "/vendors/{code}", tag = "Vendors", responses((status = 200, body = VendorView)))]
pub(super) async fn change_vendor(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    version: IfMatch,
    Json(input): Json<VendorInput>,
) -> Result<Json<VendorView>> {
    if input.vendor_code.as_ref().is_some_and(|c| !c.eq_ignore_ascii_case(&code)) {
        return Err(platform::Error::invalid_field("vendor_code", "immutable", "never changes"));
    }
    let change = Change::from(input);
    apply(&desk, caller, code, version, change).await.map(Json)
}

/// Deactivates a vendor: its key and its people's log-ins end; its leads stay.
#[utoipa::path(delete, path = "/vendors/{code}", tag = "Vendors", responses((status = 204)))]
pub(super) async fn delete_vendor(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    version: IfMatch,
) -> Result<StatusCode> {
    apply(&desk, caller, code, version, Change { is_active: Some(false), ..Change::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn apply(
    desk: &Desk,
    caller: Caller<VendorsWrite>,
    code: String,
    version: IfMatch,
    change: Change,
) -> Result<VendorView> {
    let now = desk.clock.now();
    let changed = desk
        .db
        .write(move |tx| {
            let before = vendors::must(tx, &code)?;
            version.check(before.version)?;
            view(tx, vendors::change(tx, &caller.origin, &before, &change)?, now)
        })
        .await?;
    desk.access.forget_all();
    Ok(changed)
}

/// Gives the vendor a new key; the old one ends at once.
#[utoipa::path(post, path = "/vendors/{code}/regenerate-key", tag = "Vendors", responses((status = 200, body = RegeneratedKey)))]
pub(super) async fn regenerate_vendor_key(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    Segment(code): Segment,
) -> Result<Json<RegeneratedKey>> {
    let (entropy, limits) = (desk.entropy.clone(), vendors::limits(&desk));
    let made = desk
        .db
        .write(move |tx| {
            let before = vendors::must(tx, &code)?;
            let (vendor, api_key) = vendors::regenerate_key(tx, &caller.origin, &before, &limits, &entropy)?;
            Ok(RegeneratedKey { vendor_code: vendor.code, api_key })
        })
        .await?;
    desk.access.forget_all();
    Ok(Json(made))
}

/// One of a vendor's people.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VendorUser {
    id: UserId,
    email: String,
    name: String,
    is_active: bool,
    /// False: the invitation was not used yet.
    has_password: bool,
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_login_at: Option<Millis>,
}

impl From<VendorPerson> for VendorUser {
    fn from(p: VendorPerson) -> Self {
        VendorUser {
            id: p.id,
            email: p.email,
            name: p.name,
            is_active: p.is_active,
            has_password: p.has_password,
            last_login_at: p.last_login_at,
        }
    }
}

/// All of a vendor's people; 200 at most.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VendorUserList {
    users: Vec<VendorUser>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorUserInput {
    #[schema(min_length = 3, max_length = 320)]
    email: String,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// One of a vendor's people with the link that lets them in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedVendorUser {
    user_id: UserId,
    /// Whether a mail was sent; hand over the link otherwise.
    invite_sent: bool,
    /// Sets the password; works once, for 24 hours.
    invite_link: String,
}

impl CreatedVendorUser {
    fn new(user_id: UserId, base: &str, token: &str) -> Self {
        let invite_link = format!("{base}/reset-password?token={token}");
        CreatedVendorUser { user_id, invite_sent: false, invite_link }
    }
}

/// The vendor's people, who see its portal.
#[utoipa::path(get, path = "/vendors/{code}/users", tag = "Vendors", responses((status = 200, body = VendorUserList)))]
pub(super) async fn list_vendor_users(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    Segment(code): Segment,
) -> Result<Json<VendorUserList>> {
    let users = desk
        .db
        .read(move |c| {
            let rows = access::vendor_users(c, vendors::must(c, &code)?.id.0)?;
            Ok(rows.into_iter().map(VendorUser::from).collect())
        })
        .await?;
    Ok(Json(VendorUserList { users }))
}

/// Lets somebody of the vendor into its portal.
#[utoipa::path(post, path = "/vendors/{code}/users", tag = "Vendors", responses((status = 201, body = CreatedVendorUser)))]
pub(super) async fn create_vendor_user(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    Json(input): Json<VendorUserInput>,
) -> Result<(StatusCode, Json<CreatedVendorUser>)> {
    let (entropy, base) = (desk.entropy.clone(), desk.config.public_url());
    let made = desk
        .db
        .write(move |tx| {
            let vendor = active(tx, &code)?;
            let new = NewUser {
                email: input.email.clone(),
                name: input.name.clone(),
                role: matrix::VENDOR.to_owned(),
                vendor_id: Some(vendor.id.0),
                ..NewUser::default()
            };
            let user_id = access::create_user(tx, &caller.origin, &new)?;
            let token = access::issue_password_token(tx, user_id, &entropy)?;
            Ok(CreatedVendorUser::new(user_id, &base, &token))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A new link for one of the vendor's people: an invitation that was not used, or a password that was forgotten. The link
/// before ends.
#[utoipa::path(post, path = "/vendors/{code}/users/{id}/invite", tag = "Vendors", responses((status = 200, body = CreatedVendorUser)))]
pub(super) async fn invite_vendor_user(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    SegmentId(code, id): SegmentId,
) -> Result<Json<CreatedVendorUser>> {
    let (entropy, base) = (desk.entropy.clone(), desk.config.public_url());
    let write = desk.db.write(move |tx| {
        let vendor = active(tx, &code)?;
        let token = access::invite_vendor_user(tx, &caller.origin, vendor.id.0, UserId(id), &entropy)?;
        Ok(CreatedVendorUser::new(UserId(id), &base, &token))
    });
    write.await.map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorUserChange {
    is_active: bool,
}

/// Shuts one of the vendor's people out at once, or lets them in again.
#[utoipa::path(patch, path = "/vendors/{code}/users/{id}", tag = "Vendors", responses((status = 200, body = VendorUser)))]
pub(super) async fn change_vendor_user(
    caller: Caller<VendorsWrite>,
    State(desk): State<Desk>,
    SegmentId(code, id): SegmentId,
    Json(input): Json<VendorUserChange>,
) -> Result<Json<VendorUser>> {
    let write = desk.db.write(move |tx| {
        let vendor = if input.is_active { active(tx, &code)? } else { vendors::must(tx, &code)? };
        access::set_vendor_user_active(tx, &caller.origin, vendor.id.0, UserId(id), input.is_active)
    });
    let changed = write.await?;
    desk.access.forget_all();
    Ok(Json(changed.into()))
}

/// Errors: 404; 409 `wrong_state` for a vendor that is not active.
fn active(c: &platform::Conn<'_>, code: &str) -> Result<Vendor> {
    let vendor = vendors::must(c, code)?;
    match vendor.is_active {
        true => Ok(vendor),
        false => Err(platform::Error::conflict(
            platform::error::Code::WrongState,
            "This vendor is not active; activate it first.",
        )),
    }
}
