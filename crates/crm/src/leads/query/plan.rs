//! Which drive a list goes along, and how many rows are in it.
//!
//! What a drive costs follows from how many rows it meets, how many of those are meant, and whether its index holds all that
//! is asked of a row; the cheapest is taken. Numbers come from the ledger, or from counting along an index: as far as a list
//! counts, and never beyond a bounded amount of work. A wrong guess costs time and nothing else.

use platform::{
    Conn, Result,
    counts::{Count, Counts},
    http::COUNT_CAP,
    sql,
};

use super::{
    Columns, DEPARTMENT, Drive, Key, OVERDUE, OWNER, Order, STAGE, Selection, conditions, drives,
    page::{count, size},
};
use crate::leads::{LeadScope, ledger};

/// Rows that are sorted at most.
const SORTED: i64 = COUNT_CAP;
/// So few, and no other drive is looked for.
const FEW: i64 = 200;
/// What looking at a row costs, beside passing it over inside an index (measured: 1.4 µs and 0.12 µs).
const ROW: i64 = 12;
/// What counting may cost: two or three milliseconds.
const WORK: i64 = 20_000;
/// Of all leads, those that a drive meets of which is only known that they are many.
const MANY: i64 = 4;

/// A list and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its place among [`choices`]: what a cursor remembers.
    pub choice: usize,
    pub drive: Drive,
    /// Counted to 10 000 and one more.
    pub total: i64,
    /// Counting stopped before that: there may be more.
    pub is_part: bool,
}

/// The drives of a list in a fixed order: a cursor names one by its place.
pub fn choices(scope: &LeadScope, s: &Selection) -> Vec<Drive> {
    let mut all = drives(scope, s);
    if !s.archived {
        all.push(Drive::Order);
    }
    all
}

/// A drive, and about how many rows it meets.
struct Weighed<'a> {
    drive: &'a Drive,
    met: i64,
    /// Counted to its end.
    is_exact: bool,
    /// What is asked for besides.
    rest: Columns,
}

impl Weighed<'_> {
    /// What it costs to see whether a row is meant.
    fn each(&self, key: Key) -> i64 {
        if self.rest & !self.drive.holds(key) == 0 { 1 } else { ROW }
    }

    /// What a page costs; `None`: too many rows would have to be sorted. `meant`: how many of all are meant.
    fn cost(&self, meant: i64, key: Key, need: i64) -> Option<i64> {
        if self.drive.order(key) == Some(key) {
            let passed = self.met.saturating_mul(need) / meant.max(1);
            return Some(passed.min(self.met) * self.each(key));
        }
        let is_bounded =
            self.is_exact && self.met <= SORTED || matches!(self.drive, Drive::Archived | Drive::Contact(_));
        is_bounded.then(|| self.met * self.each(key) + meant.min(self.met) * ROW)
    }
}

/// Counts the list and chooses how its pages are read. `need`: how many of its rows are needed.
pub fn plan(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    order: Order,
    need: i64,
) -> Result<Plan> {
    let choices = choices(scope, s);
    let weighed = weighed(c, counts, scope, s, &choices)?;
    let total = match s.untouched_since {
        None => counts.of(("leads", scope, s), || total(c, scope, s, &weighed))?,
        // It is another moment each time it is asked for.
        Some(_) => total(c, scope, s, &weighed)?,
    };
    let costs = weighed.iter().map(|w| w.cost(total.about, order.key, need));
    let cheapest = costs.enumerate().filter_map(|(n, cost)| Some((cost?, n))).min();
    let choice = cheapest.map_or(choices.len() - 1, |(_, n)| n);
    Ok(Plan { choice, drive: choices[choice].clone(), total: total.found, is_part: total.is_part })
}

/// The drive that meets every row of a list, and no more than `most` rows in all.
pub fn few(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    most: i64,
) -> Result<Option<Drive>> {
    let choices = choices(scope, s);
    let weighed = weighed(c, counts, scope, s, &choices)?;
    let few = weighed.iter().filter(|w| w.is_exact && w.met <= most).min_by_key(|w| w.met);
    Ok(few.map(|w| w.drive.clone()))
}

/// The drives with what they meet, as far as one meets but a few.
fn weighed<'a>(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    choices: &'a [Drive],
) -> Result<Vec<Weighed<'a>>> {
    let (asked, seen, all) = (needs(&LeadScope::All, s), needs(scope, &Selection::default()), newest(c)?);
    let mut weighed = Vec::with_capacity(choices.len());
    for drive in choices {
        let (met, is_exact) = met(c, counts, scope, s, drive, all)?;
        // A drive along what is asked for is not yet along what may be seen.
        let scoped = if drive.is_within(scope) { 0 } else { seen };
        weighed.push(Weighed { drive, met, is_exact, rest: asked & !drive.stands_for(s) | scoped });
        if is_exact && met <= FEW {
            break;
        }
    }
    Ok(weighed)
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

/// How many rows a drive meets, and whether that is exact: from the ledger where it knows, otherwise counted to 10 000.
fn met(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    drive: &Drive,
    all: i64,
) -> Result<(i64, bool)> {
    let place = match drive {
        Drive::Order => return Ok((all, false)),
        Drive::Owner(owner) => Selection { owner: Some(*owner), ..Selection::default() },
        Drive::Department(department) => Selection { department: Some(*department), ..Selection::default() },
        Drive::Stages(stages) => Selection { stages: Some(stages.clone()), ..Selection::default() },
        Drive::Overdue => Selection { overdue: Some(true), ..Selection::default() },
        Drive::Team { .. } => return Ok((ledger::count_of(c, scope, &Selection::default())?, true)),
        _ => {
            let size = || {
                let b = size(c.engine(), s, drive, COUNT_CAP);
                c.one(b.sql(), &b.values, |r| r.get(0)).map(Count::exactly)
            };
            let met = match drive {
                Drive::Untouched(_) => size()?,
                Drive::Scores => counts.of((drive, s.archived, s.score_min, s.score_max), size)?,
                Drive::Days => counts.of((drive, s.archived, s.created_from, s.created_to), size)?,
                _ => counts.of((drive, s.archived), size)?,
            };
            let met = met.found;
            let is_exact = met <= COUNT_CAP;
            return Ok((if is_exact { met } else { met.max(all / MANY) }, is_exact));
        }
    };
    Ok((ledger::count_of(c, &LeadScope::All, &place)?, true))
}

/// How many are meant: as a list counts them, about how many those are, and whether there may be more.
///
/// From the ledger where it counts by all that is asked for; otherwise along whichever drive shows it for the least work.
fn total(c: &Conn<'_>, scope: &LeadScope, s: &Selection, drives: &[Weighed<'_>]) -> Result<Count> {
    const PLACES: Columns = STAGE | OWNER | DEPARTMENT | OVERDUE;
    let needs = needs(scope, s);
    if needs & !PLACES == 0 && s.is_by_place() {
        let exact = ledger::count_of(c, scope, s)?;
        return Ok(Count { found: exact.min(COUNT_CAP + 1), about: exact, is_part: false });
    }
    // Fields of archived leads are kept, so that what their drive meets may be archived.
    let says_all = |w: &&Weighed<'_>| w.rest == 0 && !matches!(w.drive, Drive::Order | Drive::Custom(_));
    if let Some(w) = drives.iter().find(says_all) {
        return Ok(Count { found: w.met.min(COUNT_CAP + 1), about: w.met, is_part: false });
    }
    let price = |w: &&Weighed<'_>| w.met.saturating_mul(w.each(Key::Created));
    let Some(w) = drives.iter().min_by_key(price) else { return Ok(Count::exactly(0)) };
    // Where every row is meant, no more are met than are counted.
    let most = if w.rest == 0 { COUNT_CAP + 1 } else { WORK / w.each(Key::Created) };
    let b = count(c.engine(), scope, s, w.drive, most);
    let (met, meant): (i64, i64) = c.one(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    let is_part = met == most && meant <= COUNT_CAP;
    let about = if is_part { meant.saturating_mul(w.met) / met.max(1) } else { meant };
    Ok(Count { found: meant.min(COUNT_CAP + 1), about: about.max(meant), is_part })
}
