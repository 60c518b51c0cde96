//! Vendors: posts judged by the vendor's rules and by the pipeline's fields, together.

use serde_json::{Value, json};

use crate::{
    support::{TestDesk, Who, with_desk},
    vendors::{office, vendor},
};

/// A vendor whose posts go into a pipeline with a field of each kind.
async fn with_fields(desk: &TestDesk, admin: &Who) -> Who {
    let field = |key: &str, kind: &str, is_required: bool| json!({ "key": key, "label": key, "kind": kind, "is_required": is_required });
    let pipeline = json!({
        "key": "cases", "name": "Cases", "currency": "USD",
        "stages": [{ "key": "new", "name": "New" }, { "key": "won", "name": "Won", "kind": "won" }],
        "fields": [
            field("people", "number", false), field("bills", "number", false), field("injured", "bool", false),
            field("insured", "bool", false), field("story", "text", true),
        ],
    });
    let id = desk.post(admin, "/pipelines", pipeline).await.expect(201)["id"].clone();
    let custom = |name: &str| json!({ "name": name, "target": "custom" });
    let rules = json!({ "fields": [
        { "name": "name", "target": "name", "required": true },
        { "name": "email", "target": "email", "format": "email", "required": true },
        custom("people"), custom("bills"), custom("injured"), custom("insured"),
        { "name": "what_happened", "target": "custom", "key": "story" },
    ] });
    vendor(desk, admin, "ACME", json!({ "pipeline_id": id, "rules": rules })).await
}

#[test]
fn what_is_posted_as_text_is_kept_as_its_field_is() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let key = with_fields(&desk, &admin).await;
        let kept = async |post: Value| {
            let told = desk.post(&key, "/leads", post).await.expect(201);
            desk.get(&admin, &format!("/leads/{}", told["lead_id"])).await.expect(200)["custom"].clone()
        };
        let texts = json!({
            "name": "Ann", "email": "ann@example.com", "what_happened": "A crash.",
            "people": "3", "bills": "1200.50", "injured": "Yes", "insured": "0",
        });
        assert_eq!(
            kept(texts).await,
            json!({ "people": 3, "bills": 1200.5, "injured": true, "insured": false, "story": "A crash." })
        );
        let values = json!({
            "name": "Bob", "email": "bob@example.com", "what_happened": 7, "people": 2, "bills": 10.25, "injured": false,
        });
        assert_eq!(
            kept(values).await,
            json!({ "people": 2, "bills": 10.25, "injured": false, "story": "7" })
        );
    });
}

#[test]
fn faults_of_the_rules_and_of_the_fields_are_told_together() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let key = with_fields(&desk, &admin).await;
        let bad = json!({
            "email": "nonsense", "people": "many", "bills": "1e999", "injured": "perhaps", "what_happened": "x".repeat(2001),
        });
        assert_eq!(
            desk.post(&key, "/leads", bad).await.faults(),
            [
                "bills type",
                "email format",
                "injured type",
                "name required",
                "people type",
                "what_happened too_long"
            ]
        );
        // What one of them refuses is not missing besides.
        let long = json!({ "name": "Ann", "email": "ann@example.com", "what_happened": "x".repeat(4001) });
        assert_eq!(desk.post(&key, "/leads", long).await.faults(), ["what_happened too_long"]);
        let without = json!({ "name": "Ann", "email": "ann@example" });
        let faults = desk.post(&key, "/leads", without).await.faults();
        assert_eq!(faults, ["email format", "what_happened required"]);
        assert_eq!(desk.get(&admin, "/leads").await.expect(200)["total"], 0);
    });
}

#[test]
fn a_number_is_judged_by_the_country_it_belongs_to() {
    with_desk(async |desk| {
        let (admin, _) = office(&desk).await;
        let phone = json!({ "name": "phone", "target": "phone", "format": "phone" });
        let rules = |country: Value| {
            let name = json!({ "name": "name", "target": "name" });
            json!({ "rules": { "country": country, "fields": [name, phone] } })
        };
        // The desk's own country, and one that the rules name.
        let own = vendor(&desk, &admin, "OWN", rules(Value::Null)).await;
        let singapore = vendor(&desk, &admin, "SG", rules(json!("SG"))).await;
        let kept = async |key: &Who, phone: &str| {
            let told = desk.post(key, "/leads", json!({ "name": "Ann", "phone": phone })).await.expect(201);
            desk.get(&admin, &format!("/leads/{}", told["lead_id"])).await.expect(200)["phone"].clone()
        };
        assert_eq!(kept(&own, "024 3825 1234").await, "+842438251234");
        assert_eq!(kept(&singapore, "6123 4567").await, "+6561234567");
        let wrong = desk.post(&singapore, "/leads", json!({ "name": "X", "phone": "612 345 6789" })).await;
        assert_eq!(wrong.faults(), ["phone format"]);
    });
}
