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
}

/// What became of one closure of a group.
enum Ran {
    Kept,
    UndoneAlone,
    /// The engine ended the whole transaction.
    TransactionGone,
}

impl Writer {
    /// Until the queues are closed and empty.
    pub fn run(&mut self) {
        let (mut dirty, mut commits_since_fold) = (false, 0);
        loop {
            match self.next(dirty) {
                Next::Job(job) => {
                    self.group(job);
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
        if let Some(job) = self.take() {
            return Next::Job(job);
        }
        let idle = if dirty { crossbeam_channel::after(IDLE) } else { crossbeam_channel::never() };
        let woken = select! {
            recv(self.interactive) -> job => job,
            recv(self.bulk) -> job => job,
            recv(idle) -> _ => return Next::Idle,
        };
        // The queues close together; whatever either still holds is finished first.
        woken.ok().or_else(|| self.take()).map_or(Next::Closed, Next::Job)
    }

    /// What waits: interactive before bulk, but bulk is not forgotten.
    fn take(&self) -> Option<Box<dyn WriteJob>> {
        let bulk = || self.bulk.try_recv().ok().inspect(|_| self.since_bulk.set(0));
        let interactive =
            || self.interactive.try_recv().ok().inspect(|_| self.since_bulk.set(self.since_bulk.get() + 1));
        let turn = if self.since_bulk.get() >= BULK_TURN { bulk() } else { None };
        turn.or_else(interactive).or_else(bulk)
    }

    /// One transaction with whatever waits, from `first` on.
    fn group(&self, first: Box<dyn WriteJob>) {
        let begun = Instant::now();
        let mut jobs: Vec<Box<dyn WriteJob>> = Vec::with_capacity(self.options.batch_jobs);
        // Asked anew in each group: another process may have written meanwhile.
        self.next_event.set(0);
        if let Err(e) = self.statement("BEGIN IMMEDIATE") {
            return first.finish(Some(lost(&e)));
        }
        let (mut weight, mut kept, mut events, mut wake_jobs) = (0, 0, false, false);
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            let tx = Tx::new(Raw::Lite(&self.connection), self.clock.now(), &self.reactors, &self.next_event);
            let ran = self.run_one(&mut job, &tx);
            weight += tx.marks.weight.get();
            jobs.push(job);
            match ran {
                Ran::Kept => {
                    kept += 1;
                    events |= tx.marks.events.get();
                    wake_jobs |= tx.marks.jobs.get();
                }
                Ran::UndoneAlone => {}
                Ran::TransactionGone => {
                    self.rollback_if_open();
                    return fail(jobs, || lost(&"the engine ended the transaction"));
                }
            }
            let room = jobs.len() < self.options.batch_jobs && weight < self.options.batch_bytes;
            if room && begun.elapsed() < GROUP_TIME {
                next = self.take();
            }
        }
        if let Err(e) = self.statement("COMMIT") {
            tracing::error!(error = %e, closures = jobs.len(), "commit failed; nothing of the group was stored");
            self.rollback_if_open();
            // On a full disk the commit's last page was not written. After any other failure all of it may stand in
            // the log, behind the end that counts, and a crash now would bring it back.
            let certain = e.sqlite_error_code() == Some(ErrorCode::DiskFull) || self.bury().is_ok();
            return fail(jobs, || if certain { lost(&e) } else { unknown(&e) });
        }
        self.counters.commits.fetch_add(1, Relaxed);
        self.counters.writes.fetch_add(kept, Relaxed);
        metrics::histogram!("frontdesk_db_batch_jobs").record(jobs.len() as f64);
        for job in jobs {
            job.finish(None);
        }
        self.signals.committed(events, wake_jobs);
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

    fn run_one(&self, job: &mut Box<dyn WriteJob>, tx: &Tx<'_>) -> Ran {
        if job.abandoned() {
            return Ran::UndoneAlone;
        }
        if self.statement("SAVEPOINT job").is_err() {
            return Ran::TransactionGone;
        }
        let event = self.next_event.get();
        if self.options.run_twice {
            job.run(tx);
            self.next_event.set(event);
            if self.undo_savepoint().is_err() || self.statement("SAVEPOINT job").is_err() {
                return Ran::TransactionGone;
            }
        }
        let keep = job.run(tx);
        if self.connection.is_autocommit() {
            return Ran::TransactionGone;
        }
        let ended = if keep {
            self.statement("RELEASE job")
        } else {
            self.next_event.set(event);
            self.undo_savepoint()
        };
        match ended {
            Ok(()) if keep => Ran::Kept,
            Ok(()) => Ran::UndoneAlone,
            Err(_) => Ran::TransactionGone,
        }
    }

    fn undo_savepoint(&self) -> rusqlite::Result<()> {
        self.statement("ROLLBACK TO job")?;
        self.statement("RELEASE job")
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        run(&self.connection, sql)
    }
}

enum Next {
    Job(Box<dyn WriteJob>),
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
