//! Messages as the API shows them.
//!
//! What was taken back is never shown again: its text and files are left out, only that it was there remains. Internal
//! messages and the lines of the history are for those who work here.

use std::collections::HashMap;

use people::{DepartmentId, UserId};
use platform::{
    Conn, Result,
    clock::Millis,
    http::{ListPage, Page},
    time::{instant, instant_opt},
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::{Direction, Message, SenderType, Visibility, store};
use crate::{
    MessageId, TicketId,
    tickets::{
        Ticket,
        names::{Names, Ref, Wanted},
        view::Viewer,
    },
};

/// One entry of a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    pub id: MessageId,
    pub ticket_id: TicketId,
    pub sender_type: SenderType,
    #[schema(required)]
    pub sender: Option<Ref>,
    pub direction: Direction,
    pub visibility: Visibility,
    /// `text`, `attachment`, or `event_log` for a line of the history.
    pub content_type: String,
    /// Empty once it was taken back.
    pub content: String,
    pub attachments: Vec<AttachmentView>,
    #[schema(required)]
    pub reply_to: Option<MessageId>,
    pub reactions: Vec<Reaction>,
    #[schema(required)]
    pub delivery: Option<DeliveryView>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub edited_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub unsent_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub completed_at: Option<Millis>,
    /// Until then it can be taken back before it leaves; null when it cannot.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub undo_until: Option<Millis>,
    #[schema(required)]
    pub client_id: Option<String>,
    #[schema(required)]
    pub external_id: Option<String>,
    /// When it was said, by the channel's clock where it has one.
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    pub is_spam: bool,
    /// What a line of the history tells, to be worded by the reader's interface: `kind` and its facts.
    #[schema(value_type = Option<Object>, required)]
    pub data: Option<Json>,
}

/// What hangs on a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentView {
    pub id: i64,
    #[schema(example = "image")]
    pub kind: String,
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub mime: Option<String>,
    #[schema(required)]
    pub size: Option<i64>,
    /// `pending`, `stored`, `failed`, `link`.
    pub state: String,
    /// Where to fetch it; for a link, where it leads.
    #[schema(required)]
    pub url: Option<String>,
    #[schema(required)]
    pub title: Option<String>,
    #[schema(required)]
    pub latitude: Option<f64>,
    #[schema(required)]
    pub longitude: Option<f64>,
}

/// An emoji on a message, one per side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct Reaction {
    /// `customer` or `agent`.
    pub by: String,
    pub emoji: String,
}

/// How far an answer has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DeliveryState)]
pub struct DeliveryView {
    /// `queued`, `sent`, `delivered`, `read`, `failed`.
    pub state: &'static str,
    #[schema(required)]
    pub error: Option<String>,
}

/// A part of the conversation, newest first; a fixed number of reads.
pub fn page(
    c: &Conn<'_>,
    viewer: Viewer,
    ticket: &Ticket,
    page: &Page,
    now: Millis,
) -> Result<ListPage<MessageView>> {
    let before = match &page.cursor {
        Some(cursor) => Some((cursor.int(0)?, MessageId(cursor.int(1)?))),
        None => None,
    };
    let is_staff = viewer != Viewer::Program;
    let total = store::count(c, ticket.id, is_staff)?;
    let rows = store::of_ticket(c, ticket.id, is_staff, before, page.offset, page.fetch())?;
    let list = page.finish(rows, total, |m| vec![json!(m.at), json!(m.id)]);
    let items = views(c, &list.items, now)?;
    let ListPage { total, total_capped, page, limit, next_cursor, .. } = list;
    Ok(ListPage { items, total, total_capped, page, limit, next_cursor })
}

/// One message.
pub fn one(c: &Conn<'_>, message: &Message, now: Millis) -> Result<MessageView> {
    let mut all = views(c, std::slice::from_ref(message), now)?;
    all.pop().ok_or_else(|| platform::Error::not_found("message"))
}

/// Views of `messages` in their order; names and attachments are read together.
pub fn views(c: &Conn<'_>, messages: &[Message], now: Millis) -> Result<Vec<MessageView>> {
    let mut wanted = Wanted::default();
    for m in messages {
        match m.sender_type {
            SenderType::Agent => wanted.users.extend(super::author(m)),
            SenderType::Customer => wanted.contacts.push(m.contact_id),
            SenderType::Bot | SenderType::System => {}
        }
        want_facts(&mut wanted, m);
    }
    let names = wanted.load(c)?;
    let mut attachments: HashMap<MessageId, Vec<AttachmentView>> = HashMap::new();
    let with: Vec<MessageId> =
        messages.iter().filter(|m| m.attachments > 0 && m.unsent_at.is_none()).map(|m| m.id).collect();
    for a in store::attachments_of(c, &with)? {
        if let Some(message) = a.message_id {
            attachments.entry(message).or_default().push(attachment(a));
        }
    }
    Ok(messages.iter().map(|m| view(m, &names, attachments.remove(&m.id).unwrap_or_default(), now)).collect())
}

fn view(m: &Message, names: &Names, attachments: Vec<AttachmentView>, now: Millis) -> MessageView {
    let is_gone = m.unsent_at.is_some();
    MessageView {
        id: m.id,
        ticket_id: m.ticket_id,
        sender_type: m.sender_type,
        sender: match m.sender_type {
            SenderType::Agent => super::author(m).map(|u| names.user(u)),
            SenderType::Customer => Some(names.contact(m.contact_id)),
            SenderType::Bot | SenderType::System => None,
        },
        direction: m.direction,
        visibility: m.visibility,
        content_type: m.content_type.clone(),
        content: if is_gone { String::new() } else { m.content.clone() },
        attachments,
        reply_to: m.reply_to_id,
        reactions: m.reactions.clone().and_then(|r| serde_json::from_value(r).ok()).unwrap_or_default(),
        delivery: m.delivery.map(|d| DeliveryView { state: d.as_str(), error: m.delivery_error.clone() }),
        edited_at: m.edited_at,
        unsent_at: m.unsent_at,
        completed_at: m.completed_at,
        undo_until: m.undo_until.filter(|until| *until > now && !is_gone),
        client_id: m.client_id.clone(),
        external_id: m.external_id.clone(),
        at: m.at,
        created_at: m.created_at,
        is_spam: m.is_spam,
        data: (m.content_type == "event_log").then(|| facts(m.data.as_ref(), names)),
    }
}

fn attachment(a: store::Attachment) -> AttachmentView {
    let url = match a.state.as_str() {
        "stored" => Some(super::files::url_of(a.id)),
        // Only what a browser may follow without doing anything else.
        "link" => a.url.filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        _ => None,
    };
    AttachmentView {
        id: a.id,
        kind: a.kind,
        name: a.name,
        mime: a.mime,
        size: a.size,
        state: a.state,
        url,
        title: a.title,
        latitude: a.latitude,
        longitude: a.longitude,
    }
}

fn id_at(data: &Json, path: &str) -> Option<i64> {
    data.pointer(path).and_then(Json::as_i64)
}

/// The ids in a line of the history that its reader wants to see as names.
fn want_facts(wanted: &mut Wanted, m: &Message) {
    let Some(data) = m.data.as_ref().filter(|_| m.content_type == "event_log") else { return };
    if data.pointer("/actor/kind").and_then(Json::as_str) == Some("user") {
        wanted.users.extend(id_at(data, "/actor/id").map(UserId));
    }
    wanted.users.extend(id_at(data, "/assignee_id").map(UserId));
    wanted.departments.extend(id_at(data, "/department_id").map(DepartmentId));
}

/// A line of the history as stored, with names beside its ids and the kind that says most.
fn facts(data: Option<&Json>, names: &Names) -> Json {
    let mut out = data.cloned().unwrap_or_else(|| json!({}));
    let Some(stored) = data else { return out };
    if stored.pointer("/actor/kind").and_then(Json::as_str) == Some("user")
        && let Some(user) = id_at(stored, "/actor/id")
    {
        out["actor"]["name"] = json!(names.user(UserId(user)).name);
    }
    match stored["kind"].as_str() {
        Some("ticket.assigned") => {
            let agent = id_at(stored, "/assignee_id").map(UserId);
            let department = id_at(stored, "/department_id").map(DepartmentId);
            out["agent"] = json!(agent.map(|u| names.user(u)));
            out["department"] = json!(department.map(|d| names.department(d)));
            if id_at(stored, "/before/assignee_id") == agent.map(|u| u.0) {
                // Nobody was given it: it was moved.
                out["kind"] = json!("ticket.moved");
            }
        }
        Some("ticket.status_changed") => out["status"] = stored["after"].clone(),
        Some("ticket.updated") if stored["priority"].is_object() => {
            out["kind"] = json!("ticket.priority_changed");
            out["priority"] = stored["priority"]["after"].clone();
            out["before"] = stored["priority"]["before"].clone();
        }
        _ => {}
    }
    out
}
