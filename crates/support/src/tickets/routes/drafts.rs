//! A person's own marks on a ticket: the draft, and how far it was read.

use axum::{extract::State, http::StatusCode};
use people::access::Caller;
use platform::{
    Error, Result,
    http::{Api, Id, Json},
    route,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Support, TicketId,
    messages::Visibility,
    tickets::{TicketScope, TicketsRead, drafts, view::DraftView, visible},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, read);
    route!(api, get_draft);
    route!(api, put_draft);
    route!(api, delete_draft);
}

/// The caller has seen all of it.
#[utoipa::path(post, path = "/tickets/{id}/read", tag = "Tickets", operation_id = "mark_ticket_read", responses((status = 204)))]
async fn read(caller: Caller<TicketsRead>, State(support): State<Support>, Id(id): Id) -> Result<StatusCode> {
    let (me, scope, id) = (caller.user()?, TicketScope::of(&support, &caller), TicketId(id));
    let unseen = support.desk.db.read(move |c| {
        visible(c, &scope, id)?;
        drafts::unseen(c, id, me)
    });
    // Most tickets that are looked at have nothing new: nothing is written then.
    if let Some(newest) = unseen.await? {
        support.desk.db.write(move |tx| drafts::mark_seen(tx, id, me, newest)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What the caller typed and did not send.
#[utoipa::path(get, path = "/tickets/{id}/draft", tag = "Tickets", responses((status = 200, body = DraftView)))]
async fn get_draft(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<DraftView>> {
    let (me, scope, id) = (caller.user()?, TicketScope::of(&support, &caller), TicketId(id));
    let read = support.desk.db.read(move |c| {
        visible(c, &scope, id)?;
        drafts::get(c, id, me)
    });
    read.await?.map(Json).ok_or_else(|| Error::not_found("draft"))
}

/// What to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// Empty: nothing is kept.
    #[schema(max_length = 10_000)]
    content: String,
    #[schema(inline)]
    visibility: Visibility,
}

/// Keeps what the caller typed, for this caller alone.
#[utoipa::path(put, path = "/tickets/{id}/draft", tag = "Tickets", responses((status = 204)))]
async fn put_draft(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
    Json(body): Json<DraftBody>,
) -> Result<StatusCode> {
    let (me, scope, id) = (caller.user()?, TicketScope::of(&support, &caller), TicketId(id));
    let write = support.desk.db.write(move |tx| {
        visible(tx, &scope, id)?;
        drafts::put(tx, id, me, &body.content, body.visibility)
    });
    write.await.map(|()| StatusCode::NO_CONTENT)
}

/// Forgets it; well when there was none.
#[utoipa::path(delete, path = "/tickets/{id}/draft", tag = "Tickets", responses((status = 204)))]
async fn delete_draft(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<StatusCode> {
    let (me, scope, id) = (caller.user()?, TicketScope::of(&support, &caller), TicketId(id));
    let write = support.desk.db.write(move |tx| {
        visible(tx, &scope, id)?;
        drafts::delete(tx, id, me)
    });
    write.await.map(|()| StatusCode::NO_CONTENT)
}
