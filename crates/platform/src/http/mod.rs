//! The HTTP conventions, in one place, so that a slice's handler says only what is its own.
//!
//! - **The schema is the validator.** [`Json`] and [`Query`] check a request against the very JSON Schema that stands in
//!   the API document, and tell every fault at once.
//! - **A route says who may call it.** [`route!`](crate::route) compiles only for a handler whose first argument
//!   [declares its access](DeclaresAccess).
//! - **A refusal is a problem document**, with a code from the one table and the request id; never an internal cause.
//!
//! This module knows no role and no permission by name, decides nothing about who may do what, and touches no table but
//! `idempotency_keys`.

mod access;
mod api;
mod body;
mod idempotency;
mod limits;
mod page;
mod problem;
mod query;
mod request;
mod schema;
mod stack;
#[cfg(test)]
mod tests;

pub use self::{
    access::{Access, Argument, DeclaresAccess, FirstArg, Public, Requirement, Signed},
    api::{Api, OperationDoc, RouteInfo},
    body::{Json, nullable},
    idempotency::{Answer, Begun, DbIdempotency, Idempotency, IdempotencyStore, idempotency},
    limits::{AddressLimit, ClientAddress, Limit, RateDecision, RateLimiter, TrustedProxies, address_limit},
    page::{COUNT_CAP, Cursor, ListPage, ListQuery, MAX_LIMIT, NoFilter, Page, PageParams},
    problem::{Problem, fallback, method_not_allowed},
    query::Query,
    request::{Id, Ids2, IfMatch, RequestId, Segment, Segments2, current_request_id},
    stack::{StackOptions, stack, with_body_limit},
};
#[doc(hidden)]
pub use ::{paste::paste as __paste, utoipa as __utoipa};
