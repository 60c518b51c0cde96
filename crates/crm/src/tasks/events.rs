//! What tasks record.

platform::event_kinds! {}
