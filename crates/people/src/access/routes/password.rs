//! `/auth/change-password`, `/auth/reset-password`.

use axum::{extract::State, http::StatusCode};
use platform::{Error, Result, error::Code, events::Actor, http::Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Desk,
    access::{
        Authenticated, Caller, Guarded, check_password, store,
        tokens::{self, Purpose},
        users,
    },
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    #[schema(max_length = 1000)]
    current_password: String,
    #[schema(min_length = 10, max_length = 200)]
    new_password: String,
}

/// Changes one's password and ends one's other log-ins.
#[utoipa::path(post, path = "/auth/change-password", tag = "Access", responses((status = 204)))]
pub(super) async fn change_password(
    caller: Caller<Authenticated>,
    _: LimitedHere,
    State(desk): State<Desk>,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode> {
    let id = caller.user()?;
    check_password("new_password", &change.new_password)?;
    let hash = desk.db.read(move |c| store::users::password_hash(c, id)).await?;
    if !desk.access.verify(change.current_password, hash).await? {
        return Err(Error::new(Code::BadCredentials, "The current password is wrong."));
    }
    let hash = desk.access.hash(change.new_password).await?;
    desk.db
        .write(move |tx| users::set_password(tx, &caller.origin, id, &hash, caller.session, "self"))
        .await?;
    desk.access.forget_user(id);
    Ok(StatusCode::NO_CONTENT)
}

/// The limit per address, for a route that declares its access otherwise.
pub(super) struct LimitedHere;

impl platform::http::Argument for LimitedHere {}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for LimitedHere
where
    Desk: axum::extract::FromRef<S>,
{
    type Rejection = Error;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self> {
        Guarded::from_request_parts(parts, state).await.map(|_| LimitedHere)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordReset {
    /// From the link.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
    #[schema(min_length = 10, max_length = 200)]
    new_password: String,
}

/// Sets a password by a one-time link and ends every log-in.
#[utoipa::path(post, path = "/auth/reset-password", tag = "Access", responses((status = 204), (status = 401)))]
pub(super) async fn reset_password(
    guard: Guarded,
    State(desk): State<Desk>,
    Json(reset): Json<PasswordReset>,
) -> Result<StatusCode> {
    check_password("new_password", &reset.new_password)?;
    let (token, now) = (reset.token.clone(), desk.clock.now());
    desk.db.read(move |c| tokens::check(c, &token, Purpose::Password, now)).await?;
    let hash = desk.access.hash(reset.new_password).await?;
    let (token, origin) = (reset.token, guard.origin);
    let user = desk
        .db
        .write(move |tx| {
            let user = tokens::redeem(tx, &token, Purpose::Password)?;
            let user = user.ok_or_else(|| Error::internal("a password link of nobody"))?;
            if !store::users::is_active(tx, user)? {
                return Err(Error::new(Code::BadCredentials, "This person may not log in."));
            }
            users::set_password(tx, &origin.by(Actor::User(user.0)), user, &hash, None, "link")?;
            Ok(user)
        })
        .await?;
    desk.access.forget_user(user);
    Ok(StatusCode::NO_CONTENT)
}
