//! Days in the organisation's zone: what a filter by date means.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{Code, Error, Fault, Result, clock::Millis};

/// A zone to count days in.
#[derive(Debug, Clone)]
pub struct Days(TimeZone);

impl Days {
    /// By its name, `Asia/Ho_Chi_Minh`. The configuration has checked it.
    pub fn of(zone: &str) -> Result<Days> {
        TimeZone::get(zone).map(Days).map_err(Error::internal)
    }

    /// When a day begins; where its midnight does not exist, the first moment that does.
    pub fn start(&self, day: Date) -> Millis {
        day.to_zoned(self.0.clone()).map_or(0, |z| z.timestamp().as_millisecond())
    }

    /// The day on which an instant falls.
    pub fn day(&self, at: Millis) -> Date {
        Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.0.clone()).date()
    }

    /// From the beginning of the parameter `date_from` to the end of `date_to`, both included: `[start, end)` in
    /// milliseconds. Each is a day or an RFC 3339 instant.
    ///
    /// Errors: `invalid_parameter`, with a fault for each that is neither, and for an end before its beginning.
    pub fn range(&self, from: Option<&str>, to: Option<&str>) -> Result<(Option<Millis>, Option<Millis>)> {
        let mut faults = Vec::new();
        let mut read = |field: &str, text: Option<&str>, whole: bool| {
            let at = text.map(|t| self.bound(t, whole));
            if at == Some(None) {
                faults.push(Fault::new(field, "format", "must be a day (YYYY-MM-DD) or an RFC 3339 instant"));
            }
            at.flatten()
        };
        let (start, end) = (read("date_from", from, false), read("date_to", to, true));
        if let (Some(a), Some(b)) = (start, end)
            && a >= b
        {
            faults.push(Fault::new("date_to", "out_of_range", "must not be before date_from"));
        }
        match faults.is_empty() {
            true => Ok((start, end)),
            false => {
                Err(Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") })
            }
        }
    }

    fn bound(&self, text: &str, end: bool) -> Option<Millis> {
        match text.parse::<Date>() {
            Ok(day) if text.len() == 10 => match end {
                false => Some(self.start(day)),
                true => day.tomorrow().ok().map(|next| self.start(next)),
            },
            _ => crate::time::parse_rfc3339(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_days_holds_both_ends() {
        let days = Days::of("Asia/Ho_Chi_Minh").unwrap();
        let (a, b) = days.range(Some("2026-01-03"), Some("2026-01-03")).unwrap();
        assert_eq!(crate::time::rfc3339(a.unwrap()), "2026-01-02T17:00:00.000Z");
        assert_eq!(b.unwrap() - a.unwrap(), crate::clock::DAY);
        assert_eq!(days.day(a.unwrap()).to_string(), "2026-01-03");
        assert_eq!(days.day(a.unwrap() - 1).to_string(), "2026-01-02");
        assert_eq!(days.range(Some("x"), Some("2026-13-01")).unwrap_err().faults.len(), 2);
        assert_eq!(
            days.range(Some("2026-01-04"), Some("2026-01-03")).unwrap_err().faults[0].field,
            "date_to"
        );
    }
}
