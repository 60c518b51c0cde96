//! Values that go in and columns that come out, the same on both engines.

use std::{borrow::Cow, error::Error as StdError};

use bytes::BytesMut;
use postgres::types::{FromSql as PgFromSql, IsNull, ToSql as PgToSql, Type, to_sql_checked};
use rusqlite::types::{FromSql as LiteFromSql, ToSqlOutput, ValueRef};

use crate::error::Result;

/// One parameter. Integers are `bigint`, everywhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// Roughly the bytes that this adds to a transaction.
    pub(super) fn weight(&self) -> usize {
        match self {
            Value::Text(t) => t.len(),
            Value::Blob(b) => b.len(),
            _ => 8,
        }
    }
    fn word(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Real(_) => "a double",
            Value::Bool(_) => "a bool",
            Value::Text(_) => "a text",
            Value::Blob(_) => "a blob",
        }
    }
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Int(v) => Value::Int(v),
            Value::Real(v) => Value::Real(v),
            Value::Bool(v) => Value::Bool(v),
            Value::Text(v) => Value::Text(Cow::Owned(v.into_owned())),
            Value::Blob(v) => Value::Blob(Cow::Owned(v.into_owned())),
        }
    }
}

/// `params![id, &name, None::<i64>]`: a slice of [`Value`]s.
#[macro_export]
macro_rules! params {
    ($($v:expr),* $(,)?) => { &[$($crate::db::Value::from($v)),*] as &[$crate::db::Value<'_>] };
}

macro_rules! value_from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => { $(impl<'a> From<$t> for Value<'a> { fn from($v: $t) -> Self { $e } })* };
}
value_from! {
    i64 => |v| Value::Int(v), &i64 => |v| Value::Int(*v), i32 => |v| Value::Int(v.into()), u32 => |v| Value::Int(v.into()),
    u16 => |v| Value::Int(v.into()), usize => |v| Value::Int(v as i64),
    f64 => |v| Value::Real(v), bool => |v| Value::Bool(v), &bool => |v| Value::Bool(*v),
    &'a str => |v| Value::Text(v.into()), String => |v| Value::Text(v.into()), &'a String => |v| Value::Text(v.as_str().into()),
    Cow<'a, str> => |v| Value::Text(v), &'a Cow<'a, str> => |v| Value::Text(Cow::Borrowed(v)),
    &'a [u8] => |v| Value::Blob(v.into()), Vec<u8> => |v| Value::Blob(v.into()), &'a Vec<u8> => |v| Value::Blob(v.as_slice().into()),
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}
macro_rules! value_from_optional {
    ($($t:ty),*) => { $(impl<'a> From<&'a Option<$t>> for Value<'a> {
        fn from(v: &'a Option<$t>) -> Self { v.as_ref().map_or(Value::Null, Value::from) }
    })* };
}
value_from_optional!(i64, bool, String, Vec<u8>);

/// PostgreSQL's text cannot hold NUL, and SQLite's functions stop at it: both store U+FFFD instead.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(v) => ValueRef::Integer(*v),
            Value::Real(v) => ValueRef::Real(*v),
            Value::Bool(v) => ValueRef::Integer((*v).into()),
            Value::Text(v) if v.contains('\0') => {
                return Ok(ToSqlOutput::Owned(rusqlite::types::Value::Text(without_nul(v))));
            }
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Blob(v) => ValueRef::Blob(v),
        }))
    }
}

impl PgToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        // The bytes of one type would be read as another's, some of them without complaint: the pairs are named.
        let text = matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN);
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(v) if *ty == Type::INT8 => v.to_sql(ty, out),
            Value::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Value::Int(v) if *ty == Type::FLOAT8 => (*v as f64).to_sql(ty, out),
            Value::Real(v) if *ty == Type::FLOAT8 => v.to_sql(ty, out),
            Value::Bool(v) if *ty == Type::BOOL => v.to_sql(ty, out),
            Value::Text(v) if text && v.contains('\0') => without_nul(v).to_sql(ty, out),
            Value::Text(v) if text => v.as_ref().to_sql(ty, out),
            Value::Blob(v) if *ty == Type::BYTEA => v.as_ref().to_sql(ty, out),
            other => Err(format!("{} is no value for a parameter of type {ty}", other.word()).into()),
        }
    }
    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::FLOAT8
                | Type::BOOL
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::BYTEA
                | Type::UNKNOWN
        )
    }
    to_sql_checked!();
}

/// A Rust type that a column can be read as: `i64 f64 bool String Vec<u8>`, an id type, or an `Option` of one.
pub trait Column: LiteFromSql + for<'a> PgFromSql<'a> {}
impl<T: LiteFromSql + for<'a> PgFromSql<'a>> Column for T {}

/// One row of an answer, read by position in the order of the `SELECT`.
#[derive(Debug, Clone, Copy)]
pub enum Row<'r> {
    #[doc(hidden)]
    Lite(&'r rusqlite::Row<'r>),
    #[doc(hidden)]
    Pg(&'r postgres::Row),
}

impl<'r> Row<'r> {
    pub fn get<T: Column>(&self, index: usize) -> Result<T> {
        match self {
            Row::Lite(r) => r.get(index).map_err(super::failure::sqlite),
            Row::Pg(r) => r.try_get(index).map_err(super::failure::postgres),
        }
    }
    /// Reads column after column: `let mut c = row.columns(); User { id: c.next()?, name: c.next()? }`.
    pub fn columns(self) -> Columns<'r> {
        Columns { row: self, at: 0 }
    }
}

/// See [`Row::columns`].
#[derive(Debug)]
pub struct Columns<'r> {
    row: Row<'r>,
    at: usize,
}

impl Columns<'_> {
    #[expect(clippy::should_implement_trait, reason = "each column has its own type")]
    pub fn next<T: Column>(&mut self) -> Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }
}

/// An id of one table: `platform::id_type!(TicketId)`. A number in JSON, a `bigint` in storage, and never
/// mistaken for another table's.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl From<$name> for $crate::db::Value<'_> {
            fn from(v: $name) -> Self { $crate::db::Value::Int(v.0) }
        }
        impl From<&$name> for $crate::db::Value<'_> {
            fn from(v: &$name) -> Self { $crate::db::Value::Int(v.0) }
        }
        impl $crate::db::rusqlite::types::FromSql for $name {
            fn column_result(v: $crate::db::rusqlite::types::ValueRef<'_>) -> $crate::db::rusqlite::types::FromSqlResult<Self> {
                i64::column_result(v).map($name)
            }
        }
        impl<'a> $crate::db::pg_types::FromSql<'a> for $name {
            fn from_sql(ty: &$crate::db::pg_types::Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                <i64 as $crate::db::pg_types::FromSql>::from_sql(ty, raw).map($name)
            }
            fn accepts(ty: &$crate::db::pg_types::Type) -> bool {
                <i64 as $crate::db::pg_types::FromSql>::accepts(ty)
            }
        }
    };
}

/// A closed list of words: a lower-case word in JSON and in storage.
///
/// `platform::words!(/** Where it stands. */ Status { New = "new", Open = "open" });`
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:tt),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            pub fn as_str(self) -> &'static str { match self { $($name::$variant => $word),* } }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::Error;
            fn from_str(word: &str) -> $crate::Result<Self> {
                match word { $($word => Ok($name::$variant),)* _ => Err($crate::Error::internal(format!("not a {}: {word}", stringify!($name)))) }
            }
        }
        impl From<$name> for $crate::db::Value<'_> {
            fn from(v: $name) -> Self { $crate::db::Value::Text(v.as_str().into()) }
        }
    };
}
