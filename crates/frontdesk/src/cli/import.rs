//! `frontdesk import`: tables of leads, beside a running desk or at rest.
//!
//! It asks for the same job as a request does. A desk that runs takes it up at once, and this command only looks on; where
//! nobody does within [`PATIENCE`], it does the work itself, by the same lease. So whichever of the two is killed, the other or
//! the next one goes on where it stopped.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Subcommand;
use crm::{
    ImportId,
    imports::{
        DateFormat, Duplicates, State,
        console::{self, Progress as Stand, Wishes},
    },
};
use platform::{
    Clock, Entropy, Error, Result,
    config::{Config, Role},
};
use tokio::{io::AsyncWriteExt, sync::watch, task::JoinHandle};

use super::{
    REFUSED,
    progress::{Progress, grouped},
};
use crate::app::App;

/// A desk that runs looks for work twice a second.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(100);
/// Refused rows that are told of.
const TOLD: i64 = 20;
/// What a program answers that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Take a table of leads in (CSV, in whatever encoding and with whatever delimiter).
    Leads {
        /// The table; its first line names the columns.
        file: PathBuf,
        /// The pipeline's key or id [default: the default pipeline].
        #[arg(long, value_name = "KEY")]
        pipeline: Option<String>,
        /// What is done with a row whose phone number or e-mail address a lead of the pipeline has already.
        #[arg(long, value_parser = ["skip", "update", "create"], default_value = "skip")]
        duplicates: String,
        /// What a column is, where its header does not say it; may be given several times. `Column=` leaves one out.
        #[arg(long, value_name = "COLUMN=FIELD", value_parser = pair)]
        map: Vec<(String, String)>,
        /// The source of rows that do not say one.
        #[arg(long, value_name = "KEY")]
        source: Option<String>,
        /// The key of the stage of rows that do not say one.
        #[arg(long, value_name = "KEY")]
        status: Option<String>,
        /// A tag for every lead; may be given several times.
        #[arg(long, value_name = "TAG")]
        tag: Vec<String>,
        /// How days are written where they are not written 2026-01-31.
        #[arg(long, value_parser = ["dmy", "mdy", "ymd"], default_value = "dmy")]
        date_format: String,
        /// Look at every row and tell what would be done, without doing it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        faults: Faults,
    },
    /// Go on with an import that was broken off.
    Resume {
        /// As it was told, or as the list of imports shows it.
        id: i64,
        #[command(flatten)]
        faults: Faults,
    },
}

#[derive(Debug, Clone, clap::Args)]
pub struct Faults {
    /// Where all rows that were refused are written, with what is wrong with each; mended, that table can be taken in.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be written NAME=VALUE")?;
    match key.trim() {
        "" => Err("must be written NAME=VALUE".to_owned()),
        key => Ok((key.to_owned(), value.trim().to_owned())),
    }
}

impl Import {
    pub fn run(self, mut config: Config) -> Result<ExitCode> {
        // Nothing but what it is asked for.
        config.server.role = Role::Web;
        super::block_on(async {
            let app = App::start(config, Clock::system(), Entropy::system()).await?;
            let done = self.work(&app).await;
            app.stop().await;
            done
        })
    }

    async fn work(self, app: &App) -> Result<ExitCode> {
        let (id, faults) = match self {
            Import::Resume { id, faults } => {
                console::resume(&app.crm, ImportId(id)).await?;
                (ImportId(id), faults)
            }
            Import::Leads {
                file,
                pipeline,
                duplicates,
                map,
                source,
                status,
                tag,
                date_format,
                dry_run,
                faults,
            } => {
                let wishes = Wishes {
                    pipeline,
                    duplicates: Some(duplicates.parse::<Duplicates>()?),
                    source,
                    status,
                    tags: tag,
                    date_format: Some(date_format.parse::<DateFormat>()?),
                    columns: map,
                };
                let id = console::take_in(&app.crm, &file, wishes).await?;
                console::start(&app.crm, id, dry_run).await?;
                (id, faults)
            }
        };
        let Some(end) = watch(app, id).await? else { return Ok(ExitCode::from(INTERRUPTED)) };
        report(app, id, &end, &faults).await
    }
}

/// Looks on until it is done, and does the work itself where nobody else does. `None`: somebody had enough.
async fn watch(app: &App, id: ImportId) -> Result<Option<Stand>> {
    let (mut shown, mut idle) = (Progress::new(), Instant::now());
    let (stop, stopping) = watch::channel(false);
    let mut mine: Option<JoinHandle<()>> = None;
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let end = loop {
        let stand = console::progress(&app.crm, id).await?;
        if !stand.is_at_work() {
            break Some(stand);
        }
        if stand.is_held {
            idle = Instant::now();
        } else if mine.is_none() && idle.elapsed() >= PATIENCE {
            mine = Some(tokio::spawn(console::workers(&app.crm).run(stopping.clone())));
        }
        show(&mut shown, &stand);
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = &mut interrupt => {
                shown.clear();
                eprintln!("Broken off after {} rows. To go on: frontdesk import resume {id}", grouped(stand.done));
                break None;
            }
        }
    };
    shown.clear();
    stop.send_replace(true);
    if let Some(mine) = mine {
        // What it is in the middle of is another's when its lease is over.
        let _ = tokio::time::timeout(Duration::from_secs(10), mine).await;
    }
    Ok(end)
}

fn show(shown: &mut Progress, stand: &Stand) {
    let rate = shown.rate(stand.done);
    let refused = match stand.failed {
        0 => String::new(),
        n => format!(", {} refused", grouped(n)),
    };
    match stand.total {
        None => shown.show(None, &format!("{}: counting rows", stand.file_name)),
        Some(all) => {
            let part = stand.done as f64 / all.max(1) as f64;
            let words = format!(
                "{} of {} rows, {} a second{refused}",
                grouped(stand.done),
                grouped(all),
                grouped(rate as i64)
            );
            shown.show(Some(part), &words);
        }
    }
}

/// Tells what came of it: 0, 1 where rows were refused, 2 where nothing was done.
async fn report(app: &App, id: ImportId, end: &Stand, faults: &Faults) -> Result<ExitCode> {
    let is_check = end.state == State::Checked;
    let would = if is_check { "would be " } else { "" };
    println!(
        "Import {id}: {} rows; {would}{} made, {} changed, {} passed over, {} refused.",
        grouped(end.done),
        grouped(end.created),
        grouped(end.updated),
        grouped(end.skipped),
        grouped(end.failed)
    );
    if let Some(why) = &end.error {
        let next = format!("To go on where it stopped: frontdesk import resume {id}");
        return Err(Error::unavailable(format!("It failed: {why} {next}")));
    }
    if end.failed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    for (row, words) in console::faults(&app.crm, id, TOLD).await? {
        println!("  row {row}: {words}");
    }
    if end.failed > TOLD {
        println!("  … and {} more.", grouped(end.failed - TOLD));
    }
    match &faults.faults {
        Some(path) => {
            write_faults(app, id, path).await?;
            println!("All of them, with their cells: {}", path.display());
        }
        None => println!(
            "All of them, with their cells: {}/leads/import/{id}, or with --faults FILE.",
            app.desk().config.public_url()
        ),
    }
    let is_nothing = end.created + end.updated + end.skipped == 0;
    Ok(ExitCode::from(if is_nothing { super::NOTHING_DONE } else { REFUSED }))
}

async fn write_faults(app: &App, id: ImportId, path: &std::path::Path) -> Result<()> {
    let unwritable =
        |e: std::io::Error| Error::unavailable(format!("{} cannot be written: {e}.", path.display()));
    let mut pieces = console::fault_table(&app.crm, id).await?;
    let mut file = tokio::fs::File::create(path).await.map_err(unwritable)?;
    while let Some(piece) = pieces.recv().await {
        file.write_all(&piece?).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)
}
