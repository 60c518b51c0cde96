//! The rows of `spam_activities`, `inbound_days` and `spam_blocks`.

use people::{ContactId, UserId};
use platform::{
    Conn, Error, Result, Tx,
    clock::{DAY, Millis},
    db::{Row, Sql, Value, dialect},
    params, sql,
};

use super::{ActivityId, BlockId, MessageLimit, Part};
use crate::{MessageId, TicketId, tickets::TicketScope};

/// What is known of a sender before the text is looked at.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// The address, or its mail domain, is on the block list.
    pub is_blocked: bool,
    /// Spam within the window, counted to the limit.
    pub activities: i64,
    /// Inbound messages by day, as far back as was asked.
    pub days: Vec<(i64, i64)>,
}

/// `after`: the days later than this one are read.
pub(super) fn standing(
    tx: &Tx<'_>,
    contact: ContactId,
    kind: &str,
    key: &str,
    limit: MessageLimit,
    after: i64,
) -> Result<Standing> {
    let domain = match kind {
        "email" => key.rsplit_once('@').map_or("", |(_, domain)| domain),
        _ => "",
    };
    let mut standing = Standing { is_blocked: false, activities: 0, days: Vec::new() };
    tx.all(
        sql!(
            "SELECT known.blocks, known.activities, d.day, d.messages FROM (SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM spam_blocks WHERE (kind = ?1 AND value_key = ?2) OR (kind = 'domain' AND value_key = ?3) LIMIT 1) AS b) AS blocks, (SELECT count(*) FROM (SELECT 1 AS one FROM spam_activities WHERE contact_id = ?4 AND at > ?5 LIMIT ?6) AS a) AS activities) AS known LEFT JOIN inbound_days AS d ON d.contact_id = ?4 AND d.day > ?7"
        ),
        params![kind, key, domain, contact, tx.now() - limit.days * DAY, limit.count, after],
        |row| {
            let mut r = row.columns();
            (standing.is_blocked, standing.activities) = (r.next::<i64>()? > 0, r.next()?);
            if let (Some(day), Some(messages)) = (r.next()?, r.next()?) {
                standing.days.push((day, messages));
            }
            Ok(())
        },
    )?;
    Ok(standing)
}

/// Counts one inbound message; how many came today, and how often this text in a row.
pub(super) fn count_inbound(tx: &Tx<'_>, contact: ContactId, day: i64, text_hash: i64) -> Result<(i64, i64)> {
    tx.one(
        sql!(
            "INSERT INTO inbound_days (contact_id, day, messages, text_hash, repeats) VALUES (?1, ?2, 1, ?3, 1) ON CONFLICT (contact_id, day) DO UPDATE SET messages = inbound_days.messages + 1, repeats = CASE WHEN inbound_days.text_hash = excluded.text_hash THEN inbound_days.repeats + 1 ELSE 1 END, text_hash = excluded.text_hash RETURNING messages, repeats"
        ),
        params![contact, day, text_hash],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// Starts the windows anew for somebody who was cleared.
pub(super) fn forget_inbound(tx: &Tx<'_>, contact: ContactId) -> Result<()> {
    tx.exec(sql!("DELETE FROM inbound_days WHERE contact_id = ?1"), params![contact])?;
    tx.exec(sql!("DELETE FROM spam_notices WHERE contact_id = ?1"), params![contact]).map(|_| ())
}

/// Forgets the counts of days before `day`; how many. Bounded: call it again.
pub(super) fn forget_days(tx: &Tx<'_>, day: i64) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM inbound_days WHERE (contact_id, day) IN (SELECT contact_id, day FROM inbound_days WHERE day < ?1 ORDER BY day LIMIT 500)"
        ),
        params![day],
    )
}

/// One message judged spam.
#[derive(Debug, Clone)]
pub(super) struct NewActivity<'a> {
    pub contact_id: ContactId,
    pub ticket_id: TicketId,
    pub message_id: MessageId,
    pub channel: &'a str,
    pub reason: &'a str,
    pub by_hand: bool,
    pub flagged_by_user: Option<UserId>,
    pub score: f64,
    pub parts: &'a [Part],
}

impl NewActivity<'_> {
    pub fn flagged_by(&self) -> &'static str {
        if self.by_hand { "manual" } else { "bot" }
    }
}

/// `None`: this message is flagged already.
pub(super) fn add_activity(tx: &Tx<'_>, a: &NewActivity<'_>) -> Result<Option<ActivityId>> {
    let parts = serde_json::to_string(a.parts).map_err(Error::internal)?;
    tx.opt(
        sql!(
            "INSERT INTO spam_activities (contact_id, ticket_id, message_id, channel, at, reason, flagged_by, flagged_by_user, score, parts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (message_id) DO NOTHING RETURNING id"
        ),
        params![
            a.contact_id,
            a.ticket_id,
            a.message_id,
            a.channel,
            tx.now(),
            a.reason,
            a.flagged_by(),
            a.flagged_by_user,
            a.score,
            parts
        ],
        |r| r.get(0),
    )
}

/// An activity and what it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flagged {
    pub id: ActivityId,
    pub message_id: MessageId,
    pub ticket_id: TicketId,
}

fn read_flagged(r: Row<'_>) -> Result<Flagged> {
    Ok(Flagged { id: r.get(0)?, message_id: r.get(1)?, ticket_id: r.get(2)? })
}

/// What `scope` holds of a contact's activities, all or one; oldest first, bounded.
pub(super) fn flagged(
    c: &Conn<'_>,
    scope: &TicketScope,
    contact: ContactId,
    one: Option<ActivityId>,
    limit: i64,
) -> Result<Vec<Flagged>> {
    let mut values = vec![Value::Int(contact.0), Value::Int(one.map_or(0, |id| id.0)), Value::Int(limit)];
    let seen = scope.holds("a.ticket_id", &mut values);
    let text = format!(
        "SELECT a.id, a.message_id, a.ticket_id FROM spam_activities a WHERE a.contact_id = ?1 AND (?2 = 0 OR a.id = ?2) AND {seen} ORDER BY a.at, a.id LIMIT ?3"
    );
    c.all(Sql::built(&text), &values, read_flagged)
}

/// Whether anything is left of a contact's activities.
pub(super) fn has_activities(c: &Conn<'_>, contact: ContactId) -> Result<bool> {
    let one: Option<i64> =
        c.value(sql!("SELECT id FROM spam_activities WHERE contact_id = ?1 LIMIT 1"), params![contact])?;
    Ok(one.is_some())
}

pub(super) fn flagged_message(c: &Conn<'_>, message: MessageId) -> Result<Option<Flagged>> {
    c.opt(
        sql!("SELECT id, message_id, ticket_id FROM spam_activities WHERE message_id = ?1"),
        params![message],
        read_flagged,
    )
}

pub(super) fn delete_activities(tx: &Tx<'_>, ids: &[ActivityId]) -> Result<()> {
    let text = format!("DELETE FROM spam_activities WHERE id IN ({})", dialect::in_list(1, ids.len()));
    let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

/// A line of the spam desk.
#[derive(Debug, Clone)]
pub(super) struct ActivityRow {
    pub id: ActivityId,
    pub at: Millis,
    pub contact_id: ContactId,
    pub reason: String,
    pub flagged_by: String,
    pub score: f64,
    pub parts: Vec<Part>,
    pub ticket_id: TicketId,
    pub message_id: MessageId,
    pub channel: String,
}

/// Newest first, before `(at, id)`; and how many there are (counted to the cap).
pub(super) fn activities(
    c: &Conn<'_>,
    scope: &TicketScope,
    since: Millis,
    before: Option<(Millis, i64)>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<ActivityRow>, i64)> {
    let mut values = vec![Value::Int(since)];
    let seen = scope.holds("a.ticket_id", &mut values);
    let count = format!(
        "SELECT count(*) FROM (SELECT 1 AS one FROM spam_activities a WHERE a.at > ?1 AND {seen} LIMIT 10001) AS counted"
    );
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    let (at, id) = before.unwrap_or((i64::MAX, i64::MAX));
    let n = values.len();
    values.extend([Value::Int(at), Value::Int(id), Value::Int(limit), Value::Int(offset)]);
    let text = format!(
        "SELECT a.id, a.at, a.contact_id, a.reason, a.flagged_by, a.score, a.parts, a.ticket_id, a.message_id, a.channel FROM spam_activities a WHERE a.at > ?1 AND {seen} AND (a.at < ?{} OR (a.at = ?{} AND a.id < ?{})) ORDER BY a.at DESC, a.id DESC LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 1,
        n + 2,
        n + 3,
        n + 4
    );
    let rows = c.all(Sql::built(&text), &values, |r| {
        let mut r = r.columns();
        Ok(ActivityRow {
            id: r.next()?,
            at: r.next()?,
            contact_id: r.next()?,
            reason: r.next()?,
            flagged_by: r.next()?,
            score: r.next()?,
            parts: serde_json::from_str(&r.next::<String>()?).unwrap_or_default(),
            ticket_id: r.next()?,
            message_id: r.next()?,
            channel: r.next()?,
        })
    })?;
    Ok((rows, total))
}

/// Somebody who sent spam more than once.
#[derive(Debug, Clone)]
pub(super) struct SpammerRow {
    pub contact_id: ContactId,
    pub count: i64,
    pub first: Millis,
    pub last: Millis,
}

/// Most first; and how many there are (counted to the cap).
pub(super) fn spammers(
    c: &Conn<'_>,
    scope: &TicketScope,
    since: Millis,
    offset: i64,
    limit: i64,
) -> Result<(Vec<SpammerRow>, i64)> {
    let mut values = vec![Value::Int(since)];
    let seen = scope.holds("a.ticket_id", &mut values);
    let grouped = format!(
        "SELECT a.contact_id AS contact_id, count(*) AS n, min(a.at) AS first_at, max(a.at) AS last_at FROM spam_activities a WHERE a.at > ?1 AND {seen} GROUP BY a.contact_id HAVING count(*) >= 2"
    );
    let count = format!("SELECT count(*) FROM ({grouped} LIMIT 10001) AS g");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    let n = values.len();
    values.extend([Value::Int(limit), Value::Int(offset)]);
    let text = format!(
        "SELECT g.contact_id, g.n, g.first_at, g.last_at FROM ({grouped}) AS g ORDER BY g.n DESC, g.last_at DESC, g.contact_id LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2
    );
    let rows = c.all(Sql::built(&text), &values, |r| {
        let mut r = r.columns();
        Ok(SpammerRow { contact_id: r.next()?, count: r.next()?, first: r.next()?, last: r.next()? })
    })?;
    Ok((rows, total))
}

/// A mail domain as the block list compares it.
pub(super) fn domain_key(value: &str) -> String {
    value.trim().trim_start_matches('@').trim_end_matches('.').to_lowercase()
}

/// A row of `spam_blocks`.
#[derive(Debug, Clone)]
pub(super) struct BlockRow {
    pub id: BlockId,
    pub kind: String,
    pub value: String,
    pub reason: Option<String>,
    pub created_by: Option<UserId>,
    pub created_at: Millis,
}

fn read_block(r: Row<'_>) -> Result<BlockRow> {
    let mut r = r.columns();
    Ok(BlockRow {
        id: r.next()?,
        kind: r.next()?,
        value: r.next()?,
        reason: r.next()?,
        created_by: r.next()?,
        created_at: r.next()?,
    })
}

/// Newest first, before `before`; and how many there are (counted to the cap).
pub(super) fn blocks(c: &Conn<'_>, before: i64, offset: i64, limit: i64) -> Result<(Vec<BlockRow>, i64)> {
    let total = c.one(
        sql!("SELECT count(*) FROM (SELECT 1 AS one FROM spam_blocks LIMIT 10001) AS counted"),
        &[],
        |r| r.get(0),
    )?;
    let rows = c.all(
        sql!(
            "SELECT id, kind, value, reason, created_by, created_at FROM spam_blocks WHERE id < ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3"
        ),
        params![before, limit, offset],
        read_block,
    )?;
    Ok((rows, total))
}

/// `None`: it is on the list already.
pub(super) fn add_block(
    tx: &Tx<'_>,
    kind: &str,
    value: &str,
    key: &str,
    reason: Option<&str>,
    by: Option<UserId>,
) -> Result<Option<BlockRow>> {
    tx.opt(
        sql!(
            "INSERT INTO spam_blocks (kind, value, value_key, reason, created_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, value_key) DO NOTHING RETURNING id, kind, value, reason, created_by, created_at"
        ),
        params![kind, value.trim(), key, reason, by, tx.now()],
        read_block,
    )
}

/// The kind of what was taken off the list.
pub(super) fn delete_block(tx: &Tx<'_>, id: BlockId) -> Result<Option<String>> {
    tx.opt(sql!("DELETE FROM spam_blocks WHERE id = ?1 RETURNING kind"), params![id], |r| r.get(0))
}

/// Takes an address off the list, if it is there.
pub(super) fn unblock(tx: &Tx<'_>, kind: &str, key: &str) -> Result<()> {
    tx.exec(sql!("DELETE FROM spam_blocks WHERE kind = ?1 AND value_key = ?2"), params![kind, key])
        .map(|_| ())
}
