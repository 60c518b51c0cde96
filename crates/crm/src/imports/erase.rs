//! What imports keep of a person's leads when they are erased: that a row was taken, and what became of it, stays. The table
//! that it stood in is cleared away, with everybody else's rows in it; what was taken from it is not touched.

use people::contacts::erase::Traces;
use platform::{
    Result, Tx,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};

pub(crate) use super::clear::clear_files;
use crate::{ImportId, LeadId};

/// Forgets what these leads were before imports changed them, and has the tables of those imports, and of those that made
/// the leads, cleared away. One that is at work keeps its table until it has done.
pub(crate) fn forget(tx: &Tx<'_>, leads: &[LeadId], traces: &Traces) -> Result<()> {
    let list = in_list(1, leads.len());
    let values: Vec<Value<'_>> = leads.iter().map(Value::from).collect();
    let text = format!(
        "SELECT DISTINCT import_id FROM import_rows WHERE lead_id IN ({list}) AND before IS NOT NULL"
    );
    let mut imports: Vec<ImportId> = tx.all(Sql::built(&text), &values, |r| r.get(0))?;
    let text =
        format!("UPDATE import_rows SET before = NULL WHERE lead_id IN ({list}) AND before IS NOT NULL");
    tx.exec(Sql::built(&text), &values)?;
    imports.extend(crate::leads::erase::imports(tx, leads)?);
    imports.sort_unstable();
    imports.dedup();
    for id in imports {
        // Equal files share their bytes, whoever sent them.
        tx.exec(
            sql!(
                "UPDATE imports SET cleared_at = ?2, sample = '[]', version = version + 1 WHERE (id = ?1 OR blob_key = (SELECT blob_key FROM imports WHERE id = ?1)) AND cleared_at IS NULL AND state NOT IN ('checking', 'running', 'undoing')"
            ),
            params![id, tx.now()],
        )?;
        let name: Option<String> =
            tx.value(sql!("SELECT file_name FROM imports WHERE id = ?1"), params![id])?;
        if name.is_some_and(|name| traces.are_in_text(&name)) {
            tx.exec(sql!("UPDATE imports SET file_name = 'erased.csv' WHERE id = ?1"), params![id])?;
        }
    }
    Ok(())
}
