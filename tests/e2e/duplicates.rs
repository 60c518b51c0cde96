//! Who is likely the same: suggested on leads, contacts and over the whole desk, until somebody says that they are two.

use e2e::{Session, eventually, on_each_engine};
use serde_json::{Value, json};

async fn person(who: &Session, name: &str, kind: &str, value: &str) -> i64 {
    let body = json!({"name": name, "methods": [{"kind": kind, "value": value}]});
    who.post("/contacts", body).await.is(201)["id"].as_i64().unwrap()
}

async fn lead(who: &Session, contact: i64) -> i64 {
    let made = who.post("/leads", json!({"contact_id": contact})).await.is(201);
    made["id"].as_i64().unwrap()
}

fn ids(pairs: &Value) -> Vec<[i64; 2]> {
    let pair = |p: &Value| [0, 1].map(|n| p["contacts"][n]["id"].as_i64().unwrap());
    pairs["duplicates"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn likely_duplicates_are_suggested_until_somebody_says_that_they_are_two() {
    on_each_engine(async |desk| {
        let (admin, lan) = (desk.admin().await, desk.client.user("lan").await);
        let dao = person(&admin, "Nguyễn Thị Đào", "phone", "0901 234 567").await;
        let same = person(&admin, "nguyen thi dao", "phone", "0981 234 567").await;
        person(&admin, "Nguyễn Thị Đào", "phone", "0901 234 999").await;
        person(&admin, "Somebody", "phone", "0971 234 567").await;
        let an = person(&admin, "An", "email", "an@acme.com").await;
        let other = person(&admin, "An Tran", "email", "an@mail.acme.co.uk").await;
        let (lead_id, others) = (lead(&admin, dao).await, lead(&admin, same).await);
        let path = format!("/leads/{lead_id}");

        let suspect = async |who: &Session| who.get(&path).await.is(200)["is_duplicate_suspect"] == true;
        assert!(suspect(&admin).await);
        let rows = admin.get("/leads").await.is(200);
        assert!(
            rows["leads"].as_array().unwrap().iter().all(|l| l["is_duplicate_suspect"] == true),
            "{rows}"
        );
        let found = admin.get(&format!("{path}/duplicates")).await.is(200)["duplicates"].clone();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(
            (&found[0]["contact"]["id"], &found[0]["reason"]),
            (&json!(same), &json!("same_name_and_phone_tail"))
        );
        assert_eq!((&found[0]["leads"][0]["id"], &found[0]["certainty"]), (&json!(others), &json!("likely")));
        assert_eq!(found[0]["contact"]["methods"][0]["value"], "+84981234567");
        // Another's lead is not there, nor is it shown beside one's own.
        lan.get(&format!("{path}/duplicates")).await.refused(404, "not_found");
        lan.post(&format!("{path}/duplicates/dismiss"), json!({"contact_id": same}))
            .await
            .refused(404, "not_found");
        let mine = lead(&lan, dao).await;
        let found = lan.get(&format!("/leads/{mine}/duplicates")).await.is(200)["duplicates"].clone();
        assert_eq!((&found[0]["contact"]["id"], &found[0]["leads"]), (&json!(same), &json!([])));

        let all = admin.get("/contacts/duplicates").await.is(200);
        assert_eq!((ids(&all), &all["next_cursor"]), (vec![[an, other], [dao, same]], &json!(null)));
        assert_eq!(all["duplicates"][0]["reasons"], json!(["same_mail_name_and_domain"]));
        // One by one it is the same.
        let first = lan.get("/contacts/duplicates?limit=1").await.is(200);
        let next = first["next_cursor"].as_str().unwrap();
        let second = lan.get(&format!("/contacts/duplicates?limit=1&cursor={next}")).await.is(200);
        assert_eq!((ids(&first), ids(&second)), (vec![[an, other]], vec![[dao, same]]));
        desk.client.key(desk.world.key("intake")).get("/contacts/duplicates").await.refused(403, "forbidden");

        for (wrong, status) in [(dao, 422), (999_999, 422)] {
            let path = format!("{path}/duplicates/dismiss");
            admin.post(&path, json!({"contact_id": wrong})).await.refused(status, "invalid");
        }
        for _ in 0..2 {
            let said = admin.post(&format!("{path}/duplicates/dismiss"), json!({"contact_id": same})).await;
            assert_eq!(said.status, 204);
        }
        assert_eq!(desk.number("SELECT count(*) FROM events WHERE kind = 'contact.distinguished'").await, 1);
        assert!(!suspect(&admin).await);
        assert_eq!(admin.get(&format!("{path}/duplicates")).await.is(200)["duplicates"], json!([]));
        assert_eq!(ids(&admin.get("/contacts/duplicates").await.is(200)), [[an, other]]);
        let said =
            lan.post(&format!("/contacts/{other}/duplicates/dismiss"), json!({"contact_id": an})).await;
        assert_eq!(said.status, 204);
        assert_eq!(ids(&admin.get("/contacts/duplicates").await.is(200)), Vec::<[i64; 2]>::new());
        assert_eq!(admin.get(&format!("/contacts/{an}")).await.is(200)["duplicates"], json!([]));
    });
}

#[test]
fn whoever_was_merged_is_who_they_were_merged_into() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let a = person(&admin, "Một", "phone", "0901 111 111").await;
        let b = person(&admin, "Hai", "phone", "0902 222 222").await;
        let c = person(&admin, "Ba", "phone", "0903 333 333").await;
        for (winner, loser) in [(b, c), (a, b)] {
            admin.post(&format!("/contacts/{winner}/merge"), json!({"other_id": loser})).await.is(200);
        }
        let made = admin.post("/leads", json!({"contact_id": c, "name": "x"})).await.is(201);
        assert_eq!(made["contact_id"], a);
        let other = person(&admin, "Khác", "phone", "0904 444 444").await;
        let lead = lead(&admin, other).await;
        let moved = admin.patch(&format!("/leads/{lead}"), json!({"contact_id": b})).await.is(200);
        assert_eq!(moved["contact_id"], a);
        let theirs = admin.get(&format!("/contacts/{c}/leads")).await.is(200);
        assert_eq!(theirs["leads"].as_array().unwrap().len(), 2);
        let timeline = |id: i64| format!("/contacts/{id}/timeline");
        assert_eq!(admin.get(&timeline(c)).await.is(200), admin.get(&timeline(a)).await.is(200));
        // It is read as it was, and changed where it is now.
        assert_eq!(admin.get(&format!("/contacts/{c}")).await.is(200)["merged_into_id"], b);
        for (path, body) in [
            (format!("/contacts/{c}/block"), json!(null)),
            (format!("/contacts/{c}/methods"), json!({"kind": "email", "value": "c@d.example"})),
        ] {
            admin.post(&path, body).await.refused(409, "wrong_state");
        }
        admin.patch(&format!("/contacts/{c}"), json!({"name": "x"})).await.refused(409, "wrong_state");
        // Nobody finds a merged one, and their addresses lead to the other.
        eventually("all are searched", async || {
            admin.get("/contacts?search=0904444444").await.is(200)["total"] == 1
        })
        .await;
        for words in ["hai", "ba"] {
            assert_eq!(admin.get(&format!("/contacts?search={words}")).await.is(200)["total"], 0, "{words}");
        }
        eventually("their addresses are the winner's", async || {
            admin.get("/contacts?search=3333333").await.is(200)["contacts"][0]["id"] == a
        })
        .await;
    });
}
