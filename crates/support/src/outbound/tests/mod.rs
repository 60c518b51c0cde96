//! Sending and fetching, with peers that check what we do as a receiver would.

mod callbacks;
pub(crate) mod harness;
mod media;
