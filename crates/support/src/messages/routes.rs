//! `/messages`: what waits for the caller.

use axum::extract::State;
use people::{DepartmentId, access::Caller};
use platform::{
    Error, Result, Tx,
    error::Code,
    events::Origin,
    http::{Api, Id, Json, ListPage, ListQuery},
    list_schema, route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Message, complete_one, files, mine, store, view, view::MessageView};
use crate::{
    MessageId, Support, TicketId, routing,
    tickets::{self, Change, Status, TicketScope, TicketsRead, TicketsWrite, visible},
};

/// The routes of messages and their files.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    route!(api, my_messages);
    route!(api, complete);
    files::mount(&mut api);
    api
}

/// What `GET /messages` can be narrowed by.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `pending` or `completed`; both unless said.
    #[param(inline)]
    status: Option<mine::Progress>,
    /// The channel.
    #[param(max_length = 64)]
    platform: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    department_id: Option<DepartmentId>,
    /// An instant, or a day in the organisation's zone.
    #[param(max_length = 40)]
    since: Option<String>,
}

/// A message with the ticket that it belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct MyMessage {
    #[serde(flatten)]
    message: MessageView,
    ticket: MyMessageTicket,
}

/// The ticket of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct MyMessageTicket {
    id: TicketId,
    number: i64,
    subject: String,
}

list_schema!(
    /// Messages of customers in the caller's tickets.
    MyMessageList, messages: MyMessage
);

/// What customers wrote in the tickets that are assigned to the caller, newest first. What is completed is looked for in
/// the caller's 500 most recent tickets.
#[utoipa::path(get, path = "/messages", tag = "Messages", responses((status = 200, body = MyMessageList)))]
async fn my_messages(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    ListQuery(page, filter): ListQuery<Filter>,
) -> Result<Json<MyMessageList>> {
    // A program has no tickets of its own.
    let Some(user) = caller.principal.user_id() else {
        return Ok(Json(page.finish(Vec::new(), 0, |_: &MyMessage| Vec::new()).into()));
    };
    let since =
        filter.since.as_deref().map(|w| tickets::since(w, &support.desk.config.org.timezone)).transpose()?;
    let wanted = mine::Wanted {
        user,
        progress: filter.status,
        channel: filter.platform,
        department: filter.department_id,
        since,
    };
    let now = support.desk.clock.now();
    let read = support.desk.db.read(move |c| {
        let before = match &page.cursor {
            Some(cursor) => Some((cursor.int(0)?, MessageId(cursor.int(1)?))),
            None => None,
        };
        let total = mine::count(c, &wanted)?;
        let rows = mine::page(c, &wanted, before, page.offset, page.fetch())?;
        let found: ListPage<(Message, MyMessageTicket)> = page.finish(
            rows.into_iter()
                .map(|(m, number, subject)| {
                    let ticket = MyMessageTicket { id: m.ticket_id, number, subject };
                    (m, ticket)
                })
                .collect(),
            total,
            |(m, _)| vec![json!(m.at), json!(m.id)],
        );
        let ListPage { items, total, total_capped, page, limit, next_cursor } = found;
        let (messages, tickets): (Vec<Message>, Vec<MyMessageTicket>) = items.into_iter().unzip();
        let views = view::views(c, &messages, now)?;
        let items =
            views.into_iter().zip(tickets).map(|(message, ticket)| MyMessage { message, ticket }).collect();
        Ok(ListPage { items, total, total_capped, page, limit, next_cursor })
    });
    Ok(Json(read.await?.into()))
}

/// Is done with a customer's message. The last one of a ticket resolves it. `already_completed` when somebody was faster.
#[utoipa::path(post, path = "/messages/{id}/complete", tag = "Messages", operation_id = "complete_message", responses((status = 200, body = MessageView)))]
async fn complete(
    caller: Caller<TicketsWrite>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<MessageView>> {
    let scope = TicketScope::of(&support, &caller);
    let origin = caller.origin.clone();
    let write = support.desk.db.write_locked(vec![], move |tx| {
        done(tx, &origin, &scope, MessageId(id))?;
        let message = store::get(tx, MessageId(id))?.ok_or_else(|| Error::not_found("message"))?;
        view::one(tx, &message, tx.now())
    });
    write.await.map(Json)
}

fn done(tx: &Tx<'_>, origin: &Origin, scope: &TicketScope, id: MessageId) -> Result<()> {
    let message = store::get(tx, id)?.ok_or_else(|| Error::not_found("message"))?;
    let seen = visible(tx, scope, message.ticket_id).map_err(|_| Error::not_found("message"))?;
    routing::prepare(tx, &seen)?;
    let ticket = tickets::lock(tx, seen.id)?;
    if message.direction != super::Direction::Inbound {
        return Err(Error::conflict(Code::WrongState, "Only what a customer wrote can be completed."));
    }
    let completed = complete_one(tx, origin, &ticket, id)?;
    if !completed.changed {
        return Err(Error::conflict(Code::AlreadyCompleted, "This message was completed before."));
    }
    if completed.left == 0 && ticket.status.is_active() {
        let change = Change { status: Some(Status::Resolved), ..Change::default() };
        tickets::change(tx, origin, &ticket, change)?;
    }
    Ok(())
}
