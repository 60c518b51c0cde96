//! Making leads, in every spelling.

use serde_json::json;

use crate::support::with_desk;

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
        let id = lead["id"].as_i64().unwrap();
        assert_eq!(desk.get(&an, &format!("/leads/{id}")).await.expect(200), lead);
        assert_eq!(desk.get(&an, &format!("/lead/{id}")).await.expect(200), lead);

        let plain = json!({ "parent_name": "Hoa", "email": "hoa@example.com", "source": "walk_in" });
        let plain = desk.post(&an, "/leads", plain).await.expect(201);
        assert_eq!((&plain["name"], &plain["source"]), (&json!("Hoa"), &json!("walk_in")));
    });
}
