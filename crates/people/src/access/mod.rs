//! Access: who works here, how they prove it, and what they may do.
//!
//! Every caller is a [`Principal`] (a person or an API key) holding one role; a role is a list of `action` + scope. The
//! role × action matrix is one checked-in file, `matrix.txt`. A route takes [`Caller<P>`], so that a handler without a
//! permission does not compile and a caller without it does not arrive.
//!
//! Invariants: a password is only ever stored as argon2id, and a key, refresh token, link or ticket only as a hash. A
//! refresh token works once; an old one seen again ends its whole session. There is always an active administrator once
//! there was one, and nobody deactivates themselves. Nobody is deactivated with open work. This slice never sends mail,
//! never looks at tickets, and never lets a name that does not exist answer faster than one that does.

pub mod agents;
mod cache;
mod caller;
pub mod events;
mod guard;
mod keys;
pub mod matrix;
pub mod members;
mod names;
mod passwords;
mod principal;
mod quota;
mod roles;
mod routes;
mod service;
mod sessions;
pub mod staff;
mod store;
mod tokens;
mod users;

pub use self::{
    caller::{Authenticated, Caller, Permission, origin},
    guard::{Guarded, Linked, rate_headers},
    keys::{CreatedKey, KEY_SCOPES, KeyLimits, create_api_key, new_api_key, new_vendor_key, revoke_api_key},
    passwords::{check_password, hash_password},
    principal::{Grant, Principal, PrincipalKind, Scope},
    roles::{name_role, role_key, sync_system_roles},
    service::{ACCESS_TOKEN_SECONDS, AccessService, Known},
    sessions::prune,
    tokens::{ensure_setup_token, issue_password_token},
    users::{
        NewUser, User, VendorPerson, create_user, deactivate_vendor_users, invite_vendor_user, set_password,
        set_status, set_vendor_user_active, user, vendor_users,
    },
};
pub(crate) use routes::routes;

use std::collections::HashMap;

use platform::{Conn, Result};

use crate::UserId;

crate::permission! {
    /// See staff and what they do.
    pub UsersRead = "users.read";
    /// Make, change and deactivate staff, and what each takes at most.
    pub UsersWrite = "users.write";
    /// Say that somebody is available, busy, away or offline.
    pub UsersSetStatus = "users.set_status";
    /// See roles and what they allow.
    pub RolesRead = "roles.read";
    /// See API keys (never their secrets).
    pub ApiKeysRead = "api_keys.read";
    /// Make and revoke API keys.
    pub ApiKeysWrite = "api_keys.write";
}

/// The names of these people; whoever is not there is left out. One query.
pub fn names(c: &Conn<'_>, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
    store::users::names(c, ids)
}

/// Who works here and may do `action` to everything; fifty at most.
pub fn who_may(c: &Conn<'_>, action: &str) -> Result<Vec<UserId>> {
    let may = |role: &store::roles::RoleRow| {
        role.is_staff && role.grants.iter().any(|g| g.action == action && g.scope == Scope::All)
    };
    let roles: Vec<i64> = store::roles::all(c)?.iter().filter(|r| may(r)).map(|r| r.id).collect();
    store::users::of_roles(c, &roles, 50)
}

/// The name that somebody logs in by.
pub fn username(c: &Conn<'_>, id: UserId) -> Result<Option<String>> {
    store::users::username(c, id)
}
