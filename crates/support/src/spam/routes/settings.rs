//! How spam is told.

use axum::extract::State;
use people::access::{Caller, Scope};
use platform::{
    Error, Result,
    http::{Api, IfMatch, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{SpamRead, SpamWrite};
use crate::{
    Support,
    spam::{SpamSettings, Stored},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, get);
    route!(api, put);
}

/// The spam settings and their version.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpamSettingsView {
    #[serde(flatten)]
    settings: SpamSettings,
    /// 0: the defaults, which nobody has changed.
    version: i64,
}

impl From<Stored> for SpamSettingsView {
    fn from(s: Stored) -> Self {
        SpamSettingsView { settings: s.settings, version: s.version }
    }
}

/// How spam is told.
#[utoipa::path(get, path = "/spam/settings", tag = "Spam", operation_id = "get_spam_settings", responses((status = 200, body = SpamSettingsView)))]
async fn get(_: Caller<SpamRead>, State(support): State<Support>) -> Result<Json<SpamSettingsView>> {
    Ok(Json(support.desk.db.read(Stored::load).await?.into()))
}

/// Replaces the settings; what is left out returns to its default. For those who may write everywhere.
#[utoipa::path(put, path = "/spam/settings", tag = "Spam", operation_id = "put_spam_settings", responses((status = 200, body = SpamSettingsView)))]
async fn put(
    caller: Caller<SpamWrite>,
    State(support): State<Support>,
    version: IfMatch,
    Json(new): Json<SpamSettings>,
) -> Result<Json<SpamSettingsView>> {
    everywhere(&caller)?;
    let faults = new.faults();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let stored =
        support.desk.db.write(move |tx| Stored::replace(tx, &caller.origin, version.0, &new)).await?;
    Ok(Json(stored.into()))
}

/// What holds for the whole desk is for those whose permission reaches that far.
fn everywhere<P>(caller: &Caller<P>) -> Result<()> {
    match caller.scope {
        Scope::All => Ok(()),
        _ => Err(Error::forbidden()),
    }
}
