//! Lists and single tickets.

use axum::extract::State;
use people::{ContactId, access::Caller, contacts};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    http::{Api, Id, Json, ListPage, ListQuery, NoFilter, Page},
    list_schema, route,
    time::{instant, instant_opt},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Rights, asker};
use crate::{
    Support, TicketId,
    messages::{self, view::MessageView},
    tickets::{
        OpenWork, Status, Ticket, TicketScope, TicketsRead,
        list::{self, Asked, Asker, Queue, TicketCounts, TicketFilter},
        query::Selection,
        view::{self, TicketRow, TicketView, Viewer},
        visible,
    },
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, tickets);
    route!(api, counts);
    route!(api, ticket);
    route!(api, conversation);
    route!(api, status);
    route!(api, customer_tickets);
}

list_schema!(
    /// Tickets.
    TicketList, tickets: TicketRow
);
list_schema!(
    /// Messages.
    MessageList, messages: MessageView
);

/// Tickets that the caller may see.
#[utoipa::path(get, path = "/tickets", tag = "Tickets", operation_id = "list_tickets", responses((status = 200, body = TicketList)))]
async fn tickets(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    ListQuery(page, filter): ListQuery<TicketFilter>,
) -> Result<Json<TicketList>> {
    let scope = match filter.queue {
        Some(Queue::Spam) => {
            TicketScope::by(&support, &caller.principal, "spam.read").ok_or_else(Error::forbidden)?
        }
        _ => TicketScope::of(&support, &caller),
    };
    let asker = asker(&support, &caller.principal, scope);
    let asked = filter.read(&asker)?;
    let viewer = Viewer::of(&caller.principal);
    let open = support.open_work.clone();
    let read = support.desk.db.read(move |c| rows(c, &open, viewer, &asker, &asked, &page));
    Ok(Json(read.await?.into()))
}

fn rows(
    c: &Conn<'_>,
    open: &OpenWork,
    viewer: Viewer,
    asker: &Asker,
    asked: &Asked,
    page: &Page,
) -> Result<ListPage<TicketRow>> {
    let found: ListPage<Ticket> = list::list(c, open, asker, asked, page)?;
    let items = view::rows(c, viewer, &found.items)?;
    let ListPage { total, total_capped, page, limit, next_cursor, .. } = found;
    Ok(ListPage { items, total, total_capped, page, limit, next_cursor })
}

/// Open work behind each tab of the inbox, and spam; each counted to 1000.
#[utoipa::path(get, path = "/tickets/counts", tag = "Tickets", operation_id = "count_tickets", responses((status = 200, body = TicketCounts)))]
async fn counts(caller: Caller<TicketsRead>, State(support): State<Support>) -> Result<Json<TicketCounts>> {
    let asker = asker(&support, &caller.principal, TicketScope::of(&support, &caller));
    let spam = TicketScope::by(&support, &caller.principal, "spam.read");
    let open = support.open_work.clone();
    support.desk.db.read(move |c| list::counts(c, &open, &asker, spam.as_ref())).await.map(Json)
}

/// A ticket with its newest messages.
#[utoipa::path(get, path = "/tickets/{id}", tag = "Tickets", operation_id = "get_ticket", responses((status = 200, body = TicketView)))]
async fn ticket(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<TicketView>> {
    let scope = TicketScope::of(&support, &caller);
    let rights = Rights::of(&support, &caller.principal);
    let now = support.desk.clock.now();
    let read = support.desk.db.read(move |c| {
        let ticket = visible(c, &scope, TicketId(id))?;
        view::detail(c, rights.viewer, &ticket, now, rights.can(&ticket))
    });
    read.await.map(Json)
}

/// A ticket's messages, newest first.
#[utoipa::path(get, path = "/tickets/{id}/messages", tag = "Tickets", operation_id = "list_ticket_messages", responses((status = 200, body = MessageList)))]
async fn conversation(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
    ListQuery(page, _): ListQuery<NoFilter>,
) -> Result<Json<MessageList>> {
    let scope = TicketScope::of(&support, &caller);
    let viewer = Viewer::of(&caller.principal);
    let now = support.desk.clock.now();
    let read = support.desk.db.read(move |c| {
        let ticket = visible(c, &scope, TicketId(id))?;
        messages::view::page(c, viewer, &ticket, &page, now)
    });
    Ok(Json(read.await?.into()))
}

/// For clients that wait for an answer.
#[derive(Debug, Serialize, ToSchema)]
struct TicketStatus {
    ticket_id: TicketId,
    status: Status,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    last_updated: Millis,
    /// There is an answer that will not be taken back any more.
    has_agent_reply: bool,
    /// The newest such answer.
    #[schema(required)]
    last_agent_message: Option<String>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_agent_message_at: Option<Millis>,
}

/// Whether there is an answer: small, for polling.
#[utoipa::path(get, path = "/tickets/{id}/status", tag = "Tickets", operation_id = "get_ticket_status", responses((status = 200, body = TicketStatus)))]
async fn status(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<TicketStatus>> {
    let scope = TicketScope::of(&support, &caller);
    let now = support.desk.clock.now();
    let read = support.desk.db.read(move |c| {
        let ticket = visible(c, &scope, TicketId(id))?;
        let answer = messages::last_answer(c, ticket.id, now)?;
        Ok(TicketStatus {
            ticket_id: ticket.id,
            status: ticket.status,
            last_updated: ticket.updated_at,
            has_agent_reply: answer.is_some(),
            last_agent_message_at: answer.as_ref().map(|m| m.at),
            last_agent_message: answer.map(|m| m.content),
        })
    });
    read.await.map(Json)
}

/// The tickets of a customer that the caller may see, newest first; never spam.
#[utoipa::path(get, path = "/customers/{id}/tickets", tag = "Tickets", operation_id = "list_customer_tickets", responses((status = 200, body = TicketList)))]
async fn customer_tickets(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
    ListQuery(page, _): ListQuery<NoFilter>,
) -> Result<Json<TicketList>> {
    let asker = asker(&support, &caller.principal, TicketScope::of(&support, &caller));
    let viewer = Viewer::of(&caller.principal);
    let contact = ContactId(id);
    let asked = Asked {
        selection: Selection { contact: Some(contact), ..Selection::default() },
        order: Default::default(),
        search: None,
        is_empty: false,
    };
    let open = support.open_work.clone();
    let read = support.desk.db.read(move |c| {
        contacts::name_of(c, contact)?.ok_or_else(|| Error::not_found("contact"))?;
        rows(c, &open, viewer, &asker, &asked, &page)
    });
    Ok(Json(read.await?.into()))
}
