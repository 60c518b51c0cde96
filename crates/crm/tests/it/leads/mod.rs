//! Leads through their routes.

mod assign;
mod change;
mod create;
mod scope;
mod settings;
