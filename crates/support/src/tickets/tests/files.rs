//! Files on messages: who may have them, and in what wrapping.

use axum::http::StatusCode;
use platform::{events::Origin, params, sql};
use serde_json::json;

use super::http::{team, test};
use crate::{
    messages::{self, NewAttachment, NewMessage},
    tickets,
};

#[test]
fn a_file_is_for_those_who_see_its_ticket_and_runs_nowhere() {
    test(async |w| {
        let t = team(&w).await?;
        let key = messages::files::blobs(&w.support.desk).put("<svg onload=…/>").await?;
        let ticket = w.ticket_now(t.ticket).await;
        let file = channels::Attachment {
            kind: "file",
            provider_id: Some("m-1".into()),
            name: Some("ảnh.svg".into()),
            ..channels::Attachment::default()
        };
        let attachments = vec![NewAttachment::Remote(file); 2];
        let message = w
            .db()
            .write(move |tx| {
                let new =
                    NewMessage { at: tx.now(), attachments: attachments.clone(), ..NewMessage::on(&ticket) };
                let (ticket, id) = tickets::append(tx, &Origin::system(), &ticket, &new, None)?.unwrap();
                assert_eq!(ticket.preview, "[2]");
                let files = messages::attachments(tx, id)?;
                for (file, mime) in files.iter().zip(["image/svg+xml", "image/png"]) {
                    assert!(messages::remote::stored(tx, file.id, &key, mime, 15)?);
                }
                Ok(id)
            })
            .await?;
        let shown = w.get(&t.agent, &t.path("/messages")).await["messages"][0]["attachments"].clone();
        assert_eq!((&shown[0]["state"], &shown[0]["mime"]), (&json!("stored"), &json!("image/svg+xml")));
        let url = |n: usize| shown[n]["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        let answer = w.fetch(&t.agent, &url(0)).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header("content-type"), "application/octet-stream");
        assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''%E1%BA%A3nh.svg");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox"));
        let image = w.fetch(&t.agent, &url(1)).await;
        assert!(image.headers()["content-disposition"].to_str().unwrap().starts_with("inline"));
        assert_eq!(w.fetch(&t.stranger, &url(0)).await.status(), StatusCode::NOT_FOUND);

        // The customer takes it back: neither the file nor the words are shown any more.
        let unsend = move |tx: &platform::Tx<'_>| {
            tx.exec(sql!("UPDATE messages SET external_id = 'm-1' WHERE id = ?1"), params![message])?;
            let account = messages::get(tx, message)?.unwrap().account_id.unwrap();
            messages::apply(tx, &Origin::system(), account, "m-1", &messages::LateChange::Unsent, tx.now())
        };
        assert!(w.db().write(unsend).await?);
        assert_eq!(w.fetch(&t.agent, &url(0)).await.status(), StatusCode::NOT_FOUND);
        let ticket = w.get(&t.agent, &t.path("")).await;
        assert_eq!(ticket["preview"], "");
        assert_eq!(ticket["timeline"][1]["attachments"], json!([]));
        Ok(())
    });
}
