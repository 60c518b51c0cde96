//! Saved views: one's own, a team's, everybody's, and nobody else's.

use serde_json::{Value, json};

use crate::support::{TestDesk, with_desk};

/// An administrator, a manager and an agent of one team, and an agent of another.
struct Office {
    admin: String,
    boss: String,
    an: String,
    stranger: String,
    sales: i64,
    other: i64,
}

async fn office(desk: &TestDesk) -> Office {
    let (_, admin) = desk.logged_in("ada", "admin").await;
    let (boss_id, boss) = desk.logged_in("boss", "manager").await;
    let (an_id, an) = desk.logged_in("an", "agent").await;
    let (stranger_id, stranger) = desk.logged_in("binh", "agent").await;
    let team = async |name: &str, members: Value| {
        let made = desk.as_user(&admin, "POST", "/departments", json!({ "name": name })).await.expect(201);
        let path = format!("/departments/{}/members", made["id"]);
        desk.as_user(&admin, "PUT", &path, json!({ "members": members })).await.expect(200);
        made["id"].as_i64().unwrap()
    };
    let sales =
        team("Sales", json!([{ "user_id": boss_id, "is_manager": true }, { "user_id": an_id }])).await;
    let other = team("Other", json!([{ "user_id": stranger_id }])).await;
    Office { admin, boss, an, stranger, sales, other }
}

/// The names of what somebody sees, in the order of the list.
async fn names(desk: &TestDesk, who: &str, query: &str) -> Vec<String> {
    let list = desk.as_user(who, "GET", &format!("/views{query}"), Value::Null).await.expect(200);
    list["views"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap().to_owned()).collect()
}

fn view(name: &str, more: Value) -> Value {
    let mut body = json!({ "name": name, "screen": "leads", "query": { "status": "new" } });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

#[test]
fn a_view_is_seen_by_whom_it_is_shared_with() {
    with_desk(|desk| async move {
        let o = office(&desk).await;
        let make = async |who: &str, name: &str, more: Value| {
            desk.as_user(who, "POST", "/views", view(name, more)).await
        };
        let mine = make(&o.an, "Mine", json!({ "columns": ["name", "custom.city"] })).await.expect(201);
        assert_eq!(
            mine,
            json!({
                "id": mine["id"], "name": "Mine", "screen": "leads", "query": { "status": "new" },
                "columns": ["name", "custom.city"], "shared_with": "me", "department": null,
                "owner": { "id": mine["owner"]["id"], "name": "an" }, "is_mine": true, "can_change": true,
                "created_at": mine["created_at"], "updated_at": mine["created_at"], "version": 1,
            })
        );
        let team = make(&o.boss, "Team", json!({ "shared_with": "team", "department_id": o.sales })).await;
        assert_eq!(team.expect(201)["department"], json!({ "id": o.sales, "name": "Sales" }));
        make(&o.admin, "All", json!({ "shared_with": "all", "screen": "pipeline" })).await.expect(201);
        make(&o.admin, "Admin's", json!({})).await.expect(201);

        assert_eq!(names(&desk, &o.an, "").await, ["Mine", "Team", "All"]);
        assert_eq!(names(&desk, &o.an, "?screen=leads").await, ["Mine", "Team"]);
        assert_eq!(names(&desk, &o.boss, "").await, ["Team", "All"]);
        assert_eq!(names(&desk, &o.stranger, "").await, ["All"]);
        // An administrator sees what every team shares, and nobody's own.
        assert_eq!(names(&desk, &o.admin, "").await, ["Team", "All", "Admin's"]);
        let path = format!("/views/{}", mine["id"]);
        for who in [&o.boss, &o.stranger, &o.admin] {
            desk.as_user(who, "GET", &path, Value::Null).await.refused(404, "not_found");
            desk.as_user(who, "PATCH", &path, json!({ "name": "x" })).await.refused(404, "not_found");
            desk.as_user(who, "DELETE", &path, Value::Null).await.refused(404, "not_found");
        }
        let page = desk.as_user(&o.an, "GET", "/views?limit=2", Value::Null).await.expect(200);
        let next = format!("?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
        assert_eq!((names(&desk, &o.an, &next).await, &page["total"]), (vec!["All".to_owned()], &json!(3)));
    });
}

#[test]
fn managers_share_with_their_team_and_administrators_with_all() {
    with_desk(|desk| async move {
        let o = office(&desk).await;
        let post = async |who: &str, more: Value| desk.as_user(who, "POST", "/views", view("V", more)).await;
        let with = |id: i64| json!({ "shared_with": "team", "department_id": id });
        post(&o.an, with(o.sales)).await.refused(403, "forbidden");
        post(&o.boss, with(o.other)).await.refused(403, "forbidden");
        for who in [&o.an, &o.boss] {
            post(who, json!({ "shared_with": "all" })).await.refused(403, "forbidden");
        }
        let mine = post(&o.an, json!({})).await.expect(201);
        let path = format!("/views/{}", mine["id"]);
        desk.as_user(&o.an, "PATCH", &path, with(o.sales)).await.refused(403, "forbidden");

        let theirs = post(&o.boss, with(o.sales)).await.expect(201);
        let path = format!("/views/{}", theirs["id"]);
        let seen = desk.as_user(&o.an, "GET", &path, Value::Null).await.expect(200);
        assert_eq!((&seen["can_change"], &seen["is_mine"]), (&json!(false), &json!(false)));
        desk.as_user(&o.an, "PATCH", &path, json!({ "name": "x" })).await.refused(403, "forbidden");
        desk.as_user(&o.an, "DELETE", &path, Value::Null).await.refused(403, "forbidden");
        // Whoever could share it may change it; whose it is stays.
        let renamed =
            desk.as_user(&o.admin, "PATCH", &path, json!({ "name": "Ours", "shared_with": "all" })).await;
        let renamed = renamed.expect(200);
        assert_eq!((&renamed["owner"]["name"], &renamed["department"]), (&json!("boss"), &json!(null)));
        let read = desk.as_user(&o.stranger, "GET", &path, Value::Null).await.expect(200);
        assert_eq!((&read["name"], &read["version"]), (&json!("Ours"), &json!(2)));
        let private = desk.as_user(&o.boss, "PATCH", &path, json!({ "shared_with": "me" })).await.expect(200);
        assert_eq!(private["shared_with"], "me");
        assert!(names(&desk, &o.stranger, "").await.is_empty());
    });
}

#[test]
fn what_does_not_fit_is_told_at_once_and_a_stale_change_is_refused() {
    with_desk(|desk| async move {
        let o = office(&desk).await;
        let send = async |body: Value| desk.as_user(&o.admin, "POST", "/views", body).await;
        let faults = async |body: Value| {
            let body = send(body).await.refused(422, "invalid");
            let all = body["errors"].as_array().unwrap().iter();
            let mut all: Vec<_> = all
                .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
                .collect();
            all.sort();
            all
        };
        let wrong = json!({
            "name": " ", "screen": "leads", "query": { "status": ["new"] }, "columns": ["name", "name"],
            "shared_with": "team",
        });
        assert_eq!(
            faults(wrong).await,
            ["columns.1 repeated", "department_id required", "name required", "query.status type"]
        );
        let unknown = view("V", json!({ "shared_with": "team", "department_id": 999_999 }));
        assert_eq!(faults(unknown).await, ["department_id not_found"]);
        assert_eq!(
            faults(view("V", json!({ "department_id": o.sales }))).await,
            ["department_id unexpected"]
        );
        let long = view("V", json!({ "query": { "q": "x".repeat(5_000) } }));
        assert_eq!(faults(long).await, ["query too_long"]);
        send(view("V", json!({ "screen": "moon" }))).await.refused(422, "invalid");

        let made = send(view("V", json!({}))).await.expect(201);
        let id = made["id"].as_i64().unwrap();
        let path = format!("/views/{id}");
        desk.as_user(&o.admin, "PATCH", &path, json!({ "query": { "q": "an" } })).await.expect(200);
        let bearer = format!("Bearer {}", o.admin);
        let stale = [("authorization", bearer.as_str()), ("if-match", "\"1\"")];
        desk.call("PATCH", &path, &stale, json!({ "name": "W" })).await.refused(409, "stale_version");
        desk.call("DELETE", &path, &stale, Value::Null).await.refused(409, "stale_version");
        let same = desk.as_user(&o.admin, "PATCH", &path, json!({ "name": "V" })).await.expect(200);
        assert_eq!(same["version"], 2, "what changes nothing makes no version");
        desk.as_user(&o.admin, "DELETE", &path, Value::Null).await.expect(204);
        desk.as_user(&o.admin, "GET", &path, Value::Null).await.refused(404, "not_found");
        let events = desk.events("view", id).await;
        let told: Vec<_> = events.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(told, ["view.created", "view.updated", "view.deleted"]);
        // What a filter holds may be somebody's name: no event tells it.
        assert_eq!(events[1].1, json!({ "before": {}, "after": {}, "changed": ["query"] }));
    });
}
