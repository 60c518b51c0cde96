//! The process is killed while it takes a table in, again and again, and while it takes it back: each row counts once, and
//! nothing is left of what was undone.

use std::time::Duration;

use e2e::{Client, Place, Process, Session};
use platform::{Entropy, db::Sql, testing::runtime};
use reqwest::Method;
use serde_json::Value;

const ROWS: i64 = 6_000;
const KILLS: usize = 4;

/// Leads of which every third shares its number with the one before, and every tenth has none that is one.
fn table() -> String {
    let mut text = String::from("name,phone,company,tags\n");
    for n in 0..ROWS {
        let phone = match n {
            n if n % 10 == 9 => "12".to_owned(),
            n => format!("+8490{:07}", if n % 3 == 2 { n - 1 } else { n }),
        };
        text.push_str(&format!("Lead {n},{phone},Company {},fair\n", n % 50));
    }
    text
}

async fn import(admin: &Session, id: i64) -> Value {
    admin.get(&format!("/imports/{id}")).await.is(200)
}

/// Starts the program anew. What a dead process held of the work is free at once, as it would be a minute later.
async fn restart(place: &Place, client: &mut Client) -> Process {
    let free = |tx: &platform::Tx<'_>| {
        tx.exec(Sql::built("UPDATE jobs SET lease_until = 1 WHERE state = 'running'"), &[])
    };
    place.db().write(free).await.expect("the leases are over");
    let desk = Process::start(crate::PROGRAM.as_ref(), place);
    *client = desk.client.clone();
    desk
}

/// Kills the process at moments of its own while an import stands in `state`, until it stands in `end`.
async fn killed_until(place: &Place, mut desk: Process, id: i64, state: &str, end: &str) -> Process {
    let entropy = Entropy::system();
    let mut client = desk.client.clone();
    for _ in 0..KILLS {
        let admin = client.user("admin").await;
        let from = import(&admin, id).await;
        if from["state"] != state {
            break;
        }
        e2e::eventually("it goes on", async || {
            let now = import(&admin, id).await;
            now["state"] != state || now["position"] != from["position"]
        })
        .await;
        tokio::time::sleep(Duration::from_micros(entropy.u64() % 30_000)).await;
        desk.kill();
        whole(place, id).await;
        desk = restart(place, &mut client).await;
    }
    let admin = client.user("admin").await;
    let begun = std::time::Instant::now();
    while import(&admin, id).await["state"] != end {
        assert!(begun.elapsed() < Duration::from_secs(120), "{}", import(&admin, id).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    desk
}

/// What is stored hangs together, wherever it was broken off.
async fn whole(place: &Place, id: i64) {
    let made = format!("SELECT created_rows FROM imports WHERE id = {id}");
    let made = place.number(&made).await;
    assert_eq!(place.number("SELECT count(*) FROM leads").await, made);
    assert_eq!(place.number("SELECT count(*) FROM import_rows").await, made);
    assert_eq!(place.number("SELECT count(*) FROM contacts WHERE kind = 'person'").await, made);
    let counted = "SELECT CAST(coalesce(sum(leads), 0) AS bigint) FROM (SELECT leads FROM lead_totals \
        UNION ALL SELECT leads FROM lead_deltas) AS lines";
    assert_eq!(place.number(counted).await, made);
}

fn killed_while_importing(place: &Place) {
    runtime().block_on(async {
        let desk = Process::start(crate::PROGRAM.as_ref(), place);
        place.furnish(&desk.client).await;
        let admin = desk.client.user("admin").await;
        let people = place.number("SELECT count(*) FROM contacts").await;
        let kind = [("content-type".to_owned(), "text/csv".to_owned())];
        let path = "/leads/import?file_name=leads.csv";
        let sent = admin.send(Method::POST, path, &kind, Some(table().into_bytes())).await.is(201);
        let id = sent["id"].as_i64().unwrap();
        admin.post(&format!("/imports/{id}/run"), Value::Null).await.is(202);
        let desk = killed_until(place, desk, id, "running", "done").await;
        whole(place, id).await;
        let admin = desk.client.user("admin").await;
        let done = import(&admin, id).await;
        let count = |key: &str| done[key].as_i64().unwrap();
        let (made, failed) = (count("created_rows"), count("failed_rows"));
        assert_eq!((count("position"), failed), (ROWS, ROWS / 10), "{done}");
        assert_eq!(made + count("skipped_rows") + count("updated_rows") + failed, ROWS, "{done}");
        let twins = "SELECT count(*) FROM (SELECT lead_id FROM import_rows GROUP BY lead_id HAVING count(*) > 1) AS t";
        assert_eq!(place.number(twins).await, 0);
        assert_eq!(place.number("SELECT count(DISTINCT value_key) FROM contact_methods").await, made);
        // Of fifty companies those that every tenth row names alone were never taken.
        assert_eq!(place.number("SELECT count(*) FROM contacts WHERE kind = 'company'").await, 45);

        admin.post(&format!("/imports/{id}/undo"), Value::Null).await.is(202);
        let desk = killed_until(place, desk, id, "undoing", "undone").await;
        whole(place, id).await;
        for table in ["leads", "import_rows", "contact_methods", "lead_tags", "stage_moves"] {
            assert_eq!(place.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        assert_eq!(place.number("SELECT count(*) FROM contacts").await, people);

        // Broken off half-way, it goes back from there.
        let admin = desk.client.user("admin").await;
        let sent = admin.send(Method::POST, path, &kind, Some(table().into_bytes())).await.is(201);
        let id = sent["id"].as_i64().unwrap();
        admin.post(&format!("/imports/{id}/run"), Value::Null).await.is(202);
        e2e::eventually("it runs", async || import(&admin, id).await["position"] != 0).await;
        let mut desk = desk;
        desk.kill();
        let half = place.number(&format!("SELECT position FROM imports WHERE id = {id}")).await;
        assert!(0 < half && half < ROWS, "{half}");
        let mut client = desk.client.clone();
        let mut desk = restart(place, &mut client).await;
        let admin = client.user("admin").await;
        // It may have come to its end by now; then that is taken back.
        admin.post(&format!("/imports/{id}/undo"), Value::Null).await.is(202);
        e2e::eventually("it is undone", async || import(&admin, id).await["state"] == "undone").await;
        whole(place, id).await;
        assert_eq!(place.number("SELECT count(*) FROM contacts").await, people);
        assert!(desk.terminate(), "it ends well: {:#?}", desk.log());
    });
}

#[test]
fn sqlite_takes_each_row_once_and_back() {
    killed_while_importing(&Place::sqlite());
}

#[test]
fn postgres_takes_each_row_once_and_back() {
    if let Some(place) = Place::postgres() {
        killed_while_importing(&place);
    }
}
