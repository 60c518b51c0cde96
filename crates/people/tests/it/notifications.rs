//! Notifications: everybody's own, and gone after a while.

use people::{UserId, notifications};
use platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::{TestDesk, with_desk};

async fn tell(desk: &TestDesk, user: UserId, n: i64) -> i64 {
    let write = move |tx: &platform::Tx<'_>| {
        notifications::notify(tx, user, "task.assigned", &json!({ "task_id": n }), Some("/tasks"))
    };
    desk.desk.db.write(write).await.unwrap().0
}

#[test]
fn everybody_sees_their_own_alone() {
    with_desk(|desk| async move {
        let ((an, mine), (binh, theirs)) =
            (desk.logged_in("an", "agent").await, desk.logged_in("binh", "agent").await);
        let (first, second, other) =
            (tell(&desk, an, 1).await, tell(&desk, an, 2).await, tell(&desk, binh, 3).await);
        let list = desk.as_user(&mine, "GET", "/notifications", Value::Null).await.expect(200);
        let ids: Vec<_> =
            list["notifications"].as_array().unwrap().iter().map(|n| n["id"].as_i64().unwrap()).collect();
        assert_eq!((ids, &list["total"]), (vec![second, first], &json!(2)));
        assert_eq!(
            list["notifications"][1],
            json!({
                "id": first, "kind": "task.assigned", "data": { "task_id": 1 }, "link": "/tasks", "is_read": false,
                "created_at": list["notifications"][1]["created_at"],
            })
        );
        let path = |id: i64| format!("/notifications/{id}/read");
        desk.as_user(&mine, "PATCH", &path(other), Value::Null).await.refused(404, "not_found");
        let read = desk.as_user(&mine, "PATCH", &path(first), Value::Null).await.expect(200);
        assert_eq!((&read["id"], &read["is_read"]), (&json!(first), &json!(true)));
        desk.as_user(&mine, "PATCH", &path(first), Value::Null).await.expect(200);
        let count = async |token: &str| {
            desk.as_user(token, "GET", "/notifications/count", Value::Null).await.expect(200)["unread"]
                .clone()
        };
        assert_eq!((count(&mine).await, count(&theirs).await), (json!(1), json!(1)));
        let unread =
            desk.as_user(&mine, "GET", "/notifications?unread_only=true", Value::Null).await.expect(200);
        assert_eq!((&unread["total"], &unread["notifications"][0]["id"]), (&json!(1), &json!(second)));
        let all = desk.as_user(&mine, "POST", "/notifications/mark-all-read", Value::Null).await.expect(200);
        assert_eq!(all, json!({ "marked": 1 }));
        assert_eq!((count(&mine).await, count(&theirs).await), (json!(0), json!(1)));
    });
}

#[test]
fn pages_follow_one_another_and_events_concern_the_owner_alone() {
    with_desk(|desk| async move {
        let (an, mine) = desk.logged_in("an", "agent").await;
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.push(tell(&desk, an, n).await);
        }
        let page = desk.as_user(&mine, "GET", "/notifications?limit=3", Value::Null).await.expect(200);
        let next = page["next_cursor"].as_str().unwrap();
        let rest =
            desk.as_user(&mine, "GET", &format!("/notifications?limit=3&cursor={next}"), Value::Null).await;
        let rest = rest.expect(200);
        let last: Vec<_> =
            rest["notifications"].as_array().unwrap().iter().map(|n| n["id"].as_i64().unwrap()).collect();
        assert_eq!((last, &rest["next_cursor"]), (vec![ids[1], ids[0]], &Value::Null));
        let read = move |c: &platform::Conn<'_>| {
            platform::events::of_subject(c, "notification", ids[0], i64::MAX, 10)
        };
        let events = desk.desk.db.read(read).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(
            (events[0].kind.as_str(), events[0].owner_id, events[0].department_id),
            ("notification.created", Some(an.0), None)
        );
        assert_eq!(events[0].data["link"], "/tasks");
        assert!(events[0].data.get("data").is_none(), "what it says is not in the event");
    });
}

#[test]
fn after_ninety_days_they_are_gone() {
    with_desk(|desk| async move {
        let an = desk.user("an", "agent").await;
        tell(&desk, an, 1).await;
        desk.clock.advance(60 * DAY);
        tell(&desk, an, 2).await;
        desk.clock.advance(31 * DAY);
        assert_eq!(desk.desk.db.write(notifications::prune).await.unwrap(), 1);
        assert_eq!(desk.desk.db.write(notifications::prune).await.unwrap(), 0);
        assert_eq!(desk.desk.db.read(move |c| notifications::unread(c, an)).await.unwrap(), 1);
    });
}

#[test]
fn a_program_has_none() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let made = desk
            .as_user(&admin, "POST", "/admin/integrations/api-keys", json!({ "name": "k", "scope": "admin" }))
            .await
            .expect(201);
        let key = made["api_key"].as_str().unwrap();
        for (method, path) in [
            ("GET", "/notifications"),
            ("GET", "/notifications/count"),
            ("POST", "/notifications/mark-all-read"),
        ] {
            desk.call(method, path, &[("x-api-key", key)], Value::Null).await.refused(403, "forbidden");
        }
    });
}
