//! What became of a vendor's leads: for its portal and for whoever judges it.

use platform::{
    Conn, Result,
    clock::Millis,
    db::{Sql, Value},
    params, sql,
};

use super::{Lead, store};
use crate::{LeadId, StageId, VendorId};

/// The leads of a span of time, by when they came in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Fate {
    pub leads: i64,
    /// Somebody of ours got in touch.
    pub contacted: i64,
    pub won: i64,
    pub lost: i64,
    /// Of the won ones, minor units.
    pub won_value: i64,
    /// Of all, minor units.
    pub value: i64,
    /// Milliseconds until the first contact, added up over `contacted`.
    pub waited: i64,
}

/// What became of those that came in within `[from, to)`; archived ones count. One query along the vendor's index.
pub fn fate(c: &Conn<'_>, vendor: VendorId, from: Millis, to: Millis) -> Result<Fate> {
    c.one(
        sql!(
            "SELECT count(*), count(first_contact_at), CAST(coalesce(sum(CASE WHEN outcome = 'won' THEN 1 ELSE 0 END), 0) AS bigint), CAST(coalesce(sum(CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END), 0) AS bigint), CAST(coalesce(sum(CASE WHEN outcome = 'won' THEN value ELSE 0 END), 0) AS bigint), CAST(coalesce(sum(value), 0) AS bigint), CAST(coalesce(sum(first_contact_at - created_at), 0) AS bigint) FROM leads WHERE vendor_id = ?1 AND created_at >= ?2 AND created_at < ?3"
        ),
        params![vendor, from, to],
        |row| {
            let mut r = row.columns();
            Ok(Fate {
                leads: r.next()?,
                contacted: r.next()?,
                won: r.next()?,
                lost: r.next()?,
                won_value: r.next()?,
                value: r.next()?,
                waited: r.next()?,
            })
        },
    )
}

/// How many stand in each stage, of those that are not archived.
pub fn stages(c: &Conn<'_>, vendor: VendorId) -> Result<Vec<(StageId, i64)>> {
    c.all(
        sql!(
            "SELECT stage_id, count(*) FROM leads WHERE vendor_id = ?1 AND archived_at IS NULL GROUP BY stage_id ORDER BY stage_id"
        ),
        params![vendor],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// Newest first, behind the row `(created_at, id)`; and how many there are, counted to 10 001.
pub fn newest(
    c: &Conn<'_>,
    vendor: VendorId,
    stage: Option<StageId>,
    before: Option<(Millis, LeadId)>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Lead>, i64)> {
    let mut values: Vec<Value<'_>> = vec![vendor.into()];
    let mut filter = String::from("vendor_id = ?1 AND archived_at IS NULL");
    if let Some(stage) = stage {
        values.push(stage.into());
        filter.push_str(" AND stage_id = ?2");
    }
    let count = format!("SELECT count(*) FROM (SELECT 1 FROM leads WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((at, id)) = before {
        let n = values.len();
        values.extend([Value::from(at), Value::from(id)]);
        filter.push_str(&format!(" AND (created_at, id) < (?{}, ?{})", n + 1, n + 2));
    }
    let n = values.len();
    values.extend([Value::from(limit), Value::from(offset)]);
    let text = format!(
        "SELECT {} FROM leads WHERE {filter} ORDER BY created_at DESC, id DESC LIMIT ?{} OFFSET ?{}",
        store::COLUMNS,
        n + 1,
        n + 2
    );
    Ok((c.all(Sql::built(&text), &values, store::read)?, total))
}
