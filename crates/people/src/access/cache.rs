//! Principals in memory: so that a request does not read its caller's role each time.
//!
//! At most five seconds old and ten thousand of them; dropped at once on this node when something about them changes.
//! What was read before a change is never kept after it.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use platform::clock::{Millis, SECOND};

use super::{Known, PrincipalKind};
use crate::UserId;

const TTL: Millis = 5 * SECOND;
const MOST: usize = 10_000;

/// What somebody proved to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Proof {
    /// A session, of a person.
    Session(UserId, i64),
    /// A person without a session: a live socket.
    User(UserId),
    /// The hash of an API key.
    Key(String),
}

#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<HashMap<Proof, (Known, Millis)>>,
    /// Counts changes.
    changes: AtomicU64,
}

impl Cache {
    fn entries(&self) -> MutexGuard<'_, HashMap<Proof, (Known, Millis)>> {
        self.entries.lock().unwrap_or_else(|e| e.into_inner())
    }
    pub fn get(&self, proof: &Proof, now: Millis) -> Option<Known> {
        let fresh = |until: Millis| now < until && until <= now + TTL;
        self.entries().get(proof).filter(|(_, until)| fresh(*until)).map(|(known, _)| known.clone())
    }
    /// To be asked before reading, and handed to [`put`](Cache::put).
    pub fn generation(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
    /// Keeps what was read, unless something changed meanwhile.
    pub fn put(&self, proof: Proof, known: Known, now: Millis, generation: u64) {
        let mut entries = self.entries();
        if self.generation() != generation {
            return;
        }
        if entries.len() >= MOST {
            entries.retain(|_, (_, until)| *until > now);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(proof, (known, now + TTL));
    }
    pub fn forget(&self, who: PrincipalKind) {
        let mut entries = self.entries();
        self.changes.fetch_add(1, Ordering::AcqRel);
        entries.retain(|_, (known, _)| known.principal.kind != who);
    }
    pub fn clear(&self) {
        let mut entries = self.entries();
        self.changes.fetch_add(1, Ordering::AcqRel);
        entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::Principal;

    fn known(id: i64) -> Known {
        let principal = Principal {
            kind: PrincipalKind::User(UserId(id)),
            name: String::new(),
            role_key: String::new(),
            grants: Vec::new(),
            departments: Vec::new(),
            vendor_id: None,
            managed: Vec::new(),
        };
        Known { principal: Arc::new(principal), session: None, key: None }
    }

    #[test]
    fn what_is_kept_is_young_and_unchanged() {
        let cache = Cache::default();
        let proof = || Proof::User(UserId(1));
        cache.put(proof(), known(1), 0, cache.generation());
        assert!(cache.get(&proof(), 4_999).is_some());
        assert!(cache.get(&proof(), 5_000).is_none());
        let before = cache.generation();
        cache.forget(PrincipalKind::User(UserId(1)));
        assert!(cache.get(&proof(), 1).is_none());
        cache.put(proof(), known(1), 0, before);
        assert!(cache.get(&proof(), 1).is_none(), "read before the change, stored after it");
    }

    #[test]
    fn memory_is_bounded() {
        let cache = Cache::default();
        for id in 0..(MOST as i64 + 10) {
            cache.put(Proof::User(UserId(id)), known(id), 0, cache.generation());
        }
        assert!(cache.entries().len() <= MOST);
    }
}
