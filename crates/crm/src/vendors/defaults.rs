//! What a new vendor begins with where nothing else is said: rules, where the leads go and what they are worth, how long an
//! address counts as a duplicate. Vendors that are there keep what they have.

use people::{
    DepartmentId,
    settings::{Group, Stored},
};
use platform::{Conn, Fault, Result, Tx, events::Origin};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Strategy, custom_faults, events, rules::Rules};
use crate::{PipelineId, pipelines};

/// What a new vendor begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VendorDefaults {
    #[schema(inline)]
    pub strategy: Strategy,
    /// How many days an address counts as a duplicate; null: for ever.
    #[schema(minimum = 0, maximum = 36_500)]
    pub duplicate_days: Option<i64>,
    /// Where its leads go; null: into the default pipeline.
    pub pipeline_id: Option<PipelineId>,
    pub department_id: Option<DepartmentId>,
    #[schema(min_length = 1, max_length = 60)]
    pub source: String,
    /// What one lead is worth, in minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub lead_value: Option<i64>,
    pub rules: Rules,
}

impl Default for VendorDefaults {
    fn default() -> Self {
        VendorDefaults {
            strategy: Strategy::RoundRobin,
            duplicate_days: None,
            pipeline_id: None,
            department_id: None,
            source: "vendor".to_owned(),
            lead_value: None,
            rules: Rules::default(),
        }
    }
}

impl Group for VendorDefaults {
    const KEY: &'static str = "vendor_defaults";
    const CHANGED: &'static str = events::DEFAULTS_CHANGED;
}

impl VendorDefaults {
    /// Stores these unless somebody has said what new vendors begin with.
    pub fn keep_first(&self, tx: &Tx<'_>, origin: &Origin) -> Result<()> {
        if Stored::<VendorDefaults>::load(tx)?.version == 0 {
            Stored::replace(tx, origin, None, self)?;
        }
        Ok(())
    }

    /// All that cannot stand, beside what the schema has judged.
    pub(super) fn faults(&self, c: &Conn<'_>) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        let pipeline = match self.pipeline_id {
            Some(id) => pipelines::get(c, id)?,
            None => Some(pipelines::default(c)?),
        };
        match pipeline {
            Some(pipeline) => faults.extend(custom_faults(&self.rules, &pipeline)),
            None => faults.push(Fault::new("pipeline_id", "not_found", "there is no such pipeline")),
        }
        if let Some(department) = self.department_id
            && people::departments::get(c, department)?.is_none()
        {
            faults.push(Fault::new("department_id", "not_found", "there is no such department"));
        }
        if self.source.trim().is_empty() {
            faults.push(Fault::new("source", "required", "must not be empty"));
        }
        Ok(faults)
    }
}
