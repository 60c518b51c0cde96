//! What a new vendor begins with where nothing else is said: rules, who gets the leads, how long an address counts as a
//! duplicate. Vendors that are there keep what they have.

use people::settings::Group;
use platform::{Conn, Fault, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Strategy, custom_faults, events, rules::Rules};
use crate::pipelines;

/// What a new vendor begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VendorDefaults {
    #[schema(inline)]
    pub strategy: Strategy,
    /// How many days an address counts as a duplicate; null: for ever.
    #[schema(minimum = 0, maximum = 36_500)]
    pub duplicate_days: Option<i64>,
    pub rules: Rules,
}

impl Default for VendorDefaults {
    fn default() -> Self {
        VendorDefaults { strategy: Strategy::RoundRobin, duplicate_days: None, rules: Rules::default() }
    }
}

impl Group for VendorDefaults {
    const KEY: &'static str = "vendor_defaults";
    const CHANGED: &'static str = events::DEFAULTS_CHANGED;
}

impl VendorDefaults {
    /// All that cannot stand, beside what the schema has judged: a new vendor's pipeline is the default one.
    pub(super) fn faults(&self, c: &Conn<'_>) -> Result<Vec<Fault>> {
        Ok(custom_faults(&self.rules, &pipelines::default(c)?))
    }
}
