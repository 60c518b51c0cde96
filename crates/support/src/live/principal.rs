//! What a principal's role lets it hear.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use people::{
    Desk, UserId,
    access::{Authenticated, Caller, Principal, PrincipalKind},
};
use platform::Code;

use super::{
    session::Reload,
    view::{View, Who},
};
use crate::Support;

pub(super) fn view(p: &Principal) -> View {
    let may = |action: &str| p.scope_of(action).is_some();
    // Vendors follow their leads in the portal.
    let staff = |action: &str| p.scope_of(action).filter(|_| p.vendor_id.is_none());
    View {
        who: match p.kind {
            PrincipalKind::User(id) => Who::User(id.0),
            PrincipalKind::ApiKey(id) => Who::ApiKey(id),
        },
        name: p.name.clone(),
        departments: p.departments.iter().map(|d| d.0).collect(),
        tickets: p.scope_of("tickets.read"),
        spam: p.scope_of("spam.read"),
        users: p.scope_of("users.read"),
        leads: staff("leads.read"),
        tasks: staff("tasks.read"),
        imports: staff("imports.read"),
        contacts: may("contacts.read"),
        departments_read: may("departments.read"),
        keywords: may("keywords.read"),
        routing: may("routing.read"),
        channels: may("channels.read"),
        pipelines: may("pipelines.read"),
        vendors: may("vendors.read"),
        canned_replies: p.scope_of("canned_replies.read"),
    }
}

/// Looks a person up again, whenever it is called.
pub(super) fn of_person(desk: &Desk, user: UserId) -> Reload {
    let desk = desk.clone();
    Arc::new(move || {
        let desk = desk.clone();
        Box::pin(async move { Ok(desk.access.principal(user).await?.map(|p| view(&p))) })
    })
}

/// Lets the request in again, whenever it is called: its key may be revoked, its log-in over.
pub(super) fn of_request(support: &Support, parts: Parts) -> Reload {
    let support = support.clone();
    Arc::new(move || {
        let (support, mut parts) = (support.clone(), parts.clone());
        Box::pin(async move {
            match Caller::<Authenticated>::from_request_parts(&mut parts, &support).await {
                Ok(caller) => Ok(Some(view(&caller.principal))),
                Err(e) if e.code == Code::Unauthenticated => Ok(None),
                Err(e) => Err(e),
            }
        })
    })
}
