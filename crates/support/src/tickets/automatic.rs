//! What the desk says to a customer by itself. It takes the same way out as an agent's answer, and changes nothing else: it
//! is no first response, completes nothing, and opens nothing.

use platform::{Conn, Result, Tx, clock::DAY, events::Origin};

use super::{
    Status, Ticket,
    reply::{self, Reply},
};
use crate::messages::{self, Message, SenderType, Visibility};

/// So many automatic messages a conversation gets in a day at most, those of bots included: two machines that answer each
/// other come to an end.
const A_DAY: i64 = 20;

/// Whether the desk may say something on `ticket` now. Ask with the ticket locked.
pub(crate) fn may_say(c: &Conn<'_>, ticket: &Ticket, now: i64) -> Result<bool> {
    Ok(ticket.status != Status::Closed && messages::automatic_since(c, ticket.id, now - DAY, A_DAY)? < A_DAY)
}

/// Says it. Whether it [may](may_say) was asked in this transaction.
pub(crate) fn say(tx: &Tx<'_>, ticket: &Ticket, text: &str) -> Result<Message> {
    let reply = Reply {
        sender_type: SenderType::Bot,
        user: None,
        visibility: Visibility::Public,
        content: text.to_owned(),
        attachments: Vec::new(),
        client_id: None,
        set_status: None,
        can_undo: false,
    };
    reply::write(tx, &Origin::system(), ticket, &reply)
}
