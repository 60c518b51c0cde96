//! Configuration: one small struct per concern, read once, and every value knows where it came from.
//!
//! Order: defaults < `frontdesk.toml` < environment (`FRONTDESK_SERVER__LISTEN`, `__` between levels) < flags.
//! Secrets may also come from a file (`FRONTDESK_DATABASE__URL_FILE`). All faults are told at once, and no secret is
//! ever printed: not by [`Config::describe`], not by `Debug`.

mod sections;
mod sources;

use std::{collections::BTreeMap, path::Path};

use figment::providers::Env;

pub use self::sections::*;
use self::sources::fault;

use crate::{
    db,
    error::{Fault, Result},
    http::TrustedProxies,
};

/// All keys with their defaults and what they mean.
pub const DEFAULTS: &str = include_str!("default.toml");
const PREFIX: &str = "FRONTDESK_";
/// May come from a file named by `…_FILE`, and are never shown.
const SECRETS: [&str; 2] = ["secrets.key", "database.url"];

#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub data: Data,
    pub database: Database,
    pub http: Http,
    pub limits: Limits,
    pub db: Tuning,
    pub log: Log,
    pub secrets: Secrets,
    pub org: Org,
    /// Dotted key → value as text, and its origin.
    origins: BTreeMap<String, (String, String)>,
}

impl Config {
    /// `file` must exist when it is named; without one `frontdesk.toml` is read when it is there.
    /// `overrides` are flags: dotted key → value as text.
    pub fn load(file: Option<&Path>, overrides: &[(&str, String)]) -> Result<Config> {
        let mut faults = Vec::new();
        let default_file = Path::new("frontdesk.toml");
        let toml = match file {
            Some(path) if !path.is_file() => {
                faults.push(fault(&path.display().to_string(), "there is no such file"));
                None
            }
            Some(path) => Some(path),
            None => Some(default_file).filter(|p| p.is_file()),
        };
        // `Env::iter` gives lower-case names without the prefix.
        let environment = Env::prefixed(PREFIX);
        let environment = environment.iter().map(|(key, value)| (key.as_str().to_lowercase(), value));
        let environment = environment.filter(|(key, _)| key.contains("__"));
        let flags: Vec<_> = overrides.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        Self::assemble(toml, environment.collect(), flags, faults)
    }

    /// The defaults, rate limits off, a key of its own, no file and no environment.
    pub fn for_testing() -> Config {
        let flags = [
            ("limits.rate", "off"),
            ("server.public_url", "http://localhost"),
            ("secrets.key", &"07".repeat(32)),
        ];
        let flags = flags.map(|(k, v)| (k.to_owned(), v.to_owned()));
        #[expect(clippy::expect_used, reason = "tests alone call it, and a test of its own proves it")]
        Self::assemble(None, Vec::new(), flags.into(), Vec::new()).expect("the defaults are valid")
    }

    fn validate(&self, faults: &mut Vec<Fault>) {
        let mut say = |key: &str, words: &str| faults.push(fault(key, words));
        let url = &self.server.public_url;
        if !url.is_empty()
            && !url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
        {
            say("server.public_url", "must be an address such as https://desk.example.com");
        }
        match (self.server.tls_cert.is_empty(), self.server.tls_key.is_empty()) {
            (false, true) => say("server.tls_key", "name the key that belongs to server.tls_cert"),
            (true, false) => say("server.tls_cert", "name the certificate that belongs to server.tls_key"),
            _ => {}
        }
        if self.data.dir.as_os_str().is_empty() {
            say("data.dir", "name a directory");
        }
        if db::Target::parse(&self.database_url()).is_err() {
            say("database.url", "must be sqlite:<path> or postgres://user:password@host/name");
        }
        for origin in &self.http.allowed_origins {
            let bare = url::Url::parse(origin)
                .is_ok_and(|u| u.origin().ascii_serialization() == origin.trim_end_matches('/'));
            if !bare {
                say(
                    "http.allowed_origins",
                    &format!("`{origin}` must be scheme and host alone: https://www.example.com"),
                );
            }
        }
        for proxy in TrustedProxies::faulty(&self.http.trusted_proxies) {
            say(
                "http.trusted_proxies",
                &format!("`{proxy}` must be an address or a network such as 10.0.0.0/8"),
            );
        }
        let db = &self.db;
        let limits = &self.limits;
        for (key, value) in [
            ("http.body_limit_bytes", self.http.body_limit_bytes),
            ("http.upload_limit_bytes", self.http.upload_limit_bytes),
            ("http.timeout_seconds", self.http.timeout_seconds as usize),
            ("db.writer_queue", db.writer_queue),
            ("db.batch_jobs", db.batch_jobs),
            ("db.batch_bytes", db.batch_bytes),
            ("db.readers", db.readers),
            ("db.pg_connections", db.pg_connections),
            ("limits.webhook_per_second", limits.webhook_per_second as usize),
            ("limits.webhook_burst", limits.webhook_burst as usize),
            ("limits.api_key_per_second", limits.api_key_per_second as usize),
            ("limits.api_key_burst", limits.api_key_burst as usize),
            ("limits.auth_per_minute", limits.auth_per_minute as usize),
        ] {
            if value == 0 {
                say(key, "must be at least 1");
            }
        }
        if limits.api_key_daily < 0 {
            say("limits.api_key_daily", "must not be negative; 0 allows nothing");
        }
        if let Err(e) = tracing_subscriber::EnvFilter::try_new(&self.log.level) {
            say("log.level", &format!("must be trace, debug, info, warn, error or a filter: {e}"));
        }
        if !self.secrets.key.is_empty() && crate::crypto::parse_key(self.secrets.key.expose()).is_none() {
            say("secrets.key", "must be 32 bytes in hex or base64; `openssl rand -hex 32` makes one");
        }
        if jiff::tz::TimeZone::get(&self.org.timezone).is_err() {
            say("org.timezone", "must be a time zone such as Asia/Ho_Chi_Minh");
        }
        let country = &self.org.default_country;
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            say("org.default_country", "must be a country's two letters such as VN");
        }
        if self.org.name.trim().is_empty() {
            say("org.name", "must not be empty");
        }
    }

    /// With the default filled in.
    pub fn database_url(&self) -> String {
        match self.database.url.is_empty() {
            true => format!("sqlite:{}", self.data.dir.join("frontdesk.db").display()),
            false => self.database.url.expose().to_owned(),
        }
    }

    /// With the default filled in, without a slash at its end.
    pub fn public_url(&self) -> String {
        let said = self.server.public_url.trim_end_matches('/');
        let scheme = if self.server.tls_cert.is_empty() { "http" } else { "https" };
        if said.is_empty() { format!("{scheme}://{}", self.server.listen) } else { said.to_owned() }
    }

    pub fn db_options(&self) -> Result<db::Options> {
        let mut options = db::Options::new(db::Target::parse(&self.database_url())?);
        options.writer_queue = self.db.writer_queue;
        options.batch_jobs = self.db.batch_jobs;
        options.batch_bytes = self.db.batch_bytes;
        options.readers = self.db.readers;
        options.pg_connections = self.db.pg_connections;
        options.synchronous = match self.db.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        Ok(options)
    }

    /// What is in force, a line per key: `server.listen = "127.0.0.1:8080"   (from default)`.
    pub fn describe(&self) -> String {
        let width = self
            .origins
            .iter()
            .map(|(key, (value, _))| key.len() + value.chars().count() + 3)
            .max()
            .unwrap_or(0);
        let mut out = String::new();
        for (key, (value, origin)) in &self.origins {
            out.push_str(&format!("{:<width$}   (from {origin})\n", format!("{key} = {value}")));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = Config::assemble(None, Vec::new(), Vec::new(), Vec::new()).unwrap();
        assert_eq!(config.database_url(), "sqlite:./data/frontdesk.db");
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        assert_eq!((config.limits.rate, config.limits.api_key_daily), (Switch::On, 10_000));
        assert_eq!(config.org.timezone, "Asia/Ho_Chi_Minh");
        assert_eq!(Config::for_testing().limits.rate, Switch::Off);
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f.toml");
        std::fs::write(&file, "[server]\nlisten = '1.1.1.1:1'\nrole = 'web'\n[org]\nname = 'File'\n")
            .unwrap();
        let secret = dir.path().join("url");
        std::fs::write(&secret, "postgres://u:hunter2@h/d\n").unwrap();
        let environment = pairs(&[
            ("server__listen", "2.2.2.2:2"),
            ("org__name", "123"),
            ("http__allowed_origins", "https://a.example, https://b.example"),
            ("database__url_file", secret.to_str().unwrap()),
            ("limits__rate", "off"),
        ]);
        let flags = pairs(&[("server.listen", "3.3.3.3:3")]);
        let config = Config::assemble(Some(&file), environment, flags, Vec::new()).unwrap();
        assert_eq!(config.server.listen.to_string(), "3.3.3.3:3");
        assert_eq!((config.server.role, config.org.name.as_str()), (Role::Web, "123"));
        assert_eq!(config.http.allowed_origins.len(), 2);
        assert_eq!(config.database_url(), "postgres://u:hunter2@h/d");
        let text = config.describe();
        assert!(!text.contains("hunter2") && !format!("{config:?}").contains("hunter2"), "{text}");
        let line = |key: &str| text.lines().find(|l| l.starts_with(&format!("{key} = "))).unwrap().to_owned();
        assert!(line("server.listen").ends_with("(from --listen)"), "{text}");
        assert!(line("org.name").ends_with("(from FRONTDESK_ORG__NAME)"), "{text}");
        assert!(line("server.role").ends_with("f.toml)"), "{text}");
        assert!(line("log.level").ends_with("(from default)"), "{text}");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let environment = pairs(&[
            ("server__lisen", "x"),
            ("limits__api_key_burst", "many"),
            ("http__allow_private_addresses", "perhaps"),
        ]);
        let wrong =
            pairs(&[("server.role", "king"), ("server.listen", "nowhere"), ("db.synchronous", "OFF")]);
        let error = Config::assemble(None, environment, wrong, Vec::new()).unwrap_err();
        let fields: Vec<_> = error.faults.iter().map(|f| f.field.as_str()).collect();
        for field in
            ["server.lisen", "limits.api_key_burst", "http.allow_private_addresses", "db.synchronous"]
        {
            assert!(fields.contains(&field), "{error}");
        }
        assert!(fields.iter().any(|f| f.starts_with("server")), "{error}");

        let wrong = pairs(&[
            ("server.public_url", "desk"),
            ("server.tls_cert", "c.pem"),
            ("database.url", "mysql://hunter2"),
            ("http.allowed_origins", "https://a.example/path"),
            ("http.trusted_proxies", "10.0.0.0/99"),
            ("db.batch_jobs", "0"),
            ("secrets.key", "hunter2"),
            ("org.timezone", "Mars/Base"),
            ("org.default_country", "Vietnam"),
        ]);
        let count = wrong.len();
        let error = Config::assemble(None, Vec::new(), wrong, Vec::new()).unwrap_err();
        assert_eq!(error.faults.len(), count, "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
