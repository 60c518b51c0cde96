//! Tasks as iCalendar (RFC 5545). Pure: no storage, no clock.
//!
//! Each task is a `VTODO`; one that is open and has a time is a `VEVENT` as well, because most calendars show no to-dos. A
//! component's `UID` follows from the task alone, so that a calendar knows it again.

use std::fmt::Write as _;

use jiff::Timestamp;
use platform::clock::Millis;

use super::{Task, TaskStatus};

/// Octets of a line, without its end.
const MOST: usize = 75;

/// Where a feed comes from.
#[derive(Debug, Clone)]
pub struct Feed<'a> {
    /// What the calendar is called.
    pub name: &'a str,
    /// `https://desk.example`.
    pub url: &'a str,
    /// When it is made.
    pub at: Millis,
}

/// The calendar of these tasks.
pub fn calendar(feed: &Feed<'_>, tasks: &[Task]) -> String {
    let mut out = Lines::default();
    out.plain("BEGIN", "VCALENDAR");
    out.plain("VERSION", "2.0");
    out.plain("PRODID", "-//Frontdesk//Tasks//EN");
    out.plain("CALSCALE", "GREGORIAN");
    out.text("X-WR-CALNAME", feed.name);
    out.plain("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    out.plain("X-PUBLISHED-TTL", "PT15M");
    for task in tasks {
        todo(&mut out, feed, task);
        if let Some(due) = task.due_at.filter(|_| task.status.is_open()) {
            event(&mut out, feed, task, due);
        }
    }
    out.plain("END", "VCALENDAR");
    out.0
}

fn todo(out: &mut Lines, feed: &Feed<'_>, task: &Task) {
    out.plain("BEGIN", "VTODO");
    common(out, feed, task, "todo");
    if let Some(due) = task.due_at {
        out.plain("DUE", &instant(due));
    }
    out.plain(
        "STATUS",
        match task.status {
            TaskStatus::Pending => "NEEDS-ACTION",
            TaskStatus::InProgress => "IN-PROCESS",
            TaskStatus::Completed => "COMPLETED",
            TaskStatus::Cancelled => "CANCELLED",
        },
    );
    if let Some(at) = task.completed_at {
        out.plain("COMPLETED", &instant(at));
        out.plain("PERCENT-COMPLETE", "100");
    }
    out.plain("END", "VTODO");
}

fn event(out: &mut Lines, feed: &Feed<'_>, task: &Task, due: Millis) {
    out.plain("BEGIN", "VEVENT");
    common(out, feed, task, "due");
    out.plain("DTSTART", &instant(due));
    // A time by which, not a time that is taken.
    out.plain("TRANSP", "TRANSPARENT");
    out.plain("END", "VEVENT");
}

fn common(out: &mut Lines, feed: &Feed<'_>, task: &Task, part: &str) {
    let host = feed.url.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().filter(|h| !h.is_empty()).unwrap_or("frontdesk");
    out.plain("UID", &format!("task-{}-{part}@{host}", task.id));
    out.plain("DTSTAMP", &instant(feed.at));
    out.plain("CREATED", &instant(task.created_at));
    out.plain("LAST-MODIFIED", &instant(task.updated_at));
    out.plain("SEQUENCE", &(task.version - 1).to_string());
    out.text("SUMMARY", &task.title);
    if !task.description.is_empty() {
        out.text("DESCRIPTION", &task.description);
    }
    out.plain("URL", &format!("{}{}", feed.url.trim_end_matches('/'), super::change::link(task)));
}

/// `20260103T100000Z`.
fn instant(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Content lines, ended and folded as the standard asks.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A value of which nothing needs escaping.
    fn plain(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{value}"));
    }

    /// A text: of the control characters it keeps line breaks alone.
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len() + 8);
        let value = value.replace("\r\n", "\n");
        for c in value.chars() {
            match c {
                '\\' => escaped.push_str("\\\\"),
                ';' => escaped.push_str("\\;"),
                ',' => escaped.push_str("\\,"),
                '\n' | '\r' => escaped.push_str("\\n"),
                c if c.is_control() => {}
                c => escaped.push(c),
            }
        }
        self.line(&format!("{name}:{escaped}"));
    }

    /// No line is longer than 75 octets; what goes on begins with a space. No character is torn.
    fn line(&mut self, line: &str) {
        let mut width = 0;
        for c in line.chars() {
            if width + c.len_utf8() > MOST {
                self.0.push_str("\r\n ");
                width = 1;
            }
            self.0.push(c);
            width += c.len_utf8();
        }
        let _ = write!(self.0, "\r\n");
    }
}

#[cfg(test)]
mod tests {
    use people::UserId;
    use proptest::prelude::*;

    use super::*;
    use crate::{LeadId, TaskId};

    fn task(title: &str, description: &str) -> Task {
        Task {
            id: TaskId(7),
            title: title.into(),
            description: description.into(),
            status: TaskStatus::Pending,
            due_at: Some(1_767_434_400_000),
            remind_at: None,
            lead_id: Some(LeadId(3)),
            ticket_id: None,
            contact_id: None,
            assignee_id: Some(UserId(1)),
            department_id: None,
            is_follow_up: false,
            created_by: None,
            completed_at: None,
            completed_by: None,
            created_at: 1_767_430_000_000,
            updated_at: 1_767_430_060_000,
            version: 2,
        }
    }

    fn written(task: Task) -> String {
        let feed = Feed { name: "Tasks: Lan", url: "https://desk.example:8443/", at: 1_767_434_401_500 };
        calendar(&feed, &[task])
    }

    #[test]
    fn a_task_is_a_todo_and_an_event() {
        let wanted = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Frontdesk//Tasks//EN\r\nCALSCALE:GREGORIAN\r\n\
            X-WR-CALNAME:Tasks: Lan\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\nX-PUBLISHED-TTL:PT15M\r\n\
            BEGIN:VTODO\r\nUID:task-7-todo@desk.example\r\nDTSTAMP:20260103T100001Z\r\nCREATED:20260103T084640Z\r\n\
            LAST-MODIFIED:20260103T084740Z\r\nSEQUENCE:1\r\nSUMMARY:Call\\; ask\\, note\r\nDESCRIPTION:a\\nb\\\\c\r\n\
            URL:https://desk.example:8443/leads/3\r\nDUE:20260103T100000Z\r\nSTATUS:NEEDS-ACTION\r\nEND:VTODO\r\n\
            BEGIN:VEVENT\r\nUID:task-7-due@desk.example\r\nDTSTAMP:20260103T100001Z\r\nCREATED:20260103T084640Z\r\n\
            LAST-MODIFIED:20260103T084740Z\r\nSEQUENCE:1\r\nSUMMARY:Call\\; ask\\, note\r\nDESCRIPTION:a\\nb\\\\c\r\n\
            URL:https://desk.example:8443/leads/3\r\nDTSTART:20260103T100000Z\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n\
            END:VCALENDAR\r\n";
        assert_eq!(written(task("Call; ask, note", "a\r\nb\\c")), wanted);
    }

    #[test]
    fn what_is_done_takes_no_time() {
        let done =
            Task { status: TaskStatus::Completed, completed_at: Some(1_767_434_400_000), ..task("x", "") };
        let text = written(done);
        assert!(text.contains("STATUS:COMPLETED\r\nCOMPLETED:20260103T100000Z\r\n"), "{text}");
        assert!(!text.contains("VEVENT") && !text.contains("DESCRIPTION"), "{text}");
    }

    proptest! {
        #[test]
        fn lines_are_short_and_come_back_whole(title in "\\PC{0,200}", description in "[\\PC\n\r\u{7}]{0,200}") {
            let text = written(task(&title, &description));
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= MOST, "{line:?}");
                prop_assert!(!line.contains(['\r', '\n']), "{line:?}");
            }
            let whole = text.replace("\r\n ", "");
            let found = whole.split("\r\n").find_map(|l| l.strip_prefix("SUMMARY:")).unwrap();
            let mut plain = String::new();
            let mut chars = found.chars();
            while let Some(c) = chars.next() {
                plain.push(match c {
                    '\\' => match chars.next() { Some('n') => '\n', Some(c) => c, None => '?' },
                    c => c,
                });
            }
            let kept: String = title.chars().filter(|c| !c.is_control()).collect();
            prop_assert_eq!(plain, kept);
        }
    }
}
