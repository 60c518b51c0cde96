//! Events: in sequence, each once, passed over by nobody.

mod common;

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use common::{Gate, MIGRATIONS, hold, refuse};
use platform::{
    Db, Result, Tx,
    db::{Engine, Reactors},
    events::{self, Actor, NewEvent, Origin, feed::Feed, sequencer},
    params, sql,
    testing::{Setup, TestDb, eventually},
};
use serde_json::json;
use tokio::sync::watch;

fn note(tx: &Tx<'_>, n: i64) -> Result<()> {
    events::record(tx, &Origin::of(Actor::User(7)), NewEvent::new("test.noted", "test", n, json!({ "n": n })))
}

fn subjects(db: &Db) -> Vec<(i64, i64)> {
    let all = db.read_now(|c| events::after(c, 0, 10_000)).expect("read");
    all.into_iter().map(|e| (e.seq, e.subject_id)).collect()
}

#[test]
fn sqlite_numbers_events_in_commit_order_and_neighbours_that_were_undone_leave_no_gap() {
    for twice in [false, true] {
        let t = Setup::new(MIGRATIONS).tune(move |o| o.run_twice = twice).sqlite();
        let gate = Gate::default();
        let held = hold(&t.db, &gate);
        let mut waiting = Vec::new();
        for n in 1..=9 {
            let (db, before) = (t.db.clone(), t.db.stats().queued);
            waiting.push(thread::spawn(move || {
                db.write_now(move |tx| {
                    note(tx, n)?;
                    note(tx, n * 10)?;
                    if n % 3 == 0 { Err(refuse()) } else { Ok(()) }
                })
            }));
            eventually(10, "queued", || t.db.stats().queued > before);
        }
        gate.open();
        held.join().expect("thread").expect("the holder");
        for w in waiting {
            let _ = w.join().expect("thread");
        }
        let kept = [1, 2, 4, 5, 7, 8].into_iter().flat_map(|n| [n, n * 10]);
        let expected: Vec<(i64, i64)> = (1..).zip(kept).collect();
        assert_eq!(subjects(&t.db), expected);
        let t = t.reopened(|_| {});
        t.db.write_now(|tx| note(tx, 99)).expect("write");
        assert_eq!(subjects(&t.db).last(), Some(&(13, 99)));
    }
}

#[test]
fn what_was_recorded_is_read_back() {
    Setup::new(MIGRATIONS).each_async(|t| {
        let db = t.db.clone();
        async move {
            db.write(|tx| {
                let origin = Origin { request_id: Some("r1".into()), ..Origin::of(Actor::Contact(3)) };
                let event = NewEvent::new("test.noted", "thing", 5, json!({ "to": "đ" }))
                    .contact(9)
                    .scope(Some(1), None);
                events::record(tx, &origin, event)
            })
            .await?;
            sequencer::stamp(&db).await?;
            let got = db.read(|c| events::of_subject(c, "thing", 5, i64::MAX, 10)).await?.remove(0);
            assert_eq!((got.seq, got.at), (1, platform::testing::NOON));
            assert_eq!((got.actor_kind.as_str(), got.actor_id), ("contact", Some(3)));
            assert_eq!((got.contact_id, got.department_id, got.owner_id), (Some(9), Some(1), None));
            assert_eq!(got.data, json!({ "to": "đ" }));
            let older = db.read(move |c| events::of_subject(c, "thing", 5, got.id, 10)).await?;
            assert!(older.is_empty(), "a history is paged by id");
            assert_eq!(db.read(events::newest).await?, 1);
            Ok(())
        }
    });
}

#[test]
fn a_reactor_stands_in_the_same_transaction() {
    let reactors = || {
        let mut r = Reactors::default();
        r.on("test.noted", |tx, e| {
            tx.exec(sql!("INSERT INTO notes (body) VALUES (?1)"), params![e.data["n"].to_string()])?;
            if e.subject_id == 13 { Err(refuse()) } else { Ok(()) }
        });
        r
    };
    Setup::new(MIGRATIONS).reactors(reactors).each(|t| {
        t.db.write_now(|tx| note(tx, 1))?;
        assert!(t.db.write_now(|tx| note(tx, 13)).is_err());
        t.db.write_now(|tx| note(tx, 2))?;
        assert_eq!(common::all_bodies(&t.db), ["1", "2"]);
        Ok(())
    });
}

/// Follows `seq` as every reader does: what comes after the last one seen.
struct Reader(i64, Vec<i64>);

impl Reader {
    fn look(&mut self, db: &Db) {
        let from = self.0;
        for e in db.read_now(move |c| events::after(c, from, 100)).expect("read") {
            assert!(e.seq > self.0);
            self.0 = e.seq;
            self.1.push(e.subject_id);
        }
    }
}

#[test]
fn a_reader_never_passes_over_an_event_whose_transaction_stayed_open() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let rt = platform::testing::runtime();
    let stamp = |db: &Db| rt.block_on(sequencer::stamp(db)).expect("stamped");
    let (gate, mut reader) = (Gate::default(), Reader(0, Vec::new()));
    // The first takes its id and stays open …
    let (db, wait) = (t.db.clone(), gate.clone());
    let open = thread::spawn(move || {
        rt_free_write(&db, move |tx| {
            note(tx, 1)?;
            wait.wait();
            Ok(())
        })
    });
    gate.until_reached();
    // … while a later one commits, is stamped and is read.
    rt_free_write(&t.db, |tx| note(tx, 2)).expect("write");
    assert_eq!(stamp(&t.db), 1);
    reader.look(&t.db);
    assert_eq!(reader.1, [2]);
    gate.open();
    open.join().expect("thread").expect("committed at last");
    assert_eq!(stamp(&t.second()), 1, "another node may stamp it");
    reader.look(&t.db);
    assert_eq!(reader.1, [2, 1]);
    let ids = t.db.read_now(|c| c.all(sql!("SELECT id FROM events ORDER BY seq"), &[], |r| r.get::<i64>(0)));
    assert_eq!(ids.expect("read"), [2, 1], "the ids stood the other way round");
}

/// Two such writes must not wait for each other's conflicts.
fn rt_free_write(db: &Db, f: impl Fn(&Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
    platform::testing::runtime().block_on(db.write_locked(Vec::new(), f))
}

#[test]
fn many_stamping_at_once_give_each_event_one_place_without_gaps() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let nodes = [t.second(), t.second()];
    let written = AtomicBool::new(false);
    let mut reader = Reader(0, Vec::new());
    thread::scope(|s| {
        let writing: Vec<_> = (0..2)
            .map(|n| {
                let db = &nodes[n as usize];
                s.spawn(move || {
                    for i in 0..40 {
                        let many =
                            move |tx: &Tx<'_>| (0..25).try_for_each(|k| note(tx, n * 1000 + i * 25 + k));
                        rt_free_write(db, many).expect("write");
                    }
                })
            })
            .collect();
        for n in 0..4 {
            let (db, written) = (&nodes[n % 2], &written);
            s.spawn(move || {
                let rt = platform::testing::runtime();
                while !written.load(SeqCst) {
                    rt.block_on(sequencer::stamp(db)).expect("stamp");
                }
                rt.block_on(sequencer::stamp(db)).expect("stamp");
            });
        }
        s.spawn(|| {
            while !written.load(SeqCst) {
                reader.look(&t.db);
            }
        });
        writing.into_iter().for_each(|w| w.join().expect("thread"));
        written.store(true, SeqCst);
    });
    for _ in 0..20 {
        reader.look(&t.db);
    }
    assert_eq!(reader.0, 2000, "no gaps");
    reader.1.sort_unstable();
    assert_eq!(reader.1, (0..2000).collect::<Vec<_>>(), "each was read once, while they were being stamped");
}

#[test]
fn the_feed_hands_on_everything_once_and_in_order() {
    Setup::new(MIGRATIONS).each_async(|t| {
        let (db, address) = (t.db.clone(), address(t));
        async move {
            let (stop, stopping) = watch::channel(false);
            db.write(|tx| note(tx, -1)).await?;
            sequencer::stamp(&db).await?;
            if let Some(url) = &address {
                sequencer::start(db.clone(), url, stopping.clone());
            }
            let feed = Feed::start(db.clone(), stopping).await?;
            assert_eq!(feed.position(), 1, "it begins at the newest");
            let mut batches = feed.subscribe();
            let mut writing = tokio::task::JoinSet::new();
            for n in 0..8 {
                let db = db.clone();
                writing.spawn(async move {
                    for i in 0..50 {
                        db.write(move |tx| note(tx, n * 100 + i)).await.expect("write");
                    }
                });
            }
            let mut got = Vec::new();
            while got.len() < 400 {
                let batch = tokio::time::timeout(Duration::from_secs(20), batches.recv()).await;
                got.extend(batch.expect("in time").expect("no lag").iter().map(|e| (e.seq, e.subject_id)));
            }
            writing.join_all().await;
            assert_eq!(got.iter().map(|g| g.0).collect::<Vec<_>>(), (2..=401).collect::<Vec<_>>());
            for n in 0..8 {
                let own: Vec<i64> = got.iter().map(|g| g.1).filter(|s| s / 100 == n).collect();
                assert_eq!(
                    own,
                    (n * 100..n * 100 + 50).collect::<Vec<_>>(),
                    "one writer's events keep their order"
                );
            }
            assert_eq!(feed.position(), 401);
            stop.send_replace(true);
            Ok(())
        }
    });
}

fn address(t: &TestDb) -> Option<String> {
    (t.db.engine() == Engine::Postgres).then(|| t.url().to_owned())
}

#[test]
fn an_event_of_one_node_reaches_the_feed_of_another_by_notification() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let (here, there) = (t.second(), t.second());
    let (stop, stopping) = watch::channel(false);
    platform::testing::runtime().block_on(async {
        for node in [&here, &there] {
            sequencer::start(node.clone(), t.url(), stopping.clone());
        }
        let feed = Feed::start(there.clone(), stopping.clone()).await.expect("feed");
        let mut batches = feed.subscribe();
        let mut took = Vec::new();
        for n in 0..21 {
            here.write(move |tx| note(tx, n)).await.expect("write");
            let begun = std::time::Instant::now();
            let batch = tokio::time::timeout(Duration::from_secs(5), batches.recv())
                .await
                .expect("in time")
                .expect("batch");
            took.push(begun.elapsed());
            assert_eq!(batch.iter().map(|e| e.subject_id).collect::<Vec<_>>(), [n]);
        }
        took.sort();
        // Polling alone would take 250 ms and more in the middle.
        println!("median {:?}, slowest {:?}", took[10], took[20]);
        assert!(took[10] < Duration::from_millis(150), "{took:?}");
    });
    stop.send_replace(true);
}
