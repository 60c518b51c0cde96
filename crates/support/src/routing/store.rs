//! The rows of `keywords` and `assignments`.

use people::{DepartmentId, UserId};
use platform::{
    Conn, Result, Tx,
    db::{Row, Sql, Value},
    params, sql,
};

use super::{
    AssignmentId, Decision, KeywordId, Reason,
    decision::Detail,
    keywords::{Filter, KeywordRow},
    matcher::Entry,
    score::Strategy,
};
use crate::{MessageId, TicketId};

/// What the automaton is built from.
pub(super) fn active(c: &Conn<'_>) -> Result<Vec<Entry>> {
    c.all(
        sql!(
            "SELECT id, word, folded, lowered, priority, department_id FROM keywords WHERE is_active ORDER BY id"
        ),
        &[],
        |r| {
            let mut r = r.columns();
            Ok(Entry {
                id: r.next()?,
                word: r.next()?,
                folded: r.next()?,
                lowered: r.next()?,
                priority: r.next()?,
                department_id: r.next()?,
            })
        },
    )
}

const KEYWORD: &str = "id, word, folded, lowered, department_id, priority, is_active, version";

fn read_keyword(r: Row<'_>) -> Result<KeywordRow> {
    let mut r = r.columns();
    Ok(KeywordRow {
        id: r.next()?,
        word: r.next()?,
        folded: r.next()?,
        lowered: r.next()?,
        department_id: r.next()?,
        priority: r.next()?,
        is_active: r.next()?,
        version: r.next()?,
    })
}

pub(super) fn keyword(c: &Conn<'_>, id: KeywordId) -> Result<Option<KeywordRow>> {
    c.opt(
        sql!("SELECT id, word, folded, lowered, department_id, priority, is_active, version FROM keywords WHERE id = ?1"),
        params![id],
        read_keyword,
    )
}

/// A page of keywords by their folded word, and how many there are (counted to the cap).
pub(super) fn keywords(
    c: &Conn<'_>,
    filter: &Filter,
    after: Option<&str>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<KeywordRow>, i64)> {
    let mut values: Vec<Value<'_>> = Vec::new();
    let mut wheres = String::from("1 = 1");
    let mut add = |condition: &str, value: Value<'static>| {
        values.push(value);
        wheres.push_str(" AND ");
        wheres.push_str(&condition.replace("{}", &format!("?{}", values.len())));
    };
    if let Some(search) = &filter.search {
        add("folded LIKE {} ESCAPE '\\'", Value::from(contains(search)));
    }
    if let Some(department) = filter.department_id {
        add("department_id = {}", Value::from(department));
    }
    if let Some(active) = filter.is_active {
        add("is_active = {}", Value::from(active));
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 AS one FROM keywords WHERE {wheres} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some(folded) = after {
        // `folded` is unique: it alone is the place.
        values.push(Value::from(folded));
        wheres.push_str(&format!(" AND folded > ?{}", values.len()));
    }
    values.extend([Value::from(limit), Value::from(offset)]);
    let n = values.len();
    let text =
        format!("SELECT {KEYWORD} FROM keywords WHERE {wheres} ORDER BY folded LIMIT ?{} OFFSET ?{n}", n - 1);
    Ok((c.all(Sql::built(&text), &values, read_keyword)?, total))
}

/// A `LIKE` pattern for what contains `text`.
fn contains(text: &str) -> String {
    let mut out = String::from("%");
    for ch in text.chars() {
        if matches!(ch, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(ch);
    }
    out.push('%');
    out
}

/// `None`: there is one with this folded word.
pub(super) fn insert_keyword(tx: &Tx<'_>, k: &KeywordRow) -> Result<Option<KeywordId>> {
    tx.opt(
        sql!(
            "INSERT INTO keywords (word, lowered, folded, department_id, priority, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1) ON CONFLICT (folded) DO NOTHING RETURNING id"
        ),
        params![&k.word, &k.lowered, &k.folded, k.department_id, k.priority, k.is_active, tx.now()],
        |r| r.get(0),
    )
}

/// Another keyword with this folded word.
pub(super) fn keyword_taken(c: &Conn<'_>, folded: &str, but: KeywordId) -> Result<bool> {
    let id: Option<i64> =
        c.value(sql!("SELECT id FROM keywords WHERE folded = ?1 AND id <> ?2"), params![folded, but])?;
    Ok(id.is_some())
}

pub(super) fn update_keyword(tx: &Tx<'_>, k: &KeywordRow) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE keywords SET word = ?2, lowered = ?3, folded = ?4, department_id = ?5, priority = ?6, is_active = ?7, updated_at = ?8, version = version + 1 WHERE id = ?1 AND version = ?9"
        ),
        params![
            k.id,
            &k.word,
            &k.lowered,
            &k.folded,
            k.department_id,
            k.priority,
            k.is_active,
            tx.now(),
            k.version
        ],
    )?;
    Ok(changed == 1)
}

pub(super) fn delete_keyword(tx: &Tx<'_>, id: KeywordId) -> Result<()> {
    tx.must(sql!("DELETE FROM keywords WHERE id = ?1"), params![id], "keyword")
}

pub(super) fn insert(tx: &Tx<'_>, d: &Decision, department: Option<DepartmentId>) -> Result<AssignmentId> {
    let detail = serde_json::to_string(&Detail::of(d)).map_err(platform::Error::internal)?;
    tx.insert(
        sql!(
            "INSERT INTO assignments (ticket_id, message_id, at, department_id, user_id, assigned_by, strategy, reason, settings_version, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id"
        ),
        params![
            d.ticket_id,
            d.message_id,
            d.at,
            department,
            d.winner.as_ref().map(|w| w.id),
            d.assigned_by.as_ref().map(|w| w.id),
            d.strategy.as_str(),
            d.reason.as_str(),
            d.settings_version,
            detail
        ],
    )
}

/// A row of `assignments`.
#[derive(Debug, Clone)]
pub(super) struct AssignmentRow {
    pub id: AssignmentId,
    pub ticket_id: TicketId,
    pub message_id: Option<MessageId>,
    pub at: i64,
    pub department_id: Option<DepartmentId>,
    pub user_id: Option<UserId>,
    pub assigned_by: Option<UserId>,
    pub strategy: Strategy,
    pub reason: Reason,
    pub settings_version: i64,
    pub detail: Detail,
}

/// Whether there is a decision about a ticket.
pub(super) fn was_decided(c: &Conn<'_>, ticket: TicketId) -> Result<bool> {
    let one: Option<i64> =
        c.value(sql!("SELECT id FROM assignments WHERE ticket_id = ?1 LIMIT 1"), params![ticket])?;
    Ok(one.is_some())
}

/// The decisions about a ticket, newest first.
pub(super) fn decisions(c: &Conn<'_>, ticket: TicketId, limit: i64) -> Result<Vec<AssignmentRow>> {
    c.all(
        sql!(
            "SELECT id, ticket_id, message_id, at, department_id, user_id, assigned_by, strategy, reason, settings_version, detail FROM assignments WHERE ticket_id = ?1 ORDER BY id DESC LIMIT ?2"
        ),
        params![ticket, limit],
        |r| {
            let mut r = r.columns();
            Ok(AssignmentRow {
                id: r.next()?,
                ticket_id: r.next()?,
                message_id: r.next()?,
                at: r.next()?,
                department_id: r.next()?,
                user_id: r.next()?,
                assigned_by: r.next()?,
                strategy: Strategy::parse(&r.next::<String>()?),
                reason: Reason::parse(&r.next::<String>()?),
                settings_version: r.next()?,
                detail: serde_json::from_str(&r.next::<String>()?).unwrap_or_default(),
            })
        },
    )
}
