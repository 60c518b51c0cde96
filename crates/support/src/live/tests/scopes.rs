//! Every scope against every place: what is heard is what the routes would show.

use people::access::{PrincipalKind, Scope};
use platform::events::Event;
use serde_json::{Value as Json, json};

use super::{agent, person};
use crate::{
    live::{
        principal,
        view::{Heard, View},
    },
    tickets::events as ticket,
};
use people::{DepartmentId, UserId};

const PLACES: [Option<i64>; 4] = [None, Some(1), Some(2), Some(3)];

fn event(kind: &str, subject: (&str, i64), place: (Option<i64>, Option<i64>), data: Json) -> Event {
    Event {
        id: 1,
        seq: 1,
        at: 0,
        actor_kind: "system".into(),
        actor_id: None,
        kind: kind.into(),
        subject_kind: subject.0.into(),
        subject_id: subject.1,
        contact_id: None,
        department_id: place.0,
        owner_id: place.1,
        data,
    }
}

fn places() -> impl Iterator<Item = (Option<i64>, Option<i64>)> {
    PLACES.into_iter().flat_map(|d| PLACES.into_iter().map(move |o| (d, o)))
}

#[test]
fn tickets_are_heard_exactly_where_they_are_read() {
    for scope in ["own", "team", "all", "none"] {
        let grants = [format!("tickets.read:{scope}")];
        let grants: Vec<&str> = grants.iter().filter(|_| scope != "none").map(String::as_str).collect();
        let somebody = person(1, &[1, 2], &grants);
        let key = people::access::Principal { kind: PrincipalKind::ApiKey(1), ..somebody.clone() };
        for p in [somebody, key] {
            let view = principal::view(&p);
            let reads = |place: (Option<i64>, Option<i64>)| {
                let scope = p.scope_of("tickets.read");
                scope.is_some_and(|s| p.reaches(s, place.1.map(UserId), place.0.map(DepartmentId)))
            };
            for after in places() {
                let plain = event("message.added", ("ticket", 7), after, json!({"message_id": 1}));
                assert_eq!(view.hears(&plain) == Heard::Event, reads(after), "{scope} {after:?}");
                for before in places() {
                    let before_data = json!({"department_id": before.0, "assignee_id": before.1});
                    let moved = event(ticket::ASSIGNED, ("ticket", 7), after, json!({"before": before_data}));
                    let expected = match (reads(before), reads(after)) {
                        (_, true) => Heard::Event,
                        (true, false) => Heard::Removed,
                        (false, false) => Heard::Nothing,
                    };
                    assert_eq!(view.hears(&moved), expected, "{scope} {before:?} → {after:?}");
                }
            }
        }
    }
}

#[test]
fn spam_leaves_the_view_of_those_who_do_not_read_it() {
    let here = (Some(1), None);
    let flagged = event(
        ticket::UPDATED,
        ("ticket", 7),
        here,
        json!({"before": {"is_spam": false}, "after": {"is_spam": true}}),
    );
    let restored = event(
        ticket::UPDATED,
        ("ticket", 7),
        here,
        json!({"before": {"is_spam": true}, "after": {"is_spam": false}}),
    );
    let message = event("message.added", ("ticket", 7), here, json!({"is_spam": true}));
    let activity = event("spam.flagged", ("ticket", 7), here, json!({}));
    let reader = principal::view(&person(1, &[1], &["tickets.read:team", "spam.read:team"]));
    let other = principal::view(&person(1, &[1], &["tickets.read:team"]));
    let stranger = principal::view(&person(1, &[2], &["tickets.read:team", "spam.read:team"]));
    let all = |v: &View| [&flagged, &restored, &message, &activity].map(|e| v.hears(e));
    assert_eq!(all(&reader), [Heard::Event; 4]);
    assert_eq!(all(&other), [Heard::Removed, Heard::Event, Heard::Nothing, Heard::Nothing]);
    assert_eq!(all(&stranger), [Heard::Nothing; 4]);
}

#[test]
fn each_kind_needs_its_permission() {
    for (kind, subject, action) in [
        ("contact.created", "contact", "contacts.read"),
        ("department.updated", "department", "departments.read"),
        ("keyword.created", "keyword", "keywords.read"),
        ("routing.settings_changed", "settings", "routing.read"),
        ("channel.updated", "channel", "channels.read"),
        ("spam.settings_changed", "settings", "spam.read"),
        ("user.created", "user", "users.read"),
        ("lead.created", "lead", "leads.read"),
        ("interaction.logged", "lead", "leads.read"),
        ("task.created", "task", "tasks.read"),
        ("import.progress", "import", "imports.read"),
        ("pipeline.updated", "pipeline", "pipelines.read"),
        ("vendor.updated", "vendor", "vendors.read"),
    ] {
        let e = event(kind, (subject, 99), (None, None), json!({}));
        let with = principal::view(&person(1, &[], &[&format!("{action}:all")]));
        let without = View { ..principal::view(&person(1, &[], &[])) };
        assert_eq!((with.hears(&e), without.hears(&e)), (Heard::Event, Heard::Nothing), "{kind}");
    }
}

#[test]
fn leads_are_heard_exactly_where_they_are_read() {
    for scope in ["own", "team", "all", "none"] {
        let grants = [format!("leads.read:{scope}")];
        let grants: Vec<&str> = grants.iter().filter(|_| scope != "none").map(String::as_str).collect();
        let somebody = person(1, &[1, 2], &grants);
        let view = principal::view(&somebody);
        let reads = |place: (Option<i64>, Option<i64>)| {
            let scope = somebody.scope_of("leads.read");
            scope.is_some_and(|s| somebody.reaches(s, place.1.map(UserId), place.0.map(DepartmentId)))
        };
        for after in places() {
            for kind in ["lead.updated", "lead.status_changed", "interaction.logged"] {
                let e = event(kind, ("lead", 7), after, json!({"fields": ["score"]}));
                assert_eq!(view.hears(&e) == Heard::Event, reads(after), "{kind} {scope} {after:?}");
            }
            for before in places() {
                let data = json!({"before": {"department_id": before.0, "owner_id": before.1}});
                let expected = match (reads(before), reads(after)) {
                    (_, true) => Heard::Event,
                    (true, false) => Heard::Removed,
                    (false, false) => Heard::Nothing,
                };
                let moved = event("lead.assigned", ("lead", 7), after, data);
                assert_eq!(view.hears(&moved), expected, "{scope} {before:?} → {after:?}");
            }
        }
    }
}

#[test]
fn a_vendor_hears_of_no_lead() {
    let vendor = people::access::Principal {
        vendor_id: Some(3),
        ..person(1, &[], &["leads.read:own", "tasks.read:own", "imports.read:own"])
    };
    let view = principal::view(&vendor);
    for kind in ["lead.created", "lead.assigned", "interaction.logged", "task.created", "import.progress"] {
        let e = event(kind, ("lead", 7), (None, Some(1)), json!({"created_by": 1}));
        assert_eq!(view.hears(&e), Heard::Nothing, "{kind}");
    }
}

#[test]
fn a_task_is_heard_by_whose_it_is_and_by_who_asked_for_it() {
    let view = principal::view(&person(1, &[1], &["tasks.read:own"]));
    let of = |assignee: i64, creator: i64, before: Option<i64>| {
        let data = match before {
            None => json!({"task_id": 5, "created_by": creator}),
            Some(before) => json!({"task_id": 5, "created_by": creator, "before": {"assigned_to": before}}),
        };
        event("task.updated", ("lead", 7), (Some(1), Some(assignee)), data)
    };
    assert_eq!(view.hears(&of(1, 2, None)), Heard::Event);
    assert_eq!(view.hears(&of(2, 1, Some(1))), Heard::Event);
    assert_eq!(view.hears(&of(2, 3, None)), Heard::Nothing);
    assert_eq!(view.hears(&of(2, 3, Some(1))), Heard::Removed);
    let frame = crate::live::frame::Frame::removed(&of(2, 3, Some(1)));
    let frame: Json = serde_json::from_str(&frame.text).unwrap();
    assert_eq!(frame["subject"], json!({"kind": "task", "id": 5}), "the task is gone, not the lead");
}

#[test]
fn a_notification_is_heard_by_its_owner_alone() {
    let everything = ["tickets.read:all", "leads.read:all", "tasks.read:all"];
    let told =
        event("notification.created", ("notification", 4), (None, Some(1)), json!({"notification_id": 4}));
    let hears = |id: i64| principal::view(&person(id, &[1], &everything)).hears(&told);
    assert_eq!((hears(1), hears(2)), (Heard::Event, Heard::Nothing));
    let key = people::access::Principal { kind: PrincipalKind::ApiKey(1), ..person(1, &[], &everything) };
    assert_eq!(principal::view(&key).hears(&told), Heard::Nothing);
}

#[test]
fn the_audit_is_not_told_live() {
    let everything: Vec<String> = [
        "tickets",
        "spam",
        "users",
        "contacts",
        "departments",
        "keywords",
        "routing",
        "channels",
        "api_keys",
        "journal",
        "settings",
        "roles",
    ]
    .map(|r| format!("{r}.read:all"))
    .into();
    let grants: Vec<&str> = everything.iter().map(String::as_str).collect();
    let view = principal::view(&person(1, &[], &grants));
    for kind in [
        "user.logged_in",
        "user.login_failed",
        "user.password_changed",
        "session.reused",
        "api_key.created",
        "journal.reprocessed",
        "something.new",
        "nonsense",
    ] {
        assert_eq!(view.hears(&event(kind, ("user", 1), (None, None), json!({}))), Heard::Nothing, "{kind}");
    }
}

#[test]
fn a_team_hears_how_its_members_are_and_no_more() {
    let view = agent(1, &[1, 2]);
    let about = |kind: &str, user: i64, departments: Json| {
        view.hears(&event(kind, ("user", user), (None, None), json!({"department_ids": departments})))
    };
    assert_eq!(about("user.status_changed", 2, json!([2, 3])), Heard::Event);
    assert_eq!(about("user.status_changed", 2, json!([3])), Heard::Nothing);
    assert_eq!(about("user.status_changed", 2, Json::Null), Heard::Nothing);
    assert_eq!(about("user.updated", 2, json!([2])), Heard::Nothing);
    assert_eq!(about("user.updated", 1, json!([])), Heard::Event);
}

#[test]
fn what_the_desk_says_of_all_leads_is_heard_by_whoever_knows_pipelines() {
    let changed = event("lead.settings_changed", ("setting", 0), (None, None), json!({"version": 1}));
    let knows = principal::view(&person(1, &[], &["leads.read:own", "pipelines.read:all"]));
    let does_not = principal::view(&person(2, &[], &["leads.read:own"]));
    assert_eq!((knows.hears(&changed), does_not.hears(&changed)), (Heard::Event, Heard::Nothing));
    let lead = event("lead.updated", ("lead", 7), (None, None), json!({}));
    assert_eq!(knows.hears(&lead), Heard::Nothing);
}

#[test]
fn programs_hear_what_customers_see() {
    let p = person(1, &[], &["tickets.read:all"]);
    let key = people::access::Principal { kind: PrincipalKind::ApiKey(1), ..p.clone() };
    let note = event("message.added", ("ticket", 7), (None, None), json!({"visibility": "internal"}));
    let answer = event("message.added", ("ticket", 7), (None, None), json!({"visibility": "public"}));
    let heard = |p| {
        let view = principal::view(p);
        (view.hears(&note), view.hears(&answer))
    };
    assert_eq!(heard(&p), (Heard::Event, Heard::Event));
    assert_eq!(heard(&key), (Heard::Nothing, Heard::Event));
}

#[test]
fn a_principal_is_looked_at_again_when_something_happens_to_it() {
    let (me, key) = (
        agent(1, &[1]),
        principal::view(&people::access::Principal { kind: PrincipalKind::ApiKey(5), ..person(5, &[], &[]) }),
    );
    let rests = |view: &View, kind: &str, subject: &str, id: i64| {
        view.rests_on(&event(kind, (subject, id), (None, None), json!({})))
    };
    assert!(rests(&me, "user.updated", "user", 1) && rests(&me, "user.deactivated", "user", 1));
    assert!(!rests(&me, "user.updated", "user", 2) && !rests(&me, "user.status_changed", "user", 1));
    assert!(rests(&me, "department.updated", "department", 9) && rests(&key, "role.updated", "role", 1));
    assert!(rests(&key, "api_key.revoked", "api_key", 5) && !rests(&key, "api_key.revoked", "api_key", 6));
    assert!(!rests(&key, "user.updated", "user", 5) && !rests(&me, "message.added", "ticket", 1));
    assert!(Scope::All > Scope::Team);
}

#[test]
fn a_canned_reply_is_heard_by_whom_it_belongs_to() {
    let lan = principal::view(&person(1, &[1], &["canned_replies.read:team"]));
    let admin = principal::view(&person(2, &[], &["canned_replies.read:all"]));
    let nobody = principal::view(&person(3, &[1], &["tickets.read:all"]));
    let hears = |place: (Option<i64>, Option<i64>)| {
        let changed = event("canned_reply.updated", ("canned_reply", 7), place, json!({}));
        [&lan, &admin, &nobody].map(|view| view.hears(&changed) == Heard::Event)
    };
    assert_eq!(hears((None, None)), [true, true, false]);
    assert_eq!(hears((Some(1), None)), [true, true, false]);
    assert_eq!(hears((Some(2), None)), [false, true, false]);
    assert_eq!(hears((None, Some(1))), [true, false, false]);
    assert_eq!(hears((None, Some(2))), [false, true, false]);
}
