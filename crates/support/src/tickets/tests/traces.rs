//! What a conversation keeps of what was done to it, and what it does not keep of what was taken back.

use axum::http::StatusCode;
use platform::{Result, Tx, events::Origin, params, sql};
use serde_json::{Value as Json, json};

use super::http::{Team, team, test};
use crate::{
    TicketId,
    messages::{self, LateChange},
    testing::World,
};

/// The lines of the history: what each says of a status.
async fn lines(w: &World, t: &Team) -> Vec<(Json, Json, Json)> {
    let ticket = w.get(&t.agent, &t.path("")).await;
    let all = ticket["timeline"].as_array().unwrap().iter().filter(|m| m["content_type"] == "event_log");
    all.map(|m| &m["data"])
        .filter(|d| d["kind"] == "ticket.status_changed")
        .map(|d| (d["before"].clone(), d["after"].clone(), d["actor"]["name"].clone()))
        .collect()
}

async fn answer(w: &World, t: &Team, body: Json) -> Json {
    let (status, said) = w.call(&t.agent, "POST", &t.path("/messages"), Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    said
}

#[test]
fn an_answer_that_opens_a_ticket_leaves_a_line() {
    test(async |w| {
        let t = team(&w).await?;
        assert!(lines(&w, &t).await.is_empty());
        answer(&w, &t, json!({"content": "Chào bạn"})).await;
        let opened = (json!("new"), json!("open"), json!("lan"));
        assert_eq!(lines(&w, &t).await, std::slice::from_ref(&opened));
        let ticket = w.get(&t.agent, &t.path("")).await;
        assert_eq!(ticket["preview"], "Chào bạn", "a line is no message");
        answer(&w, &t, json!({"content": "Còn gì không ạ?"})).await;
        assert_eq!(lines(&w, &t).await, std::slice::from_ref(&opened));

        let body = json!({"content": "Xong ạ", "set_status": "resolved", "client_id": "c1"});
        let last = answer(&w, &t, body).await;
        let resolved = (json!("open"), json!("resolved"), json!("lan"));
        assert_eq!(lines(&w, &t).await, [opened.clone(), resolved.clone()]);
        let undo = json!({"message_id": last["id"]});
        let (status, _) = w.call(&t.agent, "POST", &t.path("/undo-send"), Some(undo)).await;
        assert_eq!(status, StatusCode::OK);
        let reopened = (json!("resolved"), json!("open"), json!("lan"));
        assert_eq!(lines(&w, &t).await, [opened, resolved, reopened]);
        Ok(())
    });
}

/// As the channel tells it of the customer's first message.
async fn happens(w: &World, ticket: TicketId, change: LateChange) -> Result<()> {
    let tell = move |tx: &Tx<'_>| {
        let account: crate::AccountId = tx.one(
            sql!("UPDATE messages SET external_id = 'm-1' WHERE id = (SELECT min(id) FROM messages WHERE ticket_id = ?1) RETURNING account_id"),
            params![ticket],
            |r| r.get(0),
        )?;
        assert!(messages::apply(tx, &Origin::system(), account, "m-1", &change, tx.now())?);
        Ok(())
    };
    w.db().write(tell).await
}

async fn name(w: &World, ticket: TicketId, subject: &'static str) -> Result<()> {
    let set = move |tx: &Tx<'_>| {
        tx.exec(sql!("UPDATE tickets SET subject = ?2 WHERE id = ?1"), params![ticket, subject]).map(|_| ())
    };
    w.db().write(set).await
}

#[test]
fn a_ticket_named_by_a_message_forgets_its_words_with_it() {
    test(async |w| {
        let t = team(&w).await?;
        // As intake names a ticket: by the first message.
        name(&w, t.ticket, "Giúp tôi với").await?;
        happens(&w, t.ticket, LateChange::Edited { text: "Giúp tôi với máy này".into() }).await?;
        let row = w.get(&t.agent, &t.path("")).await;
        assert_eq!(
            (&row["subject"], &row["preview"]),
            (&json!("Giúp tôi với máy này"), &json!("Giúp tôi với máy này"))
        );

        happens(&w, t.ticket, LateChange::Unsent).await?;
        let row = w.get(&t.agent, &t.path("")).await;
        let neutral = json!("generic message from Nguyễn Văn An");
        assert_eq!((&row["subject"], &row["preview"]), (&neutral, &json!("")));
        assert!(!row.to_string().contains("Giúp"), "{row}");
        assert_eq!(w.get(&t.agent, "/tickets?search=giup").await["total"], 0);
        // An edit that comes late brings nothing back.
        happens(&w, t.ticket, LateChange::Edited { text: "Giúp nhé".into() }).await?;
        let row = w.get(&t.agent, &t.path("")).await;
        assert_eq!((&row["subject"], &row["preview"]), (&neutral, &json!("")));
        let events: Vec<String> =
            w.db().read(|c| c.all(sql!("SELECT data FROM events"), &[], |r| r.get(0))).await?;
        assert!(events.iter().all(|data| !data.contains("Giúp")), "{events:?}");
        Ok(())
    });
}

#[test]
fn a_name_that_somebody_gave_stays() {
    test(async |w| {
        let t = team(&w).await?;
        let before = w.get(&t.agent, &t.path("")).await["subject"].clone();
        happens(&w, t.ticket, LateChange::Unsent).await?;
        let row = w.get(&t.agent, &t.path("")).await;
        assert_eq!((&row["subject"], &row["preview"]), (&before, &json!("")));
        Ok(())
    });
}
