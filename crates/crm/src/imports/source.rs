//! The rows of a file as they come: read in the background, a few batches ahead and no more, whatever the size of the file.

use std::io::{self, Read};

use bytes::Bytes;
use futures_util::StreamExt;
use platform::{
    Error, Result,
    blob::{BlobKey, BlobStore},
};
use tokio::sync::mpsc;

use super::{
    lines::{Line, Lines},
    table,
};

/// Pieces of the file, and batches of rows, that are held at most.
const PIECES: usize = 4;
const BATCHES: usize = 3;
/// Bytes past which a batch is full, whatever its rows.
const BATCH: usize = 1 << 20;

/// Rows that follow each other.
#[derive(Debug)]
pub struct Batch<T> {
    /// Data rows before them.
    pub from: i64,
    pub rows: Vec<T>,
    /// There are no more.
    pub is_last: bool,
}

/// Which file it is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `None` when it is there no more.
    pub key: Option<BlobKey>,
    pub encoding: String,
    pub delimiter: u8,
}

/// The rows behind the first `skip`, as `read` makes them, in batches of `size` or of fewer that are long; the last one says
/// so, and may be empty. Dropping what is returned ends the reading.
pub async fn rows<T: Send + 'static>(
    blobs: &BlobStore,
    file: &File,
    skip: i64,
    size: usize,
    read: impl Fn(&Line) -> T + Send + 'static,
) -> Result<mpsc::Receiver<Result<Batch<T>>>> {
    let pipe = pipe(blobs, file.key.as_ref()).await?;
    let (out, batches) = mpsc::channel(BATCHES);
    let file = file.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(e) = produce(pipe, &file, skip, size, read, &out) {
            let _ = out.blocking_send(Err(e));
        }
    });
    Ok(batches)
}

/// How many data rows a file has.
pub async fn count(blobs: &BlobStore, file: &File) -> Result<i64> {
    let pipe = pipe(blobs, file.key.as_ref()).await?;
    let file = file.clone();
    let counting = tokio::task::spawn_blocking(move || {
        let mut lines = Lines::new(pipe, table::encoding(&file.encoding), file.delimiter);
        let mut count = -1_i64;
        while lines.next_line().map_err(unreadable)?.is_some() {
            count += 1;
        }
        Ok(count.max(0))
    });
    counting.await.map_err(Error::internal)?
}

fn produce<T>(
    pipe: Pipe,
    file: &File,
    skip: i64,
    size: usize,
    read: impl Fn(&Line) -> T,
    out: &mpsc::Sender<Result<Batch<T>>>,
) -> Result<()> {
    let mut lines = Lines::new(pipe, table::encoding(&file.encoding), file.delimiter);
    // The line that names the columns, and what is done.
    for _ in 0..=skip {
        if lines.next_line().map_err(unreadable)?.is_none() {
            break;
        }
    }
    let mut at = skip;
    loop {
        let mut batch = Batch { from: at, rows: Vec::with_capacity(size), is_last: false };
        let mut held = 0;
        while batch.rows.len() < size && held < BATCH {
            let Some(line) = lines.next_line().map_err(unreadable)? else {
                batch.is_last = true;
                break;
            };
            held += line.size();
            batch.rows.push(read(&line));
            at += 1;
        }
        let is_last = batch.is_last;
        // Nobody wants the rest.
        if out.blocking_send(Ok(batch)).is_err() || is_last {
            return Ok(());
        }
    }
}

fn unreadable(e: io::Error) -> Error {
    Error::internal(format!("a table could not be read: {e}"))
}

async fn pipe(blobs: &BlobStore, key: Option<&BlobKey>) -> Result<Pipe> {
    let key = key.ok_or_else(|| Error::not_found("file"))?;
    let (_, mut pieces) = blobs.stream(key).await?;
    let (send, receive) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        while let Some(piece) = pieces.next().await {
            let is_over = piece.is_err();
            if send.send(piece).await.is_err() || is_over {
                return;
            }
        }
    });
    Ok(Pipe { pieces: receive, piece: Bytes::new() })
}

/// A stream of pieces for whoever reads on a thread of its own.
struct Pipe {
    pieces: mpsc::Receiver<Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.piece = piece.map_err(io::Error::other)?,
            }
        }
        let n = into.len().min(self.piece.len());
        into[..n].copy_from_slice(&self.piece.split_to(n));
        Ok(n)
    }
}

/// A row's number as spreadsheets count: the line of names is the first.
pub fn line(position: i64) -> i64 {
    position + 2
}
