//! Leads through their routes.

mod create;
