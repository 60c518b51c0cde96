//! `/auth/me`.

use axum::extract::State;
use platform::{
    Conn, Error, Result,
    http::{IfMatch, Json, nullable},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Desk, UserId,
    access::{
        Authenticated, Caller, Grant,
        members::Membership,
        store,
        users::{self, Change},
    },
};

/// Oneself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Me {
    id: UserId,
    username: String,
    email: String,
    name: String,
    /// `admin`, `manager` or `agent`.
    role: String,
    role_name: String,
    permissions: Vec<Grant>,
    departments: Vec<Membership>,
    /// `available`, `busy`, `away` or `offline`.
    status: String,
    capacity: i64,
    load: i64,
    locale: Option<String>,
    theme: Option<String>,
    version: i64,
}

pub(super) fn read(c: &Conn<'_>, id: UserId) -> Result<Me> {
    let user = users::must(c, id)?;
    let role = store::roles::by_key(c, &user.role)?.ok_or_else(|| Error::internal("a role is missing"))?;
    Ok(Me {
        id: user.id,
        username: user.username,
        email: user.email,
        name: user.name,
        role: user.role,
        role_name: user.role_name,
        permissions: role.grants,
        departments: user.departments,
        status: user.status,
        capacity: user.capacity,
        load: user.load,
        locale: user.locale,
        theme: user.theme,
        version: user.version,
    })
}

/// Oneself, with what one may do.
#[utoipa::path(get, path = "/auth/me", tag = "Access", responses((status = 200, body = Me)))]
pub(super) async fn me(caller: Caller<Authenticated>, State(desk): State<Desk>) -> Result<Json<Me>> {
    let id = caller.user()?;
    desk.db.read(move |c| read(c, id)).await.map(Json)
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Locale {
    En,
    Vi,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Theme {
    Light,
    Dark,
    System,
}

/// What one may change about oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MeChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Locale>, inline)]
    locale: Option<Option<Locale>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Theme>, inline)]
    theme: Option<Option<Theme>>,
}

/// Changes one's name, language or theme.
#[utoipa::path(patch, path = "/auth/me", tag = "Access", responses((status = 200, body = Me)))]
pub(super) async fn change_me(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
    version: IfMatch,
    Json(change): Json<MeChange>,
) -> Result<Json<Me>> {
    let id = caller.user()?;
    let locale = |l: Locale| match l {
        Locale::En => "en".to_owned(),
        Locale::Vi => "vi".to_owned(),
    };
    let theme = |t: Theme| match t {
        Theme::Light => "light".to_owned(),
        Theme::Dark => "dark".to_owned(),
        Theme::System => "system".to_owned(),
    };
    let change = Change {
        name: change.name,
        locale: change.locale.map(|l| l.map(locale)),
        theme: change.theme.map(|t| t.map(theme)),
        ..Change::default()
    };
    let me = desk
        .db
        .write(move |tx| {
            users::change(tx, &caller.origin, Some(id), id, version.0, &change)?;
            read(tx, id)
        })
        .await?;
    desk.access.forget_user(id);
    Ok(Json(me))
}
