//! Search: which rows hold given words, kept beside the rows and a moment behind them.
//!
//! A row's [`Document`] is a set of tokens made here, in Rust, so that both engines find the same: folded words, the digits
//! of numbers forwards and backwards (so that the end of a number is found as the beginning of a token), and *marks*, which
//! say where a row belongs and make a search within that place quick. A [`Query`] asks for all its words, the last of which
//! may have only begun. On SQLite the tokens stand in an FTS5 table, on PostgreSQL in a `tsvector` column with a GIN index;
//! both are ordered by row id, which is the order in which matches come.
//!
//! An index is filled by [`follow`], which reads the events, never by the transaction that changes a row: what is found is
//! right up to a second ago, so whoever shows matches checks their own conditions on the rows. It can be made anew at any
//! time ([`restart`]). Nothing here knows what a row is.

mod document;
mod follow;
mod keep;
mod query;

pub use self::{
    document::{Document, number_of},
    follow::{Progress, Source, Subject, follow, is_behind, purge, remove, restart, tidy},
    keep::{catch_up, keep},
    query::Query,
};
