//! Leads by the hundred: made by an import, and taken back by its undo. What [`create`](super::create) keeps in step is kept
//! here too; only what a new contact makes known is not asked for, and the counts are written once for all.

use people::contacts;
use platform::{
    Conn, Result, Tx,
    clock::Millis,
    db::{
        Sql, Value,
        dialect::{fill_list, in_list},
    },
    events::{self, Origin},
    params, sql,
};
use serde_json::json;

use super::{
    Lead, NewLead, change,
    due::due_at,
    events as kinds,
    ledger::{self, Tally},
    others, score,
    settings::LeadSettings,
    store,
    students::{self, NewStudent},
    tell,
};
use crate::{ImportId, LeadId, PipelineId, interactions, pipelines::Pipeline, tasks};
use people::ContactId;

/// What a lead is made with besides its own words.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    pub pipeline: &'a Pipeline,
    pub settings: &'a LeadSettings,
    /// The kinds of address of a contact that was made for it; `None`: a contact that was there.
    pub new_contact: Option<&'a [&'static str]>,
    /// When it came about elsewhere.
    pub created_at: Option<Millis>,
}

/// Makes a lead; `tally` is stored at the end of the transaction.
pub fn create(
    tx: &Tx<'_>,
    origin: &Origin,
    mut new: NewLead<'_>,
    around: Around<'_>,
    tally: &mut Tally,
) -> Result<Lead> {
    let (stage, students) = (new.stage, std::mem::take(&mut new.students));
    let mut lead = change::begun(tx.now(), origin, new);
    lead.created_at = around.created_at.unwrap_or(lead.created_at);
    (lead.score, lead.score_parts) = match around.new_contact {
        Some(kinds) => score::of_new(&lead, around.pipeline, around.settings, kinds),
        None => score::of(tx, &lead, around.pipeline)?,
    };
    change::settle(tx, origin, &mut lead, around.pipeline, stage, &students)?;
    tally.count(None, Some(&lead));
    Ok(lead)
}

/// The newest lead of each contact in a pipeline that is not archived. One query.
pub fn newest_of(
    c: &Conn<'_>,
    pipeline: PipelineId,
    contacts: &[ContactId],
) -> Result<Vec<(ContactId, LeadId)>> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = vec![pipeline.into()];
    values.extend(contacts.iter().map(Value::from));
    fill_list(&mut values, 1);
    let text = format!(
        "SELECT contact_id, max(id) FROM leads WHERE contact_id IN ({}) AND pipeline_id = ?1 AND archived_at IS NULL GROUP BY contact_id",
        in_list(2, values.len() - 1)
    );
    c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))
}

/// Those of `ids` that are there. One query.
pub fn by_ids(c: &Conn<'_>, ids: &[LeadId]) -> Result<Vec<Lead>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    fill_list(&mut values, 0);
    let list = in_list(1, values.len());
    let text = format!("SELECT {} FROM leads WHERE id IN ({list})", store::COLUMNS);
    c.all(Sql::built(&text), &values, store::read)
}

/// Whether somebody worked on the lead after the event `since`: whatever was not the program's own doing nor that of `own`.
/// What is done about its tasks, and what is logged about it, is recorded of the lead.
pub fn is_touched(c: &Conn<'_>, own: &Origin, lead: LeadId, since: i64) -> Result<bool> {
    events::touched_since(c, "lead", lead.0, since, own.request_id.as_deref())
}

/// Deletes a lead that nobody has worked on.
pub fn remove(tx: &Tx<'_>, origin: &Origin, lead: &Lead, import: ImportId, tally: &mut Tally) -> Result<()> {
    for text in [
        sql!("DELETE FROM students WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_tags WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_values WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_warnings WHERE lead_id = ?1"),
        sql!("DELETE FROM stage_moves WHERE lead_id = ?1"),
    ] {
        tx.exec(text, params![lead.id])?;
    }
    others::remove(tx, lead.id)?;
    // What its stages asked for, and what its moves left.
    tasks::forget(tx, lead.id)?;
    interactions::forget(tx, lead.id)?;
    tx.exec(sql!("DELETE FROM leads WHERE id = ?1"), params![lead.id])?;
    tally.count(Some(lead), None);
    tell::record(tx, origin, lead, kinds::REMOVED, json!({ "import_id": import }))
}

/// Adds students, who were checked, to a lead that was there; their ids.
pub fn add_students(tx: &Tx<'_>, origin: &Origin, lead: &Lead, new: &[NewStudent]) -> Result<Vec<i64>> {
    let mut added = Vec::with_capacity(new.len());
    for student in new {
        let id = students::insert(tx, lead.id, student)?;
        let data = json!({ "student_id": id, "change": "added" });
        tell::record(tx, origin, lead, kinds::STUDENTS_CHANGED, data)?;
        added.push(id);
    }
    Ok(added)
}

/// Takes those students off a lead again that are still on it.
pub fn remove_students(tx: &Tx<'_>, origin: &Origin, lead: &Lead, ids: &[i64]) -> Result<()> {
    for id in ids {
        let text = sql!("DELETE FROM students WHERE id = ?1 AND lead_id = ?2");
        if tx.exec(text, params![*id, lead.id])? > 0 {
            let data = json!({ "student_id": id, "change": "removed" });
            tell::record(tx, origin, lead, kinds::STUDENTS_CHANGED, data)?;
        }
    }
    Ok(())
}

/// When things happened to a lead that is put back where it was.
#[derive(Debug, Clone)]
pub struct Clocks {
    pub currency: String,
    pub stage_entered_at: Millis,
    pub last_interaction_at: Option<Millis>,
    pub closed_at: Option<Millis>,
    pub is_overdue: bool,
}

/// The lead was never moved by `own`: its times are those from before, and what its moves left and asked for goes.
pub fn turn_back(tx: &Tx<'_>, own: &Origin, id: LeadId, clocks: Clocks) -> Result<()> {
    let Some(lead) = store::lock(tx, id)? else { return Ok(()) };
    let mut after = lead.clone();
    after.currency = clocks.currency;
    (after.stage_entered_at, after.closed_at) = (clocks.stage_entered_at, clocks.closed_at);
    after.last_interaction_at = clocks.last_interaction_at;
    after.touched_at = after.stage_entered_at.max(after.last_interaction_at.unwrap_or(0));
    let sla = crate::pipelines::sla_of(tx, after.stage_id)?;
    after.due_at = due_at(&after, sla.as_ref());
    after.is_overdue = clocks.is_overdue && after.due_at.is_some_and(|due| due <= tx.now());
    after.version += 1;
    store::update(tx, &after, lead.version)?;
    ledger::count(tx, Some(&lead), Some(&after))?;
    let Some(request) = own.request_id.as_deref() else { return Ok(()) };
    let moved = events::times_of(tx, "lead", id.0, kinds::STATUS_CHANGED, request)?;
    tasks::forget_follow_ups(tx, id, &moved)?;
    interactions::forget_moves(tx, id, &moved)?;
    let mut values: Vec<Value<'_>> = vec![id.into()];
    values.extend(moved.iter().map(Value::from));
    let list = in_list(2, moved.len());
    let text = format!(
        "DELETE FROM stage_moves WHERE lead_id = ?1 AND from_stage_id IS NOT NULL AND at IN ({list})"
    );
    tx.exec(Sql::built(&text), &values)?;
    Ok(())
}

/// Deletes a contact that was made for a lead which is gone, if nothing else has happened to it since the event `since` and
/// nobody needs it.
pub fn remove_contact(tx: &Tx<'_>, origin: &Origin, contact: ContactId, since: i64) -> Result<()> {
    let other: Option<i64> =
        tx.value(sql!("SELECT id FROM leads WHERE contact_id = ?1 LIMIT 1"), params![contact])?;
    if other.is_some()
        || contacts::bulk::is_needed(tx, contact)?
        || events::contact_touched_since(tx, contact.0, since, origin.request_id.as_deref())?
    {
        return Ok(());
    }
    contacts::bulk::unmake(tx, origin, contact)
}
