//! Whom a table is about: names in parts, and the students of a family.

use platform::clock::SECOND;
use serde_json::json;

use super::{
    super::support::{TestDesk, Who, with_desk},
    counts, does, faults, set, upload,
};

/// The names and students of all leads, the oldest first.
async fn families(d: &TestDesk, who: &Who) -> Vec<(String, Vec<String>)> {
    let list = d.get(who, "/leads?sort=created_at&limit=100").await.expect(200);
    let mut all = Vec::new();
    for lead in list["leads"].as_array().unwrap() {
        let students = d.get(who, &format!("/leads/{}/students", lead["id"])).await.expect(200);
        let names = students["students"].as_array().unwrap().iter();
        let names = names.map(|s| s["name"].as_str().unwrap().to_owned()).collect();
        all.push((lead["name"].as_str().unwrap().to_owned(), names));
    }
    all
}

#[test]
fn a_name_in_parts_is_put_together_as_the_headers_say_it() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let by_hand = |first: &str, last: &str| Some(json!({ "0": last, "1": first, "2": "phone" }));
        let all = [
            ("Họ,Tên,SĐT", None, "Nguyễn Văn An"),
            ("Họ đệm,Tên,SĐT", None, "Nguyễn Văn An"),
            ("Surname,Name,Phone", None, "An Nguyễn Văn"),
            ("Last name,First name,Phone", None, "An Nguyễn Văn"),
            ("Họ và chữ lót,Tên thường gọi,Số", by_hand("first_name", "last_name"), "Nguyễn Văn An"),
            ("Họ,Tên,SĐT", by_hand("name", "last_name"), "Nguyễn Văn An"),
            ("Client surname,Client name,Phone", by_hand("name", "last_name"), "An Nguyễn Văn"),
        ];
        for (header, mapping, name) in all {
            let table = format!("{header}\nNguyễn Văn,An,0901000001\n");
            let import = upload(&d, &admin, table).await;
            if let Some(mapping) = mapping {
                set(&d, &admin, &import, json!({ "mapping": mapping })).await;
            }
            assert_eq!(counts(&does(&d, &admin, &import, "run").await), [1, 0, 0, 0], "{header}");
            assert_eq!(families(&d, &admin).await, [(name.to_owned(), vec![])], "{header}");
            does(&d, &admin, &import, "undo").await;
        }
        // What does not fit is told, and not cut off.
        let long = "n".repeat(80);
        let table = format!("Họ,Tên đệm,Tên,SĐT\n{long},{long},{long},0901000001\n");
        let import = upload(&d, &admin, table).await;
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [0, 0, 0, 1]);
        assert_eq!(faults(&d, &admin, &import).await, ["2 name too_long"]);
    });
}

#[test]
fn further_students_come_to_a_family_and_an_undo_takes_exactly_them() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let old = json!({ "phone": "0901000001", "students": [{ "name": "Bé Mai" }] });
        let old = d.lead(&admin, "Lan", old).await;
        let text = "phone,student,grade\n0901000001,be mai,G1\n0901000001,Nam,G2\n0901000001,NAM,G2\n\
                    0901000002,Ánh,G3\n0901000002,Bảo,G4\n0901000003,Cúc; Dũng,\n0901000004,Cúc; Dũng,G5\n";
        let before = families(&d, &admin).await;
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        for (policy, expected, lan, second) in [
            ("skip", [2, 0, 4, 1], names(&["Bé Mai"]), names(&["Ánh"])),
            ("update", [2, 2, 2, 1], names(&["Bé Mai", "Nam"]), names(&["Ánh", "Bảo"])),
        ] {
            let import = upload(&d, &admin, text).await;
            set(&d, &admin, &import, json!({ "options": { "duplicates": policy } })).await;
            assert_eq!(counts(&does(&d, &admin, &import, "check").await), expected, "{policy}");
            assert_eq!(families(&d, &admin).await, before);
            assert_eq!(counts(&does(&d, &admin, &import, "run").await), expected, "{policy}");
            assert_eq!(faults(&d, &admin, &import).await, ["8 student_name ambiguous"]);
            let mut now = families(&d, &admin).await;
            now.sort();
            assert_eq!(now[0].1, second, "{policy}");
            assert_eq!(now[1].1, names(&["Cúc", "Dũng"]), "{policy}");
            assert_eq!(now[2], ("Lan".to_owned(), lan), "{policy}");
            let undone = does(&d, &admin, &import, "undo").await;
            assert_eq!((&undone["state"], &undone["kept_rows"]), (&json!("undone"), &json!(0)));
            assert_eq!(families(&d, &admin).await, before, "{policy}");
        }
        // Somebody has worked on one whom an import added: they stay.
        let import = upload(&d, &admin, "phone,student\n0901000001,Nam\n").await;
        set(&d, &admin, &import, json!({ "options": { "duplicates": "update" } })).await;
        assert_eq!(counts(&does(&d, &admin, &import, "run").await), [0, 1, 0, 0]);
        let students = d.get(&admin, &format!("/leads/{}/students", old["id"])).await.expect(200);
        d.clock.advance(SECOND);
        d.patch(
            &admin,
            &format!("/students/{}", students["students"][1]["id"]),
            json!({ "name": "Nam Anh" }),
        )
        .await
        .expect(200);
        assert_eq!(does(&d, &admin, &import, "undo").await["kept_rows"], 1);
        assert_eq!(families(&d, &admin).await, [("Lan".to_owned(), names(&["Bé Mai", "Nam Anh"]))]);
    });
}

#[test]
fn no_lead_has_more_students_than_it_may_have() {
    with_desk(async |d| {
        let admin = d.user("ad", "admin", &[]).await;
        let mut text = "phone,student\n".to_owned();
        for n in 0..53 {
            text.push_str(&format!("0901000001,Child {n}\n"));
            if n == 20 {
                // Further than a check looks at once, and then one of before again.
                text.push_str(&"\n".repeat(600));
                text.push_str("0901000001,child 3\n");
            }
        }
        let import = upload(&d, &admin, text).await;
        set(&d, &admin, &import, json!({ "options": { "duplicates": "update" } })).await;
        for what in ["check", "run"] {
            assert_eq!(counts(&does(&d, &admin, &import, what).await), [1, 49, 601, 3], "{what}");
            let told = faults(&d, &admin, &import).await;
            assert_eq!(told, [653, 654, 655].map(|row| format!("{row} student_name too_long")), "{what}");
        }
        assert_eq!(families(&d, &admin).await[0].1.len(), 50);
    });
}
