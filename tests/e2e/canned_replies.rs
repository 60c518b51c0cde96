//! Canned replies: everybody's, a department's, one's own, and nobody else's; and what becomes of their fields.

use e2e::{Answer, Desk, Session, on_each_engine};
use reqwest::Method;
use serde_json::{Value, json};

fn reply(name: &str, more: Value) -> Value {
    let mut body = json!({"name": name, "shortcut": name, "body": format!("Xin chào, {name}")});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

async fn make(who: &Session, name: &str, more: Value) -> Answer {
    who.post("/canned-replies", reply(name, more)).await
}

async fn names(who: &Session, query: &str) -> Vec<String> {
    let list = who.get(&format!("/canned-replies{query}")).await.is(200);
    list["canned_replies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn if_match(who: &Session, method: Method, path: &str, version: &str, body: Option<Value>) -> Answer {
    let headers = [("if-match", version), ("content-type", "application/json")];
    let headers = headers.map(|(k, v)| (k.to_owned(), v.to_owned()));
    who.send(method, path, &headers, body.map(|b| b.to_string().into_bytes())).await
}

struct People {
    admin: Session,
    /// Manages sales.
    boss: Session,
    /// In sales, as Minh.
    lan: Session,
    minh: Session,
    tech: Session,
}

async fn people(desk: &Desk) -> People {
    let c = &desk.client;
    People {
        admin: c.user("admin").await,
        boss: c.user("boss").await,
        lan: c.user("lan").await,
        minh: c.user("minh").await,
        tech: c.user("tech").await,
    }
}

#[test]
fn a_reply_is_seen_and_kept_by_whom_it_belongs_to() {
    on_each_engine(async |desk| {
        let p = people(desk).await;
        let (sales, tech) = (desk.world.sales, desk.world.tech);
        let mine = make(&p.lan, "mine", json!({"subject": "Về {{ticket.number}}"})).await.is(201);
        assert_eq!(
            mine,
            json!({
                "id": mine["id"], "key": null, "name": "mine", "shortcut": "mine", "subject": "Về {{ticket.number}}",
                "body": "Xin chào, mine", "shared_with": "me", "department_id": null, "department": null,
                "user_id": desk.world.user("lan"), "is_active": true, "can_change": true,
                "created_at": mine["created_at"], "updated_at": mine["created_at"], "version": 1,
            })
        );
        let team = |id: i64| json!({"shared_with": "team", "department_id": id});
        let sold = make(&p.boss, "sold", team(sales)).await.is(201);
        assert_eq!(sold["department"], json!({"id": sales, "name": "Kinh doanh"}));
        make(&p.admin, "fixed", team(tech)).await.is(201);
        let all = make(&p.admin, "all", json!({"shared_with": "all"})).await.is(201);
        make(&p.admin, "the-admins", json!({})).await.is(201);

        assert_eq!(names(&p.lan, "").await, ["all", "mine", "sold"]);
        assert_eq!(names(&p.minh, "").await, ["all", "sold"]);
        assert_eq!(names(&p.tech, "").await, ["all", "fixed"]);
        assert_eq!(names(&p.admin, "").await, ["all", "fixed", "sold", "the-admins"]);
        let reader = desk.client.key(desk.world.key("read"));
        assert_eq!(names(&reader, "").await, ["all", "fixed", "sold"]);
        assert_eq!(names(&p.lan, "?mine=true").await, ["mine"]);
        assert_eq!(names(&p.lan, "?mine=false").await, ["all", "sold"]);
        assert_eq!(names(&p.lan, &format!("?department_id={sales}")).await, ["sold"]);
        assert_eq!(names(&p.lan, "?search=CHÀO, mí").await, ["mine"]);
        assert_eq!(names(&p.lan, "?search=100%25").await, Vec::<String>::new());

        // Another's is not there; what others share is read and not changed.
        let path = |r: &Value| format!("/canned-replies/{}", r["id"]);
        for who in [&p.admin, &p.boss, &p.minh] {
            who.get(&path(&mine)).await.refused(404, "not_found");
            who.patch(&path(&mine), json!({"name": "x"})).await.refused(404, "not_found");
            who.delete(&path(&mine)).await.refused(404, "not_found");
            who.post(&format!("{}/render", path(&mine)), json!({})).await.refused(404, "not_found");
        }
        p.tech.get(&path(&sold)).await.refused(404, "not_found");
        for who in [&p.lan, &p.minh] {
            assert_eq!(who.get(&path(&sold)).await.is(200)["can_change"], false);
            who.patch(&path(&sold), json!({"name": "x"})).await.refused(403, "forbidden");
            who.delete(&path(&sold)).await.refused(403, "forbidden");
        }
        p.boss.patch(&path(&all), json!({"name": "x"})).await.refused(403, "forbidden");
        make(&p.lan, "no", team(sales)).await.refused(403, "forbidden");
        make(&p.lan, "no", json!({"shared_with": "all"})).await.refused(403, "forbidden");
        make(&p.boss, "no", team(tech)).await.refused(403, "forbidden");
        p.lan.patch(&path(&mine), json!({"shared_with": "all"})).await.refused(403, "forbidden");
        p.boss.patch(&path(&sold), json!({"name": "Đã bán"})).await.is(200);
        let writer = desk.client.key(desk.world.key("write"));
        make(&writer, "ours", json!({"shared_with": "all"})).await.is(201);
        make(&writer, "its-own", json!({"shared_with": "me"})).await.refused(422, "invalid");
        make(&reader, "no", json!({"shared_with": "all"})).await.refused(403, "forbidden");
    });
}

#[test]
fn a_list_goes_on_by_cursor_whatever_is_made_meanwhile() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        for n in 0..5 {
            make(&admin, &format!("reply-{n}"), json!({"name": "Same", "shared_with": "all"})).await.is(201);
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for page in 0..3 {
            let list = admin.get(&format!("/canned-replies?limit=2{cursor}")).await.is(200);
            assert_eq!(list["total"], if page == 0 { 5 } else { 6 });
            seen.extend(list["canned_replies"].as_array().unwrap().iter().map(|r| r["shortcut"].clone()));
            if page == 0 {
                make(&admin, "before", json!({"name": "A", "shared_with": "all"})).await.is(201);
            }
            match list["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => assert_eq!(page, 2),
            }
        }
        assert_eq!(seen, ["reply-0", "reply-1", "reply-2", "reply-3", "reply-4"]);
        admin.get("/canned-replies?cursor=bm8").await.refused(400, "invalid_parameter");
        admin.get("/canned-replies?owner=1").await.refused(400, "unknown_parameter");
    });
}

#[test]
fn a_shortcut_is_folded_and_names_one_reply_of_its_owner() {
    on_each_engine(async |desk| {
        let p = people(desk).await;
        let made = make(&p.admin, "x", json!({"shortcut": "/Chào-Hỏi", "shared_with": "all"})).await.is(201);
        assert_eq!(made["shortcut"], "chao-hoi");
        let again = make(&p.admin, "y", json!({"shortcut": "chao-hoi", "shared_with": "all"})).await;
        assert_eq!(again.refused(409, "duplicate")["errors"][0]["field"], "shortcut");
        // Others may call theirs so.
        make(&p.lan, "y", json!({"shortcut": "chao-hoi"})).await.is(201);
        make(&p.minh, "y", json!({"shortcut": "chao-hoi"})).await.is(201);
        let team = json!({"shortcut": "chao-hoi", "shared_with": "team", "department_id": desk.world.sales});
        let path = format!("/canned-replies/{}", make(&p.admin, "y", team).await.is(201)["id"]);
        p.admin.patch(&path, json!({"shared_with": "all"})).await.refused(409, "duplicate");
        p.admin.patch(&path, json!({"shared_with": "all", "shortcut": "hoi"})).await.is(200);
        for wrong in ["chào hỏi", "/", "a_b", "//x", &"x".repeat(41)] {
            let refused = make(&p.admin, "z", json!({"shortcut": wrong})).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["field"], "shortcut", "{wrong}");
        }
    });
}

#[test]
fn every_fault_is_told_at_once_and_changes_nothing() {
    on_each_engine(async |desk| {
        let p = people(desk).await;
        let wrong = json!({
            "name": " ", "shortcut": "ä ö", "body": "{{contact.nme}} {{lead.secret|x}} {{contact.name",
            "subject": "{{nothing}}", "shared_with": "team",
        });
        let refused = p.admin.post("/canned-replies", wrong).await.refused(422, "invalid");
        let told = |r: &Value| -> Vec<(String, String)> {
            let of =
                |e: &Value| (e["field"].as_str().unwrap().to_owned(), e["code"].as_str().unwrap().to_owned());
            r["errors"].as_array().unwrap().iter().map(of).collect()
        };
        let expected = [
            ("name", "required"),
            ("body", "format"),
            ("body", "unknown_field"),
            ("body", "unknown_field"),
            ("subject", "unknown_field"),
            ("shortcut", "format"),
            ("department_id", "required"),
        ];
        assert_eq!(told(&refused), expected.map(|(f, c)| (f.to_owned(), c.to_owned())));
        assert!(
            refused["errors"][2]["message"].as_str().unwrap().contains("contact.first_name"),
            "{refused}"
        );
        let other = json!({"department_id": desk.world.sales});
        let refused = make(&p.admin, "x", other).await.refused(422, "invalid");
        assert_eq!(told(&refused), [("department_id".to_owned(), "unexpected".to_owned())]);
        let nowhere = json!({"shared_with": "team", "department_id": 999_999});
        let refused = make(&p.admin, "x", nowhere).await.refused(422, "invalid");
        assert_eq!(told(&refused), [("department_id".to_owned(), "not_found".to_owned())]);
        make(&p.admin, "x", json!({"body": "x".repeat(10_001)})).await.refused(422, "invalid");
        make(&p.admin, "x", json!({"owner": 3})).await.refused(422, "invalid");
        assert_eq!(names(&p.admin, "").await, Vec::<String>::new());
    });
}

#[test]
fn a_change_names_what_it_saw_and_is_told_with_before_and_after() {
    on_each_engine(async |desk| {
        let p = people(desk).await;
        let made = make(&p.admin, "hello", json!({"shared_with": "all"})).await.is(201);
        let path = format!("/canned-replies/{}", made["id"]);
        let body = json!({"body": "Chào {{contact.name}}", "is_active": false});
        let changed = if_match(&p.admin, Method::PATCH, &path, "\"1\"", Some(body.clone())).await.is(200);
        assert_eq!((changed["version"].as_i64(), changed["is_active"].as_bool()), (Some(2), Some(false)));
        if_match(&p.admin, Method::PATCH, &path, "\"1\"", Some(json!({"name": "x"})))
            .await
            .refused(409, "stale_version");
        if_match(&p.admin, Method::DELETE, &path, "\"1\"", None).await.refused(409, "stale_version");
        // Nothing new is no change.
        assert_eq!(p.admin.patch(&path, body).await.is(200)["version"], 2);
        assert_eq!(names(&p.lan, "?is_active=true").await, Vec::<String>::new());
        if_match(&p.admin, Method::DELETE, &path, "\"2\"", None).await.is(204);
        p.admin.get(&path).await.refused(404, "not_found");
        let own = make(&p.lan, "own", json!({})).await.is(201);
        p.lan.patch(&format!("/canned-replies/{}", own["id"]), json!({"body": "Riêng"})).await.is(200);

        let told = desk.place.db().read_now(|c| {
            c.all(
                platform::sql!(
                    "SELECT kind, data FROM events WHERE subject_kind = 'canned_reply' ORDER BY id"
                ),
                &[],
                |r| Ok((r.get::<String>(0)?, r.get::<String>(1)?)),
            )
        });
        let told: Vec<(String, Value)> =
            told.unwrap().into_iter().map(|(k, d)| (k, serde_json::from_str(&d).unwrap())).collect();
        let kinds: Vec<&str> = told.iter().map(|(k, _)| k.as_str()).collect();
        let expected =
            ["created", "updated", "deleted", "created", "updated"].map(|k| format!("canned_reply.{k}"));
        assert_eq!(kinds, expected);
        assert_eq!(told[1].1["before"], json!({"body": "Xin chào, hello", "is_active": true}));
        assert_eq!(told[1].1["after"], json!({"body": "Chào {{contact.name}}", "is_active": false}));
        // Nobody else reads what somebody keeps for themselves.
        assert_eq!(told[4].1, json!({"before": {}, "after": {}, "changed": ["body"]}));
        assert!(!told[3].1.to_string().contains("Xin chào"));
    });
}

#[test]
fn the_same_request_twice_makes_one_reply() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        let headers = [("idempotency-key", "once"), ("content-type", "application/json")];
        let headers = headers.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let body = reply("once", json!({})).to_string().into_bytes();
        let first = admin.send(Method::POST, "/canned-replies", &headers, Some(body.clone())).await.is(201);
        let second = admin.send(Method::POST, "/canned-replies", &headers, Some(body)).await.is(201);
        assert_eq!(first, second);
        assert_eq!(names(&admin, "").await, ["once"]);
    });
}

#[test]
fn fields_are_filled_with_what_the_reader_may_see() {
    on_each_engine(async |desk| {
        let p = people(desk).await;
        let key = desk.client.key(desk.world.key("write"));
        let line = json!({"platform": "shop", "sender": "u1", "sender_name": "Nguyễn Thị Đào", "content": "mua hàng"});
        key.post("/webhook", line).await.is(200);
        let ticket = p.admin.get("/tickets?queue=all").await.is(200)["tickets"][0].clone();
        let (ticket_id, contact) = (ticket["id"].clone(), ticket["contact"]["id"].clone());
        let words = "{{contact.first_name|bạn}} / {{contact.email}} / {{agent.name}} / #{{ticket.number}} / {{lead.stage}} / {{lead.students|con}} / {{lead.source}}";
        let made = make(
            &p.admin,
            "all",
            json!({"shared_with": "all", "body": words, "subject": "Re: {{ticket.subject}} {{lead.name}}"}),
        );
        let path = format!("/canned-replies/{}/render", made.await.is(201)["id"]);
        let before = p.admin.post(&path, json!({"ticket_id": ticket_id})).await.is(200);
        let number = &ticket["number"];
        assert_eq!(
            before["text"],
            format!("Đào / [contact.email] / admin / #{number} / [lead.stage] / con / [lead.source]")
        );
        assert_eq!(before["missing"], json!(["contact.email", "lead.stage", "lead.source", "lead.name"]));
        assert_eq!(before["subject"], format!("Re: {} [lead.name]", ticket["subject"].as_str().unwrap()));

        let lead = json!({
            "contact_id": contact, "name": "Đào muốn mua", "source": "website", "assigned_to": desk.world.user("lan"),
            "students": [{"name": "Minh"}, {"name": "{{agent.name}}"}],
        });
        let lead = p.admin.post("/leads", lead).await.is(201);
        let stage = lead["stage"]["name"].as_str().unwrap();
        let by_ticket = p.admin.post(&path, json!({"ticket_id": ticket_id})).await.is(200);
        let by_both =
            p.admin.post(&path, json!({"ticket_id": ticket_id, "lead_id": lead["id"]})).await.is(200);
        assert_eq!(by_ticket, by_both);
        let text = by_both["text"].as_str().unwrap();
        // What a value holds is not filled in again.
        assert!(text.contains(&format!("{stage} / Minh, {{{{agent.name}}}} / ")), "{text}");
        let by_lead = p.lan.post(&path, json!({"lead_id": lead["id"]})).await.is(200);
        assert!(
            by_lead["text"].as_str().unwrap().starts_with("Đào / [contact.email] / lan / #[ticket.number]")
        );
        let alone = p.lan.post(&path, json!({})).await.is(200);
        assert!(alone["text"].as_str().unwrap().starts_with("bạn / "), "{alone}");

        // Nothing of a lead or a ticket that is another's to see.
        let refused = p.tech.post(&path, json!({"ticket_id": ticket_id, "lead_id": lead["id"]})).await;
        let refused = refused.refused(422, "invalid");
        let fields: Vec<&str> =
            refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["ticket_id", "lead_id"]);
        let others = p.minh.post(&path, json!({"ticket_id": ticket_id})).await;
        if others.status == 200 {
            assert!(others.body["text"].as_str().unwrap().contains("[lead.stage]"), "{}", others.body);
        }
        let other = p.admin.post("/leads", json!({"name": "Bình", "phone": "+84901234567"})).await.is(201);
        let two = p.admin.post(&path, json!({"ticket_id": ticket_id, "lead_id": other["id"]})).await;
        assert_eq!(two.refused(422, "invalid")["errors"][0]["code"], "conflict");
    });
}
