//! What a desk says of its leads as a whole: where they come from, how many somebody takes, when one is stale, what its
//! score goes by.

use people::settings::{Group, Stored};
use platform::{Conn, Fault, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events as kinds;

/// The settings of leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LeadSettings {
    /// Where leads come from; the first is taken where none is said. A lead may name another one.
    #[schema(min_items = 1, max_items = 100)]
    pub sources: Vec<LeadSource>,
    /// Open leads that somebody without an own number takes at most.
    #[schema(minimum = 1, maximum = 100_000)]
    pub default_capacity: i64,
    /// So many days without an interaction, and an open lead is stale.
    #[schema(minimum = 1, maximum = 3650)]
    pub stale_warning_days: i64,
    #[schema(minimum = 1, maximum = 3650)]
    pub stale_critical_days: i64,
    pub weights: ScoreWeights,
}

/// A place that leads come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadSource {
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// How good its leads are, for the score.
    #[serde(default = "middling")]
    #[schema(minimum = 0, maximum = 100)]
    pub points: i64,
}

/// What a source is worth that nobody has judged.
const MIDDLING: i64 = 50;

fn middling() -> i64 {
    MIDDLING
}

/// How many of the 100 points each part of the score can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreWeights {
    /// Who it is: reachable, named, described.
    #[schema(minimum = 0, maximum = 100)]
    pub demographic: i64,
    /// What has happened: interactions and their outcomes, how far it has come.
    #[schema(minimum = 0, maximum = 100)]
    pub behavioural: i64,
    /// Where it came from.
    #[schema(minimum = 0, maximum = 100)]
    pub source: i64,
    /// How serious it is: value, priority, checklist.
    #[schema(minimum = 0, maximum = 100)]
    pub intent: i64,
}

impl Default for ScoreWeights {
    fn default() -> Self {
        ScoreWeights { demographic: 25, behavioural: 35, source: 20, intent: 20 }
    }
}

impl Default for LeadSettings {
    fn default() -> Self {
        let source = |(key, name, points): (&str, &str, i64)| LeadSource {
            key: key.into(),
            name: name.into(),
            points,
        };
        let sources = [
            ("website", "Website", 70),
            ("walk_in", "Walk-in", 90),
            ("referral", "Referral", 100),
            ("social", "Social media", 50),
            ("email", "E-mail", 60),
            ("phone", "Phone", 80),
        ];
        LeadSettings {
            sources: sources.map(source).to_vec(),
            default_capacity: 25,
            stale_warning_days: 7,
            stale_critical_days: 14,
            weights: ScoreWeights::default(),
        }
    }
}

impl Group for LeadSettings {
    const KEY: &'static str = "leads";
    const CHANGED: &'static str = kinds::SETTINGS_CHANGED;
}

impl LeadSettings {
    /// As stored, or the defaults.
    pub fn load(c: &Conn<'_>) -> Result<LeadSettings> {
        Ok(Stored::load(c)?.settings)
    }

    /// What a lead's source is where nobody has said one.
    pub fn default_source(&self) -> &str {
        self.sources.first().map_or("other", |s| s.key.as_str())
    }

    /// How good the leads of a source are.
    pub(super) fn points_of(&self, source: &str) -> i64 {
        self.sources.iter().find(|s| s.key == source).map_or(MIDDLING, |s| s.points)
    }

    /// Whether every lead has the same score under both.
    pub(super) fn scores_as(&self, other: &LeadSettings) -> bool {
        let mut sources = self.sources.iter().chain(&other.sources);
        self.weights == other.weights && sources.all(|s| self.points_of(&s.key) == other.points_of(&s.key))
    }

    /// All that cannot stand; the schema has judged each value alone.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.stale_critical_days < self.stale_warning_days {
            let words = "must not come before the warning";
            faults.push(Fault::new("stale_critical_days", "out_of_range", words));
        }
        for (n, source) in self.sources.iter().enumerate() {
            if self.sources[..n].iter().any(|s| s.key == source.key) {
                faults.push(Fault::new(format!("sources.{n}.key"), "repeated", "is named twice"));
            }
        }
        let w = self.weights;
        if w.demographic + w.behavioural + w.source + w.intent == 0 {
            faults.push(Fault::new("weights", "out_of_range", "at least one weight must be above 0"));
        }
        faults
    }
}
