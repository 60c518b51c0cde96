//! Writing into a ticket, and taking it back.

use axum::{extract::State, http::StatusCode};
use people::{
    UserId,
    access::{self, Caller},
};
use platform::{
    Error, Fault, Result,
    http::{Api, Id, Json},
    route,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::update::locked;
use crate::{
    MessageId, Support, TicketId,
    intake::media::kind,
    messages::{
        self, NewAttachment, SenderType, Visibility,
        files::{self, Uploader},
        view::MessageView,
    },
    tickets::{
        MessagesSend, Status, TicketScope,
        reply::{self, Reply},
    },
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, write, alias "/tickets/{id}/message" post);
    route!(api, undo_send);
}

/// What to write.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMessage)]
struct Body {
    /// May be empty where there are attachments.
    #[serde(default)]
    #[schema(max_length = 10_000)]
    content: String,
    /// `public` unless said: it goes to the customer.
    #[schema(inline)]
    visibility: Option<Visibility>,
    #[schema(max_items = 10)]
    attachments: Option<Vec<NewMessageAttachment>>,
    /// Made up by the writer; the same one again is the same message. With it, a person's answer can be taken back for
    /// ten seconds.
    #[schema(min_length = 1, max_length = 100)]
    client_id: Option<String>,
    #[schema(inline)]
    set_status: Option<StatusAfter>,
    /// For programs: whose words these are, `agent` unless said. People are agents.
    #[schema(inline)]
    sender_type: Option<Sender>,
    /// For programs: which agent wrote it.
    #[schema(minimum = 1)]
    agent_id: Option<i64>,
}

/// Where an answer leaves the ticket.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatusAfter {
    PendingCustomer,
    Resolved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sender {
    Customer,
    Agent,
    Bot,
}

/// A file: one that the caller uploaded and has not sent yet (`id` alone), or one that the channel fetches from where it is
/// (`url` and `file_type`).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessageAttachment {
    #[schema(minimum = 1)]
    id: Option<i64>,
    #[schema(max_length = 2_000, pattern = "^https?://[^ ]+$")]
    url: Option<String>,
    /// A MIME type, or a word: `image`, `video`, `audio`, `file`.
    #[schema(min_length = 1, max_length = 100)]
    file_type: Option<String>,
    #[schema(max_length = 200)]
    file_name: Option<String>,
    #[schema(minimum = 0)]
    size_bytes: Option<i64>,
}

impl NewMessageAttachment {
    /// The `index`-th of its message.
    fn into_new(self, index: usize, faults: &mut Vec<Fault>) -> NewAttachment {
        let mut wrong = |name: &str, code: &'static str, words: &'static str| {
            faults.push(Fault::new(format!("attachments.{index}.{name}"), code, words));
        };
        if let Some(id) = self.id {
            let others = [
                ("url", self.url.is_some()),
                ("file_type", self.file_type.is_some()),
                ("file_name", self.file_name.is_some()),
                ("size_bytes", self.size_bytes.is_some()),
            ];
            for (name, _) in others.into_iter().filter(|(_, is_there)| *is_there) {
                wrong(name, "not_one_of", "does not go with an id: an uploaded file knows it itself");
            }
            return NewAttachment::Upload(id);
        }
        for (name, is_there) in [("url", self.url.is_some()), ("file_type", self.file_type.is_some())] {
            if !is_there {
                wrong(name, "required", "is missing, and so is the id of an uploaded file");
            }
        }
        let file_type = self.file_type.unwrap_or_default();
        NewAttachment::Link(channels::Attachment {
            kind: match file_type.as_str() {
                "image" => "image",
                "video" => "video",
                "audio" => "audio",
                mime => kind::word(mime),
            },
            url: self.url,
            name: self.file_name,
            mime: Some(file_type).filter(|t| t.contains('/')),
            size: self.size_bytes,
            ..channels::Attachment::default()
        })
    }
}

/// Answers the customer, or leaves a note. 201; 200 for a `client_id` that was there already.
#[utoipa::path(post, path = "/tickets/{id}/messages", tag = "Tickets", operation_id = "write_message", responses((status = 201, body = MessageView), (status = 200, body = MessageView)))]
async fn write(
    caller: Caller<MessagesSend>,
    State(support): State<Support>,
    Id(id): Id,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<MessageView>)> {
    let user = caller.principal.user_id();
    let (reply, faults) = reply_of(body, user);
    let uploader = Uploader::of(&caller.principal);
    let scope = TicketScope::of(&support, &caller);
    let origin = caller.origin.clone();
    let write = support.desk.db.write_locked(vec![], move |tx| {
        let ticket = locked(tx, &scope, TicketId(id))?;
        if faults.is_empty()
            && let Some(message) = reply::known(tx, &ticket, &reply)?
        {
            return Ok((StatusCode::OK, messages::view::one(tx, &message, tx.now())?));
        }
        let mut faults = faults.clone();
        if let Some(agent) = reply.user.filter(|_| user.is_none())
            && access::user(tx, agent)?.is_none()
        {
            faults.push(Fault::new("agent_id", "not_found", "is not an agent"));
        }
        let uploads = reply.attachments.iter().enumerate().filter_map(|(n, a)| match a {
            NewAttachment::Upload(id) => Some((n, *id)),
            _ => None,
        });
        faults.extend(files::faults(tx, uploader, "attachments", &uploads.collect::<Vec<_>>())?);
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let message = reply::write(tx, &origin, &ticket, &reply)?;
        Ok((StatusCode::CREATED, messages::view::one(tx, &message, tx.now())?))
    });
    let (status, message) = write.await?;
    Ok((status, Json(message)))
}

/// What to write, and all faults that neither the schema nor storage sees.
fn reply_of(body: Body, user: Option<UserId>) -> (Reply, Vec<Fault>) {
    let mut faults = Vec::new();
    let files = body.attachments.unwrap_or_default().into_iter().enumerate();
    let attachments: Vec<NewAttachment> = files.map(|(n, a)| a.into_new(n, &mut faults)).collect();
    if body.content.trim().is_empty() && attachments.is_empty() {
        faults.push(Fault::new("content", "too_short", "must not be empty"));
    }
    let sender = body.sender_type.unwrap_or(Sender::Agent);
    let visibility = body.visibility.unwrap_or(Visibility::Public);
    if user.is_some() && sender != Sender::Agent {
        faults.push(Fault::new("sender_type", "not_one_of", "must be agent: you are one"));
    }
    if let (Some(me), Some(agent)) = (user, body.agent_id)
        && agent != me.0
    {
        faults.push(Fault::new("agent_id", "not_one_of", "must be yourself"));
    }
    if sender == Sender::Customer && (visibility == Visibility::Internal || body.set_status.is_some()) {
        faults.push(Fault::new("sender_type", "invalid", "a customer writes in public and sets no status"));
    }
    let reply = Reply {
        sender_type: match sender {
            Sender::Customer => SenderType::Customer,
            Sender::Agent => SenderType::Agent,
            Sender::Bot => SenderType::Bot,
        },
        user: user.or(body.agent_id.map(UserId)).filter(|_| sender == Sender::Agent),
        visibility,
        content: body.content,
        attachments,
        can_undo: user.is_some() && body.client_id.is_some(),
        client_id: body.client_id,
        set_status: body.set_status.map(|s| match s {
            StatusAfter::PendingCustomer => Status::PendingCustomer,
            StatusAfter::Resolved => Status::Resolved,
        }),
    };
    (reply, faults)
}

/// A message to take back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UndoSend {
    #[schema(minimum = 1)]
    message_id: i64,
}

/// Takes an own answer back before it leaves, within ten seconds. `wrong_state` when it is too late.
#[utoipa::path(post, path = "/tickets/{id}/undo-send", tag = "Tickets", operation_id = "undo_send", responses((status = 200, body = MessageView)))]
async fn undo_send(
    caller: Caller<MessagesSend>,
    State(support): State<Support>,
    Id(id): Id,
    Json(body): Json<UndoSend>,
) -> Result<Json<MessageView>> {
    let me = caller.user()?;
    let scope = TicketScope::of(&support, &caller);
    let origin = caller.origin.clone();
    let write = support.desk.db.write_locked(vec![], move |tx| {
        let ticket = locked(tx, &scope, TicketId(id))?;
        let message = messages::get(tx, MessageId(body.message_id))?
            .filter(|m| m.ticket_id == ticket.id && messages::author(m) == Some(me))
            .ok_or_else(|| Error::not_found("message"))?;
        reply::undo(tx, &origin, &ticket, &message)?;
        let gone = messages::get(tx, message.id)?.ok_or_else(|| Error::not_found("message"))?;
        messages::view::one(tx, &gone, tx.now())
    });
    write.await.map(Json)
}
