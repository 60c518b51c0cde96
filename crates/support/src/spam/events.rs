//! What spam records. No bodies and no addresses.

platform::event_kinds! {
    FLAGGED = "spam.flagged", "activity_id, message_id, ticket_id, reason, score, flagged_by";
    REMOVED = "spam.removed", "activity_ids, message_ids";
    BLOCK_CREATED = "spam.block_created", "kind";
    BLOCK_DELETED = "spam.block_deleted", "kind";
    /// What changed stands in `setting.updated` beside it.
    SETTINGS_CHANGED = "spam.settings_changed", "version";
}
