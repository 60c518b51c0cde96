//! `/admin/integrations/api-keys`.

use axum::{extract::State, http::StatusCode};
use platform::{
    Result,
    clock::Millis,
    http::{Id, Json, ListQuery, NoFilter, nullable},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    Desk,
    access::{ApiKeysRead, ApiKeysWrite, Caller, KEY_SCOPES, KeyLimits, keys, store},
};

/// An API key; its secret is never shown again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    id: i64,
    name: String,
    /// What the key begins with.
    prefix: String,
    /// `intake`, `read`, `write` or `admin`.
    scope: String,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    /// To the minute.
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Millis>,
    /// Requests so far; up to a second late.
    usage_count: i64,
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Millis>,
    rate_per_second: i64,
    burst: i64,
    /// Requests per UTC day; null: no quota.
    daily_quota: Option<i64>,
}

list_schema!(
    /// API keys, newest first.
    ApiKeyList, api_keys: ApiKeyView
);

fn view(k: store::keys::KeyRow) -> ApiKeyView {
    ApiKeyView {
        id: k.id,
        name: k.name,
        prefix: k.prefix,
        scope: k.role_key.strip_prefix("key.").unwrap_or(&k.role_key).to_owned(),
        created_at: k.created_at,
        last_used_at: k.last_used_at,
        usage_count: k.usage_count,
        revoked_at: k.revoked_at,
        rate_per_second: k.limits.rate_per_second,
        burst: k.limits.burst,
        daily_quota: k.limits.daily_quota,
    }
}

/// API keys, newest first.
#[utoipa::path(get, path = "/admin/integrations/api-keys", tag = "Admin", responses((status = 200, body = ApiKeyList)))]
pub(super) async fn list_api_keys(
    _: Caller<ApiKeysRead>,
    State(desk): State<Desk>,
    ListQuery(page, NoFilter {}): ListQuery<NoFilter>,
) -> Result<Json<ApiKeyList>> {
    let before = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(i64::MAX);
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk.db.read(move |c| store::keys::list(c, before, limit, offset)).await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.id)]).map(view).into()))
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum KeyScope {
    Intake,
    Read,
    Write,
    Admin,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(inline)]
    scope: KeyScope,
    #[schema(minimum = 1, maximum = 100_000)]
    rate_per_second: Option<i64>,
    #[schema(minimum = 1, maximum = 100_000)]
    burst: Option<i64>,
    /// Null: no quota.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000)]
    daily_quota: Option<Option<i64>>,
}

/// A key as it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedApiKey {
    key_id: i64,
    /// The whole key; it is not shown again.
    api_key: String,
    #[serde(flatten)]
    key: ApiKeyView,
}

/// Makes an API key. The answer is the only place that ever shows it.
#[utoipa::path(post, path = "/admin/integrations/api-keys", tag = "Admin", responses((status = 201, body = CreatedApiKey)))]
pub(super) async fn create_api_key(
    caller: Caller<ApiKeysWrite>,
    State(desk): State<Desk>,
    Json(new): Json<NewApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>)> {
    let scope = KEY_SCOPES[new.scope as usize];
    let default = KeyLimits::of_scope(&desk.config.limits, scope);
    let limits = KeyLimits {
        rate_per_second: new.rate_per_second.unwrap_or(default.rate_per_second),
        burst: new.burst.unwrap_or(default.burst),
        // Intake never has a quota.
        daily_quota: if scope == "intake" { None } else { new.daily_quota.unwrap_or(default.daily_quota) },
    };
    let entropy = desk.entropy.clone();
    let made = desk
        .db
        .write(move |tx| {
            let made = keys::new_api_key(tx, &caller.origin, &new.name, scope, limits, &entropy)?;
            let row = store::keys::get(tx, made.id)?;
            let row = row.ok_or_else(|| platform::Error::not_found("API key"))?;
            Ok(CreatedApiKey { key_id: made.id, api_key: made.secret, key: view(row) })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes an API key, for good.
#[utoipa::path(delete, path = "/admin/integrations/api-keys/{id}", tag = "Admin", responses((status = 204)))]
pub(super) async fn revoke_api_key(
    caller: Caller<ApiKeysWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<StatusCode> {
    desk.db.write(move |tx| keys::revoke_api_key(tx, &caller.origin, id)).await?;
    desk.access.forget_key(id);
    Ok(StatusCode::NO_CONTENT)
}
