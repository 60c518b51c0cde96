//! All SQL of `interactions`.

use std::collections::HashMap;

use people::ContactId;
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{
        Row, Sql, Value,
        dialect::{fill_list, in_list},
    },
    params, sql,
};

use super::{Interaction, InteractionOutcome, InteractionType};
use crate::{InteractionId, LeadId};

/// In the order of [`read`].
const COLUMNS: &str = "id, lead_id, contact_id, type, outcome, summary, duration_seconds, occurred_at, created_by, \
    created_at, updated_at, version";

fn read(row: Row<'_>) -> Result<Interaction> {
    let mut r = row.columns();
    Ok(Interaction {
        id: r.next()?,
        lead_id: r.next()?,
        contact_id: r.next()?,
        kind: r.next::<String>()?.parse()?,
        outcome: r.next::<Option<String>>()?.map(|o| o.parse()).transpose()?,
        summary: r.next()?,
        duration_seconds: r.next()?,
        occurred_at: r.next()?,
        created_by: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: InteractionId) -> Result<Option<Interaction>> {
    let text = format!("SELECT {COLUMNS} FROM interactions WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

/// Those of `ids` that are there. One query.
pub fn by_ids(c: &Conn<'_>, ids: &[InteractionId]) -> Result<Vec<Interaction>> {
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let text = format!("SELECT {COLUMNS} FROM interactions WHERE id IN ({})", in_list(1, values.len()));
    c.all(Sql::built(&text), &values, read)
}

/// Which interactions of a lead.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub kind: Option<InteractionType>,
    pub outcome: Option<InteractionOutcome>,
    /// The last row shown.
    pub after: Option<(Millis, i64)>,
    pub limit: i64,
    pub offset: i64,
}

/// A lead's interactions, newest first; and how many there are, counted to 10 001.
pub fn list(c: &Conn<'_>, lead: LeadId, s: &Selection) -> Result<(Vec<Interaction>, i64)> {
    let mut values: Vec<Value<'static>> = vec![lead.into()];
    let mut filter = String::from("lead_id = ?1");
    if let Some(kind) = s.kind {
        values.push(kind.into());
        filter.push_str(&format!(" AND type = ?{}", values.len()));
    }
    if let Some(outcome) = s.outcome {
        values.push(outcome.into());
        filter.push_str(&format!(" AND outcome = ?{}", values.len()));
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM interactions WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((at, id)) = s.after {
        values.extend([Value::from(at), Value::from(id)]);
        let n = values.len();
        filter.push_str(&format!(" AND (occurred_at, id) < (?{}, ?{n})", n - 1));
    }
    values.extend([Value::from(s.limit), Value::from(s.offset)]);
    let n = values.len();
    let text = format!(
        "SELECT {COLUMNS} FROM interactions WHERE {filter} ORDER BY occurred_at DESC, id DESC LIMIT ?{} OFFSET ?{n}",
        n - 1
    );
    Ok((c.all(Sql::built(&text), &values, read)?, total))
}

/// Stores one; its `id` counts for nothing.
pub fn insert(tx: &Tx<'_>, i: &Interaction) -> Result<InteractionId> {
    tx.insert(
        sql!(
            "INSERT INTO interactions (lead_id, contact_id, type, outcome, summary, duration_seconds, occurred_at, created_by, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id"
        ),
        params![
            i.lead_id,
            i.contact_id,
            i.kind,
            i.outcome,
            &i.summary,
            i.duration_seconds,
            i.occurred_at,
            i.created_by,
            i.created_at,
            i.updated_at,
            i.version
        ],
    )
}

/// Stores `i` if the row is still of `expected`; 409 `stale_version` otherwise.
pub fn update(tx: &Tx<'_>, i: &Interaction, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE interactions SET type = ?3, outcome = ?4, summary = ?5, duration_seconds = ?6, occurred_at = ?7, updated_at = ?8, version = ?9 WHERE id = ?1 AND version = ?2"
        ),
        params![
            i.id,
            expected,
            i.kind,
            i.outcome,
            &i.summary,
            i.duration_seconds,
            i.occurred_at,
            i.updated_at,
            i.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub fn forget(tx: &Tx<'_>, lead: LeadId) -> Result<()> {
    tx.exec(sql!("DELETE FROM interactions WHERE lead_id = ?1"), params![lead]).map(|_| ())
}

pub fn forget_moves(tx: &Tx<'_>, lead: LeadId, times: &[Millis]) -> Result<()> {
    let mut values: Vec<Value<'_>> = vec![lead.into()];
    values.extend(times.iter().map(Value::from));
    let list = in_list(2, times.len());
    let text = format!(
        "DELETE FROM interactions WHERE lead_id = ?1 AND type = 'status_change' AND created_at IN ({list})"
    );
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

pub fn delete(tx: &Tx<'_>, id: InteractionId) -> Result<()> {
    tx.must(sql!("DELETE FROM interactions WHERE id = ?1"), params![id], "interaction")
}

/// Calls, e-mails and meetings of each lead that has any: all, good ones, bad ones.
pub fn tallies(c: &Conn<'_>, leads: &[LeadId]) -> Result<HashMap<LeadId, (i64, i64, i64)>> {
    if leads.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = leads.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let text = format!(
        "SELECT lead_id, count(*), coalesce(sum(CASE WHEN outcome IN ('connected', 'positive') THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN outcome = 'negative' THEN 1 ELSE 0 END), 0) FROM interactions WHERE lead_id IN ({}) AND type IN ('call', 'email', 'meeting') GROUP BY lead_id",
        in_list(1, values.len())
    );
    let read = |r: Row<'_>| Ok((r.get(0)?, (r.get(1)?, r.get(2)?, r.get(3)?)));
    Ok(c.all(Sql::built(&text), &values, read)?.into_iter().collect())
}

/// What there is of a lead is with this contact from now on.
pub fn hand_over(tx: &Tx<'_>, lead: LeadId, to: ContactId) -> Result<()> {
    tx.exec(sql!("UPDATE interactions SET contact_id = ?2 WHERE lead_id = ?1"), params![lead, to]).map(|_| ())
}
