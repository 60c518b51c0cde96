//! This is spam, this is none, and this person is none.

use axum::extract::State;
use people::{ContactId, access::Caller};
use platform::{
    Result,
    error::Code,
    http::{Api, Id, Json, Query},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::SpamWrite;
use crate::{
    MessageId, Support, TicketId,
    spam::{ActivityId, appeal},
    tickets::{Ticket, TicketScope},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, remove);
    route!(api, mark);
    route!(api, restore);
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Only {
    /// This one alone; all of the contact's unless said.
    #[param(minimum = 1)]
    activity_id: Option<i64>,
}

/// What an appeal did.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpamCleared {
    success: bool,
    lead_id: ContactId,
    removed_count: i64,
    message: String,
}

/// The appeal: removes a contact's spam activities, brings their messages back to the inbox, and lets the contact in again.
#[utoipa::path(delete, path = "/spam/activities/{contact_id}", tag = "Spam", operation_id = "remove_spam_activities", responses((status = 200, body = SpamCleared)))]
async fn remove(
    caller: Caller<SpamWrite>,
    State(support): State<Support>,
    Id(contact): Id,
    Query(only): Query<Only>,
) -> Result<Json<SpamCleared>> {
    let (contact, only) = (ContactId(contact), only.activity_id.map(ActivityId));
    let scope = TicketScope::of(&support, &caller);
    let mut count = 0;
    loop {
        let (scope, matcher, origin) = (scope.clone(), support.matcher.clone(), caller.origin.clone());
        let first = count == 0;
        let removed = support
            .desk
            .db
            .write(move |tx| {
                appeal::remove(tx, &origin, &scope, &matcher.snapshot(), &matcher, contact, only)
            })
            .await;
        match removed {
            Ok(r) => {
                count += r.count as i64;
                if !r.more {
                    break;
                }
            }
            // Exactly as many as one step takes: the next one found nothing.
            Err(e) if e.code == Code::NotFound && !first => break,
            Err(e) => return Err(e),
        }
    }
    let message = format!("{count} spam activities removed");
    Ok(Json(SpamCleared { success: true, lead_id: contact, removed_count: count, message }))
}

/// A message that is spam.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SpamMark {
    #[schema(minimum = 1)]
    message_id: i64,
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// A message that is none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SpamRestore {
    #[schema(minimum = 1)]
    message_id: i64,
}

/// Where a message and its ticket stand now.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpamMarked {
    message_id: MessageId,
    ticket_id: TicketId,
    /// Of the message.
    is_spam: bool,
    /// The ticket holds nothing else.
    ticket_is_spam: bool,
}

fn marked(message: i64, is_spam: bool, ticket: &Ticket) -> Json<SpamMarked> {
    Json(SpamMarked {
        message_id: MessageId(message),
        ticket_id: ticket.id,
        is_spam,
        ticket_is_spam: ticket.is_spam,
    })
}

/// Says that a customer's message is spam. A ticket that holds nothing else leaves the inbox.
#[utoipa::path(post, path = "/spam/mark", tag = "Spam", operation_id = "mark_spam", responses((status = 200, body = SpamMarked), (status = 404)))]
async fn mark(
    caller: Caller<SpamWrite>,
    State(support): State<Support>,
    Json(body): Json<SpamMark>,
) -> Result<Json<SpamMarked>> {
    let scope = TicketScope::of(&support, &caller);
    let id = body.message_id;
    let ticket = support
        .desk
        .db
        .write(move |tx| appeal::mark(tx, &caller.origin, &scope, MessageId(id), body.reason.as_deref()))
        .await?;
    Ok(marked(id, true, &ticket))
}

/// Says that a message is no spam: it comes back to the inbox and is routed.
#[utoipa::path(post, path = "/spam/restore", tag = "Spam", operation_id = "restore_spam", responses((status = 200, body = SpamMarked), (status = 404)))]
async fn restore(
    caller: Caller<SpamWrite>,
    State(support): State<Support>,
    Json(body): Json<SpamRestore>,
) -> Result<Json<SpamMarked>> {
    let scope = TicketScope::of(&support, &caller);
    let matcher = support.matcher.clone();
    let id = body.message_id;
    let ticket = support
        .desk
        .db
        .write(move |tx| {
            appeal::restore(tx, &caller.origin, &scope, &matcher.snapshot(), &matcher, MessageId(id))
        })
        .await?;
    Ok(marked(id, false, &ticket))
}
