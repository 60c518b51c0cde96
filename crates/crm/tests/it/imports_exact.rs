//! Whatever a table says: every row has one fate, a check knows it beforehand, and an undo leaves nothing of it.

use std::time::Duration;

use crm::{ImportId, imports::jobs};
use platform::{Entropy, clock::SECOND, db::Sql};
use serde_json::{Value, json};

use super::support::{TestDesk, Who, with_desk};

const FOREVER: Duration = Duration::from_secs(600);
/// Tables per engine; many more where all is to be tried.
fn rounds() -> u64 {
    if std::env::var_os("FRONTDESK_FULL_TESTS").is_some() { 200 } else { 14 }
}

/// Random choices, the same for the same seed.
struct Dice(Entropy);

impl Dice {
    fn below(&self, n: usize) -> usize {
        (self.0.u64() % n as u64) as usize
    }
    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn of<'a>(&self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const HEADER: &str = "name,phone,email,company,status,owner,value,tags,notes,student,phone 2,priority\n";

/// Rows that share addresses with each other and with those who are there, some of them faulty, some empty.
fn table(dice: &Dice, rows: usize) -> String {
    let mut text = HEADER.to_owned();
    for _ in 0..rows {
        if dice.one_in(15) {
            text.push_str(dice.of(&["\n", ",,,,,,,,,,,\n", "  ,,\n"]));
            continue;
        }
        let phone = match dice.below(4) {
            0 => String::new(),
            1 => dice.of(&["0901000001", "0901000002", "+84 90 100 0003", "12"]).to_owned(),
            _ => format!("09020000{:02}", dice.below(12)),
        };
        let email = match dice.below(3) {
            0 => format!("p{}@mail.example", dice.below(8)),
            1 => dice.of(&["old@mail.example", "nobody", "Old@Mail.Example"]).to_owned(),
            _ => String::new(),
        };
        let cells = [
            dice.of(&["", "Lan", "Trần Văn Ba", "Bé Ba", "Lan"]),
            &phone,
            &email,
            dice.of(&["", "", "ACME", "acme", "Công ty Hoà Bình", "Old Works"]),
            dice.of(&["", "", "", "new", "Visit Scheduled", "enrolled", "lost", "nowhere"]),
            dice.of(&["", "", "", "an", "bo@desk.example", "nobody"]),
            dice.of(&["", "", "100", "250.5", "much"]),
            dice.of(&["", "vip", "\"vip, fair\"", "fair"]),
            dice.of(&["", "called", "\"two\nlines\"", "called back"]),
            dice.of(&["", "", "Mai", "Bé Nam", "be nam", "Mai; Lan Anh"]),
            dice.of(&["", "", "0902000003", "0903000001", "0901000002; 0903000002", "13"]),
            dice.of(&["", "", "high", "Thấp", "Khẩn cấp", "soon"]),
        ];
        text.push_str(&cells.join(","));
        if dice.one_in(25) {
            text.push_str(",too much");
        }
        text.push('\n');
    }
    text
}

/// Everything about leads and people but what counts changes, and what was recorded.
async fn state(d: &TestDesk) -> Vec<String> {
    const TABLES: [(&str, &str); 9] = [
        (
            "leads",
            "id, contact_id, stage_id, name, source, owner_id, department_id, disposition, value, currency, score, \
             priority, score_parts, tags, notes, custom, metadata, stage_entered_at, last_interaction_at, touched_at, due_at, \
             is_overdue, outcome, lost_reason, closed_at, archived_at, created_at",
        ),
        ("contacts", "id, name, kind, source, company_id, created_at"),
        ("contact_methods", "id, contact_id, kind, value, is_primary, is_active"),
        ("lead_tags", "tag, lead_id"),
        ("lead_values", "lead_id, value_key"),
        ("students", "id, lead_id, name, grade_applying_for, date_of_birth, version"),
        ("stage_moves", "id, lead_id, from_stage_id, to_stage_id, at"),
        ("tasks", "id, lead_id, title, status, assignee_id"),
        ("interactions", "id, lead_id, type, summary"),
    ];
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let cells: Vec<String> =
            columns.split(',').map(|c| format!("coalesce(CAST({} AS text), '~')", c.trim())).collect();
        let text = format!("SELECT {} FROM {table} ORDER BY 1", cells.join(" || '|' || "));
        let rows =
            d.desk.db.read(move |c| c.all(Sql::built(&text), &[], |r| r.get::<String>(0))).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    for table in ["lead_totals", "lead_deltas"] {
        let text = format!(
            "SELECT CAST(stage_id AS text) || '|' || owner_id || '|' || department_id || '|' || CAST(is_overdue AS text), \
             CAST(sum(leads) AS bigint), CAST(sum(value) AS bigint) FROM {table} GROUP BY 1"
        );
        let read = move |c: &platform::Conn<'_>| {
            c.all(Sql::built(&text), &[], |r| Ok((r.get::<String>(0)?, r.get::<i64>(1)?, r.get::<i64>(2)?)))
        };
        for (place, leads, value) in d.desk.db.read(read).await.unwrap() {
            all.push(format!("counts: {place} {leads} {value}"));
        }
    }
    // What the ledger says in one sum.
    let mut sums = std::collections::BTreeMap::<String, (i64, i64)>::new();
    all.retain(|line| {
        let Some(rest) = line.strip_prefix("counts: ") else { return true };
        let parts: Vec<&str> = rest.split(' ').collect();
        let sum = sums.entry(parts[0].to_owned()).or_default();
        sum.0 += parts[1].parse::<i64>().unwrap();
        sum.1 += parts[2].parse::<i64>().unwrap();
        false
    });
    all.extend(sums.into_iter().filter(|(_, s)| *s != (0, 0)).map(|(p, s)| format!("counts: {p} {s:?}")));
    all
}

fn counts(import: &Value) -> [i64; 4] {
    ["created_rows", "updated_rows", "skipped_rows", "failed_rows"].map(|k| import[k].as_i64().unwrap())
}

async fn does(d: &TestDesk, who: &Who, id: i64, what: &str) -> Value {
    d.post(who, &format!("/imports/{id}/{what}"), Value::Null).await.expect(202);
    jobs::go(&d.crm, ImportId(id), FOREVER, usize::MAX).await.unwrap();
    d.get(who, &format!("/imports/{id}")).await.expect(200)
}

async fn faults(d: &TestDesk, who: &Who, id: i64) -> Value {
    d.get(who, &format!("/imports/{id}/errors?limit=200")).await.expect(200)["errors"].clone()
}

async fn count(d: &TestDesk, table: &'static str) -> i64 {
    let text = format!("SELECT count(*) FROM {table}");
    d.desk.db.read(move |c| c.one(Sql::built(&text), &[], |r| r.get(0))).await.unwrap()
}

/// A desk on which something has happened.
async fn lived_in(d: &TestDesk) -> (Who, Who) {
    d.department("sales").await;
    d.department("other").await;
    let admin = d.user("ad", "admin", &[]).await;
    let manager = d.user("mo", "manager", &["sales"]).await;
    d.user("an", "agent", &["sales"]).await;
    d.user("bo", "agent", &["other", "sales"]).await;
    let old = json!({ "phone": "0901000001", "email": "old@mail.example", "students": [{ "name": "Mai" }] });
    let old = d.lead(&admin, "Old", old).await;
    let path = format!("/leads/{}", old["id"]);
    d.patch(&admin, &format!("{path}/status"), json!({ "status": "visit_scheduled" })).await.expect(200);
    d.post(&admin, &format!("{path}/interactions"), json!({ "type": "call", "summary": "Spoke" }))
        .await
        .expect(201);
    let mine =
        d.lead(&admin, "Theirs", json!({ "phone": "0901000003", "value": 500, "tags": ["vip"] })).await;
    d.patch(&manager, &format!("/leads/{}", mine["id"]), json!({})).await;
    // A person without a lead, and one who works somewhere.
    let company = json!({ "name": "Old Works", "kind": "company" });
    let company = d.post(&admin, "/contacts", company).await.expect(201)["id"].clone();
    let person = json!({ "name": "Someone", "methods": [{ "kind": "phone", "value": "0901000002" }] });
    let person = d.post(&admin, "/contacts", person).await.expect(201);
    d.patch(&admin, &format!("/contacts/{}", person["id"]), json!({ "company_id": company }))
        .await
        .expect(200);
    d.clock.advance(SECOND);
    (admin, manager)
}

#[test]
fn a_check_says_what_a_run_does_and_an_undo_leaves_nothing_of_it() {
    with_desk(async |d| {
        let (admin, manager) = lived_in(&d).await;
        for seed in 0..rounds() {
            let dice = Dice(Entropy::seeded(seed));
            let rows = 1 + dice.below(90);
            let who = if dice.one_in(3) { &manager } else { &admin };
            let bytes = table(&dice, rows).into_bytes();
            let import = d.upload(who, "/leads/import?file_name=t.csv", bytes).await.expect(201);
            let id = import["id"].as_i64().unwrap();
            let mut options = json!({ "duplicates": dice.of(&["skip", "update", "update", "create"]) });
            if dice.one_in(2) {
                options["reason"] = json!("No answer");
            }
            if dice.one_in(3) {
                options["strategy"] = json!(dice.of(&["round_robin", "capacity_based", "manual"]));
            }
            if dice.one_in(3) {
                options["tags"] = json!(["fair"]);
            }
            let said = options.to_string();
            d.patch(who, &format!("/imports/{id}"), json!({ "options": options })).await.expect(200);

            let before = state(&d).await;
            let foreseen = does(&d, who, id, "check").await;
            assert_eq!(foreseen["state"], "checked", "seed {seed}: {foreseen}");
            assert_eq!((state(&d).await, count(&d, "import_seen").await), (before.clone(), 0), "seed {seed}");
            let told = faults(&d, who, id).await;
            d.clock.advance(SECOND);
            let done = does(&d, who, id, "run").await;
            assert_eq!(done["state"], "done", "seed {seed}: {done}");
            assert_eq!(counts(&done), counts(&foreseen), "seed {seed}, {said}");
            assert_eq!(faults(&d, who, id).await, told, "seed {seed}, {said}");
            assert_eq!(counts(&done).iter().sum::<i64>(), rows as i64, "seed {seed}");
            assert_eq!(done["total_rows"], rows as i64);
            d.clock.advance(SECOND);
            let undone = does(&d, who, id, "undo").await;
            assert_eq!(
                (&undone["state"], &undone["kept_rows"]),
                (&json!("undone"), &json!(0)),
                "seed {seed}"
            );
            let after = state(&d).await;
            let lost: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
            let left: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
            assert_eq!((lost, left), (vec![], vec![]), "seed {seed}, {said}");
        }
    });
}

#[test]
fn a_company_of_a_table_is_one_company() {
    with_desk(async |d| {
        let (admin, _) = lived_in(&d).await;
        let text = "name,phone,company\nAnn,0903000001,Công ty Hoà Bình\nBen,0903000002,CONG TY HOA BINH\n\
                    Cy,0903000003,old works\nSomeone,0901000002,Elsewhere\nOld,0901000001,New Works\n";
        let import = d.upload(&admin, "/leads/import?file_name=t.csv", text.into()).await.expect(201);
        assert_eq!(import["mapping"]["2"], "company");
        let id = import["id"].as_i64().unwrap();
        d.patch(&admin, &format!("/imports/{id}"), json!({ "options": { "duplicates": "update" } }))
            .await
            .expect(200);
        assert_eq!(counts(&does(&d, &admin, id, "run").await), [4, 1, 0, 0]);
        let companies = count(&d, "contacts WHERE kind = 'company'").await;
        // Of Old Works there was one, Someone works there already and stays, and two are new.
        assert_eq!(companies, 3);
        let works = async |name: &str| {
            let found = d.get(&admin, &format!("/leads?search={name}")).await.expect(200);
            let _ = found;
            let list = d.get(&admin, "/leads?limit=100").await.expect(200);
            let lead = list["leads"].as_array().unwrap().iter().find(|l| l["name"] == *name).cloned();
            lead.unwrap()["contact"]["company"]["name"].clone()
        };
        for (name, company) in [
            ("Ann", "Công ty Hoà Bình"),
            ("Ben", "Công ty Hoà Bình"),
            ("Cy", "Old Works"),
            ("Someone", "Old Works"),
            ("Old", "New Works"),
        ] {
            assert_eq!(works(name).await, company, "{name}");
        }
        // Somebody else uses one of them from now on.
        let ann = d.get(&admin, "/leads?limit=100").await.expect(200);
        let of = |name: &str| {
            let lead = ann["leads"].as_array().unwrap().iter().find(|l| l["name"] == name).unwrap();
            lead["contact"]["company"]["id"].clone()
        };
        let mine = json!({ "name": "Mine", "methods": [{ "kind": "phone", "value": "0909999999" }] });
        let mine = d.post(&admin, "/contacts", mine).await.expect(201);
        d.clock.advance(SECOND);
        d.patch(&admin, &format!("/contacts/{}", mine["id"]), json!({ "company_id": of("Old") }))
            .await
            .expect(200);
        does(&d, &admin, id, "undo").await;
        assert_eq!(count(&d, "contacts WHERE kind = 'company'").await, 2);
        let still = d.get(&admin, &format!("/contacts/{}", mine["id"])).await.expect(200);
        assert_eq!(still["company"]["name"], "New Works");
    });
}

#[test]
fn a_run_that_is_under_way_is_stopped_and_taken_back() {
    with_desk(async |d| {
        let (admin, _) = lived_in(&d).await;
        let before = state(&d).await;
        let mut text = HEADER.to_owned();
        for n in 0..700 {
            text.push_str(&format!("Lead {n},+8491{n:07},,Company {},,,,,,,,\n", n % 90));
        }
        let import = d.upload(&admin, "/leads/import?file_name=t.csv", text.into_bytes()).await.expect(201);
        let id = import["id"].as_i64().unwrap();
        d.post(&admin, &format!("/imports/{id}/run"), Value::Null).await.expect(202);
        jobs::go(&d.crm, ImportId(id), FOREVER, 2).await.unwrap();
        let now = d.get(&admin, &format!("/imports/{id}")).await.expect(200);
        let position = now["position"].as_i64().unwrap();
        assert!(now["state"] == "running" && 0 < position && position < 700, "{now}");
        let undone = does(&d, &admin, id, "undo").await;
        assert_eq!((&undone["state"], counts(&undone)), (&json!("undone"), [0; 4]));
        assert_eq!(state(&d).await, before);
    });
}
