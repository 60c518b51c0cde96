//! The rows of `tickets`.

use platform::{
    Conn, Error, Result, Tx,
    db::{Row, Sql, dialect},
    params, sql,
};

use super::{NewTicket, Priority, Ticket};
use crate::{AccountId, MessageId, TicketId};
use people::ContactId;

/// In the order of [`read`].
pub(super) const COLUMNS: &str = "id, number, contact_id, channel, account_id, identity, subject, status, priority, \
    department_id, assignee_id, tags, is_spam, is_bot_handoff, previous_ticket_id, last_message_id, last_message_at, \
    last_message_from, preview, last_inbound_at, queued_at, first_response_at, resolved_at, closed_at, created_at, \
    updated_at, version";

pub(super) fn read(row: Row<'_>) -> Result<Ticket> {
    let mut r = row.columns();
    Ok(Ticket {
        id: r.next()?,
        number: r.next()?,
        contact_id: r.next()?,
        channel: r.next()?,
        account_id: r.next()?,
        identity: r.next()?,
        subject: r.next()?,
        status: r.next::<String>()?.parse()?,
        priority: Priority::from_rank(r.next()?),
        department_id: r.next()?,
        assignee_id: r.next()?,
        tags: serde_json::from_str(&r.next::<String>()?).unwrap_or_default(),
        is_spam: r.next()?,
        is_bot_handoff: r.next()?,
        previous_ticket_id: r.next()?,
        last_message_id: r.next()?,
        last_message_at: r.next()?,
        last_message_from: r.next()?,
        preview: r.next()?,
        last_inbound_at: r.next()?,
        queued_at: r.next()?,
        first_response_at: r.next()?,
        resolved_at: r.next()?,
        closed_at: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub(super) fn get(c: &Conn<'_>, id: TicketId) -> Result<Option<Ticket>> {
    c.opt(
        sql!(
            "SELECT id, number, contact_id, channel, account_id, identity, subject, status, priority, department_id, assignee_id, tags, is_spam, is_bot_handoff, previous_ticket_id, last_message_id, last_message_at, last_message_from, preview, last_inbound_at, queued_at, first_response_at, resolved_at, closed_at, created_at, updated_at, version FROM tickets WHERE id = ?1"
        ),
        params![id],
        read,
    )
}

/// The row, locked until the transaction ends.
pub(super) fn lock(tx: &Tx<'_>, id: TicketId) -> Result<Option<Ticket>> {
    let text = format!("SELECT {COLUMNS} FROM tickets WHERE id = ?1{}", dialect::for_update(tx));
    tx.opt(Sql::built(&text), params![id], read)
}

/// The newest conversation of a customer on a channel account that is not closed; `spam` looks among spam as well.
pub(crate) fn newest_of(
    tx: &Tx<'_>,
    contact: ContactId,
    account: AccountId,
    spam: bool,
) -> Result<Option<Ticket>> {
    let text = format!(
        "SELECT {COLUMNS} FROM tickets WHERE contact_id = ?1 AND account_id = ?2 AND status <> 'closed' AND (is_spam = FALSE OR ?3) ORDER BY id DESC LIMIT 1{}",
        dialect::for_update(tx)
    );
    tx.opt(Sql::built(&text), params![contact, account, spam], read)
}

/// The newest few conversations of a customer on a channel account; receipts by time concern these.
pub(crate) fn recent_of(c: &Conn<'_>, contact: ContactId, account: AccountId) -> Result<Vec<TicketId>> {
    c.all(
        sql!("SELECT id FROM tickets WHERE contact_id = ?1 AND account_id = ?2 ORDER BY id DESC LIMIT 5"),
        params![contact, account],
        |r| r.get(0),
    )
}

pub(super) fn insert(tx: &Tx<'_>, new: &NewTicket) -> Result<Ticket> {
    let text = format!(
        "INSERT INTO tickets (number, contact_id, channel, account_id, identity, subject, status, priority, department_id, tags, is_spam, is_bot_handoff, previous_ticket_id, last_message_at, last_message_from, preview, created_at, updated_at, version) VALUES ({}, ?1, ?2, ?3, ?4, ?5, 'new', ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'customer', '', ?12, ?12, 1) RETURNING {COLUMNS}",
        dialect::next_number(tx, "tickets", "number")
    );
    let tags = serde_json::to_string(&new.tags).map_err(Error::internal)?;
    tx.one(
        Sql::built(&text),
        params![
            new.contact_id,
            &new.channel,
            new.account_id,
            &new.identity,
            &new.subject,
            new.priority.rank(),
            new.department_id,
            tags,
            new.is_spam,
            new.is_bot_handoff,
            new.previous_ticket_id,
            tx.now()
        ],
        read,
    )
}

/// Stores `t` in place of `before`, unless somebody was faster.
///
/// What a further message changes has a statement of its own: for every column that a statement names, changed or not,
/// SQLite looks up what it refers to and writes the indexes that hold it.
pub(super) fn update(tx: &Tx<'_>, before: &Ticket, t: &Ticket) -> Result<()> {
    let changed = match differ_by_last_message(before, t) {
        true => update_last_message(tx, t, before.version)?,
        false => update_all(tx, t, before.version)?,
    };
    match changed {
        1 => Ok(()),
        _ => Err(Error::stale()),
    }
}

/// By nothing else, that is.
fn differ_by_last_message(a: &Ticket, b: &Ticket) -> bool {
    let place = |t: &Ticket| (t.status, t.priority, t.department_id, t.assignee_id, t.is_spam);
    let times = |t: &Ticket| (t.queued_at, t.first_response_at, t.resolved_at, t.closed_at);
    place(a) == place(b) && times(a) == times(b) && a.subject == b.subject && a.tags == b.tags
}

fn update_last_message(tx: &Tx<'_>, t: &Ticket, expected_version: i64) -> Result<u64> {
    tx.exec(
        sql!(
            "UPDATE tickets SET last_message_id = ?3, last_message_at = ?4, last_message_from = ?5, preview = ?6, last_inbound_at = ?7, updated_at = ?8, version = ?9 WHERE id = ?1 AND version = ?2"
        ),
        params![
            t.id,
            expected_version,
            t.last_message_id,
            t.last_message_at,
            &t.last_message_from,
            &t.preview,
            t.last_inbound_at,
            t.updated_at,
            t.version
        ],
    )
}

fn update_all(tx: &Tx<'_>, t: &Ticket, expected_version: i64) -> Result<u64> {
    let tags = serde_json::to_string(&t.tags).map_err(Error::internal)?;
    tx.exec(
        sql!(
            "UPDATE tickets SET subject = ?3, status = ?4, priority = ?5, department_id = ?6, assignee_id = ?7, tags = ?8, is_spam = ?9, last_message_id = ?10, last_message_at = ?11, last_message_from = ?12, preview = ?13, last_inbound_at = ?14, queued_at = ?15, first_response_at = ?16, resolved_at = ?17, closed_at = ?18, updated_at = ?19, version = ?20 WHERE id = ?1 AND version = ?2"
        ),
        params![
            t.id,
            expected_version,
            &t.subject,
            t.status,
            t.priority.rank(),
            t.department_id,
            t.assignee_id,
            tags,
            t.is_spam,
            t.last_message_id,
            t.last_message_at,
            &t.last_message_from,
            &t.preview,
            t.last_inbound_at,
            t.queued_at,
            t.first_response_at,
            t.resolved_at,
            t.closed_at,
            t.updated_at,
            t.version
        ],
    )
}

/// Nobody's change: the version stays.
pub(super) fn set_subject(tx: &Tx<'_>, id: TicketId, subject: &str) -> Result<()> {
    tx.exec(sql!("UPDATE tickets SET subject = ?2 WHERE id = ?1"), params![id, subject])?;
    Ok(())
}

/// Where `message` is the last one. Nobody's change: the version stays.
pub(super) fn set_preview(tx: &Tx<'_>, id: TicketId, message: MessageId, preview: &str) -> Result<()> {
    tx.exec(
        sql!("UPDATE tickets SET preview = ?3 WHERE id = ?1 AND last_message_id = ?2"),
        params![id, message, preview],
    )?;
    Ok(())
}
