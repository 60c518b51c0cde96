//! The routes, as agents and programs use them.

use axum::http::StatusCode;
use people::{DepartmentId, UserId};
use platform::{Result, clock::SECOND, params, sql};
use serde_json::{Value as Json, json};

use crate::{
    TicketId,
    testing::{self, World},
};

/// A desk with two teams, an agent in each, a manager of the first and an administrator.
pub(super) struct Team {
    care: DepartmentId,
    lan: UserId,
    pub ticket: TicketId,
    pub agent: String,
    pub stranger: String,
    manager: String,
    program: String,
}

pub(super) async fn team(w: &World) -> Result<Team> {
    let (care, lan, kim, boss, ticket) = w
        .db()
        .write(|tx| {
            let (care, sales) = (testing::department(tx, "care")?, testing::department(tx, "sales")?);
            let lan = testing::user(tx, "lan", "agent", &[care])?;
            let kim = testing::user(tx, "kim", "agent", &[sales])?;
            let boss = testing::user(tx, "boss", "manager", &[care])?;
            let contact = testing::contact(tx, "Nguyễn Văn An")?;
            let ticket = testing::ticket(tx, contact, Some(care), None)?;
            Ok((care, lan, kim, boss, ticket.id))
        })
        .await?;
    Ok(Team {
        care,
        lan,
        ticket,
        agent: w.token(lan).await?,
        stranger: w.token(kim).await?,
        manager: w.token(boss).await?,
        program: w.key("write").await?,
    })
}

pub(super) fn test(run: impl AsyncFn(World) -> Result<()>) {
    testing::each(async |t| run(World::on(t).await?).await);
}

impl Team {
    pub fn path(&self, rest: &str) -> String {
        format!("/tickets/{}{rest}", self.ticket)
    }
}

#[test]
fn a_ticket_outside_of_the_scope_is_not_there() {
    test(async |w| {
        let t = team(&w).await?;
        let message = json!({"content": "Chào"});
        let draft = json!({"content": "…", "visibility": "public"});
        for (method, rest, body) in [
            ("GET", "", None),
            ("GET", "/messages", None),
            ("GET", "/status", None),
            ("GET", "/draft", None),
            ("POST", "/read", None),
            ("PATCH", "", Some(json!({"subject": "x"}))),
            ("PUT", "/assign", Some(json!({"agent_id": null}))),
            ("POST", "/messages", Some(message)),
            ("PUT", "/draft", Some(draft)),
        ] {
            let (status, answer) = w.call(&t.stranger, method, &t.path(rest), body).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {rest}: {answer}");
        }
        assert_eq!(w.get(&t.stranger, "/tickets").await["total"], 0);
        assert_eq!(w.get(&t.agent, "/tickets").await["total"], 1);
        let (status, _) = w.call("", "GET", "/tickets", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let (status, _) = w.call(&t.agent, "GET", "/tickets?colour=red", None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        Ok(())
    });
}

#[test]
fn a_ticket_is_shown_as_agreed() {
    test(async |w| {
        let t = team(&w).await?;
        let row =
            w.get(&t.agent, "/tickets?queue=unassigned&status=new,open,pending_customer").await["tickets"][0]
                .clone();
        assert_eq!(row["unread"], 1);
        assert_eq!(row["preview"], "Giúp tôi với");
        assert_eq!(row["contact"]["name"], "Nguyễn Văn An");
        assert_eq!(row["department"], json!({"id": t.care, "name": "care"}));
        assert_eq!(row["assigned_agent"], Json::Null);
        assert_eq!(row["created_at"], "2025-06-16T12:00:00.000Z");
        let counts = w.get(&t.agent, "/tickets/counts").await;
        assert_eq!(counts, json!({"mine": 0, "department": 1, "unassigned": 1, "all": 1, "spam": 0}));
        let ticket = w.get(&t.agent, &t.path("")).await;
        assert_eq!(ticket["timeline"][0]["content"], "Giúp tôi với");
        assert_eq!(ticket["timeline"][0]["sender"]["name"], "Nguyễn Văn An");
        assert_eq!(ticket["timeline_cursor"], Json::Null);
        assert_eq!(ticket["can"], json!(["reply", "note", "edit", "take"]));
        assert_eq!(ticket["customer"]["primary_email"], Json::Null);
        platform::events::sequencer::stamp(w.db()).await?;
        people::contacts::search::follow_to_the_end(w.db()).await?;
        for found in [
            "search=nguyen",
            "search=%23NUMBER",
            "search=may%20khong",
            "tag=",
            "channel=generic",
            "since=2025-06-16",
        ] {
            let found = found.replace("NUMBER", &row["number"].to_string());
            let wanted = i64::from(found != "tag=");
            assert_eq!(w.get(&t.agent, &format!("/tickets?{found}")).await["total"], wanted, "{found}");
        }
        for empty in
            ["search=xyz", "search=%239999", "channel=zalo", "since=2025-06-17", "tag=vip", "queue=mine"]
        {
            assert_eq!(w.get(&t.agent, &format!("/tickets?{empty}")).await["total"], 0, "{empty}");
        }
        let (status, _) = w.call(&t.agent, "POST", &t.path("/read"), None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(w.get(&t.agent, "/tickets").await["tickets"][0]["unread"], 0);
        assert_eq!(w.get(&t.manager, "/tickets").await["tickets"][0]["unread"], 1);
        Ok(())
    });
}

#[test]
fn an_agent_takes_and_releases_and_gives_to_nobody() {
    test(async |w| {
        let t = team(&w).await?;
        let boss = w.get(&t.manager, "/auth/me").await["id"].clone();
        let assign = async |who: &str, to: Json| {
            w.call(who, "PUT", &t.path("/assign"), Some(json!({"agent_id": to}))).await
        };
        assert_eq!(assign(&t.agent, boss.clone()).await.0, StatusCode::FORBIDDEN);
        let (status, ticket) = assign(&t.agent, json!(t.lan)).await;
        assert_eq!(
            (status, &ticket["assigned_agent"]["name"], &ticket["status"]),
            (StatusCode::OK, &json!("lan"), &json!("open"))
        );
        assert_eq!(assign(&t.agent, boss.clone()).await.0, StatusCode::FORBIDDEN);
        assert_eq!(assign(&t.agent, Json::Null).await.1["assigned_agent"], Json::Null);
        let (status, ticket) =
            w.call(&t.manager, "PUT", &t.path(&format!("/assign?agent_id={}", t.lan)), None).await;
        assert_eq!((status, &ticket["assigned_agent"]["id"]), (StatusCode::OK, &json!(t.lan)));
        assert_eq!(assign(&t.manager, json!(9999)).await.0, StatusCode::FORBIDDEN);
        assert_eq!(assign(&t.program, json!(9999)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            w.call(&t.manager, "PUT", &t.path("/assign"), None).await.0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let lines = w.get(&t.agent, &t.path("/messages")).await;
        assert_eq!(lines["messages"][0]["data"]["agent"]["name"], "lan");
        assert_eq!(lines["messages"][0]["data"]["actor"]["name"], "boss");
        let reasons: Vec<String> = w
            .db()
            .read(|c| c.all(sql!("SELECT reason FROM assignments ORDER BY id"), &[], |r| r.get(0)))
            .await?;
        assert_eq!(reasons.first().map(String::as_str), Some("by_hand"), "{reasons:?}");
        Ok(())
    });
}

#[test]
fn two_who_change_at_once_lose_nothing() {
    test(async |w| {
        let t = team(&w).await?;
        let (a, b, path) = (t.agent.as_str(), t.manager.as_str(), t.path(""));
        let (one, two) = tokio::join!(
            w.call(a, "PATCH", &path, Some(json!({"subject": "Máy in"}))),
            w.call(b, "PUT", &path, Some(json!({"priority": "high", "tags": ["vip", " vip "]}))),
        );
        assert_eq!((one.0, two.0), (StatusCode::OK, StatusCode::OK), "{} {}", one.1, two.1);
        let now = w.get(a, &path).await;
        assert_eq!(
            (&now["subject"], &now["priority"], &now["tags"]),
            (&json!("Máy in"), &json!("high"), &json!(["vip"]))
        );
        let stale = [("if-match", "\"1\"")];
        let (status, problem) =
            w.call_with(a, "PATCH", &path, Some(json!({"priority": "low"})), &stale).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("stale_version")));
        let version = format!("\"{}\"", now["version"]);
        let (status, _) =
            w.call_with(a, "PATCH", &path, Some(json!({"priority": "low"})), &[("if-match", &version)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(w.call(a, "PATCH", &path, Some(json!({}))).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(w.call(a, "PATCH", &path, Some(json!({"status": "closed"}))).await.0, StatusCode::OK);
        let (status, problem) = w.call(a, "PATCH", &path, Some(json!({"status": "open"}))).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("wrong_state")));
        let (status, _) = w.call(a, "POST", &t.path("/messages"), Some(json!({"content": "Chào"}))).await;
        assert_eq!(status, StatusCode::CONFLICT);
        Ok(())
    });
}

#[test]
fn an_answer_can_be_taken_back_until_it_leaves() {
    test(async |w| {
        let t = team(&w).await?;
        let send = async |who: &str, body: Json| w.call(who, "POST", &t.path("/message"), Some(body)).await;
        let before = w.ticket_now(t.ticket).await;
        w.support.desk.clock.advance(SECOND);
        let body = json!({"content": "Chào bạn", "client_id": "c-1", "set_status": "resolved"});
        let (status, first) = send(&t.agent, body.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{first}");
        assert_eq!(first["undo_until"], "2025-06-16T12:00:11.000Z");
        assert_eq!(first["delivery"]["state"], "queued");
        let (status, again) = send(&t.agent, body).await;
        assert_eq!((status, &again["id"]), (StatusCode::OK, &first["id"]));
        assert_eq!(w.get(&t.agent, &t.path("")).await["status"], "resolved");
        let poll = w.get(&t.program, &t.path("/status")).await;
        assert_eq!((&poll["has_agent_reply"], &poll["last_agent_message"]), (&json!(false), &Json::Null));

        let undo = json!({"message_id": first["id"]});
        let (status, _) = w.call(&t.manager, "POST", &t.path("/undo-send"), Some(undo.clone())).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "somebody else's");
        let (status, gone) = w.call(&t.agent, "POST", &t.path("/undo-send"), Some(undo.clone())).await;
        assert_eq!((status, &gone["content"]), (StatusCode::OK, &json!("")), "{gone}");
        let now = w.ticket_now(t.ticket).await;
        assert_eq!(now.status, super::super::Status::Open);
        assert_eq!(
            (now.preview, now.first_response_at, now.last_message_id),
            (before.preview, None, before.last_message_id)
        );
        assert_eq!(
            w.get(&t.agent, "/tickets").await["tickets"][0]["unread"],
            1,
            "what it had completed waits again"
        );
        let (status, _) = w.call(&t.agent, "POST", &t.path("/undo-send"), Some(undo)).await;
        assert_eq!(status, StatusCode::CONFLICT);

        let (_, second) = send(&t.agent, json!({"content": "Xin chào", "client_id": "c-2"})).await;
        w.support.desk.clock.advance(10 * SECOND);
        let poll = w.get(&t.program, &t.path("/status")).await;
        assert_eq!(
            (&poll["has_agent_reply"], &poll["last_agent_message"]),
            (&json!(true), &json!("Xin chào"))
        );
        let (status, late) =
            w.call(&t.agent, "POST", &t.path("/undo-send"), Some(json!({"message_id": second["id"]}))).await;
        assert_eq!((status, &late["code"]), (StatusCode::CONFLICT, &json!("wrong_state")));
        let (_, program) =
            send(&t.program, json!({"content": "Tự động", "client_id": "p-1", "sender_type": "bot"})).await;
        assert_eq!((&program["undo_until"], &program["sender_type"]), (&Json::Null, &json!("bot")));
        let (status, _) = send(&t.agent, json!({"content": "x", "sender_type": "bot"})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, _) = send(&t.agent, json!({"content": "  "})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        Ok(())
    });
}

#[test]
fn notes_are_for_those_who_work_here() {
    test(async |w| {
        let t = team(&w).await?;
        let note = json!({"content": "Khách khó tính", "visibility": "internal"});
        let (status, note) = w.call(&t.agent, "POST", &t.path("/messages"), Some(note)).await;
        assert_eq!(
            (status, &note["delivery"], &note["direction"]),
            (StatusCode::CREATED, &Json::Null, &json!("internal"))
        );
        assert_eq!(w.get(&t.manager, &t.path("")).await["preview"], "Khách khó tính");
        let seen = w.get(&t.program, &t.path("")).await;
        assert_eq!(seen["preview"], "");
        assert!(!seen.to_string().contains("khó tính"), "{seen}");
        assert_eq!(w.get(&t.program, &t.path("/messages")).await["total"], 1);
        Ok(())
    });
}

#[test]
fn completing_the_last_message_resolves_its_ticket() {
    test(async |w| {
        let t = team(&w).await?;
        let ticket = w.ticket_now(t.ticket).await;
        let second = w.db().write(move |tx| Ok(testing::customer_writes(tx, &ticket, "A lô?")?.1)).await?;
        w.call(&t.agent, "PUT", &t.path("/assign"), Some(json!({"agent_id": t.lan}))).await;
        let mine = w.get(&t.agent, "/messages?status=pending").await;
        assert_eq!(mine["total"], 2);
        assert_eq!(mine["messages"][0]["ticket"]["subject"], "Máy không chạy");
        assert_eq!(w.get(&t.manager, "/messages").await["total"], 0);
        let first = mine["messages"][1]["id"].clone();
        let (status, done) = w.call(&t.agent, "POST", &format!("/messages/{first}/complete"), None).await;
        assert_eq!(status, StatusCode::OK);
        assert!(done["completed_at"].is_string());
        let (status, problem) = w.call(&t.agent, "POST", &format!("/messages/{first}/complete"), None).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("already_completed")));
        assert_eq!(w.ticket_now(t.ticket).await.status, super::super::Status::Open);
        let (status, _) = w.call(&t.stranger, "POST", &format!("/messages/{second}/complete"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        w.call(&t.agent, "POST", &format!("/messages/{second}/complete"), None).await;
        assert_eq!(w.ticket_now(t.ticket).await.status, super::super::Status::Resolved);
        assert_eq!(w.get(&t.agent, "/messages?status=completed&platform=generic").await["total"], 2);
        let load: Option<i64> = w
            .db()
            .read(move |c| {
                c.value(sql!("SELECT open_tickets FROM agent_states WHERE user_id = ?1"), params![t.lan])
            })
            .await?;
        assert_eq!(load, Some(0));
        Ok(())
    });
}

#[test]
fn a_draft_is_its_writers_alone_and_goes_with_the_answer() {
    test(async |w| {
        let t = team(&w).await?;
        let path = t.path("/draft");
        let draft = json!({"content": "Chào b", "visibility": "public"});
        assert_eq!(w.call(&t.agent, "GET", &path, None).await.0, StatusCode::NOT_FOUND);
        assert_eq!(w.call(&t.agent, "PUT", &path, Some(draft)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(w.get(&t.agent, &path).await["content"], "Chào b");
        assert_eq!(w.get(&t.agent, &t.path("")).await["draft"]["visibility"], "public");
        assert_eq!(w.get(&t.manager, &t.path("")).await["draft"], Json::Null);
        assert_eq!(w.call(&t.program, "GET", &path, None).await.0, StatusCode::FORBIDDEN);
        w.call(&t.agent, "POST", &t.path("/messages"), Some(json!({"content": "Chào bạn"}))).await;
        assert_eq!(w.call(&t.agent, "GET", &path, None).await.0, StatusCode::NOT_FOUND);
        assert_eq!(w.call(&t.agent, "DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
        Ok(())
    });
}

#[test]
fn a_ticket_by_hand_is_opened_with_its_customer() {
    test(async |w| {
        let t = team(&w).await?;
        let wish = json!({
            "source": {"channel": "email"},
            "customer": {"channel_identity": "binh@khach.test", "name": "Bình", "primary_email": "binh@khach.test"},
            "subject": "Bảo hành", "initial_message": "Máy hỏng", "priority": "high", "tags": ["web"],
        });
        let (status, ticket) = w.call(&t.program, "POST", "/tickets/create", Some(wish)).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("new"), &json!("high")));
        assert_eq!(ticket["customer"]["primary_email"], "binh@khach.test");
        assert_eq!(ticket["timeline"][0]["content"], "Máy hỏng");
        assert_eq!(ticket["channel_account"]["name"], "email");
        let contact = &ticket["contact"]["id"];
        assert_eq!(w.get(&t.program, &format!("/customers/{contact}/tickets")).await["total"], 1);
        assert_eq!(w.call(&t.program, "GET", "/customers/9999/tickets", None).await.0, StatusCode::NOT_FOUND);
        let (status, problem) = w.call(&t.program, "POST", "/tickets", Some(json!({"subject": ""}))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["errors"].as_array().is_some_and(|e| e.len() >= 4), "{problem}");
        Ok(())
    });
}
