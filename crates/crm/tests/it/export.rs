//! Leads as a file.

use serde_json::json;

use super::support::with_desk;

#[test]
fn a_list_is_a_file_of_harmless_cells() {
    with_desk(async |d| {
        d.department("sales").await;
        let admin = d.user("ad", "admin", &[]).await;
        let manager = d.user("mo", "manager", &["sales"]).await;
        let agent = d.user("an", "agent", &["sales"]).await;
        d.lead(
            &admin,
            "=HYPERLINK(1)",
            json!({ "phone": "0901000001", "notes": "a, \"b\"\nc", "tags": ["vip"] }),
        )
        .await;
        d.lead(&manager, "Đào", json!({ "email": "dao@mail.example", "value": 150 })).await;
        let path = "/leads/export?columns=name,phone,email,notes,tags,status&sort=created_at";
        let file = d.get(&admin, path).await;
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(
            file.text,
            "\u{feff}name,phone,email,notes,tags,status\r\n\
             \"'=HYPERLINK(1)\",+84901000001,,\"a, \"\"b\"\"\nc\",vip,new\r\n\
             Đào,,dao@mail.example,,,new\r\n"
        );
        assert_eq!(d.get(&admin, &format!("{path}&tag=vip")).await.text.lines().count(), 3);
        assert_eq!(d.get(&manager, path).await.text.lines().count(), 2);
        assert_eq!(d.get(&agent, path).await.status, 403);
        let all = d.get(&admin, "/leads/export").await;
        assert!(all.text.starts_with("\u{feff}id,name,contact_id,company,email,phone,"), "{}", all.text);
        d.get(&admin, "/leads/export?columns=shoe").await.refused(400, "invalid_parameter");
        d.get(&admin, "/leads/export?shoe=1").await.refused(400, "unknown_parameter");
        let book = d.get(&admin, "/leads/export?format=xlsx").await;
        assert!(book.text.starts_with("PK"), "{}", book.status);
        let told = d.events("export", 0).await;
        assert_eq!((told[0].0.as_str(), &told[0].1["format"]), ("lead.exported", &json!("csv")));
        assert_eq!((told.len(), &told[1].1["filters"]), (5, &json!(["tag"])));
    });
}

#[test]
fn a_long_list_comes_whole_and_once() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let mut table = String::from("name,phone\n");
        for n in 0..2_500 {
            table.push_str(&format!("L{n},+8490{:07}\n", 1_000_000 + n));
        }
        let import = d.upload(&admin, "/leads/import?file_name=l.csv", table.into_bytes()).await.expect(201);
        d.post(&admin, &format!("/imports/{}/run", import["id"]), json!(null)).await.expect(202);
        let id = crm::ImportId(import["id"].as_i64().unwrap());
        crm::imports::jobs::go(&d.crm, id, std::time::Duration::from_secs(600), usize::MAX).await.unwrap();
        for sort in ["-created_at", "name", "due_at"] {
            let file = d.get(&admin, &format!("/leads/export?columns=phone&sort={sort}")).await;
            let mut phones: Vec<&str> = file.text.lines().skip(1).collect();
            phones.sort_unstable();
            phones.dedup();
            assert_eq!(phones.len(), 2_500, "{sort}");
        }
    });
}

#[test]
fn a_file_has_whole_families_and_comes_back_as_they_are() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let students = json!([{ "name": "Mai" }, { "name": "=Nam" }]);
        let lan = json!({ "phone": "0901000001", "email": "lan@mail.example", "students": students, "priority": "high" });
        let lan = d.lead(&admin, "Lan", lan).await;
        let more = json!({ "lead_id": lan["id"], "phone": "0901000002", "email": "b@mail.example" });
        d.post(&admin, "/leads", more).await.expect(201);
        let more = json!({ "lead_id": lan["id"], "phone": "0901000003" });
        let gone = d.post(&admin, "/leads", more).await.expect(201);
        let method =
            gone["contact_methods"].as_array().unwrap().iter().find(|m| m["value"] == "+84901000003");
        let path = format!("/contact-methods/{}", method.unwrap()["id"]);
        d.patch(&admin, &path, json!({ "is_active": false })).await.expect(200);
        d.lead(&admin, "Ba", json!({ "phone": "0901000009" })).await;
        let columns = "name,phones,emails,students,priority";
        let file = d.get(&admin, &format!("/leads/export?columns={columns}&sort=-name")).await.text;
        assert_eq!(
            file,
            "\u{feff}name,phones,emails,students,priority\r\n\
             Lan,\"+84901000001; +84901000002\",\"lan@mail.example; b@mail.example\",\"Mai;' =Nam\",high\r\n\
             Ba,+84901000009,,,medium\r\n"
        );
        // Nothing of it is news.
        let import = d.upload(&admin, "/leads/import?file_name=l.csv", file.into_bytes()).await.expect(201);
        let mapping =
            json!({ "0": "name", "1": "phone", "2": "email", "3": "student_name", "4": "priority" });
        assert_eq!(import["mapping"], mapping);
        let path = format!("/imports/{}", import["id"]);
        d.patch(&admin, &path, json!({ "options": { "duplicates": "update" } })).await.expect(200);
        d.post(&admin, &format!("{path}/run"), json!(null)).await.expect(202);
        let id = crm::ImportId(import["id"].as_i64().unwrap());
        crm::imports::jobs::go(&d.crm, id, std::time::Duration::from_secs(600), usize::MAX).await.unwrap();
        let done = d.get(&admin, &path).await.expect(200);
        assert_eq!(
            (&done["updated_rows"], &done["skipped_rows"], &done["failed_rows"]),
            (&json!(0), &json!(2), &json!(0))
        );
    });
}
