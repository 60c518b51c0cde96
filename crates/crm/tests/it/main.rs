//! Leads and what is done about them, through their routes, on both engines.

mod business_hours;
mod export;
mod imports;
mod imports_exact;
mod imports_tables;
mod interactions;
mod leads;
mod pipelines;
mod support;
mod tasks;
mod timeline;
mod timeline_scale;
mod vendors;
mod vendors_begin;
mod vendors_judge;
