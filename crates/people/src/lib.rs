//! Who works here and who is outside: access, departments, contacts, settings, business hours, notifications, saved views.
//!
//! Owns the tables of users, roles, sessions, API keys, departments, contacts, settings, business hours, notifications and
//! saved views. It knows nothing of tickets, messages or leads: what must happen there because something happened here is a
//! reactor.

pub mod access;
pub mod business_hours;
pub mod contacts;
pub mod departments;
pub mod desk;
pub mod notifications;
pub mod settings;
pub mod views;

use platform::http::Api;

pub use business_hours::BusinessHoursId;
pub use desk::Desk;

platform::id_type!(
    /// A row of `users`.
    UserId
);
platform::id_type!(
    /// A row of `departments`.
    DepartmentId
);
platform::id_type!(
    /// A row of `contacts`.
    ContactId
);

/// Every route of this crate, under `/api/v1`. `S` is the state of whoever mounts it.
pub fn api<S: Clone + Send + Sync + 'static>() -> Api<S>
where
    Desk: axum::extract::FromRef<S>,
{
    let mut api = Api::new();
    access::routes(&mut api);
    departments::routes(&mut api);
    contacts::routes(&mut api);
    settings::routes(&mut api);
    business_hours::routes(&mut api);
    notifications::routes(&mut api);
    views::routes(&mut api);
    api
}

/// Every kind of event that this crate records, with what its `data` holds.
pub fn event_kinds() -> Vec<(&'static str, &'static str)> {
    [
        access::events::KINDS,
        departments::events::KINDS,
        contacts::events::KINDS,
        settings::events::KINDS,
        business_hours::events::KINDS,
        notifications::events::KINDS,
        views::events::KINDS,
    ]
    .concat()
}
