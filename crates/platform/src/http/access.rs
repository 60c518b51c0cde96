//! What a route declares about its callers, and the trait bounds that make it declare something.
//!
//! The declaration is the *type* of the handler's first argument: that type's extractor enforces it, and
//! [`FirstArg`] reads it for the document and for the test that tries every route as the wrong caller.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::OperationDoc;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Anyone; what guards it, if anything, is in the body or the path (a log-in, an unguessable link).
    Public,
    /// Whoever signed the request; the handler checks the signature over the raw body.
    Signed,
    /// Any principal that is logged in.
    Authenticated,
    /// A principal whose role has this permission: `tickets.read`.
    Permission(&'static str),
}

/// A marker type that stands for a requirement, to be a parameter of an extractor: `Caller<TicketsRead>`.
pub trait Access: 'static {
    const ACCESS: Requirement;
}

/// A type whose presence as a handler's first argument says, and enforces, who may call it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare who may call this route",
    note = "make the first argument `Caller<…>`, `Public` or `Signed`"
)]
pub trait DeclaresAccess {
    fn access() -> Requirement;
}

/// A handler's other arguments: what each adds to the description of the operation.
///
/// Extractors of other crates need only `impl platform::http::Argument for Mine {}`.
pub trait Argument {
    fn describe(_doc: &mut OperationDoc<'_>) {}
}

/// Implemented for the argument lists of handlers whose first argument [`DeclaresAccess`].
#[diagnostic::on_unimplemented(
    message = "a handler's first argument must declare its access, and the others must be `Argument`s",
    note = "make the first argument `Caller<…>`, `Public` or `Signed`"
)]
pub trait FirstArg {
    fn access() -> Requirement;
    fn describe(doc: &mut OperationDoc<'_>);
}

macro_rules! first_arg {
    ($($rest:ident)*) => {
        impl<M, First: DeclaresAccess, $($rest: Argument),*> FirstArg for (M, First, $($rest,)*) {
            fn access() -> Requirement {
                First::access()
            }
            fn describe(_doc: &mut OperationDoc<'_>) {
                $($rest::describe(_doc);)*
            }
        }
    };
}
first_arg!();
first_arg!(B);
first_arg!(B C);
first_arg!(B C D);
first_arg!(B C D E);
first_arg!(B C D E F);
first_arg!(B C D E F G);
first_arg!(B C D E F G H);
first_arg!(B C D E F G H I);
first_arg!(B C D E F G H I J);

macro_rules! plain_arguments {
    ($($(#[$m:meta])* $t:ty $(where [$($g:tt)*])?;)*) => {
        $(impl$(<$($g)*>)? Argument for $t {})*
    };
}
plain_arguments! {
    axum::extract::State<S> where [S];
    axum::Extension<T> where [T];
    axum::extract::ConnectInfo<T> where [T];
    axum::extract::Request;
    axum::extract::RawQuery;
    axum::extract::OriginalUri;
    axum::extract::Multipart;
    axum::extract::ws::WebSocketUpgrade;
    axum::body::Body;
    bytes::Bytes;
    http::HeaderMap;
    http::Method;
    http::Uri;
    Option<A> where [A: Argument];
}

/// Anyone may call this route.
#[derive(Debug, Clone, Copy)]
pub struct Public;

/// Whoever can sign the body may call this route: the handler verifies before it parses.
#[derive(Debug, Clone, Copy)]
pub struct Signed;

impl DeclaresAccess for Public {
    fn access() -> Requirement {
        Requirement::Public
    }
}

impl DeclaresAccess for Signed {
    fn access() -> Requirement {
        Requirement::Signed
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Public)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Signed)
    }
}
