//! Messages: what was said in a ticket, by whom, to whom, and what became of it.
//!
//! A message that a channel numbered is stored once per channel account, however often it is delivered. A delivery state
//! never goes back, whatever order the channel reports it in. An edit, unsend, reaction or receipt that arrives before its
//! message waits for it (`pending_changes`). This slice never changes a ticket and never sends.

pub(crate) mod erase;
pub mod events;
pub(crate) mod files;
mod late;
mod mine;
mod own;
pub(crate) mod remote;
mod routes;
mod store;
pub mod view;

use channels::Delivery;
use people::{ContactId, UserId};
use platform::{
    Result, Tx,
    clock::Millis,
    events::{NewEvent, Origin},
};
use serde_json::{Value as Json, json};

pub(crate) use self::own::{
    attachments, automatic_since, beginnings, by_client, by_external, has_ham, last_answer, last_shown,
    newest_waiting, set_send_job, set_spam, take_back,
};
pub use self::{
    late::{LateChange, apply, apply_pending, apply_until, deliver},
    own::get,
    routes::api,
};
use crate::{
    AccountId, MessageId, TicketId,
    tickets::{Ticket, words},
};

words!(
    /// Whose words these are.
    SenderType { Customer = "customer", Agent = "agent", Bot = "bot", System = "system" }
);
words!(
    /// Which way it went; `internal` never leaves the desk.
    Direction { Inbound = "inbound", Outbound = "outbound", Internal = "internal" }
);
words!(
    /// Who may read it.
    Visibility { Public = "public", Internal = "internal" }
);

/// Deletes the bytes of files that nobody has any more, at once.
pub(crate) async fn clear_files(db: &platform::Db, desk: &people::Desk) -> Result<()> {
    files::prune(db, &files::blobs(desk)).await
}

/// A message to store.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub ticket_id: TicketId,
    pub contact_id: ContactId,
    pub account_id: Option<AccountId>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    pub sender_type: SenderType,
    pub sender_id: Option<i64>,
    pub direction: Direction,
    pub visibility: Visibility,
    /// `text`, `attachment`, `event_log`.
    pub content_type: &'static str,
    pub content: String,
    pub data: Option<Json>,
    pub reply_to_id: Option<MessageId>,
    pub delivery: Option<Delivery>,
    pub undo_until: Option<Millis>,
    pub is_spam: bool,
    /// The provider's time, or ours.
    pub at: Millis,
    pub completed_at: Option<Millis>,
    pub attachments: Vec<NewAttachment>,
}

impl NewMessage {
    /// An empty customer's message on `ticket`, to be filled by struct update.
    pub fn on(ticket: &Ticket) -> Self {
        NewMessage {
            ticket_id: ticket.id,
            contact_id: ticket.contact_id,
            account_id: ticket.account_id,
            external_id: None,
            client_id: None,
            sender_type: SenderType::Customer,
            sender_id: None,
            direction: Direction::Inbound,
            visibility: Visibility::Public,
            content_type: "text",
            content: String::new(),
            data: None,
            reply_to_id: None,
            delivery: None,
            undo_until: None,
            is_spam: false,
            at: 0,
            completed_at: None,
            attachments: Vec::new(),
        }
    }
}

/// What hangs on a message.
#[derive(Debug, Clone)]
pub enum NewAttachment {
    /// A file that was uploaded and waits; it knows the rest itself.
    Upload(i64),
    /// Something that stays where it is.
    Link(channels::Attachment),
    /// Something whose bytes a job fetches, if it says where they are.
    Remote(channels::Attachment),
}

/// A row of `messages`.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub ticket_id: TicketId,
    pub contact_id: ContactId,
    pub account_id: Option<AccountId>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    pub sender_type: SenderType,
    pub sender_id: Option<i64>,
    pub direction: Direction,
    pub visibility: Visibility,
    pub content_type: String,
    pub content: String,
    pub data: Option<Json>,
    /// How many.
    pub attachments: i64,
    pub reply_to_id: Option<MessageId>,
    pub reactions: Option<Json>,
    pub delivery: Option<Delivery>,
    pub delivery_error: Option<String>,
    pub send_job_id: Option<i64>,
    pub undo_until: Option<Millis>,
    pub is_spam: bool,
    pub at: Millis,
    pub created_at: Millis,
    pub edited_at: Option<Millis>,
    pub unsent_at: Option<Millis>,
    pub completed_at: Option<Millis>,
}

/// Stores the message, its attachments and their fetch jobs; what waited for it is applied. `None`: it is there already.
pub fn insert(tx: &Tx<'_>, new: &NewMessage) -> Result<Option<MessageId>> {
    let Some(id) = store::insert(tx, new)? else { return Ok(None) };
    for (position, attachment) in new.attachments.iter().enumerate() {
        match attachment {
            NewAttachment::Upload(upload) => {
                // Whose it is was asked before, in this transaction.
                if !files::store::attach(tx, *upload, id, position)? {
                    return Err(platform::Error::stale());
                }
            }
            NewAttachment::Remote(file) if file.url.is_some() || file.provider_id.is_some() => {
                let attachment_id = store::insert_attachment(tx, id, position, file, "pending")?;
                platform::jobs::enqueue(tx, &crate::intake::media::FetchMedia { attachment_id }, tx.now())?;
            }
            NewAttachment::Link(file) | NewAttachment::Remote(file) => {
                store::insert_attachment(tx, id, position, file, "link")?;
            }
        }
    }
    Ok(Some(id))
}

/// Forgets changes that waited since before `before` for messages that never came; how many. Bounded: call it again.
pub fn forget_waiting(tx: &Tx<'_>, before: Millis) -> Result<u64> {
    store::prune_pending(tx, before)
}

/// Every inbound message of the ticket is done with.
pub fn complete_all(tx: &Tx<'_>, ticket: TicketId) -> Result<u64> {
    store::complete(tx, ticket, MessageId(i64::MAX))
}

/// The inbound messages before `message` are answered by it.
pub fn complete_before(tx: &Tx<'_>, ticket: TicketId, message: MessageId) -> Result<u64> {
    store::complete(tx, ticket, message)
}

/// The line under a name in the inbox: 120 characters at most, on one line.
pub fn preview(content: &str, attachments: usize) -> String {
    let mut out = String::new();
    for word in content.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 480 {
            break;
        }
    }
    if out.is_empty() && attachments > 0 {
        return format!("[{attachments}]");
    }
    match out.char_indices().nth(119) {
        Some((at, _)) if out.chars().nth(120).is_some() => format!("{}…", &out[..at]),
        _ => out,
    }
}

/// Records an event about one message of `ticket`.
pub(crate) fn record(
    tx: &Tx<'_>,
    origin: &Origin,
    ticket: &Ticket,
    kind: &'static str,
    data: Json,
) -> Result<()> {
    let event = NewEvent::new(kind, "ticket", ticket.id, data)
        .contact(Some(ticket.contact_id.0))
        .scope(ticket.department_id.map(|d| d.0), ticket.assignee_id.map(|u| u.0));
    platform::events::record(tx, origin, event)
}

/// Completes one inbound message; completing the last one is for the caller to notice (`left` = 0).
pub fn complete_one(tx: &Tx<'_>, origin: &Origin, ticket: &Ticket, id: MessageId) -> Result<Completed> {
    if !store::complete_one(tx, id)? {
        return Ok(Completed { changed: false, left: 0 });
    }
    record(tx, origin, ticket, events::COMPLETED, json!({"message_ids": [id]}))?;
    Ok(Completed { changed: true, left: store::pending(tx, ticket.id)? })
}

/// What [`complete_one`] found.
#[derive(Debug, Clone, Copy)]
pub struct Completed {
    /// False: somebody had completed it before.
    pub changed: bool,
    pub left: i64,
}

/// The person who wrote it, when it was one of us.
pub fn author(m: &Message) -> Option<UserId> {
    match m.sender_type {
        SenderType::Agent => m.sender_id.map(UserId),
        _ => None,
    }
}
