//! Vendors: what a new one begins with, and who gets what it posts.

use crm::vendors::{defaults::VendorDefaults, rules::Rules};
use platform::events::Origin;
use serde_json::{Value, json};

use crate::{
    support::{TestDesk, Who, with_desk},
    vendors::{office, vendor},
};

/// Posts `count` leads of the vendor; each as it is kept.
async fn posted(desk: &TestDesk, admin: &Who, key: &Who, first: usize, count: usize) -> Vec<Value> {
    let mut leads = Vec::new();
    for n in first..first + count {
        let post = json!({ "name": format!("Lead {n}"), "phone": format!("+141555501{n:02}") });
        let told = desk.post(key, "/leads", post).await.expect(201);
        leads.push(desk.get(admin, &format!("/leads/{}", told["lead_id"])).await.expect(200));
    }
    leads
}

#[test]
fn what_a_manager_gives_out_waits_in_its_department_for_them() {
    with_desk(async |desk| {
        let sales = desk.department("sales").await;
        let (admin, _) = office(&desk).await;
        for (n, strategy) in ["manual", "none"].into_iter().enumerate() {
            let more = json!({ "strategy": strategy, "department_id": sales });
            let key = vendor(&desk, &admin, &format!("V{n}"), more).await;
            for lead in posted(&desk, &admin, &key, n * 3, 3).await {
                assert_eq!(lead["assigned_to"], Value::Null, "{strategy}");
                assert_eq!(lead["department"]["id"], json!(sales), "{strategy}");
            }
        }
    });
}

#[test]
fn turns_go_round_in_the_order_in_which_people_were_named() {
    with_desk(async |desk| {
        let (admin, agents) = office(&desk).await;
        let (an, binh) = (agents[0].id, agents[1].id);
        let more = json!({ "strategy": "round_robin", "agents": [binh, an, binh] });
        let key = vendor(&desk, &admin, "ACME", more).await;
        let shown = desk.get(&admin, "/vendors/ACME").await.expect(200);
        assert_eq!(shown["agents"], json!([binh, an]));
        let owners = async |first| -> Vec<i64> {
            let leads = posted(&desk, &admin, &key, first, 3).await;
            leads.iter().map(|l| l["assigned_to"].as_i64().unwrap()).collect()
        };
        assert_eq!(owners(0).await, [binh, an, binh]);
        // The next turn follows from what is stored, and not from where the list begins.
        assert_eq!(owners(3).await, [an, binh, an]);
        desk.patch(&admin, "/vendors/ACME", json!({ "strategy": "capacity_based" })).await.expect(200);
        assert_eq!(owners(6).await, [binh, an, binh]);
    });
}

#[test]
fn a_new_vendor_begins_with_pipeline_department_and_value_too() {
    with_desk(async |desk| {
        let sales = desk.department("sales").await;
        let admin = desk.user("ada", "admin", &[]).await;
        let pipeline = json!({
            "key": "mva", "name": "MVA", "currency": "USD",
            "stages": [{ "key": "new", "name": "New" }, { "key": "won", "name": "Won", "kind": "won" }],
            "fields": [{ "key": "state", "label": "State", "kind": "text" }],
        });
        let pipeline = desk.post(&admin, "/pipelines", pipeline).await.expect(201)["id"].clone();
        // The rules name a field of that pipeline, which is not the default one.
        let rules = json!({ "fields": [
            { "name": "name", "target": "name" }, { "name": "phone", "target": "phone" }, { "name": "state", "target": "custom" },
        ] });
        let new = json!({
            "rules": rules, "pipeline_id": pipeline, "department_id": sales, "source": "publisher", "lead_value": 3500,
        });
        let kept = desk.call(&admin, "PUT", "/admin/vendor-defaults", new).await.expect(200);
        assert_eq!((&kept["lead_value"], &kept["department_id"]), (&json!(3500), &json!(sales)));
        let made = desk.post(&admin, "/vendors", json!({ "name": "Next", "vendor_code": "NEXT" })).await;
        let made = made.expect(201)["vendor"].clone();
        for (field, value) in [
            ("pipeline_id", pipeline.clone()),
            ("department_id", json!(sales)),
            ("source", json!("publisher")),
            ("lead_value", json!(3500)),
        ] {
            assert_eq!(made[field], value, "{field}");
        }
        assert_eq!(made["rules"]["fields"][2]["name"], "state");
        let wrong = json!({ "pipeline_id": 999, "department_id": 999, "source": " " });
        let refused = desk.call(&admin, "PUT", "/admin/vendor-defaults", wrong).await;
        assert_eq!(refused.faults(), ["department_id not_found", "pipeline_id not_found", "source required"]);
    });
}

#[test]
fn a_preset_says_what_vendors_begin_with_until_somebody_does() {
    with_desk(async |desk| {
        let admin = desk.user("ada", "admin", &[]).await;
        let keep = async |value: i64| {
            let rules = Rules { code_required: true, ..Rules::default() };
            let new = VendorDefaults { rules, lead_value: Some(value), ..VendorDefaults::default() };
            desk.desk.db.write(move |tx| new.keep_first(tx, &Origin::system())).await.unwrap();
            desk.get(&admin, "/admin/vendor-defaults").await.expect(200)
        };
        let first = keep(3500).await;
        assert_eq!((&first["lead_value"], &first["rules"]["code_required"]), (&json!(3500), &json!(true)));
        assert_eq!(keep(9900).await, first, "applied twice changes nothing");
        let own = json!({ "lead_value": 100 });
        desk.call(&admin, "PUT", "/admin/vendor-defaults", own).await.expect(200);
        assert_eq!(keep(3500).await["lead_value"], 100);
    });
}
