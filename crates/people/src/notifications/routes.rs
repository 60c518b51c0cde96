//! `/notifications`: everybody's own.

use axum::extract::{FromRef, State};
use platform::{
    Result,
    http::{Api, Id, Json, ListQuery},
    list_schema, route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Notification, NotificationId, store};
use crate::{
    Desk,
    access::{Authenticated, Caller},
};

/// Marked as read in one transaction.
const CHUNK: i64 = 500;

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, list_notifications);
    route!(api, count_notifications);
    route!(api, read_notification);
    route!(api, read_all_notifications);
}

list_schema!(
    /// Notifications.
    NotificationList, notifications: Notification
);

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
struct NotificationFilter {
    /// Only those that I have not read.
    unread_only: Option<bool>,
}

/// How many are unread.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct NotificationCount {
    /// Counts to 1000.
    unread: i64,
}

/// How many were marked.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct NotificationsRead {
    marked: u64,
}

/// My notifications, newest first.
#[utoipa::path(get, path = "/notifications", tag = "Notifications", responses((status = 200, body = NotificationList)))]
async fn list_notifications(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<NotificationFilter>,
) -> Result<Json<NotificationList>> {
    let user = caller.user()?;
    let before = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(i64::MAX);
    let (limit, offset, unread_only) = (page.fetch(), page.offset, filter.unread_only == Some(true));
    let (rows, total) =
        desk.db.read(move |c| store::list(c, user, unread_only, before, limit, offset)).await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.id)]).into()))
}

/// How many of my notifications are unread.
#[utoipa::path(get, path = "/notifications/count", tag = "Notifications", responses((status = 200, body = NotificationCount)))]
async fn count_notifications(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
) -> Result<Json<NotificationCount>> {
    let user = caller.user()?;
    let unread = desk.db.read(move |c| super::unread(c, user)).await?;
    Ok(Json(NotificationCount { unread }))
}

/// Marks one of my notifications as read.
#[utoipa::path(patch, path = "/notifications/{id}/read", tag = "Notifications", responses((status = 200, body = Notification)))]
async fn read_notification(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<Notification>> {
    let user = caller.user()?;
    desk.db.write(move |tx| super::mark_read(tx, user, NotificationId(id))).await.map(Json)
}

/// Marks all my notifications as read.
#[utoipa::path(post, path = "/notifications/mark-all-read", tag = "Notifications", responses((status = 200, body = NotificationsRead)))]
async fn read_all_notifications(
    caller: Caller<Authenticated>,
    State(desk): State<Desk>,
) -> Result<Json<NotificationsRead>> {
    let (user, mut marked) = (caller.user()?, 0);
    // What comes in meanwhile may stay unread.
    for _ in 0..200 {
        let some = desk.db.write(move |tx| super::mark_all_read(tx, user, CHUNK)).await?;
        marked += some;
        if some < CHUNK as u64 {
            break;
        }
    }
    Ok(Json(NotificationsRead { marked }))
}
