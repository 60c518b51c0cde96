//! [`Caller`]: a request that is authenticated and allowed, as a handler's first argument.

use std::{marker::PhantomData, sync::Arc};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::{header, request::Parts};
use platform::{
    Error, Result,
    events::{Actor, Origin},
    http::{Argument, ClientAddress, DeclaresAccess, RequestId, Requirement},
};

use super::{Principal, Scope};
use crate::{Desk, UserId};

/// A permission as a type; [`permission!`](crate::permission) declares one.
pub trait Permission: Send + Sync + 'static {
    /// `resource.action`.
    const ACTION: &'static str;
    /// What the route declares.
    const REQUIREMENT: Requirement = Requirement::Permission(Self::ACTION);
}

/// For `Caller<Authenticated>`: whoever is logged in, whatever their role.
#[derive(Debug, Clone, Copy)]
pub struct Authenticated;

impl Permission for Authenticated {
    const ACTION: &'static str = "";
    const REQUIREMENT: Requirement = Requirement::Authenticated;
}

/// Declares permissions: `permission!(/** Read tickets. */ pub TicketsRead = "tickets.read");`.
#[macro_export]
macro_rules! permission {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $action:literal);+ $(;)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            $vis struct $name;
            impl $crate::access::Permission for $name {
                const ACTION: &'static str = $action;
            }
        )+
    };
}

/// A caller who is logged in and holds `P`. No or bad credentials are 401, a role without the permission is 403.
pub struct Caller<P> {
    pub principal: Arc<Principal>,
    /// How far `P` is allowed; `All` for [`Authenticated`].
    pub scope: Scope,
    /// Carried down to the events: who, from where, in which request.
    pub origin: Origin,
    /// The log-in that the access token belongs to; `None` for an API key.
    pub session: Option<i64>,
    permission: PhantomData<P>,
}

impl<P> std::fmt::Debug for Caller<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("principal", &self.principal.kind).field("scope", &self.scope).finish()
    }
}

impl<P> Clone for Caller<P> {
    fn clone(&self) -> Self {
        Caller {
            principal: self.principal.clone(),
            scope: self.scope,
            origin: self.origin.clone(),
            session: self.session,
            permission: PhantomData,
        }
    }
}

impl<P> Caller<P> {
    /// The person; 403 for an API key.
    pub fn user(&self) -> Result<UserId> {
        self.principal.user_id().ok_or_else(|| Error {
            detail: "Only a person who is logged in can do this.".into(),
            ..Error::forbidden()
        })
    }
}

impl<P: Permission> DeclaresAccess for Caller<P> {
    fn access() -> Requirement {
        P::REQUIREMENT
    }
}

impl<P: Permission> Argument for Caller<P> {}

impl<S, P> FromRequestParts<S> for Caller<P>
where
    S: Send + Sync,
    P: Permission,
    Desk: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let desk = Desk::from_ref(state);
        let known = desk.access.authenticate(parts).await?;
        let scope = match P::REQUIREMENT {
            Requirement::Permission(action) => {
                known.principal.scope_of(action).ok_or_else(Error::forbidden)?
            }
            _ => Scope::All,
        };
        let origin = origin(parts, known.principal.actor());
        Ok(Caller {
            principal: known.principal,
            scope,
            origin,
            session: known.session,
            permission: PhantomData,
        })
    }
}

/// Where a request comes from, as its events will tell.
pub fn origin(parts: &Parts, actor: Actor) -> Origin {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
    Origin {
        actor,
        request_id: parts.extensions.get::<RequestId>().map(|r| r.0.clone()),
        address: parts.extensions.get::<ClientAddress>().map(|a| a.0.to_string()),
        user_agent: agent.map(|a| a.chars().take(300).collect()),
    }
}
