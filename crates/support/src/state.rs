//! What the handlers of this crate can reach.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use people::Desk;
use platform::{Result, jobs::Workers, shutdown::Stop};

use crate::{accounts::AccountCache, intake, live::Presence, messages, outbound, routing::Matcher, tickets};

/// The desk, and what support keeps in memory for speed. All of it can be rebuilt from storage at any time.
/// Cloning costs no more than a count.
#[derive(Clone)]
pub struct Support(Arc<Parts>);

/// What [`Support`] derefs to.
pub struct Parts {
    pub desk: Desk,
    pub accounts: AccountCache,
    /// All active keywords in one automaton.
    pub matcher: Matcher,
    /// How much open work there is, and where.
    pub open_work: tickets::OpenWork,
    /// Who looks at which ticket now.
    pub presence: Arc<Presence>,
    /// For media and callbacks; refuses private addresses unless the configuration allows them.
    pub http: reqwest::Client,
}

impl Deref for Support {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Support> for Desk {
    fn from_ref(s: &Support) -> Desk {
        s.desk.clone()
    }
}

impl Support {
    /// Loads what is kept in memory and follows its changes until `stop`.
    pub async fn start(desk: Desk, stop: Stop) -> Result<Support> {
        let matcher = desk.db.read(Matcher::load).await?;
        matcher.follow(desk.db.clone(), desk.feed.clone(), stop.clone());
        let accounts = AccountCache::new(desk.db.clone(), desk.keyring.clone());
        accounts.heard().keep_writing(stop);
        Ok(Support(Arc::new(Parts {
            accounts,
            matcher,
            open_work: tickets::OpenWork::default(),
            presence: Arc::new(Presence::default()),
            http: outbound::net::http_client(&desk.config)?,
            desk,
        })))
    }

    /// Writes what is only in memory yet; before the process ends.
    pub async fn flush(&self) -> Result<()> {
        self.accounts.heard().flush().await
    }
}

/// Registers the background work of every slice.
pub fn workers(workers: Workers, support: &Support) -> Workers {
    let workers = intake::jobs::workers(workers, support);
    let workers = outbound::workers(workers, support);
    let workers = messages::files::workers(workers, support);
    tickets::jobs::workers(workers, support)
}
