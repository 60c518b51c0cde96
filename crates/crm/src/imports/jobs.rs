//! Background work of this slice: a pass over a file, or back over what it did, a few seconds at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use platform::{
    Error, Result, Tx,
    db::Engine,
    error::Code,
    jobs::{self, Job, Outcome, Workers},
};
use serde::{Deserialize, Serialize};

use super::{Import, State, blobs, check, clear, options::Authority, plan::Plan, run, source, store, undo};
use crate::{Crm, ImportId};

/// Rows that are read at once for a run; a transaction takes one to twenty times as many.
const RUN_ROWS: usize = 50;
const MOST_ROWS: usize = 1_000;
/// How long a transaction is to be: others wait behind it. On PostgreSQL they do not, but for locks.
const STEP: Duration = Duration::from_millis(12);
const STEP_BESIDE_OTHERS: Duration = Duration::from_millis(60);
/// Rows of a check, which writes little.
const CHECK_ROWS: usize = 500;
/// A go takes no longer, so that a node that stops is not held up; the next one goes on, and reads past what was done.
const GO: Duration = Duration::from_secs(8);
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(500);

/// Goes on with whatever an import is in the middle of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Work {
    import_id: ImportId,
}

impl Job for Work {
    const KIND: &'static str = "leads.import";
    const ATTEMPTS: u32 = 30;
}

/// Has an import gone on with.
pub(super) fn wake(tx: &Tx<'_>, id: ImportId) -> Result<()> {
    jobs::enqueue_once(tx, &key(id), &Work { import_id: id }, tx.now())
}

/// One of an import waits at most.
pub(super) fn key(id: ImportId) -> String {
    format!("import {id}")
}

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let workers = clear::workers(workers, crm);
    let crm = crm.clone();
    workers.on(1, move |work: Work| {
        let crm = crm.clone();
        async move { Outcome::from_result(go(&crm, work.import_id, GO, usize::MAX).await) }
    })
}

/// Deletes files that have been kept long enough. For tests.
#[doc(hidden)]
pub async fn clear_files(crm: &Crm) -> Result<()> {
    clear::clear_files(crm).await
}

/// Goes on with an import for a while, `chunks` at most; what is left is another job's. For tests and measurements as well.
#[doc(hidden)]
pub async fn go(crm: &Crm, id: ImportId, time: Duration, chunks: usize) -> Result<()> {
    let begun = Instant::now();
    let is_left = match pass(crm, id, begun, time, chunks).await {
        Ok(is_left) => is_left,
        // Trying again would not help.
        Err(e) if matches!(e.code, Code::Invalid | Code::NotFound | Code::WrongState) => {
            crm.desk.db.write_bulk(move |tx| run::fail(tx, id, &e)).await?;
            false
        }
        Err(e) => return Err(e),
    };
    if is_left {
        return crm.desk.db.write_bulk(move |tx| wake(tx, id)).await;
    }
    // A check's notes are of no use when it has ended.
    let forget = move |tx: &Tx<'_>| match store::lock(tx, id)? {
        Some(import) if import.state != State::Checking => store::forget_seen(tx, id, 500),
        _ => Ok(0),
    };
    while crm.desk.db.write_bulk(forget).await? > 0 {}
    Ok(())
}

/// When something was told last.
struct Told(Option<Instant>);

impl Told {
    fn turn(&mut self) -> bool {
        let due = self.0.is_none_or(|at| at.elapsed() >= TOLD);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

/// True where there is more to do.
async fn pass(crm: &Crm, id: ImportId, begun: Instant, time: Duration, chunks: usize) -> Result<bool> {
    let Some(import) = crm.desk.db.read(move |c| store::get(c, id)).await? else { return Ok(false) };
    match import.state {
        State::Running | State::Checking => forward(crm, import, begun, time, chunks).await,
        State::Undoing => backward(crm, id, begun, time, chunks).await,
        State::Ready | State::Checked | State::Done | State::Failed | State::Undone => Ok(false),
    }
}

async fn forward(crm: &Crm, import: Import, begun: Instant, time: Duration, chunks: usize) -> Result<bool> {
    let (id, state) = (import.id, import.state);
    let (db, blobs) = (&crm.desk.db, blobs(&crm.desk));
    if import.position == 0 {
        // What an earlier pass found.
        while db.write_bulk(move |tx| store::forget_faults(tx, id, 500)).await? > 0 {}
        while db.write_bulk(move |tx| store::forget_seen(tx, id, 500)).await? > 0 {}
    }
    let file = import.file.0.clone();
    if import.total_rows.is_none() {
        let total = source::count(&blobs, &file).await?;
        let set = move |tx: &Tx<'_>| match store::lock(tx, id)? {
            Some(mut i) if i.state == state => {
                i.total_rows = Some(total);
                store::update(tx, &i)
            }
            _ => Ok(()),
        };
        db.write_bulk(set).await?;
    }
    let (zone, now) = (crm.desk.config.org.timezone.clone(), crm.desk.clock.now());
    let skip = import.position;
    let load = db.read(move |c| {
        let authority: &Authority =
            import.authority.as_ref().ok_or_else(|| Error::internal("nobody ran this import"))?;
        Plan::load(c, authority, &import.headers, &import.mapping, &import.options, &zone, now)
    });
    let plan = Arc::new(load.await?);
    let is_check = state == State::Checking;
    let (judge, size) = (plan.clone(), if is_check { CHECK_ROWS } else { RUN_ROWS });
    let mut batches = source::rows(&blobs, &file, skip, size, move |line| judge.judge(line)).await?;
    let (mut told, mut done, mut pace) = (Told(None), 0, Pace::new(db.engine()));
    while let Some(batch) = batches.recv().await {
        let mut batch = batch?;
        while !is_check && !batch.is_last && batch.rows.len() + RUN_ROWS <= pace.rows {
            let Some(more) = batches.recv().await else { break };
            let more = more?;
            batch.rows.extend(more.rows);
            batch.is_last = more.is_last;
        }
        let batch = Arc::new(batch);
        let tell = told.turn();
        let (plan, chunk) = (plan.clone(), batch.clone());
        let mine = if is_check {
            let foreseen = db.read(move |c| check::foresee(c, id, &plan, &chunk)).await?;
            let chunk = batch.clone();
            db.write_bulk(move |tx| check::keep(tx, id, &chunk, &foreseen, tell)).await?
        } else {
            let work = move |tx: &Tx<'_>| {
                let begun = Instant::now();
                Ok((run::chunk(tx, id, &plan, &chunk, tell)?, begun.elapsed()))
            };
            let (mine, took) = db.write_bulk(work).await?;
            pace.learn(batch.rows.len(), took);
            mine
        };
        if !mine || batch.is_last {
            return Ok(false);
        }
        done += 1;
        if begun.elapsed() >= time || done >= chunks {
            return Ok(true);
        }
    }
    Err(Error::internal("a table ended without its end"))
}

/// How many rows a transaction takes, by how long those before took.
struct Pace {
    rows: usize,
    step: Duration,
}

impl Pace {
    fn new(engine: Engine) -> Self {
        let step = match engine {
            Engine::Sqlite => STEP,
            Engine::Postgres => STEP_BESIDE_OTHERS,
        };
        Pace { rows: 2 * RUN_ROWS, step }
    }

    fn learn(&mut self, rows: usize, took: Duration) {
        let fit = rows as f64 * self.step.as_secs_f64() / took.as_secs_f64().max(1e-6);
        // No more than twice as many as before, so that one quick chunk does not make a slow one.
        self.rows = (fit as usize).clamp(RUN_ROWS, (2 * self.rows).min(MOST_ROWS));
    }
}

async fn backward(crm: &Crm, id: ImportId, begun: Instant, time: Duration, chunks: usize) -> Result<bool> {
    let (mut told, mut done) = (Told(None), 0);
    loop {
        let tell = told.turn();
        if !crm.desk.db.write_bulk(move |tx| undo::chunk(tx, id, tell)).await? {
            return Ok(false);
        }
        done += 1;
        if begun.elapsed() >= time || done >= chunks {
            return Ok(true);
        }
    }
}
