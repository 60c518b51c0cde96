//! `/ws` and `/stream`.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Request, State, ws::WebSocketUpgrade},
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};
use people::access::{Authenticated, Caller, Principal};
use platform::{
    Error, Result,
    http::{Api, Json, Public, Query},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    frame::Frame,
    principal,
    session::{Reload, Session, Timing},
    socket,
};
use crate::Support;

/// Seconds that a ticket is good for.
const TICKET_SECONDS: u64 = 30;

/// The routes of the live stream.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    route!(api, ticket);
    route!(api, ws);
    route!(api, events);
    api
}

/// A one-time ticket for the live socket.
#[derive(Debug, Serialize, ToSchema)]
struct SocketTicket {
    ticket: String,
    /// Seconds.
    expires_in: u64,
}

/// Gives a ticket with which `GET /ws` can be opened once.
#[utoipa::path(post, path = "/ws/ticket", tag = "Live", responses((status = 200, body = SocketTicket)))]
async fn ticket(caller: Caller<Authenticated>, State(support): State<Support>) -> Result<Json<SocketTicket>> {
    let ticket = support.desk.access.issue_socket_ticket(&caller.principal).await?;
    Ok(Json(SocketTicket { ticket, expires_in: TICKET_SECONDS }))
}

#[derive(Debug, Deserialize, IntoParams)]
struct SocketQuery {
    /// From `POST /ws/ticket`.
    #[param(min_length = 1, max_length = 200)]
    ticket: String,
    /// The last `seq` that you know: what came after it is told first.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// Opens the live socket. Frames: `hello`, `event`, `removed`, `resync`, `ping`, `presence`; you may say `viewing` and
/// `typing`.
#[utoipa::path(get, path = "/ws", tag = "Live", responses((status = 101, description = "The live socket"), (status = 401)))]
async fn ws(
    _: Public,
    State(support): State<Support>,
    Query(query): Query<SocketQuery>,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    let principal = support.desk.access.redeem_socket_ticket(&query.ticket).await?;
    let user = principal.user_id().ok_or_else(Error::unauthenticated)?;
    let reload = principal::of_person(&support.desk, user);
    let (session, first) = open(&support, &principal, reload, query.after).await?;
    let db = support.desk.db.clone();
    let upgrade = upgrade
        .max_message_size(socket::MOST_BYTES)
        .max_frame_size(socket::MOST_BYTES)
        // What a browser sends is small; the buffers are there for as long as the socket is.
        .read_buffer_size(4 << 10)
        .write_buffer_size(32 << 10)
        .max_write_buffer_size(1 << 20);
    Ok(upgrade.on_upgrade(move |socket| socket::serve(socket, session, first, db)))
}

#[derive(Debug, Deserialize, IntoParams)]
struct StreamQuery {
    /// The last `seq` that you know; the header `Last-Event-ID` says the same.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// The frames of the live socket as server-sent events, for programs. An event's id is its `seq`.
#[utoipa::path(get, path = "/stream", tag = "Live", responses((status = 200, description = "`text/event-stream`", content_type = "text/event-stream")))]
async fn events(
    caller: Caller<Authenticated>,
    State(support): State<Support>,
    Query(query): Query<StreamQuery>,
    request: Request,
) -> Result<Response> {
    let (parts, _) = request.into_parts();
    let last = parts.headers.get("last-event-id").and_then(|v| v.to_str().ok()?.trim().parse().ok());
    let reload = principal::of_request(&support, parts);
    let (session, first) = open(&support, &caller.principal, reload, last.or(query.after)).await?;
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(sent(session, first)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn open(
    support: &Support,
    principal: &Principal,
    reload: Reload,
    after: Option<i64>,
) -> Result<(Session, Vec<Frame>)> {
    let (desk, view) = (&support.desk, principal::view(principal));
    Session::open(&desk.db, &desk.feed, &support.presence, view, reload, after, Timing::default()).await
}

/// A client that does not read holds up this stream alone; it is told to read anew when it comes back to it.
fn sent(session: Session, first: Vec<Frame>) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let rest = stream::unfold(session, |mut session| async move {
        let frames = session.next().await.ok()?;
        Some((stream::iter(frames), session))
    });
    stream::iter(first).chain(rest.flatten()).map(|frame| {
        let event = sse::Event::default().data(frame.text.as_str());
        Ok(match frame.seq {
            Some(seq) => event.id(seq.to_string()),
            None => event,
        })
    })
}
