//! API keys: `fd_` + prefix + secret, of which only a hash is kept. A key's scope is a built-in role.

use platform::{
    Entropy, Error, Fault, Result, Tx,
    config::Limits,
    crypto::hash_token,
    events::{self as log, Actor, NewEvent, Origin},
};
use serde_json::json;

use super::{events, store};
use crate::UserId;

/// What a key can be made for; each is the role `key.<scope>`.
pub const KEY_SCOPES: [&str; 4] = ["intake", "read", "write", "admin"];

/// How much a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// Requests.
    pub rate_per_second: i64,
    /// Requests at once, after a pause.
    pub burst: i64,
    /// Requests per UTC day; `None`: as many as the rate allows.
    pub daily_quota: Option<i64>,
}

impl KeyLimits {
    /// What the configuration gives to a new key of `scope`: intake is as fast as webhooks and has no quota.
    pub fn of_scope(limits: &Limits, scope: &str) -> Self {
        match scope {
            "intake" => KeyLimits {
                rate_per_second: limits.webhook_per_second.into(),
                burst: limits.webhook_burst.into(),
                daily_quota: None,
            },
            _ => KeyLimits {
                rate_per_second: limits.api_key_per_second.into(),
                burst: limits.api_key_burst.into(),
                daily_quota: Some(limits.api_key_daily),
            },
        }
    }
}

/// A key, told once.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    pub id: i64,
    /// The whole key: `fd_…`.
    pub secret: String,
    /// How the list names it.
    pub prefix: String,
}

/// Makes a key of `scope` with what the configuration gives it. For the command line.
pub fn create_api_key(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    scope: &str,
    limits: &Limits,
    entropy: &Entropy,
) -> Result<CreatedKey> {
    new_api_key(tx, origin, name, scope, KeyLimits::of_scope(limits, scope), entropy)
}

/// Makes a vendor's key: the role `key.vendor`, which posts and sees that vendor's leads alone. Fast as a webhook, with no
/// quota.
pub fn new_vendor_key(
    tx: &Tx<'_>,
    origin: &Origin,
    vendor: i64,
    name: &str,
    limits: &Limits,
    entropy: &Entropy,
) -> Result<CreatedKey> {
    make(tx, origin, name, "vendor", KeyLimits::of_scope(limits, "intake"), Some(vendor), entropy)
}

/// Makes a key. Errors: 422 for an unknown scope or an empty name.
pub fn new_api_key(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    scope: &str,
    limits: KeyLimits,
    entropy: &Entropy,
) -> Result<CreatedKey> {
    let mut faults = Vec::new();
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        faults.push(Fault::new("name", "too_short", "must have 1 to 100 characters"));
    }
    if !KEY_SCOPES.contains(&scope) {
        faults.push(Fault::new("scope", "not_one_of", format!("must be one of {}", KEY_SCOPES.join(", "))));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    make(tx, origin, name, scope, limits, None, entropy)
}

fn make(
    tx: &Tx<'_>,
    origin: &Origin,
    name: &str,
    scope: &str,
    limits: KeyLimits,
    vendor: Option<i64>,
    entropy: &Entropy,
) -> Result<CreatedKey> {
    let role = store::roles::by_key(tx, &format!("key.{scope}"))?
        .ok_or_else(|| Error::internal("a system role is missing"))?;
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    let prefix = format!("fd_{}", hex::encode(bytes));
    let secret = format!("{prefix}_{}", entropy.token(32));
    let by = match origin.actor {
        Actor::User(id) => Some(UserId(id)),
        _ => None,
    };
    let row = store::keys::NewKey {
        name,
        prefix: &prefix,
        hash: &hash_token(&secret),
        role: role.id,
        limits,
        vendor,
        by,
    };
    let id = store::keys::insert(tx, &row)?;
    let data = json!({
        "name": name, "prefix": prefix, "scope": scope, "rate_per_second": limits.rate_per_second,
        "burst": limits.burst, "daily_quota": limits.daily_quota, "vendor_id": vendor,
    });
    log::record(tx, origin, NewEvent::new(events::API_KEY_CREATED, "api_key", id, data))?;
    Ok(CreatedKey { id, secret, prefix })
}

/// No request with this key is let in any more; 404 when it is not there. Revoking twice is revoking once.
pub fn revoke_api_key(tx: &Tx<'_>, origin: &Origin, id: i64) -> Result<()> {
    let key = store::keys::get(tx, id)?.ok_or_else(|| Error::not_found("API key"))?;
    if store::keys::revoke(tx, id)? {
        let data = json!({ "name": key.name, "prefix": key.prefix });
        log::record(tx, origin, NewEvent::new(events::API_KEY_REVOKED, "api_key", id, data))?;
    }
    Ok(())
}
