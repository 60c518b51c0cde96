//! What gives somebody room drains the queues that this person serves, in the same transaction.

use people::{DepartmentId, UserId, access::agents, departments};
use platform::{
    Result, Tx,
    db::Reactors,
    events::{Actor, Origin, Recorded},
};
use serde_json::Value as Json;

use super::{Snapshot, work};
use crate::{TicketId, tickets::events as ticket};

/// Registers what routing does when others record something.
///
/// Draining records `ticket.assigned` again, with nobody before and somebody after: that frees nothing, so it ends there.
pub fn reactors(r: &mut Reactors) {
    r.on(ticket::ASSIGNED, assigned);
    r.on(ticket::STATUS_CHANGED, status_changed);
    r.on(ticket::UPDATED, updated);
    r.on(people::access::events::USER_STATUS_CHANGED, person);
    r.on(people::access::events::USER_CAPACITY_CHANGED, person);
    r.on(people::access::events::USER_UPDATED, moved);
    r.on(people::departments::events::UPDATED, department);
    r.on(super::events::SETTINGS_CHANGED, settings_changed);
}

/// A ticket went from somebody to somebody else or back into a queue, or from one department to another.
fn assigned(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    let before = int(&e.data, "/before/assignee_id").map(UserId);
    let after = int(&e.data, "/after/assignee_id").map(UserId);
    let mut touched = Vec::new();
    if let Some(user) = before.filter(|u| Some(*u) != after) {
        touched = agents::departments_of(tx, user)?;
    }
    // What routing itself put into a queue, it could give to nobody.
    let by_routing = before.is_none() && e.origin.actor == Actor::System;
    if after.is_none() && !by_routing {
        // It waits now, here or in another department than before.
        touched.extend(e.department_id.map(DepartmentId));
    }
    let released = before.filter(|_| after.is_none()).map(|user| (TicketId(e.subject_id), user));
    drain_all(tx, &e.origin, touched, released)
}

/// A ticket stopped being work for its agent, or became work that nobody has.
fn status_changed(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    let is_load = |path: &str| matches!(e.data.pointer(path).and_then(Json::as_str), Some("new" | "open"));
    let (was, is) = (is_load("/before/status"), is_load("/after/status"));
    let touched = match e.owner_id {
        Some(user) if was && !is => agents::departments_of(tx, UserId(user))?,
        None if is && !was => e.department_id.map(DepartmentId).into_iter().collect(),
        _ => Vec::new(),
    };
    drain_all(tx, &e.origin, touched, None)
}

/// A ticket became spam, which is nobody's load.
fn updated(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    let is_spam = e.data.pointer("/after/is_spam").and_then(Json::as_bool);
    match (is_spam, e.owner_id) {
        (Some(true), Some(user)) => drain_all(tx, &e.origin, agents::departments_of(tx, UserId(user))?, None),
        _ => Ok(()),
    }
}

/// Somebody came, or may take more.
fn person(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    if let Some(status) = e.data.pointer("/after/status").and_then(Json::as_str)
        && status != "available"
    {
        return Ok(());
    }
    let listed = e.data.get("department_ids").and_then(Json::as_array);
    let touched = match listed {
        Some(ids) => ids.iter().filter_map(Json::as_i64).map(DepartmentId).collect(),
        None => agents::departments_of(tx, UserId(e.subject_id))?,
    };
    drain_all(tx, &e.origin, touched, None)
}

/// Somebody joined other departments.
fn moved(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    let joined = e.data.pointer("/after/department_ids").and_then(Json::as_array);
    let touched = joined.into_iter().flatten().filter_map(Json::as_i64).map(DepartmentId).collect();
    drain_all(tx, &e.origin, touched, None)
}

/// The default capacity may have grown.
fn settings_changed(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    let all = departments::all_active(tx)?.into_iter().map(|d| d.id).collect();
    drain_all(tx, &e.origin, all, None)
}

/// Members came or the strategy changed.
fn department(tx: &Tx<'_>, e: &Recorded) -> Result<()> {
    drain_all(tx, &e.origin, vec![DepartmentId(e.subject_id)], None)
}

/// In the order of their ids, which is the order of their locks.
fn drain_all(
    tx: &Tx<'_>,
    origin: &Origin,
    mut departments: Vec<DepartmentId>,
    released: Option<(TicketId, UserId)>,
) -> Result<()> {
    departments.sort_unstable();
    departments.dedup();
    if departments.is_empty() {
        return Ok(());
    }
    let settings = Snapshot::load(tx)?;
    for department in departments {
        work::drain_but(tx, origin, &settings, department, released)?;
    }
    Ok(())
}

fn int(data: &Json, path: &str) -> Option<i64> {
    data.pointer(path).and_then(Json::as_i64)
}
