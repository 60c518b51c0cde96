//! The rows of `leads` and `stage_moves`.

use std::collections::HashMap;

use people::ContactId;
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect},
    events::Origin,
    fold::fold,
    params, sql,
};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{Lead, Priority};
use crate::{LeadId, StageId};

/// In the order of [`read`].
pub const COLUMNS: &str = "id, contact_id, pipeline_id, stage_id, name, source, owner_id, department_id, vendor_id, \
    disposition, priority, value, currency, score, score_parts, tags, notes, custom, checklist, metadata, \
    stage_entered_at, last_interaction_at, first_contact_at, touched_at, due_at, is_overdue, outcome, lost_reason, \
    closed_at, archived_at, import_id, created_by, created_at, updated_at, version";

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

pub fn read(row: Row<'_>) -> Result<Lead> {
    let mut r = row.columns();
    Ok(Lead {
        id: r.next()?,
        contact_id: r.next()?,
        pipeline_id: r.next()?,
        stage_id: r.next()?,
        name: r.next()?,
        source: r.next()?,
        owner_id: r.next()?,
        department_id: r.next()?,
        vendor_id: r.next()?,
        disposition: r.next()?,
        priority: Priority::from_rank(r.next()?),
        value: r.next()?,
        currency: r.next()?,
        score: r.next()?,
        score_parts: parsed(&r.next::<String>()?)?,
        tags: parsed(&r.next::<String>()?)?,
        notes: r.next()?,
        custom: parsed(&r.next::<String>()?)?,
        checklist: parsed(&r.next::<String>()?)?,
        metadata: parsed(&r.next::<String>()?)?,
        stage_entered_at: r.next()?,
        last_interaction_at: r.next()?,
        first_contact_at: r.next()?,
        touched_at: r.next()?,
        due_at: r.next()?,
        is_overdue: r.next()?,
        outcome: r.next::<Option<String>>()?.map(|o| o.parse()).transpose()?,
        lost_reason: r.next()?,
        closed_at: r.next()?,
        archived_at: r.next()?,
        import_id: r.next()?,
        created_by: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

pub fn get(c: &Conn<'_>, id: LeadId) -> Result<Option<Lead>> {
    let text = format!("SELECT {COLUMNS} FROM leads WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

pub fn lock(tx: &Tx<'_>, id: LeadId) -> Result<Option<Lead>> {
    let text = format!("SELECT {COLUMNS} FROM leads WHERE id = ?1{}", dialect::for_update(tx));
    tx.opt(Sql::built(&text), params![id], read)
}

pub fn of_contact(c: &Conn<'_>, contact: ContactId) -> Result<Vec<Lead>> {
    let text = format!(
        "SELECT {COLUMNS} FROM leads WHERE contact_id = ?1 AND archived_at IS NULL ORDER BY id DESC LIMIT 100"
    );
    c.all(Sql::built(&text), params![contact], read)
}

/// The first lead of each of these contacts that has one.
pub fn first_of_contacts(c: &Conn<'_>, contacts: &[ContactId]) -> Result<HashMap<ContactId, LeadId>> {
    if contacts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = contacts.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let text = format!(
        "SELECT contact_id, min(id) FROM leads WHERE contact_id IN ({}) GROUP BY contact_id",
        dialect::in_list(1, values.len())
    );
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// The leads behind `after`, by id, locked against other transactions.
pub fn lock_after(tx: &Tx<'_>, after: LeadId, limit: i64) -> Result<Vec<Lead>> {
    let text =
        format!("SELECT {COLUMNS} FROM leads WHERE id > ?1 ORDER BY id LIMIT ?2{}", dialect::for_update(tx));
    tx.all(Sql::built(&text), params![after, limit], read)
}

/// The newest leads that are not archived.
pub fn newest(c: &Conn<'_>, limit: i64) -> Result<Vec<Lead>> {
    let text = format!(
        "SELECT {COLUMNS} FROM leads WHERE archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ?1"
    );
    c.all(Sql::built(&text), params![limit], read)
}

/// Gives a lead another score, and leaves the rest of it alone; 409 `stale_version` where it is not of `expected`.
pub fn set_score(tx: &Tx<'_>, id: LeadId, expected: i64, score: i64, parts: &Json) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE leads SET score = ?3, score_parts = ?4, version = version + 1 WHERE id = ?1 AND version = ?2"
        ),
        params![id, expected, score, text(parts)?],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

/// The leads of a stage that are not archived behind one made at `after`, in that order, locked against other transactions.
pub fn lock_in(tx: &Tx<'_>, stage: StageId, after: (Millis, LeadId), limit: i64) -> Result<Vec<Lead>> {
    let text = format!("{}{}", text_in(), dialect::for_update(tx));
    tx.all(Sql::built(&text), params![stage, after.0, after.1, limit], read)
}

/// What it asks.
pub fn text_in() -> String {
    format!(
        "SELECT {COLUMNS} FROM leads WHERE stage_id = ?1 AND archived_at IS NULL AND (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4"
    )
}

/// Stores a lead; its `id` counts for nothing.
pub fn insert(tx: &Tx<'_>, l: &Lead) -> Result<LeadId> {
    tx.insert(
        sql!(
            "INSERT INTO leads (contact_id, pipeline_id, stage_id, name, name_folded, source, owner_id, department_id, vendor_id, disposition, priority, value, currency, score, score_parts, tags, notes, custom, checklist, metadata, stage_entered_at, last_interaction_at, first_contact_at, touched_at, due_at, is_overdue, outcome, lost_reason, closed_at, archived_at, import_id, created_by, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35) RETURNING id"
        ),
        params![
            l.contact_id,
            l.pipeline_id,
            l.stage_id,
            &l.name,
            fold(&l.name),
            &l.source,
            l.owner_id,
            l.department_id,
            l.vendor_id,
            l.disposition.as_deref(),
            l.priority.rank(),
            l.value,
            &l.currency,
            l.score,
            text(&l.score_parts)?,
            text(&l.tags)?,
            &l.notes,
            text(&l.custom)?,
            text(&l.checklist)?,
            text(&l.metadata)?,
            l.stage_entered_at,
            l.last_interaction_at,
            l.first_contact_at,
            l.touched_at,
            l.due_at,
            l.is_overdue,
            l.outcome.map(super::Outcome::as_str),
            l.lost_reason.as_deref(),
            l.closed_at,
            l.archived_at,
            l.import_id,
            l.created_by,
            l.created_at,
            l.updated_at,
            l.version
        ],
    )
}

/// Stores `l` if the row is still of `expected`; 409 `stale_version` otherwise.
pub fn update(tx: &Tx<'_>, l: &Lead, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE leads SET contact_id = ?3, pipeline_id = ?4, stage_id = ?5, name = ?6, name_folded = ?7, source = ?8, owner_id = ?9, department_id = ?10, disposition = ?11, priority = ?12, value = ?13, currency = ?14, score = ?15, score_parts = ?16, tags = ?17, notes = ?18, custom = ?19, checklist = ?20, metadata = ?21, stage_entered_at = ?22, last_interaction_at = ?23, first_contact_at = ?24, touched_at = ?25, due_at = ?26, is_overdue = ?27, outcome = ?28, lost_reason = ?29, closed_at = ?30, archived_at = ?31, updated_at = ?32, version = ?33 WHERE id = ?1 AND version = ?2"
        ),
        params![
            l.id,
            expected,
            l.contact_id,
            l.pipeline_id,
            l.stage_id,
            &l.name,
            fold(&l.name),
            &l.source,
            l.owner_id,
            l.department_id,
            l.disposition.as_deref(),
            l.priority.rank(),
            l.value,
            &l.currency,
            l.score,
            text(&l.score_parts)?,
            text(&l.tags)?,
            &l.notes,
            text(&l.custom)?,
            text(&l.checklist)?,
            text(&l.metadata)?,
            l.stage_entered_at,
            l.last_interaction_at,
            l.first_contact_at,
            l.touched_at,
            l.due_at,
            l.is_overdue,
            l.outcome.map(super::Outcome::as_str),
            l.lost_reason.as_deref(),
            l.closed_at,
            l.archived_at,
            l.updated_at,
            l.version
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

/// A line of a lead's way.
pub fn insert_move(
    tx: &Tx<'_>,
    origin: &Origin,
    lead: LeadId,
    from: Option<StageId>,
    to: StageId,
    time_in_previous: Option<Millis>,
    reason: Option<&str>,
) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO stage_moves (lead_id, from_stage_id, to_stage_id, at, time_in_previous, actor_kind, actor_id, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        ),
        params![lead, from, to, tx.now(), time_in_previous, origin.actor.kind(), origin.actor.id(), reason],
    )?;
    Ok(())
}
