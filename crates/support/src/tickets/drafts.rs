//! What a person keeps on a ticket: the words not sent yet, and how far the conversation was read. Nobody else sees
//! either, and neither changes the ticket.

use people::UserId;
use platform::{Conn, Result, Tx, params, sql};

use super::view::DraftView;
use crate::{
    MessageId, TicketId,
    messages::{self, Visibility},
};

pub(super) fn get(c: &Conn<'_>, ticket: TicketId, user: UserId) -> Result<Option<DraftView>> {
    c.opt(
        sql!("SELECT content, visibility, updated_at FROM drafts WHERE ticket_id = ?1 AND user_id = ?2"),
        params![ticket, user],
        |r| {
            Ok(DraftView {
                content: r.get(0)?,
                visibility: r.get::<String>(1)?.parse()?,
                updated_at: r.get(2)?,
            })
        },
    )
}

/// Empty words are no draft.
pub(super) fn put(
    tx: &Tx<'_>,
    ticket: TicketId,
    user: UserId,
    content: &str,
    visibility: Visibility,
) -> Result<()> {
    if content.is_empty() {
        return delete(tx, ticket, user);
    }
    tx.exec(
        sql!(
            "INSERT INTO drafts (user_id, ticket_id, content, visibility, updated_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (ticket_id, user_id) DO UPDATE SET content = excluded.content, visibility = excluded.visibility, updated_at = excluded.updated_at"
        ),
        params![user, ticket, content, visibility, tx.now()],
    )?;
    Ok(())
}

pub(super) fn delete(tx: &Tx<'_>, ticket: TicketId, user: UserId) -> Result<()> {
    tx.exec(sql!("DELETE FROM drafts WHERE ticket_id = ?1 AND user_id = ?2"), params![ticket, user])?;
    Ok(())
}

/// The newest message that still waits, when the person has not read that far; `None`: nothing to mark.
pub(super) fn unseen(c: &Conn<'_>, ticket: TicketId, user: UserId) -> Result<Option<MessageId>> {
    let read: Option<MessageId> = c.value(
        sql!("SELECT last_message_id FROM ticket_reads WHERE ticket_id = ?1 AND user_id = ?2"),
        params![ticket, user],
    )?;
    messages::newest_waiting(c, ticket, read)
}

/// Never goes back.
pub(super) fn mark_seen(tx: &Tx<'_>, ticket: TicketId, user: UserId, message: MessageId) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO ticket_reads (user_id, ticket_id, last_message_id) VALUES (?1, ?2, ?3) ON CONFLICT (ticket_id, user_id) DO UPDATE SET last_message_id = excluded.last_message_id WHERE ticket_reads.last_message_id < excluded.last_message_id"
        ),
        params![user, ticket, message],
    )?;
    Ok(())
}
