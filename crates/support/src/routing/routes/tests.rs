//! The routes of routing and spam, as people use them.

use axum::http::StatusCode;
use people::{DepartmentId, UserId};
use platform::{Result, params, sql};
use serde_json::{Value as Json, json};

use crate::{
    TicketId,
    testing::{self, World},
};

struct Team {
    care: DepartmentId,
    lan: UserId,
    ticket: TicketId,
    admin: String,
    manager: String,
    agent: String,
    stranger: String,
}

async fn team(w: &mut World) -> Result<Team> {
    let mut api = super::api();
    api.merge(crate::spam::api());
    api.merge(people::api());
    (w.app, ..) = api.with_state::<()>(w.support.clone()).into_parts();
    let (care, lan, others, ticket) = w
        .db()
        .write(|tx| {
            let (care, sales) = (testing::department(tx, "care")?, testing::department(tx, "sales")?);
            let lan = testing::user(tx, "lan", "agent", &[care])?;
            let kim = testing::user(tx, "kim", "agent", &[sales])?;
            let boss = testing::user(tx, "boss", "manager", &[care])?;
            let root = testing::user(tx, "root", "admin", &[])?;
            tx.exec(
                sql!("UPDATE departments SET strategy = 'score', is_fallback = TRUE WHERE id = ?1"),
                params![care],
            )?;
            let contact = testing::contact(tx, "Nguyễn Văn An")?;
            let ticket = testing::ticket(tx, contact, Some(care), None)?;
            Ok((care, lan, [kim, boss, root], ticket.id))
        })
        .await?;
    let [kim, boss, root] = others;
    Ok(Team {
        care,
        lan,
        ticket,
        admin: w.token(root).await?,
        manager: w.token(boss).await?,
        agent: w.token(lan).await?,
        stranger: w.token(kim).await?,
    })
}

fn test(run: impl AsyncFn(&World, &Team) -> Result<()>) {
    testing::each(async |t| {
        let mut w = World::on(t).await?;
        let team = team(&mut w).await?;
        run(&w, &team).await
    });
}

#[test]
fn keywords_are_made_changed_listed_and_deleted() {
    test(async |w, t| {
        let new = json!({"word": "Bảo hành", "department_id": t.care, "priority": 3});
        let (status, made) = w.call(&t.manager, "POST", "/keywords", Some(new.clone())).await;
        assert_eq!(
            (status, &made["folded"], &made["version"]),
            (StatusCode::CREATED, &json!("bao hanh"), &json!(1))
        );
        assert_eq!(made["department"], json!({"id": t.care, "name": "care"}));
        // This node routes by it at once.
        assert_eq!(w.support.matcher.find("bao hanh o dau").keywords.len(), 1);

        let (status, _) = w.call(&t.agent, "POST", "/keywords", Some(new.clone())).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, refused) =
            w.call(&t.manager, "POST", "/keywords", Some(json!({"word": "BAO  HANH"}))).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("duplicate_keyword")));
        let (status, _) =
            w.call(&t.manager, "POST", "/keywords", Some(json!({"word": "giá", "department_id": 999}))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

        let path = format!("/keywords/{}", made["id"]);
        let change = |body: Json, version: &'static str| {
            let path = path.clone();
            async move { w.call_with(&t.manager, "PUT", &path, Some(body), &[("if-match", version)]).await }
        };
        let (status, changed) = change(json!({"priority": 5, "department_id": null}), "\"1\"").await;
        assert_eq!(
            (status, &changed["priority"], &changed["version"]),
            (StatusCode::OK, &json!(5), &json!(2))
        );
        assert_eq!((&changed["department"], &changed["word"]), (&Json::Null, &json!("Bảo hành")));
        assert_eq!(change(json!({"priority": 6}), "\"1\"").await.1["code"], "stale_version");

        w.call(&t.manager, "POST", "/keywords", Some(json!({"word": "giá"}))).await;
        let list = w.get(&t.agent, "/keywords?limit=1").await;
        assert_eq!((&list["total"], &list["keywords"][0]["word"]), (&json!(2), &json!("Bảo hành")));
        let next = format!("/keywords?limit=1&cursor={}", list["next_cursor"].as_str().unwrap());
        assert_eq!(w.get(&t.agent, &next).await["keywords"][0]["word"], "giá");
        assert_eq!(w.get(&t.agent, "/keywords?search=HÀNH&is_active=true").await["total"], 1);
        assert_eq!(w.get(&t.agent, &format!("/keywords?department_id={}", t.care)).await["total"], 0);

        assert_eq!(w.call(&t.manager, "DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
        assert_eq!(w.call(&t.manager, "DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
        Ok(())
    });
}

#[test]
fn settings_have_a_version_and_are_for_administrators() {
    test(async |w, t| {
        let mut settings = w.get(&t.manager, "/routing/settings").await;
        assert_eq!((&settings["weights"]["keywords"], &settings["version"]), (&json!(40), &json!(0)));
        settings["weights"]["kpi"] = json!(30);
        settings["reopen_hours"] = json!(48);
        let put = |who: String, body: Json| async move {
            w.call_with(&who, "PUT", "/routing/settings", Some(body), &[("if-match", "0")]).await
        };
        assert_eq!(put(t.manager.clone(), settings.clone()).await.0, StatusCode::FORBIDDEN);
        let (status, stored) = put(t.admin.clone(), settings.clone()).await;
        assert_eq!(
            (status, &stored["version"], &stored["reopen_hours"]),
            (StatusCode::OK, &json!(1), &json!(48))
        );
        assert_eq!(w.support.matcher.snapshot().settings.weights.kpi, 30);
        assert_eq!(put(t.admin.clone(), settings.clone()).await.1["code"], "stale_version");
        settings["weights"] = json!({"keywords": 0, "kpi": 0, "capacity": 0, "shift": 0, "continuity": 0});
        let (status, refused) = w.call(&t.admin, "PUT", "/routing/settings", Some(settings)).await;
        assert_eq!(
            (status, &refused["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("weights"))
        );
        Ok(())
    });
}

#[test]
fn a_text_is_tried_out_and_queues_are_counted() {
    test(async |w, t| {
        w.call(&t.manager, "POST", "/keywords", Some(json!({"word": "lỗi", "department_id": t.care}))).await;
        let ask = json!({"content": "Máy bị lỗi", "channel": "zalo"});
        let (status, said) = w.call(&t.agent, "POST", "/routing/simulate", Some(ask.clone())).await;
        assert_eq!(
            (status, &said["folded"], &said["spam"]["is_spam"]),
            (StatusCode::OK, &json!("may bi loi"), &json!(false))
        );
        let decision = &said["decision"];
        assert_eq!((&decision["reason"], &decision["id"]), (&json!("scored"), &Json::Null));
        assert_eq!(
            (&decision["department"]["why"], &decision["keywords"][0]["exact"]),
            (&json!("keywords"), &json!(true))
        );
        let candidate =
            decision["candidates"].as_array().unwrap().iter().find(|c| c["user_id"] == json!(t.lan)).unwrap();
        assert_eq!((&candidate["parts"]["keywords"], &candidate["eligible"]), (&json!(4.0), &json!(true)));
        assert!(decision["winner"]["id"].is_i64());
        assert_eq!(decision["candidates"].as_array().unwrap().len(), 2);
        // Where it goes is everybody's to know; who works there, and whether they could take it, is not.
        let (_, hidden) = w.call(&t.stranger, "POST", "/routing/simulate", Some(ask.clone())).await;
        let seen = &hidden["decision"];
        assert_eq!((&seen["reason"], &seen["winner"]), (&json!("other_team"), &Json::Null));
        assert_eq!((&seen["candidates"], &seen["excluded"]), (&json!([]), &json!({})));
        assert_eq!(
            (&seen["department"], &seen["keywords"]),
            (&decision["department"], &decision["keywords"])
        );
        assert!(!hidden.to_string().contains("lan") && !hidden.to_string().contains("boss"), "{hidden}");
        w.db().write(|tx| tx.exec(sql!("UPDATE agent_states SET status = 'away'"), &[])).await?;
        let (_, nobody) = w.call(&t.stranger, "POST", "/routing/simulate", Some(ask.clone())).await;
        assert_eq!(nobody["decision"]["excluded"], json!({}));
        assert_eq!(nobody["decision"]["reason"], seen["reason"], "nor whether anybody is there");
        let (_, mine) = w.call(&t.manager, "POST", "/routing/simulate", Some(ask.clone())).await;
        assert_eq!(mine["decision"]["excluded"], json!({"away": 2}));
        w.db().write(|tx| tx.exec(sql!("UPDATE agent_states SET status = 'available'"), &[])).await?;

        let queues = w.get(&t.admin, "/routing/queues").await;
        let care = queues["queues"]
            .as_array()
            .unwrap()
            .iter()
            .find(|q| q["department"]["id"] == json!(t.care))
            .unwrap();
        assert_eq!(
            (&care["waiting"], &care["open"], &care["agents_total"]),
            (&json!(1), &json!(1), &json!(2))
        );
        assert_eq!((&care["agents_available"], &care["free_capacity"]), (&json!(2), &json!(16)));
        assert!(care["oldest_at"].is_string());
        let mine = w.get(&t.stranger, "/routing/queues").await;
        assert!(mine["queues"].as_array().unwrap().iter().all(|q| q["department"]["name"] == "sales"));
        Ok(())
    });
}

#[test]
fn of_several_departments_each_sees_its_own_people() {
    test(async |w, t| {
        let (care, sales) = w
            .db()
            .write(|tx| {
                tx.exec(sql!("UPDATE departments SET strategy = 'score'"), &[])?;
                let id = |key: &'static str| {
                    tx.one(sql!("SELECT id FROM departments WHERE key = ?1"), params![key], |r| {
                        r.get::<i64>(0)
                    })
                };
                Ok((id("care")?, id("sales")?))
            })
            .await?;
        for (word, department, priority) in [("lỗi", care, 5), ("mua", sales, 1)] {
            let keyword = json!({"word": word, "department_id": department, "priority": priority});
            assert_eq!(w.call(&t.manager, "POST", "/keywords", Some(keyword)).await.0, StatusCode::CREATED);
        }
        let ask = Some(json!({"content": "mua máy bị lỗi"}));
        let names = |said: &Json| {
            let all = said["decision"]["candidates"].as_array().unwrap().iter();
            let mut names: Vec<String> = all.map(|c| c["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        let (_, all) = w.call(&t.admin, "POST", "/routing/simulate", ask.clone()).await;
        assert_eq!(names(&all), ["boss", "kim", "lan"]);
        let (_, care) = w.call(&t.manager, "POST", "/routing/simulate", ask.clone()).await;
        assert_eq!(names(&care), ["boss", "lan"]);
        assert_eq!(care["decision"]["winner"], all["decision"]["winner"]);
        let (_, sales) = w.call(&t.stranger, "POST", "/routing/simulate", ask).await;
        assert_eq!((names(&sales), &sales["decision"]["reason"]), (Vec::new(), &json!("other_team")));
        Ok(())
    });
}

#[test]
fn the_reason_of_an_assignment_is_for_those_who_see_the_ticket() {
    test(async |w, t| {
        let path = format!("/tickets/{}/assignment", t.ticket);
        assert_eq!(w.get(&t.agent, &path).await, json!({"decision": null, "history": []}));
        let (care, snapshot) = (t.care, w.support.matcher.snapshot());
        let given = w
            .db()
            .write(move |tx| crate::routing::drain(tx, &platform::events::Origin::system(), &snapshot, care))
            .await?;
        assert_eq!(given, 1);
        let said = w.get(&t.agent, &path).await;
        assert_eq!(
            (&said["decision"]["reason"], &said["decision"]["department"]["name"]),
            (&json!("scored"), &json!("care"))
        );
        assert!(["lan", "boss"].iter().any(|n| said["decision"]["winner"]["name"] == *n));
        assert_eq!(said["decision"]["candidates"].as_array().unwrap().len(), 2);
        assert_eq!(w.call(&t.stranger, "GET", &path, None).await.0, StatusCode::NOT_FOUND);
        Ok(())
    });
}

#[test]
fn the_spam_desk_shows_marks_and_forgives() {
    test(async |w, t| {
        let id = t.ticket;
        let message: i64 = w
            .db()
            .read(move |c| {
                c.one(sql!("SELECT max(id) FROM messages WHERE ticket_id = ?1"), params![id], |r| r.get(0))
            })
            .await?;
        let body = json!({"message_id": message, "reason": "ads"});
        assert_eq!(w.call(&t.agent, "POST", "/spam/mark", Some(body.clone())).await.0, StatusCode::FORBIDDEN);
        let (status, marked) = w.call(&t.manager, "POST", "/spam/mark", Some(body.clone())).await;
        assert_eq!((status, &marked["ticket_is_spam"]), (StatusCode::OK, &json!(true)));
        assert_eq!(w.call(&t.manager, "POST", "/spam/mark", Some(body)).await.1["code"], "wrong_state");

        let list = w.get(&t.agent, "/spam/activities?days=7").await;
        let row = &list["activities"][0];
        assert_eq!(
            (&list["total"], &row["spam_reason"], &row["flagged_by"]),
            (&json!(1), &json!("ads"), &json!("manual"))
        );
        assert_eq!((&row["message"], &row["phone"]), (&json!("Giúp tôi với"), &Json::Null));
        assert_eq!(w.get(&t.stranger, "/spam/activities").await["total"], 0);
        assert_eq!(w.get(&t.agent, "/spam/users").await["users"], json!([]));

        let path = format!("/spam/activities/{}", row["contact_id"]);
        let (status, cleared) = w.call(&t.manager, "DELETE", &path, None).await;
        assert_eq!(
            (status, &cleared["removed_count"], &cleared["success"]),
            (StatusCode::OK, &json!(1), &json!(true))
        );
        assert_eq!(w.call(&t.manager, "DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
        assert!(!w.ticket_now(t.ticket).await.is_spam);

        let settings = w.get(&t.manager, "/spam/settings").await;
        assert_eq!(
            (&settings["threshold"], &settings["message_limits"][0]["count"]),
            (&json!(0.7), &json!(50))
        );
        assert_eq!(
            w.call(&t.manager, "PUT", "/spam/settings", Some(json!({}))).await.0,
            StatusCode::FORBIDDEN
        );
        let (status, put) = w.call(&t.admin, "PUT", "/spam/settings", Some(json!({"threshold": 0.8}))).await;
        assert_eq!((status, &put["threshold"], &put["version"]), (StatusCode::OK, &json!(0.8), &json!(1)));
        Ok(())
    });
}

#[test]
fn the_block_list_takes_addresses_and_domains_once() {
    test(async |w, t| {
        let add = |kind: &'static str, value: &'static str| async move {
            w.call(&t.manager, "POST", "/spam/blocks", Some(json!({"kind": kind, "value": value}))).await
        };
        let (status, made) = add("domain", "@Spam.example").await;
        assert_eq!((status, &made["value"]), (StatusCode::CREATED, &json!("@Spam.example")));
        assert_eq!(add("domain", "spam.EXAMPLE").await.1["code"], "duplicate");
        assert_eq!(add("email", "Bad@Example.com").await.0, StatusCode::CREATED);
        assert_eq!(add("email", "bad@example.com").await.0, StatusCode::CONFLICT);
        assert_eq!(add("email", "nobody").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(add("pigeon", "x").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(w.get(&t.agent, "/spam/blocks").await["total"], 2);
        let path = format!("/spam/blocks/{}", made["id"]);
        assert_eq!(w.call(&t.manager, "DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
        assert_eq!(w.call(&t.manager, "DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
        Ok(())
    });
}
