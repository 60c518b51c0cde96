//! Files go when they have been of no use for a time: thirty days after they were taken in, or taken back, seven days where
//! they never were. What is known of an import stays, its faults and what each row did among it, so that it can still be
//! taken back; what was shown of its rows goes with the file.

use std::time::Duration;

use platform::{
    Db, Result,
    blob::{BlobKey, BlobStore},
    clock::{DAY, Millis},
    jobs::Workers,
};

use super::{blobs, store};
use crate::Crm;

/// After what was done with a file.
pub const DONE: Millis = 30 * DAY;
/// Where nothing was.
pub const IDLE: Millis = 7 * DAY;
const EVERY: Duration = Duration::from_secs(600);
/// Files of one go.
const CHUNK: i64 = 100;

/// Registers it.
pub fn workers(workers: Workers, crm: &Crm) -> Workers {
    let crm = crm.clone();
    workers.every("imports.clear_files", EVERY, move || {
        let crm = crm.clone();
        async move { clear_files(&crm).await }
    })
}

/// A tick: an import loses its file first, in a transaction, and then the file goes; so one that is interrupted is made up for
/// by the next, and every node may run it.
pub async fn clear_files(crm: &Crm) -> Result<()> {
    let (db, blobs) = (&crm.desk.db, blobs(&crm.desk));
    // What a process that died was about to delete.
    for key in blobs.left_aside().await? {
        blobs.discard(&key, || is_needed(db, key.clone())).await?;
    }
    while db.write_bulk(|tx| store::expire(tx, tx.now() - DONE, tx.now() - IDLE, CHUNK)).await?
        >= CHUNK as u64
    {}
    loop {
        let leaving = db.read(|c| store::leaving(c, CHUNK)).await?;
        let count = leaving.len() as i64;
        for (id, key) in leaving {
            discard(db, &blobs, &key).await?;
            db.write_bulk(move |tx| store::forget_file(tx, id)).await?;
        }
        if count < CHUNK {
            return Ok(());
        }
    }
}

async fn discard(db: &Db, blobs: &BlobStore, key: &BlobKey) -> Result<()> {
    // Asked first as well, so that what is plainly needed does not go away even for a moment.
    if !is_needed(db, key.clone()).await? {
        blobs.discard(key, || is_needed(db, key.clone())).await?;
    }
    Ok(())
}

/// Whether the same bytes are another import's, too.
async fn is_needed(db: &Db, key: BlobKey) -> Result<bool> {
    db.read(move |c| store::has_file(c, &key)).await
}
