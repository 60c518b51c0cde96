//! What every slice stands on: storage, events, jobs, configuration, HTTP conventions.
//!
//! Knows no word of the domain: no ticket, no contact, no channel. It never decides who may do what;
//! it only makes sure that every route says so.

pub mod blob;
pub mod business_hours;
pub mod clock;
pub mod config;
pub mod counts;
pub mod crypto;
pub mod days;
pub mod db;
pub mod error;
pub mod events;
pub mod fold;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod search;
pub mod shutdown;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;

pub use clock::Clock;
pub use db::{Conn, Db, Tx};
pub use error::{Code, Error, Fault, Result};
pub use ids::Entropy;
