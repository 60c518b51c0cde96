//! Commands that change a database at rest or beside a running desk.

use std::io::Read;

use clap::Subcommand;
use people::access::{self, NewUser};
use platform::{
    Clock, Db, Entropy, Error, Result, config::Config, crypto::Keyring, db::Reactors, events::Origin,
};
use support::accounts::{NewAccount, setup};

use crate::{app::open_database, preset};

fn open(config: &Config) -> Result<Db> {
    std::fs::create_dir_all(&config.data.dir).map_err(Error::internal)?;
    let mut reactors = Reactors::default();
    support::routing::reactors(&mut reactors);
    open_database(config, &Clock::system(), reactors)
}

fn secret_from_stdin(wanted: bool) -> Result<Option<String>> {
    if !wanted {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(Error::internal)?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    match text.is_empty() {
        true => Err(Error::malformed("Nothing came on standard input.")),
        false => Ok(Some(text)),
    }
}

/// `frontdesk migrate`.
pub fn migrate(config: &Config) -> Result<()> {
    open(config)?;
    println!("The database is up to date.");
    Ok(())
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make somebody a user.
    Create {
        #[arg(long)]
        email: String,
        /// For logging in besides the e-mail address [default: the part before the @].
        #[arg(long)]
        username: Option<String>,
        #[arg(long)]
        name: String,
        /// `admin`, `manager` or `agent`.
        #[arg(long, default_value = "agent")]
        role: String,
        /// A department's key; may be given several times, the first is the primary one.
        #[arg(long, value_name = "KEY")]
        department: Vec<String>,
        /// Read the password from standard input; without it a one-time link is printed.
        #[arg(long)]
        password_stdin: bool,
    },
}

impl User {
    pub fn run(self, config: &Config) -> Result<()> {
        let User::Create { email, username, name, role, department, password_stdin } = self;
        let password = secret_from_stdin(password_stdin)?;
        let hash = password.as_deref().map(|p| access::hash_password(p, &Entropy::system())).transpose()?;
        let entropy = Entropy::system();
        let db = open(config)?;
        let new = NewUser {
            email,
            username,
            name,
            role,
            departments: department,
            password_hash: hash,
            capacity: None,
            vendor_id: None,
        };
        let (user, token) = db.write_now(move |tx| {
            let user = access::create_user(tx, &Origin::system(), &new)?;
            let token = match new.password_hash {
                Some(_) => None,
                None => Some(access::issue_password_token(tx, user, &entropy)?),
            };
            Ok((user, token))
        })?;
        println!("User {user} was created.");
        if let Some(token) = token {
            println!("They set their password here, once, within 24 hours:");
            println!("  {}/reset-password?token={token}", config.public_url());
        }
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub enum ApiKey {
    /// Make a key and print it, once.
    Create {
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_parser = ["intake", "read", "write", "admin"])]
        scope: String,
    },
}

impl ApiKey {
    pub fn run(self, config: &Config) -> Result<()> {
        let ApiKey::Create { name, scope } = self;
        let limits = config.limits.clone();
        let entropy = Entropy::system();
        let key = open(config)?.write_now(move |tx| {
            access::create_api_key(tx, &Origin::system(), &name, &scope, &limits, &entropy)
        })?;
        println!("{}", key.secret);
        eprintln!("Keep it now: it is not shown again.");
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub enum Channel {
    /// Connect a page, number or bot, or change how it is connected.
    Add {
        /// facebook, instagram, whatsapp, twitter, zalo, telegram or generic.
        #[arg(long)]
        kind: String,
        /// The provider's id of it.
        #[arg(long)]
        account: String,
        #[arg(long)]
        name: Option<String>,
        /// Read the signing secret from standard input.
        #[arg(long)]
        secret_stdin: bool,
        /// Meta's verify token.
        #[arg(long)]
        verify_token: Option<String>,
        /// Zalo's application id.
        #[arg(long)]
        app_id: Option<String>,
        /// Generic: where signed answers are posted.
        #[arg(long)]
        callback_url: Option<String>,
    },
    /// List what is connected.
    List,
    /// Check what is connected.
    Test,
}

impl Channel {
    pub fn run(self, config: &Config) -> Result<()> {
        let db = open(config)?;
        let keyring = Keyring::load(config, Entropy::system())?;
        match self {
            Channel::Add { kind, account, name, secret_stdin, verify_token, app_id, callback_url } => {
                let secret = secret_from_stdin(secret_stdin)?;
                let new = NewAccount {
                    kind,
                    account_id: account,
                    name,
                    secret,
                    verify_token,
                    app_id,
                    callback_url,
                    department_id: None,
                };
                let id = db.write_now(move |tx| setup::connect(tx, &keyring, &Origin::system(), &new))?.id;
                println!("Channel account {id} is connected.");
            }
            Channel::List => {
                for a in db.read_now(setup::overview)? {
                    let secret = if a.has_secret { "secret" } else { "NO SECRET: refuses everything" };
                    println!(
                        "{:<5} {:<10} {:<24} {:<12} {secret}  {}",
                        a.id.0,
                        a.kind,
                        a.account_id,
                        a.status.as_str(),
                        a.name
                    );
                }
            }
            Channel::Test => {
                let mut faults = 0;
                for a in db.read_now(setup::overview)? {
                    let (id, key) = (a.id, keyring.clone());
                    let words = match db.read_now(move |c| setup::check(c, &key, id)) {
                        Ok(()) => "ok".to_owned(),
                        Err(e) => {
                            faults += 1;
                            e.detail.to_string()
                        }
                    };
                    println!("{:<10} {:<24} {words}", a.kind, a.account_id);
                }
                if faults > 0 {
                    return Err(Error::unavailable(format!("{faults} of the accounts cannot receive.")));
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub enum Preset {
    /// Apply a preset; what is there stays as it is.
    Apply { name: String },
    /// List the presets.
    List,
}

impl Preset {
    pub fn run(self, config: &Config) -> Result<()> {
        match self {
            Preset::List => preset::NAMES.iter().for_each(|n| println!("{n}")),
            Preset::Apply { name } => {
                let preset = preset::load(&name)?;
                let keyring = Keyring::load(config, Entropy::system())?;
                open(config)?
                    .write_now(move |tx| preset::apply(tx, &keyring, &Entropy::system(), &preset))?;
                println!("The preset {name} is applied.");
            }
        }
        Ok(())
    }
}
