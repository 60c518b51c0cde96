//! Tables of leads: taken in, checked, broken off, taken back.

use std::time::Duration;

use crm::{ImportId, imports::jobs};
use platform::{clock::MINUTE, params, sql};
use serde_json::{Value, json};

use super::support::{TestDesk, Who, with_desk};

const FOREVER: Duration = Duration::from_secs(600);

/// A table of `rows` leads, each with a phone number of its own.
fn table(rows: usize) -> String {
    let mut text = String::from("Name,Phone,Email,Tags\n");
    for n in 0..rows {
        text.push_str(&format!("Lead {n},+8490{:07},lead{n}@mail.example,\"fair, 2026\"\n", 1_000_000 + n));
    }
    text
}

async fn upload(d: &TestDesk, who: &Who, bytes: impl Into<Vec<u8>>) -> Value {
    d.upload(who, "/leads/import?file_name=leads.csv", bytes.into()).await.expect(201)
}

fn id(import: &Value) -> i64 {
    import["id"].as_i64().unwrap()
}

/// Does what was asked for to its end.
async fn work(d: &TestDesk, who: &Who, import: &Value) -> Value {
    jobs::go(&d.crm, ImportId(id(import)), FOREVER, usize::MAX).await.unwrap();
    d.get(who, &format!("/imports/{}", id(import))).await.expect(200)
}

async fn start(d: &TestDesk, who: &Who, import: &Value, what: &str) {
    d.post(who, &format!("/imports/{}/{what}", id(import)), Value::Null).await.expect(202);
}

async fn run(d: &TestDesk, who: &Who, import: &Value) -> Value {
    start(d, who, import, "run").await;
    work(d, who, import).await
}

async fn set(d: &TestDesk, who: &Who, import: &Value, options: Value) {
    d.patch(who, &format!("/imports/{}", id(import)), json!({ "options": options })).await.expect(200);
}

fn counts(import: &Value) -> [i64; 4] {
    ["created_rows", "updated_rows", "skipped_rows", "failed_rows"].map(|k| import[k].as_i64().unwrap())
}

async fn count(d: &TestDesk, table: &'static str) -> i64 {
    let text = format!("SELECT count(*) FROM {table}");
    d.desk.db.read(move |c| c.one(platform::db::Sql::built(&text), &[], |r| r.get(0))).await.unwrap()
}

#[test]
fn a_table_is_understood_checked_run_and_undone() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let import = upload(&d, &admin, table(250)).await;
        assert_eq!(import["encoding"], "UTF-8");
        assert_eq!(import["mapping"], json!({ "0": "name", "1": "phone", "2": "email", "3": "tags" }));
        assert_eq!((import["sample"].as_array().unwrap().len(), &import["state"]), (5, &json!("ready")));
        assert!(import["fields"].as_array().unwrap().iter().any(|f| f["key"] == "owner"));

        start(&d, &admin, &import, "check").await;
        let checked = work(&d, &admin, &import).await;
        assert_eq!((&checked["state"], counts(&checked)), (&json!("checked"), [250, 0, 0, 0]));
        assert_eq!((count(&d, "leads").await, count(&d, "contacts").await), (0, 0));

        let done = run(&d, &admin, &import).await;
        assert_eq!((&done["state"], counts(&done)), (&json!("done"), [250, 0, 0, 0]));
        assert_eq!((&done["total_rows"], &done["position"]), (&json!(250), &json!(250)));
        assert_eq!((count(&d, "leads").await, count(&d, "contacts").await), (250, 250));
        assert_eq!((count(&d, "stage_moves").await, count(&d, "lead_tags").await), (250, 500));
        let list = d.get(&admin, "/leads?tag=fair&limit=1").await.expect(200);
        assert_eq!((&list["total"], &list["leads"][0]["tags"]), (&json!(250), &json!(["fair", "2026"])));
        let summary = d.get(&admin, "/pipeline/summary").await.expect(200);
        assert_eq!(summary["total"], 250);
        let lead = list["leads"][0]["id"].as_i64().unwrap();
        let events = d.events("lead", lead).await;
        assert_eq!((events.len(), &events[0].1["import_id"]), (1, &import["id"]));
        // A lead of an import has the score that it would have had by hand.
        let score = d.get(&admin, &format!("/leads/{lead}")).await.expect(200)["score"].clone();
        let rescored = d.desk.db.write(move |tx| {
            let lead = crm::leads::lock(tx, crm::LeadId(lead))?;
            Ok(crm::leads::rescore(tx, &platform::events::Origin::system(), &lead)?.score)
        });
        assert_eq!(score, rescored.await.unwrap());

        // It ran already.
        d.post(&admin, &format!("/imports/{}/run", id(&import)), Value::Null)
            .await
            .refused(409, "wrong_state");
        // Somebody works on one of them.
        d.clock.advance(MINUTE);
        d.patch(&admin, &format!("/leads/{lead}"), json!({ "notes": "called" })).await.expect(200);
        start(&d, &admin, &import, "undo").await;
        let undone = work(&d, &admin, &import).await;
        assert_eq!((&undone["state"], &undone["kept_rows"]), (&json!("undone"), &json!(1)));
        assert_eq!((count(&d, "leads").await, count(&d, "contacts").await), (1, 1));
        assert_eq!((count(&d, "contact_methods").await, count(&d, "lead_tags").await), (2, 2));
        assert_eq!(d.get(&admin, "/pipeline/summary").await.expect(200)["total"], 1);
    });
}

#[test]
fn a_run_that_is_broken_off_goes_on_behind_the_last_chunk() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let import = upload(&d, &admin, table(1_030)).await;
        start(&d, &admin, &import, "run").await;
        let mut steps = 0;
        loop {
            // A worker that is dropped in the middle, and one that stops after some chunks.
            let cut = tokio::time::timeout(
                Duration::from_millis(5),
                jobs::go(&d.crm, ImportId(id(&import)), FOREVER, usize::MAX),
            );
            let _ = cut.await;
            jobs::go(&d.crm, ImportId(id(&import)), FOREVER, 3).await.unwrap();
            let now = d.get(&admin, &format!("/imports/{}", id(&import))).await.expect(200);
            let done = now["position"].as_i64().unwrap();
            assert_eq!(counts(&now), [done, 0, 0, 0]);
            assert_eq!(count(&d, "leads").await, done);
            steps += 1;
            if now["state"] == "done" {
                break;
            }
        }
        assert!(steps > 1);
        assert_eq!((count(&d, "leads").await, count(&d, "import_rows").await), (1_030, 1_030));

        start(&d, &admin, &import, "undo").await;
        for _ in 0..20 {
            jobs::go(&d.crm, ImportId(id(&import)), FOREVER, 1).await.unwrap();
        }
        let undone = d.get(&admin, &format!("/imports/{}", id(&import))).await.expect(200);
        assert_eq!((&undone["state"], counts(&undone)), (&json!("undone"), [0, 0, 0, 0]));
        assert_eq!(
            (count(&d, "leads").await, count(&d, "contacts").await, count(&d, "import_rows").await),
            (0, 0, 0)
        );
    });
}

#[test]
fn duplicates_are_skipped_changed_or_made_again() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let old = d.lead(&admin, "Old Name", json!({ "phone": "0901000001", "notes": "first" })).await;
        let text = "name;phone;email;notes;tags\nNew Name;+84 90 100 0001;new@mail.example;second;vip\n\
                    Other;0901000002;;x;\nOther again;84901000002;;y;\n;;;;\n";
        for (policy, expected) in [("skip", [1, 0, 3, 0]), ("update", [1, 2, 1, 0]), ("create", [3, 0, 1, 0])]
        {
            let import = upload(&d, &admin, text).await;
            set(&d, &admin, &import, json!({ "duplicates": policy })).await;
            start(&d, &admin, &import, "check").await;
            let foreseen = work(&d, &admin, &import).await;
            assert_eq!(counts(&foreseen), expected, "{policy}");
            let done = run(&d, &admin, &import).await;
            assert_eq!(counts(&done), expected, "{policy}");
            let lead = d.get(&admin, &format!("/leads/{}", old["id"])).await.expect(200);
            if policy == "update" {
                assert_eq!((&lead["name"], &lead["notes"]), (&json!("New Name"), &json!("first\n\nsecond")));
                assert_eq!((&lead["tags"], &lead["email"]), (&json!(["vip"]), &json!("new@mail.example")));
            }
            start(&d, &admin, &import, "undo").await;
            let undone = work(&d, &admin, &import).await;
            assert_eq!((&undone["state"], &undone["kept_rows"]), (&json!("undone"), &json!(0)), "{policy}");
            let lead = d.get(&admin, &format!("/leads/{}", old["id"])).await.expect(200);
            assert_eq!((&lead["name"], &lead["notes"]), (&json!("Old Name"), &json!("first")));
            assert_eq!((&lead["tags"], &lead["email"]), (&json!([]), &Value::Null));
        }
        assert_eq!((count(&d, "leads").await, count(&d, "contacts").await), (1, 1));
    });
}

#[test]
fn every_encoding_comes_through_the_route() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let text = "Họ tên;Điện thoại;Ghi chú\nNguyễn Thị Đào;0901234567;được gọi lại\n";
        let wide = |big: bool| -> Vec<u8> {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let tabs = text.replace(';', "\t").into_bytes();
        for bytes in [text.as_bytes().to_vec(), marked, wide(false), wide(true), tabs] {
            let import = upload(&d, &admin, bytes).await;
            let done = run(&d, &admin, &import).await;
            assert_eq!(counts(&done), [1, 0, 0, 0], "{}", import["encoding"]);
            let lead = d.get(&admin, "/leads").await.expect(200)["leads"][0].clone();
            assert_eq!((&lead["name"], &lead["notes"]), (&json!("Nguyễn Thị Đào"), &json!("được gọi lại")));
            start(&d, &admin, &import, "undo").await;
            assert_eq!(work(&d, &admin, &import).await["state"], "undone");
        }
        let latin = b"Name,Email\nZo\xeb M\xfcller,zoe@mail.example\n".to_vec();
        let import = upload(&d, &admin, latin).await;
        run(&d, &admin, &import).await;
        assert_eq!(d.get(&admin, "/leads").await.expect(200)["leads"][0]["name"], "Zoë Müller");
        let workbook = d.upload(&admin, "/leads/import?file_name=x.xlsx", b"PK\x03\x04....".to_vec()).await;
        assert_eq!(workbook.faults(), ["file format"]);
        assert_eq!(
            d.upload(&admin, "/leads/import?file_name=x", Vec::new()).await.faults(),
            ["file required"]
        );
    });
}

#[test]
fn faulty_rows_are_told_whole_and_do_no_harm() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let text = "name,phone,email,status,value,owner\nGood,0901000001,,,1.500.000,\n\
                    =cmd(),12,not-mail,nowhere,much,nobody\n,,,,,\nAlso good,,good@mail.example,,,Ad\n,,,,5,\n";
        let import = upload(&d, &admin, text).await;
        let done = run(&d, &admin, &import).await;
        assert_eq!(counts(&done), [2, 0, 1, 2]);
        let errors = d.get(&admin, &format!("/imports/{}/errors", id(&import))).await.expect(200);
        assert_eq!((&errors["total"], &errors["errors"][0]["row"]), (&json!(2), &json!(3)));
        let mut fields: Vec<_> = errors["errors"][0]["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["field"].as_str().unwrap())
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, ["email", "owner", "phone", "status", "value"]);
        let page = d.get(&admin, &format!("/imports/{}/errors?limit=1", id(&import))).await.expect(200);
        assert_eq!(page["next_row"], 6);
        let csv = d.get(&admin, &format!("/imports/{}/errors?format=csv", id(&import))).await;
        let lines: Vec<&str> = csv.text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, "\u{feff}row,errors,name,phone,email,status,value,owner"));
        assert!(lines[1].starts_with("3,") && lines[1].contains(",\"'=cmd()\",12,not-mail,"), "{}", lines[1]);
        assert!(lines[2].starts_with("6,\"name: "), "{}", lines[2]);
    });
}

#[test]
fn a_manager_imports_for_their_team_and_sees_their_own_imports() {
    with_desk(async |d| {
        let (team, _) = (d.department("sales").await, d.department("other").await);
        let admin = d.user("ad", "admin", &["other"]).await;
        let manager = d.user("mo", "manager", &["sales"]).await;
        let agent = d.user("an", "agent", &["sales"]).await;
        d.lead(&admin, "Theirs", json!({ "phone": "0901000009" })).await;
        let text = "name,phone,owner\nOne,0901000001,an\nTwo,0901000002,\nThree,0901000003,ad\nTheirs now,0901000009,\n";
        let import = upload(&d, &manager, text).await;
        let not_mine = json!({ "options": { "assigned_to": admin.id } });
        let path = format!("/imports/{}", id(&import));
        let refused = d.patch(&manager, &path, not_mine).await.faults();
        assert_eq!(refused, ["options.assigned_to not_allowed"]);
        set(&d, &manager, &import, json!({ "duplicates": "update" })).await;
        let done = run(&d, &manager, &import).await;
        assert_eq!(counts(&done), [2, 0, 1, 1]);
        let seen = d.get(&manager, "/leads?sort=created_at").await.expect(200);
        assert_eq!(seen["total"], 2);
        for lead in seen["leads"].as_array().unwrap() {
            assert_eq!(lead["department"]["id"], team.0);
        }
        assert_eq!(seen["leads"][0]["assigned_to"], agent.id);

        assert_eq!(d.get(&admin, &path).await.status, 200);
        assert_eq!(d.get(&agent, &path).await.status, 403);
        let own = upload(&d, &admin, text).await;
        d.get(&manager, &format!("/imports/{}", id(&own))).await.refused(404, "not_found");
        assert_eq!(d.get(&manager, "/imports").await.expect(200)["total"], 1);
        assert_eq!(d.get(&admin, "/imports").await.expect(200)["total"], 2);
    });
}

#[test]
fn leads_are_dealt_and_told_and_options_are_judged_whole() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        d.department("sales").await;
        let an = d.user("an", "agent", &["sales"]).await;
        let bo = d.user("bo", "agent", &["sales"]).await;
        let import = upload(&d, &admin, table(10)).await;
        let path = format!("/imports/{}", id(&import));
        let wrong = json!({ "mapping": { "0": "shoe", "9": "name", "1": "notes", "2": "notes" },
            "options": { "status": "nowhere", "assigned_to": 999 } });
        let faults = d.patch(&admin, &path, wrong).await.faults();
        assert_eq!(
            faults,
            [
                "mapping.0 not_one_of",
                "mapping.2 repeated",
                "mapping.9 out_of_range",
                "options.assigned_to not_found",
                "options.status not_one_of"
            ]
        );
        d.patch(&admin, &path, json!({ "mapping": { "3": "tags" } })).await.expect(200);
        assert_eq!(d.post(&admin, &format!("{path}/run"), Value::Null).await.faults(), ["mapping required"]);
        d.patch(
            &admin,
            &path,
            json!({ "mapping": { "0": "name" }, "options": { "strategy": "round_robin", "tags": ["x"] } }),
        )
        .await
        .expect(200);
        assert_eq!(counts(&run(&d, &admin, &import).await), [10, 0, 0, 0]);
        for who in [&an, &bo] {
            let theirs = d.get(&admin, &format!("/leads?assigned_to={}&tag=x", who.id)).await.expect(200);
            assert_eq!(theirs["total"], 5);
        }
        let told = d.events("import", id(&import)).await;
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds[..3], ["import.created", "import.started", "import.progress"]);
        assert_eq!(told.last().unwrap().1["state"], "done");
        let queued = d.desk.db.read(|c| {
            c.one(sql!("SELECT count(*) FROM jobs WHERE kind = ?1"), params!["leads.import"], |r| {
                r.get::<i64>(0)
            })
        });
        assert_eq!(queued.await.unwrap(), 1);
    });
}

#[test]
fn a_check_that_failed_is_mended_and_repeated() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let other = json!({ "key": "other", "name": "Other", "currency": "USD", "stages": [{ "key": "new", "name": "New", "kind": "open" }] });
        let other = d.post(&admin, "/pipelines", other).await.expect(201);
        let import = upload(&d, &admin, table(120)).await;
        set(&d, &admin, &import, json!({ "pipeline_id": other["id"] })).await;
        let path = format!("/imports/{}", id(&import));
        start(&d, &admin, &import, "check").await;
        // Again at once: the pass that was under way begins anew.
        start(&d, &admin, &import, "check").await;
        d.patch(&admin, &format!("/pipelines/{}", other["id"]), json!({ "is_active": false }))
            .await
            .expect(200);
        let failed = work(&d, &admin, &import).await;
        assert_eq!((&failed["state"], &failed["position"]), (&json!("failed"), &json!(0)), "{failed}");
        d.post(&admin, &format!("{path}/check"), Value::Null).await.refused(422, "invalid");
        set(&d, &admin, &import, json!({ "pipeline_id": null })).await;
        let mended = d.get(&admin, &path).await.expect(200);
        assert_eq!((&mended["state"], &mended["error"]), (&json!("ready"), &Value::Null));
        start(&d, &admin, &import, "check").await;
        let checked = work(&d, &admin, &import).await;
        assert_eq!((&checked["state"], counts(&checked)), (&json!("checked"), [120, 0, 0, 0]));

        // One that failed when it had made leads goes on or back, and is not said anew.
        set(&d, &admin, &import, json!({ "assigned_to": admin.id })).await;
        start(&d, &admin, &import, "run").await;
        jobs::go(&d.crm, ImportId(id(&import)), FOREVER, 1).await.unwrap();
        d.desk
            .db
            .write(|tx| {
                tx.exec(sql!("UPDATE imports SET state = 'failed', error = 'x'"), params![]).map(|_| ())
            })
            .await
            .unwrap();
        d.post(&admin, &format!("{path}/check"), Value::Null).await.refused(409, "wrong_state");
        d.patch(&admin, &path, json!({ "options": {} })).await.refused(409, "wrong_state");
        assert_eq!(counts(&run(&d, &admin, &import).await), [120, 0, 0, 0]);
    });
}

#[test]
fn a_row_with_two_peoples_addresses_says_so() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let mut people = Vec::new();
        for lead in [
            json!({ "name": "A", "phone": "+84901000001" }),
            json!({ "name": "B", "email": "b@mail.example" }),
        ] {
            people.push(d.post(&admin, "/leads", lead).await.expect(201)["contact_id"].clone());
        }
        let text = "name,phone,email\nBoth,+84901000001,b@mail.example\nNew,+84901000002,\nLater,+84901000002,b@mail.example\n";
        let import = upload(&d, &admin, text).await;
        set(&d, &admin, &import, json!({ "duplicates": "create" })).await;
        assert_eq!(counts(&run(&d, &admin, &import).await), [3, 0, 0, 0]);
        let leads = d.get(&admin, "/leads?limit=10&sort=created_at").await.expect(200);
        let leads: Vec<&Value> = leads["leads"].as_array().unwrap().iter().collect();
        let named = |name: &str| *leads.iter().find(|l| l["name"] == name).unwrap();
        let told = |name: &str| named(name)["metadata"]["other_addresses"].clone();
        // Which of the two it goes to is as the columns say; the other one is told.
        for name in ["Both", "Later"] {
            let told = told(name);
            assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
            assert_ne!(told[0]["contact_id"], named(name)["contact_id"]);
        }
        assert!(
            people.contains(&told("Both")[0]["contact_id"]) && people.contains(&named("Both")["contact_id"])
        );
        assert_eq!(told("New"), Value::Null);
        assert_eq!(count(&d, "lead_other_addresses").await, 2);
        start(&d, &admin, &import, "undo").await;
        assert_eq!(work(&d, &admin, &import).await["kept_rows"], 0);
        assert_eq!(count(&d, "lead_other_addresses").await, 0);
    });
}
