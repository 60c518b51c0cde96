//! What imports record.

platform::event_kinds! {}
