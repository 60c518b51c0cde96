//! Whom somebody works for, and what they agreed to.

use serde_json::json;

use crate::support::with_desk;

#[test]
fn a_person_works_for_a_company() {
    with_desk(async |desk| {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let make = async |name: &str, kind: &str| {
            let new = json!({ "name": name, "kind": kind });
            desk.as_user(&admin, "POST", "/contacts", new).await.expect(201)["id"].as_i64().unwrap()
        };
        let (an, acme) = (make("An", "person").await, make("Acme", "company").await);
        let patch =
            async |id: i64, body| desk.as_user(&admin, "PATCH", &format!("/contacts/{id}"), body).await;
        patch(an, json!({ "company_id": acme })).await.expect(200);
        let read = desk.as_user(&admin, "GET", &format!("/contacts/{an}"), json!(null)).await.expect(200);
        assert_eq!(read["company"], json!({ "id": acme, "name": "Acme" }));
        assert_eq!((&read["merged_into_id"], &read["erased_at"]), (&json!(null), &json!(null)));
        for (filter, found) in [
            (format!("company_id={acme}"), an),
            ("kind=company".to_owned(), acme),
            ("kind=person".to_owned(), an),
        ] {
            let list =
                desk.as_user(&admin, "GET", &format!("/contacts?{filter}"), json!(null)).await.expect(200);
            assert_eq!((&list["total"], &list["contacts"][0]["id"]), (&json!(1), &json!(found)), "{filter}");
        }
        for (id, company) in [(an, an), (an, 999), (acme, acme)] {
            let refused = patch(id, json!({ "company_id": company })).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["field"], "company_id");
        }
        patch(an, json!({ "kind": "company" })).await.refused(422, "invalid");
        patch(an, json!({ "company_id": null })).await.expect(200);
        let read = desk.as_user(&admin, "GET", &format!("/contacts/{an}"), json!(null)).await.expect(200);
        assert_eq!(read["company"], json!(null));
    });
}

#[test]
fn consent_is_of_an_address_and_says_where_it_was_given() {
    with_desk(async |desk| {
        let (_, agent) = desk.logged_in("agent", "agent").await;
        let new = json!({ "name": "An", "methods": [{ "kind": "email", "value": "an@acme.com" }] });
        let made = desk.as_user(&agent, "POST", "/contacts", new).await.expect(201);
        let path = format!("/contact-methods/{}", made["methods"][0]["id"]);
        let patch = async |body| desk.as_user(&agent, "PATCH", &path, body).await;
        patch(json!({ "consent_source": "form" })).await.refused(422, "invalid");
        let given = patch(json!({ "consent": true, "consent_source": "form" })).await.expect(200);
        assert!(given["consent_at"].is_string());
        assert_eq!(given["consent_source"], "form");
        let same = patch(json!({ "is_active": false })).await.expect(200);
        assert_eq!((&same["consent_at"], &same["consent_source"]), (&given["consent_at"], &json!("form")));
        let taken = patch(json!({ "consent": false })).await.expect(200);
        assert_eq!((&taken["consent_at"], &taken["consent_source"]), (&json!(null), &json!(null)));
    });
}
