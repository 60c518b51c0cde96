//! Lists of leads: in which order, and a page of them.
//!
//! Whatever is asked, the number of reads is fixed: the pipelines, how many there are and the way to find them, the page,
//! and what the rows refer to. The total is counted with the first page and carried along in the cursor, and so is the way.

mod filter;

use platform::{
    Conn, Error, Fault, Result,
    counts::Counts,
    db::Value,
    error::Code,
    fold::fold,
    http::{Cursor, ListPage, Page},
};
use serde_json::{Value as Json, json};

pub use self::filter::{Asker, Ending, LeadFilter};
use super::{
    Lead, LeadScope,
    query::{
        Drive, Key, Order, Selection,
        page::{self, At, Half, Part},
        plan::{self, Plan, choices},
    },
    search, store,
};

platform::words!(
    /// The order of a list.
    Sort {
        Newest = "-created_at",
        Oldest = "created_at",
        NewestChange = "-updated_at",
        OldestChange = "updated_at",
        NewestInteraction = "-last_interaction_at",
        OldestInteraction = "last_interaction_at",
        Name = "name",
        NameBackwards = "-name",
        LowestScore = "score",
        HighestScore = "-score",
        LowestValue = "value",
        HighestValue = "-value",
        FirstDue = "due_at",
        LastDue = "-due_at",
    }
);

/// A list to read.
#[derive(Debug, Clone)]
pub struct Asked {
    pub selection: Selection,
    pub order: Order,
    pub search: Option<String>,
}

fn invalid(faults: Vec<Fault>) -> Error {
    Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") }
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        let key = match sort {
            Sort::Newest | Sort::Oldest => Key::Created,
            Sort::NewestChange | Sort::OldestChange => Key::Updated,
            Sort::NewestInteraction | Sort::OldestInteraction => Key::Interaction,
            Sort::Name | Sort::NameBackwards => Key::Name,
            Sort::LowestScore | Sort::HighestScore => Key::Score,
            Sort::LowestValue | Sort::HighestValue => Key::Value,
            Sort::FirstDue | Sort::LastDue => Key::Due,
        };
        Order { key, descending: sort.as_str().starts_with('-') }
    }
}

/// A page of leads.
pub fn list(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    asked: &Asked,
    page: &Page,
) -> Result<ListPage<Lead>> {
    let s = &asked.selection;
    if s.is_empty() {
        return Ok(page.finish(Vec::new(), 0, |_| Vec::new()));
    }
    if let Some(words) = &asked.search {
        return search::list(c, counts, scope, s, asked.order, words, page);
    }
    let (order, need) = (asked.order, page.offset + page.fetch());
    let plan = match &page.cursor {
        None => plan::plan(c, counts, scope, s, order, need)?,
        // A cursor that names another way, or another total, deceives nobody but whoever made it.
        Some(cursor) => {
            let choice = usize::try_from(cursor.int(3)?).unwrap_or(usize::MAX);
            let drive = choices(scope, s).into_iter().nth(choice).ok_or_else(bad_cursor)?;
            Plan { choice, drive, total: cursor.int(2)?, is_part: cursor.int(4)? != 0 }
        }
    };
    let after = page.cursor.as_ref().map(|cursor| at(cursor, order.key)).transpose()?;
    let part = Part { after, offset: page.offset, fetch: page.fetch() };
    let rows = match plan.total {
        0 if !plan.is_part => Vec::new(),
        _ => read(c, scope, s, order, &plan.drive, &part)?,
    };
    let (total, choice, is_part) = (plan.total, plan.choice, plan.is_part);
    let key = |lead: &Lead| {
        let end = [json!(total), json!(choice), json!(i64::from(is_part))];
        [key_of(lead, order.key), json!(lead.id)].into_iter().chain(end).collect()
    };
    let mut found = page.finish(rows, total, key);
    found.total_capped |= is_part;
    Ok(found)
}

/// The rows of a page; in two halves, where the second is seldom needed.
fn read(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    order: Order,
    drive: &Drive,
    part: &Part,
) -> Result<Vec<Lead>> {
    let half = |half, part: &Part| match page::page(c.engine(), scope, s, order, drive, half, part) {
        Some(b) => c.all(b.sql(), &b.values, store::read),
        None => Ok(Vec::new()),
    };
    if !page::has_halves(order, drive) {
        return half(Half::Both, part);
    }
    let mut rows = half(Half::Valued, part)?;
    let missing = part.fetch - rows.len() as i64;
    if missing > 0 {
        // How many there were before the page is not known when none of them is on it.
        match part.offset > 0 && rows.is_empty() {
            true => rows = half(Half::Both, part)?,
            false => rows.extend(half(Half::Absent, &Part { offset: 0, fetch: missing, ..part.clone() })?),
        }
    }
    Ok(rows)
}

fn bad_cursor() -> Error {
    invalid(vec![Fault::new("cursor", "format", "is not a cursor of this list")])
}

/// Where a cursor says that the last page ended.
pub(super) fn at(cursor: &Cursor, key: Key) -> Result<At> {
    let value = match cursor.values().first() {
        Some(Json::Null) if key.may_be_absent() => Value::Null,
        _ if key == Key::Name => Value::from(cursor.text(0)?.to_owned()),
        _ => Value::from(cursor.int(0)?),
    };
    Ok(At { key: value, id: cursor.int(1)? })
}

/// What a lead is ordered by.
pub(super) fn key_of(lead: &Lead, key: Key) -> Json {
    match key {
        Key::Created => json!(lead.created_at),
        Key::Updated => json!(lead.updated_at),
        Key::Interaction => json!(lead.last_interaction_at),
        Key::Name => json!(fold(&lead.name)),
        Key::Score => json!(lead.score),
        Key::Value => json!(lead.value),
        Key::Due => json!(lead.due_at),
    }
}
