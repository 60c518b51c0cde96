//! PostgreSQL: threads with a connection each.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use postgres::{Client, NoTls, Statement, error::SqlState, types::ToSql};

use super::{
    Conn, LockKey, Options, Reactors, Signals, Sql, Stats, Tx, Value,
    conn::Raw,
    failure,
    pool::{self, ReadJob, WriteJob},
    sql::for_postgres,
};
use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// Conflicts are repeated this often before the caller is told to try again.
const ATTEMPTS: u32 = 12;

pub(super) struct Postgres {
    jobs: Option<Sender<Work>>,
    threads: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    retries: AtomicU64,
    reads: AtomicU64,
}

enum Work {
    Read(ReadJob),
    Write { locks: Option<Vec<LockKey>>, job: Box<dyn WriteJob> },
}

/// A connection with its prepared statements.
pub(super) struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
    /// A statement of this transaction ran into a conflict: the closure's own error, if any, does not matter.
    conflict: bool,
}

impl Session {
    pub fn connect(url: &str) -> Result<Session> {
        let mut client = Client::connect(url, NoTls).map_err(failure::postgres)?;
        client
            .batch_execute("SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'")
            .map_err(failure::postgres)?;
        Ok(Session { client, statements: HashMap::new(), conflict: false })
    }

    pub fn prepare(&mut self, sql: Sql<'_>) -> Result<Statement> {
        if let Some(s) = self.statements.get(sql.text()) {
            return Ok(s.clone());
        }
        let statement = self.client.prepare(&for_postgres(sql.text())).map_err(|e| self.note(e))?;
        // Built texts are few shapes, but their number is bounded by nobody.
        if self.statements.len() >= 1024 {
            self.statements.clear();
        }
        self.statements.insert(sql.text().to_owned(), statement.clone());
        Ok(statement)
    }

    pub fn query(&mut self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<Vec<postgres::Row>> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        self.client.query(&statement, &params).map_err(|e| self.note(e))
    }

    pub fn execute(&mut self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        self.client.execute(&statement, &params).map_err(|e| self.note(e))
    }

    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|e| self.note(e))
    }

    fn note(&mut self, e: postgres::Error) -> Error {
        self.conflict |= matches!(
            e.code(),
            Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED)
        );
        failure::postgres(e)
    }
}

/// Waits for `NOTIFY` on `channel`, calling `heard` for each and at least once a second, until it says false.
pub(crate) fn listen(url: &str, channel: &str, mut heard: impl FnMut() -> bool) -> Result<()> {
    use fallible_iterator::FallibleIterator;
    let mut client = Client::connect(url, NoTls).map_err(failure::postgres)?;
    client.batch_execute(&format!("LISTEN {channel}")).map_err(failure::postgres)?;
    loop {
        let mut notifications = client.notifications();
        let mut waiting = notifications.timeout_iter(Duration::from_secs(1));
        while waiting.next().map_err(failure::postgres)?.is_some() {
            if !heard() {
                return Ok(());
            }
        }
        if !heard() {
            return Ok(());
        }
    }
}

impl Postgres {
    pub fn open(
        url: &str,
        options: &Options,
        clock: Clock,
        reactors: Arc<Reactors>,
        signals: Signals,
    ) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let (jobs, work) = bounded(options.writer_queue);
        let mut threads = Vec::new();
        for n in 0..options.pg_connections.max(2) {
            // The first connection is made here, so that a wrong address is told at once.
            let session = if n == 0 { Some(Session::connect(url)?) } else { None };
            let mut worker = Worker {
                url: url.to_owned(),
                work: work.clone(),
                clock: clock.clone(),
                reactors: reactors.clone(),
                signals: signals.clone(),
                counters: counters.clone(),
                run_twice: options.run_twice,
                session: session.map(RefCell::new),
                jitter: n as u64 + 1,
            };
            threads.push(
                thread::Builder::new()
                    .name(format!("db-pg-{n}"))
                    .spawn(move || worker.run())
                    .map_err(Error::internal)?,
            );
        }
        Ok(Postgres { jobs: Some(jobs), threads, counters })
    }

    pub async fn read<T: Send + 'static>(&self, f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let (job, answer) = pool::read_job(f);
        self.send(Work::Read(job))?;
        pool::answered(answer).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        locks: Option<Vec<LockKey>>,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::write_job(f);
        let locks = locks.map(|mut keys| {
            keys.sort_unstable();
            keys.dedup();
            keys
        });
        self.send(Work::Write { locks, job })?;
        pool::answered(answer).await
    }

    fn send(&self, work: Work) -> Result<()> {
        match self.jobs.as_ref().map(|q| q.try_send(work)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => Err(Error::busy()),
            _ => Err(Error::unavailable("The database is shutting down.")),
        }
    }

    pub fn stats(&self) -> Stats {
        let writes = self.counters.writes.load(Relaxed);
        Stats {
            writes,
            commits: writes,
            retries: self.counters.retries.load(Relaxed),
            reads: self.counters.reads.load(Relaxed),
            queued: self.jobs.as_ref().map_or(0, |q| q.len() as u64),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.jobs = None;
        for t in self.threads.drain(..) {
            let _ = t.join();
        }
    }
}

struct Worker {
    url: String,
    work: Receiver<Work>,
    clock: Clock,
    reactors: Arc<Reactors>,
    signals: Signals,
    counters: Arc<Counters>,
    run_twice: bool,
    session: Option<RefCell<Session>>,
    jitter: u64,
}

impl Worker {
    fn run(&mut self) {
        while let Ok(work) = self.work.recv() {
            if self.session.is_none() {
                match Session::connect(&self.url) {
                    Ok(s) => self.session = Some(RefCell::new(s)),
                    Err(e) => {
                        tracing::warn!(error = %e, "no connection to PostgreSQL");
                        if let Work::Write { job, .. } = work {
                            job.finish(Some(Error::unavailable("The database cannot be reached.")));
                        }
                        thread::sleep(Duration::from_millis(200));
                        continue;
                    }
                }
            }
            match work {
                Work::Read(job) => self.read(job),
                Work::Write { locks, job } => self.write(locks.as_deref(), job),
            }
            if self.session.as_ref().is_some_and(|s| s.borrow().client.is_closed()) {
                self.session = None;
            }
        }
    }

    fn session(&self) -> &RefCell<Session> {
        self.session.as_ref().expect("connected before work is taken")
    }

    fn read(&self, job: ReadJob) {
        let session = self.session();
        let begun = session.borrow_mut().batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        job(&Conn { raw: Raw::Pg(session) });
        if begun.is_ok() {
            let _ = session.borrow_mut().batch("COMMIT");
        }
        self.counters.reads.fetch_add(1, Relaxed);
    }

    fn write(&mut self, locks: Option<&[LockKey]>, mut job: Box<dyn WriteJob>) {
        for attempt in 1..=ATTEMPTS {
            if job.abandoned() {
                return job.finish(None);
            }
            match self.attempt(locks, &mut job) {
                Attempt::Committed { events, jobs } => {
                    self.counters.writes.fetch_add(1, Relaxed);
                    job.finish(None);
                    if events {
                        self.signals.events.send_modify(|n| *n += 1);
                    }
                    if jobs {
                        self.signals.jobs.notify_one();
                    }
                    return;
                }
                Attempt::Refused => return job.finish(None),
                Attempt::Lost(e) => return job.finish(Some(e)),
                Attempt::Conflict => {
                    self.counters.retries.fetch_add(1, Relaxed);
                    metrics::counter!("frontdesk_db_retries_total").increment(1);
                    thread::sleep(self.pause(attempt));
                }
            }
        }
        job.finish(Some(Error::busy()));
    }

    /// Up to 2, 4, 8 … 64 ms, anywhere in between.
    fn pause(&mut self, attempt: u32) -> Duration {
        self.jitter = self.jitter.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let most = 1000u64 << attempt.min(6);
        Duration::from_micros((self.jitter >> 33) % most)
    }

    fn attempt(&self, locks: Option<&[LockKey]>, job: &mut Box<dyn WriteJob>) -> Attempt {
        let session = self.session();
        session.borrow_mut().conflict = false;
        let begin = match locks {
            None => "BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned(),
            Some(keys) => {
                let mut text = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
                for k in keys {
                    text += &format!("; SELECT pg_advisory_xact_lock({})", k.0);
                }
                text
            }
        };
        if let Err(e) = session.borrow_mut().batch(&begin) {
            return self.undo(Attempt::Lost(e));
        }
        // Ids of events come from the database here; the counter belongs to SQLite.
        let unused = Cell::new(0);
        let tx = Tx::new(Raw::Pg(session), self.clock.now(), &self.reactors, &unused);
        if self.run_twice {
            let _ = session.borrow_mut().batch("SAVEPOINT twice");
            job.run(&tx);
            let _ = session.borrow_mut().batch("ROLLBACK TO twice");
        }
        let keep = job.run(&tx);
        if session.borrow().conflict {
            return self.undo(Attempt::Conflict);
        }
        if !keep {
            return self.undo(Attempt::Refused);
        }
        let committed = session.borrow_mut().batch("COMMIT");
        match committed {
            Ok(()) => Attempt::Committed { events: tx.marks.events.get(), jobs: tx.marks.jobs.get() },
            Err(_) if session.borrow().conflict => self.undo(Attempt::Conflict),
            Err(e) => self.undo(Attempt::Lost(Error {
                cause: e.cause,
                ..Error::unavailable("It could not be stored; nothing was changed.")
            })),
        }
    }

    fn undo(&self, outcome: Attempt) -> Attempt {
        let _ = self.session().borrow_mut().batch("ROLLBACK");
        outcome
    }
}

enum Attempt {
    Committed { events: bool, jobs: bool },
    /// The closure itself said no.
    Refused,
    Conflict,
    Lost(Error),
}
