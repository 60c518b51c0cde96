//! Logging in, staying logged in, and being shown the door.

use people::access;
use platform::clock::{HOUR, MINUTE, SECOND};
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestDesk, limited, with_desk, with_desk_of};

async fn refresh(desk: &TestDesk, token: &str) -> crate::support::Answer {
    desk.call("POST", "/auth/refresh", &[("cookie", &format!("frontdesk_refresh={token}"))], Value::Null)
        .await
}

#[test]
fn the_first_administrator_comes_by_a_link_that_works_once() {
    with_desk(|desk| async move {
        assert_eq!(desk.call("GET", "/auth/setup", &[], Value::Null).await.expect(200)["needed"], true);
        let entropy = desk.desk.entropy.clone();
        let issue = move |tx: &platform::Tx<'_>| access::ensure_setup_token(tx, &entropy);
        let old = desk.desk.db.write(issue.clone()).await.unwrap().unwrap();
        let token = desk.desk.db.write(issue.clone()).await.unwrap().unwrap();
        let body = |token: &str, password: &str| json!({ "token": token, "email": "An@Desk.example", "name": "An", "password": password });
        desk.call("POST", "/auth/setup", &[], body(&token, "short")).await.refused(422, "invalid");
        desk.call("POST", "/auth/setup", &[], body(&old, PASSWORD)).await.refused(401, "bad_credentials");
        let made = desk.call("POST", "/auth/setup", &[], body(&token, PASSWORD)).await.expect(201);
        assert_eq!((&made["user"]["role"], &made["user"]["username"]), (&json!("admin"), &json!("An")));
        desk.call("POST", "/auth/setup", &[], body(&token, PASSWORD)).await.refused(409, "wrong_state");
        assert_eq!(desk.desk.db.write(issue).await.unwrap(), None);
        assert_eq!(desk.call("GET", "/auth/setup", &[], Value::Null).await.expect(200)["needed"], false);
    });
}

#[test]
fn people_log_in_by_name_or_address_and_failures_are_recorded() {
    with_desk(|desk| async move {
        let id = desk.user("an", "agent").await;
        for who in [
            json!({ "username": "AN" }),
            json!({ "email": "an@DESK.example" }),
            json!({ "username": "an@desk.example" }),
        ] {
            let mut body = who;
            body["password"] = PASSWORD.into();
            let answer = desk.call("POST", "/auth/login", &[], body).await;
            let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
            for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert!(!cookie.contains("Secure"));
            let body = answer.expect(200);
            assert_eq!(body["expires_in"], 3600);
            assert!(body.get("refresh_token").is_none());
        }
        let wrong = |who: &str| json!({ "username": who, "password": "wrong password" });
        desk.call("POST", "/auth/login", &[], wrong("an")).await.refused(401, "bad_credentials");
        desk.call("POST", "/auth/login", &[], wrong("nobody")).await.refused(401, "bad_credentials");
        desk.call("POST", "/auth/login", &[], json!({ "password": "x" })).await.refused(422, "invalid");
        let known = desk.events("user", id.0).await;
        assert_eq!(
            known.last().unwrap(),
            &("user.login_failed".into(), json!({ "reason": "wrong_password" }))
        );
        let unknown = desk.events("user", 0).await;
        assert_eq!(unknown, [("user.login_failed".into(), json!({ "reason": "unknown_name" }))]);

        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("username=an&password={}&grant_type=password", PASSWORD.replace(' ', "+"));
        let token = desk.call("POST", "/auth/token", &form, body.into()).await.expect(200);
        let token = token["access_token"].as_str().unwrap();
        assert_eq!(desk.as_user(token, "GET", "/auth/me", Value::Null).await.expect(200)["id"], id.0);
        desk.call("POST", "/auth/token", &form, "username=an".into()).await.refused(422, "invalid");
        desk.call("POST", "/auth/token", &[], json!({})).await.refused(415, "unsupported_media_type");
    });
}

#[test]
fn access_tokens_end_after_an_hour() {
    with_desk(|desk| async move {
        let (_, token) = desk.logged_in("an", "agent").await;
        desk.clock.advance(HOUR - SECOND);
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.expect(200);
        desk.clock.advance(2 * SECOND);
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        for bad in ["", "x", "a.b.c", "fd_00000000_x"] {
            desk.as_user(bad, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        }
        desk.call("GET", "/auth/me", &[], Value::Null).await.refused(401, "unauthenticated");
    });
}

#[test]
fn an_old_refresh_token_ends_the_session() {
    with_desk(|desk| async move {
        desk.user("an", "agent").await;
        let first = desk.log_in("an").await.cookie();
        let other = desk.log_in("an").await.cookie();
        let answer = refresh(&desk, &first).await;
        let second = answer.cookie();
        let token = answer.expect(200)["access_token"].as_str().unwrap().to_owned();
        assert_ne!(first, second);
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.expect(200);

        refresh(&desk, &first).await.refused(401, "unauthenticated");
        refresh(&desk, &second).await.refused(401, "unauthenticated");
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        refresh(&desk, &other).await.expect(200);
        let reused: i64 = desk
            .desk
            .db
            .read(|c| {
                c.one(platform::sql!("SELECT count(*) FROM events WHERE kind = 'session.reused'"), &[], |r| {
                    r.get(0)
                })
            })
            .await
            .unwrap();
        assert_eq!(reused, 1);
    });
}

#[test]
fn a_refresh_token_works_once_even_when_two_use_it_at_once() {
    with_desk(|desk| async move {
        desk.user("an", "agent").await;
        let token = desk.log_in("an").await.cookie();
        let (a, b) = tokio::join!(refresh(&desk, &token), refresh(&desk, &token));
        let good = [a, b].iter().filter(|r| r.status == 200).count();
        assert!(good <= 1, "both got a session");
    });
}

#[test]
fn refreshing_is_for_this_site_and_for_clients_without_cookies() {
    with_desk(|desk| async move {
        desk.user("an", "agent").await;
        let answer = desk
            .call("POST", "/auth/login?refresh=body", &[], json!({ "username": "an", "password": PASSWORD }))
            .await;
        assert!(!answer.headers.contains_key("set-cookie"));
        let token = answer.expect(200)["refresh_token"].as_str().unwrap().to_owned();
        let body = json!({ "refresh_token": token });
        let evil = [("origin", "https://evil.example"), ("host", "localhost")];
        desk.call("POST", "/auth/refresh", &evil, body.clone()).await.refused(403, "forbidden");
        let null = [("origin", "null"), ("host", "localhost")];
        desk.call("POST", "/auth/refresh", &null, body.clone()).await.refused(403, "forbidden");
        let fine = [("origin", "http://localhost"), ("host", "elsewhere")];
        let again = desk.call("POST", "/auth/refresh", &fine, body).await.expect(200);
        let token = again["refresh_token"].as_str().unwrap().to_owned();
        let by_host = [("origin", "https://desk.local:8443"), ("host", "desk.local:8443")];
        let answer =
            desk.call("POST", "/auth/refresh", &by_host, json!({ "refresh_token": token })).await.expect(200);

        let body = json!({ "refresh_token": answer["refresh_token"] });
        desk.call("POST", "/auth/logout", &[], body.clone()).await.expect(204);
        desk.call("POST", "/auth/refresh", &[], body).await.refused(401, "unauthenticated");
        desk.call("POST", "/auth/logout", &[], Value::Null).await.expect(204);
        desk.call("POST", "/auth/refresh", &[], Value::Null).await.refused(401, "unauthenticated");
    });
}

#[test]
fn https_makes_the_cookie_secure() {
    with_desk_of(
        |c| c.server.public_url = "https://desk.example".into(),
        |desk| async move {
            desk.user("an", "agent").await;
            let answer = desk.log_in("an").await;
            assert!(answer.headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
        },
    );
}

#[test]
fn sessions_are_listed_and_ended() {
    with_desk(|desk| async move {
        let (id, token) = desk.logged_in("an", "agent").await;
        let second = desk.log_in("an").await.expect(200)["access_token"].as_str().unwrap().to_owned();
        let (_, stranger) = desk.logged_in("binh", "agent").await;
        let list = desk.as_user(&token, "GET", "/auth/sessions", Value::Null).await.expect(200);
        let sessions = list["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        let other = sessions.iter().find(|s| s["current"] == false).unwrap()["id"].as_i64().unwrap();
        let path = format!("/auth/sessions/{other}");
        desk.as_user(&stranger, "DELETE", &path, Value::Null).await.refused(404, "not_found");
        desk.as_user(&token, "DELETE", &path, Value::Null).await.expect(204);
        desk.as_user(&token, "DELETE", &path, Value::Null).await.refused(404, "not_found");
        desk.as_user(&second, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.expect(200);
        assert!(desk.events("user", id.0).await.iter().filter(|e| e.0 == "user.logged_in").count() == 2);
    });
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    with_desk(|desk| async move {
        let (id, token) = desk.logged_in("an", "agent").await;
        let other = desk.log_in("an").await;
        let (cookie, other) =
            (other.cookie(), other.expect(200)["access_token"].as_str().unwrap().to_owned());
        let change = |old: &str, new: &str| json!({ "current_password": old, "new_password": new });
        let path = "/auth/change-password";
        desk.as_user(&token, "POST", path, change("wrong", "another password"))
            .await
            .refused(401, "bad_credentials");
        desk.as_user(&token, "POST", path, change(PASSWORD, "short")).await.refused(422, "invalid");
        desk.as_user(&token, "POST", path, change(PASSWORD, "another password")).await.expect(204);
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.expect(200);
        desk.as_user(&other, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        refresh(&desk, &cookie).await.refused(401, "unauthenticated");
        desk.log_in("an").await.refused(401, "bad_credentials");

        let entropy = desk.desk.entropy.clone();
        let link =
            desk.desk.db.write(move |tx| access::issue_password_token(tx, id, &entropy)).await.unwrap();
        let reset = json!({ "token": link, "new_password": PASSWORD });
        desk.call("POST", "/auth/reset-password", &[], reset.clone()).await.expect(204);
        desk.call("POST", "/auth/reset-password", &[], reset).await.refused(401, "bad_credentials");
        desk.as_user(&token, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        desk.log_in("an").await.expect(200);
        for (_, data) in desk.events("user", id.0).await {
            assert!(!data.to_string().contains("argon2") && !data.to_string().contains(PASSWORD), "{data}");
        }
    });
}

#[test]
fn a_socket_ticket_works_once_and_briefly() {
    with_desk(|desk| async move {
        let id = desk.user("an", "agent").await;
        let service = &desk.desk.access;
        let principal = service.principal(id).await.unwrap().unwrap();
        let ticket = service.issue_socket_ticket(&principal).await.unwrap();
        assert_eq!(service.redeem_socket_ticket(&ticket).await.unwrap().user_id(), Some(id));
        assert!(service.redeem_socket_ticket(&ticket).await.is_err());
        let late = service.issue_socket_ticket(&principal).await.unwrap();
        desk.clock.advance(31 * SECOND);
        assert!(service.redeem_socket_ticket(&late).await.is_err());
    });
}

#[test]
fn an_address_may_try_ten_times_a_minute() {
    with_desk_of(limited, |desk| async move {
        let wrong = json!({ "username": "an" , "password": "x" });
        for n in 0..10 {
            let answer = desk.call("POST", "/auth/login", &[], wrong.clone()).await;
            assert_eq!(answer.headers["x-ratelimit-remaining"], (9 - n).to_string());
            answer.refused(401, "bad_credentials");
        }
        let answer = desk.call("POST", "/auth/login", &[], wrong).await;
        assert!(answer.headers.contains_key("retry-after"));
        answer.refused(429, "rate_limited");
        desk.clock.advance(MINUTE);
    });
}

#[test]
fn oneself_can_be_changed_a_little() {
    with_desk(|desk| async move {
        let (_, token) = desk.logged_in("an", "agent").await;
        let me = desk.as_user(&token, "GET", "/auth/me", Value::Null).await.expect(200);
        assert_eq!((&me["locale"], &me["capacity"], &me["load"]), (&Value::Null, &json!(8), &json!(0)));
        assert!(
            me["permissions"]
                .as_array()
                .unwrap()
                .contains(&json!({ "action": "tickets.assign", "scope": "own" }))
        );
        let me = desk
            .as_user(&token, "PATCH", "/auth/me", json!({ "locale": "vi", "name": "An N." }))
            .await
            .expect(200);
        assert_eq!((&me["locale"], &me["name"], &me["version"]), (&json!("vi"), &json!("An N."), &json!(2)));
        let me = desk.as_user(&token, "PATCH", "/auth/me", json!({ "locale": null })).await.expect(200);
        assert_eq!(me["locale"], Value::Null);
        desk.as_user(&token, "PATCH", "/auth/me", json!({ "role": "admin" })).await.refused(422, "invalid");
        desk.as_user(&token, "PATCH", "/auth/me", json!({ "theme": "pink" })).await.refused(422, "invalid");
    });
}

#[test]
fn every_route_refuses_whoever_may_not() {
    with_desk(|desk| async move {
        let (_, agent) = desk.logged_in("an", "agent").await;
        for route in people::api::<people::Desk>().routes() {
            let path = route.path.replace("{id}", "1");
            let body =
                if route.method == "GET" || route.method == "DELETE" { Value::Null } else { json!({}) };
            match route.requirement {
                platform::http::Requirement::Permission(action) => {
                    desk.call(route.method.as_str(), &path, &[], body.clone())
                        .await
                        .refused(401, "unauthenticated");
                    // What an agent may write too.
                    if action.ends_with(".write") && !["contacts.write", "views.write"].contains(&action) {
                        desk.as_user(&agent, route.method.as_str(), &path, body)
                            .await
                            .refused(403, "forbidden");
                    }
                }
                platform::http::Requirement::Authenticated => {
                    desk.call(route.method.as_str(), &path, &[], body).await.refused(401, "unauthenticated");
                }
                _ => {}
            }
        }
    });
}
