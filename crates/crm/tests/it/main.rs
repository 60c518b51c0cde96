//! Leads and what is done about them, through their routes, on both engines.

mod leads;
mod pipelines;
mod support;
mod vendors;
