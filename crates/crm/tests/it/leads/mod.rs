//! Leads through their routes.

mod assign;
mod change;
mod create;
mod owners;
mod scope;
mod settings;
