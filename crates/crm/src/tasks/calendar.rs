//! A month of tasks, by the days of the organisation's zone.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use platform::{Conn, Error, Result, clock::Millis, days::Days};

use super::{
    Task, TaskScope,
    list::in_order,
    query::{self, Assignee, Order, Part, Selection},
};
use crate::TaskId;

/// Tasks that one month shows.
pub const MOST: i64 = 1_000;

/// A month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(Date);

impl Month {
    /// `2026-01`. Errors: 400.
    pub fn parse(text: &str) -> Result<Month> {
        let wrong = || {
            let fault = platform::Fault::new("month", "format", "must be a month: 2026-01");
            Error {
                faults: vec![fault],
                ..Error::new(platform::Code::InvalidParameter, "There is no such month.")
            }
        };
        let (year, month) = text.split_once('-').filter(|_| text.len() == 7).ok_or_else(wrong)?;
        let (year, month) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        // The last one has no next.
        match (1970..=9998).contains(&year) && (1..=12).contains(&month) {
            true => Ok(Month(date(year, month, 1))),
            false => Err(wrong()),
        }
    }

    /// `2026-01`.
    pub fn name(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }

    fn dates(self) -> impl Iterator<Item = Date> {
        self.0.series(jiff::Span::new().days(1)).take(self.0.days_in_month() as usize)
    }

    /// When it begins, and when the next one does.
    fn bounds(self, days: &Days) -> (Millis, Millis) {
        let next = self.0.last_of_month().tomorrow().unwrap_or(Date::MAX);
        (days.start(self.0), days.start(next))
    }
}

/// Every day of the month with what is due on it, in order; and whether there were more than [`MOST`]. Two queries.
pub fn of_month(
    c: &Conn<'_>,
    scope: &TaskScope,
    assignee: Option<Assignee>,
    month: Month,
    days: &Days,
    now: Millis,
) -> Result<(BTreeMap<Date, Vec<Task>>, bool)> {
    let (from, to) = month.bounds(days);
    let selection = Selection { assignee, due_from: Some(from), due_to: Some(to), ..Selection::default() };
    let part = Part { after: None, offset: 0, fetch: MOST + 1 };
    let b = query::page(scope, &selection, Order::Usual, &part, now);
    let mut found: Vec<(TaskId, i64)> = c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    let mut tasks = in_order(c, &found)?;
    tasks.sort_by_key(|t| (t.due_at, t.id));
    let mut out: BTreeMap<Date, Vec<Task>> = month.dates().map(|d| (d, Vec::new())).collect();
    for task in tasks {
        if let Some(due) = task.due_at {
            out.entry(days.day(due)).or_default().push(task);
        }
    }
    Ok((out, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_have_their_days() {
        let february = Month::parse("2024-02").unwrap();
        assert_eq!((february.name(), february.dates().count()), ("2024-02".to_owned(), 29));
        for wrong in
            ["2024", "2024-13", "2024-00", "24-01", "2024-1", "9999-12", "abcd-ef", "2024-02-01", "+024-02"]
        {
            assert!(Month::parse(wrong).is_err(), "{wrong}");
        }
        let days = Days::of("Asia/Ho_Chi_Minh").unwrap();
        let (from, to) = february.bounds(&days);
        assert_eq!(platform::time::rfc3339(from), "2024-01-31T17:00:00.000Z");
        assert_eq!((to - from) / platform::clock::DAY, 29);
    }
}
