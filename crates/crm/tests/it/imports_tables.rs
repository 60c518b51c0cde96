//! Tables as spreadsheets write them, through the routes: proper rows, or proper faults. And what becomes of their files.

use std::time::Duration;

use crm::{ImportId, imports::jobs};
use platform::clock::DAY;
use serde_json::{Value, json};

use super::support::{TestDesk, Who, with_desk};

mod families;

async fn upload(d: &TestDesk, who: &Who, bytes: impl Into<Vec<u8>>) -> Value {
    d.upload(who, "/leads/import?file_name=leads.csv", bytes.into()).await.expect(201)
}

async fn does(d: &TestDesk, who: &Who, import: &Value, what: &str) -> Value {
    let path = format!("/imports/{}", import["id"]);
    d.post(who, &format!("{path}/{what}"), Value::Null).await.expect(202);
    let id = ImportId(import["id"].as_i64().unwrap());
    jobs::go(&d.crm, id, Duration::from_secs(600), usize::MAX).await.unwrap();
    d.get(who, &path).await.expect(200)
}

fn counts(import: &Value) -> [i64; 4] {
    ["created_rows", "updated_rows", "skipped_rows", "failed_rows"].map(|k| import[k].as_i64().unwrap())
}

/// Row, field and code of every fault.
async fn faults(d: &TestDesk, who: &Who, import: &Value) -> Vec<String> {
    let errors = d.get(who, &format!("/imports/{}/errors", import["id"])).await.expect(200);
    let mut all = Vec::new();
    for row in errors["errors"].as_array().unwrap() {
        for fault in row["faults"].as_array().unwrap() {
            let word = |key: &str| fault[key].as_str().unwrap().to_owned();
            all.push(format!("{} {} {}", row["row"], word("field"), word("code")));
        }
    }
    all
}

fn wide(text: &str, big: bool, bom: bool) -> Vec<u8> {
    let units = bom.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

/// As Windows writes Vietnamese: the tone behind its letter.
fn windows_1258(text: &str) -> Vec<u8> {
    let code = |c: char| match c {
        'ê' => vec![0xea],
        'ọ' => vec![b'o', 0xf2],
        'ễ' => vec![0xea, 0xde],
        'ị' => vec![b'i', 0xf2],
        'Đ' => vec![0xd0],
        'à' => vec![0xe0],
        'đ' => vec![0xf0],
        'ệ' => vec![0xea, 0xf2],
        'ạ' => vec![b'a', 0xf2],
        'ư' => vec![0xfd],
        'ợ' => vec![0xf5, 0xf2],
        'ú' => vec![0xfa],
        c => vec![u8::try_from(c).expect("a letter of this table")],
    };
    text.chars().flat_map(code).collect()
}

#[test]
fn every_encoding_and_delimiter_is_a_table() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let text = "Họ tên;Điện thoại;Ghi chú\nNguyễn Thị Đào;0901234567;được gọi lại\n";
        let short = "Họ tên;Điện thoại;Ghi chú\nNguyễn Thị Đào;0901234567;được\n";
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let all = [
            (text.as_bytes().to_vec(), "UTF-8"),
            (marked, "UTF-8"),
            (wide(text, false, true), "UTF-16LE"),
            (wide(text, true, true), "UTF-16BE"),
            (wide(&text.replace(';', "\t").replace('\n', "\r\n"), false, true), "UTF-16LE"),
            (text.replace(';', "\t").into_bytes(), "UTF-8"),
            (text.replace(';', "|").into_bytes(), "UTF-8"),
            (text.replace('\n', "\r").into_bytes(), "UTF-8"),
            (windows_1258(short), "windows-1258"),
        ];
        for (bytes, encoding) in all {
            let import = upload(&d, &admin, bytes).await;
            assert_eq!(import["encoding"], encoding);
            assert_eq!(import["mapping"], json!({ "0": "name", "1": "phone", "2": "notes" }), "{encoding}");
            assert_eq!(counts(&does(&d, &admin, &import, "check").await), [1, 0, 0, 0], "{encoding}");
            assert_eq!(counts(&does(&d, &admin, &import, "run").await), [1, 0, 0, 0], "{encoding}");
            let lead = d.get(&admin, "/leads").await.expect(200)["leads"][0].clone();
            assert_eq!((&lead["name"], &lead["phone"]), (&json!("Nguyễn Thị Đào"), &json!("+84901234567")));
            assert!(lead["notes"].as_str().unwrap().starts_with("được"));
            assert_eq!(does(&d, &admin, &import, "undo").await["state"], "undone");
        }
        let western = b"Name;City;E-mail\nJos\xe9 N\xfa\xf1ez;M\xe1laga;jose@mail.example\n".to_vec();
        let import = upload(&d, &admin, western).await;
        assert_eq!(import["encoding"], "windows-1252");
        does(&d, &admin, &import, "run").await;
        assert_eq!(d.get(&admin, "/leads").await.expect(200)["leads"][0]["name"], "José Núñez");
    });
}

#[test]
fn a_letter_far_behind_the_beginning_is_read_as_it_was_written() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let mut plain = "name,phone,notes\n".to_owned();
        let long = "x".repeat(4_000);
        for n in 0..80 {
            plain.push_str(&format!("Ann {n},+8490{n:07},{long}\n"));
        }
        let with = |end: &[u8]| [plain.as_bytes(), end].concat();
        let import = upload(&d, &admin, with(b"Ren\xe9e,+84909999999,\n")).await;
        assert_eq!(import["encoding"], "windows-1252");
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [81, 0, 0, 0]);
        assert_eq!(d.get(&admin, "/leads").await.expect(200)["leads"][0]["name"], "Renée");
        // One broken letter among many is one faulty row.
        let vietnamese = "Trần Thị Hồng Đào ở Quận Bình Thạnh thuộc Thành phố Hồ Chí Minh";
        let broken = format!("name,phone\n{vietnamese},+84909999991\nRen\u{1},+84909999992\n");
        let broken: Vec<u8> = broken.bytes().map(|b| if b == 1 { 0xe9 } else { b }).collect();
        let import = upload(&d, &admin, broken).await;
        assert_eq!(import["encoding"], "UTF-8");
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [1, 0, 0, 1]);
        assert_eq!(faults(&d, &admin, &import).await, ["3 name encoding"]);
        // Nor does a byte that no text has end the run.
        let nul = format!("name,phone\n{}Al\u{0}x,+84909999994\n", "Bob,+84909999993\n".repeat(20_000));
        let import = upload(&d, &admin, nul).await;
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [1, 0, 19_999, 1]);
    });
}

#[test]
fn what_is_no_row_is_a_fault_and_what_is_no_table_is_refused() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let refused =
            async |bytes: Vec<u8>| d.upload(&admin, "/leads/import?file_name=x.csv", bytes).await.faults();
        assert_eq!(refused(Vec::new()).await, ["file required"]);
        assert_eq!(refused(b"\xef\xbb\xbf\r\n\r\n".to_vec()).await, ["file required"]);
        assert_eq!(refused(b"name,phone\n\0\0\0\x01,2\n".to_vec()).await, ["file format"]);
        assert_eq!(refused(b"PK\x03\x04....".to_vec()).await, ["file format"]);
        assert_eq!(refused(",".repeat(250).into_bytes()).await, ["file too_long"]);
        assert_eq!(refused("x".repeat(600_000).into_bytes()).await, ["file too_long"]);

        let import = upload(&d, &admin, "name,phone").await;
        assert_eq!((&import["sample"], &import["headers"]), (&json!([]), &json!(["name", "phone"])));
        for what in ["check", "run"] {
            let done = does(&d, &admin, &import, what).await;
            assert_eq!((counts(&done), &done["total_rows"]), ([0; 4], &json!(0)));
        }
        assert_eq!(does(&d, &admin, &import, "undo").await["state"], "undone");

        // A quotation mark that nobody closed, and what else stands too long in a row.
        let text = format!(
            "name,phone,notes\r\nAnn,0901000001,\"one\r\ntwo; \"\"three\"\"\"\r\n\r\nBen,0901000002,x,y,z\r\n\
             Cy,0901000003,x,,\r\n{},0901000004,\r\nDot,0901000005\r\nEve,0901000006,{}\r\nFay,0901000007,\"{}",
            "n".repeat(201),
            "w".repeat(3 << 20),
            "never closed\n".repeat(200_000)
        );
        let import = upload(&d, &admin, text).await;
        for what in ["check", "run"] {
            let done = does(&d, &admin, &import, what).await;
            assert_eq!((counts(&done), &done["total_rows"]), ([3, 0, 1, 4], &json!(8)), "{what}");
            let told = faults(&d, &admin, &import).await;
            assert_eq!(
                told,
                ["4 row too_long", "6 name too_long", "8 row too_long", "9 row too_long"],
                "{what}"
            );
        }
        let ann = d.get(&admin, "/leads?sort=name").await.expect(200)["leads"][0].clone();
        let notes = ann["notes"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!((&ann["name"], notes.as_str()), (&json!("Ann"), "one\ntwo; \"three\""));
        let csv = d.get(&admin, &format!("/imports/{}/errors?format=csv", import["id"])).await;
        assert!(csv.text.contains("\r\n4,") && csv.text.len() < 300_000, "{}", csv.text.len());
    });
}

#[test]
fn files_go_after_a_time_and_what_was_done_stays() {
    with_desk(async |d| {
        // A key, because nobody stays logged in for a month.
        let admin = d.api_key("admin").await;
        let text = "name,phone\nAnn,0901000001\nBen,12\n";
        let idle = upload(&d, &admin, text).await;
        let done = upload(&d, &admin, text).await;
        does(&d, &admin, &done, "run").await;
        let path = |import: &Value| format!("/imports/{}", import["id"]);
        let files = || {
            let dir = d.desk.config.data.dir.join("blobs/imports");
            let mut all: Vec<std::path::PathBuf> = vec![dir];
            let mut count = 0;
            while let Some(at) = all.pop() {
                for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
                    match entry.path() {
                        path if path.is_dir() => all.push(path),
                        _ => count += 1,
                    }
                }
            }
            count
        };
        d.clock.advance(7 * DAY - 1);
        jobs::clear_files(&d.crm).await.unwrap();
        assert_eq!(d.get(&admin, &path(&idle)).await.expect(200)["cleared_at"], Value::Null);
        d.clock.advance(1);
        jobs::clear_files(&d.crm).await.unwrap();
        let cleared = d.get(&admin, &path(&idle)).await.expect(200);
        assert!(cleared["cleared_at"].is_string() && cleared["sample"] == json!([]), "{cleared}");
        // The other has the same bytes.
        assert_eq!(files(), 1);
        for what in ["check", "run"] {
            let refused = d.post(&admin, &format!("{}/{what}", path(&idle)), Value::Null).await;
            let said = refused.refused(409, "wrong_state")["detail"].clone();
            assert!(said.as_str().unwrap().contains("send it again"), "{said}");
        }
        d.clock.advance(23 * DAY - 2);
        jobs::clear_files(&d.crm).await.unwrap();
        assert_eq!(files(), 1);
        d.clock.advance(2);
        jobs::clear_files(&d.crm).await.unwrap();
        assert_eq!(files(), 0);
        // The record, its faults and its undo are there.
        let kept = d.get(&admin, &path(&done)).await.expect(200);
        assert_eq!((&kept["state"], counts(&kept)), (&json!("done"), [1, 0, 0, 1]));
        assert_eq!(faults(&d, &admin, &done).await, ["3 phone format"]);
        let csv = d.get(&admin, &format!("{}/errors?format=csv", path(&done))).await;
        assert!(csv.status == 200 && csv.text.starts_with("\u{feff}row,errors\r\n3,"), "{}", csv.text);
        // The same table comes again as if it had never been there.
        let again = upload(&d, &admin, text).await;
        assert_eq!((files(), counts(&does(&d, &admin, &again, "run").await)), (1, [0, 0, 1, 1]));
        does(&d, &admin, &done, "undo").await;
        assert_eq!(d.get(&admin, "/leads").await.expect(200)["total"], 0);
    });
}

async fn set(d: &TestDesk, who: &Who, import: &Value, change: Value) {
    d.patch(who, &format!("/imports/{}", import["id"]), change).await.expect(200);
}

#[test]
fn the_table_of_faulty_rows_comes_back_as_it_went() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let text = "name,phone,status,notes\n=Ann,+84 90 123 4567,nowhere,\"one\n- two;=3, 'four'\"\n'quoted',0901000002,nowhere,'tis\n";
        let import = upload(&d, &admin, text).await;
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [0, 0, 0, 2]);
        let csv = d.get(&admin, &format!("/imports/{}/errors?format=csv", import["id"])).await.text;
        assert!(csv.contains("\"'=Ann\",\"'+84 90 123 4567\",nowhere,\"one\n'- two;'=3, 'four'\""), "{csv}");
        let mended = upload(&d, &admin, csv.replace(",nowhere,", ",new,")).await;
        assert_eq!(mended["mapping"], json!({ "2": "name", "3": "phone", "4": "status", "5": "notes" }));
        assert_eq!(mended["sample"][0][3], "+84 90 123 4567");
        assert_eq!(counts(&does(&d, &admin, &mended, "run").await), [2, 0, 0, 0]);
        let leads = d.get(&admin, "/leads?sort=name").await.expect(200)["leads"].clone();
        let said =
            |n: usize| ["name", "phone", "notes"].map(|key| leads[n][key].as_str().unwrap().to_owned());
        let mut all = [said(0), said(1)];
        all.sort();
        assert_eq!(all[0], ["'quoted'", "+84901000002", "'tis"]);
        assert_eq!(all[1], ["=Ann", "+84901234567", "one\n- two;=3, 'four'"]);
    });
}

#[test]
fn several_columns_are_addresses_and_a_row_says_how_urgent_it_is() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let text = "name,SĐT,SĐT 2,email,emails,Ưu tiên\n\
                    Ann,0901000001,0901000002; 0901000003,ann@mail.example,b@mail.example; ann@mail.example,Khẩn cấp\n\
                    Ben,,0901000005,,,thấp\nCy,0901000006,12,,,soon\nDee,0901000007,,,,\n";
        let import = upload(&d, &admin, text).await;
        let mapping =
            json!({ "0": "name", "1": "phone", "2": "phone", "3": "email", "4": "email", "5": "priority" });
        assert_eq!(import["mapping"], mapping);
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [3, 0, 0, 1]);
        assert_eq!(faults(&d, &admin, &import).await, ["4 phone.2 format", "4 priority not_one_of"]);
        let leads = d.get(&admin, "/leads?sort=name").await.expect(200)["leads"].clone();
        let said = |n: usize, key: &str| leads[n][key].clone();
        assert_eq!((said(0, "phone"), said(0, "priority")), (json!("+84901000001"), json!("critical")));
        assert_eq!(said(0, "contact_methods").as_array().unwrap().len(), 5);
        assert_eq!((said(1, "phone"), said(1, "priority")), (json!("+84901000005"), json!("low")));
        assert_eq!((said(2, "phone"), said(2, "priority")), (json!("+84901000007"), json!("medium")));
        // By the second number they are known, and only what is said of them changes; an undo puts that back.
        let again = upload(&d, &admin, "phone,priority\n0901000003,high\n0901000002,\n").await;
        set(&d, &admin, &again, json!({ "options": { "duplicates": "update" } })).await;
        assert_eq!(counts(&does(&d, &admin, &again, "run").await), [0, 1, 1, 0]);
        let ann =
            async || d.get(&admin, "/leads?sort=name").await.expect(200)["leads"][0]["priority"].clone();
        assert_eq!(ann().await, "high");
        does(&d, &admin, &again, "undo").await;
        assert_eq!(ann().await, "critical");
        // So many columns are not one address.
        let wide = upload(&d, &admin, format!("name{}\n", ",x".repeat(12))).await;
        let mapping: serde_json::Map<String, Value> =
            (1..=11).map(|n| (n.to_string(), json!("phone"))).collect();
        let refused =
            d.patch(&admin, &format!("/imports/{}", wide["id"]), json!({ "mapping": mapping })).await;
        assert_eq!(refused.faults(), ["mapping.11 repeated"]);
    });
}
