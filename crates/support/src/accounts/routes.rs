//! `/admin/channels`.

use axum::{extract::State, http::StatusCode};
use people::{DepartmentId, access::Caller, departments};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    http::{Api, COUNT_CAP, Id, IfMatch, Json, ListQuery, NoFilter, nullable},
    list_schema, route,
    time::{instant, instant_opt},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Account, AccountChange, AccountStatus, ChannelsRead, ChannelsWrite, NewAccount, create, probe, remove,
    store, update,
};
use crate::{AccountId, Support};

/// A connected page, number, bot or platform. Secrets are never shown.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelAccount {
    id: i64,
    kind: String,
    /// The provider's id of it.
    account_id: String,
    name: String,
    department_id: Option<i64>,
    has_secret: bool,
    /// The secret before the last one is accepted still, and signed with.
    has_previous_secret: bool,
    #[schema(inline)]
    status: AccountStatus,
    app_id: Option<String>,
    callback_url: Option<String>,
    /// What to give to the provider, below this desk's address.
    webhook_path: String,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_inbound_at: Option<Millis>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    version: i64,
}

list_schema!(
    /// Channel accounts.
    ChannelAccountList, channels: ChannelAccount
);

/// An account to connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChannelAccount {
    /// `facebook`, `instagram`, `whatsapp`, `twitter`, `zalo`, `telegram`, `generic`, `chat`, `chatbot`.
    #[schema(min_length = 1, max_length = 32)]
    kind: String,
    /// The provider's id of it; for `generic` the platform's name.
    #[schema(min_length = 1, max_length = 256)]
    account_id: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    /// What requests are signed with.
    #[schema(min_length = 1, max_length = 1024)]
    secret: Option<String>,
    #[schema(min_length = 1, max_length = 1024)]
    verify_token: Option<String>,
    #[schema(min_length = 1, max_length = 256)]
    app_id: Option<String>,
    /// `generic` alone: where answers are posted, signed with the secret.
    #[schema(min_length = 1, max_length = 2048)]
    callback_url: Option<String>,
    /// Where its tickets go when no keyword says otherwise.
    department_id: Option<i64>,
}

/// What to change; `null` clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelAccountChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(inline)]
    status: Option<AccountStatus>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    department_id: Option<Option<i64>>,
    /// A new secret; the one before it stays good until `previous_secret` is set to null.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1024)]
    secret: Option<Option<String>>,
    /// Only null: ends a change of secrets.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 0)]
    previous_secret: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1024)]
    verify_token: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    app_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2048)]
    callback_url: Option<Option<String>>,
}

/// The routes of channel accounts.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    route!(api, list);
    route!(api, add);
    route!(api, one);
    route!(api, change);
    route!(api, delete);
    route!(api, test);
    api
}

/// Lists the channel accounts, oldest first.
#[utoipa::path(get, path = "/admin/channels", tag = "Admin", responses((status = 200, body = ChannelAccountList)))]
async fn list(
    _: Caller<ChannelsRead>,
    State(support): State<Support>,
    ListQuery(page, _): ListQuery<NoFilter>,
) -> Result<Json<ChannelAccountList>> {
    let after = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(0);
    let (offset, fetch) = (page.offset, page.fetch());
    let read = move |c: &Conn<'_>| Ok((store::list(c, after, offset, fetch)?, store::count(c, COUNT_CAP)?));
    let (rows, total) = support.desk.db.read(read).await?;
    let list = page.finish(rows, total, |last| vec![json!(last.account.id)]);
    Ok(Json(list.map(|row| shown(&support, row)).into()))
}

/// Connects a channel account.
#[utoipa::path(post, path = "/admin/channels", tag = "Admin", responses((status = 201, body = ChannelAccount)))]
async fn add(
    caller: Caller<ChannelsWrite>,
    State(support): State<Support>,
    Json(body): Json<NewChannelAccount>,
) -> Result<(StatusCode, Json<ChannelAccount>)> {
    let new = NewAccount {
        kind: body.kind,
        account_id: body.account_id,
        name: body.name,
        department_id: body.department_id.map(DepartmentId),
        secret: body.secret,
        verify_token: body.verify_token,
        app_id: body.app_id,
        callback_url: body.callback_url,
    };
    let keyring = support.desk.keyring.clone();
    let write = move |tx: &platform::Tx<'_>| {
        check_department(tx, new.department_id)?;
        create(tx, &keyring, &caller.origin, &new)
    };
    let account = support.desk.db.write(write).await?;
    Ok((StatusCode::CREATED, Json(written(&support, account).await?)))
}

/// Shows a channel account.
#[utoipa::path(get, path = "/admin/channels/{id}", tag = "Admin", responses((status = 200, body = ChannelAccount)))]
async fn one(
    _: Caller<ChannelsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<ChannelAccount>> {
    look(&support, AccountId(id)).await.map(Json)
}

/// Changes a channel account. A new `secret` leaves the one before it good until it is ended.
#[utoipa::path(patch, path = "/admin/channels/{id}", tag = "Admin", responses((status = 200, body = ChannelAccount)))]
async fn change(
    caller: Caller<ChannelsWrite>,
    State(support): State<Support>,
    Id(id): Id,
    expected: IfMatch,
    Json(body): Json<ChannelAccountChange>,
) -> Result<Json<ChannelAccount>> {
    if let Some(Some(_)) = body.previous_secret {
        return Err(Error::invalid_field("previous_secret", "format", "can only be set to null"));
    }
    let change = AccountChange {
        name: body.name,
        department_id: body.department_id.map(|d| d.map(DepartmentId)),
        status: body.status,
        secret: body.secret,
        drop_previous: body.previous_secret.is_some(),
        verify_token: body.verify_token,
        app_id: body.app_id,
        callback_url: body.callback_url,
    };
    let keyring = support.desk.keyring.clone();
    let write = move |tx: &platform::Tx<'_>| {
        check_department(tx, change.department_id.flatten())?;
        update(tx, &keyring, &caller.origin, AccountId(id), expected.0, &change)
    };
    let account = support.desk.db.write(write).await?;
    written(&support, account).await.map(Json)
}

/// Disconnects a channel account: its secrets are gone and it is disabled. Its tickets stay, and so does its row.
#[utoipa::path(delete, path = "/admin/channels/{id}", tag = "Admin", responses((status = 204, description = "Disconnected")))]
async fn delete(
    caller: Caller<ChannelsWrite>,
    State(support): State<Support>,
    Id(id): Id,
    expected: IfMatch,
) -> Result<StatusCode> {
    let write = move |tx: &platform::Tx<'_>| remove(tx, &caller.origin, AccountId(id), expected.0);
    let account = support.desk.db.write(write).await?;
    support.accounts.forget(&account.kind, &account.account_id);
    Ok(StatusCode::NO_CONTENT)
}

/// Looks whether a channel account is ready; a callback is sent a signed `channel.test`.
#[utoipa::path(post, path = "/admin/channels/{id}/test", tag = "Admin", responses((status = 200, body = probe::ChannelTest)))]
async fn test(
    _: Caller<ChannelsWrite>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<probe::ChannelTest>> {
    probe::probe(&support, AccountId(id)).await.map(Json)
}

fn check_department(c: &Conn<'_>, id: Option<DepartmentId>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    match departments::get(c, id)? {
        Some(d) if d.is_active => Ok(()),
        _ => Err(Error::invalid_field("department_id", "not_found", "is not an active department")),
    }
}

/// What was written, as it is shown; the cache forgets what was there.
async fn written(support: &Support, account: Account) -> Result<ChannelAccount> {
    support.accounts.forget(&account.kind, &account.account_id);
    look(support, account.id).await
}

async fn look(support: &Support, id: AccountId) -> Result<ChannelAccount> {
    let found = support.desk.db.read(move |c| store::listed(c, id)).await?;
    found.map(|row| shown(support, row)).ok_or_else(|| Error::not_found("channel account"))
}

fn shown(support: &Support, row: store::Listed) -> ChannelAccount {
    let a = row.account;
    ChannelAccount {
        webhook_path: webhook_path(&a.kind, &a.account_id),
        id: a.id.0,
        kind: a.kind,
        account_id: a.account_id,
        name: a.name,
        department_id: a.department_id.map(|d| d.0),
        has_secret: row.has_secret,
        has_previous_secret: row.has_previous_secret,
        status: a.status,
        app_id: a.app_id,
        callback_url: a.callback_url,
        last_inbound_at: support.accounts.heard().last(a.id, row.last_inbound_at),
        created_at: a.created_at,
        updated_at: a.updated_at,
        version: a.version,
    }
}

/// Where the provider sends to.
fn webhook_path(kind: &str, account_id: &str) -> String {
    match kind {
        "generic" => "/api/v1/webhook".to_owned(),
        "chat" => "/api/v1/chat".to_owned(),
        "chatbot" => "/api/v1/webhooks/chatbot".to_owned(),
        _ => {
            // The address library knows what a path segment must not hold.
            let mut url = url::Url::parse("http://x/api/v1/webhooks").ok();
            if let Some(mut path) = url.as_mut().and_then(|u| u.path_segments_mut().ok()) {
                path.push(kind).push(account_id);
            }
            url.map(|u| u.path().to_owned()).unwrap_or_default()
        }
    }
}
