//! The storage layer from inside.
