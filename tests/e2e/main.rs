//! The desk as its users, its channels and its operators meet it.

mod bad_input;
mod canned_replies;
mod command_line;
mod concurrency;
mod coverage;
mod duplicates;
mod erase;
mod faults;
mod fixtures;
mod imports;
mod intake;
mod live;
mod live_leads;
mod media;
mod openapi;
mod others;
mod person;
mod rules;
mod sources;
mod spam;
mod sql;
mod uploads;

/// The program, built beside these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_frontdesk-under-test");
