//! What lists are narrowed by besides the row: the tags of leads that are not archived.

use platform::{Result, Tx, params, sql};

use super::Lead;

/// Keeps `lead_tags` in step with a change.
pub(super) fn index(tx: &Tx<'_>, before: Option<&Lead>, after: &Lead) -> Result<()> {
    let (was, is) = (before.map(present).unwrap_or_default(), present(after));
    for tag in was.iter().filter(|tag| !is.contains(tag)) {
        tx.exec(sql!("DELETE FROM lead_tags WHERE tag = ?1 AND lead_id = ?2"), params![tag, after.id])?;
    }
    for tag in is.iter().filter(|tag| !was.contains(tag)) {
        tx.exec(
            sql!(
                "INSERT INTO lead_tags (tag, lead_id) VALUES (?1, ?2) ON CONFLICT (tag, lead_id) DO NOTHING"
            ),
            params![tag, after.id],
        )?;
    }
    Ok(())
}

fn present(lead: &Lead) -> &[String] {
    if lead.archived_at.is_none() { &lead.tags } else { &[] }
}
