//! Lists: which part is asked for, and the envelope that carries it.
//!
//! A list is read with one row more than asked ([`Page::fetch`]); [`Page::finish`] cuts it off and, when it was there,
//! makes the cursor that goes on after the last row shown. `total` counts to [`COUNT_CAP`] and then says so.

use axum::extract::FromRequestParts;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::request::Parts;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use utoipa::{IntoParams, openapi::path::ParameterIn};

use super::{Argument, OperationDoc, query};
use crate::error::{Code, Error, Fault, Result};

/// Counting stops here: `SELECT count(*) FROM (SELECT 1 … LIMIT 10001)`.
pub const COUNT_CAP: i64 = 10_000;
pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 200;
/// Skipping costs as much as reading; past this only a cursor goes on.
const MAX_OFFSET: i64 = 100_000;
const MAX_CURSOR: usize = 2048;

/// The parameters that every list takes. `limit` = `page_size`; `cursor` = `last_key`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows per page, 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before; preferred over `offset` and `page`.
    pub cursor: Option<String>,
    /// Rows to skip.
    #[param(minimum = 0, maximum = 100_000)]
    pub offset: Option<i64>,
    /// The page, from 1.
    #[param(minimum = 1, maximum = 100_000)]
    pub page: Option<i64>,
    /// Another name of `limit`.
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<i64>,
    /// Another name of `cursor`.
    pub last_key: Option<String>,
}

/// Where a list was left: the sort values of the last row shown. Opaque to the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    values: Vec<Value>,
    page: i64,
}

impl Cursor {
    pub fn new(values: &[Value]) -> Self {
        Cursor { values: values.to_vec(), page: 2 }
    }
    pub fn values(&self) -> &[Value] {
        &self.values
    }
    /// The value at `index` as a number, or 400: a cursor is the caller's word.
    pub fn int(&self, index: usize) -> Result<i64> {
        self.values.get(index).and_then(Value::as_i64).ok_or_else(bad_cursor)
    }
    /// The value at `index` as text, or 400.
    pub fn text(&self, index: usize) -> Result<&str> {
        self.values.get(index).and_then(Value::as_str).ok_or_else(bad_cursor)
    }
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.page, self.values]).to_string())
    }
    pub fn decode(text: &str) -> Result<Self> {
        if text.len() > MAX_CURSOR {
            return Err(bad_cursor());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
        let (page, values): (i64, Vec<Value>) = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
        let plain =
            |v: &Value| !v.is_array() && !v.is_object() && v.as_str().is_none_or(|s| !s.contains('\0'));
        if page < 1 || !values.iter().all(plain) {
            return Err(bad_cursor());
        }
        Ok(Cursor { values, page })
    }
}

fn bad_cursor() -> Error {
    let fault = Fault::new("cursor", "format", "is not a cursor of this list");
    Error { faults: vec![fault], ..Error::new(Code::InvalidParameter, "Take the cursor from next_cursor.") }
}

/// Which part of a list is asked for. As an extractor it refuses every parameter that is not its own.
#[derive(Debug, Clone)]
pub struct Page {
    /// 1 … 200.
    pub limit: i64,
    pub cursor: Option<Cursor>,
    /// 0 where there is a cursor.
    pub offset: i64,
}

impl Default for Page {
    fn default() -> Self {
        Page { limit: DEFAULT_LIMIT, cursor: None, offset: 0 }
    }
}

impl Page {
    /// How many rows to read: one more than to show.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// The number of this page, from 1.
    pub fn number(&self) -> i64 {
        self.cursor.as_ref().map_or(self.offset / self.limit + 1, |c| c.page)
    }

    /// `rows` holds up to [`fetch`](Self::fetch) rows; `key` gives the sort values of the last one shown.
    pub fn finish<T>(&self, mut rows: Vec<T>, total: i64, key: impl FnOnce(&T) -> Vec<Value>) -> ListPage<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next =
            rows.last().filter(|_| more).map(|last| Cursor { values: key(last), page: self.number() + 1 });
        ListPage {
            items: rows,
            total: total.min(COUNT_CAP),
            total_capped: total > COUNT_CAP,
            page: self.number(),
            limit: self.limit,
            next_cursor: next.map(|c| c.encode()),
        }
    }

    pub(super) fn read(p: PageParams) -> Result<Self> {
        let mut faults = Vec::new();
        let mut once = |names: &[(&str, bool)], what: &str| {
            let given: Vec<_> = names.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
            for name in given.iter().skip(1) {
                faults.push(Fault::new(
                    *name,
                    "repeated",
                    format!("{what} is said already by `{}`", given[0]),
                ));
            }
        };
        let cursor = p.cursor.filter(|c| !c.is_empty());
        let last_key = p.last_key.filter(|c| !c.is_empty());
        once(&[("limit", p.limit.is_some()), ("page_size", p.page_size.is_some())], "the size of the page");
        once(
            &[
                ("cursor", cursor.is_some()),
                ("last_key", last_key.is_some()),
                ("offset", p.offset.is_some()),
                ("page", p.page.is_some()),
            ],
            "where to start",
        );
        if !faults.is_empty() {
            return Err(Error { faults, ..Error::new(Code::InvalidParameter, "Say each thing once.") });
        }
        let limit = p.limit.or(p.page_size).unwrap_or(DEFAULT_LIMIT);
        let cursor = cursor.or(last_key).map(|c| Cursor::decode(&c)).transpose()?;
        let offset = p.offset.or(p.page.map(|n| (n - 1) * limit)).unwrap_or(0);
        if offset > MAX_OFFSET {
            let fault =
                Fault::new("page", "out_of_range", format!("must start within the first {MAX_OFFSET} rows"));
            return Err(Error {
                faults: vec![fault],
                ..Error::new(Code::InvalidParameter, "Go on by cursor.")
            });
        }
        Ok(Page { limit, cursor, offset })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        query::read::<PageParams>(parts.uri.query().unwrap_or_default()).and_then(Page::read)
    }
}

impl Argument for Page {
    fn describe(doc: &mut OperationDoc<'_>) {
        for parameter in PageParams::into_params(|| Some(ParameterIn::Query)) {
            doc.parameter(parameter);
        }
    }
}

/// The page and the filters of a list: `ListQuery(page, filter): ListQuery<TicketFilter>`.
#[derive(Debug, Clone)]
pub struct ListQuery<F>(pub Page, pub F);

impl<S: Send + Sync, F: DeserializeOwned + IntoParams + 'static> FromRequestParts<S> for ListQuery<F> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let (page, filter) = query::read_both::<PageParams, F>(parts.uri.query().unwrap_or_default())?;
        Ok(ListQuery(Page::read(page)?, filter))
    }
}

impl<F: IntoParams> Argument for ListQuery<F> {
    fn describe(doc: &mut OperationDoc<'_>) {
        for parameter in F::into_params(|| Some(ParameterIn::Query)) {
            doc.parameter(parameter);
        }
        Page::describe(doc);
    }
}

/// For `ListQuery<NoFilter>`.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
pub struct NoFilter {}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ListPage<T> {
    pub items: Vec<T>,
    pub total: i64,
    /// There are more than `total`; counting stopped.
    pub total_capped: bool,
    pub page: i64,
    pub limit: i64,
    pub next_cursor: Option<String>,
}

impl<T> ListPage<T> {
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> ListPage<U> {
        ListPage {
            items: self.items.into_iter().map(f).collect(),
            total: self.total,
            total_capped: self.total_capped,
            page: self.page,
            limit: self.limit,
            next_cursor: self.next_cursor,
        }
    }
}

impl<T: Serialize> ListPage<T> {
    /// The envelope, with the rows under `plural`.
    pub fn into_json(self, plural: &str) -> Value {
        json!({
            plural: self.items,
            "total": self.total,
            "total_capped": self.total_capped,
            "page": self.page,
            "limit": self.limit,
            "next_cursor": self.next_cursor,
        })
    }
}

/// The envelope of a list as a type, for the document and for the answer.
///
/// `list_schema!(TicketList, tickets: TicketRow);` makes `pub struct TicketList { tickets: Vec<TicketRow>, total, … }`
/// with `From<ListPage<TicketRow>>`.
#[macro_export]
macro_rules! list_schema {
    ($(#[$meta:meta])* $name:ident, $plural:ident : $row:ty) => {
        $(#[$meta])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            pub $plural: Vec<$row>,
            /// Counts to 10 000.
            pub total: i64,
            /// There are more than `total`.
            pub total_capped: bool,
            pub page: i64,
            pub limit: i64,
            /// For `cursor` of the next page; null on the last.
            pub next_cursor: Option<String>,
        }

        impl From<$crate::http::ListPage<$row>> for $name {
            fn from(list: $crate::http::ListPage<$row>) -> Self {
                $name {
                    $plural: list.items,
                    total: list.total,
                    total_capped: list.total_capped,
                    page: list.page,
                    limit: list.limit,
                    next_cursor: list.next_cursor,
                }
            }
        }
    };
}
