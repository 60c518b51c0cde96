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
    ] {
        let e = event(kind, (subject, 99), (None, None), json!({}));
        let with = principal::view(&person(1, &[], &[&format!("{action}:all")]));
        let without = View { ..principal::view(&person(1, &[], &[])) };
        assert_eq!((with.hears(&e), without.hears(&e)), (Heard::Event, Heard::Nothing), "{kind}");
    }
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
