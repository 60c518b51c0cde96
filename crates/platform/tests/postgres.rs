//! PostgreSQL: conflicts, locks, lost connections.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use common::{Gate, MIGRATIONS, add, all_bodies};
use platform::{
    Code, Db, Result, Tx,
    db::LockKey,
    params, sql,
    testing::{EphemeralPostgres, Setup, eventually, for_each_engine, runtime},
};

/// Reads, thinks, writes: loses updates wherever the engine lets it.
fn increment(tx: &Tx<'_>) -> Result<()> {
    let n: i64 = tx.value(sql!("SELECT n FROM counters WHERE name = 'c'"), &[])?.unwrap_or(0);
    tx.exec(sql!("UPDATE counters SET n = ?1 WHERE name = 'c'"), params![n + 1])?;
    Ok(())
}

fn count(db: &Db) -> Option<i64> {
    db.read_now(|c| c.value(sql!("SELECT n FROM counters WHERE name = 'c'"), &[])).expect("read")
}

fn new_counter(db: &Db) {
    db.write_now(|tx| tx.exec(sql!("INSERT INTO counters (name, n) VALUES ('c', 0)"), &[])).expect("insert");
}

/// Eight at once, fifty times each, from two nodes; a caller that is told to come again does.
fn hammer(nodes: &[Db], write: impl Fn(&Db) -> Result<()> + Sync) {
    thread::scope(|s| {
        for n in 0..8 {
            let (db, write) = (&nodes[n % nodes.len()], &write);
            s.spawn(move || {
                for _ in 0..50 {
                    while let Err(e) = write(db) {
                        assert_eq!(e.code, Code::Busy, "{e}");
                    }
                }
            });
        }
    });
}

#[test]
fn concurrent_increments_end_exact_and_conflicts_are_counted() {
    Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).each(|t| {
        new_counter(&t.db);
        let nodes = [t.db.clone(), t.second()];
        hammer(&nodes, |db| db.write_now(increment));
        assert_eq!(count(&t.db), Some(400));
        if t.db.engine() == platform::db::Engine::Postgres {
            assert!(nodes.iter().map(|n| n.stats().retries).sum::<u64>() > 0, "nothing ever clashed");
        }
        Ok(())
    });
}

#[test]
fn increments_behind_a_lock_end_exact_without_conflicts() {
    Setup::new(MIGRATIONS).each(|t| {
        new_counter(&t.db);
        let nodes = [t.db.clone(), t.second()];
        let rt = runtime();
        let keys = || vec![LockKey::of_text(3, "b"), LockKey::new(3, 7), LockKey::new(3, 7)];
        hammer(&nodes, |db| rt.block_on(db.write_locked(keys(), increment)));
        assert_eq!(count(&t.db), Some(400));
        assert_eq!(nodes.iter().map(|n| n.stats().retries).sum::<u64>(), 0);
        Ok(())
    });
}

#[test]
fn a_lock_taken_under_way_orders_two_closures() {
    Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).each(|t| {
        new_counter(&t.db);
        let nodes = [t.db.clone(), t.second()];
        let rt = runtime();
        // READ COMMITTED: the statement after the lock sees what its last holder stored.
        hammer(&nodes, |db| {
            rt.block_on(db.write_locked(Vec::new(), |tx| {
                tx.lock(LockKey::new(4, 1))?;
                increment(tx)
            }))
        });
        assert_eq!(count(&t.db), Some(400));
        assert_eq!(nodes.iter().map(|n| n.stats().retries).sum::<u64>(), 0);
        // SERIALIZABLE: whoever waited has an old snapshot and runs again, but nothing is lost.
        hammer(&nodes, |db| {
            db.write_now(|tx| {
                tx.lock(LockKey::new(4, 1))?;
                increment(tx)
            })
        });
        assert_eq!(count(&t.db), Some(800));
        Ok(())
    });
}

#[test]
fn locks_taken_in_opposite_order_end_in_a_retry_and_not_in_a_standstill() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    new_counter(&t.db);
    let rt = runtime();
    let both_hold_one = std::sync::Barrier::new(2);
    let both_hold_one: &'static std::sync::Barrier = Box::leak(Box::new(both_hold_one));
    let locked = |first: i64, second: i64| {
        let met = AtomicU32::new(0);
        t.db.write_locked(Vec::new(), move |tx| {
            tx.lock(LockKey::new(5, first))?;
            if met.fetch_add(1, SeqCst) == 0 {
                both_hold_one.wait();
            }
            tx.lock(LockKey::new(5, second))?;
            increment(tx)
        })
    };
    let (a, b) = rt.block_on(async { tokio::join!(locked(1, 2), locked(2, 1)) });
    a.expect("one");
    b.expect("other");
    assert_eq!(count(&t.db), Some(2));
    assert!(t.db.stats().retries >= 1);
}

#[test]
fn a_closure_that_goes_on_after_a_failed_statement_is_not_told_that_it_was_stored() {
    Setup::new(MIGRATIONS).each(|t| {
        t.db.write_now(|tx| add(tx, "there"))?;
        let careless = t.db.write_now(|tx| {
            add(tx, "mine")?;
            let _ = add(tx, "there");
            Ok(())
        });
        let stored = all_bodies(&t.db).contains(&"mine".to_owned());
        // SQLite undoes the statement alone; PostgreSQL has ended the transaction, and its COMMIT would say OK.
        assert_eq!(careless.is_ok(), stored, "{:?}", t.db.engine());
        t.db.write_now(|tx| add(tx, "after")).map(|_| ())
    });
}

#[test]
fn opening_inside_a_runtime_works_and_a_wrong_address_is_told_at_once() {
    let Some(t) = Setup::new(MIGRATIONS).postgres() else { return };
    runtime().block_on(async {
        let node = t.second();
        node.write(|tx| add(tx, "from a runtime")).await.expect("write");
        drop(node);
    });
    let mut options = t.options.clone();
    options.target = platform::db::Target::Postgres(format!("{}_which_is_not_there", t.url()));
    let opened = platform::Db::open(&options, t.clock.clone(), Default::default());
    assert!(opened.is_err());
}

#[test]
fn queued_work_is_finished_when_the_last_handle_goes() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let node = t.second();
    runtime().block_on(async {
        for n in 0..40 {
            let mut one = Box::pin(node.write(move |tx| add(tx, &format!("i{n}"))));
            tokio::select! { biased; _ = &mut one => {}, () = std::future::ready(()) => {} }
            std::mem::forget(one);
            let mut one = Box::pin(node.write_bulk(move |tx| add(tx, &format!("b{n}"))));
            tokio::select! { biased; _ = &mut one => {}, () = std::future::ready(()) => {} }
            std::mem::forget(one);
        }
    });
    drop(node);
    assert_eq!(all_bodies(&t.db).len(), 80);
}

#[test]
fn bulk_work_leaves_connections_for_the_people() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let gate = Gate::default();
    let bulk: Vec<_> = (0..20)
        .map(|_| {
            let (db, gate) = (t.db.clone(), gate.clone());
            thread::spawn(move || {
                runtime().block_on(db.write_bulk(move |_| {
                    gate.wait();
                    Ok(())
                }))
            })
        })
        .collect();
    gate.until_reached();
    eventually(10, "all of it waits", || t.db.stats().queued >= 18);
    t.db.write_now(|tx| add(tx, "a person's")).expect("write");
    gate.open();
    for b in bulk {
        b.join().expect("thread").expect("bulk");
    }
}

#[test]
fn a_conflict_that_never_ends_is_busy_after_some_tries() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let gave_up = t.db.write_now(move |tx| {
        counted.fetch_add(1, SeqCst);
        tx.exec(sql!("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"), &[])
    });
    let e = gave_up.expect_err("busy");
    assert!(e.code == Code::Busy && e.retry_after.is_some(), "{e}");
    assert_eq!((runs.load(SeqCst), t.db.stats().retries), (12, 12));
}

#[test]
fn a_connection_that_was_cut_is_replaced_and_its_closure_runs_again() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    t.db.write_now(move |tx| {
        add(tx, "once")?;
        if counted.fetch_add(1, SeqCst) == 0 {
            // Cuts its own connection, before COMMIT.
            let _ = tx.value::<bool>(sql!("SELECT pg_terminate_backend(pg_backend_pid())"), &[]);
        }
        Ok(())
    })
    .expect("the second run");
    assert_eq!(runs.load(SeqCst), 2);
    assert_eq!(all_bodies(&t.db), ["once"]);
    let cut = t.db.read_now(|c| c.value::<bool>(sql!("SELECT pg_terminate_backend(pg_backend_pid())"), &[]));
    assert_eq!(cut.map_err(|e| e.code), Err(Code::Unavailable));
}

#[test]
fn every_call_works_again_after_the_server_was_restarted() {
    let Some(mut server) = EphemeralPostgres::start() else { return };
    let t = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).on(&server);
    let work = |round: u32| {
        for n in 0..32 {
            t.db.write_now(move |tx| add(tx, &format!("{round}/{n}"))).expect("write");
            all_bodies(&t.db);
        }
    };
    work(0);
    server.restart();
    work(1);
    server.kill();
    let down = t.db.write_now(|tx| add(tx, "nobody there")).expect_err("no server");
    assert_eq!(down.code, Code::Unavailable, "{down:?}");
    let down = t.db.read_now(common::bodies).expect_err("no server");
    assert_eq!(down.code, Code::Unavailable, "{down:?}");
    server.begin();
    work(2);
    assert_eq!(all_bodies(&t.db).len(), 96);
}

#[test]
fn a_table_that_another_node_changed_is_met_with_a_new_plan() {
    let Some(t) = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres() else { return };
    let read = |tx: &Tx<'_>| tx.all(sql!("SELECT * FROM counters"), &[], |r| r.get::<String>(0));
    for _ in 0..16 {
        t.db.write_now(read).expect("planned");
    }
    t.second()
        .write_now(|tx| tx.exec(sql!("ALTER TABLE counters ADD COLUMN more bigint"), &[]))
        .expect("altered");
    for _ in 0..16 {
        t.db.write_now(read).expect("planned anew");
    }
}

#[test]
fn a_slow_closure_of_one_caller_holds_up_nobody_else() {
    for_each_engine(MIGRATIONS, |db| {
        let gate = Gate::default();
        let (slow, wait) = (db.clone(), gate.clone());
        let reading = thread::spawn(move || {
            slow.read_now(move |_| {
                wait.wait();
                Ok(())
            })
        });
        gate.until_reached();
        db.write_now(|tx| add(tx, "meanwhile"))?;
        assert_eq!(all_bodies(&db), ["meanwhile"]);
        gate.open();
        reading.join().expect("thread")
    });
}

#[test]
fn jobs_of_one_node_wake_the_workers_of_another() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Errand;
    impl platform::jobs::Job for Errand {
        const KIND: &'static str = "test.errand";
    }
    let Some(t) = Setup::new(MIGRATIONS).postgres() else { return };
    runtime().block_on(async {
        let (node, other) = (t.db.clone(), t.second());
        let (stop, stopping) = tokio::sync::watch::channel(false);
        for n in [&node, &other] {
            platform::events::sequencer::start(n.clone(), t.url(), stopping.clone());
        }
        // Listening takes a moment to begin, so the first ones may be told to nobody.
        let heard = async {
            loop {
                node.write(|tx| platform::jobs::enqueue(tx, &Errand, tx.now()).map(|_| ()))
                    .await
                    .expect("enqueued");
                let word = other.signals().jobs.notified();
                if tokio::time::timeout(std::time::Duration::from_millis(200), word).await.is_ok() {
                    return;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), heard).await.expect("it was told");
        stop.send_replace(true);
    });
}
