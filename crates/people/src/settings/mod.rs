//! Settings that people change at run time: a JSON value per key, with a version against lost updates.
//!
//! A value that cannot be read (an older program's) counts as the default, and says so in the log. A setting never
//! holds a secret.

pub mod events;
mod routes;

use platform::{
    Conn, Error, Result, Tx,
    events::{Actor, NewEvent, Origin},
    params, sql,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use utoipa::ToSchema;

pub(crate) use routes::routes;

crate::permission! {
    /// See the desk's settings.
    pub SettingsRead = "settings.read";
    /// Change the desk's settings.
    pub SettingsWrite = "settings.write";
}

/// Where the organisation's own settings are kept.
pub const ORG: &str = "org";

/// The organisation's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Org {
    /// A country's two letters: what a phone number without one belongs to.
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub default_country: String,
}

impl Default for Org {
    fn default() -> Self {
        Org { default_country: "VN".into() }
    }
}

/// The value of `key` and its version; the default and 0 when nobody has set it.
pub fn get<T: DeserializeOwned + Default>(c: &Conn<'_>, key: &str) -> Result<(T, i64)> {
    let row: Option<(String, i64)> =
        c.opt(sql!("SELECT value, version FROM settings WHERE key = ?1"), params![key], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?;
    let Some((text, version)) = row else { return Ok((T::default(), 0)) };
    match serde_json::from_str(&text) {
        Ok(value) => Ok((value, version)),
        Err(e) => {
            tracing::warn!(key, error = %e, "a setting cannot be read; its default counts");
            Ok((T::default(), version))
        }
    }
}

/// Stores `value` under `key`; the new version. With `expected`, 409 `stale_version` when another one is there
/// (0: none yet).
pub fn put<T: Serialize>(
    tx: &Tx<'_>,
    origin: &Origin,
    key: &str,
    value: &T,
    expected: Option<i64>,
) -> Result<i64> {
    let text = serde_json::to_string(value).map_err(Error::internal)?;
    let before: Option<(String, i64)> =
        tx.opt(sql!("SELECT value, version FROM settings WHERE key = ?1"), params![key], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?;
    let old = before.as_ref().map_or(0, |b| b.1);
    if expected.is_some_and(|e| e != old) {
        return Err(Error::stale());
    }
    let by = match origin.actor {
        Actor::User(id) => Some(id),
        _ => None,
    };
    let stored: Option<i64> = tx.value(
        sql!(
            "INSERT INTO settings (key, value, version, updated_at, updated_by) VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by WHERE settings.version = ?5 RETURNING version"
        ),
        params![key, &text, tx.now(), by, old],
    )?;
    let version = stored.ok_or_else(Error::stale)?;
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let data = json!({
        "key": key,
        "before": before.map_or(Value::Null, |b| parse(&b.0)),
        "after": parse(&text),
    });
    platform::events::record(tx, origin, NewEvent::new(events::UPDATED, "setting", 0, data))?;
    Ok(version)
}

/// Settings that belong together: one value under one key.
pub trait Group: Serialize + DeserializeOwned + Default + Clone {
    /// Where they are kept.
    const KEY: &'static str;
    /// The event that tells their readers of a change, besides [`events::UPDATED`]; its `data` is the version.
    const CHANGED: &'static str;
}

/// A group of settings with its version, as one decision uses and stores it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored<T> {
    pub settings: T,
    /// 0: nobody has changed the defaults.
    pub version: i64,
}

impl<T: Group> Stored<T> {
    /// The settings as stored, or the defaults.
    pub fn load(c: &Conn<'_>) -> Result<Self> {
        let (settings, version) = get(c, T::KEY)?;
        Ok(Stored { settings, version })
    }

    /// Replaces the settings that the caller has read at `expected`, if it said so.
    pub fn replace(tx: &Tx<'_>, origin: &Origin, expected: Option<i64>, new: &T) -> Result<Self> {
        let version = put(tx, origin, T::KEY, new, expected)?;
        let event = NewEvent::new(T::CHANGED, "setting", 0, json!({ "version": version }));
        platform::events::record(tx, origin, event)?;
        Ok(Stored { settings: new.clone(), version })
    }
}

/// Stores the configuration's default country, unless somebody has set one. For the start of a desk.
pub fn keep_org(tx: &Tx<'_>, default_country: &str) -> Result<()> {
    let text = json!({ "default_country": default_country }).to_string();
    tx.exec(
        sql!(
            "INSERT INTO settings (key, value, version, updated_at) VALUES (?1, ?2, 1, ?3) ON CONFLICT (key) DO NOTHING"
        ),
        params![ORG, text, tx.now()],
    )?;
    Ok(())
}
