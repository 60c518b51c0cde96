//! One thread with one connection.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    Counters,
    queue::{Alone, Queue, Taste, Work},
    session::{Session, Trouble},
};
use crate::{
    clock::Clock,
    db::{
        Conn, LockKey, Reactors, Signals, Tx,
        conn::Raw,
        pool::{ReadJob, WriteJob},
    },
    error::{Error, Result},
};

/// Conflicts are repeated this often before the caller is told to try again.
const ATTEMPTS: u32 = 12;

pub(super) struct Worker {
    pub url: String,
    pub queue: Arc<Queue>,
    pub taste: Taste,
    pub clock: Clock,
    pub reactors: Arc<Reactors>,
    pub signals: Signals,
    pub counters: Arc<Counters>,
    pub batch_bytes: usize,
    pub group_time: Duration,
    pub run_twice: bool,
    pub session: Option<RefCell<Session>>,
    pub jitter: u64,
}

impl Worker {
    /// Until the queue is closed and empty.
    pub fn run(&mut self) {
        while let Some(work) = self.queue.next(self.taste) {
            match work {
                Work::Alone(Alone::Read(job)) => self.read(job),
                Work::Alone(Alone::Write { locks, job }) => self.write(locks.as_deref(), job),
                Work::Group(group) => self.group(group),
            }
            if self.session.as_ref().is_some_and(|s| s.borrow().client.is_closed()) {
                self.session = None;
            }
        }
    }

    pub fn connect(&mut self) -> Result<()> {
        self.session = Some(RefCell::new(Session::connect(&self.url)?));
        Ok(())
    }

    pub(super) fn session(&self) -> &RefCell<Session> {
        self.session.as_ref().expect("begin() connected")
    }

    /// Begins a transaction, on a new connection if the old one turns out to be gone.
    pub(super) fn begin(&mut self, text: &str) -> Result<()> {
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
    pub(super) fn rest(&self) {
        if self.session.is_none() {
            thread::sleep(Duration::from_millis(100));
        }
    }

    pub(super) fn write(&mut self, locks: Option<&[LockKey]>, mut job: Box<dyn WriteJob>) {
        for attempt in 1..=ATTEMPTS {
            if job.abandoned() {
                return job.finish(None);
            }
            match self.attempt(locks, &mut job) {
                Attempt::Committed { events, jobs } => {
                    self.counters.writes.fetch_add(1, Relaxed);
                    self.counters.commits.fetch_add(1, Relaxed);
                    job.finish(None);
                    return self.signals.committed(events, jobs);
                }
                Attempt::Refused => return job.finish(None),
                Attempt::Lost(e) => {
                    job.finish(Some(e));
                    return self.rest();
                }
                Attempt::Conflict => {
                    job.forget();
                    self.counters.retries.fetch_add(1, Relaxed);
                    thread::sleep(self.pause(attempt));
                }
            }
        }
        self.counters.given_up.fetch_add(1, Relaxed);
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
            Some(keys) => begin_behind(keys),
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
            return Attempt::Lost(went_on());
        }
        match self.commit() {
            Ok(()) => Attempt::Committed { events: tx.marks.events.get(), jobs: tx.marks.jobs.get() },
            Err(None) => Attempt::Conflict,
            Err(Some(e)) => Attempt::Lost(e),
        }
    }

    /// Ends the transaction well. `None` in place of an error: a conflict, nothing was stored.
    pub(super) fn commit(&self) -> Result<(), Option<Error>> {
        let session = self.session();
        let committed = session.borrow_mut().batch("COMMIT");
        let Trouble { conflict, lost, .. } = session.borrow().trouble;
        let detail = match committed {
            Ok(()) => return Ok(()),
            Err(_) if conflict => return Err(None),
            Err(_) if lost => {
                "The connection broke while it was being stored; look whether it was before you repeat it."
            }
            Err(_) => "It could not be stored; nothing was changed.",
        };
        Err(Some(Error { cause: committed.err().and_then(|e| e.cause), ..Error::unavailable(detail) }))
    }

    /// Ends the transaction; a connection that cannot even do that is given up.
    pub(super) fn end(&mut self, how: &str) {
        if let Some(session) = &self.session
            && session.borrow_mut().batch(how).is_err()
        {
            self.session = None;
        }
    }
}

/// The beginning of a transaction behind `keys`, which are in order.
pub(super) fn begin_behind<'k>(keys: impl IntoIterator<Item = &'k LockKey>) -> String {
    let mut text = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
    for k in keys {
        text += &format!("; SELECT pg_advisory_xact_lock({})", k.0);
    }
    text
}

pub(super) fn went_on() -> Error {
    Error::internal("a closure went on after a statement had failed; nothing was stored")
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
