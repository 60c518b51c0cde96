//! Storage is two closures: [`Db::read`] and [`Db::write`].
//!
//! A closure is synchronous, so no network call can stand inside a transaction; it is `Fn`, because PostgreSQL may
//! have to run it again; and it never acts on anything but its [`Conn`] or [`Tx`]. What a caller is told was stored
//! is on disk: an answer leaves only after `COMMIT` (and its fsync) came back.
//!
//! - **SQLite**: one writer thread that commits in groups (a savepoint per closure), and reader threads that cannot
//!   write. See `sqlite` for what happens when one of a group fails.
//! - **PostgreSQL**: a pool of threads with a connection each; `write` is SERIALIZABLE and repeated on conflict,
//!   `write_locked` is READ COMMITTED behind named transaction locks, for decisions that many make at once, and
//!   `write_grouped` the same with several closures per transaction, as on SQLite.
//!
//! Nothing else in the program sees a type of `rusqlite` or `postgres`. This module never retries a closure that
//! failed by its own word, and never answers *done* for work that a neighbour's failure took away.

mod conn;
pub mod dialect;
mod failure;
pub mod migrate;
#[cfg(feature = "testing")]
mod plans;
mod pool;
mod postgres;
mod sql;
mod sqlite;
mod value;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

#[cfg(feature = "testing")]
pub use self::plans::assert_indexed;
pub(crate) use self::postgres::listen;
pub use self::{
    conn::{Conn, Engine, Tx},
    failure::StorageError,
    sql::Sql,
    value::{Column, Columns, Row, Value},
};
#[doc(hidden)]
pub use ::{postgres::types as pg_types, rusqlite};

use crate::{
    clock::Clock,
    error::{Error, Result},
    events::Recorded,
};

/// How to open a database.
#[derive(Debug, Clone)]
pub struct Options {
    pub target: Target,
    /// Closures waiting to write; past it the caller gets 503.
    pub writer_queue: usize,
    /// Group commit: closures per transaction at most …
    pub batch_jobs: usize,
    /// … and bytes of parameters at most.
    pub batch_bytes: usize,
    /// SQLite reader threads.
    pub readers: usize,
    /// SQLite `synchronous`: `FULL`, or `NORMAL` (may lose the last commits when the power fails).
    pub synchronous: &'static str,
    pub pg_connections: usize,
    /// PostgreSQL: transactions of [`Db::write_grouped`] at once; `None` goes by where the server is.
    pub pg_groups: Option<usize>,
    /// A group takes up no more closures after this time; who came first should not wait for who came last.
    pub pg_group_time: Duration,
    /// Tests: every writing closure runs twice, the first time for nothing, to show that it may.
    pub run_twice: bool,
    /// Tests: the name of a registered SQLite VFS.
    pub vfs: Option<String>,
    /// Tests: a full disk, in pages.
    pub max_pages: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

impl Target {
    /// `sqlite:<path>` or `postgres://…`.
    pub fn parse(address: &str) -> Result<Self> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            return Ok(Target::Sqlite(PathBuf::from(path)));
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Target::Postgres(address.to_owned()));
        }
        Err(Error::malformed("The database must be `sqlite:<path>` or `postgres://…`."))
    }
}

impl Options {
    pub fn new(target: Target) -> Self {
        Options {
            target,
            writer_queue: 4096,
            batch_jobs: 64,
            batch_bytes: 4 << 20,
            readers: 3,
            synchronous: "FULL",
            pg_connections: 16,
            pg_groups: None,
            pg_group_time: Duration::from_millis(25),
            run_twice: false,
            vfs: None,
            max_pages: None,
        }
    }
}

/// The database. Cloning shares it; dropping the last clone finishes what is queued and closes it.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    clock: Clock,
    signals: Signals,
    engine: Pools,
}

enum Pools {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// Woken after commits. Wake-ups save waiting; whoever needs them also polls.
#[derive(Clone)]
pub struct Signals {
    /// Counts commits that recorded events.
    pub events: watch::Sender<u64>,
    /// There are jobs to do.
    pub jobs: Arc<Notify>,
    /// Counts commits of this node that enqueued jobs.
    pub enqueued: watch::Sender<u64>,
}

impl Signals {
    fn committed(&self, events: bool, jobs: bool) {
        if events {
            self.events.send_modify(|n| *n += 1);
        }
        if jobs {
            self.jobs.notify_one();
            self.enqueued.send_modify(|n| *n += 1);
        }
    }
}

/// What must happen elsewhere because something happened here: called with the event, inside its transaction.
pub type Reactor = Box<dyn Fn(&Tx<'_>, &Recorded) -> Result<()> + Send + Sync>;

/// The reactors, by event kind.
#[derive(Default)]
pub struct Reactors(std::collections::HashMap<&'static str, Vec<Reactor>>);

impl Reactors {
    pub fn on(
        &mut self,
        kind: &'static str,
        react: impl Fn(&Tx<'_>, &Recorded) -> Result<()> + Send + Sync + 'static,
    ) -> &mut Self {
        self.0.entry(kind).or_default().push(Box::new(react));
        self
    }
    pub(crate) fn run(&self, tx: &Tx<'_>, event: &Recorded) -> Result<()> {
        match self.0.get(event.kind) {
            Some(reactors) => reactors.iter().try_for_each(|r| r(tx, event)),
            None => Ok(()),
        }
    }
}

/// A transaction lock's name, for [`Db::write_locked`]. Locks are taken in the order of their class, then of
/// their number, so two closures never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockKey(i64);

impl LockKey {
    /// `class` 0–127 groups keys of one kind; lower classes are locked first.
    pub fn new(class: u8, number: i64) -> Self {
        LockKey((i64::from(class & 0x7f) << 56) | (number & 0x00ff_ffff_ffff_ffff))
    }
    pub fn of_text(class: u8, text: &str) -> Self {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(text.as_bytes());
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        LockKey::new(class, i64::from_le_bytes(number))
    }
}

impl Db {
    /// Opens without migrating (see [`migrate`]); `reactors` are fixed for the life of the handle.
    pub fn open(options: &Options, clock: Clock, reactors: Reactors) -> Result<Db> {
        let signals = Signals {
            events: watch::Sender::new(0),
            jobs: Arc::new(Notify::new()),
            enqueued: watch::Sender::new(0),
        };
        let reactors = Arc::new(reactors);
        let engine = match &options.target {
            Target::Sqlite(path) => {
                Pools::Sqlite(sqlite::Sqlite::open(path, options, clock.clone(), reactors, signals.clone())?)
            }
            Target::Postgres(url) => Pools::Postgres(postgres::Postgres::open(
                url,
                options,
                clock.clone(),
                reactors,
                signals.clone(),
            )?),
        };
        Ok(Db(Arc::new(Shared { clock, signals, engine })))
    }

    pub fn engine(&self) -> Engine {
        match self.0.engine {
            Pools::Sqlite(_) => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }
    pub fn signals(&self) -> &Signals {
        &self.0.signals
    }

    /// Runs `f` on a consistent snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.read(f).await,
            Pools::Postgres(p) => p.read(f).await,
        }
    }

    /// Runs `f` in a transaction of its own; `Ok` means that it is on disk.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.write(Lane::Interactive, f).await,
            Pools::Postgres(p) => p.write(Lane::Interactive, None, f).await,
        }
    }

    /// As [`write`](Db::write), behind everything interactive: chunks of imports, clean-ups, relays.
    pub async fn write_bulk<T: Send + 'static>(
        &self,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.write(Lane::Bulk, f).await,
            Pools::Postgres(p) => p.write(Lane::Bulk, None, f).await,
        }
    }

    /// As [`write_bulk`](Db::write_bulk), READ COMMITTED on PostgreSQL: for a statement that is right by itself, such as
    /// claiming rows with `SKIP LOCKED`, where SERIALIZABLE would only find conflicts.
    pub(crate) async fn write_claims<T: Send + 'static>(
        &self,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.write(Lane::Bulk, f).await,
            Pools::Postgres(p) => p.write(Lane::Bulk, Some(Vec::new()), f).await,
        }
    }

    /// For decisions that many make at once: one at a time per key, without serialisation failures.
    pub async fn write_locked<T: Send + 'static>(
        &self,
        keys: Vec<LockKey>,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.write(Lane::Interactive, f).await,
            Pools::Postgres(p) => p.write(Lane::Interactive, Some(keys), f).await,
        }
    }

    /// As [`write_locked`](Db::write_locked), for what comes in by the hundred a second: on PostgreSQL closures that wait at
    /// the same time share a transaction and its fsync, a savepoint each. The keys of all are locked at its beginning, so
    /// name every one that is known; one that has to wait for anything else longer than a moment runs again, alone.
    pub async fn write_grouped<T: Send + 'static>(
        &self,
        keys: Vec<LockKey>,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.0.engine {
            Pools::Sqlite(s) => s.write(Lane::Interactive, f).await,
            Pools::Postgres(p) => p.write_grouped(keys, f).await,
        }
    }

    /// Blocks the calling thread; for the command line, migrations and tests.
    pub fn read_now<T: Send + 'static>(
        &self,
        f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        pool::block_on(self.read(f))
    }
    /// Blocks the calling thread; for the command line, migrations and tests.
    pub fn write_now<T: Send + 'static>(
        &self,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        pool::block_on(self.write(f))
    }

    /// Numbers for `/metrics` and the benchmarks.
    pub fn stats(&self) -> Stats {
        match &self.0.engine {
            Pools::Sqlite(s) => s.stats(),
            Pools::Postgres(p) => p.stats(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Interactive,
    Bulk,
}

/// Counted since the database was opened.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Stats {
    /// Closures committed.
    pub writes: u64,
    /// Transactions that held them (a group holds several).
    pub commits: u64,
    /// PostgreSQL: closures run again after a conflict, a neighbour's included.
    pub retries: u64,
    /// PostgreSQL: closures that met conflicts until their caller was told to come again.
    pub given_up: u64,
    pub reads: u64,
    /// Waiting to write now.
    pub queued: u64,
}
