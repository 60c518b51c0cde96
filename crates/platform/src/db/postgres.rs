//! PostgreSQL: threads with a connection each.
//!
//! A closure runs again when the server ended its transaction for a conflict, and when the connection broke before
//! `COMMIT` was sent. When it broke during `COMMIT` nobody can know, and the caller is told just that. A statement
//! that failed ends the transaction, even if the closure overlooked it: `COMMIT` would then quietly roll back.

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

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use postgres::{Client, Config, NoTls, Statement, error::SqlState, types::ToSql};

use super::{
    Conn, Lane, LockKey, Options, Reactors, Signals, Sql, Stats, Tx, Value,
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
/// A server that does not answer for so long is taken for dead, unless the address says otherwise.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) struct Postgres {
    interactive: Option<Sender<Work>>,
    bulk: Option<Sender<Work>>,
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
    /// What went wrong in this transaction, whatever the closure made of it.
    trouble: Trouble,
}

#[derive(Default)]
struct Trouble {
    /// A statement failed: the transaction is over.
    failed: bool,
    /// … and another try may go well.
    conflict: bool,
    /// … because the connection is gone.
    lost: bool,
}

/// The address with bounds on waiting, so that a server that vanished is noticed.
fn settings(url: &str) -> Result<Config> {
    let mut config: Config = url.parse().map_err(|e| Error {
        cause: Some(Box::new(e)),
        ..Error::malformed("The database's address cannot be read.")
    })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("frontdesk");
    }
    config.keepalives_idle(SILENCE);
    Ok(config)
}

impl Session {
    pub fn connect(url: &str) -> Result<Session> {
        let mut client = settings(url)?.connect(NoTls).map_err(failure::postgres)?;
        client
            .batch_execute("SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'")
            .map_err(failure::postgres)?;
        Ok(Session { client, statements: HashMap::new(), trouble: Trouble::default() })
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
        self.trouble.failed = true;
        self.trouble.lost |= failure::connection_lost(&e) || self.client.is_closed();
        self.trouble.conflict |=
            matches!(e.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED));
        // A migration elsewhere changed a table under our prepared statements.
        if e.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
            && e.as_db_error().is_some_and(|d| d.message().contains("cached plan"))
        {
            self.statements.clear();
            self.trouble.conflict = true;
        }
        failure::postgres(e)
    }
}

/// Waits for `NOTIFY` on `channel`, calling `heard` for each and at least once a second, until it says false.
pub(crate) fn listen(url: &str, channel: &str, mut heard: impl FnMut() -> bool) -> Result<()> {
    use fallible_iterator::FallibleIterator;
    let mut client = settings(url)?.connect(NoTls).map_err(failure::postgres)?;
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
        let (interactive, interactive_rx) = bounded(options.writer_queue);
        let (bulk, bulk_rx) = bounded(options.writer_queue);
        let (ready, opened) = bounded(1);
        let mut threads = Vec::new();
        let count = options.pg_connections.max(2);
        for n in 0..count {
            let mut worker = Worker {
                url: url.to_owned(),
                interactive: interactive_rx.clone(),
                // Bulk work has a quarter of the connections, and one of them takes it first.
                bulk: (n < (count / 4).max(1)).then(|| bulk_rx.clone()),
                bulk_first: n == 0,
                clock: clock.clone(),
                reactors: reactors.clone(),
                signals: signals.clone(),
                counters: counters.clone(),
                run_twice: options.run_twice,
                session: None,
                jitter: n as u64 + 1,
            };
            // The first connects at once, so that a wrong address is told here; and on its own thread, because the
            // driver refuses to block one that belongs to an asynchronous runtime.
            let ready = (n == 0).then(|| ready.clone());
            let run = move || {
                if let Some(ready) = ready {
                    let _ = ready.send(worker.connect());
                }
                worker.run();
            };
            threads
                .push(thread::Builder::new().name(format!("db-pg-{n}")).spawn(run).map_err(Error::internal)?);
        }
        let pool = Postgres { interactive: Some(interactive), bulk: Some(bulk), threads, counters };
        opened.recv().map_err(Error::internal)??;
        Ok(pool)
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::read_job(f);
        self.send(Lane::Interactive, Work::Read(job))?;
        pool::answered(answer).await
    }

    /// SERIALIZABLE without `locks`; READ COMMITTED with them, be they none.
    pub async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        locks: Option<Vec<LockKey>>,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::write_job(f);
        let locks = locks.map(|mut keys| {
            keys.sort_unstable();
            keys.dedup();
            keys
        });
        self.send(lane, Work::Write { locks, job })?;
        pool::answered(answer).await
    }

    fn send(&self, lane: Lane, work: Work) -> Result<()> {
        let queue = if lane == Lane::Interactive { &self.interactive } else { &self.bulk };
        match queue.as_ref().map(|q| q.try_send(work)) {
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
            queued: [&self.interactive, &self.bulk].into_iter().flatten().map(|q| q.len() as u64).sum(),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        (self.interactive, self.bulk) = (None, None);
        pool::join(&mut self.threads);
    }
}

struct Worker {
    url: String,
    interactive: Receiver<Work>,
    bulk: Option<Receiver<Work>>,
    bulk_first: bool,
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
        while let Some(work) = self.next() {
            match work {
                Work::Read(job) => self.read(job),
                Work::Write { locks, job } => self.write(locks.as_deref(), job),
            }
            if self.session.as_ref().is_some_and(|s| s.borrow().client.is_closed()) {
                self.session = None;
            }
        }
    }

    /// `None` when the queues are closed and empty.
    fn next(&self) -> Option<Work> {
        let Some(bulk) = &self.bulk else { return self.interactive.recv().ok() };
        let take = || {
            let (first, then) =
                if self.bulk_first { (bulk, &self.interactive) } else { (&self.interactive, bulk) };
            first.try_recv().or_else(|_| then.try_recv()).ok()
        };
        take().or_else(|| {
            let woken = select! {
                recv(self.interactive) -> work => work,
                recv(bulk) -> work => work,
            };
            woken.ok().or_else(take)
        })
    }

    fn connect(&mut self) -> Result<()> {
        self.session = Some(RefCell::new(Session::connect(&self.url)?));
        Ok(())
    }

    fn session(&self) -> &RefCell<Session> {
        self.session.as_ref().expect("begin() connected")
    }

    /// Begins a transaction, on a new connection if the old one turns out to be gone.
    fn begin(&mut self, text: &str) -> Result<()> {
        for attempt in 1.. {
            if self.session.is_none()
                && let Err(e) = self.connect()
            {
                tracing::warn!(error = %e, "no connection to PostgreSQL");
                return Err(e);
            }
            let begun = {
                let mut session = self.session().borrow_mut();
                session.trouble = Trouble::default();
                session.batch(text)
            };
            match begun {
                Err(_) if attempt == 1 && self.session().borrow().trouble.lost => self.session = None,
                other => return other,
            }
        }
        unreachable!("the second attempt returns")
    }

    fn read(&mut self, job: ReadJob) {
        if let Err(e) = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
            job(Err(e));
            return self.rest();
        }
        job(Ok(&Conn { raw: Raw::Pg(self.session()) }));
        self.end("COMMIT");
        self.counters.reads.fetch_add(1, Relaxed);
    }

    /// Without a server, fewer callers are refused at once and more of them wait for it to come back.
    fn rest(&self) {
        if self.session.is_none() {
            thread::sleep(Duration::from_millis(100));
        }
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
                Attempt::Lost(e) => {
                    job.finish(Some(e));
                    return self.rest();
                }
                Attempt::Conflict => {
                    job.forget();
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

    fn attempt(&mut self, locks: Option<&[LockKey]>, job: &mut Box<dyn WriteJob>) -> Attempt {
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
        let begun = self.begin(&begin);
        let outcome = match begun {
            Ok(()) => self.run_and_commit(job),
            Err(e) if self.session.is_none() => return Attempt::Lost(e),
            Err(_) if self.session().borrow().trouble.conflict => Attempt::Conflict,
            Err(e) => Attempt::Lost(e),
        };
        if !matches!(outcome, Attempt::Committed { .. }) {
            self.end("ROLLBACK");
        }
        outcome
    }

    fn run_and_commit(&self, job: &mut Box<dyn WriteJob>) -> Attempt {
        let session = self.session();
        // Ids of events come from the database here; the counter belongs to SQLite.
        let unused = Cell::new(0);
        let tx = Tx::new(Raw::Pg(session), self.clock.now(), &self.reactors, &unused);
        if self.run_twice {
            let rehearsed = session.borrow_mut().batch("SAVEPOINT twice").is_ok() && {
                job.run(&tx);
                session.borrow_mut().batch("ROLLBACK TO twice").is_ok()
            };
            let mut session = session.borrow_mut();
            if rehearsed && !session.trouble.conflict {
                session.trouble = Trouble::default();
            }
        }
        let keep = job.run(&tx);
        let Trouble { failed, conflict, lost } = std::mem::take(&mut session.borrow_mut().trouble);
        // COMMIT was not sent: whatever the closure did is undone, and it may run again on a new connection.
        if conflict || lost {
            return Attempt::Conflict;
        }
        if !keep {
            return Attempt::Refused;
        }
        if failed {
            return Attempt::Lost(Error::internal(
                "a closure went on after a statement had failed; nothing was stored",
            ));
        }
        let committed = session.borrow_mut().batch("COMMIT");
        let Trouble { conflict, lost, .. } = session.borrow().trouble;
        let detail = match committed {
            Ok(()) => {
                return Attempt::Committed { events: tx.marks.events.get(), jobs: tx.marks.jobs.get() };
            }
            Err(_) if conflict => return Attempt::Conflict,
            Err(_) if lost => {
                "The connection broke while it was being stored; look whether it was before you repeat it."
            }
            Err(_) => "It could not be stored; nothing was changed.",
        };
        Attempt::Lost(Error { cause: committed.err().and_then(|e| e.cause), ..Error::unavailable(detail) })
    }

    /// Ends the transaction; a connection that cannot even do that is given up.
    fn end(&mut self, how: &str) {
        if let Some(session) = &self.session
            && session.borrow_mut().batch(how).is_err()
        {
            self.session = None;
        }
    }
}

enum Attempt {
    Committed {
        events: bool,
        jobs: bool,
    },
    /// The closure itself said no.
    Refused,
    /// Nothing was stored, and another try may go well.
    Conflict,
    Lost(Error),
}
