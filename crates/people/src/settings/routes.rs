//! `/admin/settings`: the organisation's own.

use axum::extract::{FromRef, State};
use platform::{
    Result,
    http::{Api, IfMatch, Json},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ORG, Org, SettingsRead, SettingsWrite, get, put};
use crate::{Desk, access::Caller};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, get_settings);
    route!(api, change_settings);
}

/// The desk's settings.
#[derive(Debug, Serialize, ToSchema)]
struct DeskSettings {
    #[schema(inline)]
    org: Org,
    /// For `If-Match`; 0 while nobody has changed anything.
    version: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeskSettingsChange {
    #[schema(inline)]
    org: Org,
}

/// The desk's settings.
#[utoipa::path(get, path = "/admin/settings", tag = "Admin", responses((status = 200, body = DeskSettings)))]
async fn get_settings(_: Caller<SettingsRead>, State(desk): State<Desk>) -> Result<Json<DeskSettings>> {
    let (org, version) = desk.db.read(|c| get::<Org>(c, ORG)).await?;
    Ok(Json(DeskSettings { org, version }))
}

/// Changes the desk's settings.
#[utoipa::path(patch, path = "/admin/settings", tag = "Admin", responses((status = 200, body = DeskSettings)))]
async fn change_settings(
    caller: Caller<SettingsWrite>,
    State(desk): State<Desk>,
    version: IfMatch,
    Json(change): Json<DeskSettingsChange>,
) -> Result<Json<DeskSettings>> {
    let org = change.org.clone();
    let version = desk.db.write(move |tx| put(tx, &caller.origin, ORG, &org, version.0)).await?;
    Ok(Json(DeskSettings { org: change.org, version }))
}
