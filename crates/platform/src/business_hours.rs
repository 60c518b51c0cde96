//! Business hours: a clock that runs while somebody is there, and stands still otherwise.
//!
//! A week of spans in a zone, less the days on which nobody is there. Pure: it reads no clock and stores nothing. What is
//! counted is time that passes, so an hour that the clocks skip in spring is none, and one that they repeat in autumn is two.
//! A span may cross midnight; a holiday is a day from midnight to midnight, and takes away what falls on it of a span that
//! began on the eve. Nothing is looked for farther than [`HORIZON`] days ahead, so that no week and no list of holidays
//! can keep a search going.

use std::collections::BTreeSet;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Fault, clock::Millis};

/// Days that are looked at, at most: five years.
pub const HORIZON: usize = 5 * 366;
/// Spans of a day, and holidays, at most.
const MOST_SPANS: usize = 12;
const MOST_HOLIDAYS: usize = 500;
/// Minutes of a day as clocks count them.
const DAY: i32 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The spans of each day of the week; a day that is not named has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = BusinessWeek)]
pub struct Week {
    #[schema(max_items = 12)]
    pub mon: Vec<Span>,
    #[schema(max_items = 12)]
    pub tue: Vec<Span>,
    #[schema(max_items = 12)]
    pub wed: Vec<Span>,
    #[schema(max_items = 12)]
    pub thu: Vec<Span>,
    #[schema(max_items = 12)]
    pub fri: Vec<Span>,
    #[schema(max_items = 12)]
    pub sat: Vec<Span>,
    #[schema(max_items = 12)]
    pub sun: Vec<Span>,
}

/// From one time of the day to another; one that ends before it begins ends on the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BusinessSpan)]
pub struct Span {
    /// `08:00`.
    #[schema(max_length = 10)]
    pub from: String,
    /// `17:00`; the end of the day is `24:00`.
    #[schema(max_length = 10)]
    pub to: String,
}

/// A day on which nobody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// `2026-12-25`.
    #[schema(max_length = 10)]
    pub date: String,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// In every year, on this day of this month.
    #[serde(default)]
    pub yearly: bool,
}

impl Week {
    fn days(&self) -> [&[Span]; 7] {
        [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun]
    }
}

/// A week and its holidays in a zone, ready to count with.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    zone: TimeZone,
    /// Minutes of each day, Monday first: disjoint and in order.
    week: [Vec<(i32, i32)>; 7],
    holidays: BTreeSet<Date>,
    /// Month and day.
    yearly: BTreeSet<(i8, i8)>,
}

impl Schedule {
    /// Errors: every fault, at `zone`, `week` and `holidays`. A week without any span is one.
    pub fn new(zone: &str, week: &Week, holidays: &[Holiday]) -> Result<Schedule, Vec<Fault>> {
        let mut faults = Vec::new();
        let zone = TimeZone::get(zone).ok().filter(|_| !zone.is_empty());
        if zone.is_none() {
            let words = "must be a time zone such as Asia/Ho_Chi_Minh";
            faults.push(Fault::new("zone", "not_one_of", words));
        }
        let week = read_week(week, &mut faults);
        let mut schedule = Schedule {
            zone: zone.unwrap_or(TimeZone::UTC),
            week,
            holidays: BTreeSet::new(),
            yearly: BTreeSet::new(),
        };
        if holidays.len() > MOST_HOLIDAYS {
            let words = format!("must be at most {MOST_HOLIDAYS}");
            faults.push(Fault::new("holidays", "too_long", words));
        }
        for (n, holiday) in holidays.iter().enumerate().take(MOST_HOLIDAYS) {
            let at = format!("holidays.{n}");
            let is_long = |name: &String| name.chars().count() > 100;
            if holiday.name.as_ref().is_some_and(is_long) {
                faults.push(Fault::new(format!("{at}.name"), "too_long", "must have at most 100 characters"));
            }
            let Some(date) = read_date(&holiday.date) else {
                faults.push(Fault::new(format!("{at}.date"), "format", "must be a day (YYYY-MM-DD)"));
                continue;
            };
            let is_new = match holiday.yearly {
                true => schedule.yearly.insert((date.month(), date.day())),
                false => schedule.holidays.insert(date),
            };
            if !is_new {
                faults.push(Fault::new(format!("{at}.date"), "repeated", "is named twice"));
            }
        }
        if faults.is_empty() { Ok(schedule) } else { Err(faults) }
    }

    /// When so much time has been counted since `start`: the first moment at which it has. `None` where that is farther than
    /// [`HORIZON`] days ahead.
    pub fn add(&self, start: Millis, time: Millis) -> Option<Millis> {
        if time <= 0 {
            return Some(start);
        }
        let mut left = time;
        for (from, to) in self.spans(start) {
            let from = from.max(start);
            if to - from >= left {
                return Some(from + left);
            }
            left -= (to - from).max(0);
        }
        None
    }

    /// How much time is counted from one instant to a later one; of the first [`HORIZON`] days alone.
    pub fn between(&self, from: Millis, to: Millis) -> Millis {
        let spans = self.spans(from).take_while(|span| span.0 < to);
        spans.map(|(a, b)| (b.min(to) - a.max(from)).max(0)).sum()
    }

    /// Open spans from a little before `start` on, disjoint and in order.
    fn spans(&self, start: Millis) -> impl Iterator<Item = (Millis, Millis)> {
        let at = Timestamp::from_millisecond(start).unwrap_or(Timestamp::UNIX_EPOCH);
        // The day before as well: in some zones the clocks go back over a midnight.
        let first = at.to_zoned(self.zone.clone()).date().yesterday().unwrap_or(Date::MIN);
        let days = first.series(jiff::Span::new().days(1)).take(HORIZON + 2);
        days.filter(|day| !self.is_holiday(*day)).flat_map(move |day| {
            let spans = &self.week[day.weekday().to_monday_zero_offset() as usize];
            spans
                .iter()
                .filter_map(move |(from, to)| Some((self.instant(day, *from)?, self.instant(day, *to)?)))
        })
    }

    fn is_holiday(&self, day: Date) -> bool {
        self.holidays.contains(&day) || self.yearly.contains(&(day.month(), day.day()))
    }

    /// When the clocks first show this minute of the day, or, where they skip it, what comes after: later minutes never come
    /// earlier.
    fn instant(&self, day: Date, minute: i32) -> Option<Millis> {
        let day = if minute >= DAY { day.tomorrow().ok()? } else { day };
        let minute = minute % DAY;
        let shown: DateTime = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let at = match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok()?,
            AmbiguousOffset::Gap { after, .. } => {
                let before_it = after.to_timestamp(shown).ok()?;
                self.zone.following(before_it).next()?.timestamp()
            }
        };
        Some(at.as_millisecond())
    }
}

/// The days as clocks write them: minutes, split at midnight, put together where they touch.
fn read_week(week: &Week, faults: &mut Vec<Fault>) -> [Vec<(i32, i32)>; 7] {
    // From the beginning of Monday.
    let mut spans: Vec<(i32, i32, String)> = Vec::new();
    for (day, named) in week.days().into_iter().enumerate() {
        let list = format!("week.{}", DAYS[day]);
        if named.len() > MOST_SPANS {
            faults.push(Fault::new(list.as_str(), "too_long", format!("must be at most {MOST_SPANS} spans")));
        }
        for (n, span) in named.iter().enumerate().take(MOST_SPANS) {
            let at = format!("{list}.{n}");
            let (from, to) = (read_time(&span.from, false), read_time(&span.to, true));
            for (end, read) in [("from", from), ("to", to)] {
                if read.is_none() {
                    let words = "must be a time of the day (HH:MM)";
                    faults.push(Fault::new(format!("{at}.{end}"), "format", words));
                }
            }
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from == to {
                let words = "must not be when it begins; a whole day is 00:00 to 24:00";
                faults.push(Fault::new(format!("{at}.to"), "out_of_range", words));
                continue;
            }
            let begins = day as i32 * DAY + from;
            let lasts = if to > from { to - from } else { to + DAY - from };
            spans.push((begins, begins + lasts, at));
        }
    }
    spans.sort();
    let around = spans.first().map(|first| first.0 + 7 * DAY);
    let next = spans.iter().skip(1).map(|s| s.0).chain(around);
    for ((_, end, at), next) in spans.iter().zip(next) {
        if *end > next {
            faults.push(Fault::new(at.as_str(), "overlaps", "overlaps the span after it"));
        }
    }
    if spans.is_empty() && faults.is_empty() {
        faults.push(Fault::new("week", "required", "must have at least one span"));
    }
    let mut days: [Vec<(i32, i32)>; 7] = Default::default();
    for (mut begins, end, _) in spans {
        while begins < end {
            let day = begins / DAY;
            let until = end.min((day + 1) * DAY);
            days[(day % 7) as usize].push((begins - day * DAY, until - day * DAY));
            begins = until;
        }
    }
    for day in &mut days {
        day.sort_unstable();
        day.dedup_by(|later, earlier| {
            let touches = later.0 <= earlier.1;
            if touches {
                earlier.1 = earlier.1.max(later.1);
            }
            touches
        });
    }
    days
}

fn read_time(text: &str, is_end: bool) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| part.parse().ok().filter(|_| part.len() == 2 && !part.starts_with('+'));
    let (hours, minutes): (i32, i32) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    let last = if is_end { DAY } else { DAY - 1 };
    (minutes < 60 && minute <= last).then_some(minute)
}

fn read_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == 10)
}

#[cfg(test)]
mod tests;
