//! What spam records. No bodies and no addresses.

platform::event_kinds! {
    FLAGGED = "spam.flagged", "activity_id, message_id, ticket_id, reason, score, flagged_by";
    REMOVED = "spam.removed", "activity_ids, message_ids";
    /// A sender was told of a limit. `limit` in so many `days`, reached by `count`.
    TOLD = "spam.told", "message_id, ticket_id, step: warning or blocked, counted: messages or activities, days, limit, count";
    BLOCK_CREATED = "spam.block_created", "kind";
    BLOCK_DELETED = "spam.block_deleted", "kind";
    /// What changed stands in `setting.updated` beside it.
    SETTINGS_CHANGED = "spam.settings_changed", "version";
}
