//! Files that people upload: whose they are, how they are sent, and when they go.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use platform::{
    Result, Tx,
    blob::BlobKey,
    clock::{DAY, HOUR, Millis, SECOND},
    params, sql,
};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

use super::{blobs, link, prune, store};
use crate::{
    TicketId,
    testing::{self, World},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

/// Two colleagues on one ticket, somebody of another team, and a program.
struct Team {
    w: World,
    ticket: TicketId,
    lan: String,
    minh: String,
    stranger: String,
    program: String,
}

fn test(run: impl AsyncFn(Team) -> Result<()>) {
    testing::each(async |t| {
        let w = World::on(t).await?;
        let (people, ticket) = w
            .db()
            .write(|tx| {
                let (care, sales) = (testing::department(tx, "care")?, testing::department(tx, "sales")?);
                let lan = testing::user(tx, "lan", "agent", &[care])?;
                let minh = testing::user(tx, "minh", "agent", &[care])?;
                let kim = testing::user(tx, "kim", "agent", &[sales])?;
                let contact = testing::contact(tx, "An")?;
                Ok(([lan, minh, kim], testing::ticket(tx, contact, Some(care), None)?.id))
            })
            .await?;
        let [lan, minh, kim] = people;
        let team = Team {
            ticket,
            lan: w.token(lan).await?,
            minh: w.token(minh).await?,
            stranger: w.token(kim).await?,
            program: w.key("write").await?,
            w,
        };
        run(team).await
    });
}

impl Team {
    async fn post(&self, who: &str, path: &str, kind: &str, bytes: &[u8]) -> (StatusCode, Json) {
        let request = Request::post(path);
        let request = match who.starts_with("fd_") {
            true => request.header("x-api-key", who),
            false => request.header(header::AUTHORIZATION, format!("Bearer {who}")),
        };
        let request = request.header(header::CONTENT_TYPE, kind).body(Body::from(bytes.to_vec())).unwrap();
        let answer = self.w.app.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        (status, serde_json::from_slice(&read(answer).await).unwrap_or(Json::Null))
    }

    /// The id of a new file.
    async fn upload(&self, who: &str, name: &str, bytes: &[u8]) -> Json {
        let (status, file) =
            self.post(who, &format!("/attachments?name={name}"), "application/octet-stream", bytes).await;
        assert_eq!(status, StatusCode::CREATED, "{file}");
        file["id"].clone()
    }

    async fn send(&self, who: &str, body: Json) -> (StatusCode, Json) {
        self.w.call(who, "POST", &format!("/tickets/{}/messages", self.ticket), Some(body)).await
    }

    async fn status(&self, who: &str, file: &Json) -> StatusCode {
        self.w.call(who, "GET", &format!("/attachments/{file}"), None).await.0
    }

    /// As if all files had come so much earlier: log-ins do not outlive a day.
    async fn age(&self, by: Millis) {
        let age = move |tx: &Tx<'_>| {
            tx.exec(sql!("UPDATE attachments SET created_at = created_at - ?1"), params![by])
        };
        self.w.db().write(age).await.unwrap();
    }

    async fn rows(&self) -> i64 {
        self.w
            .db()
            .read(|c| c.one(sql!("SELECT count(*) FROM attachments"), &[], |r| r.get(0)))
            .await
            .unwrap()
    }
}

async fn read(answer: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(answer.into_body(), 1 << 24).await.unwrap().to_vec()
}

/// Each refusal's field and code.
fn faults(said: &Json) -> Vec<(&str, &str)> {
    let all = said["errors"].as_array().unwrap();
    all.iter().map(|e| (e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect()
}

#[test]
fn a_file_is_its_uploaders_until_it_is_sent() {
    test(async |t| {
        let path = "/attachments?name=b%E1%BA%A3ng%20gi%C3%A1.png";
        let (status, file) = t.post(&t.lan, path, "text/html", PNG).await;
        assert_eq!(status, StatusCode::CREATED, "{file}");
        let id = file["id"].clone();
        assert_eq!(
            file,
            json!({"id": id, "name": "bảng giá.png", "mime": "image/png", "size": PNG.len(), "url": format!("/api/v1/attachments/{id}")})
        );
        let answer = t.w.fetch(&t.lan, &format!("/attachments/{id}")).await;
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(read(answer).await, PNG);
        for other in [&t.minh, &t.stranger, &t.program] {
            assert_eq!(t.status(other, &id).await, StatusCode::NOT_FOUND);
        }
        let page = t.upload(&t.lan, "x.html", b"<script>alert(1)</script>").await;
        let answer = t.w.fetch(&t.lan, &format!("/attachments/{page}")).await;
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename*=UTF-8''x.html");

        // In the order in which the message names them.
        let (status, message) = t.send(&t.lan, json!({"attachments": [{"id": page}, {"id": id}]})).await;
        assert_eq!(status, StatusCode::CREATED, "{message}");
        let shown = message["attachments"].as_array().unwrap();
        assert_eq!((&shown[0]["id"], &shown[1]["id"]), (&page, &id));
        assert_eq!((&shown[1]["kind"], &shown[1]["state"]), (&json!("image"), &json!("stored")));
        assert_eq!((&shown[1]["url"], &message["content_type"]), (&file["url"], &json!("attachment")));
        for colleague in [&t.lan, &t.minh, &t.program] {
            assert_eq!(t.status(colleague, &id).await, StatusCode::OK);
        }
        assert_eq!(t.status(&t.stranger, &id).await, StatusCode::NOT_FOUND);
        Ok(())
    });
}

#[test]
fn a_program_sends_files_and_reads_no_notes() {
    test(async |t| {
        let mine = t.upload(&t.program, "a.txt", b"xin").await;
        assert_eq!(t.status(&t.lan, &mine).await, StatusCode::NOT_FOUND);
        let (status, _) = t.send(&t.program, json!({"content": "a", "attachments": [{"id": mine}]})).await;
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(t.status(&t.lan, &mine).await, StatusCode::OK);

        let note = t.upload(&t.lan, "b.txt", b"note").await;
        let body = json!({"visibility": "internal", "attachments": [{"id": note}]});
        assert_eq!(t.send(&t.lan, body).await.0, StatusCode::CREATED);
        assert_eq!(t.status(&t.minh, &note).await, StatusCode::OK);
        assert_eq!(t.status(&t.program, &note).await, StatusCode::NOT_FOUND);
        Ok(())
    });
}

#[test]
fn all_that_is_wrong_with_files_is_told_and_none_is_sent() {
    test(async |t| {
        let (mine, sent) = (t.upload(&t.lan, "a.txt", b"a").await, t.upload(&t.lan, "b.txt", b"b").await);
        let foreign = t.upload(&t.minh, "c.txt", b"c").await;
        assert_eq!(t.send(&t.lan, json!({"attachments": [{"id": sent}]})).await.0, StatusCode::CREATED);
        let body = json!({"content": "x", "sender_type": "bot", "attachments": [
            {"id": mine}, {"id": sent}, {"id": foreign}, {"id": 999_999}, {"id": mine},
            {"id": mine, "url": "https://example.com/x"}, {"file_type": "image"}, {},
        ]});
        let (status, said) = t.send(&t.lan, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            faults(&said),
            [
                ("attachments.5.url", "not_one_of"),
                ("attachments.6.url", "required"),
                ("attachments.7.url", "required"),
                ("attachments.7.file_type", "required"),
                ("sender_type", "not_one_of"),
                ("attachments.1.id", "not_found"),
                ("attachments.2.id", "not_found"),
                ("attachments.3.id", "not_found"),
                ("attachments.4.id", "repeated"),
                ("attachments.5.id", "repeated"),
            ]
        );
        let eleven = vec![json!({"id": mine}); 11];
        let (status, said) = t.send(&t.lan, json!({"attachments": eleven})).await;
        assert_eq!(
            (status, faults(&said)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![("attachments", "too_long")])
        );
        // Of a ticket that the sender does not see nothing is said, and the file waits on.
        let theirs = t.upload(&t.stranger, "d.txt", b"d").await;
        let (status, _) = t.send(&t.stranger, json!({"attachments": [{"id": theirs}]})).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(t.status(&t.stranger, &theirs).await, StatusCode::OK);
        assert_eq!(t.send(&t.lan, json!({"attachments": [{"id": mine}]})).await.0, StatusCode::CREATED);
        Ok(())
    });
}

#[test]
fn what_is_no_file_is_refused() {
    test(async |t| {
        let post = async |path: &str, kind: &str, bytes: &[u8]| {
            let (status, said) = t.post(&t.lan, path, kind, bytes).await;
            (status.as_u16(), said["code"].as_str().unwrap_or_default().to_owned())
        };
        let refused = |status: u16, code: &str| (status, code.to_owned());
        assert_eq!(post("/attachments", "image/png", PNG).await, refused(400, "invalid_parameter"));
        assert_eq!(post("/attachments?name=", "image/png", PNG).await, refused(400, "invalid_parameter"));
        assert_eq!(
            post("/attachments?name=..%2F..", "image/png", PNG).await,
            refused(400, "invalid_parameter")
        );
        assert_eq!(
            post("/attachments?name=a&x=1", "image/png", PNG).await,
            refused(400, "unknown_parameter")
        );
        assert_eq!(post("/attachments?name=a.png", "image/png", b"").await, refused(422, "invalid"));
        let form = "multipart/form-data; boundary=x";
        assert_eq!(post("/attachments?name=a", form, b"--x").await, refused(415, "unsupported_media_type"));
        let long = format!("/attachments?name={}", "x".repeat(256));
        assert_eq!(post(&long, "image/png", PNG).await, refused(400, "invalid_parameter"));
        assert_eq!(t.post("", "/attachments?name=a", "image/png", PNG).await.0, StatusCode::UNAUTHORIZED);
        let reader = t.w.key("read").await?;
        assert_eq!(t.post(&reader, "/attachments?name=a", "image/png", PNG).await.0, StatusCode::FORBIDDEN);
        assert_eq!(t.rows().await, 0);
        Ok(())
    });
}

#[test]
fn too_many_files_do_not_wait() {
    test(async |t| {
        for n in 0..100 {
            t.upload(&t.lan, "a.txt", format!("{n}").as_bytes()).await;
        }
        let (status, said) = t.post(&t.lan, "/attachments?name=a", "text/plain", b"one more").await;
        assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("conflict")));
        t.upload(&t.minh, "a.txt", b"of somebody else").await;
        t.age(DAY).await;
        prune(t.w.db(), &blobs(&t.w.support.desk)).await?;
        assert_eq!(t.rows().await, 0, "more than a tick's chunk would hold, too");
        t.upload(&t.lan, "a.txt", b"one more").await;
        Ok(())
    });
}

#[test]
fn what_is_taken_back_gives_its_files_back() {
    test(async |t| {
        let file = t.upload(&t.lan, "a.txt", b"a").await;
        let body = |client: &str| json!({"content": "x", "client_id": client, "attachments": [{"id": file}]});
        let (status, first) = t.send(&t.lan, body("one")).await;
        assert_eq!(status, StatusCode::CREATED, "{first}");
        // The same again is the same message, although its file waits no more.
        let (status, again) = t.send(&t.lan, body("one")).await;
        assert_eq!((status, &again["id"]), (StatusCode::OK, &first["id"]));
        assert_eq!(t.send(&t.lan, body("two")).await.0, StatusCode::UNPROCESSABLE_ENTITY);

        let undo = format!("/tickets/{}/undo-send", t.ticket);
        let (status, gone) = t.w.call(&t.lan, "POST", &undo, Some(json!({"message_id": first["id"]}))).await;
        assert_eq!((status, &gone["attachments"]), (StatusCode::OK, &json!([])));
        assert_eq!(t.status(&t.lan, &file).await, StatusCode::OK);
        assert_eq!(t.status(&t.minh, &file).await, StatusCode::NOT_FOUND);
        let (status, second) = t.send(&t.lan, body("two")).await;
        assert_eq!((status, &second["attachments"][0]["id"]), (StatusCode::CREATED, &file));
        Ok(())
    });
}

#[test]
fn what_nobody_sent_goes_after_a_day_with_its_bytes() {
    test(async |t| {
        let (db, desk) = (t.w.db().clone(), t.w.support.desk.clone());
        let (lone, shared) =
            (t.upload(&t.lan, "a.txt", b"alone").await, t.upload(&t.lan, "b.txt", b"both").await);
        let sent = t.upload(&t.lan, "c.txt", b"both").await;
        assert_eq!(t.send(&t.lan, json!({"attachments": [{"id": sent}]})).await.0, StatusCode::CREATED);
        t.age(DAY - HOUR).await;
        let late = t.upload(&t.minh, "d.txt", b"late").await;
        prune(&db, &blobs(&desk)).await?;
        assert_eq!(t.rows().await, 4);

        t.age(HOUR).await;
        // A tick that was interrupted: the row is marked, and may not be sent any more.
        let id = lone.as_i64().unwrap();
        let marked = db.write(|tx| store::expire(tx, tx.now() - DAY, 1)).await?;
        assert_eq!(marked[0].0, id);
        assert_eq!(t.status(&t.lan, &lone).await, StatusCode::NOT_FOUND);
        let (status, _) = t.send(&t.lan, json!({"attachments": [{"id": lone}]})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        prune(&db, &blobs(&desk)).await?;
        assert_eq!(t.rows().await, 2);
        assert_eq!(t.status(&t.lan, &shared).await, StatusCode::NOT_FOUND);
        assert!(!blobs(&desk).exists(&BlobKey::of(b"alone")).await?);
        assert!(blobs(&desk).exists(&BlobKey::of(b"both")).await?, "another file has the same bytes");
        assert_eq!(t.status(&t.lan, &sent).await, StatusCode::OK);
        assert_eq!(t.status(&t.minh, &late).await, StatusCode::OK);
        Ok(())
    });
}

#[test]
fn a_link_opens_what_was_sent_without_a_log_in() {
    test(async |t| {
        let file = t.upload(&t.lan, "a.png", PNG).await;
        let (id, desk) = (file.as_i64().unwrap(), &t.w.support.desk);
        let token = |expires: i64| link::token(&desk.keyring, id, expires);
        let open = async |token: &str| {
            let (status, _) =
                t.w.call("", "GET", &format!("/attachments/{id}/download?token={token}"), None).await;
            status.as_u16()
        };
        let good = token(desk.clock.now() + link::LIFETIME);
        assert_eq!(open(&good).await, 404, "it was not sent");
        let (_, message) = t.send(&t.lan, json!({"attachments": [{"id": file}]})).await;
        assert_eq!(open(&good).await, 200);
        let request =
            Request::get(format!("/attachments/{id}/download?token={good}")).body(Body::empty()).unwrap();
        let answer = t.w.app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(read(answer).await, PNG);
        assert_eq!(open("").await, 400);
        assert_eq!(open(&format!("{good}x")).await, 404);
        assert_eq!(open(&token(desk.clock.now())).await, 404, "over");
        let (status, _) = t.w.call("", "GET", &format!("/attachments/999/download?token={good}"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        desk.clock.advance(link::LIFETIME - SECOND);
        assert_eq!(open(&good).await, 200);
        desk.clock.advance(SECOND);
        assert_eq!(open(&good).await, 404);

        // What was taken back, and what is a note, is for nobody outside.
        let good = token(desk.clock.now() + link::LIFETIME);
        let said = message["id"].as_i64().unwrap();
        let set = async |unsent: Option<i64>, visibility: &'static str| {
            let change = move |tx: &Tx<'_>| {
                tx.exec(
                    sql!("UPDATE messages SET unsent_at = ?2, visibility = ?3 WHERE id = ?1"),
                    params![said, unsent, visibility],
                )
            };
            t.w.db().write(change).await
        };
        set(Some(1), "public").await?;
        assert_eq!(open(&good).await, 404);
        set(None, "internal").await?;
        assert_eq!(open(&good).await, 404);
        set(None, "public").await?;
        assert_eq!(open(&good).await, 200);
        Ok(())
    });
}
