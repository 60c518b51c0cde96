//! Daily quotas of API keys: counted in memory, exact in the database.
//!
//! Counts are added to the stored sum after a hundred of them or a second, whichever comes first, and the sum that comes
//! back holds what other nodes counted. So one node is exact, and several overshoot by what they count within a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use platform::{
    Clock, Db, Error, Result,
    clock::{DAY, Millis, SECOND},
    error::Code,
};

use tokio::sync::Notify;

use super::store::keys;

const FLUSH_AT: i64 = 100;
const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// One key's count of one day.
#[derive(Debug, Clone, Copy)]
struct Count {
    day: i64,
    /// As the database said last.
    stored: i64,
    /// Not in the database yet.
    pending: i64,
    /// Being written now; counts against the quota, too.
    flushing: i64,
    /// A task will write within a second.
    timed: bool,
}

/// The counters. Cloning shares them.
#[derive(Clone)]
pub(super) struct Quotas {
    db: Db,
    clock: Clock,
    counts: Arc<Mutex<HashMap<i64, Count>>>,
    /// Told after every write, whatever became of it.
    written: Arc<Notify>,
}

impl Quotas {
    pub fn new(db: Db, clock: Clock) -> Self {
        Quotas { db, clock, counts: Arc::default(), written: Arc::default() }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<i64, Count>> {
        self.counts.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Counts one request of a key; 429 `quota_exceeded` when its day is used up.
    pub async fn count(&self, key: i64, quota: Option<i64>) -> Result<()> {
        let now = self.clock.now();
        let day = keys::day(now);
        if self.counts().get(&key).is_none_or(|c| c.day != day) {
            self.begin(key, day).await?;
        }
        let (full, timer) = {
            let mut counts = self.counts();
            let Some(count) = counts.get_mut(&key) else { return Ok(()) };
            if quota.is_some_and(|q| count.stored + count.flushing + count.pending >= q) {
                return Err(exceeded(now));
            }
            count.pending += 1;
            let timer = !count.timed;
            count.timed = true;
            (count.pending >= FLUSH_AT && count.flushing == 0, timer)
        };
        if timer {
            let quotas = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(FLUSH_AFTER).await;
                if let Some(count) = quotas.counts().get_mut(&key) {
                    count.timed = false;
                }
                quotas.flush_logged(key).await;
            });
        }
        if full {
            let quotas = self.clone();
            tokio::spawn(async move { quotas.flush_logged(key).await });
        }
        Ok(())
    }

    /// The first request of a day reads what was counted before.
    async fn begin(&self, key: i64, day: i64) -> Result<()> {
        self.flush(key).await?;
        let stored = self.db.read(move |c| keys::usage(c, key, day)).await?;
        let mut counts = self.counts();
        let known = counts.get(&key).is_some_and(|c| c.day == day);
        if !known {
            counts.insert(key, Count { day, stored, pending: 0, flushing: 0, timed: false });
        }
        Ok(())
    }

    async fn flush_logged(&self, key: i64) {
        if let Err(e) = self.flush(key).await {
            tracing::warn!(api_key = key, error = %e, "a key's requests could not be counted yet");
        }
    }

    /// Writes what is pending; on failure it stays pending. A task of its own, so that a caller who hangs up does not
    /// leave it half-way.
    async fn flush(&self, key: i64) -> Result<()> {
        let Some((day, requests)) = self.take(key) else { return Ok(()) };
        let quotas = self.clone();
        let writing = tokio::spawn(async move {
            let written = quotas.write(key, day, requests).await;
            quotas.written.notify_waiters();
            written
        });
        writing.await.map_err(Error::internal)?
    }

    async fn write(&self, key: i64, day: i64, requests: i64) -> Result<()> {
        let written = self.db.write(move |tx| keys::add_usage(tx, key, day, requests)).await;
        let mut counts = self.counts();
        let Some(count) = counts.get_mut(&key).filter(|c| c.day == day) else { return written.map(|_| ()) };
        count.flushing = 0;
        match written {
            Ok(sum) => {
                count.stored = sum;
                Ok(())
            }
            Err(e) => {
                count.pending += requests;
                Err(e)
            }
        }
    }

    fn take(&self, key: i64) -> Option<(i64, i64)> {
        let mut counts = self.counts();
        let count = counts.get_mut(&key).filter(|c| c.pending > 0 && c.flushing == 0)?;
        count.flushing = std::mem::take(&mut count.pending);
        Some((count.day, count.flushing))
    }

    /// Writes everything that is pending, and waits for what is being written: before the process ends, and before anybody
    /// asks for the counts.
    pub async fn flush_all(&self) -> Result<()> {
        let keys: Vec<i64> = self.counts().keys().copied().collect();
        for key in keys {
            loop {
                let written = self.written.notified();
                self.flush(key).await?;
                if self.counts().get(&key).is_none_or(|c| c.flushing == 0) {
                    break;
                }
                written.await;
            }
        }
        Ok(())
    }
}

fn exceeded(now: Millis) -> Error {
    let left = (DAY - now.rem_euclid(DAY)) / SECOND + 1;
    Error::new(Code::QuotaExceeded, "This key has used up its requests of the day (UTC).")
        .with_retry_after(left.unsigned_abs())
}
