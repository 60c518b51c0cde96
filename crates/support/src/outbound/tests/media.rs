//! Fetching media from a peer that behaves well, and from some that do not.

use channels::Attachment;
use platform::{blob::BlobKey, clock::HOUR, jobs::Outcome, params, sql};
use serde_json::json;

use super::harness::{Peer, Reply, World};
use crate::{
    intake::media,
    messages::{NewAttachment, files},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

async fn wanted(world: &World, a: Attachment) -> i64 {
    let ticket = world.ticket("generic", None).await;
    let message = world.answer(&ticket, vec![NewAttachment::Remote(a)]).await;
    world
        .read(move |c| {
            c.one(sql!("SELECT id FROM attachments WHERE message_id = ?1"), params![message], |r| r.get(0))
        })
        .await
}

async fn at(world: &World, url: String) -> i64 {
    wanted(world, Attachment { kind: "image", url: Some(url), ..Attachment::default() }).await
}

type Row = (String, Option<String>, Option<i64>, Option<String>, Option<String>);

async fn row(world: &World, id: i64) -> Row {
    world
        .read(move |c| {
            c.one(
                sql!("SELECT state, mime, size, blob_key, error FROM attachments WHERE id = ?1"),
                params![id],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)),
            )
        })
        .await
}

#[tokio::test]
async fn a_file_is_stored_as_what_it_is() {
    let peer = Peer::start([
        Reply::status(302).header("location", "/second"),
        Reply::body(200, PNG).header("content-type", "text/html"),
    ])
    .await;
    let world = World::new().await;
    let id = at(&world, format!("{}/first?sig=1", peer.url)).await;
    assert_eq!(media::fetch(&world.support, id).await, Outcome::Done);
    let (state, mime, size, key, error) = row(&world, id).await;
    assert_eq!((state.as_str(), mime.as_deref(), size, error), ("stored", Some("image/png"), Some(17), None));
    let bytes = files::blobs(&world.support.desk).get(&BlobKey::parse(&key.unwrap()).unwrap()).await.unwrap();
    assert_eq!(bytes, PNG);
    assert_eq!(
        peer.received().iter().map(|r| r.path.as_str()).collect::<Vec<_>>(),
        ["/first?sig=1", "/second"]
    );
    assert_eq!(
        world.events("message.attachment").await,
        [json!({"message_id": 1, "attachment_id": id, "state": "stored"})]
    );
    // Once is enough.
    assert_eq!(media::fetch(&world.support, id).await, Outcome::Done);
    assert_eq!(peer.received().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_had_has_failed_and_says_why() {
    let turning = |to: &str| Reply::status(302).header("location", to.to_owned());
    for (replies, words) in [
        (vec![Reply::status(404)], "HTTP 404"),
        (vec![Reply::status(200)], "the file is empty"),
        (vec![turning("/round")], "more than 3 redirects"),
        (vec![turning("file:///etc/passwd")], "only http and https are followed"),
        (vec![Reply::body(200, vec![b'x'; 3 << 20])], "larger than 2 MB"),
    ] {
        let world = World::with(|c| {
            (c.http.allow_private_addresses, c.http.upload_limit_bytes) = (true, 2 << 20);
        })
        .await;
        let peer = Peer::start(replies).await;
        let id = at(&world, peer.url.clone()).await;
        assert_eq!(media::fetch(&world.support, id).await, Outcome::Failed(words.into()));
        let (state, _, _, key, error) = row(&world, id).await;
        assert_eq!((state.as_str(), key, error.as_deref()), ("failed", None, Some(words)));
    }
}

#[tokio::test]
async fn a_link_leads_nowhere_inside() {
    let world = World::with(|_| {}).await;
    let peer = Peer::start([Reply::body(200, PNG)]).await;
    for url in
        [peer.url.clone(), peer.url.replace("127.0.0.1", "localhost"), peer.url.replace("127.0.0.1", "[::1]")]
    {
        let id = at(&world, url).await;
        let Outcome::Failed(why) = media::fetch(&world.support, id).await else { panic!() };
        assert!(why.contains("private"), "{why}");
    }
    assert!(peer.received().is_empty());
}

#[tokio::test]
async fn a_link_that_stutters_is_tried_for_an_hour() {
    let peer =
        Peer::start([Reply::status(500), Reply::status(503), Reply::status(429), Reply::body(200, PNG)])
            .await;
    let world = World::new().await;
    let id = at(&world, peer.url.clone()).await;
    assert!(matches!(media::fetch(&world.support, id).await, Outcome::Retry { after: None, .. }));
    assert_eq!(row(&world, id).await.4.as_deref(), Some("HTTP 500"));
    assert!(matches!(media::fetch(&world.support, id).await, Outcome::Retry { .. }));
    world.clock.advance(HOUR + 1);
    assert_eq!(media::fetch(&world.support, id).await, Outcome::Failed("HTTP 429".into()));
    assert_eq!(row(&world, id).await.0, "failed");
    // Somebody runs the failed job again.
    assert_eq!(media::fetch(&world.support, id).await, Outcome::Done);
    assert_eq!(row(&world, id).await.0, "stored");
}

#[tokio::test]
async fn a_first_try_is_made_however_late() {
    for world in World::each().await {
        let id = at(&world, "http://127.0.0.1:1/".into()).await;
        world.clock.advance(5 * HOUR);
        assert!(matches!(media::fetch(&world.support, id).await, Outcome::Retry { .. }));
        assert!(matches!(media::fetch(&world.support, id).await, Outcome::Failed(_)));
    }
}

#[tokio::test]
async fn an_id_without_a_link_waits_for_the_channels_token() {
    for world in World::each().await {
        let a = Attachment { kind: "image", provider_id: Some("wamid".into()), ..Attachment::default() };
        let id = wanted(&world, a).await;
        assert_eq!(media::fetch(&world.support, id).await, Outcome::Done);
        let (state, .., error) = row(&world, id).await;
        assert_eq!((state.as_str(), error.as_deref()), ("pending", Some("needs the channel's access token")));
        assert!(world.events("message.attachment").await.is_empty());
    }
}
