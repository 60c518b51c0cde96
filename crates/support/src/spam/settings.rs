//! The numbers that spam is judged by.

use people::settings;
use platform::{Conn, Fault, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events as kinds;

/// Where they are kept among the desk's settings.
pub const KEY: &str = "spam";
/// No window looks back further.
pub(super) const LONGEST_DAYS: i64 = 90;

/// So many in so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SpamLimit)]
pub struct MessageLimit {
    #[schema(minimum = 1, maximum = 90)]
    pub days: i64,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub count: i64,
}

/// How spam is told and what its sender hears.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SpamSettings {
    /// A content score from here on is spam.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub threshold: f64,
    /// So many spam messages make a spammer.
    pub activity_limit: MessageLimit,
    /// So many inbound messages make a spammer; the day counts in UTC, today included.
    #[schema(max_items = 10)]
    pub message_limits: Vec<MessageLimit>,
    /// A warning is due so many before a limit.
    #[schema(minimum = 0, maximum = 1000)]
    pub warning_offset: i64,
    /// Channels on which a warning is answered; none unless said.
    #[schema(max_items = 20)]
    pub warning_channels: Vec<String>,
    #[schema(max_length = 1000)]
    pub warning_text: String,
    /// Channels on which a sender who has just become a spammer is told so; none unless said.
    #[schema(max_items = 20)]
    pub blocked_channels: Vec<String>,
    #[schema(max_length = 1000)]
    pub blocked_text: String,
}

impl Default for SpamSettings {
    fn default() -> Self {
        SpamSettings {
            threshold: 0.7,
            activity_limit: MessageLimit { days: 30, count: 5 },
            message_limits: vec![
                MessageLimit { days: 1, count: 50 },
                MessageLimit { days: 7, count: 200 },
                MessageLimit { days: 30, count: 600 },
            ],
            warning_offset: 5,
            warning_channels: Vec::new(),
            warning_text: String::new(),
            blocked_channels: Vec::new(),
            blocked_text: String::new(),
        }
    }
}

impl SpamSettings {
    /// All that cannot stand; the schema has judged each number alone.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (channels, text, field) in [
            (&self.warning_channels, &self.warning_text, "warning_text"),
            (&self.blocked_channels, &self.blocked_text, "blocked_text"),
        ] {
            if !channels.is_empty() && text.trim().is_empty() {
                faults.push(Fault::new(field, "required", "is what these channels would be told"));
            }
        }
        faults
    }
}

impl settings::Group for SpamSettings {
    const KEY: &'static str = KEY;
    const CHANGED: &'static str = kinds::SETTINGS_CHANGED;
}

/// The settings with their version.
pub type Stored = settings::Stored<SpamSettings>;

/// The settings as stored, or the defaults.
pub fn settings(c: &Conn<'_>) -> Result<SpamSettings> {
    Ok(Stored::load(c)?.settings)
}
