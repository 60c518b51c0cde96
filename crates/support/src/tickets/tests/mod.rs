//! What tickets promise, on both engines.

mod change;
mod files;
mod http;
mod open_work;
mod plans;
mod scope;
mod traces;
