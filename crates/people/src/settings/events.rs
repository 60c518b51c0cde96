//! What this slice records.

platform::event_kinds! {
    /// The subject's id is 0: settings have keys.
    UPDATED = "setting.updated", "key, before, after";
}
