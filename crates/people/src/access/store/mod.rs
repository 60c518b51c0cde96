//! All SQL of access, a file per group of tables (`agents` and `members` hold theirs themselves).

pub mod keys;
pub mod roles;
pub mod sessions;
pub mod tokens;
pub mod users;
