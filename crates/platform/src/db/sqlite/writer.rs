//! The writing thread.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, select};
use rusqlite::{Connection, ErrorCode};

use super::{Counters, fold_log, run};
use crate::{
    clock::Clock,
    db::{Options, Reactors, Signals, Tx, conn::Raw, pool::WriteJob},
    error::Error,
};

/// Quiet for this long: time to fold the log into the file.
const IDLE: Duration = Duration::from_millis(500);
/// Under load the log is folded this often, counted in commits: the longest answers took 30–55 ms with 32 and
/// 85–100 ms with 256, at the same number of writes a second (2 cores, 32 writers) …
const FOLD_EVERY: u32 = 32;
/// … and when it has this many pages the writer does the last of it itself: only then can the log begin anew.
const LOG_PAGES: i64 = 16_384;
/// A group takes no more closures after this time; who came first should not wait for who came last.
const GROUP_TIME: Duration = Duration::from_millis(10);
/// After this many interactive closures one of the bulk lane has its turn, however many wait.
const BULK_TURN: u32 = 64;
/// After a closure failed and its group had to be run again, this many groups have savepoints from the first: who sends
/// what fails in storage makes the others wait a little once, not each time.
const CAREFUL: u32 = 256;

pub(super) struct Writer {
    pub connection: Connection,
    pub interactive: Receiver<Box<dyn WriteJob>>,
    pub bulk: Receiver<Box<dyn WriteJob>>,
    pub options: Options,
    pub clock: Clock,
    pub reactors: Arc<Reactors>,
    pub signals: Signals,
    pub next_event: Cell<i64>,
    pub counters: Arc<Counters>,
    /// Asks the keeper to fold the log.
    pub fold: Sender<()>,
    /// The length of the log when the keeper last looked.
    pub log_pages: Arc<AtomicI64>,
    pub since_bulk: Cell<u32>,
    /// So many groups more have savepoints from the first.
    pub careful: Cell<u32>,
}

/// One transaction on its way.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn WriteJob>>,
    /// Each closure stands in a savepoint. They cost a tenth of the writing thread's time, and hardly any closure fails
    /// once it is here: a group begins without them.
    savepoints: bool,
    weight: usize,
    kept: u64,
    events: bool,
    wake_jobs: bool,
}

impl Group {
    fn start_over(&mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        *self = Group { jobs, savepoints: true, ..Group::default() };
    }
}

/// What became of one closure of a group.
enum Ran {
    /// It is stored with the group, or nothing of it is.
    Done,
    /// It failed, and what it wrote stands among what the others wrote.
    LeftTraces,
}

/// The engine ended the whole transaction.
struct Gone;

impl Writer {
    /// Until the queues are closed and empty.
    pub fn run(&mut self) {
        let (mut dirty, mut commits_since_fold) = (false, 0);
        loop {
            match self.next(dirty) {
                Next::Job(lane, job) => {
                    self.group(lane, job);
                    dirty = true;
                    commits_since_fold += 1;
                    if commits_since_fold >= FOLD_EVERY {
                        commits_since_fold = 0;
                        self.keep_log_short();
                    }
                }
                Next::Idle => {
                    let _ = self.fold.try_send(());
                    (dirty, commits_since_fold) = (false, 0);
                }
                Next::Closed => return,
            }
        }
    }

    /// The keeper folds beside a writer that goes on writing, so the log is never folded whole and never begins anew.
    /// When it has grown long, the writer folds the little that the keeper left.
    fn keep_log_short(&self) {
        if self.log_pages.load(Relaxed) > LOG_PAGES {
            self.log_pages.store(fold_log(&self.connection), Relaxed);
        } else {
            let _ = self.fold.try_send(());
        }
    }

    /// The next closure, waiting for one if need be.
    fn next(&self, dirty: bool) -> Next {
        if let Some((lane, job)) = self.take() {
            return Next::Job(lane, job);
        }
        let idle = if dirty { crossbeam_channel::after(IDLE) } else { crossbeam_channel::never() };
        let woken = select! {
            recv(self.interactive) -> job => job.ok().map(|job| (Lane::Interactive, job)),
            recv(self.bulk) -> job => job.ok().map(|job| (Lane::Bulk, job)),
            recv(idle) -> _ => return Next::Idle,
        };
        // The queues close together; whatever either still holds is finished first.
        woken.or_else(|| self.take()).map_or(Next::Closed, |(lane, job)| Next::Job(lane, job))
    }

    /// What waits: interactive before bulk, but bulk is not forgotten.
    fn take(&self) -> Option<(Lane, Box<dyn WriteJob>)> {
        let bulk = || {
            let job = self.bulk.try_recv().ok().inspect(|_| self.since_bulk.set(0));
            job.map(|job| (Lane::Bulk, job))
        };
        let interactive = || self.take_interactive().map(|job| (Lane::Interactive, job));
        let turn = if self.since_bulk.get() >= BULK_TURN { bulk() } else { None };
        turn.or_else(interactive).or_else(bulk)
    }

    fn take_interactive(&self) -> Option<Box<dyn WriteJob>> {
        self.interactive.try_recv().ok().inspect(|_| self.since_bulk.set(self.since_bulk.get() + 1))
    }

    /// One transaction with whatever waits, from `first` on. A closure of the bulk lane stands alone: it takes many times
    /// as long as the others, which would be answered only after it.
    fn group(&self, lane: Lane, first: Box<dyn WriteJob>) {
        let begun = Instant::now();
        let mut group = Group { savepoints: self.careful.get() > 0, ..Group::default() };
        self.careful.set(self.careful.get().saturating_sub(1));
        group.jobs.reserve(self.options.batch_jobs);
        if let Err(e) = self.begin() {
            return first.finish(Some(lost(&e)));
        }
        let mut next = Some(first);
        while let Some(job) = next.take() {
            group.jobs.push(job);
            if self.run_last(&mut group).is_err() {
                self.rollback_if_open();
                return fail(group.jobs, || lost(&"the engine ended the transaction"));
            }
            let room = group.jobs.len() < self.options.batch_jobs && group.weight < self.options.batch_bytes;
            if lane == Lane::Interactive && room && begun.elapsed() < GROUP_TIME {
                next = self.take_interactive();
            }
        }
        let jobs = group.jobs;
        if let Err(e) = self.statement("COMMIT") {
            tracing::error!(error = %e, closures = jobs.len(), "commit failed; nothing of the group was stored");
            self.rollback_if_open();
            // On a full disk the commit's last page was not written. After any other failure all of it may stand in
            // the log, behind the end that counts, and a crash now would bring it back.
            let certain = e.sqlite_error_code() == Some(ErrorCode::DiskFull) || self.bury().is_ok();
            return fail(jobs, || if certain { lost(&e) } else { unknown(&e) });
        }
        self.counters.commits.fetch_add(1, Relaxed);
        self.counters.writes.fetch_add(group.kept, Relaxed);
        metrics::histogram!("frontdesk_db_batch_jobs").record(jobs.len() as f64);
        for job in jobs {
            job.finish(None);
        }
        self.signals.committed(group.events, group.wake_jobs);
    }

    fn begin(&self) -> rusqlite::Result<()> {
        // Asked anew in each group: another process may have written meanwhile.
        self.next_event.set(0);
        self.statement("BEGIN IMMEDIATE")
    }

    /// Runs the newest closure of the group. If it fails without a savepoint, the others before it are run again.
    fn run_last(&self, group: &mut Group) -> Result<(), Gone> {
        let last = group.jobs.len() - 1;
        match self.run_one(group, last)? {
            Ran::Done => Ok(()),
            Ran::LeftTraces => {
                group.start_over();
                self.careful.set(CAREFUL);
                self.statement("ROLLBACK").map_err(|_| Gone)?;
                self.begin().map_err(|_| Gone)?;
                (0..last).try_for_each(|n| self.run_one(group, n).map(|_| ()))
            }
        }
    }

    fn rollback_if_open(&self) {
        if !self.connection.is_autocommit() {
            let _ = self.statement("ROLLBACK");
        }
    }

    /// A small commit, written over what a failed one left in the log.
    fn bury(&self) -> rusqlite::Result<()> {
        self.statement("BEGIN IMMEDIATE")?;
        let done =
            self.connection.pragma_update(None, "user_version", 1).and_then(|()| self.statement("COMMIT"));
        self.rollback_if_open();
        done
    }

    fn run_one(&self, group: &mut Group, n: usize) -> Result<Ran, Gone> {
        let savepoint = group.savepoints || self.options.run_twice;
        let job = &mut group.jobs[n];
        if job.abandoned() {
            return Ok(Ran::Done);
        }
        let tx = Tx::new(Raw::Lite(&self.connection), self.clock.now(), &self.reactors, &self.next_event);
        let event = self.next_event.get();
        if savepoint {
            self.statement("SAVEPOINT job").map_err(|_| Gone)?;
        }
        if self.options.run_twice {
            job.run(&tx);
            self.next_event.set(event);
            self.undo_savepoint().and_then(|()| self.statement("SAVEPOINT job")).map_err(|_| Gone)?;
        }
        let keep = job.run(&tx);
        if self.connection.is_autocommit() {
            return Err(Gone);
        }
        group.weight += tx.marks.weight.get();
        if keep {
            group.kept += 1;
            group.events |= tx.marks.events.get();
            group.wake_jobs |= tx.marks.jobs.get();
        }
        match (savepoint, keep) {
            (true, true) => self.statement("RELEASE job").map_err(|_| Gone)?,
            (true, false) => {
                self.next_event.set(event);
                self.undo_savepoint().map_err(|_| Gone)?;
            }
            (false, true) => {}
            (false, false) => return Ok(Ran::LeftTraces),
        }
        Ok(Ran::Done)
    }

    fn undo_savepoint(&self) -> rusqlite::Result<()> {
        self.statement("ROLLBACK TO job")?;
        self.statement("RELEASE job")
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        run(&self.connection, sql)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Interactive,
    Bulk,
}

enum Next {
    Job(Lane, Box<dyn WriteJob>),
    Idle,
    Closed,
}

fn lost(e: &dyn std::fmt::Display) -> Error {
    Error {
        cause: Some(e.to_string().into()),
        ..Error::unavailable("It could not be stored; nothing was changed.")
    }
}

fn unknown(e: &dyn std::fmt::Display) -> Error {
    Error {
        cause: Some(e.to_string().into()),
        ..Error::unavailable(
            "The disk failed while it was being stored; look whether it was before you repeat it.",
        )
    }
}

fn fail(jobs: Vec<Box<dyn WriteJob>>, why: impl Fn() -> Error) {
    for job in jobs {
        job.finish(Some(why()));
    }
}
