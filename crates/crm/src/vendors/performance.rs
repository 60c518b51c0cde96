//! How a vendor does: what it posted and what became of it.

use std::collections::{BTreeMap, HashMap};

use platform::{
    Conn, Result,
    clock::{DAY, Millis},
    days::Days,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::Vendor;
use crate::{VendorId, leads::by_vendor, pipelines};

/// What was posted within a span of time, and what became of it so far.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Performance {
    pub vendor_code: String,
    pub accepted: i64,
    pub rejected: i64,
    pub duplicates: i64,
    /// Accepted of all posts, per cent.
    pub acceptance_rate: f64,
    /// The most frequent first.
    pub rejected_by_reason: Vec<Reason>,
    /// Leads that somebody got in touch with.
    pub contacted: i64,
    pub won: i64,
    pub lost: i64,
    /// Won of accepted, per cent.
    pub conversion_rate: f64,
    /// Of the won leads, in minor units.
    pub value: i64,
    /// What all accepted leads are worth, in minor units.
    pub total_value: i64,
    pub currency: String,
    pub avg_time_to_first_contact_seconds: Option<i64>,
    /// Every day of the span, oldest first.
    pub daily: Vec<Day>,
}

/// Why posts were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    pub field: String,
    pub code: String,
    pub count: i64,
}

/// Posts of one day in the organisation's zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    pub date: String,
    pub accepted: i64,
    pub rejected: i64,
    pub duplicates: i64,
}

/// Accepted, rejected and duplicate posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    pub accepted: i64,
    pub rejected: i64,
    pub duplicates: i64,
}

/// A span longer than this is cut to its end.
pub const LONGEST: Millis = 400 * DAY;

/// Posts of `[from, to)` by outcome, of several vendors. One query.
pub fn totals_of(
    c: &Conn<'_>,
    ids: &[VendorId],
    from: Millis,
    to: Millis,
) -> Result<HashMap<VendorId, Totals>> {
    let mut all: HashMap<VendorId, Totals> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let text = format!(
        "SELECT vendor_id, outcome, count(*) FROM vendor_posts WHERE vendor_id IN ({}) AND at >= ?1 AND at < ?2 GROUP BY vendor_id, outcome",
        in_list(3, ids.len())
    );
    let mut values = vec![Value::from(from), Value::from(to)];
    values.extend(ids.iter().map(Value::from));
    let rows: Vec<(VendorId, String, i64)> =
        c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    for (vendor, outcome, count) in rows {
        let mine = all.entry(vendor).or_default();
        match outcome.as_str() {
            "accepted" => mine.accepted = count,
            "rejected" => mine.rejected = count,
            _ => mine.duplicates = count,
        }
    }
    Ok(all)
}

/// How `vendor` did within `[from, to)`, [`LONGEST`] at most. Four queries, however much there is.
pub fn performance(
    c: &Conn<'_>,
    vendor: &Vendor,
    days: &Days,
    from: Millis,
    to: Millis,
) -> Result<Performance> {
    let from = from.max(to - LONGEST);
    let mut daily: BTreeMap<jiff::civil::Date, Day> = BTreeMap::new();
    let mut day = days.day(from);
    while days.start(day) < to {
        daily.insert(day, Day { date: day.to_string(), ..Day::default() });
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    // By the hour, so that the rows stay few; every zone's days begin on a quarter of an hour.
    let hours: Vec<(i64, String, i64)> = c.all(
        sql!(
            "SELECT at / 900000, outcome, count(*) FROM vendor_posts WHERE vendor_id = ?1 AND at >= ?2 AND at < ?3 GROUP BY at / 900000, outcome"
        ),
        params![vendor.id, from, to],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    let mut all = Totals::default();
    for (quarter, outcome, count) in hours {
        let day = daily.entry(days.day(quarter * 900_000)).or_default();
        match outcome.as_str() {
            "accepted" => (all.accepted, day.accepted) = (all.accepted + count, day.accepted + count),
            "rejected" => (all.rejected, day.rejected) = (all.rejected + count, day.rejected + count),
            _ => (all.duplicates, day.duplicates) = (all.duplicates + count, day.duplicates + count),
        }
    }
    let fate = by_vendor::fate(c, vendor.id, from, to)?;
    let currency = pipelines::get(c, vendor.pipeline_id)?.map(|p| p.currency).unwrap_or_default();
    Ok(Performance {
        vendor_code: vendor.code.clone(),
        accepted: all.accepted,
        rejected: all.rejected,
        duplicates: all.duplicates,
        acceptance_rate: rate(all.accepted, all.accepted + all.rejected + all.duplicates),
        rejected_by_reason: reasons(c, vendor, from, to)?,
        contacted: fate.contacted,
        won: fate.won,
        lost: fate.lost,
        conversion_rate: rate(fate.won, fate.leads),
        value: fate.won_value,
        total_value: fate.value,
        currency,
        avg_time_to_first_contact_seconds: (fate.contacted > 0).then(|| fate.waited / fate.contacted / 1000),
        daily: daily.into_values().collect(),
    })
}

/// Posts with the same faults are one row to read, however many there were.
fn reasons(c: &Conn<'_>, vendor: &Vendor, from: Millis, to: Millis) -> Result<Vec<Reason>> {
    let rows: Vec<(String, i64)> = c.all(
        sql!(
            "SELECT faults, count(*) FROM vendor_posts WHERE vendor_id = ?1 AND at >= ?2 AND at < ?3 AND outcome = 'rejected' GROUP BY faults ORDER BY count(*) DESC, faults LIMIT 1000"
        ),
        params![vendor.id, from, to],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (faults, count) in rows {
        let faults: Vec<Json> = serde_json::from_str(&faults).unwrap_or_default();
        for fault in faults {
            let text = |key: &str| fault[key].as_str().unwrap_or_default().to_owned();
            *counts.entry((text("field"), text("code"))).or_default() += count;
        }
    }
    let reason = |((field, code), count)| Reason { field, code, count };
    let mut reasons: Vec<Reason> = counts.into_iter().map(reason).collect();
    reasons.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.field, &a.code).cmp(&(&b.field, &b.code))));
    reasons.truncate(50);
    Ok(reasons)
}

/// Per cent with two decimals; 0 of nothing.
pub fn rate(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 10_000.0).round() / 100.0 }
}
