//! What a sender hears of a limit: a warning shortly before it, and at it that nobody listens any more.
//!
//! Only where the settings say so, per channel; once per limit while its days last; never to a machine's answer, nor to
//! somebody who wants to hear nothing; and within the bound of what a conversation hears from machines in a day. What is
//! not said for one of these reasons is not said later.

use people::{ContactId, contacts::Found};
use platform::{
    Result, Tx,
    clock::DAY,
    events::{self, NewEvent, Origin},
    params, sql,
};
use serde_json::json;

use super::{Crossed, Step, Verdict, auto_reply, events as kinds, settings::SpamSettings};
use crate::{MessageId, TicketId, tickets};

/// Tells the sender of `text`, which was judged and stored on `ticket`, what it has brought about. The message that says it,
/// if one does. Changes the ticket: whoever holds it reads it again.
pub fn tell(
    tx: &Tx<'_>,
    rules: &SpamSettings,
    sender: &Found,
    ticket: TicketId,
    verdict: &Verdict,
    text: &str,
) -> Result<Option<MessageId>> {
    let Some(crossed) = verdict.crossed.filter(|_| !sender.opted_out) else { return Ok(None) };
    let ticket = tickets::lock(tx, ticket)?;
    let Some(words) = rules.words(crossed.step, &ticket.channel) else { return Ok(None) };
    if auto_reply::reads_like_one(text)
        || !tickets::may_say(tx, &ticket, tx.now())?
        || !note(tx, sender.contact_id, &crossed)?
    {
        return Ok(None);
    }
    let said = tickets::say(tx, &ticket, words)?;
    let data = json!({
        "message_id": said.id, "ticket_id": ticket.id, "step": crossed.step.as_str(), "counted": crossed.counted.as_str(),
        "days": crossed.limit.days, "limit": crossed.limit.count, "count": crossed.count,
    });
    let event = NewEvent::new(kinds::TOLD, "ticket", ticket.id, data)
        .contact(Some(sender.contact_id.0))
        .scope(ticket.department_id.map(|d| d.0), ticket.assignee_id.map(|u| u.0));
    events::record(tx, &Origin::system(), event)?;
    Ok(Some(said.id))
}

/// Keeps that a sender is being told of a limit. False: they were, and its days last still.
fn note(tx: &Tx<'_>, contact: ContactId, of: &Crossed) -> Result<bool> {
    let noted = tx.exec(
        sql!(
            "INSERT INTO spam_notices (contact_id, step, counted, days, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (contact_id, step, counted, days) DO UPDATE SET at = excluded.at WHERE spam_notices.at <= ?6"
        ),
        params![
            contact,
            of.step.as_str(),
            of.counted.as_str(),
            of.limit.days,
            tx.now(),
            tx.now() - of.limit.days * DAY
        ],
    )?;
    Ok(noted > 0)
}

impl SpamSettings {
    /// What is said at `step` on `channel`, if anything.
    fn words(&self, step: Step, channel: &str) -> Option<&str> {
        let (channels, text) = match step {
            Step::Warning => (&self.warning_channels, &self.warning_text),
            Step::Blocked => (&self.blocked_channels, &self.blocked_text),
        };
        let is_on = channels.iter().any(|c| c == channel) && !text.trim().is_empty();
        is_on.then_some(text)
    }
}
