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

use super::{Lead, NewLead, change, events as kinds, ledger::Tally, score, settings::LeadSettings, tell};
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

/// Whether somebody worked on the lead after the event `since`: whatever was not the program's own doing nor that of `own`, a
/// task, an interaction.
pub fn is_touched(c: &Conn<'_>, own: &Origin, lead: LeadId, since: i64) -> Result<bool> {
    Ok(events::touched_since(c, "lead", lead.0, since, own.request_id.as_deref())?
        || tasks::has_any(c, lead)?
        || interactions::has_any(c, lead)?)
}

/// Deletes a lead that nobody has worked on.
pub fn remove(tx: &Tx<'_>, origin: &Origin, lead: &Lead, import: ImportId, tally: &mut Tally) -> Result<()> {
    for text in [
        sql!("DELETE FROM students WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_tags WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_values WHERE lead_id = ?1"),
        sql!("DELETE FROM lead_warnings WHERE lead_id = ?1"),
        sql!("DELETE FROM stage_moves WHERE lead_id = ?1"),
        sql!("DELETE FROM leads WHERE id = ?1"),
    ] {
        tx.exec(text, params![lead.id])?;
    }
    tally.count(Some(lead), None);
    tell::record(tx, origin, lead, kinds::REMOVED, json!({ "import_id": import }))
}

/// Deletes a contact that was made for a lead which is gone, if nothing else has happened to it since the event `since`.
pub fn remove_contact(tx: &Tx<'_>, origin: &Origin, contact: ContactId, since: i64) -> Result<()> {
    let other: Option<i64> =
        tx.value(sql!("SELECT id FROM leads WHERE contact_id = ?1 LIMIT 1"), params![contact])?;
    if other.is_some() || events::contact_touched_since(tx, contact.0, since, origin.request_id.as_deref())? {
        return Ok(());
    }
    contacts::bulk::unmake(tx, origin, contact)
}
