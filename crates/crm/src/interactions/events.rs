//! What interactions record. The subject is the lead; what was said is never in it.

platform::event_kinds! {
    LOGGED = "interaction.logged", "interaction_id, type, outcome, occurred_at";
    UPDATED = "interaction.updated", "interaction_id, fields, before, after: among type, outcome, duration_seconds, occurred_at";
    REMOVED = "interaction.removed", "interaction_id, type";
}
