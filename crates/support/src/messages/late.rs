//! What a channel tells about a message after it: an edit, an unsend, a reaction, how delivery went.
//!
//! Any of these may come before the message itself; then it waits and is applied when the message is stored.

use channels::Delivery;
use platform::{Result, Tx, clock::Millis, events::Origin};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Direction, Message, events, record, store};
use crate::{AccountId, MessageId, tickets};

/// A change to one message. Stored as JSON while it waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LateChange {
    Edited {
        text: String,
    },
    Unsent,
    /// `by`: `customer` or `agent`; `emoji: None` takes it away.
    Reaction {
        by: String,
        emoji: Option<String>,
    },
    /// `state` as in [`Delivery::as_str`].
    Delivery {
        state: String,
        error: Option<String>,
    },
}

/// Applies `change` to the message, or lets it wait. True when it was applied now.
pub fn apply(
    tx: &Tx<'_>,
    origin: &Origin,
    account: AccountId,
    external_id: &str,
    change: &LateChange,
    at: Millis,
) -> Result<bool> {
    match store::by_external(tx, account, external_id)? {
        Some(message) => {
            apply_to(tx, origin, &message, change)?;
            Ok(true)
        }
        None => {
            let text = serde_json::to_string(change).map_err(platform::Error::internal)?;
            // Delivered again, it waits once.
            let waiting = store::pending_changes(tx, account, external_id)?;
            if !waiting.iter().any(|(_, w, t)| *w == text && *t == at) {
                store::add_pending(tx, account, external_id, &text, at)?;
            }
            Ok(false)
        }
    }
}

/// Applies what waited for a message that has just been stored. True: something did, and the ticket may have changed.
pub fn apply_pending(
    tx: &Tx<'_>,
    origin: &Origin,
    account: AccountId,
    external_id: &str,
    id: MessageId,
) -> Result<bool> {
    let waiting = store::pending_changes(tx, account, external_id)?;
    if waiting.is_empty() {
        return Ok(false);
    }
    for (_, change, _) in &waiting {
        // What an older version wrote and this one cannot read is dropped, not stumbled over for ever.
        if let Ok(change) = serde_json::from_str::<LateChange>(change)
            && let Some(message) = store::get(tx, id)?
        {
            apply_to(tx, origin, &message, &change)?;
        }
    }
    store::forget_pending(tx, account, external_id)?;
    Ok(true)
}

/// Everything that we sent to this customer up to `until` reached `state`.
pub fn apply_until(
    tx: &Tx<'_>,
    origin: &Origin,
    ticket: crate::TicketId,
    until: Millis,
    state: Delivery,
) -> Result<()> {
    for message in store::sent_until(tx, ticket, until)? {
        apply_to(
            tx,
            origin,
            &message,
            &LateChange::Delivery { state: state.as_str().to_owned(), error: None },
        )?;
    }
    Ok(())
}

/// How the sending of one of our messages goes. A state that would go back is passed over; one that was taken back has none.
pub fn deliver(
    tx: &Tx<'_>,
    origin: &Origin,
    message: MessageId,
    state: Delivery,
    error: Option<&str>,
) -> Result<()> {
    let Some(message) = store::get(tx, message)?.filter(|m| m.unsent_at.is_none()) else { return Ok(()) };
    let change = LateChange::Delivery { state: state.as_str().to_owned(), error: error.map(str::to_owned) };
    apply_to(tx, origin, &message, &change)
}

fn apply_to(tx: &Tx<'_>, origin: &Origin, message: &Message, change: &LateChange) -> Result<()> {
    let (kind, data) = match change {
        LateChange::Edited { text } => {
            store::set_text(tx, message.id, text)?;
            (events::EDITED, json!({"message_id": message.id}))
        }
        LateChange::Unsent => {
            if message.unsent_at.is_some() {
                return Ok(());
            }
            store::set_unsent(tx, message.id)?;
            (events::UNSENT, json!({"message_id": message.id}))
        }
        LateChange::Reaction { by, emoji } => {
            let reactions = with_reaction(message.reactions.as_ref(), by, emoji.as_deref());
            store::set_reactions(tx, message.id, &reactions.to_string())?;
            (events::REACTED, json!({"message_id": message.id, "by": by}))
        }
        LateChange::Delivery { state, error } => {
            let Ok(state) = state.parse::<Delivery>() else { return Ok(()) };
            if message.direction != Direction::Outbound
                || message.delivery.is_some_and(|now| !state.may_follow(now))
            {
                return Ok(());
            }
            store::set_delivery(tx, message.id, state, error.as_deref())?;
            let before = message.delivery.map(Delivery::as_str);
            (events::DELIVERY, json!({"message_id": message.id, "before": before, "after": state.as_str()}))
        }
    };
    match change {
        LateChange::Edited { text } => tickets::retell(tx, message, text)?,
        LateChange::Unsent => tickets::retell(tx, message, "")?,
        LateChange::Reaction { .. } | LateChange::Delivery { .. } => {}
    }
    let Some(ticket) = tickets::get(tx, message.ticket_id)? else { return Ok(()) };
    record(tx, origin, &ticket, kind, data)
}

/// One reaction per side: a new one replaces the old.
fn with_reaction(now: Option<&Json>, by: &str, emoji: Option<&str>) -> Json {
    let mut all: Vec<Json> =
        now.and_then(Json::as_array).into_iter().flatten().filter(|r| r["by"] != by).cloned().collect();
    if let Some(emoji) = emoji {
        all.push(json!({"by": by, "emoji": emoji}));
    }
    Json::Array(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reaction_per_side() {
        let first = with_reaction(None, "customer", Some("👍"));
        let both = with_reaction(Some(&first), "agent", Some("❤"));
        let changed = with_reaction(Some(&both), "customer", Some("😮"));
        assert_eq!(changed, json!([{"by": "agent", "emoji": "❤"}, {"by": "customer", "emoji": "😮"}]));
        assert_eq!(with_reaction(Some(&changed), "customer", None), json!([{"by": "agent", "emoji": "❤"}]));
    }
}
