//! Staff, as administrators, managers and agents see and change them.

use people::{UserId, access::agents};
use serde_json::{Value, json};

use crate::support::with_desk;

#[test]
fn an_administrator_makes_people_and_hands_over_a_link() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let d = desk.as_user(&admin, "POST", "/departments", json!({ "name": "Sales" })).await.expect(201);
        let new = json!({
            "email": "binh@desk.example", "name": "Bình Trần", "role": "counselor", "capacity": 3,
            "departments": [{ "department_id": d["id"], "is_manager": true }],
        });
        let made = desk.as_user(&admin, "POST", "/users", new.clone()).await.expect(201);
        let user = &made["user"];
        assert_eq!(
            (&user["role"], &user["username"], &user["capacity"]),
            (&json!("agent"), &json!("binh"), &json!(3))
        );
        assert_eq!(
            user["departments"],
            json!([{ "id": d["id"], "name": "Sales", "is_manager": true, "is_primary": true }])
        );
        let link = made["invite_link"].as_str().unwrap();
        let token = link.strip_prefix("http://localhost/reset-password?token=").unwrap();
        let reset = json!({ "token": token, "new_password": "a password of mine" });
        desk.call("POST", "/auth/reset-password", &[], reset).await.expect(204);
        let log_in = json!({ "username": "binh", "password": "a password of mine" });
        desk.call("POST", "/auth/login", &[], log_in).await.expect(200);

        let refusal = desk.as_user(&admin, "POST", "/admin/users", new).await.refused(409, "duplicate");
        let fields: Vec<_> =
            refusal["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["email", "username"]);
        let bad = json!({ "email": "nowhere", "name": " ", "role": "king", "username": "a b" });
        let refusal = desk.as_user(&admin, "POST", "/users", bad).await.refused(422, "invalid");
        assert_eq!(refusal["errors"].as_array().unwrap().len(), 4, "{refusal}");
    });
}

#[test]
fn lists_are_filtered_paged_and_scoped() {
    with_desk(|desk| async move {
        let (admin_id, admin) = desk.logged_in("admin", "admin").await;
        let (an, agent) = desk.logged_in("an", "agent").await;
        let binh = desk.user("binh", "agent").await;
        desk.user("chi", "manager").await;
        let d = desk.as_user(&admin, "POST", "/departments", json!({ "name": "Sales" })).await.expect(201);
        let members = json!({ "members": [{ "user_id": an }, { "user_id": binh }] });
        desk.as_user(&admin, "PUT", &format!("/departments/{}/members", d["id"]), members).await.expect(200);

        let ids = |list: &Value| {
            list["users"].as_array().unwrap().iter().map(|u| u["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        let get = async |token: &str, query: &str| {
            desk.as_user(token, "GET", &format!("/users{query}"), Value::Null).await
        };
        let all = get(&admin, "?sort=name").await.expect(200);
        assert_eq!((ids(&all).len(), &all["total"]), (4, &json!(4)));
        let page = get(&admin, "?limit=3").await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = get(&admin, &format!("?limit=3&cursor={cursor}")).await.expect(200);
        assert_eq!([ids(&page), ids(&rest)].concat(), ids(&all));
        let newest = get(&admin, "?sort=-created_at&limit=1").await.expect(200);
        let cursor = newest["next_cursor"].as_str().unwrap();
        let next = get(&admin, &format!("?sort=-created_at&limit=1&cursor={cursor}")).await.expect(200);
        assert!(ids(&newest)[0] > ids(&next)[0]);

        assert_eq!(ids(&get(&admin, "?role=manager").await.expect(200)).len(), 1);
        assert_eq!(ids(&get(&admin, "?search=B%C3%8CNH").await.expect(200)), [binh.0]);
        assert_eq!(ids(&get(&admin, &format!("?department_id={}", d["id"])).await.expect(200)).len(), 2);
        assert_eq!(ids(&get(&admin, "?status=available").await.expect(200)).len(), 0);
        assert_eq!(ids(&get(&admin, "?active=false").await.expect(200)).len(), 0);
        get(&admin, "?nonsense=1").await.refused(400, "unknown_parameter");

        assert_eq!(ids(&get(&agent, "").await.expect(200)), [an.0, binh.0]);
        desk.as_user(&agent, "GET", &format!("/users/{binh}"), Value::Null).await.expect(200);
        desk.as_user(&agent, "GET", &format!("/users/{admin_id}"), Value::Null)
            .await
            .refused(404, "not_found");
    });
}

#[test]
fn of_two_changes_to_one_version_exactly_one_wins() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let an = desk.user("an", "agent").await;
        let (auth, path) = (format!("Bearer {admin}"), format!("/users/{an}"));
        let headers = [("authorization", auth.as_str()), ("if-match", "\"1\"")];
        let (a, b) = tokio::join!(
            desk.call("PATCH", &path, &headers, json!({ "name": "First" })),
            desk.call("PATCH", &path, &headers, json!({ "name": "Second" })),
        );
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let lost = if a.status == 409 { a } else { b };
        lost.refused(409, "stale_version");
        let events = desk.events("user", an.0).await;
        let changes: Vec<_> = events.iter().filter(|e| e.0 == "user.updated").collect();
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].1["before"], json!({ "name": "an" }));
    });
}

#[test]
fn nobody_leaves_with_open_work_and_somebody_stays_in_charge() {
    with_desk(|desk| async move {
        let (boss, admin) = desk.logged_in("admin", "admin").await;
        let (an, agent) = desk.logged_in("an", "agent").await;
        let path = |id: UserId| format!("/users/{id}");
        desk.as_user(&admin, "DELETE", &path(boss), Value::Null).await.refused(409, "wrong_state");
        desk.as_user(&admin, "PATCH", &path(boss), json!({ "role": "agent" }))
            .await
            .refused(409, "wrong_state");

        desk.desk.db.write(move |tx| agents::take_slot(tx, an, None)).await.unwrap();
        desk.as_user(&admin, "DELETE", &path(an), Value::Null).await.refused(409, "has_open_work");
        desk.desk.db.write(move |tx| agents::free_slot(tx, an)).await.unwrap();
        desk.as_user(&agent, "PUT", &format!("/users/{an}/status?status=available"), Value::Null)
            .await
            .expect(200);
        desk.as_user(&admin, "DELETE", &path(an), Value::Null).await.expect(204);
        desk.as_user(&agent, "GET", "/auth/me", Value::Null).await.refused(401, "unauthenticated");
        desk.log_in("an").await.refused(401, "bad_credentials");
        let gone = desk.as_user(&admin, "GET", &path(an), Value::Null).await.expect(200);
        assert_eq!((&gone["is_active"], &gone["status"]), (&json!(false), &json!("offline")));
        desk.as_user(&admin, "PATCH", &path(an), json!({ "is_active": true })).await.expect(200);
        desk.log_in("an").await.expect(200);

        let (other, _) = desk.logged_in("other", "admin").await;
        desk.as_user(&admin, "PATCH", &path(boss), json!({ "role": "manager" })).await.expect(200);
        // What was allowed a moment ago is not any more: nobody waits for the five seconds.
        desk.as_user(&admin, "PATCH", &path(other), json!({ "name": "x" })).await.refused(403, "forbidden");
    });
}

#[test]
fn status_reaches_as_far_as_the_role() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let (an, agent) = desk.logged_in("an", "agent").await;
        let (binh, _) = desk.logged_in("binh", "agent").await;
        let (chi, manager) = desk.logged_in("chi", "manager").await;
        let d = desk.as_user(&admin, "POST", "/departments", json!({ "name": "Sales" })).await.expect(201);
        let members = json!({ "members": [{ "user_id": an }, { "user_id": chi, "is_manager": true }] });
        desk.as_user(&admin, "PUT", &format!("/departments/{}/members", d["id"]), members).await.expect(200);

        let put = async |token: &str, id: UserId, status: &str| {
            desk.as_user(token, "PUT", &format!("/users/{id}/status"), json!({ "status": status })).await
        };
        assert_eq!(put(&agent, an, "available").await.expect(200)["status"], "available");
        put(&agent, an, "available").await.expect(200);
        put(&agent, binh, "away").await.refused(404, "not_found");
        put(&manager, an, "busy").await.expect(200);
        put(&manager, binh, "busy").await.refused(404, "not_found");
        put(&admin, binh, "away").await.expect(200);
        put(&admin, an, "asleep").await.refused(422, "invalid");
        let events = desk.events("user", an.0).await;
        let changes: Vec<_> =
            events.into_iter().filter(|e| e.0 == "user.status_changed").map(|e| e.1).collect();
        assert_eq!(
            changes[0],
            json!({
                "before": { "status": "offline" }, "after": { "status": "available" }, "department_ids": [d["id"]],
            })
        );
        assert_eq!(changes.len(), 2, "saying it twice is saying it once");

        let capacity = format!("/agents/{an}/capacity");
        desk.as_user(&agent, "PUT", &capacity, json!({ "max_capacity": 99 })).await.refused(403, "forbidden");
        let user = desk.as_user(&admin, "PUT", &capacity, json!({ "max_capacity": 2 })).await.expect(200);
        assert_eq!(user["capacity"], 2);
        let user = desk.as_user(&admin, "PUT", &capacity, json!({ "max_capacity": null })).await.expect(200);
        assert_eq!(user["capacity"], 8);
        assert!(desk.events("user", an.0).await.iter().any(|e| e.0 == "user.capacity_changed"));
    });
}

#[test]
fn roles_can_be_read() {
    with_desk(|desk| async move {
        let (_, agent) = desk.logged_in("an", "agent").await;
        let roles = desk.as_user(&agent, "GET", "/admin/roles", Value::Null).await.expect(200);
        let keys: Vec<_> =
            roles["roles"].as_array().unwrap().iter().map(|r| r["key"].as_str().unwrap()).collect();
        assert_eq!(
            keys,
            [
                "admin",
                "manager",
                "agent",
                "key.intake",
                "key.read",
                "key.write",
                "key.admin",
                "vendor",
                "key.vendor"
            ]
        );
    });
}
