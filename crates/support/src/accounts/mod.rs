//! Channel accounts: the pages, numbers, bots and platforms that this desk is connected to.
//!
//! Invariants: a secret is stored sealed, leaves this slice only as [`Credentials`] for checking and signing, and is never
//! part of an answer, an event or a log line. An account whose secret is missing or does not open has no secret: whoever
//! checks against it refuses. A row is never deleted, because tickets and the journal name it; [`remove`] takes its secrets
//! and disables it. What [`AccountCache`] holds is at most five seconds old, and at once gone after a write by this process.
//! Receiving a message writes nothing here: that a customer was heard is noted in memory and written later ([`Heard`]).

mod cache;
pub mod events;
mod heard;
mod probe;
mod routes;
pub mod setup;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use channels::{Channel, Credentials};
use people::DepartmentId;
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    crypto::Keyring,
    error::{Code, Fault},
    events::{NewEvent, Origin, record},
};
use serde_json::{Map, Value as Json, json};

pub use self::{cache::AccountCache, heard::Heard, routes::api};
use crate::{AccountId, tickets::words};

words!(
    /// Whether an account takes part. `disconnected`: the other side ended it.
    AccountStatus { Active = "active", Disabled = "disabled", Disconnected = "disconnected" }
);

impl PartialEq<&str> for AccountStatus {
    fn eq(&self, word: &&str) -> bool {
        self.as_str() == *word
    }
}

people::permission!(
    /// See the channel accounts.
    pub ChannelsRead = "channels.read"
);
people::permission!(
    /// Connect, change and remove channel accounts.
    pub ChannelsWrite = "channels.write"
);

/// A row of `channel_accounts`, without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub id: AccountId,
    /// As [`Channel::as_str`].
    pub kind: String,
    /// The provider's id of it; for the generic webhook the platform's name.
    pub account_id: String,
    pub name: String,
    pub department_id: Option<DepartmentId>,
    pub status: AccountStatus,
    /// Generic accounts: where signed answers are posted.
    pub callback_url: Option<String>,
    pub app_id: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// An account with its secrets opened.
#[derive(Clone)]
pub struct LoadedAccount {
    pub account: Account,
    pub credentials: Credentials,
    /// It has a secret that does not open: damaged, or sealed with another key.
    pub is_locked: bool,
}

impl std::fmt::Debug for LoadedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedAccount")
            .field("account", &self.account)
            .field("is_locked", &self.is_locked)
            .finish_non_exhaustive()
    }
}

/// A new account; secrets in plain.
#[derive(Clone, Default)]
pub struct NewAccount {
    pub kind: String,
    pub account_id: String,
    /// The account's id when absent.
    pub name: Option<String>,
    pub department_id: Option<DepartmentId>,
    pub secret: Option<String>,
    pub verify_token: Option<String>,
    pub app_id: Option<String>,
    pub callback_url: Option<String>,
}

/// What to change; `None` leaves a field alone. A new secret keeps the one before it valid until `drop_previous`.
#[derive(Clone, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub department_id: Option<Option<DepartmentId>>,
    pub status: Option<AccountStatus>,
    pub secret: Option<Option<String>>,
    pub drop_previous: bool,
    pub verify_token: Option<Option<String>>,
    pub app_id: Option<Option<String>>,
    pub callback_url: Option<Option<String>>,
}

/// The account, without its secrets.
pub fn get(c: &Conn<'_>, id: AccountId) -> Result<Option<Account>> {
    Ok(store::sealed(c, id)?.map(|(account, _)| account))
}

/// The account with its secrets opened.
pub(crate) fn load(c: &Conn<'_>, keyring: &Keyring, id: AccountId) -> Result<Option<LoadedAccount>> {
    Ok(store::sealed(c, id)?.map(|(account, secrets)| open(keyring, account, &secrets)))
}

/// Names of accounts; whoever is not there is left out. One query.
pub(crate) fn names(c: &Conn<'_>, ids: &[AccountId]) -> Result<HashMap<AccountId, String>> {
    store::names(c, ids)
}

/// The account of `kind` and `account_id`, made when it is not there: platforms that just begin to send, chat, chatbots,
/// tickets by hand. It has no secret. Whoever keeps an [`AccountCache`] need not tell it: what is not there is not kept.
pub fn implicit(tx: &Tx<'_>, kind: &str, account_id: &str) -> Result<AccountId> {
    if let Some(id) = store::id_of(tx, kind, account_id)? {
        return Ok(id);
    }
    let new =
        NewAccount { kind: kind.to_owned(), account_id: account_id.to_owned(), ..NewAccount::default() };
    match store::insert(tx, &new, &store::Secrets::default())? {
        Some(account) => {
            tell_created(tx, &Origin::system(), &account, false)?;
            Ok(account.id)
        }
        None => store::id_of(tx, kind, account_id)?.ok_or_else(Error::stale),
    }
}

/// Connects an account. 409 `duplicate` when it is there already.
pub fn create(tx: &Tx<'_>, keyring: &Keyring, origin: &Origin, new: &NewAccount) -> Result<Account> {
    let mut faults = Vec::new();
    let kind = new.kind.parse::<Channel>();
    match kind {
        Err(_) => faults.push(Fault::new("kind", "unknown", "is not a channel that this desk speaks")),
        Ok(channel) => {
            check_secret(channel, new.secret.as_deref(), &mut faults);
            check_callback(channel, new.callback_url.as_deref(), new.secret.is_some(), &mut faults);
        }
    }
    if new.account_id.trim().is_empty() {
        faults.push(Fault::new("account_id", "required", "must not be empty"));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let secrets = store::Secrets {
        secret: new.secret.as_deref().map(|s| keyring.seal(s)),
        previous_secret: None,
        verify_token: new.verify_token.as_deref().map(|s| keyring.seal(s)),
    };
    let account = store::insert(tx, new, &secrets)?.ok_or_else(|| {
        Error::conflict(
            Code::Duplicate,
            "This account is connected already (perhaps by its first message); change it instead.",
        )
    })?;
    tell_created(tx, origin, &account, secrets.secret.is_some())?;
    Ok(account)
}

/// Changes an account that the caller has read at `expected`, if it said so.
pub fn update(
    tx: &Tx<'_>,
    keyring: &Keyring,
    origin: &Origin,
    id: AccountId,
    expected: Option<i64>,
    change: &AccountChange,
) -> Result<Account> {
    let (before, had) = store::sealed(tx, id)?.ok_or_else(|| Error::not_found("channel account"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let (mut after, mut secrets, mut set) = (before.clone(), had.clone(), Vec::new());
    if let Some(v) = &change.name {
        after.name.clone_from(v);
    }
    if let Some(v) = change.department_id {
        after.department_id = v;
    }
    if let Some(v) = change.status {
        after.status = v;
    }
    if let Some(v) = &change.app_id {
        after.app_id.clone_from(v);
    }
    if let Some(v) = &change.callback_url {
        after.callback_url.clone_from(v);
    }
    match &change.secret {
        Some(Some(secret)) => {
            // A third secret ends the first.
            secrets.previous_secret = secrets.secret.take();
            secrets.secret = Some(keyring.seal(secret));
            set.push("secret");
        }
        Some(None) => (secrets.secret, secrets.previous_secret) = (None, None),
        None => {}
    }
    if change.drop_previous && secrets.previous_secret.take().is_some() {
        set.push("previous_secret");
    }
    if let Some(v) = &change.verify_token {
        secrets.verify_token = v.as_deref().map(|s| keyring.seal(s));
        set.push("verify_token");
    }
    let mut faults = Vec::new();
    if let Ok(channel) = before.kind.parse::<Channel>() {
        check_secret(channel, change.secret.as_ref().and_then(|s| s.as_deref()), &mut faults);
        check_callback(channel, after.callback_url.as_deref(), secrets.secret.is_some(), &mut faults);
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let rotated = secrets != had;
    if after == before && !rotated {
        return Ok(after);
    }
    (after.updated_at, after.version) = (tx.now(), before.version + 1);
    store::update(tx, &after, &secrets, before.version)?;
    let (was, is) = (facts(&before, had.secret.is_some()), facts(&after, secrets.secret.is_some()));
    let of = |m: &Map<String, Json>| -> Map<String, Json> {
        m.iter().filter(|(k, _)| was[*k] != is[*k]).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let data = json!({"before": of(&was), "after": of(&is), "secrets": set});
    tell(tx, origin, events::UPDATED, &after, data)?;
    Ok(after)
}

/// Takes the account's secrets and disables it; its tickets and their history stay.
pub fn remove(tx: &Tx<'_>, origin: &Origin, id: AccountId, expected: Option<i64>) -> Result<Account> {
    let (before, _) = store::sealed(tx, id)?.ok_or_else(|| Error::not_found("channel account"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let after = Account {
        status: AccountStatus::Disabled,
        callback_url: None,
        updated_at: tx.now(),
        version: before.version + 1,
        ..before.clone()
    };
    store::update(tx, &after, &store::Secrets::default(), before.version)?;
    tell(tx, origin, events::DELETED, &after, json!({"kind": after.kind, "account_id": after.account_id}))?;
    Ok(after)
}

/// The other side has ended it: nothing is sent there any more until somebody makes it active again.
pub fn disconnect(tx: &Tx<'_>, origin: &Origin, id: AccountId) -> Result<()> {
    if !store::disconnect(tx, id)? {
        return Ok(());
    }
    let Some((after, _)) = store::sealed(tx, id)? else { return Ok(()) };
    let data = json!({"before": {"status": AccountStatus::Active}, "after": {"status": after.status}, "secrets": []});
    tell(tx, origin, events::UPDATED, &after, data)
}

/// Opens what is sealed.
fn open(keyring: &Keyring, account: Account, secrets: &store::Secrets) -> LoadedAccount {
    let mut is_locked = false;
    let mut plain = |sealed: &Option<Vec<u8>>| match sealed.as_deref().map(|s| keyring.open(s)) {
        Some(Ok(text)) => Some(text),
        Some(Err(_)) => {
            is_locked = true;
            None
        }
        None => None,
    };
    let credentials = Credentials {
        secret: plain(&secrets.secret),
        previous_secret: plain(&secrets.previous_secret),
        verify_token: plain(&secrets.verify_token),
        app_id: account.app_id.clone(),
    };
    if is_locked {
        tracing::error!(
            account = account.id.0,
            kind = account.kind,
            "a channel account's secret does not open; it refuses requests"
        );
    }
    LoadedAccount { account, credentials, is_locked }
}

fn check_secret(channel: Channel, secret: Option<&str>, faults: &mut Vec<Fault>) {
    let Some(secret) = secret else { return };
    let wrong = match channel {
        Channel::Generic | Channel::Chat | Channel::Chatbot => {
            // 24 to 64 bytes are 32 to 88 characters.
            let key = secret.strip_prefix("whsec_").filter(|k| (32..=88).contains(&k.len()));
            let signs = key.is_some() && channels::standard_webhooks::sign(secret, "id", 0, b"").is_ok();
            (!signs).then_some("must be whsec_ and 24 to 64 random bytes in base64")
        }
        _ => secret.trim().is_empty().then_some("must not be blank"),
    };
    faults.extend(wrong.map(|words| Fault::new("secret", "format", words)));
}

fn check_callback(channel: Channel, callback: Option<&str>, has_secret: bool, faults: &mut Vec<Fault>) {
    let Some(callback) = callback else { return };
    if channel != Channel::Generic {
        faults.push(Fault::new("callback_url", "not_allowed", "belongs to generic accounts alone"));
    }
    let is_address =
        url::Url::parse(callback).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    if !is_address || callback.len() > 2048 {
        faults.push(Fault::new(
            "callback_url",
            "format",
            "must be an address such as https://shop.example/answers",
        ));
    }
    if !has_secret {
        faults.push(Fault::new("secret", "required", "is needed to sign what is posted to callback_url"));
    }
}

fn facts(a: &Account, has_secret: bool) -> Map<String, Json> {
    let all = json!({
        "name": a.name, "department_id": a.department_id, "status": a.status, "callback_url": a.callback_url,
        "app_id": a.app_id, "has_secret": has_secret,
    });
    match all {
        Json::Object(m) => m,
        _ => Map::new(),
    }
}

fn tell_created(tx: &Tx<'_>, origin: &Origin, account: &Account, has_secret: bool) -> Result<()> {
    let mut data = facts(account, has_secret);
    data.insert("kind".into(), json!(account.kind));
    data.insert("account_id".into(), json!(account.account_id));
    tell(tx, origin, events::CREATED, account, Json::Object(data))
}

fn tell(tx: &Tx<'_>, origin: &Origin, kind: &'static str, account: &Account, data: Json) -> Result<()> {
    let event =
        NewEvent::new(kind, "channel", account.id.0, data).scope(account.department_id.map(|d| d.0), None);
    record(tx, origin, event)
}
