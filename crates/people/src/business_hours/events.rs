//! What business hours record.

platform::event_kinds! {
    CREATED = "business_hours.created", "name, zone, week, holidays, is_default";
    /// Whatever is counted in them is counted anew.
    UPDATED = "business_hours.updated", "before, after: the fields that changed";
    /// Only where nothing is counted in them.
    DELETED = "business_hours.deleted", "name, zone";
}
