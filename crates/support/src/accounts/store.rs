//! The rows of `channel_accounts`.

use std::collections::HashMap;

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{Columns, Row, Sql, Value, dialect},
    params, sql,
};

use super::{Account, NewAccount};
use crate::AccountId;

/// As stored: sealed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Secrets {
    pub secret: Option<Vec<u8>>,
    pub previous_secret: Option<Vec<u8>>,
    pub verify_token: Option<Vec<u8>>,
}

/// What a list shows beside the account.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub account: Account,
    pub has_secret: bool,
    pub has_previous_secret: bool,
    /// As of the last time that it was written.
    pub last_inbound_at: Option<Millis>,
}

fn read(r: &mut Columns<'_>) -> Result<Account> {
    Ok(Account {
        id: r.next()?,
        kind: r.next()?,
        account_id: r.next()?,
        name: r.next()?,
        department_id: r.next()?,
        status: r.next::<String>()?.parse()?,
        callback_url: r.next()?,
        app_id: r.next()?,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
}

fn read_sealed(row: Row<'_>) -> Result<(Account, Secrets)> {
    let mut r = row.columns();
    let account = read(&mut r)?;
    Ok((account, Secrets { secret: r.next()?, previous_secret: r.next()?, verify_token: r.next()? }))
}

pub(super) fn id_of(c: &Conn<'_>, kind: &str, account_id: &str) -> Result<Option<AccountId>> {
    c.value(
        sql!("SELECT id FROM channel_accounts WHERE kind = ?1 AND account_id = ?2"),
        params![kind, account_id],
    )
}

/// `None`: it is there already.
pub(super) fn insert(tx: &Tx<'_>, new: &NewAccount, secrets: &Secrets) -> Result<Option<Account>> {
    tx.opt(
        sql!(
            "INSERT INTO channel_accounts (kind, account_id, name, department_id, secret, verify_token, app_id, callback_url, status, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'active', ?9, ?9, 1) ON CONFLICT (kind, account_id) DO NOTHING RETURNING id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version"
        ),
        params![
            &new.kind,
            &new.account_id,
            new.name.as_deref().filter(|n| !n.trim().is_empty()).unwrap_or(&new.account_id),
            new.department_id,
            &secrets.secret,
            &secrets.verify_token,
            &new.app_id,
            &new.callback_url,
            tx.now()
        ],
        |row| read(&mut row.columns()),
    )
}

pub(super) fn update(tx: &Tx<'_>, a: &Account, s: &Secrets, expected: i64) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE channel_accounts SET name = ?3, department_id = ?4, secret = ?5, previous_secret = ?6, verify_token = ?7, app_id = ?8, callback_url = ?9, status = ?10, updated_at = ?11, version = ?12 WHERE id = ?1 AND version = ?2"
        ),
        params![
            a.id,
            expected,
            &a.name,
            a.department_id,
            &s.secret,
            &s.previous_secret,
            &s.verify_token,
            &a.app_id,
            &a.callback_url,
            a.status,
            a.updated_at,
            a.version
        ],
    )?;
    match changed {
        1 => Ok(()),
        _ => Err(Error::stale()),
    }
}

/// A customer was heard there. Nobody's change: the version stays.
pub(super) fn set_heard(tx: &Tx<'_>, id: AccountId, at: Millis) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE channel_accounts SET last_inbound_at = ?2 WHERE id = ?1 AND (last_inbound_at IS NULL OR last_inbound_at < ?2)"
        ),
        params![id, at],
    )?;
    Ok(())
}

/// True when it was active until now.
pub(super) fn disconnect(tx: &Tx<'_>, id: AccountId) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE channel_accounts SET status = 'disconnected', updated_at = ?2, version = version + 1 WHERE id = ?1 AND status = 'active'"
        ),
        params![id, tx.now()],
    )?;
    Ok(changed == 1)
}

pub(super) fn sealed(c: &Conn<'_>, id: AccountId) -> Result<Option<(Account, Secrets)>> {
    c.opt(
        sql!(
            "SELECT id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version, secret, previous_secret, verify_token FROM channel_accounts WHERE id = ?1"
        ),
        params![id],
        read_sealed,
    )
}

pub(super) fn sealed_by(c: &Conn<'_>, kind: &str, account_id: &str) -> Result<Option<(Account, Secrets)>> {
    c.opt(
        sql!(
            "SELECT id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version, secret, previous_secret, verify_token FROM channel_accounts WHERE kind = ?1 AND account_id = ?2"
        ),
        params![kind, account_id],
        read_sealed,
    )
}

/// The accounts of a kind that are not disabled, oldest first; bounded.
pub(super) fn sealed_of(c: &Conn<'_>, kind: &str, limit: usize) -> Result<Vec<(Account, Secrets)>> {
    c.all(
        sql!(
            "SELECT id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version, secret, previous_secret, verify_token FROM channel_accounts WHERE kind = ?1 AND status <> 'disabled' ORDER BY id LIMIT ?2"
        ),
        params![kind, limit],
        read_sealed,
    )
}

pub(super) fn names(c: &Conn<'_>, ids: &[AccountId]) -> Result<HashMap<AccountId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let text =
        format!("SELECT id, name FROM channel_accounts WHERE id IN ({})", dialect::in_list(1, values.len()));
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// Accounts after `after`, by id.
pub(super) fn list(c: &Conn<'_>, after: i64, offset: i64, limit: i64) -> Result<Vec<Listed>> {
    c.all(
        sql!(
            "SELECT id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version, secret IS NOT NULL, previous_secret IS NOT NULL, last_inbound_at FROM channel_accounts WHERE id > ?1 ORDER BY id LIMIT ?2 OFFSET ?3"
        ),
        params![after, limit, offset],
        read_listed,
    )
}

/// One account as the list shows it.
pub(super) fn listed(c: &Conn<'_>, id: AccountId) -> Result<Option<Listed>> {
    c.opt(
        sql!(
            "SELECT id, kind, account_id, name, department_id, status, callback_url, app_id, created_at, updated_at, version, secret IS NOT NULL, previous_secret IS NOT NULL, last_inbound_at FROM channel_accounts WHERE id = ?1"
        ),
        params![id],
        read_listed,
    )
}

fn read_listed(row: Row<'_>) -> Result<Listed> {
    let mut r = row.columns();
    Ok(Listed {
        account: read(&mut r)?,
        has_secret: r.next()?,
        has_previous_secret: r.next()?,
        last_inbound_at: r.next()?,
    })
}

pub(super) fn count(c: &Conn<'_>, cap: i64) -> Result<i64> {
    c.one(
        sql!("SELECT count(*) FROM (SELECT id FROM channel_accounts LIMIT ?1) AS n"),
        params![cap + 1],
        |r| r.get(0),
    )
}
