//! When a lead is due, and what brings stored due times in step when they are counted otherwise: a stage has other hours, a
//! pipeline counts in other business hours, or those change.
//!
//! A job goes through the leads of a stage by their age, some to a transaction, for a few seconds; what is left is another job's, which
//! begins where this one stopped, so that a broken-off one goes on and none takes long. A lead that is then due later is overdue
//! no more and is told again when it is; one that is due by now is found by the next check.

use std::time::{Duration, Instant};

use platform::{
    Db, Result, Tx,
    clock::{Millis, SECOND},
    jobs::{self, Job, Outcome, Workers},
    params, sql,
};
use serde::{Deserialize, Serialize};

use super::{Lead, ledger, store};
use crate::{
    Crm, LeadId, StageId,
    pipelines::{self, Sla},
};

/// Leads of one transaction: others wait behind it.
pub(super) const CHUNK: i64 = 100;
/// A go takes no longer, so that a node that stops is not held up.
const GO: Duration = Duration::from_secs(8);
/// Before the first lead.
pub(super) const START: (Millis, LeadId) = (0, LeadId(0));
/// Whoever had looked the pipeline up before it changed is done with it by then: a go of an import lasts eight seconds.
const AGAIN: Millis = 20 * SECOND;

/// When a lead becomes overdue: never while it is won, lost or archived.
pub(super) fn due_at(lead: &Lead, sla: Option<&Sla>) -> Option<Millis> {
    let is_open = lead.outcome.is_none() && lead.archived_at.is_none();
    sla.filter(|_| is_open).and_then(|sla| sla.due(lead.touched_at))
}

/// The leads of a stage are counted otherwise.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Reschedule {
    pub stage_id: i64,
    /// When the last lead that is done was made, and its id.
    pub after: (Millis, LeadId),
    /// The second time.
    pub is_again: bool,
}

impl Job for Reschedule {
    const KIND: &'static str = "leads.reschedule";
    const ATTEMPTS: u32 = 30;
}

impl Reschedule {
    /// One that waits goes for all until it begins.
    fn wake(&self, tx: &Tx<'_>, at: Millis) -> Result<()> {
        let key = format!("{} {} {:?}", self.stage_id, self.is_again, self.after);
        jobs::enqueue_once(tx, &key, self, at)
    }
}

/// Has the leads of a stage rescheduled, because what their due times are counted by changed; and once more a little later, for
/// leads that were made or moved meanwhile by what was known before.
pub(crate) fn reschedule(tx: &Tx<'_>, stage: StageId) -> Result<()> {
    let first = Reschedule { stage_id: stage.0, after: START, is_again: false };
    first.wake(tx, tx.now())?;
    Reschedule { is_again: true, ..first }.wake(tx, tx.now() + AGAIN)
}

/// Registers the job.
pub(super) fn workers(workers: Workers, crm: &Crm) -> Workers {
    let db = crm.desk.db.clone();
    workers.on(1, move |job: Reschedule| {
        let db = db.clone();
        async move { Outcome::from_result(go(&db, job, GO, usize::MAX).await) }
    })
}

/// Gives every open lead of the stage the due time that its hours mean now.
pub async fn reschedule_all(db: &Db, stage: StageId) -> Result<()> {
    let job = Reschedule { stage_id: stage.0, after: START, is_again: true };
    go(db, job, Duration::MAX, usize::MAX).await
}

/// Goes on for a while, `chunks` at most.
pub(super) async fn go(db: &Db, mut job: Reschedule, time: Duration, chunks: usize) -> Result<()> {
    let begun = Instant::now();
    for _ in 0..chunks {
        match db.write_bulk(move |tx| step(tx, job)).await? {
            Some(last) => job.after = last,
            None => return Ok(()),
        }
        if begun.elapsed() >= time {
            break;
        }
    }
    db.write_bulk(move |tx| job.wake(tx, tx.now())).await
}

/// Does the next leads of the stage; the place of the last, or `None` where there are no more.
fn step(tx: &Tx<'_>, job: Reschedule) -> Result<Option<(Millis, LeadId)>> {
    let stage = StageId(job.stage_id);
    let sla = pipelines::sla_of(tx, stage)?;
    let leads = store::lock_in(tx, stage, job.after, CHUNK)?;
    for lead in &leads {
        let due = due_at(lead, sla.as_ref());
        let is_overdue = lead.is_overdue && due.is_some_and(|at| at <= tx.now());
        if (due, is_overdue) == (lead.due_at, lead.is_overdue) {
            continue;
        }
        let changed = tx.exec(
            sql!(
                "UPDATE leads SET due_at = ?3, is_overdue = ?4, version = version + 1 WHERE id = ?1 AND version = ?2"
            ),
            params![lead.id, lead.version, due, is_overdue],
        )?;
        if changed == 0 {
            return Err(platform::Error::stale());
        }
        if is_overdue != lead.is_overdue {
            let after = Lead { due_at: due, is_overdue, ..lead.clone() };
            ledger::count(tx, Some(lead), Some(&after))?;
        }
    }
    Ok(leads.last().map(|l| (l.created_at, l.id)))
}
