//! What every handler can reach.

use std::sync::Arc;

use platform::{Clock, Db, Entropy, blob::BlobStore, config::Config, crypto::Keyring, events::feed::Feed};

use crate::access::AccessService;

/// The running desk. Cloning shares it; every slice's state gives it by `FromRef`.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub clock: Clock,
    pub entropy: Entropy,
    pub config: Arc<Config>,
    pub keyring: Keyring,
    pub blobs: BlobStore,
    pub feed: Feed,
    pub access: Arc<AccessService>,
}
