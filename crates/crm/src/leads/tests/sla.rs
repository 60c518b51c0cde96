use platform::{clock::HOUR, testing::runtime};

use super::{
    super::{events as kinds, sla, touch},
    *,
};

fn told(db: &Db) -> i64 {
    let text = "SELECT count(*) FROM events WHERE kind = 'lead.overdue'";
    assert_eq!(kinds::OVERDUE, "lead.overdue");
    count(db, text)
}

fn notified(db: &Db, user: UserId) -> i64 {
    db.read_now(move |c| {
        c.one(
            sql!("SELECT count(*) FROM notifications WHERE user_id = ?1 AND kind = 'lead.overdue'"),
            params![user],
            |r| r.get(0),
        )
    })
    .unwrap()
}

fn check(db: &Db) -> sla::Checked {
    runtime().block_on(sla::check(db, sla::ROUNDS)).unwrap()
}

/// One of the first agent's, in a stage of 24 hours.
fn late(t: &TestDb, world: &World) -> LeadId {
    let w = world.clone();
    t.db.write_now(move |tx| {
        let made = lead(tx, &w, w.contacts[0], "late", "")?;
        let owner = Some((Some(w.users[0]), Some(w.teams[0])));
        change(tx, &Origin::system(), &made, Change { owner, ..Change::default() }).map(|l| l.id)
    })
    .unwrap()
}

fn get(db: &Db, id: LeadId) -> Lead {
    db.read_now(move |c| super::super::get(c, id)).unwrap().unwrap()
}

#[test]
fn what_is_late_is_said_once_for_each_stay_in_a_stage() {
    setup().each(|t| {
        let world = world(t);
        let id = late(t, &world);
        assert_eq!(check(&t.db), sla::Checked { checked: 1, newly_overdue: 0 });
        t.clock.advance(24 * HOUR);
        assert_eq!(check(&t.db), sla::Checked { checked: 1, newly_overdue: 1 });
        assert_eq!(check(&t.db).newly_overdue, 0, "it is marked already");
        assert!(get(&t.db, id).is_overdue);
        // The owner and the team's manager, and nobody else.
        let hear = |n: usize| notified(&t.db, world.users[n]);
        assert_eq!((told(&t.db), hear(0), hear(1), hear(2)), (1, 1, 1, 0));

        // Somebody is in touch, and then nobody again: it is overdue, but that was said.
        t.db.write_now(move |tx| {
            let lead = super::super::lock(tx, id)?;
            touch(tx, &Origin::system(), &lead, tx.now(), true).map(|_| ())
        })?;
        assert!(!get(&t.db, id).is_overdue);
        t.clock.advance(25 * HOUR);
        assert_eq!(check(&t.db).newly_overdue, 1);
        assert!(get(&t.db, id).is_overdue);
        assert_eq!((told(&t.db), hear(0)), (1, 1));

        // Another stage is another stay.
        let next = world.pipelines[0].clone();
        t.db.write_now(move |tx| {
            let lead = super::super::lock(tx, id)?;
            let stage = Some((&next, &next.stages[1]));
            change(tx, &Origin::system(), &lead, Change { stage, ..Change::default() }).map(|_| ())
        })?;
        assert!(!get(&t.db, id).is_overdue);
        t.clock.advance(49 * HOUR);
        assert_eq!(check(&t.db).newly_overdue, 1);
        assert_eq!((told(&t.db), hear(0), hear(1)), (2, 2, 2));
        Ok(())
    });
}

#[test]
fn two_nodes_say_it_once() {
    setup().each(|t| {
        let world = world(t);
        for _ in 0..70 {
            late(t, &world);
        }
        t.clock.advance(30 * HOUR);
        let other = t.second();
        let marked = runtime().block_on(async {
            let (a, b) = tokio::join!(sla::check(&t.db, sla::ROUNDS), sla::check(&other, sla::ROUNDS));
            a.unwrap().newly_overdue + b.unwrap().newly_overdue
        });
        // A node may stop while the other is still at it; the next tick finds the rest.
        let marked = marked + check(&t.db).newly_overdue;
        assert_eq!((marked, told(&t.db), notified(&t.db, world.users[0])), (70, 70, 70));
        assert_eq!(count(&t.db, "SELECT count(*) FROM leads WHERE is_overdue = TRUE"), 70);
        Ok(())
    });
}

#[test]
fn a_tick_does_no_more_than_it_is_given() {
    setup().each(|t| {
        let world = world(t);
        for _ in 0..60 {
            late(t, &world);
        }
        t.clock.advance(30 * HOUR);
        let first = runtime().block_on(sla::check(&t.db, 1))?;
        assert_eq!(first, sla::Checked { checked: 60, newly_overdue: 50 });
        assert_eq!(check(&t.db).newly_overdue, 10);
        Ok(())
    });
}
