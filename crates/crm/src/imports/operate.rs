//! What is done with an import, whoever asks for it: a table comes in, is told what it is, is checked, run or undone.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use people::UserId;
use platform::{Conn, Error, Fault, Result, Tx, blob::ReadyBlob, error::Code, events::Origin};
use serde_json::json;
use tokio::time::timeout;

use super::{
    Import, State, blobs, events, guess, jobs,
    options::{self, Authority, Mapping, Options},
    store::{self, NewImport},
    table::{Shape, Sniffer},
    tell, tell_progress,
};
use crate::{Crm, pipelines};

/// The next piece of a file comes within so long, and all of it within so long.
const PIECE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(60 * 60);

/// Takes a table in: its bytes first, then its row, with what its columns seem to be.
pub async fn take_in(
    crm: &Crm,
    origin: Origin,
    by: Option<UserId>,
    file_name: &str,
    pieces: impl Stream<Item = Result<Bytes>> + Unpin,
) -> Result<Import> {
    let (ready, shape) = timeout(WHOLE, receive(crm, pieces)).await.map_err(|_| slow())??;
    let unseen = |c: &char| !c.is_control();
    let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let file_name: String = file_name.chars().filter(unseen).collect();
    let (key, size) = (ready.key().clone(), ready.size());
    let write = crm.desk.db.write(move |tx| {
        let pipeline = pipelines::default(tx)?;
        let new = NewImport {
            file_name: file_name.clone(),
            key: key.clone(),
            size,
            encoding: shape.encoding,
            delimiter: shape.delimiter,
            headers: shape.headers.clone(),
            sample: shape.sample.clone(),
            mapping: guess::guess(&shape.headers, &pipeline),
            created_by: by,
        };
        let id = store::insert(tx, &new)?;
        let import = store::get(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
        let data = json!({ "size": size, "encoding": shape.encoding, "headers": shape.headers.len() });
        tell(tx, &origin, &import, events::CREATED, data)?;
        Ok(import)
    });
    // The row first: see `platform::blob`.
    match write.await {
        Ok(import) => {
            ready.publish().await?;
            Ok(import)
        }
        Err(e) => {
            if let Err(left) = ready.abandon().await {
                tracing::warn!(cause = %left, "a table that was refused could not be deleted");
            }
            Err(e)
        }
    }
}

/// Reads a table to the disk, and looks at it as it comes.
async fn receive(
    crm: &Crm,
    mut pieces: impl Stream<Item = Result<Bytes>> + Unpin,
) -> Result<(ReadyBlob, Shape)> {
    let limit = crm.desk.config.limits.import_bytes;
    let mut writer = blobs(&crm.desk).writer(&crm.desk.entropy.token(16)).await?;
    let (mut sniffer, mut seen) = (Sniffer::default(), 0_u64);
    while let Some(piece) = timeout(PIECE, pieces.next()).await.map_err(|_| slow())? {
        let piece = piece?;
        seen += piece.len() as u64;
        if seen > limit {
            return Err(too_large(limit));
        }
        sniffer.eat(&piece);
        writer.write(&piece).await?;
    }
    let shape = sniffer.finish().map_err(|fault: Fault| Error::invalid(vec![fault]))?;
    Ok((writer.finish().await?, shape))
}

fn slow() -> Error {
    Error::unavailable("The file came too slowly; try again.")
}

pub fn too_large(limit: u64) -> Error {
    Error::new(Code::TooLarge, format!("A table may have {limit} bytes at most."))
}

/// Says what the columns are, and how the import is done; what a check found is no longer so.
///
/// Errors: 409 where it is under way or done; 422 with every fault.
pub fn change(
    tx: &Tx<'_>,
    authority: &Authority,
    mut import: Import,
    mapping: Option<&BTreeMap<String, String>>,
    new: Option<&Options>,
) -> Result<Import> {
    match import.state {
        State::Failed => must_be_untouched(tx, &import)?,
        _ => must_be(&import, &[State::Ready, State::Checked])?,
    }
    let mut faults = Vec::new();
    if let Some(given) = mapping {
        import.mapping = columns(given, &mut faults);
    }
    if let Some(options) = new {
        import.options = options.clone();
    }
    let mut more = Vec::new();
    options::check(tx, authority, import.headers.len(), &import.mapping, &import.options, &mut more)?;
    faults.extend(more);
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    import.rewind();
    import.state = State::Ready;
    store::update(tx, &import)?;
    Ok(import)
}

fn columns(given: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Mapping {
    let mut mapping = Mapping::new();
    for (column, field) in given {
        match column.parse::<usize>().ok().filter(|n| n.to_string() == *column) {
            Some(n) => drop(mapping.insert(n, field.clone())),
            None => faults.push(Fault::new(
                format!("mapping.{column}"),
                "format",
                "must be the number of a column, from 0",
            )),
        }
    }
    mapping
}

/// Errors: 409 where the file is there no more.
fn must_have_file(import: &Import) -> Result<()> {
    match import.cleared_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            Code::WrongState,
            "Its file was deleted, after some time or with somebody's data in it; send it again.",
        )),
    }
}

fn must_be(import: &Import, stands: &[State]) -> Result<()> {
    if stands.contains(&import.state) {
        return Ok(());
    }
    let words = match import.state {
        State::Checking | State::Running | State::Undoing => "It is at work; wait until it is done.",
        State::Done => "It is done already; undo it, or send the file again.",
        State::Undone => "It was undone; send the file again.",
        State::Failed => "It failed.",
        State::Ready | State::Checked => "It has not run yet.",
    };
    Err(Error::conflict(Code::WrongState, words))
}

/// One that failed before it did anything begins anew, like one that never ran.
///
/// Errors: 409 where it did something: it goes on, or is undone.
fn must_be_untouched(c: &Conn<'_>, import: &Import) -> Result<()> {
    match store::has_done(c, import.id)? {
        false => Ok(()),
        true => {
            Err(Error::conflict(Code::WrongState, "It failed on the way: let it go on, or undo what it did."))
        }
    }
}

/// What an import is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Check,
    Run,
    Undo,
}

/// Has it done in the background, by the word of `authority`; one that failed goes on where it stopped.
///
/// Errors: 409 where that cannot be now; 422 with every fault of what was said of it.
pub fn start(
    tx: &Tx<'_>,
    origin: &Origin,
    authority: Authority,
    mut import: Import,
    what: Start,
) -> Result<()> {
    let word = match what {
        Start::Check => {
            match import.state {
                State::Failed => must_be_untouched(tx, &import)?,
                // One that is under way begins anew: whoever is at it sees that it is no longer where they left it.
                _ => must_be(&import, &[State::Ready, State::Checking, State::Checked])?,
            }
            import.rewind();
            import.state = State::Checking;
            "check"
        }
        Start::Run => {
            must_be(&import, &[State::Ready, State::Checked, State::Failed])?;
            if import.state != State::Failed {
                import.rewind();
            }
            (import.error, import.finished_at) = (None, None);
            import.state = State::Running;
            "run"
        }
        Start::Undo => {
            must_be(&import, &[State::Done, State::Failed, State::Running])?;
            import.kept_rows = 0;
            (import.error, import.finished_at) = (None, None);
            import.state = State::Undoing;
            "undo"
        }
    };
    if what != Start::Undo {
        must_have_file(&import)?;
        let mut faults = Vec::new();
        let columns = import.headers.len();
        options::check(tx, &authority, columns, &import.mapping, &import.options, &mut faults)?;
        options::check_enough(&import.mapping, &mut faults);
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
    }
    import.authority = Some(authority);
    store::update(tx, &import)?;
    tell(tx, origin, &import, events::STARTED, json!({ "what": word }))?;
    tell_progress(tx, &import)?;
    jobs::wake(tx, import.id)
}
