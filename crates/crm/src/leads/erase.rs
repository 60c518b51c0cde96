//! A person's leads when they are erased: where they stand, what they are worth, whose they are and all their times stay, and
//! so does every count.

use people::{
    ContactId,
    contacts::erase::{ERASED, Traces},
};
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    events::Origin,
    fold::fold,
    params, search as index, sql,
};
use serde_json::{Value as Json, json};

use super::{events, others, search::INDEX, store, tell};
use crate::{ImportId, LeadId, pipelines};

/// Leads of these contacts from `from` on, the oldest first, archived ones too.
pub(crate) fn ids(c: &Conn<'_>, contacts: &[ContactId], from: LeadId, limit: i64) -> Result<Vec<LeadId>> {
    let text = format!(
        "SELECT id FROM leads WHERE contact_id IN ({}) AND id >= ?1 ORDER BY id LIMIT ?2",
        in_list(3, contacts.len())
    );
    let mut values = vec![Value::from(from), Value::from(limit)];
    values.extend(contacts.iter().map(Value::from));
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// The imports that made these leads.
pub(crate) fn imports(c: &Conn<'_>, leads: &[LeadId]) -> Result<Vec<ImportId>> {
    let text = format!(
        "SELECT DISTINCT import_id FROM leads WHERE id IN ({}) AND import_id IS NOT NULL",
        in_list(1, leads.len())
    );
    let values: Vec<Value<'_>> = leads.iter().map(Value::from).collect();
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// Takes the name, the notes, the fields and what came besides, the students and the reasons that somebody wrote.
pub(crate) fn replace(tx: &Tx<'_>, id: LeadId, traces: &Traces) -> Result<()> {
    let Some(lead) = store::lock(tx, id)? else { return Ok(()) };
    let students = tx.exec(
        sql!(
            "UPDATE students SET name = ?2, grade_applying_for = NULL, date_of_birth = NULL, version = version + 1, updated_at = ?3 WHERE lead_id = ?1 AND (name <> ?2 OR grade_applying_for IS NOT NULL OR date_of_birth IS NOT NULL)"
        ),
        params![id, ERASED, tx.now()],
    )?;
    tx.exec(sql!("DELETE FROM lead_values WHERE lead_id = ?1"), params![id])?;
    others::remove(tx, id)?;
    tx.exec(
        sql!("UPDATE stage_moves SET reason = NULL WHERE lead_id = ?1 AND reason IS NOT NULL"),
        params![id],
    )?;
    let reason = match &lead.lost_reason {
        Some(reason) => pipelines::get(tx, lead.pipeline_id)?
            .is_some_and(|p| p.lost_reasons.contains(reason))
            .then_some(reason.as_str()),
        None => None,
    };
    let is_empty =
        lead.notes.is_empty() && lead.custom.is_empty() && lead.metadata == Json::Object(Default::default());
    // A tag says what many are; one that names the person does not.
    let tags: Vec<&String> = lead.tags.iter().filter(|tag| !traces.are_in_text(tag)).collect();
    for tag in lead.tags.iter().filter(|tag| !tags.contains(tag)) {
        tx.exec(sql!("DELETE FROM lead_tags WHERE tag = ?2 AND lead_id = ?1"), params![id, tag])?;
    }
    let is_same =
        lead.name == ERASED && lead.lost_reason.as_deref() == reason && tags.len() == lead.tags.len();
    if students == 0 && is_empty && is_same {
        return Ok(());
    }
    tx.exec(
        sql!(
            "UPDATE leads SET name = ?2, name_folded = ?3, notes = '', custom = '{}', metadata = '{}', lost_reason = ?4, updated_at = ?5, tags = ?6, version = version + 1 WHERE id = ?1"
        ),
        params![id, ERASED, fold(ERASED), reason, tx.now(), json!(tags).to_string()],
    )?;
    index::remove(tx, INDEX, id.0)?;
    let data = json!({ "fields": ["name", "notes", "custom"], "before": {}, "after": {} });
    tell::record(tx, &Origin::system(), &lead, events::UPDATED, data)
}
