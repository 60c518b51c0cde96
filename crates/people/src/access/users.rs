//! Staff: made, changed, deactivated; available or not.
//!
//! Nobody is ever deleted. What is recorded holds the fields that changed with before and after, never a password.

use std::collections::HashMap;

use platform::{
    Conn, Entropy, Error, Fault, Result, Tx,
    clock::Millis,
    error::Code,
    events::{self as log, NewEvent, Origin},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    agents, events,
    matrix::VENDOR,
    members::{self, Member, Membership},
    names::{email, key_of, named, refuse_taken, username},
    role_key, store,
    store::users::UserRow,
    tokens::{forget_password_tokens, issue_password_token},
};
use crate::{UserId, departments, settings};

/// Somebody to be made a user.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub email: String,
    /// The part of the e-mail address before the @, unless said.
    pub username: Option<String>,
    pub name: String,
    /// A staff role's key, or a name that people use for it.
    pub role: String,
    /// Keys of departments; the first is the primary one.
    pub departments: Vec<String>,
    /// From [`hash_password`](super::hash_password); without one they need a link.
    pub password_hash: Option<String>,
    /// `None`: the desk's default.
    pub capacity: Option<i64>,
    /// One of a vendor's people, whose role is `vendor` then: they see the portal and are no staff.
    pub vendor_id: Option<i64>,
}

/// A member of staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub name: String,
    /// `admin`, `manager` or `agent`.
    pub role: String,
    pub role_name: String,
    pub is_active: bool,
    /// `available`, `busy`, `away` or `offline`.
    pub status: String,
    /// Open tickets that this person takes at most.
    pub capacity: i64,
    /// Open tickets that this person has.
    pub load: i64,
    /// 0–100.
    pub kpi_score: f64,
    pub departments: Vec<Membership>,
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login_at: Option<Millis>,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
    #[serde(skip)]
    pub locale: Option<String>,
    #[serde(skip)]
    pub theme: Option<String>,
    #[serde(skip)]
    pub name_folded: String,
}

/// What routing's settings say of whoever has no capacity of their own; all that is known of them here.
#[derive(serde::Deserialize)]
#[serde(default)]
struct DefaultCapacity {
    default_capacity: i64,
}

impl Default for DefaultCapacity {
    fn default() -> Self {
        DefaultCapacity { default_capacity: 8 }
    }
}

/// Rows with departments and effective capacities: three queries, however many there are.
pub(super) fn views(c: &Conn<'_>, rows: Vec<UserRow>) -> Result<Vec<User>> {
    let ids: Vec<UserId> = rows.iter().map(|r| r.id).collect();
    let mut members = members::of_users(c, &ids)?;
    let names = if members.is_empty() { HashMap::new() } else { departments::names(c)? };
    let (default, _) = settings::get::<DefaultCapacity>(c, "routing")?;
    let membership = |m: Member| Membership {
        id: m.department_id,
        name: names.get(&m.department_id).cloned().unwrap_or_default(),
        is_manager: m.is_manager,
        is_primary: m.is_primary,
    };
    let view = |r: UserRow| User {
        departments: members.remove(&r.id).unwrap_or_default().into_iter().map(membership).collect(),
        id: r.id,
        username: r.username,
        email: r.email,
        name: r.name,
        role: r.role,
        role_name: r.role_name,
        is_active: r.is_active,
        status: r.status,
        capacity: r.capacity.unwrap_or(default.default_capacity),
        load: r.open_tickets,
        kpi_score: r.kpi_score,
        last_login_at: r.last_login_at,
        created_at: r.created_at,
        updated_at: r.updated_at,
        version: r.version,
        locale: r.locale,
        theme: r.theme,
        name_folded: r.name_folded,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// One member of staff.
pub fn user(c: &Conn<'_>, id: UserId) -> Result<Option<User>> {
    let Some(row) = store::users::get(c, id)? else { return Ok(None) };
    Ok(views(c, vec![row])?.pop())
}

pub(super) fn must(c: &Conn<'_>, id: UserId) -> Result<User> {
    user(c, id)?.ok_or_else(|| Error::not_found("user"))
}

/// Makes somebody a user. Errors: 422 with every fault; 409 `duplicate` for a taken e-mail address or name.
pub fn create_user(tx: &Tx<'_>, origin: &Origin, new: &NewUser) -> Result<UserId> {
    let mut wanted = Vec::new();
    for (n, key) in new.departments.iter().enumerate() {
        let department = departments::by_key(tx, key)?.ok_or_else(|| {
            Error::invalid_field("department", "not_found", format!("there is no department `{key}`"))
        })?;
        let (department_id, user_id) = (department.id, UserId(0));
        wanted.push(Member { department_id, user_id, is_manager: false, is_primary: n == 0 });
    }
    create(tx, origin, new, &wanted)
}

/// As [`create_user`], with departments by id.
pub(super) fn create(tx: &Tx<'_>, origin: &Origin, new: &NewUser, departments: &[Member]) -> Result<UserId> {
    let mut faults = Vec::new();
    let (email, email_key) = email(&new.email).unwrap_or_else(|fault| {
        faults.push(fault);
        Default::default()
    });
    let given = new.username.as_deref().or_else(|| email.split('@').next()).unwrap_or_default();
    let (username, username_key) = match (username(given), &new.username) {
        (Ok(both), _) => both,
        (Err(fault), Some(_)) => {
            faults.push(fault);
            Default::default()
        }
        // An address whose first part is no name serves as the name itself.
        (Err(_), None) => (email_key.replace('@', "."), email_key.replace('@', ".")),
    };
    let name = named(&new.name).unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
    let fits = |r: &store::roles::RoleRow| {
        r.is_staff && new.vendor_id.is_none() || r.key == VENDOR && new.vendor_id.is_some()
    };
    let role = store::roles::by_key(tx, role_key(&new.role))?.filter(fits);
    if role.is_none() {
        faults.push(Fault::new("role", "not_one_of", "must be admin, manager or agent"));
    }
    let Some(role) = role.filter(|_| faults.is_empty()) else { return Err(Error::invalid(faults)) };
    refuse_taken(tx, &email_key, &username_key, None)?;
    let id = store::users::insert(
        tx,
        &store::users::Insert {
            email: &email,
            email_key: &email_key,
            username: &username,
            username_key: &username_key,
            name: &name,
            role: role.id,
            password_hash: new.password_hash.as_deref(),
            capacity: new.capacity,
            vendor_id: new.vendor_id,
        },
    )?;
    members::set_of_user(tx, id, departments)?;
    let departments: Vec<_> = departments.iter().map(|m| m.department_id).collect();
    record(
        tx,
        origin,
        events::USER_CREATED,
        id,
        json!({ "role": role.key, "department_ids": departments, "is_active": true }),
    )?;
    Ok(id)
}

/// One of a vendor's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorPerson {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub is_active: bool,
    /// Without one, the invitation was not used yet.
    pub has_password: bool,
    pub last_login_at: Option<Millis>,
}

/// A vendor's people, 200 at most. One query.
pub fn vendor_users(c: &Conn<'_>, vendor: i64) -> Result<Vec<VendorPerson>> {
    store::users::of_vendor(c, vendor, None)
}

/// One of a vendor's people. Errors: 404, also for anybody who is not this vendor's.
pub fn vendor_user(c: &Conn<'_>, vendor: i64, id: UserId) -> Result<VendorPerson> {
    store::users::of_vendor(c, vendor, Some(id))?.pop().ok_or_else(|| Error::not_found("user"))
}

/// Shuts one of a vendor's people out, or lets them in again; a link that they have ends.
///
/// Errors: 404.
pub fn set_vendor_user_active(
    tx: &Tx<'_>,
    origin: &Origin,
    vendor: i64,
    id: UserId,
    is_active: bool,
) -> Result<VendorPerson> {
    let before = vendor_user(tx, vendor, id)?;
    if before.is_active == is_active {
        return Ok(before);
    }
    let change = Change { is_active: Some(is_active), ..Change::default() };
    self::change(tx, origin, None, id, None, &change)?;
    forget_password_tokens(tx, id)?;
    vendor_user(tx, vendor, id)
}

/// A link's token with which one of a vendor's people sets a password, once, within a day; the one before ends.
///
/// Errors: 404; 409 `wrong_state` for somebody who is shut out.
pub fn invite_vendor_user(
    tx: &Tx<'_>,
    origin: &Origin,
    vendor: i64,
    id: UserId,
    entropy: &Entropy,
) -> Result<String> {
    let person = vendor_user(tx, vendor, id)?;
    if !person.is_active {
        return Err(Error::conflict(Code::WrongState, "This person is not active; activate them first."));
    }
    record(tx, origin, events::USER_INVITED, id, json!({ "has_password": person.has_password }))?;
    issue_password_token(tx, id, entropy)
}

/// None of a vendor's people comes in any more; how many those were.
pub fn deactivate_vendor_users(tx: &Tx<'_>, origin: &Origin, vendor: i64) -> Result<usize> {
    let active: Vec<VendorPerson> = vendor_users(tx, vendor)?.into_iter().filter(|u| u.is_active).collect();
    for person in &active {
        set_vendor_user_active(tx, origin, vendor, person.id, false)?;
    }
    Ok(active.len())
}

/// A change of one person; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    pub email: Option<String>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    pub departments: Option<Vec<Member>>,
    /// `Some(None)`: back to the desk's default.
    pub capacity: Option<Option<i64>>,
    pub is_active: Option<bool>,
    pub locale: Option<Option<String>>,
    pub theme: Option<Option<String>>,
}

/// Changes a person. `by` is who asks, as a person.
///
/// Errors: 404; 409 `stale_version`, `duplicate`, `has_open_work`, `wrong_state` (the last administrator, oneself); 422.
pub(super) fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    by: Option<UserId>,
    id: UserId,
    expected: Option<i64>,
    change: &Change,
) -> Result<()> {
    if change.is_active == Some(false) || change.capacity.is_some() {
        // Nobody is given work while they leave, and queues drain in their turn.
        for department in agents::departments_of(tx, id)? {
            tx.lock(departments::lock_key(department))?;
        }
    }
    let before = store::users::get(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
    if expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale());
    }
    let mut after = before.clone();
    let mut faults = Vec::new();
    if let Some(Err(fault)) = change.email.as_deref().map(|e| email(e).map(|(e, _)| after.email = e)) {
        faults.push(fault);
    }
    if let Some(Err(fault)) = change.username.as_deref().map(|u| username(u).map(|(u, _)| after.username = u))
    {
        faults.push(fault);
    }
    if let Some(Err(fault)) = change.name.as_deref().map(|n| named(n).map(|n| after.name = n)) {
        faults.push(fault);
    }
    let role = change.role.as_deref().map_or(before.role.as_str(), role_key);
    // A vendor's people stay that, and staff stays staff.
    let fits = |r: &store::roles::RoleRow| if before.role == VENDOR { r.key == VENDOR } else { r.is_staff };
    let role = store::roles::by_key(tx, role)?.filter(fits);
    if role.is_none() {
        faults.push(Fault::new("role", "not_one_of", "must be admin, manager or agent"));
    }
    let Some(role) = role.filter(|_| faults.is_empty()) else { return Err(Error::invalid(faults)) };
    after.role.clone_from(&role.key);
    after.is_active = change.is_active.unwrap_or(before.is_active);
    after.capacity = change.capacity.unwrap_or(before.capacity);
    after.locale = change.locale.clone().unwrap_or(before.locale.clone());
    after.theme = change.theme.clone().unwrap_or(before.theme.clone());

    let leaves = before.is_active && !after.is_active;
    if leaves {
        may_leave(&before, by)?;
    }
    let was_admin = before.role == "admin" && before.is_active;
    if was_admin && (after.role != "admin" || leaves) && store::users::others_of_role(tx, "admin", id)? == 0 {
        return Err(Error::conflict(Code::WrongState, "There must be another active administrator first."));
    }
    // Reads as they were stored, so it cannot fail on what was let in before.
    let keys = (key_of(&after.email), after.username.to_lowercase());
    refuse_taken(tx, &keys.0, &keys.1, Some(id))?;
    store::users::update(tx, &after, role.id, (&keys.0, &keys.1), before.version)?;

    let (mut old, mut new) = (facts(&before), facts(&after));
    if let Some(wanted) = &change.departments {
        old.insert("department_ids".into(), json!(agents::departments_of(tx, id)?));
        members::set_of_user(tx, id, wanted)?;
        new.insert("department_ids".into(), json!(agents::departments_of(tx, id)?));
    }
    let same: Vec<String> =
        old.iter().filter(|(k, v)| new.get(*k) == Some(v)).map(|(k, _)| k.clone()).collect();
    for key in same {
        old.remove(&key);
        new.remove(&key);
    }
    if after.capacity != before.capacity {
        old.insert("capacity".into(), json!(before.capacity));
        new.insert("capacity".into(), json!(after.capacity));
    }
    let kind = if leaves { events::USER_DEACTIVATED } else { events::USER_UPDATED };
    record(tx, origin, kind, id, json!({ "before": old, "after": new }))?;
    if leaves {
        store::sessions::revoke_all(tx, id, None)?;
        set_status(tx, origin, id, "offline")?;
    }
    if after.capacity != before.capacity {
        set_capacity(tx, origin, id, after.capacity)?;
    }
    Ok(())
}

fn may_leave(user: &UserRow, by: Option<UserId>) -> Result<()> {
    if by == Some(user.id) {
        return Err(Error::conflict(
            Code::WrongState,
            "Nobody deactivates themselves; ask another administrator.",
        ));
    }
    if user.open_tickets > 0 {
        let detail =
            format!("{} open tickets are assigned to this person; reassign them first.", user.open_tickets);
        return Err(Error::conflict(Code::HasOpenWork, detail));
    }
    Ok(())
}

/// Says whether somebody takes work; queues drain by the event. False when it was so already.
pub fn set_status(tx: &Tx<'_>, origin: &Origin, id: UserId, status: &str) -> Result<bool> {
    let (before, _) = store::users::state_for_update(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
    if before == status {
        return Ok(false);
    }
    store::users::set_status(tx, id, status)?;
    let departments = agents::departments_of(tx, id)?;
    let data = json!({
        "before": { "status": before }, "after": { "status": status }, "department_ids": departments,
    });
    record(tx, origin, events::USER_STATUS_CHANGED, id, data)?;
    Ok(true)
}

/// Says how much somebody takes; queues drain by the event. False when it was so already.
pub(super) fn set_capacity(tx: &Tx<'_>, origin: &Origin, id: UserId, capacity: Option<i64>) -> Result<bool> {
    let (_, before) = store::users::state_for_update(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
    if before == capacity {
        return Ok(false);
    }
    store::users::set_capacity(tx, id, capacity)?;
    let departments = agents::departments_of(tx, id)?;
    let data = json!({
        "before": { "capacity": before }, "after": { "capacity": capacity }, "department_ids": departments,
    });
    record(tx, origin, events::USER_CAPACITY_CHANGED, id, data)?;
    Ok(true)
}

/// Sets a password (hashed outside of the transaction) and ends every log-in but `keep`. `how` stands in the event:
/// `self`, `link`, `command`.
pub fn set_password(
    tx: &Tx<'_>,
    origin: &Origin,
    id: UserId,
    hash: &str,
    keep: Option<i64>,
    how: &str,
) -> Result<()> {
    store::users::set_password(tx, id, hash)?;
    store::sessions::revoke_all(tx, id, keep)?;
    record(tx, origin, events::USER_PASSWORD_CHANGED, id, json!({ "by": how }))
}

pub(super) fn record(
    tx: &Tx<'_>,
    origin: &Origin,
    kind: &'static str,
    id: UserId,
    data: Value,
) -> Result<()> {
    log::record(tx, origin, NewEvent::new(kind, "user", id.0, data).scope(None, Some(id.0)))
}

fn facts(u: &UserRow) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("email".into(), json!(u.email));
    map.insert("username".into(), json!(u.username));
    map.insert("name".into(), json!(u.name));
    map.insert("role".into(), json!(u.role));
    map.insert("is_active".into(), json!(u.is_active));
    map.insert("locale".into(), json!(u.locale));
    map.insert("theme".into(), json!(u.theme));
    map
}
