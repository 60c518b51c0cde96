//! For the command line and for presets: connect, list and check accounts.

use platform::{Conn, Error, Result, Tx, crypto::Keyring, events::Origin};

use super::{Account, AccountChange, AccountStatus, NewAccount, create, store, update};
use crate::AccountId;

/// An account as the command line lists it.
#[derive(Debug, Clone)]
pub struct Overview {
    pub id: AccountId,
    pub kind: String,
    pub account_id: String,
    pub name: String,
    pub status: AccountStatus,
    pub has_secret: bool,
}

/// Connects an account, or changes what is given of one that is there.
pub fn connect(tx: &Tx<'_>, keyring: &Keyring, origin: &Origin, new: &NewAccount) -> Result<Account> {
    let Some(id) = store::id_of(tx, &new.kind, &new.account_id)? else {
        return create(tx, keyring, origin, new);
    };
    let change = AccountChange {
        name: new.name.clone(),
        department_id: new.department_id.map(Some),
        status: Some(AccountStatus::Active),
        secret: new.secret.clone().map(Some),
        verify_token: new.verify_token.clone().map(Some),
        app_id: new.app_id.clone().map(Some),
        callback_url: new.callback_url.clone().map(Some),
        ..AccountChange::default()
    };
    update(tx, keyring, origin, id, None, &change)
}

/// The account of a kind by the provider's id of it.
pub fn find(c: &Conn<'_>, kind: &str, account_id: &str) -> Result<Option<AccountId>> {
    store::id_of(c, kind, account_id)
}

/// All accounts, by id; the first thousand.
pub fn overview(c: &Conn<'_>) -> Result<Vec<Overview>> {
    let rows = store::list(c, 0, 0, 1000)?;
    Ok(rows
        .into_iter()
        .map(|row| Overview {
            id: row.account.id,
            kind: row.account.kind,
            account_id: row.account.account_id,
            name: row.account.name,
            status: row.account.status,
            has_secret: row.has_secret,
        })
        .collect())
}

/// Whether the account can receive: it is active and its secret opens with this key.
pub fn check(c: &Conn<'_>, keyring: &Keyring, id: AccountId) -> Result<()> {
    let (account, secrets) = store::sealed(c, id)?.ok_or_else(|| Error::not_found("channel account"))?;
    if account.status != AccountStatus::Active {
        return Err(Error::unavailable(format!("It is {}.", account.status.as_str())));
    }
    let secret =
        secrets.secret.ok_or_else(|| Error::unavailable("It has no secret and refuses every request."))?;
    keyring
        .open(&secret)
        .map(|_| ())
        .map_err(|_| Error::unavailable("Its secret was sealed with another key file."))
}
