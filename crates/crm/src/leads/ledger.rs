//! How many leads there are and what they are worth, by stage, owner and department: exact at any moment.
//!
//! A ledger, because one counter would make everybody wait for everybody: a change adds lines to `lead_deltas`; [`fold`]
//! brings them into `lead_totals`; what is read is the sum of both. Archived leads are not counted.

use std::collections::{BTreeMap, HashMap};

use people::UserId;
use platform::{
    Conn, Db, Result, Tx,
    db::{LockKey, Sql, Value, dialect},
    params, sql,
};

use super::{
    Lead, LeadScope,
    query::{self, Built, Selection},
};
use crate::{StageId, pipelines::Pipeline};

/// Lines that are folded in one transaction.
const FOLDED: usize = 500;
/// Such transactions in one go, so that a node that stops is not held up.
const ROUNDS: usize = 200;

/// What a lead is counted under: stage, owner, department, overdue.
type Place = (i64, i64, i64, bool);

/// Nobody, or none.
const NONE: i64 = 0;

fn place(lead: &Lead) -> Option<(Place, i64)> {
    lead.archived_at.is_none().then(|| {
        let owner = lead.owner_id.map_or(NONE, |u| u.0);
        let department = lead.department_id.map_or(NONE, |d| d.0);
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

/// What many changes in one transaction mean, in as few lines as there are places.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<Place, (i64, i64)>);

impl Tally {
    /// As [`count`], when [`store`](Self::store) is called.
    pub fn count(&mut self, before: Option<&Lead>, after: Option<&Lead>) {
        for (lead, sign) in [(before, -1), (after, 1)] {
            if let Some((place, value)) = lead.and_then(place) {
                let sum = self.0.entry(place).or_default();
                (sum.0, sum.1) = (sum.0 + sign, sum.1 + sign * value);
            }
        }
    }

    pub fn store(self, tx: &Tx<'_>) -> Result<()> {
        for ((stage, owner, department, overdue), (leads, value)) in self.0 {
            tx.exec(
                sql!(
                    "INSERT INTO lead_deltas (stage_id, owner_id, department_id, is_overdue, leads, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                ),
                params![stage, owner, department, overdue, leads, value],
            )?;
        }
        Ok(())
    }
}

/// What is in one stage, as far as somebody may see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTotal {
    pub leads: i64,
    /// Those among them that are marked as overdue.
    pub overdue: i64,
    /// Minor units of the pipeline's currency.
    pub value: i64,
}

/// The stages of a pipeline that have leads which `scope` may see. One query.
pub fn totals(c: &Conn<'_>, scope: &LeadScope, pipeline: &Pipeline) -> Result<HashMap<StageId, StageTotal>> {
    let stages = pipeline.stages.iter().map(|s| s.id).collect();
    by_stage(c, scope, &Selection { stages: Some(stages), ..Selection::default() })
}

/// The same of a selection by stage, owner, department and overdue alone.
pub(super) fn by_stage(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
) -> Result<HashMap<StageId, StageTotal>> {
    debug_assert!(s.is_by_place());
    let mut b = Built::default();
    let filter = filter(&mut b, scope, s);
    let sums = |n: &str, value: &str| {
        format!(
            "SELECT stage_id, is_overdue, CAST(sum({n}) AS bigint) AS leads, CAST(sum({value}) AS bigint) AS value"
        )
    };
    // A vendor's leads are few, and the ledger does not know whose they are.
    b.text = match scope {
        LeadScope::Vendor(_) => format!(
            "{} FROM leads WHERE archived_at IS NULL{filter} GROUP BY stage_id, is_overdue",
            sums("1", "coalesce(value, 0)")
        ),
        _ => format!(
            "{} FROM (SELECT stage_id, is_overdue, leads, value FROM lead_totals WHERE 1 = 1{filter} \
             UNION ALL SELECT stage_id, is_overdue, leads, value FROM lead_deltas WHERE 1 = 1{filter}) AS lines \
             GROUP BY stage_id, is_overdue",
            sums("leads", "value")
        ),
    };
    let rows: Vec<(StageId, bool, i64, i64)> =
        c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    let mut all: HashMap<StageId, StageTotal> = HashMap::new();
    for (stage, is_overdue, leads, value) in rows {
        let total = all.entry(stage).or_default();
        total.leads += leads;
        total.value += value;
        if is_overdue {
            total.overdue += leads;
        }
    }
    all.retain(|_, total| *total != StageTotal::default());
    Ok(all)
}

/// How many leads are in a selection by stage, owner, department and overdue alone.
pub(super) fn count_of(c: &Conn<'_>, scope: &LeadScope, s: &Selection) -> Result<i64> {
    Ok(by_stage(c, scope, s)?.values().map(|t| t.leads).sum())
}

/// The conditions of a selection over the lines of the ledger, where nobody and none are 0.
fn filter(b: &mut Built, scope: &LeadScope, s: &Selection) -> String {
    // A program is nobody, and yet what is nobody's is not its own.
    const NOT_NOBODY: UserId = UserId(-1);
    let scope = &match scope {
        LeadScope::Own(UserId(NONE)) => LeadScope::Own(NOT_NOBODY),
        LeadScope::Team { user: UserId(NONE), departments } => {
            LeadScope::Team { user: NOT_NOBODY, departments: departments.clone() }
        }
        other => other.clone(),
    };
    let mut text = String::new();
    for condition in query::conditions(b, scope, s) {
        text.push_str(" AND ");
        text.push_str(&condition.text);
    }
    match scope {
        LeadScope::Vendor(_) => text,
        _ => text.replace("owner_id IS NULL", "owner_id = 0"),
    }
}

/// Brings up to 500 lines into the totals; how many there were.
pub fn fold(tx: &Tx<'_>) -> Result<usize> {
    let lines: Vec<(i64, Place, i64, i64)> = tx.all(
        sql!("SELECT id, stage_id, owner_id, department_id, is_overdue, leads, value FROM lead_deltas ORDER BY id LIMIT 500"),
        &[],
        |row| {
            let mut r = row.columns();
            Ok((r.next()?, (r.next()?, r.next()?, r.next()?, r.next()?), r.next()?, r.next()?))
        },
    )?;
    if lines.is_empty() {
        return Ok(0);
    }
    let mut sums: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for (_, place, leads, value) in &lines {
        let sum = sums.entry(*place).or_default();
        (sum.0, sum.1) = (sum.0 + leads, sum.1 + value);
    }
    let ids: Vec<Value<'_>> = lines.iter().map(|line| Value::from(line.0)).collect();
    let text = format!("DELETE FROM lead_deltas WHERE id IN ({})", dialect::in_list(1, ids.len()));
    tx.exec(Sql::built(&text), &ids)?;
    for ((stage, owner, department, overdue), (leads, value)) in sums {
        if (leads, value) == (0, 0) {
            continue;
        }
        tx.exec(
            sql!(
                "INSERT INTO lead_totals (stage_id, owner_id, department_id, is_overdue, leads, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (stage_id, owner_id, department_id, is_overdue) DO UPDATE SET leads = lead_totals.leads + excluded.leads, value = lead_totals.value + excluded.value"
            ),
            params![stage, owner, department, overdue, leads, value],
        )?;
    }
    Ok(lines.len())
}

/// Folds what there is. One node at a time: the others wait, and find it done.
pub async fn fold_all(db: &Db) -> Result<()> {
    for _ in 0..ROUNDS {
        let is_there = |c: &Conn<'_>| c.value::<i64>(sql!("SELECT id FROM lead_deltas LIMIT 1"), &[]);
        if db.read(is_there).await?.is_none() || db.write_locked(vec![turn()], fold).await? < FOLDED {
            break;
        }
    }
    Ok(())
}

fn turn() -> LockKey {
    LockKey::of_text(9, "lead_totals")
}
