//! `PATCH` and `DELETE /users/{id}`.

use axum::{extract::State, http::StatusCode};
use platform::{
    Result,
    http::{Id, IfMatch, Json, nullable},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::MembershipInput;
use crate::{
    Desk, UserId,
    access::{
        Caller, User, UsersWrite,
        users::{self, Change},
    },
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct UserChange {
    #[schema(min_length = 3, max_length = 320)]
    email: Option<String>,
    #[schema(min_length = 1, max_length = 64)]
    username: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// `admin`, `manager` or `agent` (also `counselor`, `staff`).
    #[schema(min_length = 1, max_length = 50)]
    role: Option<String>,
    /// All of them; who is not named leaves.
    #[schema(max_items = 50)]
    departments: Option<Vec<MembershipInput>>,
    /// Null: the desk's default.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1000)]
    capacity: Option<Option<i64>>,
    is_active: Option<bool>,
}

/// Changes a member of staff.
#[utoipa::path(patch, path = "/users/{id}", tag = "Users", responses((status = 200, body = User)))]
pub(in super::super) async fn change_user(
    caller: Caller<UsersWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<UserChange>,
) -> Result<Json<User>> {
    let change = Change {
        email: change.email,
        username: change.username,
        name: change.name,
        role: change.role,
        departments: change.departments.map(|all| all.into_iter().map(|d| d.member()).collect()),
        capacity: change.capacity,
        is_active: change.is_active,
        ..Change::default()
    };
    apply(&desk, caller, UserId(id), version, change).await.map(Json)
}

/// Deactivates a member of staff and ends their log-ins. Open work must be reassigned first.
#[utoipa::path(delete, path = "/users/{id}", tag = "Users", responses((status = 204)))]
pub(in super::super) async fn deactivate_user(
    caller: Caller<UsersWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let change = Change { is_active: Some(false), ..Change::default() };
    apply(&desk, caller, UserId(id), version, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn apply(
    desk: &Desk,
    caller: Caller<UsersWrite>,
    id: UserId,
    version: IfMatch,
    change: Change,
) -> Result<User> {
    let by = caller.principal.user_id();
    let user = desk
        .db
        .write(move |tx| {
            users::change(tx, &caller.origin, by, id, version.0, &change)?;
            users::must(tx, id)
        })
        .await?;
    desk.access.forget_user(id);
    Ok(user)
}
