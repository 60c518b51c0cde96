//! How many leads there are and what they are worth, by stage, owner and department: exact at any moment.
//!
//! A ledger, because one counter would make everybody wait for everybody: a change adds lines to `lead_deltas`; [`fold`]
//! brings them into `lead_totals`; what is read is the sum of both. Archived leads are not counted.

use std::collections::BTreeMap;

use platform::{Result, Tx, db::Sql, db::dialect, params, sql};

use super::Lead;

/// What a lead is counted under: stage, owner, department, overdue.
type Place = (i64, i64, i64, bool);

fn place(lead: &Lead) -> Option<(Place, i64)> {
    lead.archived_at.is_none().then(|| {
        let owner = lead.owner_id.map_or(0, |u| u.0);
        let department = lead.department_id.map_or(0, |d| d.0);
        ((lead.stage_id.0, owner, department, lead.is_overdue), lead.value.unwrap_or(0))
    })
}

/// Counts what a change means: `before` no more, `after` from now on.
pub fn count(tx: &Tx<'_>, before: Option<&Lead>, after: Option<&Lead>) -> Result<()> {
    let (before, after) = (before.and_then(place), after.and_then(place));
    if before == after {
        return Ok(());
    }
    let lines = [(before, -1), (after, 1)];
    for (((stage, owner, department, overdue), value), sign) in
        lines.into_iter().filter_map(|(p, sign)| Some((p?, sign)))
    {
        tx.exec(
            sql!(
                "INSERT INTO lead_deltas (stage_id, owner_id, department_id, is_overdue, leads, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
            ),
            params![stage, owner, department, overdue, sign, sign * value],
        )?;
    }
    Ok(())
}

/// Brings up to 500 lines into the totals; how many there were.
pub fn fold(tx: &Tx<'_>) -> Result<u64> {
    let text = format!(
        "SELECT id, stage_id, owner_id, department_id, is_overdue, leads, value FROM lead_deltas ORDER BY id LIMIT 500{}",
        dialect::skip_locked(tx)
    );
    let lines: Vec<(i64, Place, i64, i64)> = tx.all(Sql::built(&text), &[], |row| {
        let mut r = row.columns();
        Ok((r.next()?, (r.next()?, r.next()?, r.next()?, r.next()?), r.next()?, r.next()?))
    })?;
    let mut sums: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for (id, place, leads, value) in &lines {
        let sum = sums.entry(*place).or_default();
        (sum.0, sum.1) = (sum.0 + leads, sum.1 + value);
        tx.exec(sql!("DELETE FROM lead_deltas WHERE id = ?1"), params![id])?;
    }
    for ((stage, owner, department, overdue), (leads, value)) in sums {
        tx.exec(
            sql!(
                "INSERT INTO lead_totals (stage_id, owner_id, department_id, is_overdue, leads, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (stage_id, owner_id, department_id, is_overdue) DO UPDATE SET leads = lead_totals.leads + excluded.leads, value = lead_totals.value + excluded.value"
            ),
            params![stage, owner, department, overdue, leads, value],
        )?;
    }
    Ok(lines.len() as u64)
}
