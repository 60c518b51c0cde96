//! What every handler can reach.

use std::{ops::Deref, sync::Arc};

use platform::{
    Clock, Db, Entropy, Result, blob::BlobStore, config::Config, crypto::Keyring, events::feed::Feed,
    shutdown::Stop,
};

use crate::access::AccessService;

/// The running desk. Cloning it costs no more than a count: each handler and each layer around it holds one.
/// Every slice's state gives it by `FromRef`.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

/// What [`Desk`] derefs to.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub entropy: Entropy,
    pub config: Arc<Config>,
    pub keyring: Keyring,
    pub blobs: BlobStore,
    pub feed: Feed,
    pub access: Arc<AccessService>,
}

impl Deref for Desk {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Desk {
    /// On a migrated database; follows its events until `stop`.
    pub async fn start(
        config: Config,
        db: Db,
        entropy: Entropy,
        keyring: Keyring,
        stop: Stop,
    ) -> Result<Desk> {
        let clock = db.clock().clone();
        let access = AccessService::new(&config, db.clone(), clock.clone(), entropy.clone(), &keyring);
        Ok(Desk(Arc::new(Parts {
            blobs: BlobStore::local(&config.data.dir)?,
            feed: Feed::start(db.clone(), stop).await?,
            access: Arc::new(access),
            config: Arc::new(config),
            db,
            clock,
            entropy,
            keyring,
        })))
    }
}
