use proptest::prelude::*;

use super::*;
use crate::{
    clock::{HOUR, MINUTE},
    time::{parse_rfc3339, rfc3339},
};

fn span(from: &str, to: &str) -> Span {
    Span { from: from.into(), to: to.into() }
}

fn office() -> Week {
    let day = vec![span("08:00", "12:00"), span("13:00", "17:00")];
    Week {
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day,
        ..Week::default()
    }
}

fn always() -> Week {
    let day = vec![span("00:00", "24:00")];
    Week {
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day.clone(),
        sat: day.clone(),
        sun: day,
    }
}

fn holiday(date: &str, yearly: bool) -> Holiday {
    Holiday { date: date.into(), name: None, yearly }
}

fn at(text: &str) -> Millis {
    parse_rfc3339(text).unwrap()
}

fn schedule(zone: &str, week: &Week, holidays: &[Holiday]) -> Schedule {
    Schedule::new(zone, week, holidays).unwrap()
}

fn faults(zone: &str, week: &Week, holidays: &[Holiday]) -> Vec<String> {
    let faults = Schedule::new(zone, week, holidays).unwrap_err();
    faults.into_iter().map(|f| format!("{} {}", f.field, f.code)).collect()
}

#[test]
fn friday_evening_is_monday_morning() {
    let s = schedule("Asia/Ho_Chi_Minh", &office(), &[]);
    // 2026-01-02 is a Friday.
    let due = |from: &str, hours| rfc3339(s.add(at(from), hours * HOUR).unwrap());
    assert_eq!(due("2026-01-02T18:30:00+07:00", 1), "2026-01-05T02:00:00.000Z");
    assert_eq!(due("2026-01-02T16:00:00+07:00", 1), "2026-01-02T10:00:00.000Z", "the end of a day is in it");
    assert_eq!(due("2026-01-02T16:00:00+07:00", 2), "2026-01-05T02:00:00.000Z");
    assert_eq!(due("2026-01-05T11:00:00+07:00", 2), "2026-01-05T07:00:00.000Z", "noon is not counted");
    assert_eq!(due("2026-01-02T18:30:00+07:00", 24), "2026-01-07T10:00:00.000Z", "three days of eight");
    assert_eq!(s.add(5, 0), Some(5));
}

#[test]
fn holidays_are_left_out_each_in_its_year() {
    let with = [holiday("2026-01-05", false), holiday("2020-01-06", true)];
    let s = schedule("UTC", &office(), &with);
    assert_eq!(rfc3339(s.add(at("2026-01-02T17:00:00Z"), HOUR).unwrap()), "2026-01-07T09:00:00.000Z");
    assert_eq!(rfc3339(s.add(at("2027-01-04T17:00:00Z"), HOUR).unwrap()), "2027-01-05T09:00:00.000Z");
    let night = Week { mon: vec![span("22:00", "06:00")], ..Week::default() };
    let s = schedule("UTC", &night, &[holiday("2026-01-06", false)]);
    let open = |from: &str, to: &str| s.between(at(from), at(to)) / MINUTE;
    assert_eq!(open("2026-01-05T00:00:00Z", "2026-01-08T00:00:00Z"), 120, "until midnight");
    assert_eq!(open("2026-01-12T00:00:00Z", "2026-01-15T00:00:00Z"), 480);
}

#[test]
fn a_night_counts_across_the_end_of_the_week() {
    let s = schedule("UTC", &Week { sun: vec![span("20:00", "04:00")], ..Week::default() }, &[]);
    let monday = at("2026-01-05T00:00:00Z");
    assert_eq!(s.between(monday, monday + 24 * HOUR), 4 * HOUR);
    assert_eq!(s.add(monday - HOUR, 2 * HOUR), Some(monday + HOUR));
}

#[test]
fn hours_that_clocks_skip_or_repeat_are_counted_as_they_pass() {
    let s = schedule("Europe/Berlin", &always(), &[]);
    let day = |from: &str, to: &str| s.between(at(from), at(to)) / HOUR;
    assert_eq!(day("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"), 23);
    assert_eq!(day("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"), 25);
    let night = Week { sun: vec![span("01:00", "04:00")], ..Week::default() };
    let s = schedule("Europe/Berlin", &night, &[]);
    let day = |from: &str| s.between(at(from), at(from) + 24 * HOUR) / HOUR;
    assert_eq!((day("2026-03-29T00:00:00+01:00"), day("2026-10-25T00:00:00+02:00")), (2, 4));
    // Within what is skipped: nothing passes, and what follows is not counted twice.
    let skipped = Week { sun: vec![span("02:10", "02:50"), span("02:50", "04:00")], ..Week::default() };
    let s = schedule("Europe/Berlin", &skipped, &[]);
    assert_eq!(s.between(at("2026-03-29T00:00:00+01:00"), at("2026-03-30T00:00:00+02:00")), HOUR);
    // A whole day was skipped.
    let s = schedule("Pacific/Apia", &always(), &[]);
    let from = at("2011-12-29T12:00:00-10:00");
    assert_eq!(s.add(from, 24 * HOUR), Some(from + 24 * HOUR));
}

#[test]
fn what_cannot_stand_is_told_at_once() {
    assert_eq!(faults("UTC", &Week::default(), &[]), ["week required"]);
    let week = Week {
        mon: vec![span("8:00", "25:00"), span("09:00", "09:00")],
        tue: vec![span("22:00", "06:00")],
        wed: vec![span("05:00", "24:00"), span("23:00", "24:00")],
        ..Week::default()
    };
    let days = [holiday("2026-02-30", false), holiday("2026-01-01", true), holiday("2025-01-01", true)];
    assert_eq!(
        faults("Mars/Base", &week, &days),
        [
            "zone not_one_of",
            "week.mon.0.from format",
            "week.mon.0.to format",
            "week.mon.1.to out_of_range",
            "week.tue.0 overlaps",
            "week.wed.0 overlaps",
            "holidays.0.date format",
            "holidays.2.date repeated"
        ]
    );
    let around = Week { sun: vec![span("22:00", "09:00")], ..office() };
    assert_eq!(faults("UTC", &around, &[]), ["week.sun.0 overlaps"]);
}

#[test]
fn what_never_comes_is_not_looked_for_for_ever() {
    let day = Date::constant(2028, 1, 1);
    let every: Vec<Holiday> =
        day.series(jiff::Span::new().days(1)).take(366).map(|d| holiday(&d.to_string(), true)).collect();
    let s = schedule("UTC", &always(), &every);
    assert_eq!(s.add(at("2026-01-01T00:00:00Z"), 1), None);
    let rare = Week { mon: vec![span("08:00", "08:01")], ..Week::default() };
    assert_eq!(schedule("UTC", &rare, &[]).add(0, 1_000 * HOUR), None);
}

const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Ho_Chi_Minh",
    "America/New_York",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
];

prop_compose! {
    fn any_schedule()(
        zone in 0..ZONES.len(),
        days in prop::collection::vec(prop::collection::vec((0..96_i32, 1..40_i32), 0..3), 7),
        holidays in prop::collection::btree_set(0..700_i32, 0..40),
    ) -> Option<Schedule> {
        let time = |quarters: i32| format!("{:02}:{:02}", quarters / 4, quarters % 4 * 15);
        let spans = |day: &Vec<(i32, i32)>| day.iter().map(|(from, lasts)| {
            let to = from + lasts;
            span(&time(*from), &time(if to > 96 { to - 96 } else { to }))
        }).collect::<Vec<_>>();
        let mut all = days.iter().map(spans);
        let mut next = || all.next().unwrap_or_default();
        let week = Week {
            mon: next(), tue: next(), wed: next(), thu: next(), fri: next(), sat: next(), sun: next(),
        };
        let first = Date::constant(2026, 1, 1);
        let day = |n: &i32| {
            let date = first.checked_add(jiff::Span::new().days(*n)).unwrap().to_string();
            holiday(&date, false)
        };
        let holidays: Vec<Holiday> = holidays.iter().map(day).collect();
        // One whose spans overlap is no schedule.
        Schedule::new(ZONES[zone], &week, &holidays).ok()
    }
}

/// Two years from the beginning of 2026, to the second.
fn any_start() -> impl Strategy<Value = Millis> {
    (0..2 * 365 * 86_400_i64).prop_map(|s| 1_767_225_600_000 + s * 1_000)
}

proptest! {
    #[test]
    fn as_much_is_counted_as_was_added(s in any_schedule(), start in any_start(), d in 0..200 * HOUR) {
        let Some(s) = s else { return Ok(()) };
        if let Some(end) = s.add(start, d) {
            prop_assert!(end >= start);
            prop_assert_eq!(s.between(start, end), d);
            // The first such moment.
            prop_assert!(d == 0 || s.between(start, end - 1) == d - 1);
        }
    }

    #[test]
    fn later_is_never_due_earlier(
        s in any_schedule(), a in any_start(), b in any_start(), d in 0..100 * HOUR, e in 0..100 * HOUR,
    ) {
        let Some(s) = s else { return Ok(()) };
        let (a, b, d, e) = (a.min(b), a.max(b), d.min(e), d.max(e));
        if let (Some(x), Some(y)) = (s.add(a, d), s.add(a, e)) {
            prop_assert!(x <= y);
        }
        if let (Some(x), Some(y)) = (s.add(a, d), s.add(b, d)) {
            prop_assert!(x <= y);
        }
    }

    #[test]
    fn a_sum_of_parts_is_the_whole(s in any_schedule(), a in any_start(), b in any_start(), c in any_start()) {
        let Some(s) = s else { return Ok(()) };
        let mut t = [a, b, c];
        t.sort_unstable();
        prop_assert_eq!(s.between(t[0], t[1]) + s.between(t[1], t[2]), s.between(t[0], t[2]));
        prop_assert!(s.between(t[0], t[2]) <= t[2] - t[0]);
        prop_assert_eq!(s.between(t[2], t[0]), 0);
    }

    #[test]
    fn who_is_always_there_counts_as_the_clock(zone in 0..ZONES.len(), start in any_start(), d in 0..2_000 * HOUR) {
        let s = Schedule::new(ZONES[zone], &always(), &[]).unwrap();
        prop_assert_eq!(s.add(start, d), Some(start + d));
        prop_assert_eq!(s.between(start, start + d), d);
    }
}
