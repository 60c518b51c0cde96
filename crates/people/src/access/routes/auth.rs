//! Logging in and out: `/auth/setup`, `/auth/login`, `/auth/token`, `/auth/refresh`, `/auth/logout`.
//!
//! The refresh token travels in a cookie that no script can read and no other site can send; `?refresh=body` is for
//! clients without cookies.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::{
    Error, Fault, Result,
    clock::{Millis, SECOND},
    error::Code,
    events::{Actor, NewEvent, Origin},
    http::{Json, Public, Query, RawBody},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    body,
    me::{self, Me},
};
use crate::{
    Desk, UserId,
    access::{
        ACCESS_TOKEN_SECONDS, Guarded, NewUser, check_password, events,
        sessions::{self, IDLE, Opened, Refreshed},
        store,
        tokens::{self, Purpose},
        users,
    },
};

const COOKIE: &str = "frontdesk_refresh";

/// A log-in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    user: Me,
    /// Only with `?refresh=body`; otherwise it is in the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Where {
    Cookie,
    Body,
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
pub(super) struct RefreshWhere {
    /// Where the refresh token goes: into a cookie, unless said.
    #[param(inline)]
    refresh: Option<Where>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetupNeeded {
    needed: bool,
}

/// Whether the desk waits for its first administrator.
#[utoipa::path(get, path = "/auth/setup", tag = "Access", responses((status = 200, body = SetupNeeded)))]
pub(super) async fn setup_needed(_: Public, State(desk): State<Desk>) -> Result<Json<SetupNeeded>> {
    let any = desk.db.read(store::users::any).await?;
    Ok(Json(SetupNeeded { needed: !any }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    /// From the link that the desk printed at its start.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
    #[schema(min_length = 3, max_length = 320)]
    email: String,
    #[schema(min_length = 1, max_length = 64)]
    username: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 10, max_length = 200)]
    password: String,
}

/// Makes the first administrator and logs them in.
#[utoipa::path(post, path = "/auth/setup", tag = "Access", responses((status = 201, body = Session), (status = 401)))]
pub(super) async fn set_up(
    guard: Guarded,
    State(desk): State<Desk>,
    Query(to): Query<RefreshWhere>,
    Json(new): Json<Setup>,
) -> Result<Response> {
    check_password("password", &new.password)?;
    let (token, now) = (new.token.clone(), desk.clock.now());
    desk.db
        .read(move |c| match store::users::any(c)? {
            true => Err(Error::conflict(Code::WrongState, "This desk is set up already; log in.")),
            false => tokens::check(c, &token, Purpose::Setup, now),
        })
        .await?;
    let hash = desk.access.hash(new.password).await?;
    let user = NewUser {
        email: new.email,
        username: new.username,
        name: new.name,
        role: "admin".into(),
        password_hash: Some(hash),
        ..NewUser::default()
    };
    let (token, entropy) = (new.token, desk.entropy.clone());
    let opened = desk
        .db
        .write(move |tx| {
            if store::users::any(tx)? {
                return Err(Error::conflict(Code::WrongState, "This desk is set up already; log in."));
            }
            tokens::redeem(tx, &token, Purpose::Setup)?;
            let id = users::create(tx, &guard.origin, &user, &[])?;
            sessions::open(tx, &guard.origin.by(Actor::User(id.0)), id, IDLE, &entropy)
        })
        .await?;
    answer(&desk, StatusCode::CREATED, opened, to.refresh).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    /// The log-in name or the e-mail address.
    #[schema(max_length = 320)]
    username: Option<String>,
    #[schema(max_length = 320)]
    email: Option<String>,
    #[schema(max_length = 1000)]
    password: String,
}

/// Logs in by name or e-mail address.
#[utoipa::path(post, path = "/auth/login", tag = "Access", responses((status = 200, body = Session), (status = 401)))]
pub(super) async fn log_in(
    guard: Guarded,
    State(desk): State<Desk>,
    Query(to): Query<RefreshWhere>,
    Json(input): Json<LogIn>,
) -> Result<Response> {
    let who = input.username.or(input.email).filter(|w| !w.trim().is_empty());
    let who =
        who.ok_or_else(|| Error::invalid_field("username", "required", "give a name or an e-mail address"))?;
    let opened = enter(&desk, &guard.origin, &who, input.password, IDLE).await?;
    answer(&desk, StatusCode::OK, opened, to.refresh).await
}

/// A log-in as a form, for clients that know OAuth's password grant.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape in the document; the form is read field by field")]
pub(super) struct TokenForm {
    username: String,
    password: String,
    /// `password`.
    grant_type: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
}

/// Logs in by a form; there is nothing to refresh.
#[utoipa::path(post, path = "/auth/token", tag = "Access",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = Token), (status = 401)))]
pub(super) async fn token(
    guard: Guarded,
    State(desk): State<Desk>,
    headers: HeaderMap,
    RawBody(bytes): RawBody,
) -> Result<Json<Token>> {
    let mut form = body::form(&headers, &bytes)?;
    let mut faults = Vec::new();
    let mut take = |name: &str| {
        form.remove(name).filter(|v| !v.is_empty() && v.len() <= 4000).unwrap_or_else(|| {
            faults.push(Fault::new(name, "required", "is missing"));
            String::new()
        })
    };
    let (who, password) = (take("username"), take("password"));
    if form.get("grant_type").is_some_and(|g| !g.is_empty() && g != "password") {
        faults.push(Fault::new("grant_type", "not_one_of", "must be password"));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let opened = enter(&desk, &guard.origin, &who, password, ACCESS_TOKEN_SECONDS * SECOND).await?;
    let access_token = desk.access.access_token(opened.user, opened.session)?;
    Ok(Json(Token { access_token, token_type: "bearer", expires_in: ACCESS_TOKEN_SECONDS }))
}

/// Checks name and password, in the same time whether the name is there or not, and opens a session.
async fn enter(
    desk: &Desk,
    origin: &Origin,
    who: &str,
    password: String,
    lifetime: Millis,
) -> Result<Opened> {
    let key = match who.contains('@') {
        true => crate::contacts::normalise("email", who, "").unwrap_or_else(|_| who.trim().to_lowercase()),
        false => who.trim().to_lowercase(),
    };
    let login = desk.db.read(move |c| store::users::login(c, &key)).await?;
    let hash = login.as_ref().filter(|l| l.is_active).and_then(|l| l.password_hash.clone());
    let matches = desk.access.verify(password, hash).await?;
    match login {
        Some(login) if matches => {
            let (origin, entropy) = (origin.by(Actor::User(login.id.0)), desk.entropy.clone());
            desk.db
                .write(move |tx| match store::users::is_active(tx, login.id)? {
                    true => sessions::open(tx, &origin, login.id, lifetime, &entropy),
                    false => Err(wrong()),
                })
                .await
        }
        login => {
            let reason = match &login {
                None => "unknown_name",
                Some(l) if !l.is_active => "inactive",
                Some(l) if l.password_hash.is_none() => "no_password",
                Some(_) => "wrong_password",
            };
            let (id, origin) = (login.map_or(0, |l| l.id.0), origin.clone());
            let data = json!({ "reason": reason });
            desk.db
                .write(move |tx| {
                    let event = NewEvent::new(events::USER_LOGIN_FAILED, "user", id, data.clone());
                    platform::events::record(tx, &origin, event)
                })
                .await?;
            Err(wrong())
        }
    }
}

fn wrong() -> Error {
    Error::new(Code::BadCredentials, "The name or the password is wrong.")
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshInput {
    #[schema(min_length = 1, max_length = 200)]
    refresh_token: Option<String>,
}

/// Exchanges a refresh token for the next one and an access token. An old one ends the whole session.
#[utoipa::path(post, path = "/auth/refresh", tag = "Access", request_body = Option<RefreshInput>,
    responses((status = 200, body = Session), (status = 401)))]
pub(super) async fn refresh(
    guard: Guarded,
    State(desk): State<Desk>,
    Query(to): Query<RefreshWhere>,
    headers: HeaderMap,
    RawBody(bytes): RawBody,
) -> Result<Response> {
    check_origin(&desk, &headers)?;
    let (token, told) = presented(&headers, &bytes)?;
    let token = token.ok_or_else(sessions::refused)?;
    let (origin, entropy) = (guard.origin, desk.entropy.clone());
    let done = desk.db.write(move |tx| sessions::refresh(tx, &origin, &token, &entropy)).await?;
    match done {
        Refreshed::Rotated(opened) => answer(&desk, StatusCode::OK, opened, to.refresh.or(told)).await,
        Refreshed::Reused(user) => {
            desk.access.forget_user(user);
            Ok(without_cookie(&desk, sessions::refused().into_response()))
        }
        Refreshed::Refused => Ok(without_cookie(&desk, sessions::refused().into_response())),
    }
}

/// Ends this log-in. Without one, nothing happens.
#[utoipa::path(post, path = "/auth/logout", tag = "Access", request_body = Option<RefreshInput>, responses((status = 204)))]
pub(super) async fn log_out(
    guard: Guarded,
    State(desk): State<Desk>,
    headers: HeaderMap,
    RawBody(bytes): RawBody,
) -> Result<Response> {
    check_origin(&desk, &headers)?;
    if let (Some(token), _) = presented(&headers, &bytes)? {
        let origin = guard.origin;
        let user = desk.db.write(move |tx| sessions::log_out(tx, &origin, &token)).await?;
        if let Some(user) = user {
            desk.access.forget_user(user);
        }
    }
    Ok(without_cookie(&desk, StatusCode::NO_CONTENT.into_response()))
}

/// The refresh token of a request, and where it came from when that was the body.
fn presented(headers: &HeaderMap, bytes: &Bytes) -> Result<(Option<String>, Option<Where>)> {
    let said = body::optional::<RefreshInput>(bytes)?.and_then(|b| b.refresh_token);
    match said {
        Some(token) => Ok((Some(token), Some(Where::Body))),
        None => Ok((cookie(headers).map(str::to_owned), None)),
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value)
}

/// A browser says which site asks: it must be this one.
fn check_origin(desk: &Desk, headers: &HeaderMap) -> Result<()> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return Ok(()) };
    let parse = |text: &str| url::Url::parse(text).ok().map(|u| u.origin()).filter(url::Origin::is_tuple);
    let asked = parse(origin);
    let public = parse(&desk.config.public_url());
    let by_host = text(header::HOST).is_some_and(|host| {
        ["http", "https"]
            .iter()
            .any(|scheme| asked.is_some() && asked == parse(&format!("{scheme}://{host}")))
    });
    match asked.is_some() && (asked == public || by_host) {
        true => Ok(()),
        false => Err(Error { detail: "Another site may not do this.".into(), ..Error::forbidden() }),
    }
}

async fn answer(desk: &Desk, status: StatusCode, opened: Opened, to: Option<Where>) -> Result<Response> {
    let id: UserId = opened.user;
    let user = desk.db.read(move |c| me::read(c, id)).await?;
    let in_body = to == Some(Where::Body);
    let session = Session {
        access_token: desk.access.access_token(id, opened.session)?,
        token_type: "bearer",
        expires_in: ACCESS_TOKEN_SECONDS,
        user,
        refresh_token: in_body.then(|| opened.refresh_token.clone()),
    };
    let response = (status, Json(session)).into_response();
    match in_body {
        true => Ok(response),
        false => with_cookie(desk, response, &opened.refresh_token, IDLE / SECOND),
    }
}

fn with_cookie(desk: &Desk, mut response: Response, token: &str, seconds: i64) -> Result<Response> {
    let secure = if desk.config.public_url().starts_with("https://") { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&text).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(response)
}

fn without_cookie(desk: &Desk, response: Response) -> Response {
    with_cookie(desk, response, "", 0).unwrap_or_else(IntoResponse::into_response)
}
