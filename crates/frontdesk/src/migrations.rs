//! The one list of migrations.

use platform::db::migrate::Migration;

macro_rules! list {
    ($($number:literal $file:literal),* $(,)?) => {
        &[$(Migration { number: $number, name: $file, text: include_str!(concat!("../../../migrations/", $file, ".sql")) }),*]
    };
}

/// Applied in order, never changed once released.
pub const ALL: &[Migration] = list![
    1 "0001_platform",
    2 "0002_people",
    3 "0003_support",
    4 "0004_crm",
    5 "0005_canned_replies",
    6 "0006_rescoring",
    7 "0007_business_hours",
    8 "0008_contact_lists",
    9 "0009_other_addresses",
];
