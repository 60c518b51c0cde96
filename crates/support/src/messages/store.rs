//! The rows of `messages`, `attachments` and `pending_changes`.

use std::collections::HashMap;

use channels::Delivery;
use platform::{
    Conn, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect},
    params, sql,
};

use super::{Message, NewMessage};
use crate::{AccountId, MessageId, TicketId};

/// In the order of [`read`].
pub(super) const COLUMNS: &str = "id, ticket_id, contact_id, account_id, external_id, client_id, sender_type, sender_id, \
    direction, visibility, content_type, content, data, attachments, reply_to_id, reactions, delivery, delivery_error, \
    send_job_id, undo_until, is_spam, at, created_at, edited_at, unsent_at, completed_at";

pub(super) fn read(row: Row<'_>) -> Result<Message> {
    let mut r = row.columns();
    Ok(Message {
        id: r.next()?,
        ticket_id: r.next()?,
        contact_id: r.next()?,
        account_id: r.next()?,
        external_id: r.next()?,
        client_id: r.next()?,
        sender_type: r.next::<String>()?.parse()?,
        sender_id: r.next()?,
        direction: r.next::<String>()?.parse()?,
        visibility: r.next::<String>()?.parse()?,
        content_type: r.next()?,
        content: r.next()?,
        data: json(r.next()?),
        attachments: r.next()?,
        reply_to_id: r.next()?,
        reactions: json(r.next()?),
        delivery: r.next::<Option<String>>()?.and_then(|d| d.parse().ok()),
        delivery_error: r.next()?,
        send_job_id: r.next()?,
        undo_until: r.next()?,
        is_spam: r.next()?,
        at: r.next()?,
        created_at: r.next()?,
        edited_at: r.next()?,
        unsent_at: r.next()?,
        completed_at: r.next()?,
    })
}

fn json(text: Option<String>) -> Option<serde_json::Value> {
    text.and_then(|t| serde_json::from_str(&t).ok())
}

pub(super) fn insert(tx: &Tx<'_>, m: &NewMessage) -> Result<Option<MessageId>> {
    let data = m.data.as_ref().map(ToString::to_string);
    tx.opt(
        sql!(
            "INSERT INTO messages (ticket_id, contact_id, account_id, external_id, client_id, sender_type, sender_id, direction, visibility, content_type, content, data, attachments, reply_to_id, delivery, undo_until, is_spam, at, created_at, completed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) ON CONFLICT DO NOTHING RETURNING id"
        ),
        params![
            m.ticket_id,
            m.contact_id,
            m.account_id,
            &m.external_id,
            &m.client_id,
            m.sender_type,
            m.sender_id,
            m.direction,
            m.visibility,
            m.content_type,
            &m.content,
            data,
            m.attachments.len(),
            m.reply_to_id,
            m.delivery.map(Delivery::as_str),
            m.undo_until,
            m.is_spam,
            m.at,
            tx.now(),
            m.completed_at
        ],
        |r| r.get(0),
    )
}

pub(super) fn insert_attachment(
    tx: &Tx<'_>,
    message: MessageId,
    position: usize,
    a: &channels::Attachment,
    state: &str,
) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO attachments (message_id, position, kind, state, url, provider_id, name, mime, size, title, latitude, longitude, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id"
        ),
        params![
            message,
            position,
            a.kind,
            state,
            &a.url,
            &a.provider_id,
            &a.name,
            &a.mime,
            a.size,
            &a.title,
            a.latitude,
            a.longitude,
            tx.now()
        ],
    )
}

pub(super) fn get(c: &Conn<'_>, id: MessageId) -> Result<Option<Message>> {
    let text = format!("SELECT {COLUMNS} FROM messages WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

/// A message by the channel's id of it.
pub(super) fn by_external(c: &Conn<'_>, account: AccountId, external_id: &str) -> Result<Option<Message>> {
    let text = format!("SELECT {COLUMNS} FROM messages WHERE account_id = ?1 AND external_id = ?2");
    c.opt(Sql::built(&text), params![account, external_id], read)
}

pub(super) fn by_client(c: &Conn<'_>, ticket: TicketId, client_id: &str) -> Result<Option<Message>> {
    let text = format!("SELECT {COLUMNS} FROM messages WHERE ticket_id = ?1 AND client_id = ?2");
    c.opt(Sql::built(&text), params![ticket, client_id], read)
}

pub(super) fn complete(tx: &Tx<'_>, ticket: TicketId, before: MessageId) -> Result<u64> {
    tx.exec(
        sql!(
            "UPDATE messages SET completed_at = ?3 WHERE ticket_id = ?1 AND id < ?2 AND direction = 'inbound' AND completed_at IS NULL"
        ),
        params![ticket, before, tx.now()],
    )
}

pub(super) fn complete_one(tx: &Tx<'_>, id: MessageId) -> Result<bool> {
    let changed = tx.exec(
        sql!("UPDATE messages SET completed_at = ?2 WHERE id = ?1 AND direction = 'inbound' AND completed_at IS NULL"),
        params![id, tx.now()],
    )?;
    Ok(changed == 1)
}

pub(super) fn newest_waiting(c: &Conn<'_>, ticket: TicketId, after: MessageId) -> Result<Option<MessageId>> {
    c.value(
        sql!(
            "SELECT id FROM messages WHERE ticket_id = ?1 AND direction = 'inbound' AND completed_at IS NULL AND id > ?2 ORDER BY id DESC LIMIT 1"
        ),
        params![ticket, after],
    )
}

pub(super) fn set_send_job(tx: &Tx<'_>, id: MessageId, job: i64) -> Result<()> {
    tx.must(sql!("UPDATE messages SET send_job_id = ?2 WHERE id = ?1"), params![id, job], "message")
}

/// Spam is done with; what is none waits for somebody again.
pub(super) fn set_spam(tx: &Tx<'_>, id: MessageId, is_spam: bool) -> Result<()> {
    let done = is_spam.then_some(tx.now());
    tx.exec(
        sql!("UPDATE messages SET is_spam = ?2, completed_at = ?3 WHERE id = ?1"),
        params![id, is_spam, done],
    )?;
    Ok(())
}

pub(super) fn beginnings(c: &Conn<'_>, ids: &[MessageId]) -> Result<HashMap<MessageId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT id, substr(content, 1, 400) FROM messages WHERE unsent_at IS NULL AND id IN ({})",
        dialect::in_list(1, ids.len())
    );
    let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

pub(super) fn has_ham(c: &Conn<'_>, ticket: TicketId) -> Result<bool> {
    let one: Option<i64> = c.value(
        sql!("SELECT id FROM messages WHERE ticket_id = ?1 AND direction = 'inbound' AND is_spam = FALSE LIMIT 1"),
        params![ticket],
    )?;
    Ok(one.is_some())
}

/// Inbound messages that nobody has completed.
pub(super) fn pending(c: &Conn<'_>, ticket: TicketId) -> Result<i64> {
    c.one(
        sql!("SELECT count(*) FROM messages WHERE ticket_id = ?1 AND direction = 'inbound' AND completed_at IS NULL"),
        params![ticket],
        |r| r.get(0),
    )
}

pub(super) fn set_text(tx: &Tx<'_>, id: MessageId, text: &str) -> Result<()> {
    tx.exec(
        sql!("UPDATE messages SET content = ?2, edited_at = ?3 WHERE id = ?1"),
        params![id, text, tx.now()],
    )?;
    Ok(())
}

pub(super) fn set_unsent(tx: &Tx<'_>, id: MessageId) -> Result<()> {
    tx.exec(
        sql!("UPDATE messages SET unsent_at = coalesce(unsent_at, ?2) WHERE id = ?1"),
        params![id, tx.now()],
    )?;
    Ok(())
}

pub(super) fn set_reactions(tx: &Tx<'_>, id: MessageId, reactions: &str) -> Result<()> {
    tx.exec(sql!("UPDATE messages SET reactions = ?2 WHERE id = ?1"), params![id, reactions])?;
    Ok(())
}

pub(super) fn set_delivery(tx: &Tx<'_>, id: MessageId, state: Delivery, error: Option<&str>) -> Result<()> {
    tx.exec(
        sql!("UPDATE messages SET delivery = ?2, delivery_error = ?3 WHERE id = ?1"),
        params![id, state.as_str(), error],
    )?;
    Ok(())
}

/// What we sent in a ticket up to `until` and is not known to be read; bounded.
pub(super) fn sent_until(c: &Conn<'_>, ticket: TicketId, until: Millis) -> Result<Vec<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM messages WHERE ticket_id = ?1 AND at <= ?2 AND delivery IN ('queued', 'sent', 'delivered') ORDER BY at DESC LIMIT 200"
    );
    c.all(Sql::built(&text), params![ticket, until], read)
}

pub(super) fn add_pending(
    tx: &Tx<'_>,
    account: AccountId,
    external_id: &str,
    change: &str,
    at: Millis,
) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO pending_changes (account_id, external_id, change, at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)"
        ),
        params![account, external_id, change, at, tx.now()],
    )?;
    Ok(())
}

/// What waits for a message, oldest first; bounded.
pub(super) fn pending_changes(
    c: &Conn<'_>,
    account: AccountId,
    external_id: &str,
) -> Result<Vec<(i64, String, Millis)>> {
    c.all(
        sql!(
            "SELECT id, change, at FROM pending_changes WHERE account_id = ?1 AND external_id = ?2 ORDER BY at, id LIMIT 100"
        ),
        params![account, external_id],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )
}

pub(super) fn forget_pending(tx: &Tx<'_>, account: AccountId, external_id: &str) -> Result<()> {
    tx.exec(
        sql!("DELETE FROM pending_changes WHERE account_id = ?1 AND external_id = ?2"),
        params![account, external_id],
    )?;
    Ok(())
}

/// Forgets what waited in vain; bounded.
pub(super) fn prune_pending(tx: &Tx<'_>, before: Millis) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM pending_changes WHERE id IN (SELECT id FROM pending_changes WHERE created_at < ?1 ORDER BY created_at LIMIT 500)"
        ),
        params![before],
    )
}

/// For people who do not work here: neither notes nor the lines of the history.
const PUBLIC: &str = " AND visibility = 'public' AND content_type <> 'event_log'";

/// A part of a conversation, newest first, before `before` (time and id).
pub(super) fn of_ticket(
    c: &Conn<'_>,
    ticket: TicketId,
    internal_too: bool,
    before: Option<(Millis, MessageId)>,
    offset: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM messages WHERE ticket_id = ?1 AND (at, id) < (?2, ?3){} ORDER BY at DESC, id DESC LIMIT ?4 OFFSET ?5",
        if internal_too { "" } else { PUBLIC }
    );
    let (at, id) = before.unwrap_or((i64::MAX, MessageId(i64::MAX)));
    c.all(Sql::built(&text), params![ticket, at, id, limit, offset], read)
}

/// How many messages a conversation has, counted to the cap of lists.
pub(super) fn count(c: &Conn<'_>, ticket: TicketId, internal_too: bool) -> Result<i64> {
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 AS one FROM messages WHERE ticket_id = ?1{} LIMIT 10001) AS counted",
        if internal_too { "" } else { PUBLIC }
    );
    c.one(Sql::built(&text), params![ticket], |r| r.get(0))
}

/// A row of `attachments`.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub id: i64,
    /// None while it waits to be sent.
    pub message_id: Option<MessageId>,
    pub kind: String,
    pub state: String,
    pub url: Option<String>,
    pub name: Option<String>,
    pub mime: Option<String>,
    pub size: Option<i64>,
    pub blob_key: Option<String>,
    pub title: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

const ATTACHMENT: &str =
    "id, message_id, kind, state, url, name, mime, size, blob_key, title, latitude, longitude";

fn read_attachment(row: Row<'_>) -> Result<Attachment> {
    let mut r = row.columns();
    Ok(Attachment {
        id: r.next()?,
        message_id: r.next()?,
        kind: r.next()?,
        state: r.next()?,
        url: r.next()?,
        name: r.next()?,
        mime: r.next()?,
        size: r.next()?,
        blob_key: r.next()?,
        title: r.next()?,
        latitude: r.next()?,
        longitude: r.next()?,
    })
}

/// What hangs on these messages, in order.
pub(super) fn attachments_of(c: &Conn<'_>, messages: &[MessageId]) -> Result<Vec<Attachment>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = messages.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let text = format!(
        "SELECT {ATTACHMENT} FROM attachments WHERE message_id IN ({}) ORDER BY message_id, position, id",
        dialect::in_list(1, values.len())
    );
    c.all(Sql::built(&text), &values, read_attachment)
}

pub(super) fn attachment(c: &Conn<'_>, id: i64) -> Result<Option<Attachment>> {
    let text = format!("SELECT {ATTACHMENT} FROM attachments WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read_attachment)
}

/// Taken back before it left: it is on its way nowhere, and no time is left to undo it.
pub(super) fn set_undone(tx: &Tx<'_>, id: MessageId) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE messages SET unsent_at = coalesce(unsent_at, ?2), delivery = NULL, send_job_id = NULL, undo_until = NULL WHERE id = ?1"
        ),
        params![id, tx.now()],
    )?;
    Ok(())
}

/// Opens again what was completed together with something (`at`) that is being taken back.
pub(super) fn reopen_completed(tx: &Tx<'_>, ticket: TicketId, before: MessageId, at: Millis) -> Result<u64> {
    tx.exec(
        sql!(
            "UPDATE messages SET completed_at = NULL WHERE ticket_id = ?1 AND id < ?2 AND direction = 'inbound' AND completed_at = ?3 AND is_spam = FALSE"
        ),
        params![ticket, before, at],
    )
}

/// The newest message that the inbox would show for a ticket.
pub(super) fn last_shown(c: &Conn<'_>, ticket: TicketId) -> Result<Option<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM messages WHERE ticket_id = ?1 AND content_type <> 'event_log' AND unsent_at IS NULL AND is_spam = FALSE ORDER BY at DESC, id DESC LIMIT 1"
    );
    c.opt(Sql::built(&text), params![ticket], read)
}

/// What machines said to the customer after `since`, counted to `cap`.
pub(super) fn automatic_since(c: &Conn<'_>, ticket: TicketId, since: Millis, cap: i64) -> Result<i64> {
    c.one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM messages WHERE ticket_id = ?1 AND at > ?2 AND direction = 'outbound' AND sender_type IN ('bot', 'system') LIMIT ?3) AS counted"
        ),
        params![ticket, since, cap],
        |r| r.get(0),
    )
}

/// The newest answer of an agent that is beyond undoing.
pub(super) fn last_answer(c: &Conn<'_>, ticket: TicketId, now: Millis) -> Result<Option<Message>> {
    let text = format!(
        "SELECT {COLUMNS} FROM messages WHERE ticket_id = ?1 AND sender_type = 'agent' AND direction = 'outbound' AND visibility = 'public' AND unsent_at IS NULL AND (undo_until IS NULL OR undo_until <= ?2) ORDER BY at DESC, id DESC LIMIT 1"
    );
    c.opt(Sql::built(&text), params![ticket, now], read)
}
