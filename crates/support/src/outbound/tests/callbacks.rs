//! The signed callback, and what becomes of a message by its answer.

use std::time::Duration;

use channels::{Credentials, Delivery, RawRequest, standard_webhooks};
use platform::{
    blob::BlobKey,
    clock::{DAY, HOUR, MINUTE, SECOND},
    events::Origin,
    jobs::{Outcome, Workers},
    params, sql,
    testing::NOON,
};
use serde_json::json;

use super::harness::{OTHER_SECRET, Peer, Received, Reply, SECRET, World};
use crate::{
    AccountId, MessageId,
    accounts::{self, AccountChange, AccountStatus, NewAccount},
    messages::{self, NewAttachment},
    outbound::{self, callback},
};

async fn account(world: &World, callback_url: Option<String>) -> AccountId {
    let keyring = world.support.desk.keyring.clone();
    let new = NewAccount {
        kind: "generic".into(),
        account_id: "shopee".into(),
        secret: Some(SECRET.into()),
        callback_url,
        ..NewAccount::default()
    };
    world.db().write(move |tx| accounts::create(tx, &keyring, &Origin::system(), &new)).await.unwrap().id
}

/// A message on its way to `peer`, enqueued.
async fn parcel(world: &World, peer: &Peer) -> (AccountId, MessageId) {
    let account = account(world, Some(format!("{}/answers", peer.url))).await;
    let ticket = world.ticket("generic", Some(account)).await;
    let message = world.answer(&ticket, Vec::new()).await;
    let job = world.db().write(move |tx| outbound::enqueue(tx, &ticket, message, tx.now())).await.unwrap();
    assert!(job.is_some());
    (account, message)
}

fn verify(received: &Received, secret: &str) -> Result<String, channels::Refusal> {
    let request = RawRequest { headers: &received.headers, query: "", body: &received.body };
    standard_webhooks::verify(
        &request,
        &Credentials { secret: Some(secret.into()), ..Credentials::default() },
        NOON,
    )
}

#[tokio::test]
async fn the_receiver_can_check_what_it_is_sent() {
    let (world, peer) = (World::new().await, Peer::start([Reply::status(204)]).await);
    let account = account(&world, Some(format!("{}/answers", peer.url))).await;
    let ticket = world.ticket("generic", Some(account)).await;
    let file = channels::Attachment {
        kind: "image",
        provider_id: Some("m-1".into()),
        name: Some("x.png".into()),
        ..channels::Attachment::default()
    };
    let message = world.answer(&ticket, vec![NewAttachment::Remote(file)]).await;
    let key = BlobKey::parse(&"a".repeat(64)).unwrap();
    let come = move |tx: &platform::Tx<'_>| messages::remote::stored(tx, 1, &key, "image/png", 3);
    assert!(world.db().write(come).await.unwrap());
    let number = ticket.number;
    let id = ticket.id;
    world.db().write(move |tx| outbound::enqueue(tx, &ticket, message, tx.now())).await.unwrap();
    assert_eq!(callback::send(&world.support, message).await, Outcome::Done);

    let received = peer.received().pop().unwrap();
    let desk = &world.support.desk;
    let token = messages::files::link::token(&desk.keyring, 1, desk.clock.now() + DAY);
    assert_eq!(received.path, "/answers");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(verify(&received, SECRET).unwrap(), format!("msg_{message}"));
    assert!(verify(&received, OTHER_SECRET).is_err());
    assert_eq!(
        received.json(),
        json!({
            "type": "message.sent",
            "timestamp": "2025-06-16T12:00:00.000Z",
            "data": {
                "message_id": message, "ticket_id": id, "ticket_number": number, "platform": "shopee",
                "recipient": "lan-7", "content": "Chào bạn", "client_id": "c-1",
                "attachments": [{
                    "id": 1, "kind": "image", "name": "x.png", "mime": "image/png", "size": 3,
                    "url": format!("http://localhost/api/v1/attachments/1/download?token={token}"),
                }],
            },
        })
    );
    assert_eq!(world.delivery(message).await, (Some(Delivery::Sent), None));
    assert_eq!(
        world.events("message.delivery").await,
        [json!({"message_id": message, "before": "queued", "after": "sent"})]
    );
    // A second worker that took the job over finds nothing to do.
    assert_eq!(callback::send(&world.support, message).await, Outcome::Done);
    assert_eq!(peer.received().len(), 1);
}

#[tokio::test]
async fn while_secrets_change_either_one_checks() {
    let (world, peer) = (World::new().await, Peer::start([Reply::status(200)]).await);
    let (account, message) = parcel(&world, &peer).await;
    let keyring = world.support.desk.keyring.clone();
    let change = AccountChange { secret: Some(Some(OTHER_SECRET.into())), ..AccountChange::default() };
    let update = move |tx: &platform::Tx<'_>| {
        accounts::update(tx, &keyring, &Origin::system(), account, None, &change)
    };
    world.db().write(update).await.unwrap();
    callback::send(&world.support, message).await;
    let received = peer.received().pop().unwrap();
    assert!(verify(&received, SECRET).is_ok() && verify(&received, OTHER_SECRET).is_ok());
}

#[tokio::test]
async fn a_try_that_failed_is_made_again_under_the_same_id() {
    let later = [Reply::status(500), Reply::status(429).header("retry-after", "7200"), Reply::status(200)];
    let (world, peer) = (World::new().await, Peer::start(later).await);
    let (_, message) = parcel(&world, &peer).await;
    let Outcome::Retry { after: Some(after), why } = callback::send(&world.support, message).await else {
        panic!()
    };
    assert!((5 * SECOND..=6 * SECOND).contains(&after), "{after}");
    assert_eq!(why, "HTTP 500");
    let Outcome::Retry { after, .. } = callback::send(&world.support, message).await else { panic!() };
    assert_eq!(after, Some(2 * HOUR));
    assert_eq!(world.delivery(message).await, (Some(Delivery::Queued), None));
    assert_eq!(callback::send(&world.support, message).await, Outcome::Done);
    assert_eq!(world.delivery(message).await.0, Some(Delivery::Sent));
    let received = peer.received();
    assert!(received.iter().all(|r| verify(r, SECRET).unwrap() == format!("msg_{message}")));
    assert!(received.windows(2).all(|w| w[0].body == w[1].body));
}

#[tokio::test]
async fn after_the_last_try_it_has_failed() {
    let (world, peer) = (World::new().await, Peer::start([Reply::body(503, "closed for repairs")]).await);
    let (_, message) = parcel(&world, &peer).await;
    for (attempts, pause) in [(2, 5 * MINUTE), (9, 24 * HOUR)] {
        world
            .db()
            .write(move |tx| tx.exec(sql!("UPDATE jobs SET attempts = ?1"), params![attempts]))
            .await
            .unwrap();
        let Outcome::Retry { after: Some(after), .. } = callback::send(&world.support, message).await else {
            panic!()
        };
        assert!((pause..=pause + pause / 5).contains(&after), "{attempts}: {after}");
    }
    world.db().write(|tx| tx.exec(sql!("UPDATE jobs SET attempts = 10"), &[])).await.unwrap();
    let words = "HTTP 503: closed for repairs".to_owned();
    assert_eq!(callback::send(&world.support, message).await, Outcome::Failed(words.clone()));
    assert_eq!(world.delivery(message).await, (Some(Delivery::Failed), Some(words)));
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again() {
    let elsewhere = Peer::start([Reply::status(200)]).await;
    for (reply, words) in [
        (Reply::body(404, "no\nsuch\x07 shop"), "HTTP 404: no such shop".to_owned()),
        (Reply::body(400, "x".repeat(5000)), format!("HTTP 400: {}", "x".repeat(300))),
        (Reply::status(301).header("location", elsewhere.url.clone()), "HTTP 301".to_owned()),
    ] {
        let (world, peer) = (World::new().await, Peer::start([reply]).await);
        let (_, message) = parcel(&world, &peer).await;
        assert_eq!(callback::send(&world.support, message).await, Outcome::Failed(words.clone()));
        assert_eq!(world.delivery(message).await, (Some(Delivery::Failed), Some(words)));
    }
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_callback_that_is_gone_disconnects_the_account() {
    let (world, peer) = (World::new().await, Peer::start([Reply::status(410)]).await);
    let (account, message) = parcel(&world, &peer).await;
    let found =
        || async { world.support.accounts.find("generic", "shopee").await.unwrap().unwrap().account.status };
    assert_eq!(found().await, AccountStatus::Active);
    assert_eq!(callback::send(&world.support, message).await, Outcome::Failed("HTTP 410".into()));
    assert_eq!(world.delivery(message).await.0, Some(Delivery::Failed));
    // The cache has heard of it, too.
    assert_eq!(found().await, AccountStatus::Disconnected);
    assert_eq!(world.events("channel.updated").await[0]["after"], json!({"status": "disconnected"}));

    let ticket = world.ticket("generic", Some(account)).await;
    let second = world.answer(&ticket, Vec::new()).await;
    world.db().write(move |tx| outbound::enqueue(tx, &ticket, second, tx.now())).await.unwrap();
    let Outcome::Failed(why) = callback::send(&world.support, second).await else { panic!() };
    assert_eq!(why, "The channel account is disconnected.");
    assert_eq!(peer.received().len(), 1);
}

#[tokio::test]
async fn silence_and_closed_doors_mean_later() {
    let (world, peer) = (
        World::new().await,
        Peer::start([Reply { after: Duration::from_secs(5), ..Reply::status(200) }]).await,
    );
    account(&world, Some(peer.url.clone())).await;
    let loaded = world.support.accounts.find("generic", "shopee").await.unwrap().unwrap();
    let post = |url: String| {
        let (support, loaded) = (world.support.clone(), loaded.clone());
        async move { callback::post(&support, &loaded, &url, "msg_1", b"{}", Duration::from_millis(200)).await }
    };
    let later = |v: callback::Verdict| matches!(v, callback::Verdict::Later { after: None, .. });
    assert!(later(post(peer.url.clone()).await));
    assert!(later(post("http://127.0.0.1:1/".into()).await));
    assert!(later(post("http://nowhere.invalid/".into()).await));
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let (world, peer) = (World::with(|_| {}).await, Peer::start([Reply::status(200)]).await);
    let by_name = peer.url.replace("127.0.0.1", "localhost");
    for url in [&peer.url, &by_name] {
        let id = account_at(&world, url).await;
        let ticket = world.ticket("generic", Some(id)).await;
        let message = world.answer(&ticket, Vec::new()).await;
        world.db().write(move |tx| outbound::enqueue(tx, &ticket, message, tx.now())).await.unwrap();
        let Outcome::Failed(why) = callback::send(&world.support, message).await else { panic!("{url}") };
        assert!(why.contains("private"), "{why}");
    }
    assert!(peer.received().is_empty());
}

async fn account_at(world: &World, url: &str) -> AccountId {
    let keyring = world.support.desk.keyring.clone();
    let new = NewAccount {
        kind: "generic".into(),
        account_id: url.to_owned(),
        secret: Some(SECRET.into()),
        callback_url: Some(url.to_owned()),
        ..NewAccount::default()
    };
    world.db().write(move |tx| accounts::create(tx, &keyring, &Origin::system(), &new)).await.unwrap().id
}

#[tokio::test]
async fn what_is_read_and_not_posted_counts_as_sent_when_it_can_be_read() {
    for world in World::each().await {
        let account = account(&world, None).await;
        let ticket = world.ticket("generic", Some(account)).await;
        let at_once = world.answer(&ticket, Vec::new()).await;
        let of = ticket.clone();
        assert_eq!(
            world.db().write(move |tx| outbound::enqueue(tx, &of, at_once, tx.now())).await.unwrap(),
            None
        );
        assert_eq!(world.delivery(at_once).await.0, Some(Delivery::Sent));

        let other = world.ticket("generic", Some(account)).await;
        let undoable = world.answer(&other, Vec::new()).await;
        let enqueue =
            move |tx: &platform::Tx<'_>| outbound::enqueue(tx, &other, undoable, tx.now() + 10 * SECOND);
        assert!(world.db().write(enqueue).await.unwrap().is_some());
        assert_eq!(world.delivery(undoable).await.0, Some(Delivery::Queued));
        let message = world.read(move |c| messages::get(c, undoable)).await.unwrap();
        assert_eq!(callback::send(&world.support, undoable).await, Outcome::Done);
        assert_eq!(world.delivery(undoable).await.0, Some(Delivery::Sent));
        // It was still waiting when it was read; its job is there to be taken back once.
        let again = message.clone();
        assert!(world.db().write(move |tx| outbound::cancel(tx, &message)).await.unwrap());
        assert!(!world.db().write(move |tx| outbound::cancel(tx, &again)).await.unwrap());
    }
}

#[tokio::test]
async fn other_channels_wait_for_their_senders() {
    for world in World::each().await {
        let ticket = world.ticket("zalo", None).await;
        let message = world.answer(&ticket, Vec::new()).await;
        assert_eq!(
            world.db().write(move |tx| outbound::enqueue(tx, &ticket, message, tx.now())).await.unwrap(),
            None
        );
        assert_eq!(world.delivery(message).await, (Some(Delivery::Queued), None));
    }
}

/// Waits until `message` is sent.
async fn sent(world: &World, message: crate::MessageId) {
    let wait = async {
        while world.delivery(message).await.0 != Some(Delivery::Sent) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("sent within twenty seconds");
}

#[tokio::test]
async fn the_worker_sends_when_the_undo_window_is_over() {
    let (world, peer) = (World::new().await, Peer::start([Reply::status(200)]).await);
    let account = account(&world, Some(peer.url.clone())).await;
    let ticket = world.ticket("generic", Some(account)).await;
    let message = world.answer(&ticket, Vec::new()).await;
    let other = world.ticket("generic", Some(account)).await;
    let due = world.answer(&other, Vec::new()).await;
    let enqueue = move |tx: &platform::Tx<'_>| {
        outbound::enqueue(tx, &ticket, message, tx.now() + 10 * SECOND)?;
        outbound::enqueue(tx, &other, due, tx.now())
    };
    world.db().write(enqueue).await.unwrap();
    let workers = outbound::workers(Workers::new(world.db().clone()), &world.support);
    let working = tokio::spawn(workers.run(world.stop.subscribe()));
    // Both lay there when the worker looked; it took the one alone.
    sent(&world, due).await;
    let waiting = world.read(platform::jobs::backlog).await;
    let waiting = waiting.iter().filter(|j| j.1 == "queued" && j.3 > world.clock.now());
    assert_eq!(waiting.map(|j| j.2).collect::<Vec<_>>(), [1]);
    assert_eq!((world.delivery(message).await.0, peer.received().len()), (Some(Delivery::Queued), 1));
    world.clock.advance(10 * SECOND);
    sent(&world, message).await;
    world.stop.send_replace(true);
    working.await.unwrap();
    assert_eq!(peer.received().len(), 2);
}
