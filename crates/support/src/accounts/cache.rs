//! Accounts in memory, so that a webhook finds its secret without the database.
//!
//! An entry is used for five seconds; a write by this process takes it out at once ([`AccountCache::forget`]), other nodes'
//! writes show within that time. What is not there is not kept, so the first message of a platform finds the account that
//! it made. A read that began before a write never puts back what the write took out.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use channels::{Channel, Credentials};
use platform::{
    Db, Result,
    clock::{Millis, SECOND},
    crypto::Keyring,
};

use super::{Heard, LoadedAccount, open, store};

const TTL: Millis = 5 * SECOND;
const MOST: usize = 10_000;
/// Secrets that are tried for a request whose address names no account. More apps than that use addresses with an account.
const MOST_CANDIDATES: usize = 64;

/// Cloning shares it.
#[derive(Clone)]
pub struct AccountCache(Arc<Shared>);

struct Shared {
    db: Db,
    keyring: Keyring,
    held: RwLock<Held>,
    heard: Heard,
}

type Accounts = Arc<[Arc<LoadedAccount>]>;

#[derive(Default)]
struct Held {
    /// By kind, then by the provider's id.
    accounts: HashMap<String, HashMap<String, (Arc<LoadedAccount>, Millis)>>,
    count: usize,
    /// Whole kinds.
    kinds: HashMap<String, (Accounts, Millis)>,
    candidates: HashMap<&'static str, (Arc<[Credentials]>, Millis)>,
    /// Counts what was taken out.
    generation: u64,
}

impl AccountCache {
    pub fn new(db: Db, keyring: Keyring) -> Self {
        let heard = Heard::new(db.clone());
        AccountCache(Arc::new(Shared { db, keyring, held: RwLock::default(), heard }))
    }

    /// When each account last heard from a customer.
    pub fn heard(&self) -> &Heard {
        &self.0.heard
    }

    /// The account that a channel knows by `provider_id`, whatever its status.
    pub async fn find(&self, kind: &str, provider_id: &str) -> Result<Option<Arc<LoadedAccount>>> {
        let now = self.now();
        let generation = {
            let held = self.read();
            let entry = held.accounts.get(kind).and_then(|ids| ids.get(provider_id));
            if let Some((account, at)) = entry
                && fresh(*at, now)
            {
                return Ok(Some(account.clone()));
            }
            held.generation
        };
        let (of, id) = (kind.to_owned(), provider_id.to_owned());
        let found = self.0.db.read(move |c| store::sealed_by(c, &of, &id)).await?;
        let Some((account, secrets)) = found else { return Ok(None) };
        let loaded = Arc::new(open(&self.0.keyring, account, &secrets));
        let mut held = self.write();
        if held.generation == generation {
            held.put(kind, provider_id, loaded.clone(), now);
        }
        Ok(Some(loaded))
    }

    /// The accounts of a kind that are not disabled, the oldest first; at most 10 000.
    pub async fn all_of(&self, kind: &str) -> Result<Vec<Arc<LoadedAccount>>> {
        Ok(self.whole(kind).await?.to_vec())
    }

    /// The distinct secrets of the active accounts that share an application with `channel`: Facebook, Instagram and
    /// WhatsApp requests are signed by one app. For requests whose address names no account; items may then go only to
    /// accounts with the secret that matched ([`LoadedAccount::shares`]).
    pub async fn candidates(&self, channel: Channel) -> Result<Arc<[Credentials]>> {
        let kinds: &[Channel] = match channel {
            Channel::Facebook | Channel::Instagram | Channel::Whatsapp => {
                &[Channel::Facebook, Channel::Instagram, Channel::Whatsapp]
            }
            _ => std::slice::from_ref(&channel),
        };
        let now = self.now();
        let (group, generation) = (kinds.first().unwrap_or(&channel).as_str(), self.read().generation);
        if let Some((list, at)) = self.read().candidates.get(group)
            && fresh(*at, now)
        {
            return Ok(list.clone());
        }
        let mut distinct: Vec<Credentials> = Vec::new();
        for kind in kinds {
            for loaded in self.whole(kind.as_str()).await?.iter().filter(|a| a.account.status == "active") {
                let new = !distinct.iter().any(|known| loaded.has(known));
                if new && loaded.credentials.secret.is_some() {
                    distinct.push(loaded.credentials.clone());
                }
            }
        }
        if distinct.len() > MOST_CANDIDATES {
            tracing::warn!(
                group,
                secrets = distinct.len(),
                "too many applications; use webhook addresses that name the account"
            );
            distinct.truncate(MOST_CANDIDATES);
        }
        let list: Arc<[Credentials]> = distinct.into();
        let mut held = self.write();
        if held.generation == generation {
            held.candidates.insert(group, (list.clone(), now));
        }
        Ok(list)
    }

    /// To be called after a write to the account, when it is committed.
    pub fn forget(&self, kind: &str, provider_id: &str) {
        let mut held = self.write();
        held.generation += 1;
        let removed = held.accounts.get_mut(kind).and_then(|ids| ids.remove(provider_id)).is_some();
        held.count -= usize::from(removed);
        held.kinds.remove(kind);
        held.candidates.clear();
    }

    async fn whole(&self, kind: &str) -> Result<Accounts> {
        let now = self.now();
        let generation = {
            let held = self.read();
            if let Some((list, at)) = held.kinds.get(kind)
                && fresh(*at, now)
            {
                return Ok(list.clone());
            }
            held.generation
        };
        let of = kind.to_owned();
        let rows = self.0.db.read(move |c| store::sealed_of(c, &of, MOST)).await?;
        let list: Arc<[_]> = rows.into_iter().map(|(a, s)| Arc::new(open(&self.0.keyring, a, &s))).collect();
        let mut held = self.write();
        // Only kinds that there are: a made-up one has no accounts and is not kept.
        if held.generation == generation && !list.is_empty() {
            held.kinds.insert(kind.to_owned(), (list.clone(), now));
        }
        Ok(list)
    }

    fn now(&self) -> Millis {
        self.0.db.clock().now()
    }
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.0.held.read().unwrap_or_else(|e| e.into_inner())
    }
    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Held> {
        self.0.held.write().unwrap_or_else(|e| e.into_inner())
    }
}

fn fresh(at: Millis, now: Millis) -> bool {
    (0..TTL).contains(&(now - at))
}

impl Held {
    fn put(&mut self, kind: &str, id: &str, account: Arc<LoadedAccount>, now: Millis) {
        if self.count >= MOST {
            // Rare, and they come back with their next request.
            self.accounts.clear();
            self.count = 0;
        }
        let ids = self.accounts.entry(kind.to_owned()).or_default();
        self.count += usize::from(ids.insert(id.to_owned(), (account, now)).is_none());
    }
}

impl LoadedAccount {
    /// What is signed with these credentials may speak for this account.
    pub fn shares(&self, credentials: &Credentials) -> bool {
        let mine = &self.credentials;
        mine.secret.is_some() && mine.secret == credentials.secret && mine.app_id == credentials.app_id
    }

    fn has(&self, known: &Credentials) -> bool {
        let mine = &self.credentials;
        self.shares(known)
            && mine.previous_secret == known.previous_secret
            && mine.verify_token == known.verify_token
    }
}
