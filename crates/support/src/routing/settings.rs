//! The numbers that routing goes by.

use people::settings;
use platform::{
    Conn, Result, Tx,
    error::Fault,
    events::{self, NewEvent, Origin},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::events as kinds;

/// Where they are kept among the desk's settings.
pub(super) const KEY: &str = "routing";

/// How many of the 100 points each part can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Summed priority of the matched keywords of the person's departments, times ten, capped at 100 %.
    #[schema(minimum = 0, maximum = 100)]
    pub keywords: i64,
    /// The person's KPI score.
    #[schema(minimum = 0, maximum = 100)]
    pub kpi: i64,
    /// The free share of the person's capacity.
    #[schema(minimum = 0, maximum = 100)]
    pub capacity: i64,
    /// Inside a shift now; less for one later today.
    #[schema(minimum = 0, maximum = 100)]
    pub shift: i64,
    /// This person handled the contact last.
    #[schema(minimum = 0, maximum = 100)]
    pub continuity: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Weights { keywords: 40, kpi: 20, capacity: 25, shift: 15, continuity: 10 }
    }
}

/// How work is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RoutingSettings {
    pub weights: Weights,
    /// Open tickets that a person without an own capacity takes at most.
    #[schema(minimum = 1, maximum = 1000)]
    pub default_capacity: i64,
    /// Agents see their own tickets only, not those of their teams.
    pub strict_own: bool,
    /// A message within so many hours after *resolved* reopens the ticket; later it opens a new one.
    #[schema(minimum = 0, maximum = 8760)]
    pub reopen_hours: i64,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        RoutingSettings {
            weights: Weights::default(),
            default_capacity: 8,
            strict_own: false,
            reopen_hours: 24,
        }
    }
}

impl RoutingSettings {
    /// All that cannot stand; the schema has judged each number alone.
    pub fn faults(&self) -> Vec<Fault> {
        let w = self.weights;
        let mut faults = Vec::new();
        if w.keywords + w.kpi + w.capacity + w.shift + w.continuity == 0 {
            faults.push(Fault::new("weights", "out_of_range", "at least one weight must be above 0"));
        }
        faults
    }
}

/// The settings with their version, as one decision uses and stores them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub settings: RoutingSettings,
    /// 0: nobody has changed the defaults.
    pub version: i64,
}

impl Snapshot {
    /// The settings as stored, or the defaults.
    pub fn load(c: &Conn<'_>) -> Result<Snapshot> {
        let (settings, version) = settings::get::<RoutingSettings>(c, KEY)?;
        Ok(Snapshot { settings, version })
    }
}

/// Replaces the settings that the caller has read at `expected`, if it said so.
pub(super) fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    expected: Option<i64>,
    new: &RoutingSettings,
) -> Result<Snapshot> {
    let version = settings::put(tx, origin, KEY, new, expected)?;
    events::record(
        tx,
        origin,
        NewEvent::new(kinds::SETTINGS_CHANGED, "setting", 0_i64, json!({"version": version})),
    )?;
    Ok(Snapshot { settings: *new, version })
}
