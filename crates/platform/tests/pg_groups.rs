//! PostgreSQL's groups: what neighbours in one transaction can do to each other, which is nothing.

mod common;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use common::{CHATTER, Gate, MIGRATIONS, add, all_bodies, quiet_panics, refuse};
use platform::{
    Code, Db, Result, Tx,
    db::LockKey,
    params, sql,
    testing::{Setup, TestDb, eventually, runtime},
};

/// A database whose groups run one after another, so that a test can say what waits meanwhile.
fn one_at_a_time(twice: bool) -> Option<TestDb> {
    Setup::new(MIGRATIONS)
        .tune(move |o| {
            o.run_twice = twice;
            o.pg_groups = Some(1);
            o.pg_group_time = Duration::from_secs(60);
        })
        .postgres()
}

fn grouped<T: Send + 'static>(
    db: &Db,
    key: i64,
    f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    runtime().block_on(db.write_grouped(vec![LockKey::new(1, key)], f))
}

/// Holds the one group until the gate opens.
fn hold(db: &Db, gate: &Gate) -> thread::JoinHandle<Result<()>> {
    let (db, mine) = (db.clone(), gate.clone());
    let held = thread::spawn(move || {
        grouped(&db, 0, move |_| {
            mine.wait();
            Ok(())
        })
    });
    gate.until_reached();
    held
}

/// Starts a grouped write on a thread of its own and returns when it waits in the queue.
fn queue<T: Send + 'static>(
    db: &Db,
    key: i64,
    f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
) -> thread::JoinHandle<Result<T>> {
    let before = db.stats().queued;
    let handle = db.clone();
    let waiting = thread::spawn(move || grouped(&handle, key, f));
    eventually(10, "queued", || db.stats().queued > before);
    waiting
}

/// Ends the connection that it runs on.
fn cut(tx: &Tx<'_>) {
    let _ = tx.value::<bool>(sql!("SELECT pg_terminate_backend(pg_backend_pid())"), &[]);
}

fn once() -> impl Fn() -> bool {
    let done = AtomicBool::new(false);
    move || !done.swap(true, SeqCst)
}

#[test]
fn neighbours_that_fail_panic_or_refuse_lose_nothing_of_others() {
    quiet_panics();
    for twice in [false, true] {
        let Some(t) = one_at_a_time(twice) else { return };
        t.db.write_now(|tx| add(tx, "there")).expect("first");
        let before = t.db.stats();
        let gate = Gate::default();
        let held = hold(&t.db, &gate);
        let good_1 = queue(&t.db, 1, |tx| add(tx, "good 1"));
        let violating = queue(&t.db, 2, |tx| add(tx, "bad 1").and_then(|_| add(tx, "there")));
        let good_2 = queue(&t.db, 3, |tx| add(tx, "good 2"));
        let panicking = queue(&t.db, 4, |tx| -> Result<()> {
            add(tx, "bad 2")?;
            panic!("{}", CHATTER)
        });
        let careless = queue(&t.db, 5, |tx| {
            add(tx, "bad 3")?;
            let _ = add(tx, "there");
            Ok(())
        });
        let refusing = queue(&t.db, 6, |tx| add(tx, "bad 4").and_then(|_| Err::<(), _>(refuse())));
        let good_3 = queue(&t.db, 7, |tx| add(tx, "good 3"));
        gate.open();

        held.join().expect("thread").expect("the holder");
        for good in [good_1, good_2, good_3] {
            good.join().expect("thread").expect("a good one");
        }
        assert_eq!(violating.join().expect("thread").map_err(|e| e.code), Err(Code::Duplicate));
        assert_eq!(refusing.join().expect("thread").map_err(|e| e.code), Err(Code::Internal));
        let panicked = panicking.join().expect("thread").expect_err("panicked");
        assert!(panicked.to_string().contains("panicked"), "{panicked}");
        let went_on = careless.join().expect("thread").expect_err("went on");
        assert!(went_on.to_string().contains("went on"), "{went_on}");

        assert_eq!(all_bodies(&t.db), ["there", "good 1", "good 2", "good 3"]);
        let after = t.db.stats();
        assert_eq!((after.commits - before.commits, after.retries), (2, 0), "the holder, and one group");
        assert_eq!(after.writes - before.writes, 4);
    }
}

#[test]
fn a_single_write_does_not_wait_for_company() {
    let Some(t) = one_at_a_time(false) else { return };
    let before = t.db.stats();
    for i in 0..50 {
        grouped(&t.db, i, move |tx| add(tx, &i.to_string())).expect("write");
    }
    let after = t.db.stats();
    assert_eq!((after.writes - before.writes, after.commits - before.commits), (50, 50));
}

#[test]
fn a_connection_cut_amid_a_group_loses_nothing_and_repeats_nothing() {
    let Some(t) = one_at_a_time(false) else { return };
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let before = queue(&t.db, 1, |tx| add(tx, "before"));
    let first = once();
    let cutting = queue(&t.db, 2, move |tx| {
        let id = add(tx, "cutting")?;
        if first() {
            cut(tx);
        }
        Ok(id)
    });
    let refusing = queue(&t.db, 3, |tx| add(tx, "refused").and_then(|_| Err::<(), _>(refuse())));
    let after = queue(&t.db, 4, |tx| add(tx, "after"));
    gate.open();
    held.join().expect("thread").expect("the holder");
    let ids = [before, cutting, after].map(|w| w.join().expect("thread").expect("run again, alone"));
    assert_eq!(refusing.join().expect("thread").map_err(|e| e.code), Err(Code::Internal));
    assert_eq!(all_bodies(&t.db), ["before", "cutting", "after"]);
    assert!(ids.is_sorted(), "what was told is what is stored: {ids:?}");
    assert_eq!(t.db.stats().retries, 4);
}

#[test]
fn a_connection_cut_from_outside_while_a_group_waits_is_replaced() {
    let Some(t) = one_at_a_time(false) else { return };
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let (inside, first) = (Gate::default(), once());
    let wait = inside.clone();
    let one = queue(&t.db, 1, |tx| add(tx, "one"));
    let two = queue(&t.db, 2, move |tx| {
        if first() {
            wait.wait();
        }
        add(tx, "two")
    });
    gate.open();
    inside.until_reached();
    // Whoever holds one of our locks.
    t.db.read_now(|c| {
        c.all(
            sql!("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
            &[],
            |r| r.get::<bool>(0),
        )
    })
    .expect("cut");
    inside.open();
    held.join().expect("thread").expect("the holder");
    for w in [one, two] {
        w.join().expect("thread").expect("run again");
    }
    assert_eq!(all_bodies(&t.db), ["one", "two"]);
}

#[test]
fn a_connection_cut_at_the_commit_makes_nobody_believe_in_what_is_not_there() {
    let Some(t) = one_at_a_time(false) else { return };
    // Fires at COMMIT, for the row that says so.
    t.db.write_now(|tx| {
        tx.exec(sql!("CREATE FUNCTION cut_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"), &[])?;
        tx.exec(sql!("CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.body = 'cut') EXECUTE FUNCTION cut_at_commit()"), &[])
    })
    .expect("trigger");
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let one = queue(&t.db, 1, |tx| add(tx, "one"));
    let cutting = queue(&t.db, 2, |tx| add(tx, "cut"));
    let refusing = queue(&t.db, 3, |_| Err::<i64, _>(refuse()));
    gate.open();
    held.join().expect("thread").expect("the holder");
    let unknown: Vec<_> = [one, cutting].into_iter().map(|w| w.join().expect("thread")).collect();
    for u in unknown {
        let e = u.expect_err("nobody can know");
        assert!(e.code == Code::Unavailable && e.detail.contains("look whether it was"), "{e:?}");
    }
    assert_eq!(refusing.join().expect("thread").map_err(|e| e.code), Err(Code::Internal));
    assert!(all_bodies(&t.db).is_empty());
    grouped(&t.db, 1, |tx| add(tx, "after")).expect("a new connection");
}

#[test]
fn closures_of_one_key_share_a_group_or_wait_without_a_connection() {
    let Some(t) = Setup::new(MIGRATIONS)
        .tune(|o| {
            o.run_twice = false;
            o.pg_groups = Some(4);
        })
        .postgres()
    else {
        return;
    };
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    // All behind the holder's key, more than there are connections …
    let waiting: Vec<_> = (0..20).map(|n| queue(&t.db, 0, move |tx| add(tx, &format!("same {n}")))).collect();
    // … and neither others nor readers stand behind them.
    let before = t.db.stats();
    for n in 1..10 {
        grouped(&t.db, n, move |tx| add(tx, &format!("other {n}"))).expect("another key");
    }
    t.db.write_now(|tx| add(tx, "alone")).expect("write");
    assert_eq!(all_bodies(&t.db).len(), 10);
    assert_eq!(t.db.stats().queued, before.queued);
    let commits = t.db.stats().commits;
    gate.open();
    held.join().expect("thread").expect("the holder");
    for w in waiting {
        w.join().expect("thread").expect("done");
    }
    assert_eq!(all_bodies(&t.db).len(), 30);
    let stats = t.db.stats();
    assert!(stats.commits - commits < 20 && stats.retries == 0, "{stats:?}");
}

#[test]
fn a_circle_of_waiting_is_broken_before_the_server_has_to() {
    let Some(t) = one_at_a_time(false) else { return };
    t.db.write_now(|tx| tx.exec(sql!("INSERT INTO counters (name, n) VALUES ('a', 0), ('b', 0)"), &[]))
        .expect("counters");
    let other = t.second();
    let meet = Arc::new(Barrier::new(2));
    let mut all = Vec::new();
    let mut holders = Vec::new();
    // Each node changes in one group what the other node's group changes in the opposite order.
    for (n, (node, rows)) in [(&t.db, ["a", "b"]), (&other, ["b", "a"])].into_iter().enumerate() {
        let gate = Gate::default();
        let db = node.clone();
        let wait = gate.clone();
        let key = n as i64 * 10;
        let held = thread::spawn(move || {
            grouped(&db, key, move |_| {
                wait.wait();
                Ok(())
            })
        });
        gate.until_reached();
        for (i, name) in rows.into_iter().enumerate() {
            let (meet, first) = (meet.clone(), once());
            all.push(queue(node, key + 1 + i as i64, move |tx| {
                tx.exec(sql!("UPDATE counters SET n = n + 1 WHERE name = ?1"), params![name])?;
                if i == 0 && first() {
                    meet.wait();
                }
                Ok(())
            }));
        }
        holders.push((gate, held));
    }
    let begun = Instant::now();
    for (gate, held) in holders {
        gate.open();
        held.join().expect("thread").expect("the holder");
    }
    for w in all {
        w.join().expect("thread").expect("done");
    }
    // The server looks for deadlocks after a second.
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    let counts =
        t.db.read_now(|c| c.all(sql!("SELECT n FROM counters ORDER BY name"), &[], |r| r.get::<i64>(0)));
    assert_eq!(counts.expect("counts"), [2, 2]);
    let retries = t.db.stats().retries + other.stats().retries;
    assert!((1..=2).contains(&retries), "{retries}");
}

#[test]
fn a_group_ends_after_a_lock_that_was_taken_under_way() {
    let Some(t) = one_at_a_time(false) else { return };
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let before = t.db.stats().commits;
    let waiting: Vec<_> = (1..=4)
        .map(|n| {
            queue(&t.db, n, move |tx| {
                if n == 2 {
                    tx.lock(LockKey::new(2, 1))?;
                }
                add(tx, &n.to_string())
            })
        })
        .collect();
    gate.open();
    held.join().expect("thread").expect("the holder");
    for w in waiting {
        w.join().expect("thread").expect("done");
    }
    assert_eq!(all_bodies(&t.db), ["1", "2", "3", "4"], "and the rest goes first afterwards");
    assert_eq!(t.db.stats().commits - before, 3, "the holder, two, and two");
}

#[test]
fn a_full_queue_is_busy_and_what_waits_is_finished_when_the_last_handle_goes() {
    let Some(t) = Setup::new(MIGRATIONS)
        .tune(|o| {
            o.run_twice = false;
            o.pg_groups = Some(2);
            o.writer_queue = 6;
        })
        .postgres()
    else {
        return;
    };
    let (node, gate) = (t.second(), Gate::default());
    let held = hold(&node, &gate);
    runtime().block_on(async {
        for n in 0..6 {
            // Half of them wait for the holder's key.
            let mut one = Box::pin(
                node.write_grouped(vec![LockKey::new(1, n % 2 * 100)], move |tx| add(tx, &n.to_string())),
            );
            tokio::select! { biased; _ = &mut one => {}, () = std::future::ready(()) => {} }
            std::mem::forget(one);
            eventually(10, "taken", || node.stats().queued <= n as u64 / 2 + 1);
        }
        for n in 6..9 {
            let mut one =
                Box::pin(node.write_grouped(vec![LockKey::new(1, 0)], move |tx| add(tx, &n.to_string())));
            tokio::select! { biased; _ = &mut one => {}, () = std::future::ready(()) => {} }
            std::mem::forget(one);
        }
        let refused = node.write_grouped(vec![LockKey::new(1, 0)], |tx| add(tx, "one too many")).await;
        assert_eq!(refused.expect_err("busy").code, Code::Busy);
    });
    let opener = thread::spawn(move || {
        gate.open();
        held.join().expect("thread").expect("the holder");
    });
    drop(node);
    opener.join().expect("thread");
    assert_eq!(all_bodies(&t.db).len(), 9);
}

/// What one caller asks for: a key, rows to count up, and how it ends.
#[derive(Debug, Clone, Copy)]
struct Asked {
    key: i64,
    rows: [u8; 2],
    end: u8,
    n: usize,
}

fn asked() -> Vec<Asked> {
    // Any numbers will do, as long as they are the same each time.
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut draw = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    (0..200)
        .map(|n| Asked { key: draw(6) as i64, rows: [draw(5) as u8, draw(5) as u8], end: draw(12) as u8, n })
        .collect()
}

fn carry_out(tx: &Tx<'_>, asked: Asked) -> Result<i64> {
    // Reads, thinks, writes what belongs to its key; counts up what belongs to all.
    let mine = format!("key {}", asked.key);
    let n: i64 = tx.value(sql!("SELECT n FROM counters WHERE name = ?1"), params![&mine])?.unwrap_or(0);
    tx.exec(
        sql!(
            "INSERT INTO counters (name, n) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET n = excluded.n"
        ),
        params![&mine, n + 1],
    )?;
    for row in asked.rows {
        if asked.end == 3 {
            tx.lock(LockKey::new(2, row.into()))?;
        }
        tx.exec(
            sql!("INSERT INTO counters (name, n) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET n = counters.n + 1"),
            params![format!("row {row}")],
        )?;
    }
    match asked.end {
        0 => Err(refuse()),
        1 => panic!("{}", CHATTER),
        2 => add(tx, "there"),
        _ => add(tx, &format!("asked {}", asked.n)).map(|_| 0),
    }
}

type Told = BTreeMap<usize, std::result::Result<i64, Code>>;
/// What each was told; names with numbers, and notes, as they are in the end.
type Outcome = (Told, Vec<(String, i64)>, Vec<String>);

/// Everything asked of two nodes, sixteen callers at once: what each was told, and what is there in the end.
fn outcome(in_groups: bool) -> Option<Outcome> {
    let t = Setup::new(MIGRATIONS).tune(|o| o.run_twice = false).postgres()?;
    t.db.write_now(|tx| add(tx, "there")).expect("first");
    let (nodes, rt, next) = ([t.db.clone(), t.second()], runtime(), AtomicU32::new(0));
    let all = asked();
    let told = thread::scope(|s| {
        let callers: Vec<_> = (0..16)
            .map(|n| {
                let (db, rt, next, all) = (&nodes[n % 2], &rt, &next, &all);
                s.spawn(move || {
                    let mut told = Told::new();
                    while let Some(&one) = all.get(next.fetch_add(1, SeqCst) as usize) {
                        let key = vec![LockKey::new(1, one.key)];
                        let done = match in_groups {
                            true => rt.block_on(db.write_grouped(key, move |tx| carry_out(tx, one))),
                            false => rt.block_on(db.write_locked(key, move |tx| carry_out(tx, one))),
                        };
                        told.insert(one.n, done.map_err(|e| e.code));
                    }
                    told
                })
            })
            .collect();
        callers.into_iter().flat_map(|c| c.join().expect("a caller")).collect::<Told>()
    });
    assert_eq!(nodes.iter().map(|n| n.stats().given_up).sum::<u64>(), 0);
    let counters = t.db.read_now(|c| {
        c.all(sql!("SELECT name, n FROM counters ORDER BY name"), &[], |r| Ok((r.get(0)?, r.get(1)?)))
    });
    let mut bodies = all_bodies(&t.db);
    bodies.sort();
    Some((told, counters.expect("counters"), bodies))
}

#[test]
fn what_groups_store_and_tell_is_what_single_transactions_do() {
    quiet_panics();
    let (Some(groups), Some(singly)) = (outcome(true), outcome(false)) else { return };
    assert_eq!(groups.0, singly.0);
    assert_eq!(groups.1, singly.1);
    assert_eq!(groups.2, singly.2);
    let stored = groups.0.values().filter(|told| told.is_ok()).count();
    assert!(stored == groups.2.len() - 1 && stored > 120, "{stored}");
}
