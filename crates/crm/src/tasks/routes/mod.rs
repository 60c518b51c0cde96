//! `/tasks`, and calendars.

mod calendar;
mod read;
mod write;

use people::access::Caller;
use platform::{Result, days::Days, http::Api};

use crate::Crm;

/// The routes of tasks.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    read::mount(&mut api);
    write::mount(&mut api);
    calendar::mount(&mut api);
    api
}

/// Days in the organisation's zone.
fn days(crm: &Crm) -> Result<Days> {
    Days::of(&crm.desk.config.org.timezone)
}

/// The person who asks; `None` for an API key.
fn me<P>(caller: &Caller<P>) -> Option<people::UserId> {
    caller.principal.user_id()
}
