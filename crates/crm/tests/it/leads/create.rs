//! Making leads, in every spelling.

use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

#[test]
fn a_lead_is_made_in_every_spelling_and_read_again() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let body = json!({
            "first_name": "Mai", "last_name": "Trần",
            "contact_methods": [
                { "type": "phone", "value": "0901 234 567" },
                { "type": "email", "value": "Mai@Example.com", "is_primary": true },
            ],
            "students": [{ "name": "Bi", "grade_applying_for": "3", "dob": "2017-05-04" }],
            "value": 120_000, "tags": ["vip", "vip"], "metadata": { "campaign": "tet" },
        });
        let lead = desk.post(&an, "/leads", body).await.expect(201);
        assert_eq!((&lead["name"], &lead["parent_name"]), (&json!("Mai Trần"), &json!("Mai Trần")));
        assert_eq!((&lead["email"], &lead["phone"]), (&json!("Mai@Example.com"), &json!("+84901234567")));
        assert_eq!((&lead["status"], &lead["stage"]["kind"]), (&json!("new"), &json!("open")));
        assert_eq!((&lead["source"], &lead["currency"]), (&json!("website"), &json!("USD")));
        assert_eq!((&lead["assigned_to"], &lead["owner"]["name"]), (&json!(an.id), &json!("an")));
        assert_eq!(lead["department"]["name"], "Sales");
        assert_eq!(lead["students"][0]["date_of_birth"], "2017-05-04");
        assert_eq!((&lead["tags"], &lead["metadata"]["campaign"]), (&json!(["vip"]), &json!("tet")));
        assert!(lead["due_at"].is_string() && lead["is_overdue"] == false && lead["is_stale"].is_null());
        let points: i64 =
            lead["score_parts"].as_array().unwrap().iter().map(|p| p["points"].as_i64().unwrap()).sum();
        assert_eq!(lead["score"], points);
        let id = lead["id"].as_i64().unwrap();
        let read = desk.get(&an, &format!("/leads/{id}")).await.expect(200);
        for (field, value) in lead.as_object().unwrap() {
            assert_eq!(read[field], *value, "{field}");
        }
        assert_eq!(desk.get(&an, &format!("/lead/{id}")).await.expect(200), read);
        assert_eq!(read["activities"][0]["kind"], "lead.created");
        let kinds: Vec<String> = desk.events("lead", id).await.into_iter().map(|e| e.0).collect();
        assert_eq!(kinds, ["lead.created"]);

        let plain = json!({ "parent_name": "Hoa", "email": "hoa@example.com", "source": "walk_in" });
        let plain = desk.post(&an, "/leads", plain).await.expect(201);
        assert_eq!((&plain["name"], &plain["source"]), (&json!("Hoa"), &json!("walk_in")));
        // Only an address: it is what the lead is called.
        let nameless = desk.post(&an, "/leads", json!({ "phone": "0909 000 111" })).await.expect(201);
        assert_eq!(nameless["name"], "+84909000111");
    });
}

#[test]
fn every_fault_is_told_at_once_and_nothing_is_stored() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let admin = desk.user("root", "admin", &[]).await;
        let body = json!({
            "contact_methods": [
                { "type": "pager", "value": "12" }, { "type": "email", "value": "nobody" },
            ],
            "phone": "call me", "status": "someday", "custom": { "x": 1 }, "assigned_to": admin.id, "department_id": 99,
            "students": [{ "name": " ", "dob": "soon" }], "tags": [""], "contact_id": 99,
            "metadata": { "long": "x".repeat(17_000) },
        });
        let faults = desk.post(&an, "/leads", body).await.faults();
        assert_eq!(
            faults,
            [
                "assigned_to not_allowed",
                "contact_id not_found",
                "contact_methods.0.type not_one_of",
                "contact_methods.1.value format",
                "custom.x unknown",
                "department_id not_found",
                "metadata too_long",
                "phone format",
                "status not_one_of",
                "students.0.date_of_birth format",
                "students.0.name too_short",
                "tags.0 too_long",
            ]
        );
        assert_eq!(desk.post(&an, "/leads", json!({})).await.faults(), ["name required"]);
        let wrong = json!({ "name": "A", "disposition": "hot", "currency": "VND", "value": 5 });
        assert_eq!(
            desk.post(&an, "/leads", wrong).await.faults(),
            ["currency not_one_of", "disposition not_one_of"]
        );
        let lost = json!({ "name": "A", "status": "lost" });
        assert_eq!(desk.post(&an, "/leads", lost).await.faults(), ["reason required"]);
        assert_eq!(
            desk.post(&an, "/leads", json!({ "name": "A", "shoe": 4, "priority": "huge" })).await.faults(),
            ["priority not_one_of", "shoe unknown"]
        );
        desk.call_with(&an, "POST", "/leads", &[("content-type", "application/json")], json!("not json"))
            .await
            .refused(400, "malformed");
        desk.post(&Who::nobody(), "/leads", json!({ "name": "A" })).await.refused(401, "unauthenticated");
        let reader = desk.api_key("read").await;
        desk.post(&reader, "/leads", json!({ "name": "A" })).await.refused(403, "forbidden");
        let count = |c: &platform::Conn<'_>| {
            c.one(
                platform::sql!("SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM contacts)"),
                &[],
                |r| r.get::<i64>(0),
            )
        };
        assert_eq!(desk.desk.db.read(count).await.unwrap(), 0);
    });
}

#[test]
fn an_address_leads_to_whoever_has_it() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        assert_eq!(desk.get(&admin, "/leads").await.expect(200)["total"], 0, "a desk begins without any");
        let first = desk.lead(&admin, "Mai", json!({ "phone": "0901 234 567" })).await;
        let again = json!({ "phone": "+84 901 234 567", "email": "mai@example.com", "source": "referral" });
        let second = desk.lead(&admin, "Mai Tran", again).await;
        assert_eq!(second["contact_id"], first["contact_id"]);
        assert_ne!(second["id"], first["id"]);
        assert_eq!((&second["name"], &second["contact"]["name"]), (&json!("Mai Tran"), &json!("Mai")));
        assert_eq!(second["email"], "mai@example.com", "what nobody had is theirs now");
        let parts = second["score_parts"].as_array().unwrap();
        assert!(parts.iter().any(|p| p["part"] == "bonus.returning"), "{parts:?}");

        // Two people's addresses on one lead: the first one's, and the other keeps their own.
        let hoa = desk.lead(&admin, "Hoa", json!({ "email": "hoa@example.com" })).await;
        let both = json!({ "email": "hoa@example.com", "contact_methods": [{ "type": "phone", "value": "0901234567" }] });
        let third = desk.lead(&admin, "Who", both).await;
        assert_eq!(third["contact_id"], first["contact_id"]);
        assert_ne!(third["email"], "hoa@example.com");
        let named = json!({ "contact_id": hoa["contact_id"], "phone": "0901234567" });
        desk.post(&admin, "/leads", named).await.refused(409, "duplicate_contact_method");
        let named = desk.post(&admin, "/leads", json!({ "contact_id": hoa["contact_id"] })).await.expect(201);
        assert_eq!(named["name"], "Hoa");
    });
}

#[test]
fn a_method_is_added_to_a_lead_that_is_there() {
    with_desk(async |desk| {
        let key = desk.api_key("write").await;
        let lead = desk.post(&key, "/leads", json!({ "name": "Mai" })).await.expect(201);
        assert!(lead["assigned_to"].is_null() && lead["created_by"].is_null());
        let more =
            json!({ "lead_id": lead["id"], "contact_methods": [{ "type": "phone", "value": "0901234567" }] });
        let after = desk.post(&key, "/leads", more.clone()).await.expect(201);
        assert_eq!((&after["id"], &after["phone"]), (&lead["id"], &json!("+84901234567")));
        assert!(after["score"].as_i64() > lead["score"].as_i64(), "it can be reached now");
        desk.post(&key, "/leads", more).await.expect(201);
        let other = desk.post(&key, "/leads", json!({ "name": "Hoa" })).await.expect(201);
        let taken = json!({ "lead_id": other["id"], "phone": "0901234567" });
        let refused = desk.post(&key, "/leads", taken).await.refused(409, "duplicate_contact_method");
        assert_eq!(refused["errors"][0]["field"], "phone");
        desk.post(&key, "/leads", json!({ "lead_id": 9999, "phone": "0901234567" }))
            .await
            .refused(404, "not_found");
        assert_eq!(
            desk.post(&key, "/leads", json!({ "lead_id": lead["id"] })).await.faults(),
            ["contact_methods required"]
        );
    });
}

#[test]
fn a_lead_is_given_as_far_as_its_maker_may() {
    with_desk(async |desk| {
        let (sales, _) = (desk.department("Sales").await, desk.department("Law").await);
        let an = desk.user("an", "agent", &["Sales"]).await;
        let boss = desk.user("boss", "manager", &["Sales"]).await;
        let far = desk.user("far", "agent", &["Law"]).await;
        let admin = desk.user("root", "admin", &[]).await;
        let make = async |who: &Who, to: Value| {
            desk.post(who, "/leads", json!({ "name": "L", "assigned_to": to })).await
        };

        assert_eq!(make(&an, Value::Null).await.faults(), ["assigned_to not_allowed"]);
        assert_eq!(make(&boss, json!(far.id)).await.faults(), ["assigned_to not_allowed"]);
        assert_eq!(make(&boss, json!(an.id)).await.expect(201)["assigned_to"], an.id);
        let unowned = make(&boss, Value::Null).await.expect(201);
        assert_eq!((&unowned["owner"], &unowned["department"]["id"]), (&Value::Null, &json!(sales.0)));
        assert_eq!(make(&admin, json!(far.id)).await.expect(201)["department"]["name"], "Law");
        assert_eq!(make(&admin, json!(9999)).await.faults(), ["assigned_to not_found"]);

        // Another's is not there.
        let theirs = make(&admin, json!(far.id)).await.expect(201)["id"].clone();
        for who in [&an, &boss] {
            desk.get(who, &format!("/leads/{theirs}")).await.refused(404, "not_found");
        }
        desk.get(&far, &format!("/leads/{theirs}")).await.expect(200);
    });
}

#[test]
fn fields_of_its_own_are_checked_by_the_pipeline() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let pipeline = law(&desk, &admin).await;
        let of = |custom: Value| json!({ "name": "Case", "pipeline_id": pipeline["id"], "custom": custom });
        let faults =
            desk.post(&admin, "/leads", of(json!({ "state": "Mars", "injured": "yes", "nope": 1 }))).await;
        assert_eq!(
            faults.faults(),
            ["custom.injured type", "custom.nope unknown", "custom.on required", "custom.state not_one_of"]
        );
        let good = of(json!({ "state": "CA", "on": "2025-03-01", "injured": true, "damages": 12.5 }));
        let lead = desk.post(&admin, "/leads", good).await.expect(201);
        assert_eq!(
            lead["custom"],
            json!({ "state": "CA", "on": "2025-03-01", "injured": true, "damages": 12.5 })
        );
        assert_eq!(lead["custom_labels"]["on"], "Date of incident");
        assert_eq!((&lead["status"], &lead["currency"]), (&json!("intake"), &json!("VND")));
    });
}

#[test]
fn many_leads_of_one_person_at_once_are_of_one_contact() {
    with_desk(async |desk| {
        let key = desk.api_key("write").await;
        let mut all = Vec::new();
        for n in 0..12 {
            let (desk, key) = (desk.clone(), key.clone());
            let first = json!({ "type": "phone", "value": "0901234567" });
            let second = json!({ "type": "email", "value": "mai@example.com" });
            // Either order, so that each waits for what the other has.
            let methods = if n % 2 == 0 { [first, second] } else { [second, first] };
            let body = json!({ "name": "Mai", "contact_methods": methods });
            all.push(tokio::spawn(async move { desk.post(&key, "/leads", body).await.expect(201) }));
        }
        let mut contacts = std::collections::BTreeSet::new();
        for one in all {
            contacts.insert(one.await.unwrap()["contact_id"].as_i64().unwrap());
        }
        assert_eq!(contacts.len(), 1);
        let count = |c: &platform::Conn<'_>| {
            c.one(platform::sql!("SELECT count(*) FROM contacts"), &[], |r| r.get::<i64>(0))
        };
        assert_eq!(desk.desk.db.read(count).await.unwrap(), 1);
    });
}

/// A pipeline with fields of its own.
pub async fn law(desk: &TestDesk, admin: &Who) -> Value {
    let body = json!({
        "key": "law", "name": "Law", "currency": "VND",
        "dispositions": [{ "key": "hot", "name": "Hot" }, { "key": "cold", "name": "Cold" }],
        "checklist": [{ "key": "call", "name": "Called" }, { "key": "docs", "name": "Documents" }],
        "lost_reasons": ["No case"],
        "stages": [
            { "key": "intake", "name": "Intake", "sla_hours": 2 },
            { "key": "retained", "name": "Retained", "kind": "won" },
            { "key": "rejected", "name": "Rejected", "kind": "lost" },
        ],
        "fields": [
            { "key": "state", "label": "State", "kind": "choice", "options": ["CA", "NY"], "is_filterable": true },
            { "key": "on", "label": "Date of incident", "kind": "date", "is_required": true },
            { "key": "injured", "label": "Injured", "kind": "bool" },
            { "key": "damages", "label": "Damages", "kind": "number", "is_filterable": true },
        ],
    });
    desk.post(admin, "/pipelines", body).await.expect(201)
}

#[test]
fn addresses_of_two_people_stay_with_whose_they_are_and_are_told() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let one = desk.post(&an, "/leads", json!({ "name": "A", "phone": "0901 000 001" })).await.expect(201);
        let other = json!({ "name": "B", "email": "b@example.com" });
        let other = desk.post(&an, "/leads", other).await.expect(201);
        let both = json!({
            "name": "Both", "phone": "0901 000 001", "metadata": { "form": "x" },
            "contact_methods": [{ "type": "email", "value": "B@example.com" }, { "type": "email", "value": "new@example.com" }],
        });
        let both = desk.post(&an, "/leads", both).await.expect(201);
        // Whoever has the first address that anybody has: the e-mail address stands before the number.
        assert_eq!(both["contact_id"], other["contact_id"]);
        assert_eq!(
            both["metadata"],
            json!({ "form": "x", "other_addresses": [
                { "type": "phone", "value": "0901 000 001", "contact_id": one["contact_id"] },
            ] })
        );
        let holder = desk.get(&an, &format!("/contacts/{}", one["contact_id"])).await.expect(200);
        assert_eq!(holder["methods"].as_array().unwrap().len(), 1, "nobody was given an address: {holder}");
        let plain = desk.post(&an, "/leads", json!({ "phone": "0901000001" })).await.expect(201);
        assert_eq!(plain["metadata"], json!({}));
    });
}
