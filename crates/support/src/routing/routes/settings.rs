//! How work is given out.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Error, Result,
    http::{Api, IfMatch, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{RoutingRead, RoutingSettingsWrite};
use crate::{
    Support,
    routing::{RoutingSettings, Snapshot},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, get);
    route!(api, put);
}

/// The routing settings and their version.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RoutingSettingsView {
    #[serde(flatten)]
    settings: RoutingSettings,
    /// 0: the defaults, which nobody has changed.
    version: i64,
}

impl From<Snapshot> for RoutingSettingsView {
    fn from(s: Snapshot) -> Self {
        RoutingSettingsView { settings: s.settings, version: s.version }
    }
}

/// How work is given out.
#[utoipa::path(get, path = "/routing/settings", tag = "Routing", operation_id = "get_routing_settings", responses((status = 200, body = RoutingSettingsView)))]
async fn get(_: Caller<RoutingRead>, State(support): State<Support>) -> Result<Json<RoutingSettingsView>> {
    Ok(Json(support.desk.db.read(Snapshot::load).await?.into()))
}

/// Replaces the settings; what is left out returns to its default. Decisions keep the version that they were made with.
#[utoipa::path(put, path = "/routing/settings", tag = "Routing", operation_id = "put_routing_settings", responses((status = 200, body = RoutingSettingsView)))]
async fn put(
    caller: Caller<RoutingSettingsWrite>,
    State(support): State<Support>,
    version: IfMatch,
    Json(new): Json<RoutingSettings>,
) -> Result<Json<RoutingSettingsView>> {
    let faults = new.faults();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let db = &support.desk.db;
    let stored = db.write(move |tx| Snapshot::replace(tx, &caller.origin, version.0, &new)).await?;
    support.matcher.refresh(db).await?;
    Ok(Json(stored.into()))
}
