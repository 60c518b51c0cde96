//! Durable background work: enqueued inside the transaction that makes it true, done at least once.
//!
//! A job is idempotent, because a worker may die after doing it and before saying so. It ends *done*, *retried at*, or
//! *failed for good*; failed ones stay visible and can be run again. Each kind has its own bound on how many run at
//! once, so a backlog of one kind never delays another. Workers wake at commit and poll as the guarantee; several
//! nodes share the table by lease. Nothing here is remembered in memory alone.

mod workers;

use serde::{Serialize, de::DeserializeOwned};

pub use workers::Workers;

use crate::{
    Conn, Error, Result, Tx,
    clock::{DAY, MINUTE, Millis, SECOND},
    db::Sql,
    params, sql,
};

/// A kind of background work. Its fields are the payload: small, ids rather than contents.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stable: stored with every job.
    const KIND: &'static str;
    /// Tries before it fails for good.
    const ATTEMPTS: u32 = 10;
    /// How long one try may take: then it is broken off, and it counts as a failed one. A worker that died is noticed
    /// by the same measure, and another takes over.
    const LEASE: Millis = MINUTE;
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Try again after the usual pause (1 s, 4 s, 15 s … an hour), or after the one given.
    Retry {
        after: Option<Millis>,
        why: String,
    },
    /// Trying again would not help.
    Failed(String),
}

impl Outcome {
    /// An error of ours is worth another try.
    pub fn from_result(result: Result<()>) -> Self {
        match result {
            Ok(()) => Outcome::Done,
            Err(e) => Outcome::Retry { after: None, why: e.to_string() },
        }
    }
}

/// The pause before try `attempt + 1`.
pub fn backoff(attempt: u32) -> Millis {
    const STEPS: [Millis; 8] = [1, 4, 15, 60, 300, 900, 1800, 3600];
    STEPS[(attempt.saturating_sub(1) as usize).min(STEPS.len() - 1)] * SECOND
}

/// Enqueues `job` for `run_at`.
pub fn enqueue<J: Job>(tx: &Tx<'_>, job: &J, run_at: Millis) -> Result<i64> {
    let payload = serde_json::to_string(job).map_err(Error::internal)?;
    let id = tx.insert(
        sql!(
            "INSERT INTO jobs (kind, payload, state, run_at, attempts, max_attempts, created_at) VALUES (?1, ?2, 'queued', ?3, 0, ?4, ?5) RETURNING id"
        ),
        params![J::KIND, payload, run_at, J::ATTEMPTS, tx.now()],
    )?;
    tx.mark_jobs();
    Ok(id)
}

/// As [`enqueue`], unless one with this `key` waits already.
pub fn enqueue_once<J: Job>(tx: &Tx<'_>, key: &str, job: &J, run_at: Millis) -> Result<()> {
    let payload = serde_json::to_string(job).map_err(Error::internal)?;
    tx.exec(
        sql!(
            "INSERT INTO jobs (kind, payload, unique_key, state, run_at, attempts, max_attempts, created_at) VALUES (?1, ?2, ?3, 'queued', ?4, 0, ?5, ?6) ON CONFLICT (kind, unique_key) WHERE state = 'queued' DO NOTHING"
        ),
        params![J::KIND, payload, key, run_at, J::ATTEMPTS, tx.now()],
    )?;
    tx.mark_jobs();
    Ok(())
}

/// Takes back a job that has not begun. True when it was still waiting.
pub fn cancel(tx: &Tx<'_>, id: i64) -> Result<bool> {
    Ok(tx.exec(sql!("DELETE FROM jobs WHERE id = ?1 AND state = 'queued'"), params![id])? > 0)
}

/// Takes away what these jobs were told by others when they failed: the words of a receiver, an address.
pub fn forget_errors(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let text = format!(
        "UPDATE jobs SET error = NULL WHERE error IS NOT NULL AND id IN ({})",
        crate::db::dialect::in_list(1, ids.len())
    );
    let ids: Vec<crate::db::Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    tx.exec(Sql::built(&text), &ids).map(|_| ())
}

/// Whether a worker is at a job with this `key`, as far as its lease tells.
pub fn is_held<J: Job>(c: &Conn<'_>, key: &str, now: Millis) -> Result<bool> {
    let held: Option<i64> = c.value(
        sql!(
            "SELECT id FROM jobs WHERE state = 'running' AND lease_until >= ?3 AND kind = ?1 AND unique_key = ?2 LIMIT 1"
        ),
        params![J::KIND, key, now],
    )?;
    Ok(held.is_some())
}

/// How many tries of a job have begun; `None` when it is gone.
pub fn attempts(c: &Conn<'_>, id: i64) -> Result<Option<u32>> {
    let begun: Option<i64> = c.value(sql!("SELECT attempts FROM jobs WHERE id = ?1"), params![id])?;
    Ok(begun.and_then(|n| u32::try_from(n).ok()))
}

/// Runs a failed job again.
pub fn retry(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.must(
        sql!("UPDATE jobs SET state = 'queued', run_at = ?2, attempts = 0, error = NULL WHERE id = ?1 AND state = 'failed'"),
        params![id, tx.now()],
        "failed job",
    )?;
    tx.mark_jobs();
    Ok(())
}

/// A claimed job.
#[derive(Debug, Clone)]
struct Claimed {
    id: i64,
    payload: String,
    attempts: u32,
    max_attempts: u32,
    /// With `attempts` the proof that this try is still the one that counts.
    lease_until: Millis,
}

fn claim(tx: &Tx<'_>, kind: &str, limit: i64, lease: Millis) -> Result<Vec<Claimed>> {
    let text = format!(
        "SELECT id, payload, attempts, max_attempts FROM jobs WHERE kind = ?1 AND state = 'queued' AND run_at <= ?2 ORDER BY run_at, id LIMIT ?3{}",
        crate::db::dialect::skip_locked(tx)
    );
    let jobs = tx.all(Sql::built(&text), params![kind, tx.now(), limit], |r| {
        Ok(Claimed {
            id: r.get(0)?,
            payload: r.get(1)?,
            attempts: r.get::<i64>(2)? as u32 + 1,
            max_attempts: r.get::<i64>(3)? as u32,
            lease_until: tx.now() + lease,
        })
    })?;
    for job in &jobs {
        tx.exec(
            sql!(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2 WHERE id = ?1"
            ),
            params![job.id, job.lease_until],
        )?;
    }
    Ok(jobs)
}

/// Stores how a try ended, unless its lease ran out and the job is somebody else's by now.
fn finish(tx: &Tx<'_>, job: &Claimed, outcome: &Outcome) -> Result<()> {
    let (state, error) = match outcome {
        Outcome::Done => ("done", None),
        Outcome::Retry { after, why } if job.attempts < job.max_attempts => {
            return requeue(tx, job, tx.now() + after.unwrap_or_else(|| backoff(job.attempts)), &clip(why));
        }
        Outcome::Retry { why, .. } | Outcome::Failed(why) => ("failed", Some(clip(why))),
    };
    tx.exec(
        sql!(
            "UPDATE jobs SET state = ?4, finished_at = ?5, lease_until = NULL, error = ?6 WHERE id = ?1 AND state = 'running' AND attempts = ?2 AND lease_until = ?3"
        ),
        params![job.id, job.attempts, job.lease_until, state, tx.now(), error],
    )
    .map(|_| ())
}

/// Back into the queue. If another one with its key waits there already, that one does the work, and this one is done.
fn requeue(tx: &Tx<'_>, job: &Claimed, run_at: Millis, why: &str) -> Result<()> {
    let requeued = tx.exec(
        sql!(
            "UPDATE jobs SET state = 'queued', run_at = ?4, lease_until = NULL, error = ?5 WHERE id = ?1 AND state = 'running' AND attempts = ?2 AND lease_until = ?3 AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.kind = jobs.kind AND other.unique_key = jobs.unique_key AND other.state = 'queued')"
        ),
        params![job.id, job.attempts, job.lease_until, run_at, why],
    )?;
    if requeued == 0 {
        tx.exec(
            sql!(
                "UPDATE jobs SET state = 'done', finished_at = ?4, lease_until = NULL, error = 'another one waits in its place' WHERE id = ?1 AND state = 'running' AND attempts = ?2 AND lease_until = ?3"
            ),
            params![job.id, job.attempts, job.lease_until, tx.now()],
        )?;
    }
    tx.mark_jobs();
    Ok(())
}

fn clip(why: &str) -> String {
    why.chars().take(1000).collect()
}

/// Rows of one sweep at most.
const CHUNK: i64 = 500;

/// Gives back what dead workers held; how many jobs that were. A job that takes its worker down with it every time has
/// its tries counted all the same.
fn give_back(tx: &Tx<'_>) -> Result<u64> {
    let text = format!(
        "SELECT id, attempts, max_attempts, lease_until FROM jobs WHERE state = 'running' AND lease_until < ?1 ORDER BY lease_until LIMIT ?2{}",
        crate::db::dialect::skip_locked(tx)
    );
    let orphans = tx.all(Sql::built(&text), params![tx.now(), CHUNK], |r| {
        Ok(Claimed {
            id: r.get(0)?,
            payload: String::new(),
            attempts: r.get::<i64>(1)? as u32,
            max_attempts: r.get::<i64>(2)? as u32,
            lease_until: r.get(3)?,
        })
    })?;
    for job in &orphans {
        let why = "the worker was lost, or took too long".to_owned();
        finish(tx, job, &Outcome::Retry { after: Some(0), why })?;
    }
    Ok(orphans.len() as u64)
}

/// Forgets what was done a day ago; how many jobs that were.
fn forget_done(tx: &Tx<'_>) -> Result<u64> {
    tx.exec(
        sql!(
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'done' AND finished_at < ?1 ORDER BY finished_at LIMIT ?2)"
        ),
        params![tx.now() - DAY, CHUNK],
    )
}

/// Jobs of each kind and state, for `/metrics` and tests: `(kind, state, count, oldest run_at)`.
pub fn backlog(c: &Conn<'_>) -> Result<Vec<(String, String, i64, i64)>> {
    c.all(
        sql!("SELECT kind, state, count(*), min(run_at) FROM jobs WHERE state <> 'done' GROUP BY kind, state ORDER BY kind, state"),
        &[],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )
}
