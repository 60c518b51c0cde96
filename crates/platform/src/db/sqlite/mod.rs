//! SQLite: one writer with group commit, several readers, one keeper.
//!
//! The writer takes what is waiting, up to a number of closures and bytes and for a few milliseconds, into one
//! `BEGIN IMMEDIATE … COMMIT`; the first never waits for a second. The error or panic of a closure undoes its own work
//! alone: it stood in a savepoint, or all are undone and those before it run again. When the commit fails, or when the
//! engine ended the transaction under way (full disk, I/O error, out of memory), *everyone* in the group is told that
//! nothing was stored. Readers cannot write (`query_only`).
//!
//! The keeper folds the log into the file while the writer goes on, so no answer waits for it; and it ends a reader
//! that has held its snapshot too long, because the log can only grow meanwhile. Nothing ever interrupts the writer:
//! an interrupt would end the transaction of everyone in the group.

mod writer;

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

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use rusqlite::{Connection, InterruptHandle, OpenFlags, config::DbConfig};

use self::writer::Writer;
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
            careful: Cell::new(0),
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
            given_up: 0,
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
    // A plan is made once: without this, every value bound to a LIMIT has its statement prepared anew.
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_overstays_is_interrupted_and_one_that_does_not_is_left_alone() {
        let connection = Connection::open_in_memory().expect("opens");
        let busy =
            Busy { since: Mutex::new(Some(Instant::now())), interrupt: connection.get_interrupt_handle() };
        let count = |most: &str| {
            let text = format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {most}) SELECT count(*) FROM n"
            );
            connection.query_row(&text, [], |r| r.get::<_, i64>(0))
        };
        busy.end_if_overdue();
        assert_eq!(count("LIMIT 1000").ok(), Some(1000));

        let long_ago =
            Instant::now().checked_sub(READ_TIME + Duration::from_secs(1)).expect("the machine runs longer");
        busy.set(Some(long_ago));
        let ended = Mutex::new(false);
        let endless = thread::scope(|s| {
            s.spawn(|| {
                while !*ended.lock().expect("ended") {
                    busy.end_if_overdue();
                    thread::yield_now();
                }
            });
            let endless = count("");
            *ended.lock().expect("ended") = true;
            endless
        });
        let told = failure::sqlite(endless.expect_err("interrupted"));
        assert_eq!(told.code, crate::error::Code::Unavailable);
    }
}
