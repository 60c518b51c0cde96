//! `/business-hours`.

use axum::{
    extract::{FromRef, State},
    http::StatusCode,
};
use platform::{
    Error, Result,
    business_hours::{Holiday, Week},
    http::{Api, Id, IfMatch, Json, Page},
    list_schema, route,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{BusinessHours, BusinessHoursId, BusinessHoursRead, BusinessHoursWrite, Change, Draft, store};
use crate::{Desk, access::Caller};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, list_business_hours);
    route!(api, create_business_hours);
    route!(api, get_business_hours);
    route!(api, change_business_hours);
    route!(api, delete_business_hours);
}

list_schema!(
    /// Business hours by name.
    BusinessHoursList, business_hours: BusinessHours
);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBusinessHours {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The organisation's unless said.
    #[schema(min_length = 1, max_length = 60)]
    zone: Option<String>,
    week: Week,
    #[serde(default)]
    #[schema(max_items = 500)]
    holidays: Vec<Holiday>,
    /// The first are the default in any case.
    #[serde(default)]
    is_default: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BusinessHoursChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 60)]
    zone: Option<String>,
    /// The whole week.
    week: Option<Week>,
    /// All of them.
    #[schema(max_items = 500)]
    holidays: Option<Vec<Holiday>>,
    /// Only true: others become the default by saying so there.
    is_default: Option<bool>,
}

/// Business hours by name.
#[utoipa::path(get, path = "/business-hours", tag = "Business hours", responses((status = 200, body = BusinessHoursList)))]
async fn list_business_hours(
    _: Caller<BusinessHoursRead>,
    State(desk): State<Desk>,
    page: Page,
) -> Result<Json<BusinessHoursList>> {
    let after =
        page.cursor.as_ref().map(|c| Ok::<_, Error>((c.text(0)?.to_owned(), c.int(1)?))).transpose()?;
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk.db.read(move |c| store::list(c, after.clone(), limit, offset)).await?;
    let key = |last: &BusinessHours| vec![json!(last.name), json!(last.id)];
    Ok(Json(page.finish(rows, total, key).into()))
}

/// Makes business hours. A span that ends before it begins ends on the next day; a holiday lasts from midnight to midnight.
#[utoipa::path(post, path = "/business-hours", tag = "Business hours", responses((status = 201, body = BusinessHours)))]
async fn create_business_hours(
    caller: Caller<BusinessHoursWrite>,
    State(desk): State<Desk>,
    Json(new): Json<NewBusinessHours>,
) -> Result<(StatusCode, Json<BusinessHours>)> {
    let draft = Draft {
        name: new.name,
        zone: new.zone.unwrap_or_else(|| desk.config.org.timezone.clone()),
        week: new.week,
        holidays: new.holidays,
        is_default: new.is_default,
    };
    let made = desk.db.write(move |tx| super::create(tx, &caller.origin, &draft)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Some business hours.
#[utoipa::path(get, path = "/business-hours/{id}", tag = "Business hours", responses((status = 200, body = BusinessHours)))]
async fn get_business_hours(
    _: Caller<BusinessHoursRead>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<BusinessHours>> {
    let found = desk.db.read(move |c| super::get(c, BusinessHoursId(id))).await?;
    found.map(Json).ok_or_else(|| Error::not_found("business hours"))
}

/// Changes business hours. What is counted in them follows in the background, within seconds or, for a million leads, minutes.
#[utoipa::path(patch, path = "/business-hours/{id}", tag = "Business hours", responses((status = 200, body = BusinessHours)))]
async fn change_business_hours(
    caller: Caller<BusinessHoursWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<BusinessHoursChange>,
) -> Result<Json<BusinessHours>> {
    let change = Change {
        name: change.name,
        zone: change.zone,
        week: change.week,
        holidays: change.holidays,
        is_default: change.is_default,
    };
    let id = BusinessHoursId(id);
    let write = desk.db.write(move |tx| super::change(tx, &caller.origin, id, version.0, &change));
    write.await.map(Json)
}

/// Deletes business hours that nothing is counted in.
#[utoipa::path(delete, path = "/business-hours/{id}", tag = "Business hours", responses((status = 204)))]
async fn delete_business_hours(
    caller: Caller<BusinessHoursWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let id = BusinessHoursId(id);
    desk.db.write(move |tx| super::delete(tx, &caller.origin, id, version.0)).await?;
    Ok(StatusCode::NO_CONTENT)
}
