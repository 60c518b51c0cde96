//! The routes of leads.

mod aging;
mod assign;
mod board;
mod bulk;
mod capacity;
mod contact;
mod create;
mod duplicates;
mod export;
mod history;
mod list;
mod read;
mod settings;
mod sla;
mod status;
mod students;
mod summary;
mod update;

pub use self::export::of_all as export_all;

use platform::{
    Error, Fault, Result,
    http::{Api, Json, parse_json},
};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::Crm;

/// Adds them.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    create::mount(&mut api);
    read::mount(&mut api);
    update::mount(&mut api);
    status::mount(&mut api);
    assign::mount(&mut api);
    capacity::mount(&mut api);
    bulk::mount(&mut api);
    students::mount(&mut api);
    history::mount(&mut api);
    settings::mount(&mut api);
    list::mount(&mut api);
    export::mount(&mut api);
    board::mount(&mut api);
    summary::mount(&mut api);
    aging::mount(&mut api);
    contact::mount(&mut api);
    duplicates::mount(&mut api);
    sla::mount(&mut api);
    api
}

/// A body that may be left out, checked as any other.
fn optional<T: DeserializeOwned + ToSchema + 'static>(body: &[u8]) -> Result<Option<T>> {
    match body.iter().all(u8::is_ascii_whitespace) {
        true => Ok(None),
        false => Json::check(parse_json(body)?).map(Some),
    }
}

/// What is said in the body or in the query, once.
fn once<T: PartialEq>(field: &'static str, body: Option<T>, query: Option<T>) -> Result<T> {
    match (body, query) {
        (Some(said), None) | (None, Some(said)) => Ok(said),
        (Some(a), Some(b)) if a == b => Ok(a),
        (Some(_), Some(_)) => Err(Error::invalid_field(field, "repeated", "the query says another one")),
        (None, None) => Err(Error::invalid_field(field, "required", "is missing")),
    }
}

/// 422 with all of `faults`, if there are any.
fn all_well(faults: Vec<Fault>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}
