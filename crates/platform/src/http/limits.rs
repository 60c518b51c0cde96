//! Rate limits in this process: a token bucket per key, and the headers that tell how full it is.
//!
//! Several nodes share limits only approximately; the daily quota is exact and lives in the database, not here.
//! Memory is bounded: idle keys are dropped, and past [`MAX_KEYS`] new ones share a bucket.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, clock::Clock as GovernorClock, middleware::StateInformationMiddleware, nanos::Nanos,
    state::keyed::DashMapStateStore,
};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};

use super::Argument;
use crate::{
    clock::Clock,
    error::{Code, Error},
};

const MAX_KEYS: usize = 100_000;
const MAX_QUOTAS: usize = 256;
/// Checks between two looks at how much is held.
const SWEEP_EVERY: u32 = 4096;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// At once, after a pause.
    pub burst: NonZeroU32,
    /// Time until one more is allowed, in nanoseconds.
    refill_nanos: u64,
}

impl Limit {
    pub fn per_second(per_second: u32, burst: u32) -> Self {
        Limit { burst: at_least_one(burst), refill_nanos: 1_000_000_000 / u64::from(per_second.max(1)) }
    }
    pub fn per_minute(n: u32) -> Self {
        Limit { burst: at_least_one(n), refill_nanos: 60_000_000_000 / u64::from(n.max(1)) }
    }
    fn seconds(self, tokens: u32) -> u64 {
        (u64::from(tokens) * self.refill_nanos).div_ceil(1_000_000_000)
    }
}

fn at_least_one(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// The verdict on one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the bucket is full again.
    pub reset_seconds: u64,
    /// Until one more is allowed; 0 when this one was.
    pub retry_after: u64,
}

impl RateDecision {
    fn unlimited() -> Self {
        RateDecision { allowed: true, limit: u32::MAX, remaining: u32::MAX, reset_seconds: 0, retry_after: 0 }
    }
    /// 429 unless allowed.
    pub fn check(self) -> Result<Self, Error> {
        match self.allowed {
            true => Ok(self),
            false => {
                Err(Error::new(Code::RateLimited, "Slow down.").with_retry_after(self.retry_after.max(1)))
            }
        }
    }
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset`; none where there is no limit.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        if self.limit == u32::MAX {
            return;
        }
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(self.reset_seconds));
    }
}

/// Time as the buckets see it: steady, or for tests set by hand.
#[derive(Debug, Clone)]
enum Ticks {
    Steady(Instant),
    By(Clock),
}

impl GovernorClock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        match self {
            Ticks::Steady(start) => start.elapsed().into(),
            Ticks::By(clock) => Duration::from_millis(clock.now().unsigned_abs()).into(),
        }
    }
}

type Buckets = governor::RateLimiter<String, DashMapStateStore<String>, Ticks, StateInformationMiddleware>;

/// Buckets by limit and key. Cloning shares them.
#[derive(Clone)]
pub struct RateLimiter(Option<Arc<Shared>>);

struct Shared {
    ticks: Ticks,
    buckets: RwLock<Vec<(Limit, Arc<Buckets>)>>,
    /// Checks so far; every so many of them idle keys are dropped.
    checks: AtomicU32,
    /// Too many keys at the last look.
    full: AtomicBool,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl RateLimiter {
    pub fn new() -> Self {
        Self::with(Ticks::Steady(Instant::now()))
    }
    /// For tests.
    pub fn with_clock(clock: Clock) -> Self {
        Self::with(Ticks::By(clock))
    }
    /// Allows everything: `limits.rate = off`.
    pub fn off() -> Self {
        RateLimiter(None)
    }
    fn with(ticks: Ticks) -> Self {
        RateLimiter(Some(Arc::new(Shared {
            ticks,
            buckets: RwLock::default(),
            checks: AtomicU32::new(0),
            full: AtomicBool::new(false),
        })))
    }

    pub fn check(&self, key: &str, per_second: u32, burst: u32) -> RateDecision {
        self.check_limit(key, Limit::per_second(per_second, burst))
    }

    pub fn check_limit(&self, key: &str, limit: Limit) -> RateDecision {
        let Some(shared) = &self.0 else { return RateDecision::unlimited() };
        let buckets = shared.buckets_of(limit);
        shared.sweep_sometimes();
        // Too many different keys within one window are an attack or a mistake: they get one bucket together.
        let key = if shared.full.load(Ordering::Relaxed) { "" } else { key };
        let burst = limit.burst.get();
        match buckets.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let reset_seconds = limit.seconds(burst - remaining.min(burst));
                RateDecision { allowed: true, limit: burst, remaining, reset_seconds, retry_after: 0 }
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(shared.ticks.now());
                RateDecision {
                    allowed: false,
                    limit: burst,
                    remaining: 0,
                    reset_seconds: limit.seconds(burst),
                    retry_after: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
                }
            }
        }
    }
}

impl Shared {
    fn buckets_of(&self, limit: Limit) -> Arc<Buckets> {
        let find =
            |all: &Vec<(Limit, Arc<Buckets>)>| all.iter().find(|(l, _)| *l == limit).map(|(_, b)| b.clone());
        if let Some(found) = find(&self.buckets.read().unwrap_or_else(|e| e.into_inner())) {
            return found;
        }
        let mut all = self.buckets.write().unwrap_or_else(|e| e.into_inner());
        if let Some(found) = find(&all) {
            return found;
        }
        if all.len() >= MAX_QUOTAS {
            all.remove(0);
        }
        let refill = Duration::from_nanos(limit.refill_nanos.max(1));
        let quota =
            Quota::with_period(refill).unwrap_or(Quota::per_second(limit.burst)).allow_burst(limit.burst);
        let buckets = Buckets::new(quota, DashMapStateStore::default(), self.ticks.clone());
        let buckets = Arc::new(buckets);
        all.push((limit, buckets.clone()));
        buckets
    }

    fn sweep_sometimes(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY != SWEEP_EVERY - 1 {
            return;
        }
        let all: Vec<_> =
            self.buckets.read().unwrap_or_else(|e| e.into_inner()).iter().map(|(_, b)| b.clone()).collect();
        for buckets in &all {
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
        self.full.store(all.iter().map(|b| b.len()).sum::<usize>() > MAX_KEYS, Ordering::Relaxed);
    }
}

/// The proxies whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`).
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<(IpAddr, u8)>);

impl TrustedProxies {
    /// What is not an address or a network is left out; `Config` refuses it before.
    pub fn parse(list: &[String]) -> Self {
        TrustedProxies(list.iter().filter_map(|text| parse_network(text)).collect())
    }
    /// What is neither an address nor a network.
    pub fn faulty(list: &[String]) -> Vec<&String> {
        list.iter().filter(|text| parse_network(text).is_none()).collect()
    }
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| in_network(address, *network, *bits))
    }
}

fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some((address, bits))
}

fn in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            (a.to_bits() ^ n.to_bits()) & mask == 0
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            (a.to_bits() ^ n.to_bits()) & mask == 0
        }
        _ => false,
    }
}

/// Who is calling, as far as an address can say: the peer, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

const NOWHERE: ClientAddress = ClientAddress(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));

impl ClientAddress {
    /// From the right of `X-Forwarded-For`, the first address that is not itself a trusted proxy.
    fn find(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let peer = peer.to_canonical();
        if !trusted.contains(peer) {
            return ClientAddress(peer);
        }
        let mut found = peer;
        let lines: Vec<_> =
            headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
        for text in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let text = text.trim();
            let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|s| s.ip()));
            let Ok(address) = address else { break };
            found = address.to_canonical();
            if !trusted.contains(found) {
                break;
            }
        }
        ClientAddress(found)
    }

    /// What to count by: an IPv6 customer owns a /64.
    pub fn key(self) -> String {
        match self.0 {
            IpAddr::V4(a) => a.to_string(),
            IpAddr::V6(a) => format!("{:x}/64", a.to_bits() >> 64),
        }
    }
}

/// Middleware: works the client's address out once.
pub(super) async fn client_address(
    State(trusted): State<Arc<TrustedProxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let address = peer.map_or(NOWHERE, |peer| ClientAddress::find(peer, request.headers(), &trusted));
    request.extensions_mut().insert(address);
    next.run(request).await
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().copied().unwrap_or(NOWHERE))
    }
}

impl Argument for ClientAddress {}

/// For [`address_limit`]: a limit per client address, counted apart under `name`.
#[derive(Clone)]
pub struct AddressLimit {
    pub limiter: RateLimiter,
    pub name: &'static str,
    pub limit: Limit,
}

/// Middleware, with [`AddressLimit`] as its state: `from_fn_with_state(limit, address_limit)`.
pub async fn address_limit(State(by): State<AddressLimit>, request: Request, next: Next) -> Response {
    let address = request.extensions().get().copied().unwrap_or(NOWHERE);
    let decision = by.limiter.check_limit(&format!("{} {}", by.name, address.key()), by.limit);
    let mut response = match decision.check() {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    decision.write_headers(response.headers_mut());
    response
}
