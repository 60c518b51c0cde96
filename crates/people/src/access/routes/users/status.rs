//! `PUT /users/{id}/status`, `PUT /agents/{id}/capacity`.
//!
//! Both may give somebody room, and so drain queues in the same transaction: the departments are locked first.

use axum::extract::State;
use platform::{
    Error, Result,
    db::LockKey,
    http::{Id, Json, Query, RawBody},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{super::body, Status, within};
use crate::{
    Desk, UserId,
    access::{Caller, User, UsersSetStatus, UsersWrite, agents, store, users},
    departments,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct StatusInput {
    #[schema(inline)]
    status: Status,
}

#[derive(Debug, Deserialize, IntoParams)]
pub(in super::super) struct StatusQuery {
    /// Instead of the body.
    #[param(inline)]
    status: Option<Status>,
}

/// Says whether somebody takes work. Becoming available gives out what waits.
#[utoipa::path(put, path = "/users/{id}/status", tag = "Users", request_body = Option<StatusInput>,
    responses((status = 200, body = User)))]
pub(in super::super) async fn set_status(
    caller: Caller<UsersSetStatus>,
    State(desk): State<Desk>,
    Id(id): Id,
    Query(query): Query<StatusQuery>,
    RawBody(bytes): RawBody,
) -> Result<Json<User>> {
    let said = body::optional::<StatusInput>(&bytes)?.map(|b| b.status).or(query.status);
    let status = said.ok_or_else(|| Error::invalid_field("status", "required", "is missing"))?.word();
    let id = UserId(id);
    let keys = locks(&desk, id).await?;
    let user = desk
        .db
        .write_locked(keys, move |tx| {
            within(tx, &caller.principal, caller.scope, id)?;
            if !store::users::is_active(tx, id)? && status != "offline" {
                return Err(Error::not_found("active user"));
            }
            users::set_status(tx, &caller.origin, id, status)?;
            users::must(tx, id)
        })
        .await?;
    Ok(Json(user))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct CapacityInput {
    /// Open tickets at most; null: the desk's default.
    #[schema(required = true, minimum = 0, maximum = 1000)]
    max_capacity: Option<i64>,
}

/// Says how much somebody takes. More room gives out what waits.
#[utoipa::path(put, path = "/agents/{id}/capacity", tag = "Users", responses((status = 200, body = User)))]
pub(in super::super) async fn set_capacity(
    caller: Caller<UsersWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    Json(input): Json<CapacityInput>,
) -> Result<Json<User>> {
    let id = UserId(id);
    let keys = locks(&desk, id).await?;
    let user = desk
        .db
        .write_locked(keys, move |tx| {
            if users::set_capacity(tx, &caller.origin, id, input.max_capacity)? {
                store::users::touch(tx, id)?;
            }
            users::must(tx, id)
        })
        .await?;
    Ok(Json(user))
}

/// The locks of a person's departments, in order.
async fn locks(desk: &Desk, id: UserId) -> Result<Vec<LockKey>> {
    let departments = desk.db.read(move |c| agents::departments_of(c, id)).await?;
    Ok(departments.into_iter().map(departments::lock_key).collect())
}
