//! Files that a channel only linked to: their rows, until the bytes are here or are given up. Who fetches them is not of
//! this slice.

use platform::{Conn, Result, Tx, blob::BlobKey, clock::Millis, params, sql};

use crate::MessageId;

/// A file behind a link, as far as fetching goes.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub message_id: MessageId,
    /// The bytes are here, or the link is all there is.
    pub is_settled: bool,
    pub url: Option<String>,
    pub mime: Option<String>,
    pub created_at: Millis,
    pub was_tried: bool,
}

/// The file, if it hangs on a message.
pub(crate) fn get(c: &Conn<'_>, id: i64) -> Result<Option<Remote>> {
    c.opt(
        sql!(
            "SELECT message_id, state, url, mime, created_at, error FROM attachments WHERE id = ?1 AND message_id IS NOT NULL"
        ),
        params![id],
        |row| {
            let mut r = row.columns();
            Ok(Remote {
                message_id: r.next()?,
                is_settled: matches!(r.next::<String>()?.as_str(), "stored" | "link"),
                url: r.next()?,
                mime: r.next()?,
                created_at: r.next()?,
                was_tried: r.next::<Option<String>>()?.is_some(),
            })
        },
    )
}

/// Notes why it is not here yet.
pub(crate) fn note(tx: &Tx<'_>, id: i64, why: &str) -> Result<()> {
    tx.exec(sql!("UPDATE attachments SET error = ?2 WHERE id = ?1 AND state = 'pending'"), params![id, why])?;
    Ok(())
}

/// The bytes are here: where, what they are and how many. False: somebody was faster.
pub(crate) fn stored(tx: &Tx<'_>, id: i64, key: &BlobKey, mime: &str, size: usize) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE attachments SET state = 'stored', blob_key = ?2, mime = ?3, size = ?4, error = NULL WHERE id = ?1 AND state IN ('pending', 'failed')"
        ),
        params![id, key.as_str(), mime, size],
    )?;
    Ok(changed == 1)
}

/// It will never be here, and why. False: it is here.
pub(crate) fn failed(tx: &Tx<'_>, id: i64, why: &str) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE attachments SET state = 'failed', error = ?2 WHERE id = ?1 AND state IN ('pending', 'failed')"
        ),
        params![id, why],
    )?;
    Ok(changed == 1)
}
