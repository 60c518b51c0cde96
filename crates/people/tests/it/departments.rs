//! Departments and who is in them.

use people::departments;
use platform::events::Origin;
use serde_json::{Value, json};

use crate::support::{on_each, with_desk};

#[test]
fn one_department_at_most_is_the_fallback() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let post = async |body| desk.as_user(&admin, "POST", "/departments", body).await.expect(201);
        let a = post(json!({ "name": "Chăm sóc", "is_fallback": true })).await;
        let b = post(json!({ "name": "Chăm sóc!", "is_fallback": true, "strategy": "round_robin" })).await;
        assert_eq!((&a["key"], &b["key"]), (&json!("cham-soc"), &json!("cham-soc-2")));
        let list = desk.as_user(&admin, "GET", "/departments", Value::Null).await.expect(200);
        let fallbacks: Vec<_> = list["departments"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["is_fallback"] == true)
            .map(|d| &d["id"])
            .collect();
        assert_eq!(fallbacks, [&b["id"]]);

        let path = format!("/departments/{}", b["id"]);
        let stale = [("authorization", &*format!("Bearer {admin}")), ("if-match", "7")]
            .map(|(a, b)| (a, b.to_owned()));
        let stale: Vec<(&str, &str)> = stale.iter().map(|(a, b)| (*a, b.as_str())).collect();
        desk.call("PATCH", &path, &stale, json!({ "name": "x" })).await.refused(409, "stale_version");
        desk.as_user(&admin, "DELETE", &path, Value::Null).await.expect(204);
        let gone = desk.as_user(&admin, "GET", &path, Value::Null).await.expect(200);
        assert_eq!((&gone["is_active"], &gone["is_fallback"]), (&json!(false), &json!(false)));
        desk.as_user(&admin, "PATCH", &path, json!({ "is_fallback": true }))
            .await
            .refused(409, "wrong_state");
        desk.as_user(&admin, "PATCH", &path, json!({ "strategy": "best" })).await.refused(422, "invalid");
        let kinds: Vec<_> =
            desk.events("department", b["id"].as_i64().unwrap()).await.into_iter().map(|e| e.0).collect();
        assert_eq!(kinds, ["department.created", "department.deleted"]);
        assert_eq!(desk.desk.db.read(departments::all_active).await.unwrap().len(), 1);
        assert_eq!(desk.desk.db.read(departments::fallback).await.unwrap(), None);
    });
}

#[test]
fn members_have_one_primary_department() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let an = desk.user("an", "agent").await;
        let post = async |name: &str| {
            desk.as_user(&admin, "POST", "/departments", json!({ "name": name })).await.expect(201)
        };
        let (a, b) = (post("A").await, post("B").await);
        let put = async |d: &Value, members: Value| {
            desk.as_user(
                &admin,
                "PUT",
                &format!("/departments/{}/members", d["id"]),
                json!({ "members": members }),
            )
            .await
        };
        let first = put(&a, json!([{ "user_id": an }])).await.expect(200);
        assert_eq!(first["members"][0]["is_primary"], true);
        let second = put(&b, json!([{ "user_id": an, "is_manager": true }])).await.expect(200);
        assert_eq!((&second["members"][0]["is_primary"], &second["version"]), (&json!(false), &json!(2)));
        put(&b, json!([{ "user_id": an, "is_primary": true }])).await.expect(200);
        let user = desk.as_user(&admin, "GET", &format!("/users/{an}"), Value::Null).await.expect(200);
        let primary: Vec<_> = user["departments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| (d["name"].as_str().unwrap(), d["is_primary"] == true))
            .collect();
        assert_eq!(primary, [("B", true), ("A", false)]);
        put(&a, json!([{ "user_id": an }, { "user_id": an }, { "user_id": 999 }]))
            .await
            .refused(422, "invalid");
    });
}

#[test]
fn a_preset_leaves_what_is_there() {
    on_each(|db| {
        let upsert = |name: &'static str, fallback: bool| {
            db.write_now(move |tx| {
                departments::upsert_by_key(tx, &Origin::system(), "sales", name, "score", fallback)
            })
        };
        let first = upsert("Sales", true)?;
        assert_eq!(upsert("Another name", false)?, first);
        let d = db.read_now(move |c| departments::get(c, first))?.unwrap();
        assert_eq!((d.name.as_str(), d.is_fallback, d.version), ("Sales", true, 1));
        assert_eq!(db.read_now(departments::names)?[&first], "Sales");
        Ok(())
    });
}
