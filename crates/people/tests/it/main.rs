//! People from outside: the functions that other crates call, and the routes, on both engines.

mod access;
mod agents;
mod companies;
mod contacts;
mod departments;
mod keys;
mod merge;
mod notifications;
mod support;
mod users;
mod views;
