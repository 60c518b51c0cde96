//! The workers: one loop per kind.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{CHUNK, Claimed, Job, Outcome, claim, finish, forget_done, give_back};
use crate::{
    Db, Error, Result,
    clock::Millis,
    shutdown::{Stop, stopped},
};

const POLL: Duration = Duration::from_millis(500);
const SWEEP: Duration = Duration::from_secs(15);

type Run = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;
type Tick = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// The kinds that this process works on.
pub struct Workers {
    db: Db,
    kinds: Vec<Kind>,
    ticks: Vec<(&'static str, Duration, Tick)>,
}

#[derive(Clone)]
struct Kind {
    name: &'static str,
    at_once: usize,
    lease: Millis,
    run: Run,
}

impl Workers {
    pub fn new(db: Db) -> Self {
        Workers { db, kinds: Vec::new(), ticks: Vec::new() }
    }

    /// Handles jobs of kind `J`, `at_once` at most at a time.
    pub fn on<J: Job, F>(mut self, at_once: usize, handle: impl Fn(J) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let run: Run = Arc::new(move |payload| match serde_json::from_str::<J>(&payload) {
            Ok(job) => Box::pin(handle(job)),
            Err(e) => Box::pin(async move { Outcome::Failed(format!("unreadable payload: {e}")) }),
        });
        self.kinds.push(Kind { name: J::KIND, at_once, lease: J::LEASE, run });
        self
    }

    /// A reconciler without input: looks at what is due and does it, every `every`. Idempotent, since every node runs it.
    pub fn every<F>(
        mut self,
        name: &'static str,
        every: Duration,
        tick: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.ticks.push((name, every, Arc::new(move || Box::pin(tick()))));
        self
    }

    /// Works until `stop` turns true; then finishes what is running.
    pub async fn run(self, stop: Stop) {
        let mut loops = JoinSet::new();
        // One wake-up signal for all kinds.
        let woken = watch::Sender::new(());
        {
            let (jobs, woken, mut stop) = (self.db.signals().jobs.clone(), woken.clone(), stop.clone());
            loops.spawn(async move {
                loop {
                    tokio::select! {
                        () = jobs.notified() => { woken.send_replace(()); }
                        () = stopped(&mut stop) => return,
                    }
                }
            });
        }
        for kind in self.kinds {
            loops.spawn(work(self.db.clone(), kind, woken.subscribe(), stop.clone()));
        }
        let db = self.db.clone();
        let sweeping: Tick = Arc::new(move || {
            let db = db.clone();
            Box::pin(async move { sweep(&db).await })
        });
        for (name, every, tick) in self.ticks.into_iter().chain([("jobs.sweep", SWEEP, sweeping)]) {
            loops.spawn(repeat(name, every, tick, stop.clone()));
        }
        while loops.join_next().await.is_some() {}
    }
}

/// In small transactions, and no longer than until the next round.
async fn sweep(db: &Db) -> Result<()> {
    for _ in 0..100 {
        if db.write_claims(give_back).await? + db.write_claims(forget_done).await? < CHUNK as u64 {
            return Ok(());
        }
    }
    Ok(())
}

async fn repeat(name: &'static str, every: Duration, tick: Tick, mut stop: Stop) {
    loop {
        if let Err(e) = tick().await {
            tracing::warn!(tick = name, error = %e, "a recurring task failed; it comes round again");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

async fn work(db: Db, kind: Kind, mut woken: watch::Receiver<()>, mut stop: Stop) {
    let room = Arc::new(Semaphore::new(kind.at_once));
    let mut running = JoinSet::new();
    loop {
        woken.borrow_and_update();
        let free = room.available_permits();
        let claimed = match free {
            0 => Vec::new(),
            _ => {
                let (name, lease) = (kind.name, kind.lease);
                match next(&db, name, free as i64, lease).await {
                    Ok(jobs) => jobs,
                    Err(e) => {
                        tracing::warn!(kind = name, error = %e, "jobs could not be claimed");
                        Vec::new()
                    }
                }
            }
        };
        let full = claimed.len() == free && free > 0;
        for job in claimed {
            let Ok(permit) = room.clone().acquire_owned().await else { return };
            let (db, kind) = (db.clone(), kind.clone());
            running.spawn(async move {
                one(&db, &kind, job).await;
                drop(permit);
            });
        }
        while running.try_join_next().is_some() {}
        if full && room.available_permits() > 0 && !*stop.borrow() {
            continue;
        }
        tokio::select! {
            _ = woken.changed() => {}
            _ = running.join_next(), if !running.is_empty() => {}
            () = tokio::time::sleep(POLL) => {}
            () = stopped(&mut stop) => break,
        }
    }
    while running.join_next().await.is_some() {}
}

/// Looks before it claims: an idle desk writes nothing.
async fn next(db: &Db, kind: &'static str, limit: i64, lease: Millis) -> Result<Vec<Claimed>> {
    let now = db.clock().now();
    let due = db
        .read(move |c| {
            c.value::<i64>(
                crate::sql!(
                    "SELECT id FROM jobs WHERE kind = ?1 AND state = 'queued' AND run_at <= ?2 LIMIT 1"
                ),
                crate::params![kind, now],
            )
        })
        .await?;
    match due {
        None => Ok(Vec::new()),
        Some(_) => db.write_claims(move |tx| claim(tx, kind, limit, lease)).await,
    }
}

async fn one(db: &Db, kind: &Kind, job: Claimed) {
    // A task of its own, so that a panic is this job's failure alone. It ends before its lease does: then no other
    // worker can be at the same job.
    let (run, payload) = (kind.run.clone(), job.payload.clone());
    let mut task = tokio::spawn(async move { run(payload).await });
    let in_time = Duration::from_millis((kind.lease - kind.lease / 10).max(1) as u64);
    let retry = |why| Outcome::Retry { after: None, why };
    let outcome = match tokio::time::timeout(in_time, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(e)) => retry(format!("panicked: {e}")),
        Err(_) => {
            task.abort();
            // Waits until it has let go, unless it does not listen.
            let _ = tokio::time::timeout(Duration::from_secs(1), task).await;
            retry(format!("took longer than {} ms", in_time.as_millis()))
        }
    };
    let kind = kind.name;
    let word = match &outcome {
        Outcome::Done => "done",
        Outcome::Retry { .. } => "retry",
        Outcome::Failed(_) => "failed",
    };
    metrics::counter!("frontdesk_jobs_total", "kind" => kind, "outcome" => word).increment(1);
    if let Outcome::Failed(why) | Outcome::Retry { why, .. } = &outcome {
        tracing::warn!(kind, job = job.id, attempt = job.attempts, why, "job did not succeed");
    }
    let mut tries = 0;
    loop {
        let (job, outcome) = (job.clone(), outcome.clone());
        match db.write_claims(move |tx| finish(tx, &job, &outcome)).await {
            Ok(()) => return,
            // The lease runs out and the job is done again; that is what idempotence is for.
            Err(e) if tries >= 5 => {
                tracing::error!(kind, error = %e, "a job's outcome could not be stored");
                return;
            }
            Err(Error { .. }) => tokio::time::sleep(Duration::from_millis(100 << tries)).await,
        }
        tries += 1;
    }
}
