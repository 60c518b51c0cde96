//! One thread with one connection.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, select};

use super::{
    Counters, Work,
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
    pub interactive: Receiver<Work>,
    pub bulk: Option<Receiver<Work>>,
    pub bulk_first: bool,
    pub clock: Clock,
    pub reactors: Arc<Reactors>,
    pub signals: Signals,
    pub counters: Arc<Counters>,
    pub run_twice: bool,
    pub session: Option<RefCell<Session>>,
    pub jitter: u64,
}

impl Worker {
    /// Until the queues are closed and empty.
    pub fn run(&mut self) {
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

    pub fn connect(&mut self) -> Result<()> {
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
