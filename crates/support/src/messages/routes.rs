//! `/messages`: what waits for the caller. `/attachments`: the files.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use people::{DepartmentId, access::Caller};
use platform::{
    Error, Result, Tx,
    blob::BlobKey,
    error::Code,
    events::Origin,
    http::{Api, Id, Json, ListPage, ListQuery},
    list_schema, route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Message, complete_one, mine, store, view, view::MessageView};
use crate::{
    MessageId, Support, TicketId, routing,
    tickets::{self, Change, Status, TicketScope, TicketsRead, TicketsWrite, view::Viewer, visible},
};

/// The routes of messages.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    route!(api, my_messages);
    route!(api, complete);
    route!(api, attachment);
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

/// A file. Shown in place only where that is safe; everything else is downloaded.
#[utoipa::path(get, path = "/attachments/{id}", tag = "Messages", operation_id = "get_attachment", responses((status = 200, content_type = "application/octet-stream")))]
async fn attachment(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Response> {
    let scope = TicketScope::of(&support, &caller);
    let is_staff = Viewer::of(&caller.principal) != Viewer::Program;
    let read = support.desk.db.read(move |c| {
        let gone = || Error::not_found("file");
        let file = store::attachment(c, id)?.ok_or_else(gone)?;
        let message = store::get(c, file.message_id)?.ok_or_else(gone)?;
        visible(c, &scope, message.ticket_id).map_err(|_| gone())?;
        let is_hidden = message.visibility == super::Visibility::Internal && !is_staff;
        if is_hidden || message.unsent_at.is_some() {
            return Err(gone());
        }
        Ok(file)
    });
    let file = read.await?;
    let key = file.blob_key.as_deref().filter(|_| file.state == "stored").and_then(BlobKey::parse);
    let key = key.ok_or_else(|| Error::not_found("file"))?;
    let (size, bytes) = support.desk.blobs.stream(&key).await?;
    let mime = file.mime.as_deref().unwrap_or_default();
    let kind = safe_kind(mime);
    let how = if kind.is_some() { "inline" } else { "attachment" };
    let named = format!("{how}; filename*=UTF-8''{}", encoded(file.name.as_deref().unwrap_or("file")));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.unwrap_or("application/octet-stream"))),
        (header::CONTENT_LENGTH, HeaderValue::from(size)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&named).map_err(Error::internal)?),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// What a browser shows without running anything in it. Not SVG, not HTML, whatever its name.
fn safe_kind(mime: &str) -> Option<&'static str> {
    const SAFE: [&str; 17] = [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/bmp",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "audio/aac",
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/quicktime",
        "application/pdf",
    ];
    let bare = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    SAFE.into_iter().find(|s| *s == bare)
}

/// For `filename*` (RFC 8187).
fn encoded(name: &str) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_control() && !matches!(c, '/' | '\\')).take(150).collect();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    name.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_kinds_are_shown_in_place() {
        assert_eq!(safe_kind("image/PNG; charset=x"), Some("image/png"));
        for mime in ["image/svg+xml", "text/html", "application/javascript", "", "text/html;image/png"] {
            assert_eq!(safe_kind(mime), None, "{mime}");
        }
    }

    #[test]
    fn a_file_name_cannot_break_its_header() {
        assert_eq!(encoded("ảnh \"1\"\r\n.png"), "%E1%BA%A3nh%20%221%22.png");
        assert_eq!(encoded("../../\\"), "....");
        assert_eq!(encoded(""), "file");
    }
}
