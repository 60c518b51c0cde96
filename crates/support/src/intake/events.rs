//! What intake itself records; messages and tickets record their own.

platform::event_kinds! {
    REPROCESSED = "journal.reprocessed", "nothing more";
}
