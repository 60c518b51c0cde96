//! Files: what hangs on messages, and what somebody uploaded to send.
//!
//! An uploaded file is its uploader's alone until a message of theirs takes it; from then on it belongs to the
//! conversation and is for those who see that. What was not sent within a day goes, with its bytes.
//!
//! Invariants: a file is on one message at most; what it is, its bytes say and not its sender; it never stands in memory as
//! a whole; equal bytes are kept once, and go when nobody has them any more. A link for the outside opens one file, for a
//! while, and only while its message stands. Nothing here decides who may see a conversation (that is `tickets`).

pub(crate) mod link;
mod routes;
pub(super) mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use people::{Desk, access::Principal};
use platform::{
    Db, Error, Fault, Result, Tx,
    blob::{BlobKey, BlobStore},
    clock::{DAY, Millis},
    error::Code,
    events::{self, NewEvent, Origin},
    jobs::Workers,
};
use serde_json::json;

pub(super) use self::routes::mount;
pub(crate) use self::routes::url_of;
use super::events as kinds;
use crate::{MessageId, Support};

/// What waits for so long to be sent is not wanted any more.
const KEPT: Millis = DAY;
/// So many files of one uploader wait at most.
const WAITING: i64 = 100;
const TICK: Duration = Duration::from_secs(600);
const CHUNK: i64 = 200;

/// Where the files of conversations are, apart from what others keep: clearing away here cannot touch theirs.
pub(crate) fn blobs(desk: &Desk) -> BlobStore {
    desk.blobs.within("messages")
}

/// Whose a file is until it is sent: a person or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uploader {
    kind: &'static str,
    id: i64,
}

impl Uploader {
    pub fn of(principal: &Principal) -> Self {
        let actor = principal.actor();
        Uploader { kind: actor.kind(), id: actor.id().unwrap_or(0) }
    }
}

/// A file that came in.
#[derive(Debug, Clone)]
struct NewFile {
    uploader: Uploader,
    name: String,
    mime: String,
    size: u64,
    blob: BlobKey,
}

/// Whether `uploader` may bring another one.
///
/// Errors: `conflict` when too many wait.
fn has_room(c: &platform::Conn<'_>, uploader: Uploader) -> Result<()> {
    match store::count_waiting(c, uploader, WAITING)? >= WAITING {
        true => Err(Error::conflict(
            Code::Conflict,
            format!("{WAITING} of your files wait to be sent; send some, or come back tomorrow."),
        )),
        false => Ok(()),
    }
}

/// Keeps a file for its uploader; its id. The bytes are published after this is committed.
fn add(tx: &Tx<'_>, origin: &Origin, new: &NewFile) -> Result<i64> {
    has_room(tx, new.uploader)?;
    let id = store::insert(tx, new)?;
    let data = json!({"mime": new.mime, "size": new.size});
    events::record(tx, origin, NewEvent::new(kinds::UPLOADED, "attachment", id, data))?;
    Ok(id)
}

/// What is wrong with sending these files of `uploader`: one that is not theirs, was sent before, or is named twice. The
/// others are locked until the transaction ends. `field` names the list.
pub(crate) fn faults(
    tx: &Tx<'_>,
    uploader: Uploader,
    field: &str,
    wanted: &[(usize, i64)],
) -> Result<Vec<Fault>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = wanted.iter().map(|(_, id)| *id).collect();
    let there = store::lock_waiting(tx, uploader, &ids)?;
    let mut faults = Vec::new();
    for (n, (index, id)) in wanted.iter().enumerate() {
        let at = format!("{field}.{index}.id");
        if ids[..n].contains(id) {
            faults.push(Fault::new(at, "repeated", "is named twice"));
        } else if !there.contains(id) {
            faults.push(Fault::new(at, "not_found", "is no file of yours that waits to be sent"));
        }
    }
    Ok(faults)
}

/// Gives the files of a message that is taken back before it left to their uploaders again, for another day.
pub(super) fn release(tx: &Tx<'_>, message: MessageId) -> Result<()> {
    store::release(tx, message)
}

/// Registers the clearing away of what was never sent.
pub(crate) fn workers(workers: Workers, support: &Support) -> Workers {
    let (db, blobs) = (support.desk.db.clone(), blobs(&support.desk));
    workers.every("clear away files that were not sent", TICK, move || {
        let (db, blobs) = (db.clone(), blobs.clone());
        async move { prune(&db, &blobs).await }
    })
}

/// A tick: what nobody sent within a day goes. Its row goes last, so that a tick which is interrupted is made up for by the
/// next; every node may run it.
pub(crate) async fn prune(db: &Db, blobs: &BlobStore) -> Result<()> {
    // What a process that died was about to delete.
    for key in blobs.left_aside().await? {
        blobs.discard(&key, || is_needed(db, key.clone())).await?;
    }
    loop {
        let expired = db.write_bulk(|tx| store::expire(tx, tx.now() - KEPT, CHUNK)).await?;
        let (ids, keys): (Vec<i64>, Vec<Option<String>>) = expired.into_iter().unzip();
        for key in keys.into_iter().flatten().filter_map(|key| BlobKey::parse(&key)) {
            discard(db, blobs, &key).await?;
        }
        let count = ids.len() as i64;
        if count > 0 {
            db.write_bulk(move |tx| store::delete_expired(tx, &ids)).await?;
        }
        if count < CHUNK {
            return Ok(());
        }
    }
}

/// Deletes bytes, unless a file has them.
pub(crate) async fn discard(db: &Db, blobs: &BlobStore, key: &BlobKey) -> Result<()> {
    // Asked first as well, so that what is plainly needed does not go away even for a moment.
    if !is_needed(db, key.clone()).await? {
        blobs.discard(key, || is_needed(db, key.clone())).await?;
    }
    Ok(())
}

/// Whether a file that is not about to go has these bytes.
async fn is_needed(db: &Db, key: BlobKey) -> Result<bool> {
    db.read(move |c| store::has_blob(c, &key)).await
}
