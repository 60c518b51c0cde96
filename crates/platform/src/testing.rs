//! Databases for tests: a fresh one each, on both engines.
//!
//! ```ignore
//! use platform::testing::{self, Setup, TestDb};
//!
//! #[test]
//! fn a_note_is_found_again() {
//!     testing::for_each_engine(MIGRATIONS, |db| {
//!         let id = db.write_now(|tx| notes::add(tx, "hello"))?;
//!         assert_eq!(db.read_now(move |c| notes::text(c, id))?, "hello");
//!         Ok(())
//!     });
//! }
//! ```
//!
//! The clock stands still at [`NOON`] until the test moves it (`db.clock().advance(…)`), and every writing closure runs
//! twice, to show that it may. PostgreSQL is the server named by `FRONTDESK_TEST_POSTGRES` (an address whose user may
//! create databases); without it those halves of the tests say that they skip, unless `FRONTDESK_REQUIRE_POSTGRES=1`
//! makes that a failure. Nothing here is part of the product.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot set up its database has failed")]

mod postgres;

use std::{future::Future, path::PathBuf, sync::Arc};

use tempfile::TempDir;

pub use self::postgres::EphemeralPostgres;
use crate::{
    Clock, Db, Result,
    clock::Millis,
    db::{
        Options, Reactors, Target,
        migrate::{self, Migration},
    },
};

/// Where the clock of a test stands: 2025-06-16T12:00:00Z, a Monday.
pub const NOON: Millis = 1_750_075_200_000;

/// Runs `test` on a fresh, migrated database of each engine.
pub fn for_each_engine(migrations: &'static [Migration], test: impl Fn(Db) -> Result<()>) {
    Setup::new(migrations).each(|t| test(t.db.clone()));
}

/// As [`for_each_engine`], for asynchronous tests: `for_each_engine_async(MIGRATIONS, async |db| { … Ok(()) })`.
pub fn for_each_engine_async<F: Future<Output = Result<()>>>(
    migrations: &'static [Migration],
    test: impl Fn(Db) -> F,
) {
    Setup::new(migrations).each_async(|t| test(t.db.clone()));
}

/// What a test's databases are made with. Cloning shares it.
#[derive(Clone)]
pub struct Setup {
    migrations: &'static [Migration],
    reactors: Arc<dyn Fn() -> Reactors>,
    tune: Arc<dyn Fn(&mut Options)>,
}

impl Setup {
    pub fn new(migrations: &'static [Migration]) -> Self {
        Setup { migrations, reactors: Arc::new(Reactors::default), tune: Arc::new(|_| {}) }
    }
    /// The program's reactors: called for every handle that is opened.
    pub fn reactors(mut self, make: impl Fn() -> Reactors + 'static) -> Self {
        self.reactors = Arc::new(make);
        self
    }
    /// Changes the options: `.tune(|o| o.run_twice = false)`.
    pub fn tune(mut self, change: impl Fn(&mut Options) + 'static) -> Self {
        self.tune = Arc::new(change);
        self
    }

    /// A database in a temporary directory.
    pub fn sqlite(&self) -> TestDb {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let target = Target::Sqlite(dir.path().join("test.db"));
        self.open(target, Home::Directory(dir))
    }

    /// A database of its own on the test server; `None`, and a line that says so, when there is no server.
    pub fn postgres(&self) -> Option<TestDb> {
        let Some(server) = postgres::server() else {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            eprintln!("{test}: skipped on PostgreSQL; FRONTDESK_TEST_POSTGRES names no server");
            return None;
        };
        let database = postgres::Database::create(&server);
        Some(self.open(Target::Postgres(database.url.clone()), Home::Server(database)))
    }

    /// A database on a server of the test's own.
    pub fn on(&self, server: &EphemeralPostgres) -> TestDb {
        let database = postgres::Database::create(server.url());
        self.open(Target::Postgres(database.url.clone()), Home::Server(database))
    }

    /// Runs `test` on each engine in turn.
    pub fn each(&self, test: impl Fn(&TestDb) -> Result<()>) {
        for t in [Some(self.sqlite()), self.postgres()].into_iter().flatten() {
            test(&t).unwrap_or_else(|e| panic!("on {:?}: {e}", t.db.engine()));
        }
    }
    /// Runs `test` on each engine in turn, on a runtime of its own.
    pub fn each_async<F: Future<Output = Result<()>>>(&self, test: impl Fn(&TestDb) -> F) {
        for t in [Some(self.sqlite()), self.postgres()].into_iter().flatten() {
            runtime().block_on(test(&t)).unwrap_or_else(|e| panic!("on {:?}: {e}", t.db.engine()));
        }
    }

    fn open(&self, target: Target, home: Home) -> TestDb {
        let mut options = Options::new(target);
        options.run_twice = true;
        options.pg_connections = 8;
        (self.tune)(&mut options);
        let clock = Clock::manual(NOON);
        let db = self.handle(&options, &clock);
        migrate::run(&db, self.migrations).expect("migrations");
        TestDb { db, clock, options, setup: self.clone(), home }
    }
    fn handle(&self, options: &Options, clock: &Clock) -> Db {
        Db::open(options, clock.clone(), (self.reactors)()).expect("the test database opens")
    }
}

/// A database that goes away with this value; clones of `db` must not outlive it.
pub struct TestDb {
    pub db: Db,
    /// The one that `db` goes by.
    pub clock: Clock,
    pub options: Options,
    setup: Setup,
    // Dropped last: the fields above close the database first.
    home: Home,
}

enum Home {
    Directory(TempDir),
    Server(postgres::Database),
}

impl TestDb {
    /// See [`Setup::sqlite`].
    pub fn sqlite(migrations: &'static [Migration]) -> TestDb {
        Setup::new(migrations).sqlite()
    }
    /// See [`Setup::postgres`].
    pub fn postgres(migrations: &'static [Migration]) -> Option<TestDb> {
        Setup::new(migrations).postgres()
    }
    /// Another handle on the same database: on PostgreSQL a second node, on SQLite a second process.
    pub fn second(&self) -> Db {
        self.setup.handle(&self.options, &self.clock)
    }
    /// Closes the database and opens it again with `change` made to its options.
    pub fn reopened(mut self, change: impl Fn(&mut Options)) -> TestDb {
        change(&mut self.options);
        let TestDb { db, clock, options, setup, home } = self;
        drop(db);
        let db = setup.handle(&options, &clock);
        TestDb { db, clock, options, setup, home }
    }
    /// SQLite: the database file.
    pub fn file(&self) -> PathBuf {
        match &self.home {
            Home::Directory(dir) => dir.path().join("test.db"),
            Home::Server(_) => panic!("a PostgreSQL database is no file"),
        }
    }
    /// PostgreSQL: the database's address.
    pub fn url(&self) -> &str {
        match &self.home {
            Home::Directory(_) => panic!("a SQLite database has no address"),
            Home::Server(database) => &database.url,
        }
    }
}

/// A runtime as the program has one.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Waits until `condition` holds, looking again and again; fails after `seconds`. For what arrives by itself.
pub fn eventually(seconds: u64, what: &str, mut condition: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed().as_secs() < seconds, "{what}: not within {seconds} s");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
