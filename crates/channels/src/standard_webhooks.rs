//! Standard Webhooks: the signature of generic requests, in both directions.
//!
//! Never reads a clock: the caller says what time it is. The id that `verify` gives is the request's
//! idempotency key, the same over all retries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Credentials, Malformed, RawRequest, Refusal, signature};

const TOLERANCE_MS: u64 = 5 * 60 * 1000;

/// Checks `webhook-id`, `webhook-timestamp` and `webhook-signature`, and gives the id. One matching signature of
/// several is enough, made with the current secret or the one before it.
pub fn verify(req: &RawRequest<'_>, c: &Credentials, now_ms: i64) -> Result<String, Refusal> {
    let mut keys = signature::secrets(c)?.map(key);
    // A current secret that is no key protects nothing.
    let current = keys.next().and_then(Result::ok).ok_or(Refusal::NoSecret)?;
    let keys: Vec<_> = std::iter::once(current).chain(keys.filter_map(Result::ok)).collect();
    let header =
        |name| req.header(name).map(str::trim).filter(|v| !v.is_empty()).ok_or(Refusal::MissingSignature);
    let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
    let signatures = header("webhook-signature")?;
    let seconds: i64 = time.parse().map_err(|_| Refusal::BadSignature)?;

    let digests: Vec<_> = keys.iter().map(|key| digest(key, id, time, req.body)).collect();
    let given =
        signatures.split_ascii_whitespace().filter_map(|s| STANDARD.decode(s.strip_prefix("v1,")?).ok());
    let genuine = given.into_iter().any(|given| digests.iter().any(|d| signature::same(d, &given)));
    if !genuine {
        return Err(Refusal::BadSignature);
    }
    if seconds.saturating_mul(1000).abs_diff(now_ms) > TOLERANCE_MS {
        return Err(Refusal::Stale);
    }
    Ok(id.to_owned())
}

/// One entry of `webhook-signature`: `v1,<base64>`.
pub fn sign(secret: &str, id: &str, timestamp_s: i64, body: &[u8]) -> Result<String, Malformed> {
    let digest = digest(&key(secret)?, id, &timestamp_s.to_string(), body);
    Ok(format!("v1,{}", STANDARD.encode(digest)))
}

fn digest(key: &[u8], id: &str, time: &str, body: &[u8]) -> [u8; 32] {
    signature::hmac_sha256(key, &[id.as_bytes(), b".", time.as_bytes(), b".", body])
}

fn key(secret: &str) -> Result<Vec<u8>, Malformed> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    match STANDARD.decode(text) {
        Ok(key) if !key.is_empty() => Ok(key),
        _ => Err(Malformed("the signing secret is not whsec_ and base64".into())),
    }
}
