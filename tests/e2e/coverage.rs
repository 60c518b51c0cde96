//! Every route refuses whom it must: nobody, the wrong role, the wrong key. The list of routes is the program's own, so a
//! new one is tried from the day it exists.

use std::collections::BTreeSet;

use e2e::{Answer, Desk, SCOPES, Session, on_sqlite};
use frontdesk::app;
use people::access::Scope;
use platform::http::{Requirement, RouteInfo};
use reqwest::Method;

/// Routes that anyone may call, each because of what guards it inside.
const PUBLIC: &[(&str, &str)] = &[
    ("GET /auth/setup", "tells whether there is an administrator, and nothing else"),
    ("POST /auth/setup", "takes the one-time token of the set-up link"),
    ("POST /auth/login", "takes a password"),
    ("POST /auth/token", "takes a password"),
    ("POST /auth/refresh", "takes the refresh token"),
    ("POST /auth/logout", "ends the session of the refresh token, if there is one"),
    ("POST /auth/reset-password", "takes the one-time token of a link"),
    ("GET /ws", "takes a one-time ticket"),
    (
        "GET /calendar/{token}",
        "takes the unguessable address of somebody's calendar, as often as a calendar asks",
    ),
    ("GET /attachments/{id}/download", "takes the token of a link that holds for a day"),
];

/// Actions that no route asks for, each with its reason.
const RESERVED: &[(&str, &str)] = &[("intake.post", "asked for by keys at routes that signatures open, too")];

/// Roles of people, with somebody who has them.
const PEOPLE: &[(&str, &str)] = &[("admin", "admin"), ("manager", "boss"), ("agent", "lan")];

fn name(route: &RouteInfo) -> String {
    format!("{} {}", route.method, route.path)
}

/// The path with syntactically valid parts that name nothing.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|p| match p {
        "{channel}" => "zalo",
        p if p.starts_with('{') && p.contains("id") => "999999",
        p if p.starts_with('{') => "nothing",
        p => p,
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn try_route(session: &Session, route: &RouteInfo) -> Answer {
    let path = filled(&route.path);
    let kind = [("content-type".to_owned(), "application/json".to_owned())];
    match route.method {
        Method::GET | Method::DELETE => session.send(route.method.clone(), &path, &[], None).await,
        _ => session.send(route.method.clone(), &path, &kind, Some(b"{}".to_vec())).await,
    }
}

async fn everybody(desk: &Desk) -> Vec<(String, Session)> {
    let mut all = Vec::new();
    for (role, user) in PEOPLE {
        all.push(((*role).to_owned(), desk.client.user(user).await));
    }
    for scope in SCOPES {
        all.push((format!("key.{scope}"), desk.client.key(desk.world.key(scope))));
    }
    all
}

/// How far a role may do it, by the checked-in matrix.
fn scope(role: &str, action: &str) -> Option<Scope> {
    let roles = people::access::matrix::system_roles();
    let role = roles.iter().find(|r| r.key == role).unwrap_or_else(|| panic!("{role} is not in the matrix"));
    role.grants.iter().find(|g| g.action == action).map(|g| g.scope)
}

#[test]
fn nobody_comes_in_without_credentials() {
    on_sqlite(async |desk| {
        let (anyone, mut public) = (desk.client.anyone(), BTreeSet::new());
        for route in app::routes() {
            let answer = try_route(&anyone, &route).await;
            match route.requirement {
                Requirement::Public => {
                    public.insert(name(&route));
                    assert!(answer.status < 500, "{}: {}", name(&route), answer.text);
                }
                Requirement::Signed => {
                    let refused = matches!(answer.status, 401 | 403 | 404);
                    assert!(refused, "{}: {} {}", name(&route), answer.status, answer.text);
                }
                Requirement::Authenticated | Requirement::Permission(_) => {
                    assert_eq!(answer.status, 401, "{}: {}", name(&route), answer.text);
                    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", name(&route));
                }
            }
        }
        let listed: BTreeSet<String> = PUBLIC.iter().map(|(route, _)| (*route).to_owned()).collect();
        assert_eq!(public, listed, "the routes that anyone may call are listed with their reason");
    });
}

#[test]
fn made_up_credentials_are_no_credentials() {
    on_sqlite(async |desk| {
        let routes = app::routes();
        let guarded =
            routes.iter().filter(|r| !matches!(r.requirement, Requirement::Public | Requirement::Signed));
        let wrong = [desk.client.bearer("a.b.c"), desk.client.key("fd_nothing"), desk.client.key("")];
        for route in guarded.step_by(7) {
            for session in &wrong {
                let answer = try_route(session, route).await;
                assert_eq!(answer.status, 401, "{}: {}", name(route), answer.text);
            }
        }
    });
}

#[test]
fn each_role_and_key_may_do_what_the_matrix_says_and_no_more() {
    on_sqlite(async |desk| {
        let (mut allowed, mut refused) = (0, 0);
        for (role, session) in everybody(desk).await {
            for route in app::routes() {
                let Requirement::Permission(action) = route.requirement else { continue };
                let answer = try_route(&session, &route).await;
                let here = format!("{role} at {}: {} {}", name(&route), answer.status, answer.text);
                assert!(answer.status < 500, "{here}");
                match scope(&role, action) {
                    Some(scope) => {
                        assert_ne!(answer.status, 401, "{here}");
                        // Who may do it to some rows may be refused for others; who may do it to all, never.
                        let is_own_word = answer.body["detail"] != "Your role does not allow this.";
                        assert!(answer.status != 403 || scope < Scope::All || is_own_word, "{here}");
                        allowed += 1;
                    }
                    None => {
                        assert_eq!(answer.status, 403, "{here}");
                        assert_eq!(answer.body["code"], "forbidden", "{here}");
                        refused += 1;
                    }
                }
            }
        }
        assert!(allowed > 200 && refused > 100, "{allowed} allowed, {refused} refused");
    });
}

#[test]
fn people_alone_have_sessions_and_keys_post_where_they_may() {
    on_sqlite(async |desk| {
        for (role, session) in everybody(desk).await {
            for route in app::routes() {
                if route.requirement != Requirement::Authenticated {
                    continue;
                }
                let answer = try_route(&session, &route).await;
                let here = format!("{role} at {}: {} {}", name(&route), answer.status, answer.text);
                assert!(answer.status < 500 && answer.status != 401, "{here}");
            }
        }
        let line = serde_json::json!({"platform": "shop", "sender": "u1", "content": "xin chào"});
        for (role, session) in everybody(desk).await {
            let answer = session.post("/webhook", line.clone()).await;
            let wanted = if scope(&role, "intake.post").is_some() { 200 } else { 403 };
            assert_eq!(answer.status, wanted, "{role}: {}", answer.text);
        }
    });
}

#[test]
fn the_matrix_and_the_routes_speak_of_the_same_actions() {
    let asked: BTreeSet<&str> = app::routes()
        .iter()
        .filter_map(|r| match r.requirement {
            Requirement::Permission(action) => Some(action),
            _ => None,
        })
        .collect();
    let known: BTreeSet<&str> = people::access::matrix::actions().into_iter().collect();
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "routes ask for what no role can hold: {unknown:?}");
    let unused: Vec<&str> = known.difference(&asked).copied().collect();
    let reserved: Vec<&str> = RESERVED.iter().map(|(action, _)| *action).collect();
    assert_eq!(unused, reserved, "actions that no route asks for are listed with their reason");
}
