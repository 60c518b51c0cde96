//! Tasks by month, and as a feed for calendars.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use people::access::{Caller, Linked};
use platform::{
    Error, Fault, Result,
    crypto::hash_token,
    error::Code,
    events::{NewEvent, record},
    http::{Api, Json, Query, Segment},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{days, me};
use crate::{
    Crm,
    tasks::{
        TaskScope, TasksRead,
        calendar::{self, Month},
        events, feed, ical, list, store,
        view::{self, TaskView},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, task_calendar);
    route!(api, make_calendar_feed);
    route!(api, delete_calendar_feed);
    route!(api, read_calendar_feed);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CalendarQuery {
    /// `2026-01`.
    #[param(min_length = 7, max_length = 7, example = "2026-01")]
    month: String,
    /// An id, `me` or `none`.
    #[param(max_length = 20)]
    assigned_to: Option<String>,
}

/// A month of tasks.
#[derive(Debug, Serialize, ToSchema)]
struct TaskCalendar {
    month: String,
    /// In whose days: `Asia/Ho_Chi_Minh`.
    zone: String,
    /// Every day of the month.
    days: Vec<CalendarDay>,
    /// There are more than these 1000 tasks; narrow it by `assigned_to`.
    is_truncated: bool,
}

/// A day with what is due on it.
#[derive(Debug, Serialize, ToSchema)]
struct CalendarDay {
    /// `2026-01-03`.
    #[schema(format = Date)]
    date: String,
    tasks: Vec<TaskView>,
}

/// Tasks that are due in a month, by the days of the organisation's zone.
#[utoipa::path(get, path = "/tasks/calendar", tag = "Tasks", responses((status = 200, body = TaskCalendar)))]
async fn task_calendar(
    caller: Caller<TasksRead>,
    State(crm): State<Crm>,
    Query(query): Query<CalendarQuery>,
) -> Result<Json<TaskCalendar>> {
    let month = Month::parse(&query.month)?;
    let assignee = list::assignee(query.assigned_to.as_deref(), me(&caller)).map_err(bad)?;
    let (days, scope, now) = (days(&crm)?, TaskScope::of(&caller), crm.desk.clock.now());
    let read = crm.desk.db.read(move |c| {
        let (by_day, is_truncated) = calendar::of_month(c, &scope, assignee, month, &days, now)?;
        let dates: Vec<(String, usize)> = by_day.iter().map(|(d, t)| (d.to_string(), t.len())).collect();
        let mut shown = view::views(c, by_day.into_values().flatten().collect(), now)?.into_iter();
        let day = |(date, n): (String, usize)| CalendarDay { date, tasks: shown.by_ref().take(n).collect() };
        Ok((dates.into_iter().map(day).collect(), is_truncated))
    });
    let (days, is_truncated) = read.await?;
    let zone = crm.desk.config.org.timezone.clone();
    Ok(Json(TaskCalendar { month: month.name(), zone, days, is_truncated }))
}

fn bad(fault: Fault) -> Error {
    Error {
        faults: vec![fault],
        ..Error::new(Code::InvalidParameter, "A parameter of the query is not valid.")
    }
}

/// Where a calendar finds my tasks.
#[derive(Debug, Serialize, ToSchema)]
struct CalendarFeed {
    /// Whoever knows it sees my tasks. It is shown once.
    url: String,
}

/// Makes an address under which a calendar finds my tasks; the one before is no longer good.
#[utoipa::path(post, path = "/tasks/calendar-feed", tag = "Tasks", responses((status = 201, body = CalendarFeed)))]
async fn make_calendar_feed(
    caller: Caller<TasksRead>,
    State(crm): State<Crm>,
) -> Result<(StatusCode, Json<CalendarFeed>)> {
    let user = caller.user()?;
    let token = crm.desk.entropy.token(32);
    let hash = hash_token(&token);
    let origin = caller.origin.clone();
    let write = crm.desk.db.write(move |tx| {
        store::put_feed(tx, user, &hash)?;
        record(
            tx,
            &origin,
            NewEvent::new(events::FEED_MADE, "user", user.0, json!({})).scope(None, Some(user.0)),
        )
    });
    write.await?;
    let base = crm.desk.config.public_url();
    Ok((StatusCode::CREATED, Json(CalendarFeed { url: format!("{base}/api/v1/calendar/{token}.ics") })))
}

/// Makes the address of my tasks no longer good.
#[utoipa::path(delete, path = "/tasks/calendar-feed", tag = "Tasks", responses((status = 204)))]
async fn delete_calendar_feed(caller: Caller<TasksRead>, State(crm): State<Crm>) -> Result<StatusCode> {
    let user = caller.user()?;
    let origin = caller.origin.clone();
    let write = crm.desk.db.write(move |tx| {
        store::drop_feed(tx, user)?;
        record(
            tx,
            &origin,
            NewEvent::new(events::FEED_REVOKED, "user", user.0, json!({})).scope(None, Some(user.0)),
        )
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody's tasks as iCalendar, for whoever knows the address.
#[utoipa::path(get, path = "/calendar/{token}", tag = "Tasks", responses((status = 200, content_type = "text/calendar", body = String)))]
async fn read_calendar_feed(_: Linked, State(crm): State<Crm>, Segment(token): Segment) -> Result<Response> {
    let now = crm.desk.clock.now();
    let read = crm.desk.db.read(move |c| feed::read(c, token.strip_suffix(".ics").unwrap_or(&token), now));
    let (name, tasks) = read.await?;
    let name = format!("{}: {name}", crm.desk.config.org.name);
    let base = crm.desk.config.public_url();
    let feed = ical::Feed { name: &name, url: &base, at: now };
    let kind = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"tasks.ics\""),
    ];
    Ok((kind, ical::calendar(&feed, &tasks)).into_response())
}
