//! API keys: what they may do, how fast, and how much.

use serde_json::{Value, json};

use crate::support::{TestDesk, limited, with_desk, with_desk_of};

async fn key(desk: &TestDesk, admin: &str, new: Value) -> (i64, String) {
    let made = desk.as_user(admin, "POST", "/admin/integrations/api-keys", new).await.expect(201);
    (made["key_id"].as_i64().unwrap(), made["api_key"].as_str().unwrap().to_owned())
}

async fn users(desk: &TestDesk, key: &str) -> crate::support::Answer {
    desk.call("GET", "/users", &[("x-api-key", key)], Value::Null).await
}

#[test]
fn a_key_does_what_its_scope_says_until_it_is_revoked() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let (id, read) = key(&desk, &admin, json!({ "name": "Reader", "scope": "read" })).await;
        let (_, intake) = key(&desk, &admin, json!({ "name": "Site", "scope": "intake" })).await;
        assert!(read.starts_with("fd_"));
        users(&desk, &read).await.expect(200);
        desk.as_user(&read, "GET", "/users", Value::Null).await.expect(200);
        users(&desk, &intake).await.refused(403, "forbidden");
        desk.call("GET", "/auth/me", &[("x-api-key", &read)], Value::Null).await.refused(403, "forbidden");
        desk.call("POST", "/departments", &[("x-api-key", &read)], json!({ "name": "x" }))
            .await
            .refused(403, "forbidden");

        let list = desk.as_user(&admin, "GET", "/admin/integrations/api-keys", Value::Null).await.expect(200);
        assert!(!list.to_string().contains(&read[12..]));
        assert_eq!(list["api_keys"][0]["daily_quota"], Value::Null);
        assert_eq!(
            (&list["api_keys"][1]["scope"], &list["api_keys"][1]["daily_quota"]),
            (&json!("read"), &json!(10_000))
        );

        let path = format!("/admin/integrations/api-keys/{id}");
        desk.as_user(&admin, "DELETE", &path, Value::Null).await.expect(204);
        users(&desk, &read).await.refused(401, "unauthenticated");
        desk.as_user(&admin, "DELETE", &path, Value::Null).await.expect(204);
        desk.as_user(&admin, "DELETE", "/admin/integrations/api-keys/999", Value::Null)
            .await
            .refused(404, "not_found");
        let events = desk.events("api_key", id).await;
        assert_eq!(events.len(), 2);
        assert!(!format!("{events:?}").contains(&read[12..]));
    });
}

#[test]
fn a_key_has_a_rate_and_hears_of_it() {
    with_desk_of(limited, |desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let new = json!({ "name": "Slow", "scope": "read", "rate_per_second": 1, "burst": 2 });
        let (_, slow) = key(&desk, &admin, new).await;
        let first = users(&desk, &slow).await;
        assert_eq!(
            (&first.headers["x-ratelimit-limit"], &first.headers["x-ratelimit-remaining"]),
            (&"2".parse().unwrap(), &"1".parse().unwrap())
        );
        users(&desk, &slow).await.expect(200);
        let third = users(&desk, &slow).await;
        assert!(third.headers.contains_key("retry-after"));
        third.refused(429, "rate_limited");
    });
}

#[test]
fn a_quota_is_exact_and_begins_again_the_next_day() {
    with_desk_of(limited, |desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let new = json!({ "name": "Few", "scope": "read", "daily_quota": 120 });
        let (id, few) = key(&desk, &admin, new).await;
        for _ in 0..120 {
            users(&desk, &few).await.expect(200);
        }
        let refused = users(&desk, &few).await;
        let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((12 * 3600..=12 * 3600 + 1).contains(&wait), "the clock stands at noon: {wait}");
        refused.refused(429, "quota_exceeded");
        desk.desk.access.flush().await.unwrap();
        let list = desk.as_user(&admin, "GET", "/admin/integrations/api-keys", Value::Null).await.expect(200);
        assert_eq!(
            (&list["api_keys"][0]["id"], &list["api_keys"][0]["usage_count"]),
            (&json!(id), &json!(120))
        );
        assert!(list["api_keys"][0]["last_used_at"].is_string());
        desk.clock.advance(platform::clock::DAY);
        users(&desk, &few).await.expect(200);
    });
}

#[test]
fn a_quota_counts_what_other_nodes_counted() {
    with_desk_of(limited, |desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let (id, few) = key(&desk, &admin, json!({ "name": "Few", "scope": "read", "daily_quota": 3 })).await;
        let day = desk.clock.now() / platform::clock::DAY;
        desk.desk
            .db
            .write(move |tx| {
                let text = platform::sql!(
                    "INSERT INTO api_key_usage (api_key_id, day, requests) VALUES (?1, ?2, 2)"
                );
                tx.exec(text, platform::params![id, day])
            })
            .await
            .unwrap();
        users(&desk, &few).await.expect(200);
        users(&desk, &few).await.refused(429, "quota_exceeded");
    });
}
