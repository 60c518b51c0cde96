//! What vendors record: codes and settings, never a key.

platform::event_kinds! {
    CREATED = "vendor.created", "code, key_prefix";
    UPDATED = "vendor.updated", "before, after: changed fields";
    KEY_REGENERATED = "vendor.key_regenerated", "before, after: key_prefix";
    DEACTIVATED = "vendor.deactivated", "code, users: how many of its people were shut out";
    /// What new vendors begin with.
    DEFAULTS_CHANGED = "vendor.defaults_changed", "version";
}
