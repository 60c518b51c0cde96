//! Which drive a list goes along, and how many rows are in it.
//!
//! What a drive costs follows from how many rows it meets, how many of those are meant, and whether its index holds all that
//! is asked of a row; the cheapest is taken. Numbers come from the ledger or from counting along an index, never further
//! than a list counts. A wrong guess costs time and nothing else.

use platform::{Conn, Result, http::COUNT_CAP, sql};

use super::{
    Columns, DEPARTMENT, Drive, Key, OVERDUE, OWNER, Order, STAGE, Selection, VENDOR, conditions, drives,
    page::{count, size},
};
use crate::leads::{LeadScope, ledger};

/// Rows that are sorted at most.
const SORTED: i64 = COUNT_CAP;
/// So few, and no other drive is looked for.
const FEW: i64 = 200;
/// What looking at a row costs, beside passing it over inside an index (measured: 1.3 µs and 0.05 µs).
const ROW: f64 = 25.0;

/// A list and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its place among [`Plan::choices`]: what a cursor remembers.
    pub choice: usize,
    pub drive: Drive,
    /// Counted to 10 000 and one more.
    pub total: i64,
}

/// The drives of a list in a fixed order: a cursor names one by its place.
pub fn choices(scope: &LeadScope, s: &Selection) -> Vec<Drive> {
    let mut all = drives(scope, s);
    if !s.archived {
        all.push(Drive::Order);
    }
    all
}

/// Counts the list and chooses how its pages are read.
pub fn plan(c: &Conn<'_>, scope: &LeadScope, s: &Selection, order: Order, need: i64) -> Result<Plan> {
    let choices = choices(scope, s);
    let needs = needs(scope, s);
    let all = newest(c)?;
    let mut sizes = Vec::with_capacity(choices.len());
    for drive in &choices {
        let met = match drive {
            Drive::Order => all,
            // One way or none: what it meets is counted with the list.
            _ if choices.len() == 1 => all,
            _ => met(c, scope, s, drive)?,
        };
        sizes.push(met);
        if met <= FEW {
            break;
        }
    }
    let considered = || choices.iter().zip(&sizes).enumerate();
    let total = total(c, scope, s, considered().map(|(_, (drive, met))| (drive, *met)), needs)?;
    let (mut best, mut least) = (choices.len() - 1, f64::INFINITY);
    for (n, (drive, met)) in considered() {
        let Some(cost) = cost(drive, *met, total, order.key, need, needs & !drive.stands_for(s)) else {
            continue;
        };
        if cost < least {
            (best, least) = (n, cost);
        }
    }
    Ok(Plan { choice: best, drive: choices[best].clone(), total: total.min(COUNT_CAP + 1) })
}

/// In rows passed over inside an index; `None`: too many rows would have to be sorted.
fn cost(drive: &Drive, met: i64, total: i64, key: Key, need: i64, needs: Columns) -> Option<f64> {
    let each = if needs & !drive.holds(key) == 0 { 1.0 } else { ROW };
    let is_ordered = drive.order(key) == Some(key);
    if is_ordered {
        let passed = met as f64 * need as f64 / total.max(1) as f64;
        return Some(passed.min(met as f64) * each);
    }
    let is_bounded = met <= SORTED || matches!(drive, Drive::Archived | Drive::Contact(_));
    is_bounded.then(|| met as f64 * each + (total.min(met) as f64) * ROW)
}

/// The columns that are asked for.
fn needs(scope: &LeadScope, s: &Selection) -> Columns {
    let mut unused = super::Built::default();
    conditions(&mut unused, scope, s).iter().fold(0, |all, c| all | c.columns)
}

/// About how many leads there are: no fewer.
fn newest(c: &Conn<'_>) -> Result<i64> {
    c.one(sql!("SELECT coalesce(max(id), 0) FROM leads"), &[], |r| r.get(0))
}

/// How many rows a drive meets: exactly where the ledger knows, otherwise counted to 10 000 and one more.
fn met(c: &Conn<'_>, scope: &LeadScope, s: &Selection, drive: &Drive) -> Result<i64> {
    let place = match drive {
        Drive::Owner(owner) => Selection { owner: Some(*owner), ..Selection::default() },
        Drive::Department(department) => Selection { department: Some(*department), ..Selection::default() },
        Drive::Stages(stages) => Selection { stages: Some(stages.clone()), ..Selection::default() },
        Drive::Overdue => Selection { overdue: Some(true), ..Selection::default() },
        Drive::Team { .. } => return ledger::count_of(c, scope, &Selection::default()),
        _ => {
            let b = size(c.engine(), s, drive, COUNT_CAP);
            return c.one(b.sql(), &b.values, |r| r.get(0));
        }
    };
    ledger::count_of(c, &LeadScope::All, &place)
}

/// From the ledger where it counts by all that is asked for; otherwise along whichever drive meets the fewest.
fn total<'a>(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    drives: impl Iterator<Item = (&'a Drive, i64)>,
    needs: Columns,
) -> Result<i64> {
    let is_counted = needs & !(STAGE | OWNER | DEPARTMENT | OVERDUE) == 0 && needs & VENDOR == 0;
    if needs != 0 && is_counted && s.is_by_place() {
        return ledger::count_of(c, scope, s);
    }
    let price = |drive: &Drive, met: i64| {
        let rest = needs & !drive.stands_for(s);
        met as f64 * if rest & !drive.holds(Key::Created) == 0 { 1.0 } else { ROW }
    };
    let cheapest = drives
        .map(|(drive, met)| (price(drive, met), drive))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(&Drive::Order, |(_, drive)| drive);
    let b = count(c.engine(), scope, s, cheapest, COUNT_CAP);
    c.one(b.sql(), &b.values, |r| r.get(0))
}
