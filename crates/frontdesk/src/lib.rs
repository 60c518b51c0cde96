//! Frontdesk, put together: configuration, storage, slices, workers, HTTP.
//!
//! This crate wires; it holds no rule of the domain. What the program is made of stands in the other crates; what
//! belongs to one installation (presets, the demo, the command line) stands here.

pub mod app;
pub mod cli;
pub mod demo;
pub mod document;
mod erase;
mod links;
pub mod migrations;
pub mod preset;
pub mod seed;
pub mod serve;
pub mod status;
