//! Errors of the engines, told in one vocabulary.

use crate::error::{Code, Error};

/// The name of the constraint or index that a statement ran into, as both engines can tell it.
/// A store maps it at the call: `.map_err(|e| on_constraint(e, "users.email", …))`.
#[derive(Debug, thiserror::Error)]
#[error("{engine}: {message}")]
pub struct StorageError {
    engine: &'static str,
    message: String,
    pub unique_violation: bool,
    pub foreign_key_violation: bool,
}

pub(super) fn sqlite(e: rusqlite::Error) -> Error {
    use rusqlite::ffi;
    let (mut unique, mut foreign) = (false, false);
    if let rusqlite::Error::SqliteFailure(code, _) = &e {
        match code.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => unique = true,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => foreign = true,
            _ => {}
        }
        let passing = match code.code {
            rusqlite::ErrorCode::DiskFull => Some("The disk is full; nothing was stored."),
            rusqlite::ErrorCode::SystemIoFailure => Some("The disk failed; nothing was stored."),
            rusqlite::ErrorCode::OperationInterrupted => Some("It took too long and was given up."),
            rusqlite::ErrorCode::DatabaseBusy => Some("Another process holds the database."),
            _ => None,
        };
        if let Some(detail) = passing {
            return Error { cause: Some(Box::new(e)), ..Error::unavailable(detail) };
        }
    }
    wrap(StorageError {
        engine: "sqlite",
        message: e.to_string(),
        unique_violation: unique,
        foreign_key_violation: foreign,
    })
}

pub(super) fn postgres(e: postgres::Error) -> Error {
    use postgres::error::SqlState;
    let state = e.code().cloned();
    let message = match e.as_db_error() {
        Some(d) => format!("{} {}", d.code().code(), d.message()),
        None => match std::error::Error::source(&e) {
            Some(cause) => format!("{e}: {cause}"),
            None => e.to_string(),
        },
    };
    if connection_lost(&e) {
        return Error {
            cause: Some(message.into()),
            ..Error::unavailable("The database connection was lost.")
        };
    }
    let passing = match state.as_ref() {
        Some(s) if *s == SqlState::QUERY_CANCELED => Some("It took too long and was given up."),
        Some(s) if *s == SqlState::DISK_FULL => Some("The disk is full; nothing was stored."),
        Some(s) if *s == SqlState::READ_ONLY_SQL_TRANSACTION => {
            Some("The database takes no writes at present.")
        }
        Some(s) if s.code().starts_with("53") => Some("The database is short of resources."),
        _ => None,
    };
    if let Some(detail) = passing {
        return Error { cause: Some(message.into()), ..Error::unavailable(detail) };
    }
    wrap(StorageError {
        engine: "postgres",
        message,
        unique_violation: state == Some(SqlState::UNIQUE_VIOLATION),
        foreign_key_violation: state == Some(SqlState::FOREIGN_KEY_VIOLATION),
    })
}

/// The connection is gone, or the server is going: the next one may do better.
pub(super) fn connection_lost(e: &postgres::Error) -> bool {
    if e.is_closed() {
        return true;
    }
    match e.code() {
        // 57P01–57P03 and 57P05: shutting down, crashed, starting up, idle too long. Class 08: connection trouble.
        Some(state) => state.code().starts_with("08") || state.code().starts_with("57P"),
        None => std::error::Error::source(e).is_some_and(|s| s.is::<std::io::Error>()),
    }
}

fn wrap(e: StorageError) -> Error {
    if e.foreign_key_violation {
        return Error {
            cause: Some(Box::new(e)),
            ..Error::new(Code::Conflict, "It refers to something that is not there.")
        };
    }
    if e.unique_violation {
        return Error {
            cause: Some(Box::new(e)),
            ..Error::new(Code::Duplicate, "There is one like it already.")
        };
    }
    Error::internal(e)
}
