//! SQLite: one writer with group commit, several readers.
//!
//! The writer takes what is waiting, up to a number of closures and bytes, into one `BEGIN IMMEDIATE … COMMIT`; the
//! first never waits for a second. Each closure stands in a savepoint: its error or panic undoes its own work alone.
//! When the commit fails, or when the engine ended the transaction under way (full disk, I/O error, out of memory),
//! *everyone* in the group is told that nothing was stored. Readers cannot write (`query_only`).

use std::{
    cell::Cell,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, select};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    Conn, Lane, Options, Reactors, Signals, Stats, Tx,
    conn::Raw,
    failure,
    pool::{self, ReadJob, WriteJob},
};
use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// Quiet for this long: time to fold the log into the file.
const IDLE: Duration = Duration::from_millis(500);
/// A log of this many pages is folded even under load.
const LOG_PAGES: i64 = 16_384;

pub(super) struct Sqlite {
    interactive: Option<Sender<Box<dyn WriteJob>>>,
    bulk: Option<Sender<Box<dyn WriteJob>>>,
    reads: Option<Sender<ReadJob>>,
    threads: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    commits: AtomicU64,
    reads: AtomicU64,
}

impl Sqlite {
    pub fn open(
        path: &Path,
        options: &Options,
        clock: Clock,
        reactors: Arc<Reactors>,
        signals: Signals,
    ) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let (interactive, interactive_rx) = bounded(options.writer_queue);
        let (bulk, bulk_rx) = bounded(options.writer_queue);
        let (reads, reads_rx) = bounded::<ReadJob>(options.writer_queue);

        let connection = connect(path, options)?;
        let mut writer = Writer {
            connection,
            interactive: interactive_rx,
            bulk: bulk_rx,
            options: options.clone(),
            clock,
            reactors,
            signals,
            next_event: Cell::new(0),
            counters: counters.clone(),
        };
        let mut threads = vec![spawn("db-writer", move || writer.run())?];
        for n in 0..options.readers.max(1) {
            let connection = connect(path, options)?;
            connection.execute_batch("PRAGMA query_only = ON").map_err(failure::sqlite)?;
            let (jobs, counters) = (reads_rx.clone(), counters.clone());
            threads.push(spawn(&format!("db-reader-{n}"), move || {
                for job in jobs {
                    read_one(&connection, job);
                    counters.reads.fetch_add(1, Relaxed);
                }
            })?);
        }
        Ok(Sqlite { interactive: Some(interactive), bulk: Some(bulk), reads: Some(reads), threads, counters })
    }

    pub async fn read<T: Send + 'static>(&self, f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let (job, answer) = pool::read_job(f);
        send(&self.reads, job)?;
        pool::answered(answer).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::write_job(f);
        send(if lane == Lane::Interactive { &self.interactive } else { &self.bulk }, job)?;
        pool::answered(answer).await
    }

    pub fn stats(&self) -> Stats {
        Stats {
            writes: self.counters.writes.load(Relaxed),
            commits: self.counters.commits.load(Relaxed),
            reads: self.counters.reads.load(Relaxed),
            retries: 0,
            queued: self.interactive.as_ref().map_or(0, |s| s.len() as u64),
        }
    }
}

impl Drop for Sqlite {
    /// Finishes what is queued, then folds the log into the file.
    fn drop(&mut self) {
        (self.interactive, self.bulk, self.reads) = (None, None, None);
        for t in self.threads.drain(..) {
            let _ = t.join();
        }
    }
}

fn send<T>(queue: &Option<Sender<T>>, job: T) -> Result<()> {
    match queue.as_ref().map(|q| q.try_send(job)) {
        Some(Ok(())) => Ok(()),
        Some(Err(TrySendError::Full(_))) => Err(Error::busy()),
        _ => Err(Error::unavailable("The database is shutting down.")),
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Error::internal)
}

fn connect(path: &Path, options: &Options) -> Result<Connection> {
    open(path, options).map_err(failure::sqlite)
}

fn open(path: &Path, options: &Options) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str())?,
        None => Connection::open_with_flags(path, flags)?,
    };
    c.busy_timeout(Duration::from_secs(10))?;
    c.set_prepared_statement_cache_capacity(512);
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    c.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; \
         PRAGMA journal_size_limit = 67108864;",
        options.synchronous
    ))?;
    if let Some(pages) = options.max_pages {
        c.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(c)
}

fn read_one(connection: &Connection, job: ReadJob) {
    // One snapshot for all statements of the closure.
    let begun = connection.prepare_cached("BEGIN").and_then(|mut s| s.execute([]));
    job(&Conn { raw: Raw::Lite(connection) });
    if begun.is_ok() && !connection.is_autocommit() {
        let _ = connection.prepare_cached("COMMIT").and_then(|mut s| s.execute([]));
    }
}

struct Writer {
    connection: Connection,
    interactive: Receiver<Box<dyn WriteJob>>,
    bulk: Receiver<Box<dyn WriteJob>>,
    options: Options,
    clock: Clock,
    reactors: Arc<Reactors>,
    signals: Signals,
    next_event: Cell<i64>,
    counters: Arc<Counters>,
}

/// What became of one closure of a group.
enum Ran {
    Kept,
    UndoneAlone,
    /// The engine ended the whole transaction.
    TransactionGone,
}

impl Writer {
    fn run(&mut self) {
        let mut dirty = false;
        let mut commits_since_fold = 0u32;
        loop {
            match self.next(dirty) {
                Next::Job(job) => {
                    self.group(job);
                    dirty = true;
                    commits_since_fold += 1;
                    if commits_since_fold >= 256 {
                        commits_since_fold = 0;
                        self.fold_log(false);
                    }
                }
                Next::Idle => {
                    self.fold_log(true);
                    dirty = false;
                    commits_since_fold = 0;
                }
                Next::Closed => break,
            }
        }
        self.fold_log(true);
    }

    /// The next closure: interactive before bulk.
    fn next(&self, dirty: bool) -> Next {
        match self.interactive.try_recv() {
            Ok(job) => return Next::Job(job),
            Err(TryRecvError::Disconnected) => return Next::Closed,
            Err(TryRecvError::Empty) => {}
        }
        let idle = if dirty { crossbeam_channel::after(IDLE) } else { crossbeam_channel::never() };
        select! {
            recv(self.interactive) -> job => job.map_or(Next::Closed, Next::Job),
            recv(self.bulk) -> job => job.map_or(Next::Closed, Next::Job),
            recv(idle) -> _ => Next::Idle,
        }
    }

    /// One transaction with whatever waits, from `first` on.
    fn group(&self, first: Box<dyn WriteJob>) {
        let mut jobs: Vec<Box<dyn WriteJob>> = Vec::with_capacity(self.options.batch_jobs);
        if let Err(e) = self.statement("BEGIN IMMEDIATE") {
            return first.finish(Some(lost(&e)));
        }
        let (mut weight, mut kept, mut events, mut wake_jobs) = (0, 0, false, false);
        if let Err(e) = self.learn_next_event() {
            let _ = self.statement("ROLLBACK");
            return first.finish(Some(lost(&e)));
        }
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
                    self.next_event.set(0);
                    return fail(jobs, "the engine ended the transaction");
                }
            }
            if jobs.len() < self.options.batch_jobs && weight < self.options.batch_bytes {
                next = self.interactive.try_recv().or_else(|_| self.bulk.try_recv()).ok();
            }
        }
        if let Err(e) = self.statement("COMMIT") {
            tracing::error!(error = %e, closures = jobs.len(), "commit failed; nothing of the group was stored");
            if !self.connection.is_autocommit() {
                let _ = self.statement("ROLLBACK");
            }
            self.next_event.set(0);
            return fail(jobs, &e.to_string());
        }
        self.counters.commits.fetch_add(1, Relaxed);
        self.counters.writes.fetch_add(kept, Relaxed);
        metrics::histogram!("frontdesk_db_batch_jobs").record(jobs.len() as f64);
        for job in jobs {
            job.finish(None);
        }
        if events {
            self.signals.events.send_modify(|n| *n += 1);
        }
        if wake_jobs {
            self.signals.jobs.notify_one();
        }
    }

    fn run_one(&self, job: &mut Box<dyn WriteJob>, tx: &Tx<'_>) -> Ran {
        if job.abandoned() {
            return Ran::UndoneAlone;
        }
        if self.statement("SAVEPOINT job").is_err() {
            return Ran::TransactionGone;
        }
        if self.options.run_twice {
            job.run(tx);
            if self.undo_savepoint().is_err() || self.statement("SAVEPOINT job").is_err() {
                return Ran::TransactionGone;
            }
        }
        let keep = job.run(tx);
        if self.connection.is_autocommit() {
            return Ran::TransactionGone;
        }
        let ended = if keep { self.statement("RELEASE job") } else { self.undo_savepoint() };
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
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    /// Event ids are given here, in commit order; a failed group starts anew from what is stored.
    fn learn_next_event(&self) -> rusqlite::Result<()> {
        if self.next_event.get() == 0 {
            let has_table: bool =
                self.connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'events'", [], |r| r.get(0))?;
            if has_table {
                let last: i64 =
                    self.connection.query_row("SELECT coalesce(max(id), 0) FROM events", [], |r| r.get(0))?;
                self.next_event.set(last + 1);
            }
        }
        Ok(())
    }

    /// Moves the log into the file. Under load only when it has grown long, and never waiting for readers.
    fn fold_log(&self, idle: bool) {
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| r.get::<_, i64>(1));
        if idle && folded.is_ok_and(|pages| pages > LOG_PAGES) {
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }
}

enum Next {
    Job(Box<dyn WriteJob>),
    Idle,
    Closed,
}

fn lost(e: &dyn std::fmt::Display) -> Error {
    Error { cause: Some(e.to_string().into()), ..Error::unavailable("It could not be stored; nothing was changed.") }
}

fn fail(jobs: Vec<Box<dyn WriteJob>>, why: &str) {
    for job in jobs {
        job.finish(Some(lost(&why)));
    }
}
