//! The command line. Every option is also an environment variable and a key of `frontdesk.toml`.

mod admin;
mod config;
mod export;
mod import;
mod progress;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use platform::{Error, Result, config::Config};

/// What `import` and `export` answer where some rows were refused, and where nothing was done.
const REFUSED: u8 = 1;
const NOTHING_DONE: u8 = 2;

/// Every lead and every message, one desk, one binary.
#[derive(Debug, Parser)]
#[command(name = "frontdesk", version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes; flags stand above the environment and the file.
#[derive(Debug, Args)]
struct Common {
    /// A configuration file other than ./frontdesk.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for the database, files and keys [default: ./data].
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// `sqlite:<path>` or `postgres://…` [default: sqlite in the data folder].
    #[arg(long, global = true, value_name = "ADDRESS")]
    database: Option<String>,
    /// How log lines are written.
    #[arg(long, global = true, value_parser = ["text", "json"])]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the desk.
    Serve(serve::Serve),
    /// Run a complete desk in a temporary folder, with people, history and customers who write in.
    Demo(crate::demo::Options),
    /// People who work here.
    User {
        #[command(subcommand)]
        command: admin::User,
    },
    /// Keys for programs.
    ApiKey {
        #[command(subcommand)]
        command: admin::ApiKey,
    },
    /// Connected pages, numbers and bots.
    Channel {
        #[command(subcommand)]
        command: admin::Channel,
    },
    /// Ready-made set-ups.
    Preset {
        #[command(subcommand)]
        command: admin::Preset,
    },
    /// Take tables in, beside a running desk or at rest.
    Import {
        #[command(subcommand)]
        command: import::Import,
    },
    /// Write leads to a file.
    Export {
        #[command(subcommand)]
        command: export::Export,
    },
    /// Fill the database with a large, always equal dataset for benchmarks.
    Seed(crate::seed::Options),
    /// Bring the database up to date (serve does it by itself).
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Print the configuration in force and where each value came from.
    Config,
    /// Print the version.
    Version,
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    // One provider for all TLS of the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let failure = match &cli.command {
        Command::Import { .. } | Command::Export { .. } => ExitCode::from(NOTHING_DONE),
        _ => ExitCode::FAILURE,
    };
    match dispatch(cli) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("frontdesk: {}", e.detail);
            for fault in &e.faults {
                eprintln!("  {}: {}", fault.field, fault.message);
            }
            if let Some(cause) = &e.cause {
                eprintln!("  because: {cause}");
            }
            failure
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode> {
    let mut overrides: Vec<(&str, String)> = Vec::new();
    if let Some(dir) = &cli.common.data {
        overrides.push(("data.dir", dir.display().to_string()));
    }
    if let Some(url) = &cli.common.database {
        overrides.push(("database.url", url.clone()));
    }
    if let Some(format) = &cli.common.log_format {
        overrides.push(("log.format", format.clone()));
    }
    if let Command::Serve(serve) = &cli.command {
        serve.overrides(&mut overrides);
    }
    let load = || Config::load(cli.common.config.as_deref(), &overrides);
    let done = match cli.command {
        Command::Import { command } => return command.run(load()?),
        Command::Export { command } => return command.run(load()?),
        Command::Serve(serve) => serve.run(load()?),
        Command::Demo(options) => crate::demo::run(options, cli.common.log_format),
        Command::User { command } => command.run(&load()?),
        Command::ApiKey { command } => command.run(&load()?),
        Command::Channel { command } => command.run(&load()?),
        Command::Preset { command } => command.run(&load()?),
        Command::Seed(options) => crate::seed::run(&load()?, &options),
        Command::Migrate => admin::migrate(&load()?),
        Command::Openapi => {
            print!("{}", crate::document::snapshot());
            Ok(())
        }
        Command::Config => config::run(&load()?),
        Command::Version => {
            println!("frontdesk {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// A runtime with as many threads as the machine has cores.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::internal)?.block_on(work)
}
