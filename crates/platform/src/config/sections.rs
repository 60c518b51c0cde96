//! The sections of the configuration; `default.toml` says what each key means.

use std::{fmt, net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// A value that is never printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(none)" } else { "••••" })
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: String,
    pub tls_cert: String,
    pub tls_key: String,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    All,
    Web,
    Worker,
}

impl Role {
    pub fn answers(self) -> bool {
        self != Role::Worker
    }
    pub fn works(self) -> bool {
        self != Role::Web
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    pub url: Secret,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Http {
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<String>,
    pub body_limit_bytes: usize,
    pub upload_limit_bytes: usize,
    pub timeout_seconds: u64,
    pub allow_private_addresses: bool,
    pub open_webhook: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Limits {
    pub rate: Switch,
    pub webhook_per_second: u32,
    pub webhook_burst: u32,
    pub api_key_per_second: u32,
    pub api_key_burst: u32,
    pub api_key_daily: i64,
    pub auth_per_minute: u32,
    /// Bytes of a table of leads that is taken in.
    pub import_bytes: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Tuning {
    pub writer_queue: usize,
    pub batch_jobs: usize,
    pub batch_bytes: usize,
    pub readers: usize,
    pub synchronous: Synchronous,
    pub pg_connections: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Synchronous {
    Full,
    Normal,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Secrets {
    pub key: Secret,
    pub key_file: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Org {
    pub name: String,
    pub timezone: String,
    pub default_country: String,
    pub locale: String,
}
