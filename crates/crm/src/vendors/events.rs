//! What vendors record.

platform::event_kinds! {}
