//! SQLite: one writer with group commit, several readers, one keeper.
//!
//! The writer takes what is waiting, up to a number of closures and bytes and for a few milliseconds, into one
//! `BEGIN IMMEDIATE … COMMIT`; the first never waits for a second. Each closure stands in a savepoint: its error or
//! panic undoes its own work alone. When the commit fails, or when the engine ended the transaction under way (full
//! disk, I/O error, out of memory), *everyone* in the group is told that nothing was stored. Readers cannot write
//! (`query_only`).
//!
//! The keeper folds the log into the file while the writer goes on, so no answer waits for it; and it ends a reader
//! that has held its snapshot too long, because the log can only grow meanwhile. Nothing ever interrupts the writer:
//! an interrupt would end the transaction of everyone in the group.

use std::{
    cell::Cell,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded, select};
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, config::DbConfig};

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
/// Under load the log is folded this often, counted in commits …
const FOLD_EVERY: u32 = 256;
/// … and when it has this many pages the writer does the last of it itself: only then can the log begin anew.
const LOG_PAGES: i64 = 16_384;
/// A group takes no more closures after this time; who came first should not wait for who came last.
const GROUP_TIME: Duration = Duration::from_millis(10);
/// After this many interactive closures one of the bulk lane has its turn, however many wait.
const BULK_TURN: u32 = 64;
/// A reader's snapshot lives no longer; PostgreSQL's `statement_timeout` says the same.
const READ_TIME: Duration = Duration::from_secs(60);

/// Page cache, in KiB. Reads repeat less than writes touch the same inner pages; the system caches the file anyway.
const WRITER_CACHE: u32 = 8_000;
const READER_CACHE: u32 = 4_000;
const KEEPER_CACHE: u32 = 200;

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

        let connection = connect(path, options, WRITER_CACHE)?;
        let (fold, fold_rx) = bounded(1);
        let log_pages = Arc::new(AtomicI64::new(0));
        let mut keeper = Keeper {
            connection: connect(path, options, KEEPER_CACHE)?,
            fold: fold_rx,
            log_pages: log_pages.clone(),
            readers: Vec::new(),
        };
        let mut writer = Writer {
            connection,
            fold,
            log_pages,
            since_bulk: Cell::new(0),
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
            let connection = connect(path, options, READER_CACHE)?;
            connection.execute_batch("PRAGMA query_only = ON").map_err(failure::sqlite)?;
            let (jobs, counters) = (reads_rx.clone(), counters.clone());
            let busy =
                Arc::new(Busy { since: Mutex::new(None), interrupt: connection.get_interrupt_handle() });
            keeper.readers.push(busy.clone());
            threads.push(spawn(&format!("db-reader-{n}"), move || {
                for job in jobs {
                    busy.set(Some(Instant::now()));
                    read_one(&connection, job);
                    busy.set(None);
                    counters.reads.fetch_add(1, Relaxed);
                }
            })?);
        }
        threads.push(spawn("db-keeper", move || keeper.run())?);
        Ok(Sqlite { interactive: Some(interactive), bulk: Some(bulk), reads: Some(reads), threads, counters })
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
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
            queued: [&self.interactive, &self.bulk].into_iter().flatten().map(|q| q.len() as u64).sum(),
        }
    }
}

impl Drop for Sqlite {
    /// Finishes what is queued, then folds the log into the file.
    fn drop(&mut self) {
        (self.interactive, self.bulk, self.reads) = (None, None, None);
        pool::join(&mut self.threads);
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

fn connect(path: &Path, options: &Options, cache: u32) -> Result<Connection> {
    let c = open(path, options, cache).map_err(failure::sqlite)?;
    let mode: String = c.pragma_query_value(None, "journal_mode", |r| r.get(0)).map_err(failure::sqlite)?;
    if mode != "wal" {
        return Err(Error::internal(format!(
            "{} cannot keep a write-ahead log (it says {mode})",
            path.display()
        )));
    }
    Ok(c)
}

fn open(path: &Path, options: &Options, cache: u32) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str())?,
        None => Connection::open_with_flags(path, flags)?,
    };
    c.busy_timeout(Duration::from_secs(10))?;
    c.set_prepared_statement_cache_capacity(256);
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    c.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{cache}; PRAGMA temp_store = MEMORY; \
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
    if let Err(e) = run(connection, "BEGIN") {
        return job(Err(failure::sqlite(e)));
    }
    job(Ok(&Conn { raw: Raw::Lite(connection) }));
    if !connection.is_autocommit() && run(connection, "COMMIT").is_err() {
        let _ = run(connection, "ROLLBACK");
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// Since when a reader has been at its closure.
struct Busy {
    since: Mutex<Option<Instant>>,
    interrupt: InterruptHandle,
}

impl Busy {
    fn set(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
    /// Under the lock, so that the next closure cannot be hit in place of the one that overstayed.
    fn end_if_overdue(&self) {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_some_and(|s| s.elapsed() > READ_TIME) {
            self.interrupt.interrupt();
        }
    }
}

struct Keeper {
    connection: Connection,
    fold: Receiver<()>,
    log_pages: Arc<AtomicI64>,
    readers: Vec<Arc<Busy>>,
}

impl Keeper {
    /// Until the writer has gone.
    fn run(&mut self) {
        loop {
            match self.fold.recv_timeout(Duration::from_secs(1)) {
                Ok(()) => self.log_pages.store(fold_log(&self.connection), Relaxed),
                Err(RecvTimeoutError::Timeout) => self.readers.iter().for_each(|r| r.end_if_overdue()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Moves the log into the file as far as no reader needs it, waiting for nobody; the pages of the log.
fn fold_log(connection: &Connection) -> i64 {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| r.get(1)).unwrap_or_else(|e| {
        tracing::warn!(error = %e, "the log could not be folded into the database file; it is tried again");
        0
    })
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
    /// Asks the keeper to fold the log.
    fold: Sender<()>,
    /// The length of the log when the keeper last looked.
    log_pages: Arc<AtomicI64>,
    since_bulk: Cell<u32>,
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
        let _ = self.fold.try_send(());
        if self.log_pages.load(Relaxed) > LOG_PAGES {
            self.log_pages.store(fold_log(&self.connection), Relaxed);
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
        if events {
            self.signals.events.send_modify(|n| *n += 1);
        }
        if wake_jobs {
            self.signals.jobs.notify_one();
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
