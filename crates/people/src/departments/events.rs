//! What this slice records.

platform::event_kinds! {
    CREATED = "department.created", "name, key, strategy, uses_shifts, is_fallback";
    /// Queues drain when members come or the strategy changes.
    UPDATED = "department.updated", "before, after: the fields that changed, or member_ids";
    /// Deactivated: what it had stays, nothing new comes.
    DELETED = "department.deleted", "before, after";
}
