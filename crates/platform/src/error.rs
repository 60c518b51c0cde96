//! The one error type, from storage to the HTTP answer.
//!
//! Doctrine: an error is built by its meaning (`not_found`, `conflict`, `invalid` …), and its code comes from the
//! one table below, which is also the table in the documentation. Whatever went wrong inside is logged once,
//! where the answer is made, and never leaves the process: the caller reads *internal error* and a request id.

use std::{borrow::Cow, fmt};

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($name:ident = $status:literal $text:literal $title:literal;)*) => {
        /// Every code that an answer can carry. Stable: clients match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            pub fn status(self) -> u16 { match self { $(Code::$name => $status,)* } }
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $text,)* } }
            pub fn title(self) -> &'static str { match self { $(Code::$name => $title,)* } }
        }
    };
}

codes! {
    Malformed = 400 "malformed" "The request could not be read";
    UnknownParameter = 400 "unknown_parameter" "The query has a parameter that this route does not know";
    InvalidParameter = 400 "invalid_parameter" "A parameter of the path or the query is not valid";
    Unauthenticated = 401 "unauthenticated" "Log in, or send an API key";
    BadCredentials = 401 "bad_credentials" "The name or the password is wrong";
    BadSignature = 401 "bad_signature" "The signature does not match the body";
    Forbidden = 403 "forbidden" "You are known, but this is not allowed to you";
    NotFound = 404 "not_found" "It is not there, or not yours to see";
    MethodNotAllowed = 405 "method_not_allowed" "This path does not take this method";
    Conflict = 409 "conflict" "It clashes with what is there";
    StaleVersion = 409 "stale_version" "Somebody changed it since you read it";
    WrongState = 409 "wrong_state" "Its present state does not allow this";
    Duplicate = 409 "duplicate" "There is one like it already";
    DuplicateKeyword = 409 "duplicate_keyword" "This keyword exists already";
    DuplicateContactMethod = 409 "duplicate_contact_method" "This address belongs to a contact already";
    DuplicateLead = 409 "duplicate_lead" "There is a lead with this address already";
    AlreadyCompleted = 409 "already_completed" "It was completed before";
    HasOpenWork = 409 "has_open_work" "Open work must be reassigned first";
    IdempotencyMismatch = 409 "idempotency_mismatch" "This Idempotency-Key was used with another request";
    TooLarge = 413 "too_large" "The body is larger than allowed";
    UnsupportedMediaType = 415 "unsupported_media_type" "This content type is not understood here";
    Invalid = 422 "invalid" "Some fields are not valid";
    RateLimited = 429 "rate_limited" "Too many requests";
    QuotaExceeded = 429 "quota_exceeded" "The daily quota is used up";
    Internal = 500 "internal" "Something went wrong on our side";
    Busy = 503 "busy" "Too much is waiting; try again shortly";
    Unavailable = 503 "unavailable" "Not ready to serve";
}

/// One thing wrong with one field. `field` is a JSON path with dots (`methods.0.value`) or a parameter's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: String,
    /// Short and stable: `required`, `type`, `too_long`, `too_short`, `out_of_range`, `unknown`, `format`, `not_found` …
    pub code: Cow<'static, str>,
    pub message: String,
}

impl Fault {
    pub fn new(
        field: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Fault { field: field.into(), code: code.into(), message: message.into() }
    }
}

/// What the caller is told, and, apart from it, what only the log is told.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    pub detail: Cow<'static, str>,
    pub faults: Vec<Fault>,
    /// Seconds, for 429 and 503.
    pub retry_after: Option<u64>,
    /// Never shown to a caller.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Error { code, detail: detail.into(), faults: Vec::new(), retry_after: None, cause: None }
    }
    /// `what` is the noun: "ticket", "user".
    pub fn not_found(what: &'static str) -> Self {
        Error::new(Code::NotFound, format!("There is no such {what}, or it is not yours to see."))
    }
    pub fn forbidden() -> Self {
        Error::new(Code::Forbidden, "Your role does not allow this.")
    }
    pub fn unauthenticated() -> Self {
        Error::new(Code::Unauthenticated, "Send a bearer token or an x-api-key header.")
    }
    pub fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Error::new(Code::Malformed, detail)
    }
    pub fn conflict(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Error::new(code, detail)
    }
    pub fn stale() -> Self {
        Error::new(Code::StaleVersion, "Read it again and repeat your change on what you find.")
    }
    /// All faults at once; must not be empty.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        debug_assert!(!faults.is_empty());
        Error { faults, ..Error::new(Code::Invalid, "Mend the listed fields and send it again.") }
    }
    pub fn invalid_field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Error::invalid(vec![Fault::new(field, code, message)])
    }
    pub fn busy() -> Self {
        Error { retry_after: Some(1), ..Error::new(Code::Busy, "The write queue is full.") }
    }
    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Error { retry_after: Some(2), ..Error::new(Code::Unavailable, detail) }
    }
    /// Whatever should not happen. The cause goes to the log alone.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error {
            cause: Some(cause.into()),
            ..Error::new(Code::Internal, "The fault is recorded under the request id.")
        }
    }
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        for x in &self.faults {
            write!(f, " [{} {}: {}]", x.field, x.code, x.message)?;
        }
        match &self.cause {
            Some(c) => write!(f, " ({c})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
