//! Wire formats of the message channels: verify a request, read what it carries.
//!
//! Pure functions over bytes. This crate never opens a connection, never reads a clock and never stores
//! anything: the caller hands in the raw request and the account's secrets and gets plain values back.
//! A signature is always checked over the raw bytes, before anything is parsed.

pub mod model;
pub use model::*;

pub mod chat;
pub mod chatbot;
pub mod generic;
pub mod meta;
pub mod standard_webhooks;
pub mod telegram;
pub mod whatsapp;
pub mod x;
pub mod zalo;

mod names;
mod signature;
mod wire;
