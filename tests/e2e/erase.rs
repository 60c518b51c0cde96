//! A person is erased: afterwards nothing of them is found anywhere, and everything that counts is still there.

use e2e::{Desk, Session, eventually, on_each_engine, wire};
use platform::{clock::SECOND, db::Sql};
use reqwest::Method;
use serde_json::{Value, json};
use walkdir::WalkDir;
use wire::Said;

/// Words that nobody else on the desk has.
const NAME: &str = "Quỳxanh Hoàthơm";
const STUDENT: &str = "Béxinh Quỳxanh";
const PHONE: &str = "0987 612 543";
const MAIL: &str = "quyxanh.hoathom@thuviennho.example";
/// What any of it looks like, as it is, folded, cut into tokens, and in a request's raw body.
const NEEDLES: &[&str] = &[
    "Quỳxanh",
    "Hoàthơm",
    "Béxinh",
    "quyxanh",
    "hoathom",
    "bexinh",
    "uyxanh",
    "oathom",
    "987612543",
    "0987 612 543",
    "345216789",
    "thuviennho",
    "790077",
];

/// Columns of any table that hold any of the words, on either engine; tables of the search indexes are among them.
async fn places(desk: &Desk) -> Vec<String> {
    let is_postgres = desk.place.is_postgres();
    let found = desk.place.db().read(move |c| {
        let columns: Vec<(String, String, String)> = match is_postgres {
            true => c.all(
                Sql::built("SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema()"),
                &[],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
            )?,
            false => c.all(
                Sql::built("SELECT m.name, i.name, i.type FROM sqlite_schema m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"),
                &[],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
            )?,
        };
        let mut hits = Vec::new();
        for (table, column, kind) in columns {
            let conditions: Vec<String> = NEEDLES
                .iter()
                .map(|needle| match (is_postgres, kind.as_str()) {
                    (true, "bytea") => format!("position(convert_to('{needle}', 'UTF8') in \"{column}\") > 0"),
                    (true, _) => format!("position('{needle}' in CAST(\"{column}\" AS text)) > 0"),
                    _ => format!("instr(CAST(\"{column}\" AS blob), CAST('{needle}' AS blob)) > 0"),
                })
                .collect();
            let text = format!("SELECT count(*) FROM \"{table}\" WHERE {}", conditions.join(" OR "));
            let count: i64 = c.one(Sql::built(&text), &[], |r| r.get(0))?;
            if count > 0 {
                hits.push(format!("{table}.{column}"));
            }
        }
        hits.sort();
        Ok(hits)
    });
    found.await.unwrap()
}

/// Files of the desk that hold any of the words, the database apart.
fn files(desk: &Desk) -> Vec<String> {
    let all = WalkDir::new(desk.folder.path().join("blobs")).into_iter().filter_map(Result::ok);
    let holds = |bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        NEEDLES.iter().any(|needle| text.contains(needle))
    };
    all.filter(|e| e.file_type().is_file() && holds(std::fs::read(e.path()).unwrap()))
        .map(|e| e.path().display().to_string())
        .collect()
}

async fn keyed(who: &Session, method: Method, path: &str, key: &str, body: Value) -> Value {
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), key.to_owned()),
    ];
    let answer = who.send(method, path, &headers, Some(body.to_string().into_bytes())).await;
    assert!(answer.status < 300, "{path}: {}", answer.text);
    answer.body
}

/// A person with all that a desk may know of somebody: the contact's id.
async fn known(desk: &Desk) -> i64 {
    let admin = desk.admin().await;
    let said = |id: &str, text: &str| {
        let at = desk.clock.now();
        wire::zalo(&Said { from: "790077", id, text, at })
    };
    // By the table.
    let table =
        format!("name,phone,email,notes\n{NAME},{PHONE},{MAIL},\"Con: {STUDENT}\"\nAn Khác,0901000001,,\n");
    let kind = [("content-type".to_owned(), "text/csv".to_owned())];
    let path = "/leads/import?file_name=Qu%E1%BB%B3xanh%20Ho%C3%A0th%C6%A1m.csv";
    let import = admin.send(Method::POST, path, &kind, Some(table.into_bytes())).await.is(201)["id"].clone();
    admin.post(&format!("/imports/{import}/run"), json!(null)).await.is(202);
    let import = format!("/imports/{import}");
    eventually("the table is taken in", async || admin.get(&import).await.is(200)["state"] == "done").await;
    let leads = admin.get("/leads?source=import&limit=10").await.is(200);
    let leads = if leads["total"] == 0 { admin.get("/leads").await.is(200) } else { leads };
    let lead = leads["leads"].as_array().unwrap().iter().find(|l| l["name"] == NAME).unwrap().clone();
    let (lead_id, contact) = (lead["id"].as_i64().unwrap(), lead["contact_id"].as_i64().unwrap());
    // By a message, and then they are one.
    said("m1", &format!("Chào, tôi là {NAME}, mua hàng, gọi {PHONE}")).post(&desk.client).await.is(200);
    let ticket = admin.get("/tickets").await.is(200)["tickets"][0].clone();
    let (ticket_id, writer) = (ticket["id"].as_i64().unwrap(), ticket["contact"]["id"].as_i64().unwrap());
    admin.patch(&format!("/contacts/{writer}"), json!({"name": STUDENT})).await.is(200);
    admin.post(&format!("/contacts/{contact}/merge"), json!({"other_id": writer})).await.is(200);

    let path = format!("/leads/{lead_id}");
    keyed(&admin, Method::PATCH, &path, "k1", json!({"notes": format!("Mẹ của {STUDENT}"), "tags": [NAME]}))
        .await;
    admin.patch(&path, json!({"tags": []})).await.is(200);
    let student = json!({"name": STUDENT, "grade_applying_for": "6", "date_of_birth": "2014-02-03"});
    admin.post(&format!("{path}/students"), student).await.is(201);
    admin
        .patch(&format!("{path}/status"), json!({"status": "lost", "reason": format!("{NAME} không đến")}))
        .await
        .is(200);
    let call = json!({"type": "call", "summary": format!("Gọi {NAME}"), "outcome": "connected"});
    admin.post(&format!("{path}/interactions"), call).await.is(201);
    let lan = desk.world.user("lan");
    for place in ["lead_id", "ticket_id"] {
        let about = if place == "lead_id" { lead_id } else { ticket_id };
        let task =
            json!({"title": format!("Hẹn {NAME}"), "description": PHONE, place: about, "assigned_to": lan});
        keyed(&admin, Method::POST, "/tasks", place, task).await;
    }
    let with_metadata =
        json!({"contact_id": contact, "name": NAME, "metadata": {"form": MAIL}, "email": MAIL});
    keyed(&admin, Method::POST, "/leads", "k2", with_metadata).await;
    // Their address came with a lead of somebody else.
    let phone = json!([{"type": "phone", "value": "0901000001", "is_primary": true}]);
    let neighbour = json!({"contact_methods": phone, "email": MAIL});
    let theirs = admin.post("/leads", neighbour).await.is(201);
    assert_eq!(theirs["metadata"]["other_addresses"][0]["contact_id"], contact, "{theirs}");

    let path = format!("/tickets/{ticket_id}");
    admin.patch(&path, json!({"subject": format!("Của {NAME}")})).await.is(200);
    admin.patch(&path, json!({"subject": format!("Về {STUDENT}")})).await.is(200);
    let kind = [("content-type".to_owned(), "text/plain".to_owned())];
    let file =
        admin.send(Method::POST, "/attachments?name=quyxanh.txt", &kind, Some(NAME.into())).await.is(201);
    let answer = json!({"content": format!("Chào chị {NAME}"), "attachments": [{"id": file["id"]}]});
    keyed(&admin, Method::POST, &format!("{path}/messages"), "k3", answer).await;
    let note = json!({"content": format!("{PHONE} là số của {NAME}"), "visibility": "internal"});
    admin.post(&format!("{path}/messages"), note).await.is(201);
    admin.put(&format!("{path}/draft"), json!({"content": NAME, "visibility": "public"})).await;
    said("m2", &format!("{STUDENT} muốn mua")).post(&desk.client).await.is(200);
    contact
}

async fn figures(desk: &Desk) -> Vec<i64> {
    let mut all = Vec::new();
    for sql in [
        "SELECT count(*) FROM leads",
        "SELECT count(*) FROM students",
        "SELECT count(*) FROM tasks",
        "SELECT count(*) FROM interactions",
        "SELECT count(*) FROM tickets",
        "SELECT count(*) FROM messages",
        "SELECT count(*) FROM journal",
        "SELECT count(*) FROM stage_moves",
        "SELECT CAST(sum(stage_id) AS bigint) FROM leads",
        "SELECT CAST(sum(created_at) AS bigint) FROM leads",
    ] {
        all.push(desk.number(sql).await);
    }
    all
}

#[test]
fn whoever_is_erased_is_found_nowhere() {
    on_each_engine(async |desk| {
        let contact = known(desk).await;
        let (admin, path) = (desk.admin().await, format!("/contacts/{contact}"));
        eventually("it is searched", async || admin.get("/leads?search=hoathom").await.is(200)["total"] == 2)
            .await;
        let before = places(desk).await;
        for place in [
            "contact_methods.value_key",
            "contacts.name",
            "drafts.content",
            "events.data",
            "idempotency_keys.body",
            "imports.file_name",
            "imports.sample",
            "interactions.summary",
            "journal.body",
            "leads.metadata",
            "leads.name_folded",
            "leads.notes",
            "messages.content",
            "notifications.data",
            "stage_moves.reason",
            "students.name",
            "tasks.title",
            "tickets.identity",
            "tickets.preview",
            "tickets.subject",
        ] {
            assert!(before.iter().any(|p| p == place), "{place} holds nothing to begin with: {before:?}");
        }
        assert_eq!(files(desk).len(), 2, "an answer's and an import's");
        let counted = figures(desk).await;

        // It is asked for twice, by whoever may.
        desk.client.user("boss").await.delete(&path).await.refused(403, "forbidden");
        desk.client.key(desk.world.key("write")).delete(&path).await.refused(403, "forbidden");
        let asked = admin.delete(&path).await.refused(422, "invalid");
        assert_eq!(asked["errors"][0]["field"], "confirm");
        for what in ["2 contacts", "2 leads", "1 tickets", "1 files", "1 tasks"] {
            assert!(asked["detail"].as_str().unwrap().contains(what), "{what}: {asked}");
        }
        admin.delete(&format!("{path}?confirm=quyxanh")).await.refused(422, "invalid");
        let look = admin.get(&format!("{path}/erasure")).await.is(200);
        assert_eq!((&look["name"], &look["started_at"]), (&json!(NAME), &json!(null)));
        let confirmed = format!("{path}?confirm={}", "Qu%E1%BB%B3xanh%20Ho%C3%A0th%C6%A1m");
        let begun = admin.delete(&confirmed).await.is(202);
        assert_eq!(begun["counts"], look["counts"]);

        // Hidden from that moment on, and nothing can be done with it.
        let shown = admin.get(&path).await.is(200);
        assert_eq!((&shown["name"], &shown["methods"]), (&json!("Erased contact"), &json!([])));
        assert!(!shown["erased_at"].is_null());
        assert_eq!(admin.get("/contacts?search=hoathom").await.is(200)["total"], 0);
        let listed = admin.get("/contacts?limit=200").await.is(200);
        assert!(listed["contacts"].as_array().unwrap().iter().all(|c| c["id"] != contact));
        admin.delete(&confirmed).await.refused(409, "wrong_state");
        admin.patch(&path, json!({"name": "x"})).await.refused(409, "wrong_state");
        admin.post(&format!("{path}/unmerge"), json!({})).await.refused(409, "wrong_state");
        admin.post("/leads", json!({"contact_id": contact, "name": "x"})).await.refused(422, "invalid");

        // A node that stops in between is no hindrance.
        desk.restart().await;
        let admin = desk.admin().await;
        let erasure = format!("{path}/erasure");
        eventually("it was all gone through once", async || {
            desk.number("SELECT count(*) FROM contact_erasures WHERE pass = 2").await == 1
        })
        .await;
        desk.clock.advance(20 * SECOND);
        eventually("it is done", async || !admin.get(&erasure).await.is(200)["finished_at"].is_null()).await;
        assert_eq!(places(desk).await, Vec::<String>::new());
        assert_eq!(files(desk), Vec::<String>::new());
        assert_eq!(figures(desk).await, counted);
        let leads = admin.get(&format!("/leads?contact_id={contact}")).await.is(200);
        assert!(leads["leads"].as_array().unwrap().iter().all(|l| l["name"] == "Erased contact"), "{leads}");
        let told = desk.texts("SELECT kind FROM events WHERE kind LIKE 'contact.eras%' ORDER BY id").await;
        assert_eq!(told, ["contact.erased", "contact.erasure_finished"]);
        let by = desk.number("SELECT actor_id FROM events WHERE kind = 'contact.erased'").await;
        assert_eq!(by, desk.world.user("admin"));
        let open = desk.number("SELECT count(*) FROM tickets WHERE status <> 'closed'").await;
        assert_eq!(open, 0);

        // Whoever writes again is somebody new.
        let again = Said { from: "790077", id: "m3", text: "Chào", at: desk.clock.now() };
        wire::zalo(&again).post(&desk.client).await.is(200);
        let tickets = admin.get("/tickets").await.is(200);
        assert!(tickets["tickets"].as_array().unwrap().iter().any(|t| t["contact"]["id"] != contact));
    });
}
