//! Counts that reached their bound, remembered for a minute.
//!
//! A list of very many rows is counted as far as a bound goes, which is most of what its first page costs. *More than
//! 10 000* seldom becomes untrue within a minute and nothing hangs on it but a number shown with a plus, so it is not
//! counted again for everybody who looks. What was counted to its end is never remembered: such a number is exact each time
//! it is asked for. Bounded; of this process alone.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{Result, http::COUNT_CAP};

/// How long *many* is believed.
const KEPT: Duration = Duration::from_secs(60);
/// What is remembered at most.
const MOST: usize = 4_096;

/// What counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// As far as it was counted.
    pub found: i64,
    /// About how many there are: no fewer than `found`.
    pub about: i64,
    /// Counting stopped before the end: there may be more.
    pub is_part: bool,
}

impl Count {
    /// Counted to its end.
    pub fn exactly(found: i64) -> Count {
        Count { found, about: found, is_part: false }
    }
    /// As far as a list counts, or as far as it was counted.
    fn is_bounded(self) -> bool {
        self.is_part || self.found > COUNT_CAP
    }
}

/// The memory. One for each process, shared by whoever counts.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<String, (Count, Instant)>>);

impl Counts {
    /// What `what` was counted to within the last minute, if that reached its bound; else what `count` says now. `what`
    /// says all that the count depends on, the viewer's scope included.
    pub fn of(&self, what: impl Debug, count: impl FnOnce() -> Result<Count>) -> Result<Count> {
        self.at(what, Instant::now(), count)
    }

    /// What `what` was counted to within the last minute, if that reached its bound.
    pub fn known(&self, what: impl Debug) -> Option<Count> {
        self.recall(&format!("{what:?}"), Instant::now())
    }

    /// Remembers a count, if it reached its bound.
    pub fn learn(&self, what: impl Debug, counted: Count) {
        self.keep(format!("{what:?}"), counted, Instant::now());
    }

    fn at(&self, what: impl Debug, now: Instant, count: impl FnOnce() -> Result<Count>) -> Result<Count> {
        let key = format!("{what:?}");
        if let Some(known) = self.recall(&key, now) {
            return Ok(known);
        }
        let counted = count()?;
        self.keep(key, counted, now);
        Ok(counted)
    }

    fn recall(&self, key: &str, now: Instant) -> Option<Count> {
        self.lock().get(key).filter(|k| is_kept(k.1, now)).map(|k| k.0)
    }

    fn keep(&self, key: String, counted: Count, now: Instant) {
        if !counted.is_bounded() {
            return;
        }
        let mut all = self.lock();
        if all.len() >= MOST {
            all.retain(|_, k| is_kept(k.1, now));
        }
        if all.len() < MOST {
            all.insert(key, (counted, now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Count, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_kept(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: Count = Count { found: COUNT_CAP + 1, about: 50_000, is_part: false };

    #[test]
    fn many_is_believed_for_a_minute_and_few_never() -> Result<()> {
        let (counts, now) = (Counts::default(), Instant::now());
        let later = now + KEPT;
        assert_eq!(counts.at("a", now, || Ok(MANY))?, MANY);
        assert_eq!(counts.at("a", later - Duration::from_millis(1), || Ok(Count::exactly(3)))?, MANY);
        assert_eq!(counts.at("a", later, || Ok(Count::exactly(3)))?, Count::exactly(3));
        assert_eq!(counts.at("a", later, || Ok(Count::exactly(4)))?, Count::exactly(4));
        let part = Count { found: 7, about: 90, is_part: true };
        assert_eq!(counts.at("b", now, || Ok(part))?, part);
        assert_eq!(counts.at("b", now, || Ok(MANY))?, part);
        Ok(())
    }

    #[test]
    fn no_more_is_kept_than_its_bound() -> Result<()> {
        let (counts, now) = (Counts::default(), Instant::now());
        for n in 0..MOST + 10 {
            counts.at(n, now, || Ok(MANY))?;
        }
        assert_eq!(counts.lock().len(), MOST);
        counts.at("new", now + KEPT, || Ok(MANY))?;
        assert_eq!(counts.lock().len(), 1);
        Ok(())
    }
}
