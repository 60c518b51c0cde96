//! When each account last heard from a customer: noted in memory, written in batches.
//!
//! A message's transaction never writes here, because every message of a page would wait for the same row. What is noted
//! and not written yet is shown on this node at once, on others within ten seconds; a crash forgets that much.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use platform::{
    Db, Result,
    clock::Millis,
    shutdown::{Stop, stopped},
};

use super::store;
use crate::AccountId;

const EVERY: Duration = Duration::from_secs(10);

/// Cloning shares it.
#[derive(Clone)]
pub struct Heard {
    db: Db,
    /// What is not written yet.
    noted: Arc<Mutex<HashMap<AccountId, Millis>>>,
}

impl Heard {
    pub(super) fn new(db: Db) -> Self {
        Heard { db, noted: Arc::default() }
    }

    /// A customer wrote to `account`, by a message that is stored.
    pub fn note(&self, account: AccountId, at: Millis) {
        let mut noted = self.noted();
        let last = noted.entry(account).or_insert(at);
        *last = at.max(*last);
    }

    /// When it was, as far as this node knows; `stored` is what the account's row says.
    pub fn last(&self, account: AccountId, stored: Option<Millis>) -> Option<Millis> {
        self.noted().get(&account).copied().max(stored)
    }

    /// Writes what is noted. What fails stays noted.
    pub async fn flush(&self) -> Result<()> {
        let mut batch: Vec<(AccountId, Millis)> = self.noted().iter().map(|(id, at)| (*id, *at)).collect();
        if batch.is_empty() {
            return Ok(());
        }
        // Two nodes take the rows in one order.
        batch.sort_unstable();
        let written = batch.clone();
        self.db
            .write_bulk(move |tx| batch.iter().try_for_each(|(id, at)| store::set_heard(tx, *id, *at)))
            .await?;
        let mut noted = self.noted();
        for (id, at) in written {
            if noted.get(&id) == Some(&at) {
                noted.remove(&id);
            }
        }
        Ok(())
    }

    /// Writes every ten seconds until `stop`; what is noted by then is for [`flush`](Self::flush).
    pub fn keep_writing(&self, mut stop: Stop) {
        let heard = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    () = stopped(&mut stop) => return,
                }
                if let Err(e) = heard.flush().await {
                    tracing::warn!(error = %e, "when channels were last heard could not be written yet");
                }
            }
        });
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<AccountId, Millis>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
