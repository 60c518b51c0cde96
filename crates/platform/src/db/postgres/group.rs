//! Several closures in one transaction.
//!
//! Each has a savepoint, so that one that fails, panics or refuses undoes itself alone. The keys that they name are locked
//! at the beginning, in order; so groups never wait for each other's keys in a circle. What a closure locks under way
//! (rows, a key that it found out) it could wait for while it holds what its neighbours locked, and the circle would close:
//! such a wait is cut short, and that closure runs again alone. After one that took a lock under way the group ends, so
//! that a department is not held while others are taken in.

use std::{cell::Cell, collections::VecDeque, sync::atomic::Ordering::Relaxed, time::Instant};

use super::{
    queue::{Group, Grouped},
    session::Trouble,
    worker::{Worker, begin_behind, went_on},
};
use crate::{
    db::{Tx, conn::Raw, pool::WriteJob},
    error::Error,
};

/// Longer than a statement of a neighbour takes, much shorter than the server's look-out for deadlocks (a second).
const LOCK_WAIT: &str = "50ms";

/// What became of one closure.
enum Ran {
    Kept {
        locked: bool,
    },
    /// It said no, or was refused what it did; its own answer tells.
    Undone,
    /// Undone, and to be told this.
    Refused(Error),
    /// Undone; it may go well alone.
    Aside,
    /// The connection is gone, or the transaction cannot be mended.
    TransactionGone,
}

/// The closures of a transaction, as far as it has come.
#[derive(Default)]
struct Progress {
    /// To be answered by its outcome.
    ran: Vec<Grouped>,
    /// To be run again alone.
    aside: Vec<Grouped>,
    kept: u64,
    weight: usize,
    events: bool,
    jobs: bool,
}

impl Worker {
    /// As many of `group` as one transaction should hold.
    pub fn group(&mut self, mut group: Group) {
        group.jobs.retain(|g| !g.job.abandoned());
        if group.jobs.len() < 2 {
            return self.each_alone(group.jobs.drain(..).collect());
        }
        let begin =
            begin_behind(&group.keys) + "; SET LOCAL lock_timeout = '" + LOCK_WAIT + "'; SAVEPOINT job";
        if let Err(e) = self.begin(&begin) {
            let jobs = group.jobs.drain(..).collect();
            return if self.session.is_none() {
                fail(jobs, &e);
                self.rest();
            } else {
                self.end("ROLLBACK");
                self.each_alone(jobs);
            };
        }
        let mut done = Progress::default();
        if !self.run_some(&mut group.jobs, &mut done) {
            self.end("ROLLBACK");
            let jobs = done.ran.into_iter().chain(done.aside).chain(group.jobs.drain(..)).collect();
            return self.again_alone(jobs);
        }
        match self.commit() {
            Ok(()) => {
                self.counters.commits.fetch_add(1, Relaxed);
                self.counters.writes.fetch_add(done.kept, Relaxed);
                metrics::histogram!("frontdesk_db_batch_jobs").record(done.ran.len() as f64);
                for g in done.ran {
                    g.job.finish(None);
                }
                self.signals.committed(done.events, done.jobs);
            }
            Err(None) => {
                self.end("ROLLBACK");
                done.aside.extend(done.ran);
            }
            Err(Some(e)) => {
                self.end("ROLLBACK");
                fail(done.ran, &e);
            }
        }
        self.again_alone(done.aside);
    }

    /// Runs closures while there are any and room and time; those that it does not come to stay. False when the whole
    /// transaction is gone.
    fn run_some(&self, waiting: &mut VecDeque<Grouped>, done: &mut Progress) -> bool {
        let begun = Instant::now();
        // Ids of events come from the database here; the counter belongs to SQLite.
        let unused = Cell::new(0);
        let mut first = true;
        while done.weight < self.batch_bytes
            && (first || begun.elapsed() < self.group_time)
            && let Some(mut next) = waiting.pop_front()
        {
            if !first && self.session().borrow_mut().batch("RELEASE job; SAVEPOINT job").is_err() {
                waiting.push_front(next);
                return false;
            }
            first = false;
            let tx = Tx::new(Raw::Pg(self.session()), self.clock.now(), &self.reactors, &unused);
            let ran = self.run_one(&mut next.job, &tx);
            done.weight += tx.marks.weight.get();
            match ran {
                Ran::Kept { locked } => {
                    done.kept += 1;
                    done.events |= tx.marks.events.get();
                    done.jobs |= tx.marks.jobs.get();
                    done.ran.push(next);
                    if locked {
                        break;
                    }
                }
                Ran::Undone => done.ran.push(next),
                Ran::Refused(e) => next.job.finish(Some(e)),
                Ran::Aside => done.aside.push(next),
                Ran::TransactionGone => {
                    done.aside.push(next);
                    return false;
                }
            }
        }
        true
    }

    fn run_one(&self, job: &mut Box<dyn WriteJob>, tx: &Tx<'_>) -> Ran {
        if self.run_twice {
            job.run(tx);
            if self.undo().is_err() {
                return Ran::TransactionGone;
            }
        }
        let keep = job.run(tx);
        let Trouble { failed, conflict, lost } = self.session().borrow().trouble;
        if lost {
            return Ran::TransactionGone;
        }
        if keep && !failed {
            return Ran::Kept { locked: tx.marks.locked.get() };
        }
        match self.undo() {
            Err(_) => Ran::TransactionGone,
            Ok(()) if conflict => Ran::Aside,
            Ok(()) if keep => Ran::Refused(went_on()),
            Ok(()) => Ran::Undone,
        }
    }

    fn undo(&self) -> crate::Result<()> {
        let mut session = self.session().borrow_mut();
        session.batch("ROLLBACK TO job")?;
        session.trouble = Trouble::default();
        Ok(())
    }

    /// What a transaction of several could not hold.
    fn again_alone(&mut self, mut jobs: Vec<Grouped>) {
        self.counters.retries.fetch_add(jobs.len() as u64, Relaxed);
        for g in &mut jobs {
            g.job.forget();
        }
        self.each_alone(jobs);
    }

    fn each_alone(&mut self, jobs: Vec<Grouped>) {
        let mut jobs = jobs.into_iter();
        while let Some(g) = jobs.next() {
            self.write(Some(&g.locks), g.job);
            // Without a server the others need not all find that out one by one.
            if self.session.is_none()
                && let Err(e) = self.connect()
            {
                fail(jobs.by_ref().collect(), &e);
            }
        }
    }
}

fn fail(jobs: Vec<Grouped>, why: &Error) {
    for g in jobs {
        let lost = Error { cause: Some(why.to_string().into()), ..Error::unavailable(why.detail.clone()) };
        g.job.finish(Some(lost));
    }
}
