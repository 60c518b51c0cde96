//! SQLite's group commit: what neighbours in one transaction can do to each other, which is nothing.

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use common::{CHATTER, Gate, MIGRATIONS, add, all_bodies, bodies, hold, quiet_panics, refuse};
use platform::{
    Code, Db, Result,
    db::Options,
    params, sql,
    testing::{Setup, TestDb, eventually, runtime},
};

fn once(options: &mut Options) {
    options.run_twice = false;
}

/// Starts a write on a thread of its own and returns when it waits in the queue.
fn queue<T: Send + 'static>(
    db: &Db,
    f: impl Fn(&platform::Tx<'_>) -> Result<T> + Send + 'static,
) -> thread::JoinHandle<Result<T>> {
    let before = db.stats().queued;
    let handle = db.clone();
    let waiting = thread::spawn(move || handle.write_now(f));
    eventually(10, "queued", || db.stats().queued > before);
    waiting
}

#[test]
fn neighbours_that_fail_panic_or_refuse_lose_nothing_of_others() {
    quiet_panics();
    for twice in [false, true] {
        let t = Setup::new(MIGRATIONS).tune(move |o| o.run_twice = twice).sqlite();
        t.db.write_now(|tx| add(tx, "there")).expect("first");
        let commits = t.db.stats().commits;

        let gate = Gate::default();
        let held = hold(&t.db, &gate);
        let good_1 = queue(&t.db, |tx| add(tx, "good 1"));
        let violating = queue(&t.db, |tx| add(tx, "bad 1").and_then(|_| add(tx, "there")));
        let good_2 = queue(&t.db, |tx| add(tx, "good 2"));
        let panicking = queue(&t.db, |tx| -> Result<()> {
            add(tx, "bad 2")?;
            panic!("{}", CHATTER)
        });
        let good_3 = queue(&t.db, |tx| add(tx, "good 3"));
        let refusing = queue(&t.db, |tx| add(tx, "bad 3").and_then(|_| Err::<(), _>(refuse())));
        let good_4 = queue(&t.db, |tx| add(tx, "good 4"));
        gate.open();

        held.join().expect("thread").expect("the holder");
        for good in [good_1, good_2, good_3, good_4] {
            good.join().expect("thread").expect("a good one");
        }
        assert_eq!(violating.join().expect("thread").map_err(|e| e.code), Err(Code::Duplicate));
        let panicked = panicking.join().expect("thread").expect_err("panicked");
        assert!(panicked.code == Code::Internal && panicked.to_string().contains("panicked"), "{panicked}");
        assert_eq!(refusing.join().expect("thread").map_err(|e| e.code), Err(Code::Internal));

        assert_eq!(all_bodies(&t.db), ["there", "good 1", "good 2", "good 3", "good 4"]);
        assert!(t.db.stats().commits - commits <= 2, "they stood in one group: {:?}", t.db.stats());
        let t = t.reopened(|_| {});
        assert_eq!(all_bodies(&t.db).len(), 5);
    }
}

#[test]
fn concurrent_writes_share_commits() {
    let t = Setup::new(MIGRATIONS).tune(once).sqlite();
    let before = t.db.stats();
    let threads: Vec<_> = (0..16)
        .map(|n| {
            let db = t.db.clone();
            thread::spawn(move || {
                for i in 0..50 {
                    db.write_now(move |tx| add(tx, &format!("{n}/{i}"))).expect("write");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().expect("thread"));
    let after = t.db.stats();
    assert_eq!(after.writes - before.writes, 800);
    assert!(after.commits - before.commits < 400, "{after:?}");
    assert_eq!(all_bodies(&t.db).len(), 800);
}

#[test]
fn a_single_write_does_not_wait_for_company() {
    let t = Setup::new(MIGRATIONS).tune(once).sqlite();
    let before = t.db.stats();
    let begun = std::time::Instant::now();
    for i in 0..100 {
        t.db.write_now(move |tx| add(tx, &i.to_string())).expect("write");
    }
    let after = t.db.stats();
    assert_eq!((after.writes - before.writes, after.commits - before.commits), (100, 100));
    // Generous: a wait of 10 ms each, which is what a group may take, would show.
    assert!(begun.elapsed().as_millis() < 1_000, "100 writes took {:?}", begun.elapsed());
}

#[test]
fn a_full_queue_is_busy_and_says_when_to_come_again() {
    let t = Setup::new(MIGRATIONS).tune(|o| o.writer_queue = 4).sqlite();
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let waiting: Vec<_> = (0..4).map(|n| queue(&t.db, move |tx| add(tx, &n.to_string()))).collect();
    let refused = t.db.write_now(|tx| add(tx, "one too many")).expect_err("busy");
    assert_eq!((refused.code, refused.retry_after), (Code::Busy, Some(1)));
    gate.open();
    held.join().expect("thread").expect("the holder");
    for w in waiting {
        w.join().expect("thread").expect("queued work is done");
    }
    assert_eq!(all_bodies(&t.db).len(), 4);
}

/// Which closures ran, in order.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<&'static str>>>);

impl Trace {
    fn note(&self, what: &'static str) {
        self.0.lock().expect("trace").push(what);
    }
    fn all(&self) -> Vec<&'static str> {
        self.0.lock().expect("trace").clone()
    }
}

#[test]
fn interactive_goes_before_bulk_and_bulk_is_not_forgotten() {
    for batch in [1, 64] {
        let t = Setup::new(MIGRATIONS)
            .tune(move |o| {
                o.run_twice = false;
                o.batch_jobs = batch;
            })
            .sqlite();
        let (gate, trace) = (Gate::default(), Trace::default());
        let held = hold(&t.db, &gate);
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let (db, trace) = (t.db.clone(), trace.clone());
            let before = t.db.stats().queued;
            waiting.push(thread::spawn(move || {
                runtime().block_on(db.write_bulk(move |_| {
                    trace.note("bulk");
                    Ok(())
                }))
            }));
            eventually(10, "queued", || t.db.stats().queued > before);
        }
        for _ in 0..70 {
            let trace = trace.clone();
            waiting.push(queue(&t.db, move |_| {
                trace.note("interactive");
                Ok(())
            }));
        }
        gate.open();
        held.join().expect("thread").expect("the holder");
        for w in waiting {
            w.join().expect("thread").expect("done");
        }
        let order = trace.all();
        let first_bulk = order.iter().position(|o| *o == "bulk").expect("bulk ran");
        assert!((60..=66).contains(&first_bulk), "bulk has its turn after {first_bulk} interactive ones");
        assert_eq!(order[first_bulk + 1], "interactive", "and then it waits again");
        assert_eq!(order[order.len() - 2..], ["bulk", "bulk"]);
    }
}

#[test]
fn what_is_queued_is_finished_when_the_last_handle_goes() {
    let t = TestDb::sqlite(MIGRATIONS);
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    // Futures that were polled once have queued their closure; then nobody holds the database but this test.
    let rt = runtime();
    let mut interactive = Box::pin({
        let db = t.db.clone();
        async move { db.write(|tx| add(tx, "interactive")).await }
    });
    let mut bulk = Box::pin({
        let db = t.db.clone();
        async move { db.write_bulk(|tx| add(tx, "bulk")).await }
    });
    rt.block_on(async {
        let both = async {
            tokio::select! { biased; _ = &mut interactive => {}, _ = &mut bulk => {}, () = std::future::ready(()) => {} }
        };
        both.await;
    });
    assert_eq!(t.db.stats().queued, 2);
    let closing = thread::spawn({
        let gate = gate.clone();
        move || {
            gate.open();
            held.join().expect("thread").expect("the holder");
        }
    });
    let (a, b) = rt.block_on(async { tokio::join!(interactive, bulk) });
    closing.join().expect("thread");
    a.expect("stored");
    b.expect("stored");
    let t = t.reopened(|_| {});
    assert_eq!(all_bodies(&t.db), ["interactive", "bulk"]);
}

#[test]
fn dropping_the_handle_waits_for_both_lanes() {
    let t = Setup::new(MIGRATIONS).tune(once).sqlite();

    let gate = Gate::default();
    // The only handle: this thread's.
    let db = t.second();
    let mine = gate.clone();
    let rt = runtime();
    let abandoned = Arc::new(AtomicU32::new(0));
    rt.block_on(async {
        let counted = abandoned.clone();
        let mut held = Box::pin(db.write(move |_| {
            mine.wait();
            counted.fetch_add(1, SeqCst);
            Ok(())
        }));
        tokio::select! { biased; _ = &mut held => {}, () = std::future::ready(()) => {} }
        gate.until_reached();
        let mut bulk = Box::pin(db.write_bulk(|tx| add(tx, "bulk")));
        tokio::select! { biased; _ = &mut bulk => {}, () = std::future::ready(()) => {} }
        // Forgotten, not dropped: the caller still waits, as a task of another runtime would.
        std::mem::forget(bulk);
        std::mem::forget(held);
    });
    let opener = thread::spawn(move || gate.open());
    drop(db);
    opener.join().expect("thread");
    assert_eq!(abandoned.load(SeqCst), 1);
    assert_eq!(all_bodies(&t.db), ["bulk"]);
}

#[test]
fn a_database_may_be_dropped_by_its_own_writer_and_readers() {
    // A transaction each, so that the one behind is still to be done when the handle goes.
    let t = Setup::new(MIGRATIONS).tune(|o| o.batch_jobs = 1).sqlite();
    for write in [true, false] {
        let (db, gate) = (t.second(), Gate::default());
        let (held, wait) = (db.clone(), gate.clone());
        // The caller leaves while its closure runs, and with the closure goes the last handle of the database.
        runtime().block_on(async {
            let work = async {
                match write {
                    true => db.write(move |_| Ok((wait.wait(), held.stats()).1)).await,
                    false => db.read(move |_| Ok((wait.wait(), held.stats()).1)).await,
                }
            };
            tokio::select! { biased; _ = work => {}, () = async { gate.until_reached() } => {} }
            // Somebody waits behind it, and holds no handle.
            let mut behind = Box::pin(db.write(move |tx| add(tx, &format!("behind a write: {write}"))));
            tokio::select! { biased; _ = &mut behind => {}, () = std::future::ready(()) => {} }
            std::mem::forget(behind);
        });
        drop(db);
        gate.open();
    }
    eventually(10, "what was queued is finished", || all_bodies(&t.db).len() == 2);
    t.db.write_now(|tx| add(tx, "after")).expect("the file is free");
    let t = t.reopened(|_| {});
    assert_eq!(all_bodies(&t.db).len(), 3);
}

#[test]
fn every_closure_runs_twice_when_told_to_and_leaves_one_trace() {
    let t = Setup::new(MIGRATIONS).sqlite();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    t.db.write_now(move |tx| {
        counted.fetch_add(1, SeqCst);
        add(tx, "once")
    })
    .expect("write");
    assert_eq!(runs.load(SeqCst), 2);
    assert_eq!(all_bodies(&t.db), ["once"]);
}

#[test]
fn readers_cannot_write() {
    platform::testing::for_each_engine(MIGRATIONS, |db| {
        let tried = db.read_now(|c| {
            c.value::<i64>(sql!("INSERT INTO notes (body) VALUES ('smuggled') RETURNING id"), &[]).map(|_| ())
        });
        assert!(tried.is_err(), "{:?}", db.engine());
        assert!(all_bodies(&db).is_empty());
        Ok(())
    });
}

#[test]
fn a_reader_sees_one_moment_however_long_it_looks() {
    platform::testing::for_each_engine(MIGRATIONS, |db| {
        db.write_now(|tx| add(tx, "before"))?;
        let gate = Gate::default();
        let (reader, wait) = (db.clone(), gate.clone());
        let reading = thread::spawn(move || {
            reader.read_now(move |c| {
                let first = bodies(c)?;
                wait.wait();
                Ok((first, bodies(c)?))
            })
        });
        gate.until_reached();
        db.write_now(|tx| add(tx, "meanwhile"))?;
        assert_eq!(all_bodies(&db).len(), 2, "another reader sees it at once");
        gate.open();
        let (first, second) = reading.join().expect("thread")?;
        assert_eq!((first.len(), second.len()), (1, 1));
        Ok(())
    });
}

#[test]
fn a_panicking_reader_is_that_readers_failure_alone() {
    quiet_panics();
    platform::testing::for_each_engine(MIGRATIONS, |db| {
        for _ in 0..20 {
            let panicked = db.read_now(|c| -> Result<()> {
                bodies(c)?;
                panic!("{}", CHATTER)
            });
            assert_eq!(panicked.map_err(|e| e.code), Err(Code::Internal));
        }
        assert!(all_bodies(&db).is_empty());
        Ok(())
    });
}

#[test]
fn a_caller_who_left_before_its_turn_costs_nothing() {
    let t = Setup::new(MIGRATIONS).tune(once).sqlite();
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    runtime().block_on(async {
        let mut left = Box::pin(t.db.write(|tx| add(tx, "nobody waits")));
        tokio::select! { biased; _ = &mut left => {}, () = std::future::ready(()) => {} }
    });
    gate.open();
    held.join().expect("thread").expect("the holder");
    t.db.write_now(|tx| add(tx, "somebody waits")).expect("write");
    assert_eq!(all_bodies(&t.db), ["somebody waits"]);
}

#[test]
fn a_second_process_may_write_too_and_event_ids_do_not_clash() {
    let t = TestDb::sqlite(MIGRATIONS);
    let other = t.second();
    for n in 0..10 {
        for db in [&t.db, &other] {
            db.write_now(move |tx| {
                let origin = platform::events::Origin::system();
                platform::events::record(
                    tx,
                    &origin,
                    platform::events::NewEvent::new("test.happened", "test", n, serde_json::json!({})),
                )
            })
            .expect("recorded");
        }
    }
    let seqs =
        t.db.read_now(|c| c.all(sql!("SELECT seq FROM events ORDER BY seq"), params![], |r| r.get::<i64>(0)));
    assert_eq!(seqs.expect("read"), (1..=20).collect::<Vec<_>>());
}
