//! Jobs: done at least once, by one worker at a time, and never forgotten.

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use common::{CHATTER, MIGRATIONS, quiet_panics};
use platform::{
    Code, Db, Result,
    clock::{DAY, HOUR, MINUTE, SECOND},
    jobs::{self, Job, Outcome, Workers},
    params, sql,
    testing::{NOON, Setup},
};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinHandle};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Send(i64);

impl Job for Send {
    const KIND: &'static str = "test.send";
    const ATTEMPTS: u32 = 3;
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Brief(i64);

impl Job for Brief {
    const KIND: &'static str = "test.brief";
    const LEASE: i64 = 300;
}

struct Running(watch::Sender<bool>, Vec<JoinHandle<()>>);

impl Running {
    fn start(workers: impl IntoIterator<Item = Workers>) -> Running {
        let (stop, stopping) = watch::channel(false);
        Running(stop, workers.into_iter().map(|w| tokio::spawn(w.run(stopping.clone()))).collect())
    }
    async fn stop(self) {
        self.0.send_replace(true);
        for w in self.1 {
            w.await.expect("workers end");
        }
    }
}

/// Waits for what arrives by itself.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}: not within 20 s"));
}

#[derive(Debug, PartialEq)]
struct Row {
    state: String,
    run_at: i64,
    attempts: i64,
    error: Option<String>,
}

async fn row(db: &Db, id: i64) -> Option<Row> {
    db.read(move |c| {
        c.opt(sql!("SELECT state, run_at, attempts, error FROM jobs WHERE id = ?1"), params![id], |r| {
            let mut r = r.columns();
            Ok(Row { state: r.next()?, run_at: r.next()?, attempts: r.next()?, error: r.next()? })
        })
    })
    .await
    .expect("read")
}

async fn is(db: &Db, id: i64, state: &str) -> bool {
    row(db, id).await.is_some_and(|r| r.state == state)
}

async fn send(db: &Db, n: i64) -> Result<i64> {
    db.write(move |tx| jobs::enqueue(tx, &Send(n), tx.now())).await
}

/// A setup without rehearsals: these tests count.
fn setup() -> Setup {
    Setup::new(MIGRATIONS).tune(|o| o.run_twice = false)
}

#[test]
fn a_job_is_done_once_and_one_of_an_undone_transaction_never() {
    Setup::new(MIGRATIONS).each_async(|t| {
        let db = t.db.clone();
        async move {
            let (ran, counted) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicU32::new(0)));
            let (r, c) = (ran.clone(), counted.clone());
            let running = Running::start([Workers::new(db.clone()).on(2, move |job: Send| {
                r.fetch_add(job.0, SeqCst);
                c.fetch_add(1, SeqCst);
                async { Outcome::Done }
            })]);
            let undone = db.write(|tx| {
                jobs::enqueue(tx, &Send(1000), tx.now()).and_then(|_| Err::<(), _>(common::refuse()))
            });
            assert!(undone.await.is_err());
            let ids = [send(&db, 1).await?, send(&db, 2).await?, send(&db, 4).await?];
            for id in ids {
                until("done", async || is(&db, id, "done").await).await;
            }
            running.stop().await;
            assert_eq!((ran.load(SeqCst), counted.load(SeqCst)), (7, 3));
            Ok(())
        }
    });
}

#[test]
fn a_failing_job_is_tried_again_later_and_later_and_then_stays_visible() {
    setup().each_async(|t| {
        let (db, clock) = (t.db.clone(), t.clock.clone());
        async move {
            let running = Running::start([Workers::new(db.clone())
                .on(1, |_: Send| async { Outcome::Retry { after: None, why: "not yet".into() } })]);
            let id = send(&db, 1).await?;
            for (tries, pause) in [(1, SECOND), (2, 4 * SECOND)] {
                until("retried", async || {
                    row(&db, id).await.is_some_and(|r| r.state == "queued" && r.attempts == tries)
                })
                .await;
                let row = row(&db, id).await.expect("there");
                assert_eq!((row.run_at, row.error.as_deref()), (clock.now() + pause, Some("not yet")));
                clock.advance(pause);
            }
            until("failed", async || is(&db, id, "failed").await).await;
            assert_eq!(row(&db, id).await.expect("there").attempts, 3);
            let backlog = db.read(jobs::backlog).await?;
            assert_eq!(backlog.iter().map(|b| (b.1.as_str(), b.2)).collect::<Vec<_>>(), [("failed", 1)]);
            running.stop().await;

            // Run again by hand, and this time it goes well.
            db.write(move |tx| jobs::retry(tx, id)).await?;
            assert_eq!(
                db.write(move |tx| jobs::retry(tx, id)).await.map_err(|e| e.code),
                Err(Code::NotFound)
            );
            let running = Running::start([Workers::new(db.clone()).on(1, |_: Send| async { Outcome::Done })]);
            until("done", async || is(&db, id, "done").await).await;
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn a_job_may_name_its_own_pause_or_give_up_for_good() {
    setup().each_async(|t| {
        let (db, clock) = (t.db.clone(), t.clock.clone());
        async move {
            let running = Running::start([Workers::new(db.clone()).on(1, |job: Send| async move {
                match job.0 {
                    0 => Outcome::Failed("no such address".into()),
                    n => Outcome::Retry { after: Some(n), why: "x".repeat(5_000) },
                }
            })]);
            let (later, never) = (send(&db, HOUR).await?, send(&db, 0).await?);
            until("failed", async || is(&db, never, "failed").await).await;
            until("retried", async || {
                row(&db, later).await.is_some_and(|r| r.attempts == 1 && r.state == "queued")
            })
            .await;
            assert_eq!(row(&db, later).await.expect("there").run_at, clock.now() + HOUR);
            assert_eq!(row(&db, later).await.and_then(|r| r.error).map(|e| e.len()), Some(1000));
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn a_panicking_handler_and_an_unreadable_payload_are_failed_tries() {
    quiet_panics();
    setup().each_async(|t| {
        let db = t.db.clone();
        async move {
            let running = Running::start([Workers::new(db.clone()).on(1, |job: Send| async move {
                if job.0 == 1 {
                    panic!("{}", CHATTER)
                }
                Outcome::Done
            })]);
            let panics = send(&db, 1).await?;
            let garbled: i64 = db
                .write(|tx| {
                    tx.insert(
                        sql!("INSERT INTO jobs (kind, payload, state, run_at, attempts, max_attempts, created_at) VALUES ('test.send', '{}', 'queued', 0, 0, 3, 0) RETURNING id"),
                        &[],
                    )
                })
                .await?;
            let good = send(&db, 2).await?;
            until("done", async || is(&db, good, "done").await).await;
            until("failed", async || is(&db, garbled, "failed").await).await;
            until("retried", async || row(&db, panics).await.is_some_and(|r| r.error.is_some_and(|e| e.contains("panicked")))).await;
            assert!(is(&db, panics, "queued").await);
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn no_more_run_at_once_than_allowed_and_another_kind_is_not_held_up() {
    setup().each_async(|t| {
        let db = t.db.clone();
        async move {
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let (open, gate) = watch::channel(false);
            let (n, m) = (now.clone(), most.clone());
            let workers = Workers::new(db.clone())
                .on(3, move |_: Send| {
                    let (n, m, mut gate) = (n.clone(), m.clone(), gate.clone());
                    async move {
                        m.fetch_max(n.fetch_add(1, SeqCst) + 1, SeqCst);
                        let _ = gate.wait_for(|open| *open).await;
                        n.fetch_sub(1, SeqCst);
                        Outcome::Done
                    }
                })
                .on(1, |_: Brief| async { Outcome::Done });
            let running = Running::start([workers]);
            let mut ids = Vec::new();
            for i in 0..10 {
                ids.push(send(&db, i).await?);
            }
            until("three run", async || now.load(SeqCst) == 3).await;
            let brief = db.write(|tx| jobs::enqueue(tx, &Brief(1), tx.now())).await?;
            until("the other kind is done", async || is(&db, brief, "done").await).await;
            open.send_replace(true);
            for id in ids {
                until("done", async || is(&db, id, "done").await).await;
            }
            assert_eq!(most.load(SeqCst), 3);
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn one_waits_per_key_and_a_retry_gives_way_to_it() {
    setup().each_async(|t| {
        let (db, clock) = (t.db.clone(), t.clock.clone());
        async move {
            let once =
                async |n: i64, at: i64| db.write(move |tx| jobs::enqueue_once(tx, "k", &Send(n), at)).await;
            once(1, NOON).await?;
            once(2, NOON).await?;
            let waiting: Option<i64> = db.read(|c| c.value(sql!("SELECT count(*) FROM jobs"), &[])).await?;
            assert_eq!(waiting, Some(1));

            let (tell, told) = watch::channel(None::<i64>);
            let (open, gate) = watch::channel(false);
            let tell = Arc::new(tell);
            let running = Running::start([Workers::new(db.clone()).on(1, move |job: Send| {
                let (tell, mut gate) = (tell.clone(), gate.clone());
                async move {
                    tell.send_replace(Some(job.0));
                    let _ = gate.wait_for(|open| *open).await;
                    Outcome::Retry { after: Some(0), why: "again".into() }
                }
            })]);
            until("running", async || *told.borrow() == Some(1)).await;
            // While it runs, a new one may wait; when it then wants to be tried again, the waiting one is enough.
            once(3, NOON + HOUR).await?;
            open.send_replace(true);
            until("given way", async || is(&db, 1, "done").await).await;
            running.stop().await;
            let queued: Vec<String> = db
                .read(|c| c.all(sql!("SELECT payload FROM jobs WHERE state = 'queued'"), &[], |r| r.get(0)))
                .await?;
            assert_eq!(queued, ["3"]);
            clock.advance(1);
            Ok(())
        }
    });
}

#[test]
fn a_waiting_job_can_be_taken_back_and_a_done_one_not() {
    setup().each_async(|t| {
        let db = t.db.clone();
        async move {
            let later = db.write(|tx| jobs::enqueue(tx, &Send(1), tx.now() + HOUR)).await?;
            assert!(db.write(move |tx| jobs::cancel(tx, later)).await?);
            assert!(!db.write(move |tx| jobs::cancel(tx, later)).await?);
            assert_eq!(row(&db, later).await, None);
            let running = Running::start([Workers::new(db.clone()).on(1, |_: Send| async { Outcome::Done })]);
            let id = send(&db, 2).await?;
            until("done", async || is(&db, id, "done").await).await;
            assert!(!db.write(move |tx| jobs::cancel(tx, id)).await?);
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn what_a_lost_worker_held_is_taken_over_and_its_late_word_does_not_count() {
    setup().each_async(|t| {
        let (db, other, clock) = (t.db.clone(), t.second(), t.clock.clone());
        async move {
            // This worker has the job and hangs: it says that it failed, but far too late.
            let (open, gate) = watch::channel(false);
            let started = Arc::new(AtomicU32::new(0));
            let s = started.clone();
            let hanging = Running::start([Workers::new(db.clone()).on(1, move |_: Send| {
                s.fetch_add(1, SeqCst);
                let mut gate = gate.clone();
                async move {
                    let _ = gate.wait_for(|open| *open).await;
                    Outcome::Failed("too late".into())
                }
            })]);
            let id = send(&db, 1).await?;
            until("running", async || started.load(SeqCst) == 1).await;
            clock.advance(MINUTE + 1);
            // A fresh one sweeps when it starts, and takes over.
            let (open_fresh, gate) = watch::channel(false);
            let again = started.clone();
            let fresh = Running::start([Workers::new(other.clone()).on(1, move |_: Send| {
                again.fetch_add(1, SeqCst);
                let mut gate = gate.clone();
                async move {
                    let _ = gate.wait_for(|open| *open).await;
                    Outcome::Done
                }
            })]);
            until("taken over", async || started.load(SeqCst) == 2).await;
            // The first has its say while the second is at it; once it has ended, that was stored or passed over.
            open.send_replace(true);
            hanging.stop().await;
            assert!(is(&db, id, "running").await);
            open_fresh.send_replace(true);
            until("done", async || is(&db, id, "done").await).await;
            fresh.stop().await;
            let row = row(&db, id).await.expect("there");
            assert_eq!((row.state.as_str(), row.attempts, row.error), ("done", 2, None));
            Ok(())
        }
    });
}

#[test]
fn a_job_that_always_takes_its_worker_down_fails_in_the_end() {
    setup().each_async(|t| {
        let (db, clock) = (t.db.clone(), t.clock.clone());
        async move {
            let id = send(&db, 1).await?;
            // As if claimed for the last time by a process that died, together with one that has tries left.
            let other = db.write(|tx| jobs::enqueue(tx, &Send(2), tx.now())).await?;
            db.write(move |tx| {
                let lease = tx.now() + 1;
                tx.exec(
                    sql!("UPDATE jobs SET state = 'running', attempts = 3, lease_until = ?2 WHERE id = ?1"),
                    params![id, lease],
                )?;
                tx.exec(
                    sql!("UPDATE jobs SET state = 'running', attempts = 1, lease_until = ?2 WHERE id = ?1"),
                    params![other, lease],
                )
            })
            .await?;
            clock.advance(2);
            let sweeping = Running::start([Workers::new(db.clone())]);
            until("failed", async || is(&db, id, "failed").await).await;
            until("given back", async || is(&db, other, "queued").await).await;
            sweeping.stop().await;
            Ok(())
        }
    });
}

#[test]
fn a_try_is_broken_off_before_its_lease_ends() {
    setup().each_async(|t| {
        let db = t.db.clone();
        async move {
            let held = Arc::new(());
            let in_handler = held.clone();
            let running = Running::start([Workers::new(db.clone()).on(1, move |_: Brief| {
                let held = in_handler.clone();
                async move {
                    std::future::pending::<()>().await;
                    drop(held);
                    Outcome::Done
                }
            })]);
            let id = db.write(|tx| jobs::enqueue(tx, &Brief(1), tx.now())).await?;
            until("broken off", async || {
                row(&db, id).await.is_some_and(|r| r.error.is_some_and(|e| e.contains("longer")))
            })
            .await;
            assert!(is(&db, id, "queued").await);
            assert_eq!(Arc::strong_count(&held), 2, "nothing of it goes on");
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn two_nodes_never_run_one_job_at_once() {
    setup().each_async(|t| {
        let nodes = [t.second(), t.second()];
        async move {
            let runs = Arc::new(Mutex::new(vec![0u32; 200]));
            let workers = |db: &Db| {
                let runs = runs.clone();
                Workers::new(db.clone()).on(4, move |job: Send| {
                    runs.lock().expect("runs")[job.0 as usize] += 1;
                    async {
                        tokio::task::yield_now().await;
                        Outcome::Done
                    }
                })
            };
            for batch in 0..20 {
                nodes[0]
                    .write(move |tx| {
                        (0..10)
                            .try_for_each(|n| jobs::enqueue(tx, &Send(batch * 10 + n), tx.now()).map(|_| ()))
                    })
                    .await?;
            }
            // All start on the same backlog at once.
            let running = Running::start([0, 1, 0, 1, 0, 1].map(|n: usize| workers(&nodes[n])));
            let done = async || {
                let left: Option<i64> = nodes[0]
                    .read(|c| c.value(sql!("SELECT count(*) FROM jobs WHERE state <> 'done'"), &[]))
                    .await
                    .expect("read");
                left == Some(0)
            };
            until("all done", done).await;
            running.stop().await;
            assert_eq!(*runs.lock().expect("runs"), vec![1; 200]);
            Ok(())
        }
    });
}

#[test]
fn done_jobs_are_forgotten_after_a_day_however_many() {
    setup().each_async(|t| {
        let (db, clock) = (t.db.clone(), t.clock.clone());
        async move {
            for _ in 0..3 {
                db.write(|tx| {
                    (0..400).try_for_each(|_| {
                        tx.exec(
                            sql!("INSERT INTO jobs (kind, payload, state, run_at, attempts, max_attempts, created_at, finished_at) VALUES ('test.send', '1', 'done', 0, 1, 3, 0, ?1)"),
                            params![tx.now()],
                        )
                        .map(|_| ())
                    })
                })
                .await?;
            }
            clock.advance(DAY + 1);
            let running = Running::start([Workers::new(db.clone())]);
            let empty = async || db.read(|c| c.value::<i64>(sql!("SELECT count(*) FROM jobs"), &[])).await.expect("read") == Some(0);
            until("forgotten", empty).await;
            running.stop().await;
            Ok(())
        }
    });
}

#[test]
fn workers_end_when_nobody_is_left_to_stop_them() {
    setup().each_async(|t| {
        let db = t.db.clone();
        async move {
            let Running(stop, workers) = Running::start([Workers::new(db)
                .on(1, |_: Send| async { Outcome::Done })
                .every("tick", Duration::from_secs(60), || async { Ok(()) })]);
            drop(stop);
            for w in workers {
                tokio::time::timeout(Duration::from_secs(10), w).await.expect("they end").expect("well");
            }
            Ok(())
        }
    });
}
