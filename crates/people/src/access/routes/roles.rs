//! `/admin/roles`.

use axum::extract::State;
use platform::{Result, http::Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Desk,
    access::{Caller, Grant, RolesRead, store},
};

/// What somebody may do.
#[derive(Debug, Serialize, ToSchema)]
struct Role {
    id: i64,
    key: String,
    name: String,
    /// Comes with the desk and cannot be changed.
    is_system: bool,
    permissions: Vec<Grant>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleList {
    roles: Vec<Role>,
}

/// Every role with what it allows; those whose key begins with `key.` belong to API keys.
#[utoipa::path(get, path = "/admin/roles", tag = "Access", responses((status = 200, body = RoleList)))]
pub(super) async fn list_roles(_: Caller<RolesRead>, State(desk): State<Desk>) -> Result<Json<RoleList>> {
    let rows = desk.db.read(store::roles::all).await?;
    let role = |r: store::roles::RoleRow| Role {
        id: r.id,
        key: r.key,
        name: r.name,
        is_system: r.is_system,
        permissions: r.grants,
    };
    Ok(Json(RoleList { roles: rows.into_iter().map(role).collect() }))
}
