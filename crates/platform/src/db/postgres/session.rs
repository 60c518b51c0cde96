//! One connection: its statements, and what went wrong on it.

use std::{collections::HashMap, time::Duration};

use postgres::{Client, Config, NoTls, Statement, config::Host, error::SqlState, types::ToSql};

use crate::{
    db::{Sql, Value, failure, sql::for_postgres},
    error::{Error, Result},
};

/// A server that does not answer for so long is taken for dead, unless the address says otherwise.
const SILENCE: Duration = Duration::from_secs(30);

/// A connection with its prepared statements.
pub(in crate::db) struct Session {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
    /// What went wrong in this transaction, whatever the closure made of it.
    pub(super) trouble: Trouble,
}

#[derive(Default)]
pub(super) struct Trouble {
    /// A statement failed: the transaction is over.
    pub failed: bool,
    /// … and another try may go well.
    pub conflict: bool,
    /// … because the connection is gone.
    pub lost: bool,
}

/// The address with bounds on waiting, so that a server that vanished is noticed.
fn settings(url: &str) -> Result<Config> {
    let mut config: Config = url.parse().map_err(|e| Error {
        cause: Some(Box::new(e)),
        ..Error::malformed("The database's address cannot be read.")
    })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("frontdesk");
    }
    config.keepalives_idle(SILENCE);
    Ok(config)
}

/// The server runs on this machine, as far as its address tells.
pub(super) fn is_here(url: &str) -> Result<bool> {
    Ok(settings(url)?.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
    }))
}

impl Session {
    pub fn connect(url: &str) -> Result<Session> {
        let mut client = settings(url)?.connect(NoTls).map_err(failure::postgres)?;
        client
            .batch_execute("SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'")
            .map_err(failure::postgres)?;
        Ok(Session { client, statements: HashMap::new(), trouble: Trouble::default() })
    }

    pub fn prepare(&mut self, sql: Sql<'_>) -> Result<Statement> {
        if let Some(s) = self.statements.get(sql.text()) {
            return Ok(s.clone());
        }
        let statement = self.client.prepare(&for_postgres(sql.text())).map_err(|e| self.note(e))?;
        // Built texts are few shapes, but their number is bounded by nobody.
        if self.statements.len() >= 1024 {
            self.statements.clear();
        }
        self.statements.insert(sql.text().to_owned(), statement.clone());
        Ok(statement)
    }

    pub fn query(&mut self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<Vec<postgres::Row>> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        self.client.query(&statement, &params).map_err(|e| self.note(e))
    }

    pub fn execute(&mut self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        self.client.execute(&statement, &params).map_err(|e| self.note(e))
    }

    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|e| self.note(e))
    }

    fn note(&mut self, e: postgres::Error) -> Error {
        self.trouble.failed = true;
        self.trouble.lost |= failure::connection_lost(&e) || self.client.is_closed();
        self.trouble.conflict |= matches!(
            e.code(),
            Some(
                &SqlState::T_R_SERIALIZATION_FAILURE
                    | &SqlState::T_R_DEADLOCK_DETECTED
                    | &SqlState::LOCK_NOT_AVAILABLE
            )
        );
        // A migration elsewhere changed a table under our prepared statements.
        if e.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
            && e.as_db_error().is_some_and(|d| d.message().contains("cached plan"))
        {
            self.statements.clear();
            self.trouble.conflict = true;
        }
        failure::postgres(e)
    }
}

/// Waits for `NOTIFY` on `channels`, calling `heard` with the channel and the payload of each, and with nothing at least
/// once a second, until it says false.
pub(crate) fn listen(
    url: &str,
    channels: &[&str],
    mut heard: impl FnMut(Option<(&str, &str)>) -> bool,
) -> Result<()> {
    use fallible_iterator::FallibleIterator;
    let mut client = settings(url)?.connect(NoTls).map_err(failure::postgres)?;
    for channel in channels {
        client.batch_execute(&format!("LISTEN {channel}")).map_err(failure::postgres)?;
    }
    loop {
        let mut notifications = client.notifications();
        let mut waiting = notifications.timeout_iter(Duration::from_secs(1));
        while let Some(told) = waiting.next().map_err(failure::postgres)? {
            if !heard(Some((told.channel(), told.payload()))) {
                return Ok(());
            }
        }
        if !heard(None) {
            return Ok(());
        }
    }
}
