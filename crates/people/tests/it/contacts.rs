//! Contacts: found by their addresses, never merged.

use people::{
    ContactId,
    contacts::{self, Found, NewIdentity, normalise},
};
use platform::{Db, Result, events::Origin};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{on_each, with_desk};

fn identity(kind: &'static str, value: &str) -> NewIdentity {
    NewIdentity { kind, account: "page-1".into(), value: value.into(), ..NewIdentity::default() }
}

fn find(db: &Db, new: NewIdentity) -> Result<Found> {
    db.write_now(move |tx| contacts::find_or_create(tx, &Origin::system(), &new))
}

#[test]
fn an_address_is_one_contact() {
    on_each(|db| {
        let first = find(db, identity("zalo", "u1"))?;
        assert!(first.created && first.name.is_none() && !first.is_blocked && !first.opted_out);
        let again = find(db, NewIdentity { name: Some("Bình".into()), ..identity("zalo", "u1") })?;
        assert_eq!(
            (again.contact_id, again.created, again.name.as_deref()),
            (first.contact_id, false, Some("Bình"))
        );
        let third = find(db, NewIdentity { name: Some("Somebody".into()), ..identity("zalo", "u1") })?;
        assert_eq!(third.name.as_deref(), Some("Bình"), "a name that was said stays");
        let elsewhere = find(db, NewIdentity { account: "page-2".into(), ..identity("zalo", "u1") })?;
        let other_kind = find(db, identity("messenger", "u1"))?;
        assert!(elsewhere.created && other_kind.created);
        assert!(find(db, identity("zalo", " ")).is_err());
        Ok(())
    });
}

#[test]
fn aliases_and_phones_are_attached_but_never_taken() {
    on_each(|db| {
        let number = NewIdentity {
            aliases: vec!["84901234567".into()],
            phones: vec!["+84901234567".into()],
            ..identity("whatsapp", "user-id-1")
        };
        let first = find(db, identity("whatsapp", "84901234567"))?;
        let same = find(db, number.clone())?;
        assert_eq!((same.contact_id, same.created), (first.contact_id, false), "found by its alias");
        assert_eq!(find(db, identity("whatsapp", "user-id-1"))?.contact_id, first.contact_id);
        let id = first.contact_id;
        let contact = db.read_now(move |c| contacts::get(c, id))?.unwrap();
        let kinds: Vec<_> = contact.methods.iter().map(|m| (m.kind.as_str(), m.is_verified)).collect();
        assert_eq!(kinds.len(), 3);
        assert!(kinds.contains(&("phone", true)));

        let elsewhere =
            find(db, NewIdentity { phones: vec!["+84901234567".into()], ..identity("telegram", "t1") })?;
        assert_eq!((elsewhere.contact_id, elsewhere.created), (id, false), "one person on two channels");
        let other = find(db, identity("telegram", "t2"))?.contact_id;
        assert_eq!(db.read_now(move |c| contacts::get(c, other))?.unwrap().methods.len(), 1);
        let attach = |phone: &'static str| {
            db.write_now(move |tx| contacts::attach_phone(tx, &Origin::system(), other, phone, true))
        };
        assert!(!attach("0901 234 567")?);
        assert!(attach("0909 999 999")? && attach("+84909999999")?);
        assert!(!attach("no number")?);
        assert_eq!(
            db.read_now(move |c| contacts::primary(c, other, "phone"))?.as_deref(),
            Some("+84909999999")
        );
        Ok(())
    });
}

#[test]
fn whoever_writes_from_a_number_or_an_address_is_who_is_known_by_it() {
    on_each(|db| {
        let known = |kind: &'static str, value: &'static str| {
            find(db, identity(kind, value)).map(|found| found.contact_id)
        };
        let (lan, mai) = (known("phone", "0901 234 567")?, known("email", "Mai@Example.com")?);
        let writes =
            |value: &str| find(db, NewIdentity { is_of_any_platform: true, ..identity("other", value) });
        for (value, who) in [("+84901234567", lan), ("0901234567", lan), ("mai@example.com", mai)] {
            let found = writes(value)?;
            assert_eq!((found.contact_id, found.created), (who, false), "{value}");
        }
        for value in ["901234567", "u0901234567", "mai@home", "@example.com", "0123"] {
            assert!(writes(value)?.created, "{value}");
        }
        let new = writes("+84 977 777 777")?.contact_id;
        let contact = db.read_now(move |c| contacts::get(c, new))?.unwrap();
        let phone = contact.methods.iter().find(|m| m.kind == "phone").unwrap();
        assert_eq!((phone.value.as_str(), phone.is_verified), ("+84977777777", false));
        // What a channel names its people by is no number, whatever it looks like.
        assert!(find(db, identity("zalo", "0901234567"))?.created);
        // And what somebody says to be theirs is not taken from another.
        let said = NewIdentity { email: Some("mai@example.com".into()), ..identity("zalo", "z9") };
        assert_ne!(find(db, said)?.contact_id, mai);
        Ok(())
    });
}

#[test]
fn opting_out_and_moving_are_of_the_address() {
    on_each(|db| {
        let first = find(db, identity("messenger", "p1"))?;
        let origin = Origin::system;
        db.write_now(move |tx| contacts::opt_out(tx, &origin(), "messenger", "page-1", "p1"))?;
        assert!(find(db, identity("messenger", "p1"))?.opted_out);
        db.write_now(move |tx| contacts::opt_in(tx, &origin(), "messenger", "page-1", "p1"))?;
        assert!(!find(db, identity("messenger", "p1"))?.opted_out);
        db.write_now(move |tx| contacts::opt_out(tx, &origin(), "messenger", "page-1", "nobody"))?;

        db.write_now(move |tx| contacts::move_identity(tx, &origin(), "messenger", "page-1", "p1", "p2"))?;
        assert_eq!(find(db, identity("messenger", "p2"))?.contact_id, first.contact_id);
        let other = find(db, identity("messenger", "p1"))?;
        assert!(other.created);
        db.write_now(move |tx| contacts::move_identity(tx, &origin(), "messenger", "page-1", "p1", "p2"))?;
        assert_eq!(find(db, identity("messenger", "p1"))?.contact_id, other.contact_id, "never merged");
        Ok(())
    });
}

#[test]
fn two_first_messages_make_one_contact() {
    platform::testing::for_each_engine_async(crate::support::MIGRATIONS, async |db| {
        let one = |db: Db| async move {
            let new = NewIdentity { phones: vec!["+84901234567".into()], ..identity("zalo", "same") };
            // Without a lock, on purpose: the index has to be enough.
            db.write_locked(Vec::new(), move |tx| contacts::find_or_create(tx, &Origin::system(), &new)).await
        };
        let all: Vec<_> = (0..8).map(|_| tokio::spawn(one(db.clone()))).collect();
        let mut found: Vec<Found> = Vec::new();
        for task in all {
            found.push(task.await.unwrap()?);
        }
        assert_eq!(found.iter().filter(|f| f.created).count(), 1);
        assert!(found.iter().all(|f| f.contact_id == found[0].contact_id));
        let count: i64 =
            db.read(|c| c.one(platform::sql!("SELECT count(*) FROM contacts"), &[], |r| r.get(0))).await?;
        assert_eq!(count, 1);
        Ok(())
    });
}

#[test]
fn events_never_hold_a_name_or_an_address() {
    on_each(|db| {
        let new = NewIdentity {
            name: Some("Secretname".into()),
            email: Some("secret@mail.example".into()),
            phones: vec!["+84901112223".into()],
            ..identity("zalo", "secretid")
        };
        let id = find(db, new)?.contact_id;
        db.write_now(move |tx| contacts::set_blocked(tx, &Origin::system(), id, true))?;
        db.write_now(move |tx| {
            contacts::add_method(tx, &Origin::system(), id, "email", "", "second-secret@mail.example")
        })?;
        assert!(find(db, identity("zalo", "secretid"))?.is_blocked);
        for e in db.read_now(|c| platform::events::after(c, 0, 100))? {
            let text = e.data.to_string().to_lowercase();
            assert!(!text.contains("secret") && !text.contains("0111222"), "{text}");
            assert_eq!(e.contact_id, Some(id.0));
        }
        Ok(())
    });
}

#[test]
fn contacts_are_made_found_changed_and_blocked() {
    with_desk(|desk| async move {
        let (_, agent) = desk.logged_in("an", "agent").await;
        let new = json!({ "name": "Nguyễn Thị Đào", "methods": [
            { "kind": "phone", "value": "0901 234 567" }, { "kind": "email", "value": "Dao@Mail.example" },
            { "kind": "phone", "value": "0901 234 568" },
        ] });
        let made = desk.as_user(&agent, "POST", "/contacts", new.clone()).await.expect(201);
        let id = made["id"].as_i64().unwrap();
        let refused =
            desk.as_user(&agent, "POST", "/contacts", new).await.refused(409, "duplicate_contact_method");
        assert_eq!(refused["errors"][0]["field"], "methods.0.value");
        assert!(refused["detail"].as_str().unwrap().contains(&id.to_string()));
        let bad = json!({ "name": "x", "methods": [{ "kind": "phone", "value": "?" }, { "kind": "fax", "value": "1" }] });
        let refused = desk.as_user(&agent, "POST", "/contacts", bad).await.refused(422, "invalid");
        assert_eq!(refused["errors"].as_array().unwrap().len(), 2);
        desk.as_user(&agent, "POST", "/contacts", json!({ "name": "100% Bob", "methods": [] }))
            .await
            .expect(201);

        let follow = async || {
            platform::events::sequencer::stamp(&desk.desk.db).await.unwrap();
            people::contacts::search::follow_to_the_end(&desk.desk.db).await.unwrap();
        };
        follow().await;
        let search = async |text: &str| {
            let list = desk
                .as_user(&agent, "GET", &format!("/contacts?search={text}"), Value::Null)
                .await
                .expect(200);
            list["contacts"].as_array().unwrap().iter().map(|c| c["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        for text in ["dao", "NGUYEN", "thi+d", "0901234567", "234567", "dao@mail", "%C4%90%C3%A0o"] {
            assert_eq!(search(text).await, [id], "{text}");
        }
        assert!(search("100%25").await.len() == 1 && search("1_0%25").await.is_empty());
        let page = desk.as_user(&agent, "GET", "/contacts?sort=name&limit=1", Value::Null).await.expect(200);
        let next = format!("/contacts?sort=name&limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        assert_eq!(
            desk.as_user(&agent, "GET", &next, Value::Null).await.expect(200)["contacts"][0]["id"],
            id
        );

        let path = format!("/contacts/{id}");
        let auth = format!("Bearer {agent}");
        let headers = [("authorization", auth.as_str()), ("if-match", "\"1\"")];
        let (a, b) = tokio::join!(
            desk.call("PATCH", &path, &headers, json!({ "name": "A" })),
            desk.call("PATCH", &path, &headers, json!({ "name": "B" })),
        );
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let blocked = desk.as_user(&agent, "POST", &format!("{path}/block"), Value::Null).await.expect(200);
        assert_eq!(blocked["is_blocked"], true);
        desk.as_user(&agent, "POST", &format!("{path}/unblock"), Value::Null).await.expect(200);
        assert_eq!(
            desk.as_user(&agent, "GET", &format!("/customers/{id}"), Value::Null).await.expect(200)["id"],
            id
        );
        desk.as_user(&agent, "GET", "/contacts/999", Value::Null).await.refused(404, "not_found");
    });
}

#[test]
fn one_method_of_a_kind_is_primary() {
    with_desk(|desk| async move {
        let (_, agent) = desk.logged_in("an", "agent").await;
        let made = desk
            .as_user(&agent, "POST", "/contacts", json!({ "name": "A", "methods": [] }))
            .await
            .expect(201);
        let path = format!("/contacts/{}/methods", made["id"]);
        let add = async |value: &str| {
            desk.as_user(&agent, "POST", &path, json!({ "kind": "email", "value": value })).await.expect(201)
        };
        let (a, b) = (add("a@x.example").await, add("b@x.example").await);
        assert_eq!((&a["is_primary"], &b["is_primary"]), (&json!(true), &json!(false)));
        let of = |m: &Value| format!("/contact-methods/{}", m["id"]);
        desk.as_user(&agent, "PATCH", &of(&b), json!({ "is_primary": true, "opted_out": true }))
            .await
            .expect(200);
        desk.as_user(&agent, "PATCH", &of(&b), json!({ "is_primary": false })).await.refused(422, "invalid");
        desk.as_user(&agent, "PATCH", &of(&b), json!({ "value": "A@x.example" }))
            .await
            .refused(409, "duplicate_contact_method");
        desk.as_user(&agent, "PATCH", &of(&b), json!({ "value": "c@x.example" })).await.expect(200);
        let contact = ContactId(made["id"].as_i64().unwrap());
        let primary = |desk: &crate::support::TestDesk| {
            let db = desk.desk.db.clone();
            async move { db.read(move |c| contacts::primary(c, contact, "email")).await.unwrap() }
        };
        assert_eq!(primary(&desk).await.as_deref(), Some("c@x.example"));
        desk.as_user(&agent, "DELETE", &of(&b), Value::Null).await.expect(204);
        assert_eq!(primary(&desk).await.as_deref(), Some("a@x.example"));
        desk.as_user(&agent, "DELETE", &of(&a), Value::Null).await.expect(204);
        desk.as_user(&agent, "DELETE", &of(&a), Value::Null).await.refused(404, "not_found");
        desk.as_user(&agent, "POST", &path, json!({ "kind": "fax", "value": "1" }))
            .await
            .refused(422, "invalid");
    });
}

#[test]
fn settings_are_versioned() {
    with_desk(|desk| async move {
        let (_, admin) = desk.logged_in("admin", "admin").await;
        let now = desk.as_user(&admin, "GET", "/admin/settings", Value::Null).await.expect(200);
        assert_eq!(now, json!({ "org": { "default_country": "VN" }, "version": 0 }));
        let auth = format!("Bearer {admin}");
        let patch = async |version: &str| {
            let headers = [("authorization", auth.as_str()), ("if-match", version)];
            desk.call("PATCH", "/admin/settings", &headers, json!({ "org": { "default_country": "GB" } }))
                .await
        };
        assert_eq!(patch("0").await.expect(200)["version"], 1);
        patch("0").await.refused(409, "stale_version");
        assert_eq!(patch("1").await.expect(200)["version"], 2);
        let made = json!({ "name": "A", "methods": [{ "kind": "phone", "value": "020 7946 0958" }] });
        let made = desk.as_user(&admin, "POST", "/contacts", made).await.expect(201);
        assert_eq!(made["methods"][0]["value"], "+442079460958");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn normalising_twice_is_normalising_once(
        kind in prop::sample::select(&contacts::KINDS[..]),
        country in prop::sample::select(&["VN", "US", "GB", "IT", "JP", "ZZ", ""][..]),
        value in prop_oneof![
            "[+0-9 ().-]{0,20}", "\\+?[0-9]{6,16}", "[a-zA-Z0-9.+_-]{1,12}@[a-zA-Zäßñđ.-]{1,15}", "\\PC{0,30}",
        ],
    ) {
        if let Ok(once) = normalise(kind, &value, country) {
            prop_assert_eq!(normalise(kind, &once, country), Ok(once.clone()));
            prop_assert_eq!(normalise(kind, &once, "DE"), Ok(once), "a normalised address needs no country");
        }
    }
}
