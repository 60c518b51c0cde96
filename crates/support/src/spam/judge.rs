//! Who wrote it, how often, and what: the verdict on one inbound message.

use people::{
    ContactId,
    contacts::{self, Found},
    settings::{self, Org},
};
use platform::{
    Conn, Error, Result, Tx,
    clock::DAY,
    events::{self, NewEvent, Origin},
};
use serde_json::json;

use super::{
    ActivityId, ContentScore, MessageLimit, Part, SpamSettings, events as kinds,
    settings::LONGEST_DAYS,
    store::{self, NewActivity},
};
use crate::{MessageId, TicketId, tickets};

/// What a sender has just reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A few before a limit.
    Warning,
    /// The limit: from now on everything is spam.
    Blocked,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Warning => "warning",
            Step::Blocked => "blocked",
        }
    }
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Whatever comes in.
    Messages,
    /// What was judged spam.
    Activities,
}

impl Counted {
    pub fn as_str(self) -> &'static str {
        match self {
            Counted::Messages => "messages",
            Counted::Activities => "activities",
        }
    }
}

/// A limit that this very message reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossed {
    pub step: Step,
    pub counted: Counted,
    pub limit: MessageLimit,
    /// Counted with this message.
    pub count: i64,
}

/// What is to be done with a message, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub is_spam: bool,
    /// `blocked_contact`, `blocked_address`, `existing_spammer`, `message_limit`, `content`; for what is no spam, empty or
    /// why it could not be told.
    pub reason: String,
    pub score: f64,
    pub parts: Vec<Part>,
    /// What this message has just brought about.
    pub crossed: Option<Crossed>,
}

impl Verdict {
    /// Not spam, and not asked.
    pub fn none() -> Self {
        Verdict { is_spam: false, reason: String::new(), score: 0.0, parts: Vec::new(), crossed: None }
    }
    fn spam(reason: &str, score: f64, parts: Vec<Part>) -> Self {
        Verdict { is_spam: true, reason: reason.to_owned(), score, parts, crossed: None }
    }
}

/// Judges an inbound message, and counts it. `method` is the kind and the value of the sender's address.
///
/// Two statements: who is known as what and wrote how often, and the count of today.
pub fn judge(
    tx: &Tx<'_>,
    rules: &SpamSettings,
    contact: &Found,
    method: (&str, &str),
    content: &ContentScore,
    text_hash: i64,
) -> Result<Verdict> {
    let (kind, value) = method;
    // An address that is none cannot be on the list, and is no reason to refuse the message.
    let key = address_key(tx, kind, value).unwrap_or_else(|_| value.trim().to_owned());
    let limit = rules.activity_limit;
    let today = tx.now().div_euclid(DAY);
    let longest = rules.message_limits.iter().map(|l| l.days.clamp(1, LONGEST_DAYS)).max().unwrap_or(0);
    let standing = store::standing(tx, contact.contact_id, kind, &key, limit, today - longest)?;
    let (now, repeats) = store::count_inbound(tx, contact.contact_id, today, text_hash)?;
    let counts = counts(rules, &standing.days, today, now);

    let mut verdict = if contact.is_blocked {
        Verdict::spam("blocked_contact", 1.0, Vec::new())
    } else if standing.is_blocked {
        Verdict::spam("blocked_address", 1.0, Vec::new())
    } else if standing.activities >= limit.count {
        Verdict::spam("existing_spammer", 1.0, Vec::new())
    } else if let Some((over, count)) = counts.iter().find(|(l, n)| *n >= l.count) {
        let detail = format!("{count} messages in {} days", over.days);
        let facts = [("messages", *count), ("days", over.days)];
        Verdict::spam("message_limit", 1.0, vec![Part::new("message_limit", 1.0, detail, &facts)])
    } else {
        by_content(rules, &content.with_repeats(repeats))
    };
    verdict.crossed = crossed(rules, &verdict, standing.activities, &counts);
    Ok(verdict)
}

/// An address as contacts keep it: a number without a country belongs to the desk's.
pub(super) fn address_key(c: &Conn<'_>, kind: &str, value: &str) -> Result<String> {
    let country = match kind {
        "phone" => settings::get::<Org>(c, settings::ORG)?.0.default_country,
        _ => String::new(),
    };
    contacts::normalise(kind, value, &country).map_err(|fault| Error::invalid(vec![fault]))
}

fn by_content(rules: &SpamSettings, content: &ContentScore) -> Verdict {
    if let Some(failure) = &content.failure {
        return Verdict { reason: format!("unjudged: {failure}"), ..Verdict::none() };
    }
    let is_spam = content.score >= rules.threshold;
    let reason = if is_spam { "content" } else { "" };
    Verdict {
        is_spam,
        reason: reason.into(),
        score: content.score,
        parts: content.parts.clone(),
        crossed: None,
    }
}

/// Forgets the counts of days that no window reaches any more; how many. Bounded: call it again.
pub fn forget_days(tx: &Tx<'_>) -> Result<u64> {
    store::forget_days(tx, tx.now().div_euclid(DAY) - LONGEST_DAYS)
}

/// Inbound messages per window: those of earlier days, and `now` of today with this one.
fn counts(s: &SpamSettings, days: &[(i64, i64)], today: i64, now: i64) -> Vec<(MessageLimit, i64)> {
    let before = |window: i64| {
        let within = days.iter().filter(|(day, _)| *day > today - window && *day != today);
        within.map(|(_, n)| n).sum::<i64>()
    };
    s.message_limits.iter().map(|l| (*l, before(l.days) + now)).collect()
}

/// The step that this message takes: exactly at a limit, or exactly so many before it. Whoever is over one already takes
/// none.
fn crossed(
    s: &SpamSettings,
    verdict: &Verdict,
    activities: i64,
    counts: &[(MessageLimit, i64)],
) -> Option<Crossed> {
    if verdict.reason.starts_with("blocked_")
        || verdict.reason == "existing_spammer"
        || counts.iter().any(|(limit, count)| *count > limit.count)
    {
        return None;
    }
    let flagged = verdict.is_spam.then_some((Counted::Activities, s.activity_limit, activities + 1));
    let came = counts.iter().map(|(limit, count)| (Counted::Messages, *limit, *count));
    let all = || flagged.into_iter().chain(came.clone());
    let at = |step: Step, of: &dyn Fn(MessageLimit) -> i64| {
        let found = all().find(|(_, limit, count)| *count == of(*limit));
        found.map(|(counted, limit, count)| Crossed { step, counted, limit, count })
    };
    at(Step::Blocked, &|limit| limit.count)
        .or_else(|| at(Step::Warning, &|limit| (limit.count - s.warning_offset).max(1).min(limit.count - 1)))
        .filter(|c| c.count > 0)
}

/// Keeps that a message was judged spam, and says so. The message and its ticket are the caller's.
pub fn flag(
    tx: &Tx<'_>,
    origin: &Origin,
    ticket_id: TicketId,
    message_id: MessageId,
    contact_id: ContactId,
    channel: &str,
    verdict: &Verdict,
) -> Result<()> {
    let activity = NewActivity {
        contact_id,
        ticket_id,
        message_id,
        channel,
        reason: &verdict.reason,
        flagged_by_user: None,
        by_hand: false,
        score: verdict.score,
        parts: &verdict.parts,
    };
    if let Some(id) = store::add_activity(tx, &activity)? {
        record(tx, origin, &activity, id)?;
    }
    Ok(())
}

/// Says that something was flagged, to those who may see the ticket.
pub(super) fn record(tx: &Tx<'_>, origin: &Origin, a: &NewActivity<'_>, id: ActivityId) -> Result<()> {
    let ticket = tickets::get(tx, a.ticket_id)?;
    let data = json!({
        "activity_id": id, "message_id": a.message_id, "ticket_id": a.ticket_id, "reason": a.reason, "score": a.score,
        "flagged_by": a.flagged_by(),
    });
    let scope = ticket.map_or((None, None), |t| (t.department_id.map(|d| d.0), t.assignee_id.map(|u| u.0)));
    let event = NewEvent::new(kinds::FLAGGED, "ticket", a.ticket_id, data)
        .contact(Some(a.contact_id.0))
        .scope(scope.0, scope.1);
    events::record(tx, origin, event)
}
