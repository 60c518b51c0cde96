//! [`AccessService`]: from a request's credentials to a [`Principal`], and the slow work of passwords.

use std::sync::Arc;

use axum::http::{HeaderMap, header, request::Parts};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use platform::{
    Clock, Db, Entropy, Error, Result,
    clock::SECOND,
    config::{Config, Switch},
    crypto::{Keyring, hash_token},
    error::Code,
    http::{ClientAddress, Limit, RateDecision, RateLimiter},
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::{
    KeyLimits, Principal, PrincipalKind,
    cache::{Cache, Proof},
    guard, passwords,
    quota::Quotas,
    store,
    tokens::{self, Purpose},
};
use crate::UserId;

/// How long an access token lasts.
pub const ACCESS_TOKEN_SECONDS: i64 = 3600;
/// Passwords hashed at once: each takes 19 MiB and a core.
const HASHING: usize = 2;
/// Requests that may wait for that; past it they are told to come back.
const WAITING: usize = 64;

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// The user.
    sub: String,
    /// The session.
    sid: i64,
    iat: i64,
    exp: i64,
}

/// A caller who has proved who they are.
#[derive(Debug, Clone)]
pub struct Known {
    pub principal: Arc<Principal>,
    /// The log-in of a person.
    pub session: Option<i64>,
    /// What an API key may do.
    pub(super) key: Option<KeyLimits>,
}

/// Tokens, keys, passwords and limits. One per process; everything in it can be rebuilt.
pub struct AccessService {
    db: Db,
    clock: Clock,
    pub(super) entropy: Entropy,
    encoding: EncodingKey,
    decoding: DecodingKey,
    cache: Cache,
    quotas: Quotas,
    limiter: RateLimiter,
    auth_limit: Limit,
    refresh_limit: Limit,
    enforces: bool,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl AccessService {
    pub fn new(config: &Config, db: Db, clock: Clock, entropy: Entropy, keyring: &Keyring) -> Self {
        let key = keyring.derive("jwt");
        let enforces = config.limits.rate == Switch::On;
        let per_minute = config.limits.auth_per_minute;
        AccessService {
            quotas: Quotas::new(db.clone(), clock.clone()),
            db,
            clock,
            entropy,
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            cache: Cache::default(),
            limiter: if enforces { RateLimiter::new() } else { RateLimiter::off() },
            auth_limit: Limit::per_minute(per_minute),
            // Nobody guesses a refresh token, and an office shares one address.
            refresh_limit: Limit::per_minute(per_minute.saturating_mul(6)),
            enforces,
            hashing: Arc::new(Semaphore::new(HASHING)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }

    /// Who sends this request. Errors: 401; 429 for a key that sends too much.
    pub(super) async fn authenticate(&self, parts: &Parts) -> Result<Known> {
        let Some(credential) = credential(&parts.headers) else { return Err(Error::unauthenticated()) };
        if !credential.starts_with("fd_") {
            let claims = self.read_token(credential).ok_or_else(bad_token)?;
            let user = claims.sub.parse().map(UserId).map_err(|_| bad_token())?;
            let known = self.known(Proof::Session(user, claims.sid)).await?;
            return known.ok_or_else(bad_token);
        }
        let known = self.known(Proof::Key(hash_token(credential))).await?;
        let known = known
            .ok_or_else(|| Error::new(Code::Unauthenticated, "This API key is not known, or was revoked."))?;
        if let (PrincipalKind::ApiKey(id), Some(limits)) = (known.principal.kind, known.key) {
            let number = |n: i64| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
            let (rate, burst) = (number(limits.rate_per_second), number(limits.burst));
            let decision = self.limiter.check(&format!("key {id}"), rate, burst);
            guard::note(parts, decision);
            decision.check()?;
            self.quotas.count(id, limits.daily_quota.filter(|_| self.enforces)).await?;
        }
        Ok(known)
    }

    /// From memory, or read.
    async fn known(&self, proof: Proof) -> Result<Option<Known>> {
        let now = self.clock.now();
        if let Some(known) = self.cache.get(&proof, now) {
            return Ok(Some(known));
        }
        let generation = self.cache.generation();
        let wanted = proof.clone();
        let known = self
            .db
            .read(move |c| match &wanted {
                Proof::Session(user, session) => Ok(store::users::principal(c, *user, Some(*session))?
                    .map(|row| of_user(*user, row, Some(*session)))),
                Proof::User(user) => {
                    Ok(store::users::principal(c, *user, None)?.map(|row| of_user(*user, row, None)))
                }
                Proof::Key(hash) => Ok(store::keys::by_hash(c, hash)?.map(of_key)),
            })
            .await?;
        if let Some(known) = &known {
            self.cache.put(proof, known.clone(), now, generation);
        }
        Ok(known)
    }

    /// An active person as a principal, for work that goes on after their request (a live socket).
    pub async fn principal(&self, user: UserId) -> Result<Option<Arc<Principal>>> {
        Ok(self.known(Proof::User(user)).await?.map(|k| k.principal))
    }

    /// A token for one hour, good as long as the session is.
    pub(super) fn access_token(&self, user: UserId, session: i64) -> Result<String> {
        let iat = self.clock.now().div_euclid(SECOND);
        let claims = Claims { sub: user.to_string(), sid: session, iat, exp: iat + ACCESS_TOKEN_SECONDS };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Error::internal)
    }

    fn read_token(&self, token: &str) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::HS256);
        // The desk's own clock decides, not the machine's.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules).ok()?.claims;
        (claims.exp > self.clock.now().div_euclid(SECOND)).then_some(claims)
    }

    /// Forgets what is known of a person: something about them has changed.
    pub fn forget_user(&self, user: UserId) {
        self.cache.forget(PrincipalKind::User(user));
    }
    /// Forgets what is known of an API key.
    pub fn forget_key(&self, id: i64) {
        self.cache.forget(PrincipalKind::ApiKey(id));
    }
    /// Forgets everybody: a role or a department has changed.
    pub fn forget_all(&self) {
        self.cache.clear();
    }

    /// Writes the counts of API keys that are only in memory; before the process ends.
    pub async fn flush(&self) -> Result<()> {
        self.quotas.flush_all().await
    }

    pub(super) fn try_address(&self, address: ClientAddress, attempt: guard::Attempt) -> RateDecision {
        let (name, limit) = match attempt {
            guard::Attempt::LogIn => ("auth", self.auth_limit),
            guard::Attempt::Refresh => ("refresh", self.refresh_limit),
            // Nor a link.
            guard::Attempt::Link => ("link", self.refresh_limit),
        };
        self.limiter.check_limit(&format!("{name} {}", address.key()), limit)
    }

    /// A ticket that opens the live socket once, within 30 seconds, as this person. 403 for an API key.
    pub async fn issue_socket_ticket(&self, principal: &Principal) -> Result<String> {
        let user = principal.user_id().ok_or_else(Error::forbidden)?;
        let entropy = self.entropy.clone();
        self.db.write(move |tx| tokens::issue(tx, &entropy, Purpose::Socket, Some(user))).await
    }

    /// Whose ticket it is. 401 when it was used, is too old, or its person may not log in any more.
    pub async fn redeem_socket_ticket(&self, ticket: &str) -> Result<Arc<Principal>> {
        let ticket = ticket.to_owned();
        let user = self.db.write(move |tx| tokens::redeem(tx, &ticket, Purpose::Socket)).await?;
        let user = user.ok_or_else(Error::unauthenticated)?;
        self.principal(user).await?.ok_or_else(Error::unauthenticated)
    }

    /// Checks the rule and hashes, a few at once. 503 when too many wait.
    pub(super) async fn hash(&self, password: String) -> Result<String> {
        let entropy = self.entropy.clone();
        self.slowly(move || passwords::hash_password(&password, &entropy)).await?
    }

    /// Takes as long for somebody who is not there (`None`).
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        self.slowly(move || {
            let matches = passwords::verify(&password, hash.as_deref().unwrap_or(passwords::NOBODY));
            matches && hash.is_some()
        })
        .await
    }

    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || Error { retry_after: Some(1), ..Error::new(Code::Busy, "Too many log in just now.") };
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.hashing.clone().acquire_owned().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(Error::internal)
    }
}

fn bad_token() -> Error {
    Error::new(Code::Unauthenticated, "The access token is not valid, or is over. Refresh it or log in.")
}

/// `x-api-key`, or what follows `Authorization: Bearer`.
fn credential(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        // Whatever is sent there is a key, or nothing.
        return key.to_str().ok().map(str::trim).filter(|k| k.starts_with("fd_"));
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|t| !t.is_empty())
}

fn of_user(user: UserId, row: store::users::UserPrincipal, session: Option<i64>) -> Known {
    let managed = row.departments.iter().filter(|(_, manages)| *manages).map(|(id, _)| *id).collect();
    let principal = Principal {
        kind: PrincipalKind::User(user),
        name: row.name,
        role_key: row.role_key,
        grants: row.grants,
        vendor_id: row.vendor_id,
        departments: row.departments.iter().map(|(id, _)| *id).collect(),
        managed,
    };
    Known { principal: Arc::new(principal), session, key: None }
}

fn of_key(row: store::keys::KeyPrincipal) -> Known {
    let principal = Principal {
        kind: PrincipalKind::ApiKey(row.id),
        name: row.name,
        role_key: row.role_key,
        grants: row.grants,
        vendor_id: row.vendor_id,
        departments: Vec::new(),
        managed: Vec::new(),
    };
    Known { principal: Arc::new(principal), session: None, key: Some(row.limits) }
}
