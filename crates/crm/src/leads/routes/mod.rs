//! The routes of leads.

use platform::http::Api;

use crate::Crm;

/// Adds them.
pub fn api() -> Api<Crm> {
    Api::new()
}
