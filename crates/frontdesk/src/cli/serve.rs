//! `frontdesk serve`.

use std::net::SocketAddr;

use clap::Args;
use platform::{Result, config::Config, telemetry};

use crate::app::App;

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The address that people and channels reach this desk by: https://desk.example.com.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Which part of the work this process does [default: all].
    #[arg(long, value_parser = ["all", "web", "worker"])]
    role: Option<String>,
    /// A certificate chain in PEM, to serve https.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<String>,
    /// The certificate's key in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<String>,
}

impl Serve {
    pub fn overrides(&self, into: &mut Vec<(&str, String)>) {
        let mut put = |key, value: Option<String>| into.extend(value.map(|v| (key, v)));
        put("server.listen", self.listen.map(|l| l.to_string()));
        put("server.public_url", self.public_url.clone());
        put("server.role", self.role.clone());
        put("server.tls_cert", self.tls_cert.clone());
        put("server.tls_key", self.tls_key.clone());
    }

    pub fn run(self, config: Config) -> Result<()> {
        telemetry::init_logs(&config.log)?;
        telemetry::init_metrics()?;
        super::block_on(crate::serve::run(config, |app, address| {
            let scheme = if app.desk().config.server.tls_cert.is_empty() { "http" } else { "https" };
            offer_set_up(app);
            eprintln!("listening on {scheme}://{address}");
        }))
    }
}

/// While nobody can log in, a link to make the first administrator is printed at each start.
fn offer_set_up(app: &App) {
    let entropy = app.desk().entropy.clone();
    let token = app.desk().db.write_now(move |tx| people::access::ensure_setup_token(tx, &entropy));
    match token {
        Ok(Some(token)) => {
            eprintln!("No user yet. Make the first administrator here, once, within 24 hours:");
            eprintln!("  {}/setup?token={token}", app.desk().config.public_url());
        }
        Ok(None) => {}
        Err(e) => tracing::warn!(error = %e, "the set-up link could not be made"),
    }
}
