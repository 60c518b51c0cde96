//! Tables in and out by the command line: the program itself, at rest and beside a running desk, killed in the middle.

use std::{
    fs,
    process::{Child, Command, Output, Stdio},
};

use e2e::{Place, Process};
use platform::{db::Sql, testing::runtime};

/// `frontdesk` with the environment of a running desk on this place.
fn command(place: &Place, words: &[&str]) -> Command {
    let mut command = Command::new(crate::PROGRAM);
    command.current_dir(place.folder.path()).arg("--data").arg(place.folder.path()).args(words);
    command
        .env("FRONTDESK_DATABASE__URL", place.url())
        .env("FRONTDESK_DB__PG_CONNECTIONS", "4")
        .env("FRONTDESK_SECRETS__KEY", "07".repeat(32))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(place: &Place, words: &[&str]) -> Output {
    command(place, words).output().expect("the program runs")
}

#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    format!("{out}{err}")
}

fn write(place: &Place, name: &str, text: &str) {
    fs::write(place.folder.path().join(name), text).expect("a file");
}

fn at_rest(place: &Place) {
    write(
        place,
        "leads.csv",
        "Họ tên;SĐT;Kênh;Ghi nhớ\nLan;0903 000 001;website;gọi lại\nMai;12;website;\nHùng;0903000003;lạ;\n",
    );
    let number = async |sql: &str| place.number(sql).await;

    // What cannot be: all of it is told, and nothing is done.
    let said = ended(&run(place, &["import", "leads", "nowhere.csv"]), 2);
    assert!(said.contains("nowhere.csv cannot be read"), "{said}");
    let said = ended(&run(place, &["import", "leads", "leads.csv", "--pipeline", "none"]), 2);
    assert!(said.contains("pipeline: must be one of"), "{said}");
    let wrong = ["import", "leads", "leads.csv", "--map", "Màu=name", "--map", "#9=name"];
    let said = ended(&run(place, &wrong), 2);
    assert!(said.contains("map Màu") && said.contains("map #9"), "{said}");
    let said = ended(&run(place, &["import", "leads", "leads.csv", "--map", "Ghi nhớ=colour"]), 2);
    assert!(said.contains("column Ghi nhớ"), "{said}");

    // Looked at only.
    let all = ["import", "leads", "leads.csv", "--map", "Ghi nhớ=notes", "--tag", "hội chợ"];
    let dry = run(place, &[&all[..], &["--dry-run"]].concat());
    let said = ended(&dry, 1);
    assert!(
        said.contains("would be 2 made") && said.contains("1 refused") && said.contains("row 3: phone"),
        "{said}"
    );
    runtime().block_on(async { assert_eq!(number("SELECT count(*) FROM leads").await, 0) });

    // Done, with the refused rows in a file that can be mended.
    let said = ended(&run(place, &[&all[..], &["--faults", "faults.csv"]].concat()), 1);
    assert!(said.contains("3 rows; 2 made, 0 changed, 0 passed over, 1 refused"), "{said}");
    let faults = fs::read_to_string(place.folder.path().join("faults.csv")).expect("the refused rows");
    assert!(faults.contains("Mai") && faults.contains(",12,") && !faults.contains("Lan"), "{faults}");
    runtime().block_on(async {
        assert_eq!(number("SELECT count(*) FROM leads WHERE notes = 'gọi lại'").await, 1);
        assert_eq!(number("SELECT count(*) FROM lead_tags WHERE tag = 'hội chợ'").await, 2);
        assert_eq!(
            number("SELECT count(*) FROM events WHERE kind = 'lead.created' AND actor_kind = 'system'").await,
            2
        );
    });

    // Again: who is there already is passed over, and nothing is refused once the row is mended.
    write(place, "again.csv", "name,phone\nLan,+84903000001\nMai,0903000002\n");
    let said = ended(&run(place, &["import", "leads", "again.csv"]), 0);
    assert!(said.contains("1 made, 0 changed, 1 passed over, 0 refused"), "{said}");
    write(place, "bad.csv", "name,phone\nX,1\n");
    ended(&run(place, &["import", "leads", "bad.csv"]), 2);

    // Out again: what is filtered, in columns that are named, and as a workbook.
    let words =
        ["export", "leads", "--columns", "name,phone", "--filter", "sort=name", "--filter", "search=Mai"];
    let output = run(place, &words);
    ended(&output, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(),
        ["name,phone", "Mai,+84903000002"]
    );
    ended(&run(place, &["export", "leads", "-o", "all.xlsx"]), 0);
    let book = fs::read(place.folder.path().join("all.xlsx")).expect("a workbook");
    assert!(book.starts_with(b"PK"), "a workbook is an archive");
    let said =
        ended(&run(place, &["export", "leads", "--filter", "colour=red", "--filter", "score_min=x"]), 2);
    assert!(said.contains("colour"), "{said}");
    let said = ended(&run(place, &["export", "leads", "--columns", "name,shoe", "-o", "no.csv"]), 2);
    assert!(
        said.contains("there is no column shoe") && !place.folder.path().join("no.csv").exists(),
        "{said}"
    );
}

#[test]
fn tables_go_in_and_out_while_no_desk_runs() {
    for place in Place::each() {
        at_rest(&place);
    }
}

const ROWS: i64 = 3_000;

fn many() -> String {
    let mut text = String::from("name,phone\n");
    for n in 0..ROWS {
        text.push_str(&format!("Lead {n},+8490{n:07}\n"));
    }
    text
}

/// Waits for some rows of the newest import to be done; false where it was over before.
async fn is_under_way(place: &Place, child: &mut Child) -> bool {
    loop {
        let position = "SELECT coalesce(max(position), 0) FROM imports WHERE state = 'running'";
        let position = place.number(position).await;
        if position > 0 && position < ROWS {
            return true;
        }
        if child.try_wait().expect("its state").is_some() {
            return false;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// Killed while it takes a table in, it goes on where it stopped: each row counts once.
fn killed(place: &Place) {
    write(place, "many.csv", &many());
    runtime().block_on(async {
        let mut child = command(place, &["import", "leads", "many.csv"]).spawn().expect("it starts");
        assert!(is_under_way(place, &mut child).await, "it was over before it could be killed");
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        let before = place.number("SELECT count(*) FROM leads").await;
        assert!(before > 0 && before < ROWS, "{before}");
        // What a dead process held of the work is free at once, as it would be a minute later.
        let free = |tx: &platform::Tx<'_>| {
            tx.exec(Sql::built("UPDATE jobs SET lease_until = 1 WHERE state = 'running'"), &[])
        };
        place.db().write(free).await.expect("the leases are over");
        let id = place.number("SELECT max(id) FROM imports").await.to_string();
        let said = ended(&run(place, &["import", "resume", &id]), 0);
        assert!(said.contains("3 000 rows; 3 000 made"), "{said}");
        assert_eq!(place.number("SELECT count(*) FROM leads").await, ROWS);
        assert_eq!(place.number("SELECT count(DISTINCT value_key) FROM contact_methods").await, ROWS);
        let said = ended(&run(place, &["import", "resume", &id]), 2);
        assert!(said.contains("not one that was broken off"), "{said}");
    });
}

#[test]
fn a_command_that_is_killed_goes_on_where_it_stopped() {
    for place in Place::each() {
        killed(&place);
    }
}

/// Beside a running desk, which does the work; whoever looks on may go.
fn beside(place: &Place) {
    write(place, "many.csv", &many());
    runtime().block_on(async {
        let desk = Process::start(crate::PROGRAM.as_ref(), place);
        place.furnish(&desk.client).await;
        let admin = desk.client.user("admin").await;
        let said = ended(&run(place, &["import", "leads", "many.csv"]), 0);
        assert!(said.contains("3 000 made"), "{said}");
        let list = admin.get("/leads?limit=1").await.is(200);
        assert_eq!(list["total"], ROWS, "the running desk sees them");

        let mut child =
            command(place, &["import", "leads", "many.csv", "--duplicates", "create"]).spawn().unwrap();
        let is_under_way = is_under_way(place, &mut child).await;
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        assert!(is_under_way, "it was over before it could be killed");
        e2e::eventually("the desk goes on by itself", async || {
            place.number("SELECT count(*) FROM leads").await == 2 * ROWS
        })
        .await;
        let out = run(place, &["export", "leads", "--columns", "id"]);
        ended(&out, 0);
        assert_eq!(String::from_utf8(out.stdout).unwrap().lines().count() as i64, 2 * ROWS + 1);
    });
}

#[test]
fn beside_a_running_desk_the_desk_does_the_work() {
    for place in Place::each() {
        beside(&place);
    }
}
