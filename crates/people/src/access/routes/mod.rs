//! The routes of access.

mod auth;
mod body;
mod keys;
mod me;
mod password;
mod roles;
mod sessions;
mod users;

use axum::extract::FromRef;
use platform::{http::Api, route};

use crate::Desk;

/// Adds them.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, auth::setup_needed);
    route!(api, auth::set_up);
    route!(api, auth::log_in);
    route!(api, auth::token);
    route!(api, auth::refresh);
    route!(api, auth::log_out);
    route!(api, me::me);
    route!(api, me::change_me);
    route!(api, password::change_password);
    route!(api, password::reset_password);
    route!(api, sessions::list_sessions);
    route!(api, sessions::end_session);
    route!(api, users::list_users, alias "/admin/users" get, alias "/auth/users" get);
    route!(api, users::create::create_user, alias "/admin/users" post);
    route!(api, users::get_user, alias "/admin/users/{id}" get);
    route!(api, users::change::change_user, alias "/admin/users/{id}" patch);
    route!(api, users::change::deactivate_user, alias "/admin/users/{id}" delete);
    route!(api, users::status::set_status);
    route!(api, users::status::set_capacity);
    route!(api, roles::list_roles);
    route!(api, keys::list_api_keys);
    route!(api, keys::create_api_key);
    route!(api, keys::revoke_api_key);
}
