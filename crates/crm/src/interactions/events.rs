//! What interactions record.

platform::event_kinds! {}
