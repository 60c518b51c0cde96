//! The numbers that routing goes by.

use people::settings;
use platform::error::Fault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events as kinds;

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

impl settings::Group for RoutingSettings {
    const KEY: &'static str = "routing";
    const CHANGED: &'static str = kinds::SETTINGS_CHANGED;
}

/// The settings with their version, as one decision uses and stores them.
pub type Snapshot = settings::Stored<RoutingSettings>;
