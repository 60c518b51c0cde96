//! The HTTP conventions, in one place, so that a slice's handler says only what is its own.
//!
//! - **The schema is the validator.** [`Json`] and [`Query`] check a request against the very JSON Schema that stands in
//!   the API document, and tell every fault at once.
//! - **A route says who may call it.** [`route!`](crate::route) compiles only for a handler whose first argument
//!   [declares its access](DeclaresAccess).
//! - **A refusal is a problem document**, with a code from the one table and the request id; never an internal cause.
//!
//! A slice's routes file:
//!
//! ```
//! use axum::extract::State;
//! use http::StatusCode;
//! use platform::{Db, Result, http::{Api, Id, IfMatch, Json, ListQuery, Public}, list_schema, params, route, sql};
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use utoipa::{IntoParams, ToSchema};
//!
//! pub fn routes() -> Api<Db> {
//!     let mut api = Api::new();
//!     route!(api, list);
//!     route!(api, create, alias "/notes/create" post);
//!     route!(api, get);
//!     api
//! }
//!
//! #[derive(Serialize, ToSchema)]
//! pub struct Note { id: i64, text: String }
//!
//! list_schema!(NoteList, notes: Note);
//!
//! #[derive(Deserialize, IntoParams)]
//! struct NoteFilter {
//!     #[param(min_length = 1, max_length = 100)]
//!     search: Option<String>,
//! }
//!
//! #[derive(Deserialize, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! struct NewNote {
//!     #[schema(min_length = 1, max_length = 4000)]
//!     text: String,
//! }
//!
//! /// Notes, newest first.
//! #[utoipa::path(get, path = "/notes", tag = "notes", responses((status = 200, body = NoteList)))]
//! async fn list(_: Public, State(db): State<Db>, ListQuery(page, filter): ListQuery<NoteFilter>) -> Result<Json<NoteList>> {
//!     let before = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(i64::MAX);
//!     let (fetch, offset) = (page.fetch(), page.offset);
//!     let (rows, total) = db.read(move |c| {
//!         let like = format!("%{}%", filter.search.as_deref().unwrap_or_default());
//!         let rows = c.all(
//!             sql!("SELECT id, text FROM notes WHERE id < ?1 AND text LIKE ?2 ORDER BY id DESC LIMIT ?3 OFFSET ?4"),
//!             params![before, &like, fetch, offset],
//!             |r| Ok(Note { id: r.get(0)?, text: r.get(1)? }),
//!         )?;
//!         let count = sql!("SELECT count(*) FROM (SELECT 1 FROM notes WHERE text LIKE ?1 LIMIT 10001) AS counted");
//!         Ok((rows, c.one(count, params![&like], |r| r.get(0))?))
//!     }).await?;
//!     Ok(Json(page.finish(rows, total, |last| vec![json!(last.id)]).into()))
//! }
//!
//! /// Writes a note.
//! #[utoipa::path(post, path = "/notes", tag = "notes", responses((status = 201, body = Note)))]
//! async fn create(_: Public, State(db): State<Db>, Json(new): Json<NewNote>) -> Result<(StatusCode, Json<Note>)> {
//!     let note = db.write(move |tx| {
//!         let id = tx.insert(sql!("INSERT INTO notes (text) VALUES (?1) RETURNING id"), params![&new.text])?;
//!         Ok(Note { id, text: new.text.clone() })
//!     }).await?;
//!     Ok((StatusCode::CREATED, Json(note)))
//! }
//!
//! /// One note.
//! #[utoipa::path(get, path = "/notes/{id}", tag = "notes", responses((status = 200, body = Note)))]
//! async fn get(_: Public, State(db): State<Db>, Id(id): Id, version: IfMatch) -> Result<Json<Note>> {
//!     version.check(1)?;
//!     let row = db.read(move |c| {
//!         c.opt(sql!("SELECT text FROM notes WHERE id = ?1"), params![id], |r| Ok(Note { id, text: r.get(0)? }))
//!     }).await?;
//!     row.map(Json).ok_or_else(|| platform::Error::not_found("note"))
//! }
//!
//! let (_router, document, routes) = routes().into_parts();
//! assert_eq!((document.paths.paths.len(), routes.len()), (3, 4));
//! ```
//!
//! This module knows no role and no permission by name, decides nothing about who may do what, and touches no table but
//! `idempotency_keys`.

mod access;
mod api;
mod body;
mod idempotency;
mod limits;
mod operation;
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
    body::{Json, RawBody, nullable, parse_json},
    idempotency::{Answer, Begun, DbIdempotency, Idempotency, IdempotencyStore, forget_answers, idempotency},
    limits::{AddressLimit, ClientAddress, Limit, RateDecision, RateLimiter, TrustedProxies, address_limit},
    page::{COUNT_CAP, Cursor, ListPage, ListQuery, MAX_LIMIT, NoFilter, Page, PageParams},
    problem::{Problem, ProblemFault, fallback, method_not_allowed},
    query::Query,
    request::{Id, Ids2, IfMatch, RequestId, Segment, SegmentId, Segments2, current_request_id},
    stack::{StackOptions, stack, with_body_limit},
};
#[doc(hidden)]
pub use ::{paste::paste as __paste, utoipa as __utoipa};
