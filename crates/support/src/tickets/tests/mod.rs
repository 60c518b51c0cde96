//! What tickets promise, on both engines.

mod change;
mod files;
mod http;
mod plans;
mod scope;
