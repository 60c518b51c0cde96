//! What notifications record. Their owner alone hears it; what they say is not in it.

platform::event_kinds! {
    CREATED = "notification.created", "notification_id, kind, link";
    /// One, or all up to one.
    READ = "notification.read", "notification_id or up_to";
}
