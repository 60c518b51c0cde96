//! PostgreSQL: threads with a connection each.
//!
//! A closure runs again when the server ended its transaction for a conflict, and when the connection broke before
//! `COMMIT` was sent. When it broke during `COMMIT` nobody can know, and the caller is told just that. A statement
//! that failed ends the transaction, even if the closure overlooked it: `COMMIT` would then quietly roll back.
//!
//! Closures that share a transaction (see `group`) lose nothing to each other: what one does is undone by itself, and
//! when the transaction goes, all of them run again, each in one of its own.

mod group;
mod queue;
mod session;
mod worker;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use crossbeam_channel::bounded;

pub(super) use self::session::Session;
pub(crate) use self::session::listen;
use self::{
    queue::{Alone, Grouped, Queue, Refused, Taste},
    worker::Worker,
};
use super::{Conn, Lane, LockKey, Options, Reactors, Signals, Stats, Tx, pool};
use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// Closures in one transaction at most: a server keeps 64 savepoints of a transaction at hand, and looks up the others.
const GROUP: usize = 32;

pub(super) struct Postgres {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    commits: AtomicU64,
    retries: AtomicU64,
    given_up: AtomicU64,
    reads: AtomicU64,
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
        let count = options.pg_connections.max(2);
        // Bulk work has a quarter of the connections, and one of them takes it first. Groups leave as many for others.
        let quarter = (count / 4).max(1);
        let groups = match options.pg_groups {
            Some(groups) => groups,
            None => groups_at_once(session::is_here(url)?),
        };
        let queue =
            Queue::new(options.writer_queue, groups.min(count - quarter), options.batch_jobs.min(GROUP));
        let (ready, opened) = bounded(1);
        let mut pool = Postgres { queue: queue.clone(), threads: Vec::new(), counters: counters.clone() };
        for n in 0..count {
            let mut worker = Worker {
                url: url.to_owned(),
                queue: queue.clone(),
                taste: match n {
                    0 => Taste::BulkFirst,
                    n if n < quarter => Taste::Both,
                    _ => Taste::Interactive,
                },
                clock: clock.clone(),
                reactors: reactors.clone(),
                signals: signals.clone(),
                counters: counters.clone(),
                batch_bytes: options.batch_bytes,
                group_time: options.pg_group_time,
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
            let thread = thread::Builder::new().name(format!("db-pg-{n}")).spawn(run);
            pool.threads.push(thread.map_err(Error::internal)?);
        }
        opened.recv().map_err(Error::internal)??;
        Ok(pool)
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::read_job(f);
        accepted(self.queue.push(Alone::Read(job)))?;
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
        let work = Alone::Write { locks: locks.map(in_order), job };
        accepted(match lane {
            Lane::Interactive => self.queue.push(work),
            Lane::Bulk => self.queue.push_bulk(work),
        })?;
        pool::answered(answer).await
    }

    /// READ COMMITTED behind `locks`, in a transaction with others that wait.
    pub async fn write_grouped<T: Send + 'static>(
        &self,
        locks: Vec<LockKey>,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = pool::write_job(f);
        accepted(self.queue.push_grouped(Grouped { locks: in_order(locks), job }))?;
        pool::answered(answer).await
    }

    pub fn stats(&self) -> Stats {
        Stats {
            writes: self.counters.writes.load(Relaxed),
            commits: self.counters.commits.load(Relaxed),
            retries: self.counters.retries.load(Relaxed),
            given_up: self.counters.given_up.load(Relaxed),
            reads: self.counters.reads.load(Relaxed),
            queued: self.queue.len() as u64,
        }
    }
}

/// On a server that shares this machine's processors, more transactions at once only take them from each other: the rows of
/// an intake were written 3 600 times a second by 2 groups, 3 200 by 4, 2 600 by 8 (64 callers, 2 cores; with 16 callers
/// 4 were the best). A server elsewhere is kept busy by many.
fn groups_at_once(here: bool) -> usize {
    match here {
        true => 2 * thread::available_parallelism().map_or(1, usize::from),
        false => usize::MAX,
    }
}

fn in_order(mut keys: Vec<LockKey>) -> Vec<LockKey> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn accepted(pushed: Result<(), Refused>) -> Result<()> {
    pushed.map_err(|e| match e {
        Refused::Full => Error::busy(),
        Refused::Closed => Error::unavailable("The database is shutting down."),
    })
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.queue.close();
        pool::join(&mut self.threads);
    }
}
