//! PostgreSQL: threads with a connection each.
//!
//! A closure runs again when the server ended its transaction for a conflict, and when the connection broke before
//! `COMMIT` was sent. When it broke during `COMMIT` nobody can know, and the caller is told just that. A statement
//! that failed ends the transaction, even if the closure overlooked it: `COMMIT` would then quietly roll back.

mod session;
mod worker;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Sender, TrySendError, bounded};

pub(super) use self::session::Session;
pub(crate) use self::session::listen;
use self::worker::Worker;
use super::{
    Conn, Lane, LockKey, Options, Reactors, Signals, Stats, Tx,
    pool::{self, ReadJob, WriteJob},
};
use crate::{
    clock::Clock,
    error::{Error, Result},
};

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
