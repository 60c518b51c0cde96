//! Notifications: what somebody should know of, kept until they have read it.
//!
//! `kind` and `data` say what it is; the interface finds the words. Invariants: everybody sees their own alone, and whose
//! they are is part of every query; writing one records an event that its owner alone hears, and that holds none of
//! `data`; what is older than ninety days is gone. This slice never sends a mail or a message.

pub mod erase;
pub mod events;
mod routes;
mod store;

use platform::{
    Conn, Error, Result, Tx,
    clock::{DAY, Millis, SECOND},
    events::{NewEvent, Origin},
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

pub(crate) use routes::routes;

use crate::UserId;

platform::id_type!(
    /// A row of `notifications`.
    NotificationId
);

/// Kept so long, read or not.
const KEPT: Millis = 90 * DAY;
/// Counting what is unread stops here.
pub const MOST_UNREAD: i64 = 1_000;

/// What somebody should know of.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Notification {
    pub id: NotificationId,
    /// `task.assigned`, `task.reminder`, `lead.assigned` …
    pub kind: String,
    /// What it is about; depends on `kind`.
    #[schema(value_type = Object)]
    pub data: Json,
    /// Where in the interface to go: `/leads/5`.
    #[schema(required)]
    pub link: Option<String>,
    pub is_read: bool,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
}

/// Tells `user` something. `kind` is `group.what`, `data` what the interface needs to say it, `link` where it leads.
pub fn notify(
    tx: &Tx<'_>,
    user: UserId,
    kind: &'static str,
    data: &Json,
    link: Option<&str>,
) -> Result<NotificationId> {
    let id = store::insert(tx, user, kind, data, link)?;
    record(tx, user, events::CREATED, id, json!({ "notification_id": id, "kind": kind, "link": link }))?;
    Ok(id)
}

/// Of one kind by the same person within this time, only the number grows.
const GATHERED: Millis = 60 * SECOND;

/// [`notify`] of what may happen many times at once: what `by` (in `data`) told the user of a moment ago, and they have not
/// read yet, becomes a notification of several (`count`, and `several` for its link).
pub fn gather(
    tx: &Tx<'_>,
    user: UserId,
    kind: &'static str,
    data: &Json,
    link: &str,
    several: &str,
) -> Result<NotificationId> {
    let newest = store::newest_unread(tx, user)?;
    let same =
        |n: &Notification| n.kind == kind && n.data["by"] == data["by"] && n.created_at > tx.now() - GATHERED;
    let Some(there) = newest.filter(same) else { return notify(tx, user, kind, data, Some(link)) };
    let count = there.data["count"].as_i64().unwrap_or(1) + 1;
    let data = json!({ "count": count, "by": data["by"] });
    store::replace(tx, there.id, &data, several)?;
    // Whoever looks sees the number at the end; they need not hear of each.
    if count == 2 {
        record(
            tx,
            user,
            events::CREATED,
            there.id,
            json!({ "notification_id": there.id, "kind": kind, "link": several }),
        )?;
    }
    Ok(there.id)
}

/// How many `user` has not read, counted to [`MOST_UNREAD`].
pub fn unread(c: &Conn<'_>, user: UserId) -> Result<i64> {
    store::unread(c, user, MOST_UNREAD)
}

/// Marks one as read; once is enough. Errors: 404 for what is not there or another's.
fn mark_read(tx: &Tx<'_>, user: UserId, id: NotificationId) -> Result<Notification> {
    let before = store::get(tx, user, id)?.ok_or_else(|| Error::not_found("notification"))?;
    if before.is_read {
        return Ok(before);
    }
    store::mark_read(tx, user, id)?;
    record(tx, user, events::READ, id, json!({ "notification_id": id }))?;
    Ok(Notification { is_read: true, ..before })
}

/// Marks up to `limit` as read, the newest of which is `up_to`; how many there were.
pub fn mark_all_read(tx: &Tx<'_>, user: UserId, limit: i64) -> Result<u64> {
    let ids = store::unread_ids(tx, user, limit)?;
    let Some(up_to) = ids.iter().max().copied() else { return Ok(0) };
    store::mark_these_read(tx, user, &ids)?;
    record(tx, user, events::READ, up_to, json!({ "up_to": up_to }))?;
    Ok(ids.len() as u64)
}

/// Deletes some of what is too old; how many rows went. Again until it is none.
pub fn prune(tx: &Tx<'_>) -> Result<u64> {
    store::prune(tx, tx.now() - KEPT)
}

fn record(tx: &Tx<'_>, user: UserId, kind: &'static str, id: NotificationId, data: Json) -> Result<()> {
    let event = NewEvent::new(kind, "notification", id.0, data).scope(None, Some(user.0));
    platform::events::record(tx, &Origin::system(), event)
}
