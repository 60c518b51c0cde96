//! A chatbot hands a conversation over: one ticket with the transcript, for people to go on with.

use channels::{Channel, Delivery, chatbot::Handoff};
use people::contacts::{self, NewIdentity};
use platform::{
    Result, Tx,
    db::LockKey,
    events::{Actor, Origin},
};

use super::{
    prepare::hash,
    process::{Rules, Stored},
    store,
};
use crate::{
    AccountId, accounts, locks,
    messages::{Direction, NewMessage, SenderType},
    routing::{self, Matches},
    spam::{self, ContentScore},
    tickets::{self, NewTicket, Priority},
};

/// The provider's id of the account that chatbots hand over by.
pub const ACCOUNT: &str = "chatbot";

/// A hand-off, ready to be decided on.
#[derive(Debug, Clone)]
pub struct PreparedHandoff {
    pub handoff: Handoff,
    pub matches: Matches,
    pub content: ContentScore,
}

impl PreparedHandoff {
    pub fn lock(&self) -> LockKey {
        locks::identity(Channel::Chatbot.as_str(), None, &self.handoff.session_id)
    }
}

/// Opens the ticket. The same session again finds the ticket that it opened.
pub fn open(tx: &Tx<'_>, p: &PreparedHandoff) -> Result<Stored> {
    let rules = Rules::load(tx)?;
    let h = &p.handoff;
    let account: AccountId = accounts::implicit(tx, Channel::Chatbot.as_str(), ACCOUNT)?;
    let key = format!("handoff:{}", h.session_id);
    if let Some(known) = store::known(tx, account, &key)? {
        return Ok(known);
    }
    let found = contacts::find_or_create(
        tx,
        &Origin::system(),
        &NewIdentity {
            kind: "webchat",
            account: ACCOUNT.into(),
            value: h.session_id.clone(),
            aliases: Vec::new(),
            name: h.customer_name.clone(),
            phones: Vec::new(),
            email: h.customer_email.clone(),
            source: Some("chatbot".into()),
            is_of_any_platform: false,
        },
    )?;
    let origin = Origin::of(Actor::Contact(found.contact_id.0));
    let method = ("webchat", h.session_id.as_str());
    let verdict = spam::judge(tx, &rules.spam, &found, method, &p.content, hash(&h.initial_message))?;
    let mut tags = vec!["chatbot_handoff".to_owned()];
    tags.extend(h.tags.iter().filter(|t| *t != "chatbot_handoff").cloned());
    let ticket = tickets::open(
        tx,
        &origin,
        &NewTicket {
            contact_id: found.contact_id,
            channel: Channel::Chatbot.as_str().to_owned(),
            account_id: Some(account),
            identity: h.customer_email.clone().unwrap_or_else(|| h.session_id.clone()),
            subject: h.subject.clone().unwrap_or_else(|| "Chatbot escalation".to_owned()),
            priority: h.priority.as_deref().and_then(|p| p.parse().ok()).unwrap_or(Priority::Medium),
            department_id: None,
            tags,
            is_spam: verdict.is_spam,
            is_bot_handoff: true,
            previous_ticket_id: None,
        },
    )?;
    let now = tx.now();
    let mut ticket = ticket;
    // The transcript is older than the hand-off: a millisecond per line keeps its order.
    let lines = h.transcript.len() as i64;
    for (n, (who, text)) in h.transcript.iter().enumerate() {
        let bot = who == "bot";
        let line = NewMessage {
            sender_type: if bot { SenderType::Bot } else { SenderType::Customer },
            direction: if bot { Direction::Outbound } else { Direction::Inbound },
            content: text.clone(),
            delivery: bot.then_some(Delivery::Delivered),
            completed_at: Some(now),
            at: now - lines + n as i64,
            ..NewMessage::on(&ticket)
        };
        if let Some((next, _)) = tickets::append(tx, &origin, &ticket, &line, None)? {
            ticket = next;
        }
    }
    let first = NewMessage {
        external_id: Some(key),
        content: h.initial_message.clone(),
        sender_id: Some(found.contact_id.0),
        is_spam: verdict.is_spam,
        completed_at: verdict.is_spam.then_some(now),
        at: now,
        ..NewMessage::on(&ticket)
    };
    let Some((mut ticket, id)) = tickets::append(tx, &origin, &ticket, &first, None)? else {
        return Err(platform::Error::stale());
    };
    if verdict.is_spam {
        spam::flag(
            tx,
            &Origin::system(),
            ticket.id,
            id,
            found.contact_id,
            Channel::Chatbot.as_str(),
            &verdict,
        )?;
    } else {
        ticket =
            routing::route(tx, &Origin::system(), &rules.routing(tx)?, &ticket, Some(id), &p.matches, None)?
                .0;
    }
    spam::tell(tx, &rules.spam, &found, ticket.id, &verdict, &h.initial_message)?;
    Ok(Stored {
        message_id: id,
        ticket_id: ticket.id,
        duplicate: false,
        assigned_to: ticket.assignee_id,
        spam: verdict.is_spam,
    })
}
