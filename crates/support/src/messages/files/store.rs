//! The rows of `attachments` that somebody uploaded.

use platform::{
    Conn, Result, Tx,
    blob::BlobKey,
    clock::Millis,
    db::{Sql, Value, dialect},
    params, sql,
};

use super::{NewFile, Uploader};
use crate::{MessageId, intake::media::kind};

pub(super) fn insert(tx: &Tx<'_>, new: &NewFile) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO attachments (uploader_kind, uploader_id, position, kind, state, name, mime, size, blob_key, created_at) VALUES (?1, ?2, 0, ?3, 'stored', ?4, ?5, ?6, ?7, ?8) RETURNING id"
        ),
        params![
            new.uploader.kind,
            new.uploader.id,
            kind::word(&new.mime),
            &new.name,
            &new.mime,
            new.size as i64,
            new.blob.as_str(),
            tx.now()
        ],
    )
}

/// How many files of `uploader` wait, counted to `cap`.
pub(super) fn count_waiting(c: &Conn<'_>, uploader: Uploader, cap: i64) -> Result<i64> {
    c.one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM attachments WHERE uploader_kind = ?1 AND uploader_id = ?2 AND message_id IS NULL AND state = 'stored' LIMIT ?3) AS counted"
        ),
        params![uploader.kind, uploader.id, cap],
        |r| r.get(0),
    )
}

/// Those of `ids` that `uploader` may send, locked.
pub(super) fn lock_waiting(tx: &Tx<'_>, uploader: Uploader, ids: &[i64]) -> Result<Vec<i64>> {
    let text = format!(
        "SELECT id FROM attachments WHERE id IN ({}) AND uploader_kind = ?1 AND uploader_id = ?2 AND message_id IS NULL AND state = 'stored' ORDER BY id{}",
        dialect::in_list(3, ids.len()),
        dialect::for_update(tx)
    );
    let mut values = vec![Value::from(uploader.kind), Value::from(uploader.id)];
    values.extend(ids.iter().map(|id| Value::from(*id)));
    tx.all(Sql::built(&text), &values, |r| r.get(0))
}

/// Whether the file waits, and is `uploader`'s.
pub(super) fn is_waiting_for(c: &Conn<'_>, uploader: Uploader, id: i64) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!(
            "SELECT id FROM attachments WHERE id = ?1 AND uploader_kind = ?2 AND uploader_id = ?3 AND message_id IS NULL AND state = 'stored'"
        ),
        params![id, uploader.kind, uploader.id],
    )?;
    Ok(found.is_some())
}

/// Puts a waiting file on a message. False: it does not wait.
pub(in crate::messages) fn attach(tx: &Tx<'_>, id: i64, message: MessageId, position: usize) -> Result<bool> {
    let changed = tx.exec(
        sql!(
            "UPDATE attachments SET message_id = ?2, position = ?3 WHERE id = ?1 AND message_id IS NULL AND state = 'stored'"
        ),
        params![id, message, position],
    )?;
    Ok(changed == 1)
}

pub(super) fn release(tx: &Tx<'_>, message: MessageId) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE attachments SET message_id = NULL, position = 0, created_at = ?2 WHERE message_id = ?1 AND uploader_id IS NOT NULL"
        ),
        params![message, tx.now()],
    )?;
    Ok(())
}

/// Marks what waited since before `before`, oldest first; and what was marked and did not go. Ids and keys.
pub(super) fn expire(tx: &Tx<'_>, before: Millis, limit: i64) -> Result<Vec<(i64, Option<String>)>> {
    tx.all(
        sql!(
            "UPDATE attachments SET state = 'expired' WHERE id IN (SELECT id FROM attachments WHERE message_id IS NULL AND created_at <= ?1 ORDER BY created_at, id LIMIT ?2) AND message_id IS NULL RETURNING id, blob_key"
        ),
        params![before, limit],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// Takes the files from these messages: nobody can open them any more, and the next clearing deletes their bytes. It finds
/// them because they wait for nothing since the beginning of time.
pub(in crate::messages) fn set_aside(tx: &Tx<'_>, messages: &[MessageId]) -> Result<()> {
    let text = format!(
        "UPDATE attachments SET message_id = NULL, uploader_kind = 'erased', uploader_id = 0, state = 'expired', url = NULL, provider_id = NULL, \
         name = NULL, error = NULL, title = NULL, latitude = NULL, longitude = NULL, created_at = 0 WHERE message_id IN ({})",
        dialect::in_list(1, messages.len())
    );
    let values: Vec<Value<'_>> = messages.iter().map(Value::from).collect();
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

pub(super) fn delete_expired(tx: &Tx<'_>, ids: &[i64]) -> Result<()> {
    let text = format!(
        "DELETE FROM attachments WHERE id IN ({}) AND state = 'expired'",
        dialect::in_list(1, ids.len())
    );
    let values: Vec<Value<'_>> = ids.iter().map(|id| Value::from(*id)).collect();
    tx.exec(Sql::built(&text), &values).map(|_| ())
}

/// Whether any file that is not about to go has these bytes.
pub(super) fn has_blob(c: &Conn<'_>, key: &BlobKey) -> Result<bool> {
    let found: Option<i64> = c.value(
        sql!("SELECT id FROM attachments WHERE blob_key = ?1 AND state <> 'expired' LIMIT 1"),
        params![key.as_str()],
    )?;
    Ok(found.is_some())
}
