//! What routing records.

platform::event_kinds! {
    KEYWORD_CREATED = "keyword.created", "word, department_id, priority, is_active";
    KEYWORD_UPDATED = "keyword.updated", "before, after: changed fields among word, department_id, priority, is_active";
    KEYWORD_DELETED = "keyword.deleted", "word, department_id, priority, is_active";
    /// What changed stands in `setting.updated` beside it.
    SETTINGS_CHANGED = "routing.settings_changed", "version";
}

/// Whether an event means that what the [`Matcher`](super::Matcher) holds is old.
pub(super) fn changes_routing(kind: &str) -> bool {
    [KEYWORD_CREATED, KEYWORD_UPDATED, KEYWORD_DELETED, SETTINGS_CHANGED].contains(&kind)
}
