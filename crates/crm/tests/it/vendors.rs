//! Vendors: made, posting, judged, and seeing nothing but their own.

use platform::sql;
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

/// A vendor that posts the default form, given to whoever is in `sales`.
pub async fn vendor(desk: &TestDesk, admin: &Who, code: &str, more: Value) -> Who {
    let mut body = json!({ "vendor_code": code, "name": format!("{code} Media"), "lead_value": 3500 });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let made = desk.post(admin, "/vendors", body).await.expect(201);
    Who::key(made["api_key"].as_str().unwrap())
}

pub async fn office(desk: &TestDesk) -> (Who, Vec<Who>) {
    let department = desk.department("sales").await;
    assert!(department.0 > 0);
    let admin = desk.user("ada", "admin", &[]).await;
    let agents =
        vec![desk.user("an", "agent", &["sales"]).await, desk.user("binh", "agent", &["sales"]).await];
    (admin, agents)
}

#[test]
fn a_post_is_taken_given_out_in_turn_and_logged() {
    with_desk(async |desk| {
        let (admin, agents) = office(&desk).await;
        let key = vendor(&desk, &admin, "ACME", json!({ "strategy": "round_robin" })).await;
        let mut owners = Vec::new();
        for n in 0..4 {
            let post =
                json!({ "name": format!("Lead {n}"), "phone": format!("+1415555010{n}"), "campaign": "a" });
            let told = desk.post(&key, "/leads", post).await.expect(201);
            assert_eq!(told["status"], "success");
            let lead = desk.get(&admin, &format!("/leads/{}", told["lead_id"])).await.expect(200);
            assert_eq!((lead["value"].as_i64(), lead["vendor"]["code"].as_str()), (Some(3500), Some("ACME")));
            assert_eq!(lead["metadata"]["campaign"], "a");
            owners.push(lead["assigned_to"].as_i64().unwrap());
        }
        assert_eq!(owners, [agents[0].id, agents[1].id, agents[0].id, agents[1].id]);
        let again = desk.post(&key, "/leads", json!({ "name": "X", "phone": "+14155550100" })).await;
        assert_eq!(again.refused(409, "duplicate_lead")["errors"][0]["field"], "phone");
        let wrong = desk.post(&key, "/leads", json!({ "email": "nonsense" })).await;
        assert_eq!(wrong.faults(), ["email format", "name required"]);

        let log = desk.get(&admin, "/vendors/acme/posts").await.expect(200);
        let outcomes: Vec<&str> =
            log["posts"].as_array().unwrap().iter().map(|p| p["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["rejected", "duplicate", "accepted", "accepted", "accepted", "accepted"]);
        assert!(!log.to_string().contains("nonsense"), "the log holds what was refused: {log}");
        let told = desk.get(&admin, "/vendors/ACME/performance").await.expect(200);
        assert_eq!(
            (&told["accepted"], &told["rejected"], &told["duplicates"]),
            (&json!(4), &json!(1), &json!(1))
        );
        assert_eq!(told["rejected_by_reason"].as_array().unwrap().len(), 2);
        let daily = told["daily"].as_array().unwrap();
        assert_eq!(daily.last().unwrap()["accepted"], 4);
    });
}

#[test]
fn a_vendor_sees_its_own_leads_and_nothing_else() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let acme = vendor(&desk, &admin, "ACME", json!({})).await;
        let other = vendor(&desk, &admin, "OTHER", json!({})).await;
        let mine =
            desk.post(&acme, "/leads", json!({ "name": "Ann", "phone": "+14155550100" })).await.expect(201);
        let theirs =
            desk.post(&other, "/leads", json!({ "name": "Bob", "phone": "+14155550101" })).await.expect(201);
        let id = |told: &Value| told["lead_id"].as_i64().unwrap();

        let listed = desk.get(&acme, "/vendor/leads").await.expect(200);
        assert_eq!(listed["total"], 1);
        assert_eq!(listed["leads"][0]["id"], id(&mine));
        desk.get(&acme, &format!("/leads/{}", id(&mine))).await.expect(200);
        desk.get(&acme, &format!("/leads/{}", id(&theirs))).await.refused(404, "not_found");
        desk.get(&acme, "/vendor/leads?vendor_code=OTHER").await.refused(404, "not_found");
        for narrowed in ["vendor_code=OTHER", "vendor_code=OTHER&status=new", "vendor_code=OTHER&sort=name"] {
            let none = desk.get(&acme, &format!("/leads?{narrowed}")).await.expect(200);
            assert_eq!((&none["total"], &none["leads"]), (&json!(0), &json!([])), "{narrowed}");
        }
        desk.get(&acme, "/vendor/dashboard?vendor_code=OTHER").await.refused(404, "not_found");
        desk.get(&acme, "/vendors").await.refused(403, "forbidden");
        desk.get(&acme, "/contacts").await.refused(403, "forbidden");
        desk.patch(&acme, &format!("/leads/{}", id(&mine)), json!({ "notes": "x" }))
            .await
            .refused(403, "forbidden");
        let dashboard = desk.get(&acme, "/vendor/dashboard").await.expect(200);
        assert_eq!(
            (&dashboard["overview"]["total_leads"], &dashboard["overview"]["today"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(dashboard["by_status"][0]["count"], 1);
        desk.get(&admin, "/vendor/dashboard").await.refused(400, "invalid_parameter");
        let seen = desk.get(&admin, "/vendor/dashboard?vendor_code=other").await.expect(200);
        assert_eq!(seen["vendor_code"], "OTHER");
    });
}

#[test]
fn a_new_key_ends_the_old_one_and_leaving_ends_all() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let old = vendor(&desk, &admin, "ACME", json!({})).await;
        let post = |n: i64| json!({ "name": "Ann", "phone": format!("+1415555020{n}") });
        desk.post(&old, "/leads", post(0)).await.expect(201);
        let told = desk.post(&admin, "/vendors/ACME/regenerate-key", json!({})).await.expect(200);
        let new = Who::key(told["api_key"].as_str().unwrap());
        desk.post(&old, "/leads", post(1)).await.refused(401, "unauthenticated");
        desk.post(&new, "/leads", post(1)).await.expect(201);
        let shown = desk.get(&admin, "/vendors/ACME").await.expect(200);
        let prefix = shown["key_prefix"].as_str().unwrap();
        assert!(told["api_key"].as_str().unwrap().starts_with(prefix));
        assert!(!shown.to_string().contains(told["api_key"].as_str().unwrap()));

        let person = desk
            .post(&admin, "/vendors/ACME/users", json!({ "email": "p@acme.example", "name": "Pat" }))
            .await;
        let person = person.expect(201);
        assert!(person["invite_link"].as_str().unwrap().contains("/reset-password?token="));
        let staff = desk.get(&admin, "/users").await.expect(200).to_string();
        assert!(!staff.contains("p@acme.example"), "a vendor's person is no staff");
        desk.call(&admin, "DELETE", "/vendors/ACME", Value::Null).await.expect(204);
        desk.post(&new, "/leads", post(2)).await.refused(401, "unauthenticated");
        let people = desk.get(&admin, "/vendors/ACME/users").await.expect(200);
        assert_eq!(people["users"][0]["is_active"], false);
        let wrong = desk.post(&admin, "/vendors/ACME/regenerate-key", json!({})).await;
        wrong.refused(409, "wrong_state");

        // Back again it has no key, and shows none, until it is given one.
        let back = desk.patch(&admin, "/vendors/ACME", json!({ "is_active": true })).await.expect(200);
        assert_eq!(back["key_prefix"], Value::Null);
        desk.post(&new, "/leads", post(3)).await.refused(401, "unauthenticated");
        let told = desk.post(&admin, "/vendors/ACME/regenerate-key", json!({})).await.expect(200);
        let shown = desk.get(&admin, "/vendors/ACME").await.expect(200);
        assert!(told["api_key"].as_str().unwrap().starts_with(shown["key_prefix"].as_str().unwrap()));
        desk.post(&Who::key(told["api_key"].as_str().unwrap()), "/leads", post(3)).await.expect(201);
    });
}

#[test]
fn rules_are_data_and_told_all_at_once() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let rules = json!({
            "code_required": true, "country": "US", "one_of": [["zip_code", "state"]], "unknown": "refuse",
            "equal": [{ "field": "lp_caller_id", "to": "phone_home" }],
            "fields": [
                { "name": "first_name", "target": "first_name", "required": true },
                { "name": "last_name", "target": "last_name", "required": true },
                { "name": "phone_home", "target": "phone", "format": "digits10", "required": true },
                { "name": "email", "target": "email", "format": "email", "required": true },
                { "name": "zip_code", "target": "nowhere", "format": "zip" },
                { "name": "state", "target": "nowhere", "format": "us_state" },
            ],
        });
        let key = vendor(&desk, &admin, "ACME", json!({ "rules": rules })).await;
        let good = json!({
            "first_name": "Ann", "last_name": "Lee", "phone_home": "4155550100", "lp_caller_id": "4155550100",
            "email": "ann@example.com", "state": "CA", "vendor_code": "ACME",
        });
        let mut bad = good.clone();
        bad["vendor_code"] = json!("OTHER");
        bad["lp_caller_id"] = json!("4155550199");
        bad["state"] = json!("Bavaria");
        bad["color"] = json!("red");
        let faults = desk.post(&key, "/leads", bad).await.faults();
        assert_eq!(
            faults,
            ["color unknown", "lp_caller_id mismatch", "state format", "vendor_code not_yours"]
        );
        let told = desk.post(&key, "/leads", good).await.expect(201);
        let lead = desk.get(&admin, &format!("/leads/{}", told["lead_id"])).await.expect(200);
        assert_eq!((lead["name"].as_str(), lead["phone"].as_str()), (Some("Ann Lee"), Some("+14155550100")));
        for wrong in [json!([]), json!("x"), json!(null)] {
            let answer = desk.post(&key, "/leads", wrong).await;
            assert!((400..500).contains(&answer.status.as_u16()), "{}", answer.text);
        }
    });
}

#[test]
fn the_same_person_posted_ten_times_at_once_is_one_lead() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let acme = vendor(&desk, &admin, "ACME", json!({})).await;
        let other = vendor(&desk, &admin, "OTHER", json!({})).await;
        let spelt =
            ["+14155550100", "+1 (415) 555-0100", "+1.415.555.0100", "tel:+14155550100", "+1-415-555-0100"];
        let posts = (0..10).map(|n| {
            let post = json!({ "name": "Ann", "phone": spelt[n / 2] });
            let (desk, who) = (desk.clone(), if n % 2 == 0 { acme.clone() } else { other.clone() });
            tokio::spawn(async move { desk.post(&who, "/leads", post).await.status.as_u16() })
        });
        let mut answers = Vec::new();
        for post in posts.collect::<Vec<_>>() {
            answers.push(post.await.unwrap());
        }
        answers.sort_unstable();
        assert_eq!(answers[0], 201);
        assert!(answers[1..].iter().all(|a| *a == 409), "{answers:?}");
    });
}

#[test]
fn a_post_is_tried_as_it_would_be_judged_and_leaves_no_trace() {
    with_desk(async |desk| {
        let (admin, agents) = office(&desk).await;
        let key = vendor(&desk, &admin, "ACME", json!({})).await;
        desk.post(&key, "/leads", json!({ "name": "Ann", "phone": "+14155550100" })).await.expect(201);
        let check = async |post: Value, more: Value| {
            let mut body = json!({ "post": post });
            for (key, value) in more.as_object().into_iter().flatten() {
                body[key] = value.clone();
            }
            desk.post(&admin, "/vendors/acme/check", body).await
        };
        let good = json!({ "name": " Bob ", "phone": "+14155550101", "campaign": "a" });
        let told = check(good.clone(), json!({})).await.expect(200);
        assert_eq!(
            told,
            json!({ "outcome": "accepted", "errors": [], "lead": {
                "name": "Bob", "email": null, "phone": "+14155550101", "notes": "", "custom": {},
                "metadata": { "campaign": "a" },
            }})
        );
        let told = check(json!({ "email": "nonsense" }), json!({})).await.expect(200);
        let faults: Vec<_> =
            told["errors"].as_array().unwrap().iter().map(|e| (&e["field"], &e["code"])).collect();
        assert_eq!(told["outcome"], "rejected");
        assert_eq!(faults, [(&json!("email"), &json!("format")), (&json!("name"), &json!("required"))]);
        let again = json!({ "name": "Ann", "phone": "+14155550100" });
        let told = check(again.clone(), json!({})).await.expect(200);
        assert_eq!((&told["outcome"], &told["errors"][0]["field"]), (&json!("duplicate"), &json!("phone")));
        // Rules that are only being thought of.
        desk.clock.advance(platform::clock::MINUTE);
        let told = check(again, json!({ "duplicate_days": 0 })).await.expect(200);
        assert_eq!(told["outcome"], "accepted");
        let strict =
            json!({ "rules": { "fields": [{ "name": "name", "target": "name" }], "unknown": "refuse" } });
        let told = check(good.clone(), strict).await.expect(200);
        assert_eq!(told["errors"].as_array().unwrap().len(), 2, "{told}");
        let nowhere = json!({ "rules": { "fields": [{ "name": "x", "target": "custom" }] } });
        assert_eq!(check(good.clone(), nowhere).await.faults(), ["rules.fields.0.key not_found"]);
        desk.post(&admin, "/vendors/acme/check", json!({ "post": [] })).await.refused(422, "invalid");
        desk.post(&agents[0], "/vendors/acme/check", json!({ "post": {} })).await.refused(403, "forbidden");
        desk.post(&key, "/vendors/acme/check", json!({ "post": {} })).await.refused(403, "forbidden");

        let log = desk.get(&admin, "/vendors/ACME/posts").await.expect(200);
        assert_eq!(log["posts"].as_array().unwrap().len(), 1, "what was tried stands in no log");
        assert_eq!(desk.get(&admin, "/leads").await.expect(200)["total"], 1);
    });
}

#[test]
fn new_vendors_begin_with_what_the_desk_says() {
    with_desk(async |desk| {
        let (admin, agents) = office(&desk).await;
        let read = desk.get(&admin, "/admin/vendor-defaults").await.expect(200);
        assert_eq!(
            (&read["strategy"], &read["duplicate_days"], &read["version"]),
            (&json!("round_robin"), &Value::Null, &json!(0))
        );
        desk.get(&agents[0], "/admin/vendor-defaults").await.refused(403, "forbidden");
        let rules = json!({ "fields": [{ "name": "phone", "target": "phone", "required": true }] });
        let new = json!({ "strategy": "manual", "duplicate_days": 30, "rules": rules });
        let kept = desk.call(&admin, "PUT", "/admin/vendor-defaults", new.clone()).await.expect(200);
        assert_eq!(kept["version"], 1);
        let made = desk.post(&admin, "/vendors", json!({ "name": "Next", "vendor_code": "NEXT" })).await;
        let made = made.expect(201);
        assert_eq!(
            (&made["vendor"]["strategy"], &made["vendor"]["duplicate_days"]),
            (&json!("manual"), &json!(30))
        );
        assert_eq!(made["vendor"]["rules"]["fields"][0]["name"], "phone");
        let own = json!({ "name": "Own", "vendor_code": "OWN", "strategy": "none", "duplicate_days": null });
        let own = desk.post(&admin, "/vendors", own).await.expect(201);
        assert_eq!(
            (&own["vendor"]["strategy"], &own["vendor"]["duplicate_days"]),
            (&json!("none"), &Value::Null)
        );
        let wrong = json!({ "rules": { "fields": [{ "name": "x", "target": "custom" }] } });
        let refused = desk.call(&admin, "PUT", "/admin/vendor-defaults", wrong).await;
        assert_eq!(refused.faults(), ["rules.fields.0.key not_found"]);
    });
}

#[test]
fn a_vendors_person_is_invited_again_shut_out_and_let_in() {
    with_desk(async |desk| {
        let (admin, agents) = office(&desk).await;
        vendor(&desk, &admin, "ACME", json!({})).await;
        vendor(&desk, &admin, "OTHER", json!({})).await;
        let new = json!({ "email": "p@acme.example", "name": "Pat" });
        let made = desk.post(&admin, "/vendors/ACME/users", new).await.expect(201);
        let path = format!("/vendors/ACME/users/{}", made["user_id"]);
        let people = async || desk.get(&admin, "/vendors/ACME/users").await.expect(200)["users"].clone();
        assert_eq!(
            people().await,
            json!([{ "id": made["user_id"], "email": "p@acme.example", "name": "Pat", "is_active": true,
                "has_password": false, "last_login_at": null }])
        );
        let open = async || {
            let text = sql!("SELECT count(*) FROM one_time_tokens WHERE purpose = 'password'");
            desk.desk.db.read(move |c| c.one::<i64>(text, &[], |r| r.get(0))).await.unwrap()
        };
        let again = desk.post(&admin, &format!("{path}/invite"), json!({})).await.expect(200);
        assert_ne!(again["invite_link"], made["invite_link"]);
        assert_eq!(open().await, 1, "the link before ended");

        // Nobody but this vendor's people, and by nobody but those who may.
        for who in [made["user_id"].as_i64().unwrap(), agents[0].id, 999_999] {
            let path = format!("/vendors/OTHER/users/{who}");
            desk.post(&admin, &format!("{path}/invite"), json!({})).await.refused(404, "not_found");
            desk.patch(&admin, &path, json!({ "is_active": false })).await.refused(404, "not_found");
        }
        desk.post(&agents[0], &format!("{path}/invite"), json!({})).await.refused(403, "forbidden");
        desk.patch(&agents[0], &path, json!({ "is_active": false })).await.refused(403, "forbidden");
        assert_eq!(desk.patch(&admin, &path, json!({})).await.faults(), ["is_active required"]);

        let gone = desk.patch(&admin, &path, json!({ "is_active": false })).await.expect(200);
        assert_eq!(gone["is_active"], false);
        assert_eq!(open().await, 0, "nobody who is shut out sets a password");
        desk.post(&admin, &format!("{path}/invite"), json!({})).await.refused(409, "wrong_state");
        desk.patch(&admin, &path, json!({ "is_active": true })).await.expect(200);
        desk.post(&admin, &format!("{path}/invite"), json!({})).await.expect(200);
        let kinds: Vec<String> =
            desk.events("user", made["user_id"].as_i64().unwrap()).await.into_iter().map(|e| e.0).collect();
        assert_eq!(
            kinds.iter().filter(|k| *k != "user.status_changed").collect::<Vec<_>>(),
            ["user.created", "user.invited", "user.deactivated", "user.updated", "user.invited"]
        );

        // While the vendor is away so are its people.
        desk.call(&admin, "DELETE", "/vendors/ACME", Value::Null).await.expect(204);
        desk.patch(&admin, &path, json!({ "is_active": true })).await.refused(409, "wrong_state");
        desk.post(&admin, &format!("{path}/invite"), json!({})).await.refused(409, "wrong_state");
    });
}

#[test]
fn a_post_with_two_peoples_addresses_keeps_both() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let key = vendor(&desk, &admin, "ACME", json!({ "duplicate_days": 0 })).await;
        let mut people = Vec::new();
        for lead in [
            json!({ "name": "A", "phone": "+14155550101" }),
            json!({ "name": "B", "email": "b@mail.example" }),
        ] {
            people.push(desk.post(&admin, "/leads", lead).await.expect(201)["contact_id"].clone());
        }
        desk.clock.advance(1);
        let post =
            json!({ "name": "Both", "phone": "+14155550101", "email": "b@mail.example", "campaign": "x" });
        let told = desk.post(&key, "/leads", post).await.expect(201);
        let lead = desk.get(&admin, &format!("/leads/{}", told["lead_id"])).await.expect(200);
        assert_eq!(lead["contact_id"], people[0]);
        assert_eq!(
            lead["metadata"],
            json!({ "campaign": "x", "other_addresses": [
                { "type": "email", "value": "b@mail.example", "contact_id": people[1] },
            ] })
        );
    });
}
