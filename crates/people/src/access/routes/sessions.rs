//! `/auth/sessions`: where one is logged in.

use axum::{extract::State, http::StatusCode};
use platform::{
    Result,
    clock::Millis,
    http::{Id, Json},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Desk,
    access::{Authenticated, Caller, sessions, store},
};

/// A log-in on one device.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    id: i64,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Millis,
    /// The address from which it was opened.
    ip: Option<String>,
    user_agent: Option<String>,
    /// The one that asks.
    current: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionList {
    sessions: Vec<SessionView>,
}

/// One's open log-ins, the last used first.
#[utoipa::path(get, path = "/auth/sessions", tag = "Access", responses((status = 200, body = SessionList)))]
pub(super) async fn list_sessions(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
) -> Result<Json<SessionList>> {
    let (id, now) = (caller.user()?, desk.clock.now());
    let rows = desk.db.read(move |c| store::sessions::open(c, id, now)).await?;
    let view = |s: store::sessions::SessionRow| SessionView {
        current: Some(s.id) == caller.session,
        id: s.id,
        created_at: s.created_at,
        last_used_at: s.last_used_at,
        ip: s.address,
        user_agent: s.user_agent,
    };
    Ok(Json(SessionList { sessions: rows.into_iter().map(view).collect() }))
}

/// Ends one of one's log-ins.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "Access", responses((status = 204)))]
pub(super) async fn end_session(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
    Id(session): Id,
) -> Result<StatusCode> {
    let id = caller.user()?;
    desk.db.write(move |tx| sessions::revoke(tx, &caller.origin, id, session)).await?;
    desk.access.forget_user(id);
    Ok(StatusCode::NO_CONTENT)
}
