//! `GET` and `PUT /leads/settings`.

use axum::extract::State;
use people::{
    access::Caller,
    settings::{SettingsWrite, Stored},
};
use platform::{
    Result,
    http::{Api, IfMatch, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::all_well;
use crate::{Crm, leads::settings::LeadSettings, pipelines::PipelinesRead};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, get_lead_settings);
    route!(api, put_lead_settings);
}

/// The settings of leads with their version.
#[derive(Debug, Serialize, ToSchema)]
struct LeadSettingsView {
    #[serde(flatten)]
    settings: LeadSettings,
    /// For `If-Match`; 0 while nobody has changed anything.
    version: i64,
}

impl From<Stored<LeadSettings>> for LeadSettingsView {
    fn from(s: Stored<LeadSettings>) -> Self {
        LeadSettingsView { settings: s.settings, version: s.version }
    }
}

/// What the desk says of its leads as a whole.
#[utoipa::path(get, path = "/leads/settings", tag = "Leads", responses((status = 200, body = LeadSettingsView)))]
async fn get_lead_settings(
    _: Caller<PipelinesRead>,
    State(crm): State<Crm>,
) -> Result<Json<LeadSettingsView>> {
    let stored = crm.desk.db.read(Stored::<LeadSettings>::load).await?;
    Ok(Json(stored.into()))
}

/// Replaces the settings; what is left out returns to its default. Scores change as their leads do.
#[utoipa::path(put, path = "/leads/settings", tag = "Leads", responses((status = 200, body = LeadSettingsView)))]
async fn put_lead_settings(
    caller: Caller<SettingsWrite>,
    State(crm): State<Crm>,
    version: IfMatch,
    Json(new): Json<LeadSettings>,
) -> Result<Json<LeadSettingsView>> {
    all_well(new.faults())?;
    let stored = crm.desk.db.write(move |tx| Stored::replace(tx, &caller.origin, version.0, &new)).await?;
    Ok(Json(stored.into()))
}
