//! What a ticket is called when nobody named it, and what its line in the inbox says: words of its messages, which must not
//! outlive them.

use people::contacts;
use platform::{Result, Tx};

use super::store;
use crate::{
    intake,
    messages::{self, Message},
};

const LONGEST: usize = 80;

/// The first words of a text; without any, who wrote where.
pub(crate) fn automatic(channel: &str, text: &str, who: &str) -> String {
    let words = messages::preview(text, 0);
    match words.char_indices().nth(LONGEST) {
        _ if words.is_empty() => format!("{} message from {who}", intake::display_name(channel)),
        Some((at, _)) => format!("{}…", words[..at].trim_end()),
        None => words,
    }
}

/// After `message`, as it was before, was edited to `text` or taken back (`text` is empty): what is gone is shown nowhere,
/// neither in the inbox's line nor as the ticket's name. No event holds a name that was taken out for this reason.
pub(crate) fn retell(tx: &Tx<'_>, message: &Message, text: &str) -> Result<()> {
    let text = if message.unsent_at.is_some() { "" } else { text };
    store::set_preview(tx, message.ticket_id, message.id, &messages::preview(text, 0))?;
    if messages::preview(&message.content, 0).is_empty() {
        return Ok(());
    }
    let Some(ticket) = store::lock(tx, message.ticket_id)? else { return Ok(()) };
    // A name that somebody gave stays, unless it says the very same.
    if ticket.subject != automatic(&ticket.channel, &message.content, "") {
        return Ok(());
    }
    let name = contacts::name_of(tx, ticket.contact_id)?.filter(|n| !n.is_empty());
    let who = name.as_deref().unwrap_or(&ticket.identity);
    store::set_subject(tx, ticket.id, &automatic(&ticket.channel, text, who))
}
