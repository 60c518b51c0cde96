//! What imports record: numbers and words of the program, nothing of the rows.

platform::event_kinds! {
    CREATED = "import.created", "size, encoding, headers: how many";
    STARTED = "import.started", "what: check, run or undo";
    /// Twice a second at most, and where a pass begins and ends.
    PROGRESS = "import.progress", "state, total_rows, position, created_rows, updated_rows, skipped_rows, failed_rows, kept_rows";
}
