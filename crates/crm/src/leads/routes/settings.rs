//! `/leads/settings`, and the scores that follow them.

use axum::{extract::State, http::StatusCode};
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
use crate::{
    Crm,
    leads::{
        rescoring::{self, Rescoring, RescoringState, ScorePreview},
        settings::LeadSettings,
    },
    pipelines::PipelinesRead,
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, get_lead_settings);
    route!(api, put_lead_settings);
    route!(api, preview_lead_settings);
    route!(api, get_rescoring);
    route!(api, begin_rescoring);
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

/// Replaces the settings; what is left out returns to its default. Where other weights, or other points of a source, mean other
/// scores, those of all leads are counted anew: see `/leads/rescoring`.
#[utoipa::path(put, path = "/leads/settings", tag = "Leads", responses((status = 200, body = LeadSettingsView)))]
async fn put_lead_settings(
    caller: Caller<SettingsWrite>,
    State(crm): State<Crm>,
    version: IfMatch,
    Json(new): Json<LeadSettings>,
) -> Result<Json<LeadSettingsView>> {
    all_well(new.faults())?;
    let write = crm.desk.db.write(move |tx| {
        let before = LeadSettings::load(tx)?;
        let stored = Stored::replace(tx, &caller.origin, version.0, &new)?;
        if !before.scores_as(&new) {
            rescoring::begin(tx, &caller.origin)?;
        }
        Ok(stored)
    });
    Ok(Json(write.await?.into()))
}

/// What the scores of the newest leads would be under these settings. Nothing is stored.
#[utoipa::path(post, path = "/leads/settings/preview", tag = "Leads", responses((status = 200, body = ScorePreview)))]
async fn preview_lead_settings(
    _: Caller<SettingsWrite>,
    State(crm): State<Crm>,
    Json(wanted): Json<LeadSettings>,
) -> Result<Json<ScorePreview>> {
    all_well(wanted.faults())?;
    crm.desk.db.read(move |c| rescoring::preview(c, &wanted)).await.map(Json)
}

/// How far the scores of all leads have been counted anew, the last time.
#[utoipa::path(get, path = "/leads/rescoring", tag = "Leads", responses((status = 200, body = Rescoring)))]
async fn get_rescoring(_: Caller<PipelinesRead>, State(crm): State<Crm>) -> Result<Json<Rescoring>> {
    crm.desk.db.read(rescoring::get).await.map(Json)
}

/// Has the scores of all leads counted anew, in the background; where that is under way already it goes on.
#[utoipa::path(post, path = "/leads/rescoring", tag = "Leads", responses((status = 202, body = Rescoring)))]
async fn begin_rescoring(
    caller: Caller<SettingsWrite>,
    State(crm): State<Crm>,
) -> Result<(StatusCode, Json<Rescoring>)> {
    let write = crm.desk.db.write(move |tx| match rescoring::get(tx)? {
        under_way if under_way.state == RescoringState::Running => Ok(under_way),
        _ => rescoring::begin(tx, &caller.origin),
    });
    Ok((StatusCode::ACCEPTED, Json(write.await?)))
}
