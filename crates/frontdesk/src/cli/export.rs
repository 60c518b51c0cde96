//! `frontdesk export`: leads as a file, as `GET /leads/export` gives them to somebody who sees all.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use bytes::Bytes;
use clap::Subcommand;
use platform::{
    Clock, Entropy, Error, Result,
    config::{Config, Role},
};
use tokio::sync::mpsc;
use url::form_urlencoded;

use super::{import::pair, progress::Progress};
use crate::app::App;

#[derive(Debug, Subcommand)]
pub enum Export {
    /// Write leads to a file or to standard output.
    Leads {
        /// `csv` unless said, or as the file's name ends.
        #[arg(long, value_parser = ["csv", "xlsx"])]
        format: Option<String>,
        /// What `GET /leads` can be narrowed by and sorted by, such as `status=new` or `custom.grade=3`; may be given several
        /// times.
        #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
        filter: Vec<(String, String)>,
        /// Which columns, in this order, with commas [default: all].
        #[arg(long, value_name = "NAMES")]
        columns: Option<String>,
        /// The file; standard output unless said, or `-`.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Export {
    pub fn run(self, mut config: Config) -> Result<ExitCode> {
        let Export::Leads { format, mut filter, columns, output } = self;
        let output = output.filter(|path| path.as_os_str() != "-");
        let ending = output.as_ref().and_then(|p| p.extension()).filter(|e| e.eq_ignore_ascii_case("xlsx"));
        let format = format.or_else(|| ending.map(|_| "xlsx".to_owned())).unwrap_or_else(|| "csv".to_owned());
        if output.is_none() && format == "xlsx" && std::io::stdout().is_terminal() {
            return Err(Error::malformed("A workbook is nothing to be read here; name a file with -o."));
        }
        let is_search = filter.iter().any(|(name, _)| name == "search");
        filter.push(("format".to_owned(), format));
        filter.extend(columns.map(|names| ("columns".to_owned(), names)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&filter).finish();
        // Nothing but what it is asked for.
        config.server.role = Role::Web;
        super::block_on(async {
            let app = App::start(config, Clock::system(), Entropy::system()).await?;
            if is_search {
                // Where no desk runs, nobody has kept the index in step.
                crm::leads::jobs::follow_to_the_end(&app.desk().db).await?;
            }
            let done = write(&app, &query, output.as_deref()).await;
            app.stop().await;
            done.map(|()| ExitCode::SUCCESS)
        })
    }
}

async fn write(app: &App, query: &str, output: Option<&Path>) -> Result<()> {
    let pieces = crm::leads::export_all(&app.crm, query).await?;
    match output {
        None => to_stdout(pieces).await,
        Some(path) => to_file(pieces, path).await,
    }
}

/// The file is there when it is whole, and not before.
async fn to_file(mut pieces: mpsc::Receiver<Result<Bytes>>, path: &Path) -> Result<()> {
    let unwritable =
        |e: std::io::Error| Error::unavailable(format!("{} cannot be written: {e}.", path.display()));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    let (mut shown, mut size) = (Progress::new(), 0);
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        file.write_all(&piece).map_err(unwritable)?;
        size += piece.len();
        shown.show(None, &told(path, size));
    }
    shown.clear();
    // It stays nobody else's to read: leads are people's data.
    file.persist(path).map_err(|e| unwritable(e.error))?;
    eprintln!("{}", told(path, size));
    Ok(())
}

fn told(path: &Path, size: usize) -> String {
    format!("{}: {:.1} MB", path.display(), size as f64 / 1e6)
}

async fn to_stdout(mut pieces: mpsc::Receiver<Result<Bytes>>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    while let Some(piece) = pieces.recv().await {
        match out.write_all(&piece?).and_then(|()| out.flush()) {
            Ok(()) => {}
            // Whoever read has read enough.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Err(e) => return Err(Error::unavailable(format!("Standard output cannot be written: {e}."))),
        }
    }
    Ok(())
}
