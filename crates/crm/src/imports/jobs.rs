//! Background work of this slice: a pass over a file, or back over what it did, a few seconds at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use platform::{
    Error, Result, Tx,
    error::Code,
    jobs::{self, Job, Outcome, Workers},
};
use serde::{Deserialize, Serialize};

use super::{
    Import, State, blobs,
    options::Authority,
    plan::Plan,
    run::{self, Seen},
    source, store, undo,
};
use crate::{Crm, ImportId};

/// Rows of one transaction: it takes some ten milliseconds, and others wait behind it.
const RUN_ROWS: usize = 100;
/// Rows of a check, which writes little.
const CHECK_ROWS: usize = 1_000;
/// A go takes no longer, so that a node that stops is not held up; the next one goes on.
const GO: Duration = Duration::from_secs(5);
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(500);

/// Goes on with whatever an import is in the middle of.
#[derive(Debug, Serialize, Deserialize)]
struct Work {
    import_id: ImportId,
}

impl Job for Work {
    const KIND: &'static str = "leads.import";
    const ATTEMPTS: u32 = 30;
}

/// Has an import gone on with.
pub(super) fn wake(tx: &Tx<'_>, id: ImportId) -> Result<()> {
    jobs::enqueue_once(tx, &format!("import {id}"), &Work { import_id: id }, tx.now())
}

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let crm = crm.clone();
    workers.on(1, move |work: Work| {
        let crm = crm.clone();
        async move { Outcome::from_result(go(&crm, work.import_id, GO, usize::MAX).await) }
    })
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
    match is_left {
        true => crm.desk.db.write_bulk(move |tx| wake(tx, id)).await,
        false => Ok(()),
    }
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
    let (headers, skip) = (import.headers.len(), import.position);
    let load = db.read(move |c| {
        let authority: &Authority =
            import.authority.as_ref().ok_or_else(|| Error::internal("nobody ran this import"))?;
        Plan::load(c, authority, headers, &import.mapping, &import.options, &zone, now)
    });
    let plan = Arc::new(load.await?);
    let is_check = state == State::Checking;
    let (judge, size) = (plan.clone(), if is_check { CHECK_ROWS } else { RUN_ROWS });
    // A check also looks at the rows behind it: their addresses count.
    let from = if is_check { 0 } else { skip };
    let mut batches = source::rows(&blobs, &file, from, size, move |_, cells| judge.judge(cells)).await?;
    let (mut told, mut seen, mut done) = (Told(None), Seen::default(), 0);
    while let Some(batch) = batches.recv().await {
        let batch = Arc::new(batch?);
        let tell = told.turn();
        let (plan, chunk) = (plan.clone(), batch.clone());
        let mine = match is_check {
            false => db.write_bulk(move |tx| run::chunk(tx, id, &plan, &chunk, tell)).await?,
            true => {
                let was: Vec<bool> = batch.rows.iter().map(|row| seen.note(row)).collect();
                if batch.from < skip {
                    continue;
                }
                let foreseen = db.read(move |c| run::foresee(c, &plan, &chunk, &was)).await?;
                let chunk = batch.clone();
                db.write_bulk(move |tx| run::keep(tx, id, &chunk, &foreseen, tell)).await?
            }
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
