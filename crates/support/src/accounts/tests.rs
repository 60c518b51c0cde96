use platform::{Code, Entropy, Error, clock::SECOND, crypto::Keyring, events::Origin, http::COUNT_CAP};
use serde_json::json;

use super::*;
use crate::outbound::tests::harness::{OTHER_SECRET, SECRET, World};

async fn connect(world: &World, new: NewAccount) -> Result<Account> {
    let keyring = world.support.desk.keyring.clone();
    world.db().write(move |tx| create(tx, &keyring, &Origin::system(), &new)).await
}

async fn alter(
    world: &World,
    id: AccountId,
    expected: Option<i64>,
    change: AccountChange,
) -> Result<Account> {
    let keyring = world.support.desk.keyring.clone();
    world.db().write(move |tx| update(tx, &keyring, &Origin::system(), id, expected, &change)).await
}

fn page(kind: &str, id: &str, secret: &str) -> NewAccount {
    NewAccount {
        kind: kind.into(),
        account_id: id.into(),
        secret: Some(secret.into()),
        ..NewAccount::default()
    }
}

fn fields(e: &Error) -> Vec<&str> {
    e.faults.iter().map(|f| f.field.as_str()).collect()
}

#[tokio::test]
async fn secrets_are_sealed_and_told_to_nobody() {
    for world in World::each().await {
        let new =
            NewAccount { verify_token: Some("verify me".into()), ..page("facebook", "1001", "hunter2") };
        let account = connect(&world, new).await.unwrap();
        assert_eq!((account.name.as_str(), account.status), ("1001", AccountStatus::Active));
        let id = account.id;
        let (_, sealed) = world.read(move |c| store::sealed(c, id)).await.unwrap();
        assert!(!String::from_utf8_lossy(sealed.secret.as_deref().unwrap()).contains("hunter2"));
        let loaded = world.support.accounts.find("facebook", "1001").await.unwrap().unwrap();
        assert_eq!(loaded.credentials.secret.as_deref(), Some("hunter2"));
        assert_eq!(loaded.credentials.verify_token.as_deref(), Some("verify me"));
        let created = world.events(events::CREATED).await;
        assert_eq!(created[0]["has_secret"], true);
        let said = format!("{created:?}{loaded:?}");
        assert!(!said.contains("hunter2") && !said.contains("verify me"), "{said}");

        // Under another key it is as good as none.
        let other = Keyring::new([8; 32], Entropy::seeded(1));
        let locked = open(&other, account, &sealed);
        assert!(locked.is_locked && locked.credentials.secret.is_none());
    }
}

#[tokio::test]
async fn what_is_cached_asks_nobody() {
    for world in World::each().await {
        let account = connect(&world, page("zalo", "oa1", "s1")).await.unwrap();
        let cache = &world.support.accounts;
        assert!(cache.find("zalo", "nobody").await.unwrap().is_none());
        cache.find("zalo", "oa1").await.unwrap().unwrap();
        // Another node's write shows after five seconds, our own at once.
        let rename = |name: &str| AccountChange { name: Some(name.into()), ..AccountChange::default() };
        let name = || async { cache.find("zalo", "oa1").await.unwrap().unwrap().account.name.clone() };
        alter(&world, account.id, None, rename("theirs")).await.unwrap();
        assert_eq!(name().await, "oa1");
        world.clock.advance(5 * SECOND);
        assert_eq!(name().await, "theirs");
        alter(&world, account.id, None, rename("ours")).await.unwrap();
        cache.forget("zalo", "oa1");
        assert_eq!(name().await, "ours");
    }
}

#[tokio::test]
async fn one_application_signs_for_all_of_metas_channels() {
    for world in World::each().await {
        connect(&world, page("facebook", "1", "app-a")).await.unwrap();
        connect(&world, page("instagram", "2", "app-a")).await.unwrap();
        connect(&world, page("whatsapp", "3", "app-b")).await.unwrap();
        connect(&world, page("zalo", "4", "app-c")).await.unwrap();
        let off = connect(&world, page("facebook", "5", "app-d")).await.unwrap();
        let disable = AccountChange { status: Some(AccountStatus::Disabled), ..AccountChange::default() };
        alter(&world, off.id, None, disable).await.unwrap();
        let cache = &world.support.accounts;
        for channel in [Channel::Facebook, Channel::Instagram, Channel::Whatsapp] {
            let found = cache.candidates(channel).await.unwrap();
            let secrets: Vec<_> = found.iter().filter_map(|c| c.secret.as_deref()).collect();
            assert_eq!(secrets, ["app-a", "app-b"]);
            let two = cache.find("instagram", "2").await.unwrap().unwrap();
            assert!(two.shares(&found[0]) && !two.shares(&found[1]));
        }
        assert_eq!(cache.all_of("facebook").await.unwrap().len(), 1);
        // What is cached is not asked for again, until this node hears of a change.
        connect(&world, page("whatsapp", "6", "app-e")).await.unwrap();
        assert_eq!(cache.candidates(Channel::Whatsapp).await.unwrap().len(), 2);
        cache.forget("whatsapp", "6");
        assert_eq!(cache.candidates(Channel::Whatsapp).await.unwrap().len(), 3);
        assert_eq!(cache.candidates(Channel::Twitter).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_platform_is_connected_by_its_first_message() {
    for world in World::each().await {
        let first = world.db().write(|tx| implicit(tx, "generic", "lazada")).await.unwrap();
        let second = world.db().write(|tx| implicit(tx, "generic", "lazada")).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(world.events(events::CREATED).await.len(), 1);
        let loaded = world.support.accounts.find("generic", "lazada").await.unwrap().unwrap();
        assert!(loaded.credentials.secret.is_none() && !loaded.is_locked);
        let again = connect(&world, page("generic", "lazada", SECRET)).await.unwrap_err();
        assert_eq!(again.code, Code::Duplicate);
    }
}

#[tokio::test]
async fn a_secret_is_changed_without_a_gap() {
    for world in World::each().await {
        let account = connect(&world, page("generic", "shop", SECRET)).await.unwrap();
        let set = |secret: Option<&str>| AccountChange {
            secret: Some(secret.map(str::to_owned)),
            ..AccountChange::default()
        };
        let both = || async {
            world.support.accounts.forget("generic", "shop");
            let c =
                world.support.accounts.find("generic", "shop").await.unwrap().unwrap().credentials.clone();
            (c.secret, c.previous_secret)
        };
        let after = alter(&world, account.id, Some(1), set(Some(OTHER_SECRET))).await.unwrap();
        assert_eq!(after.version, 2);
        assert_eq!(both().await, (Some(OTHER_SECRET.into()), Some(SECRET.into())));
        assert_eq!(alter(&world, account.id, Some(1), set(None)).await.unwrap_err().code, Code::StaleVersion);
        alter(&world, account.id, None, AccountChange { drop_previous: true, ..AccountChange::default() })
            .await
            .unwrap();
        assert_eq!(both().await, (Some(OTHER_SECRET.into()), None));
        let told = world.events(events::UPDATED).await;
        assert_eq!(told[0], json!({"before": {}, "after": {}, "secrets": ["secret"]}));
        assert_eq!(told[1]["secrets"], json!(["previous_secret"]));

        let gone = world.db().write(move |tx| remove(tx, &Origin::system(), account.id, None)).await.unwrap();
        assert_eq!(gone.status, AccountStatus::Disabled);
        assert_eq!(both().await, (None, None));
        assert_eq!(world.events(events::DELETED).await.len(), 1);
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    for world in World::each().await {
        let wrong = NewAccount { callback_url: Some("ftp://x".into()), ..page("telegram", "bot", " ") };
        let e = connect(&world, wrong).await.unwrap_err();
        assert_eq!(fields(&e), ["secret", "callback_url", "callback_url"]);
        let unsigned = NewAccount {
            secret: None,
            callback_url: Some("https://shop.example/a".into()),
            ..page("generic", "s", "")
        };
        assert_eq!(fields(&connect(&world, unsigned).await.unwrap_err()), ["secret"]);
        for secret in ["plain", "whsec_", "whsec_!!", "whsec_c2hvcnQ="] {
            assert_eq!(
                fields(&connect(&world, page("generic", "s", secret)).await.unwrap_err()),
                ["secret"],
                "{secret}"
            );
        }
        assert_eq!(
            fields(&connect(&world, page("fax", " ", "x")).await.unwrap_err()),
            ["kind", "account_id"]
        );

        let account = connect(
            &world,
            NewAccount { callback_url: Some("https://s.example/".into()), ..page("generic", "s", SECRET) },
        );
        let id = account.await.unwrap().id;
        let clear = AccountChange { secret: Some(None), ..AccountChange::default() };
        assert_eq!(fields(&alter(&world, id, None, clear).await.unwrap_err()), ["secret"]);
    }
}

#[tokio::test]
async fn when_a_customer_was_last_heard_is_known_at_once_and_written_later() {
    for world in World::each().await {
        let quiet = connect(&world, page("zalo", "1", "a")).await.unwrap().id;
        let busy = connect(&world, page("zalo", "2", "a")).await.unwrap().id;
        let heard = world.support.accounts.heard().clone();
        let rows = || async {
            let listed = world.read(|c| store::list(c, 0, 0, 10)).await;
            listed.iter().map(|l| (l.account.id, l.account.version, l.last_inbound_at)).collect::<Vec<_>>()
        };
        heard.flush().await.unwrap();
        for at in [5_000, 9_000, 7_000] {
            heard.note(busy, at);
        }
        assert_eq!(rows().await, [(quiet, 1, None), (busy, 1, None)]);
        assert_eq!((heard.last(quiet, None), heard.last(busy, None)), (None, Some(9_000)));
        heard.flush().await.unwrap();
        assert_eq!(rows().await, [(quiet, 1, None), (busy, 1, Some(9_000))]);
        assert_eq!(world.read(move |c| store::listed(c, busy)).await.unwrap().last_inbound_at, Some(9_000));
        // What is written is told by the row alone; an older message, or another node's, changes nothing.
        assert_eq!((heard.last(busy, None), heard.last(busy, Some(9_000))), (None, Some(9_000)));
        heard.note(busy, 8_000);
        assert_eq!(heard.last(busy, Some(9_000)), Some(9_000));
        heard.flush().await.unwrap();
        assert_eq!(rows().await[1].2, Some(9_000));
        assert_eq!(world.read(|c| store::count(c, COUNT_CAP)).await, 2);
    }
}
