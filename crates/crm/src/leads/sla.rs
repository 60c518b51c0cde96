//! Leads that nobody was in touch with in time.
//!
//! A tick finds them by their due time, marks them and says so once for each stay in a stage: an event, and a notification
//! to the owner and to who manages the department. An interaction takes the mark away; if the time runs out again in the
//! same stage, the mark comes back and nothing is said. One node does it at a time, a few leads to a transaction.

use std::collections::BTreeSet;

use people::{
    UserId,
    access::{self, Permission, members},
    notifications,
};
use platform::{Conn, Db, Result, Tx, clock::Millis, db::LockKey, events::Origin, params, sql};
use serde_json::json;

use super::{
    Change, Lead, LeadScope, LeadsAssign, change, events as kinds, ledger,
    query::{Built, along},
    store, tell,
};
use crate::{LeadId, pipelines};

/// Leads of one transaction: others wait behind it.
const CHUNK: i64 = 50;
/// Transactions of one tick at most; the next one goes on.
pub const ROUNDS: usize = 1_000;

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Leads for which something is due, now or later.
    pub checked: i64,
    /// Those that had become overdue since the check before.
    pub newly_overdue: i64,
}

/// Marks what has become overdue, in `rounds` small transactions at most.
pub async fn check(db: &Db, rounds: usize) -> Result<Checked> {
    let mut newly_overdue = 0;
    for _ in 0..rounds {
        let now = db.clock().now();
        if db.read(move |c| due(c, now, 1)).await?.is_empty() {
            break;
        }
        let (met, marked) = db.write_locked(vec![LockKey::of_text(9, "leads.sla")], mark).await?;
        newly_overdue += marked;
        if met < CHUNK {
            break;
        }
    }
    Ok(Checked { checked: db.read(timed).await?, newly_overdue })
}

/// What is due and not marked, the longest overdue first.
fn due(c: &Conn<'_>, now: Millis, limit: i64) -> Result<Vec<LeadId>> {
    let mut b = Built::default();
    let (now, limit) = (b.arg(now), b.arg(limit));
    b.text = format!(
        "SELECT id FROM leads{} WHERE archived_at IS NULL AND is_overdue = FALSE AND due_at <= {now} ORDER BY due_at, id LIMIT {limit}",
        along(c.engine(), "leads_due")
    );
    c.all(b.sql(), &b.values, |r| r.get(0))
}

/// Marks the next ones: how many were looked at, and how many of them are overdue now.
pub(super) fn mark(tx: &Tx<'_>) -> Result<(i64, i64)> {
    let due = due(tx, tx.now(), CHUNK)?;
    let mut marked = 0;
    for id in &due {
        // Whoever held it may have been in touch.
        let Some(lead) = store::lock(tx, *id)? else { continue };
        if lead.is_overdue || lead.due_at.is_none_or(|at| at > tx.now()) {
            continue;
        }
        let lead =
            change(tx, &Origin::system(), &lead, Change { is_overdue: Some(true), ..Change::default() })?;
        marked += 1;
        if is_first(tx, &lead)? {
            say(tx, &lead)?;
        }
    }
    Ok((due.len() as i64, marked))
}

/// Whether nothing was said yet of this stay in the stage; from now on it was.
fn is_first(tx: &Tx<'_>, lead: &Lead) -> Result<bool> {
    let stored = tx.exec(
        sql!(
            "INSERT INTO lead_warnings (lead_id, stage_entered_at) VALUES (?1, ?2) ON CONFLICT (lead_id) DO UPDATE SET stage_entered_at = excluded.stage_entered_at WHERE lead_warnings.stage_entered_at <> excluded.stage_entered_at"
        ),
        params![lead.id, lead.stage_entered_at],
    )?;
    Ok(stored > 0)
}

fn say(tx: &Tx<'_>, lead: &Lead) -> Result<()> {
    let stage = pipelines::stage(tx, lead.stage_id)?;
    let status = stage.as_ref().map(|s| s.key.as_str());
    tell::record(
        tx,
        &Origin::system(),
        lead,
        kinds::OVERDUE,
        json!({ "status": status, "due_at": lead.due_at }),
    )?;
    let data = json!({
        "lead_id": lead.id, "name": lead.name, "status": status, "stage": stage.as_ref().map(|s| &s.name),
        "due_at": lead.due_at.map(platform::time::rfc3339),
    });
    let link = format!("/leads/{}", lead.id);
    for user in concerned(tx, lead)? {
        notifications::notify(tx, user, "lead.overdue", &data, Some(&link))?;
    }
    Ok(())
}

/// The owner, and who manages the department; where there is neither, those who give leads to people.
fn concerned(c: &Conn<'_>, lead: &Lead) -> Result<BTreeSet<UserId>> {
    let mut all: BTreeSet<UserId> = lead.owner_id.into_iter().collect();
    if let Some(department) = lead.department_id {
        let members = members::of_departments(c, &[department])?.remove(&department).unwrap_or_default();
        all.extend(members.iter().filter(|m| m.is_manager).map(|m| m.user_id));
    }
    if all.is_empty() {
        all.extend(access::who_may(c, LeadsAssign::ACTION)?);
    }
    Ok(all)
}

/// How many leads are in stages with a time limit.
fn timed(c: &Conn<'_>) -> Result<i64> {
    let mut all = 0;
    for pipeline in pipelines::all(c)? {
        let totals = ledger::totals(c, &LeadScope::All, &pipeline)?;
        let timed = pipeline.stages.iter().filter(|s| s.sla_hours.is_some());
        all += timed.filter_map(|s| totals.get(&s.id)).map(|t| t.leads).sum::<i64>();
    }
    Ok(all)
}
