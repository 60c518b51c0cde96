//! The routes of contacts.

mod block;
mod change;
mod create;
mod duplicates;
mod list;
mod methods;

use axum::extract::FromRef;
use platform::{http::Api, route};

use crate::Desk;

/// Adds them.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, list::list_contacts);
    route!(api, create::create_contact);
    route!(api, duplicates::list_contact_duplicates);
    route!(api, duplicates::dismiss_contact_duplicate);
    route!(api, list::get_contact, alias "/customers/{id}" get);
    route!(api, change::change_contact);
    route!(api, block::block_contact);
    route!(api, block::unblock_contact);
    route!(api, methods::add_contact_method);
    route!(api, methods::change_contact_method);
    route!(api, methods::delete_contact_method);
}
