//! What is counted in memory is what a plain count of the rows would say, after every change, on every node.

use std::sync::{Arc, Barrier};

use people::{DepartmentId, UserId};
use platform::{
    Db, Result, Tx,
    db::Engine,
    events::{Origin, sequencer},
    params, sql,
    testing::{TestDb, runtime},
};
use proptest::prelude::*;

use super::super::{
    Change, OpenWork, Status, TicketScope, change,
    list::{self, Asker, TicketCounts},
    store,
};
use crate::{TicketId, testing};

const DEPARTMENTS: usize = 3;
const USERS: usize = 3;

#[derive(Debug, Clone, Copy)]
struct Desk {
    departments: [DepartmentId; DEPARTMENTS],
    users: [UserId; USERS],
    contact: people::ContactId,
}

fn build(tx: &Tx<'_>) -> Result<Desk> {
    let mut desk = Desk {
        departments: [DepartmentId(0); DEPARTMENTS],
        users: [UserId(0); USERS],
        contact: testing::contact(tx, "Lan")?,
    };
    for (n, d) in desk.departments.iter_mut().enumerate() {
        *d = testing::department(tx, &format!("d{n}"))?;
    }
    for (n, u) in desk.users.iter_mut().enumerate() {
        *u = testing::user(tx, &format!("u{n}"), "agent", &[])?;
    }
    Ok(desk)
}

/// Something that happens to a ticket, by the number of what there is.
#[derive(Debug, Clone)]
enum Step {
    New {
        department: Option<usize>,
        assignee: Option<usize>,
    },
    Moved {
        ticket: usize,
        department: Option<usize>,
        assignee: Option<usize>,
    },
    Became {
        ticket: usize,
        status: Status,
    },
    Spam {
        ticket: usize,
        is_spam: bool,
    },
    /// Of no weight for the counts.
    Written {
        ticket: usize,
    },
    /// PostgreSQL: the events get their places.
    Stamped,
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (prop::option::of(0..DEPARTMENTS), prop::option::of(0..USERS));
    prop_oneof![
        3 => place().prop_map(|(department, assignee)| Step::New { department, assignee }),
        3 => (0..20_usize, place())
            .prop_map(|(ticket, (department, assignee))| Step::Moved { ticket, department, assignee }),
        4 => (0..20_usize, prop::sample::select(Status::ALL))
            .prop_map(|(ticket, status)| Step::Became { ticket, status }),
        2 => (0..20_usize, any::<bool>()).prop_map(|(ticket, is_spam)| Step::Spam { ticket, is_spam }),
        1 => (0..20_usize).prop_map(|ticket| Step::Written { ticket }),
        2 => Just(Step::Stamped),
    ]
}

/// Refusals (a closed ticket does not reopen) change nothing, which is a step as well.
fn take(db: &Db, desk: Desk, tickets: &mut Vec<TicketId>, step: &Step) {
    let to = match *step {
        Step::Stamped => {
            runtime().block_on(sequencer::stamp(db)).unwrap();
            return;
        }
        Step::New { department, assignee } => {
            let (d, u) = (department.map(|d| desk.departments[d]), assignee.map(|u| desk.users[u]));
            tickets.push(db.write_now(move |tx| Ok(testing::ticket(tx, desk.contact, d, u)?.id)).unwrap());
            return;
        }
        Step::Moved { ticket, department, assignee } => (
            ticket,
            Some(Change {
                department_id: Some(department.map(|d| desk.departments[d])),
                assignee_id: Some(assignee.map(|u| desk.users[u])),
                ..Change::default()
            }),
        ),
        Step::Became { ticket, status } => {
            (ticket, Some(Change { status: Some(status), ..Change::default() }))
        }
        Step::Spam { ticket, is_spam } => {
            (ticket, Some(Change { is_spam: Some(is_spam), ..Change::default() }))
        }
        Step::Written { ticket } => (ticket, None),
    };
    if tickets.is_empty() {
        return;
    }
    let id = tickets[to.0 % tickets.len()];
    let _ = db.write_now(move |tx| {
        let before = store::lock(tx, id)?.unwrap();
        match &to.1 {
            Some(to) => change(tx, &Origin::system(), &before, to.clone()).map(|_| ()),
            None => testing::customer_writes(tx, &before, "Alo?").map(|_| ()),
        }
    });
}

/// The counts as the tabs show them, by `open`.
fn counted(db: &Db, open: &OpenWork, asker: &Asker) -> Result<TicketCounts> {
    let (open, asker) = (open.clone(), asker.clone());
    db.read_now(move |c| list::counts(c, &open, &asker, Some(&asker.scope)))
}

/// The same by going through all tickets.
fn plain(db: &Db, asker: &Asker) -> Result<TicketCounts> {
    let text = format!("SELECT {} FROM tickets", store::COLUMNS);
    let every = db.read_now(move |c| c.all(platform::db::Sql::built(&text), &[], store::read))?;
    let seen = || every.iter().filter(|t| asker.scope.sees(t));
    let open = || seen().filter(|t| t.status.is_active() && !t.is_spam);
    Ok(TicketCounts {
        mine: open().filter(|t| t.assignee_id == asker.user).count() as i64,
        department: open().filter(|t| t.department_id.is_some_and(|d| asker.departments.contains(&d))).count()
            as i64,
        unassigned: open().filter(|t| t.assignee_id.is_none()).count() as i64,
        all: open().count() as i64,
        spam: seen().filter(|t| t.is_spam).count() as i64,
    })
}

fn askers(desk: Desk) -> Vec<Asker> {
    let (user, some) = (desk.users[0], vec![desk.departments[0], desk.departments[2]]);
    let team = |departments: &[DepartmentId], spam| TicketScope::Team {
        user,
        departments: departments.to_vec(),
        spam,
    };
    [TicketScope::All, TicketScope::Own(user), team(&some, true), team(&[], false)]
        .into_iter()
        .map(|scope| Asker {
            user: Some(user),
            departments: match &scope {
                TicketScope::Team { departments, .. } => departments.clone(),
                _ => some.clone(),
            },
            scope,
            timezone: "Asia/Ho_Chi_Minh".into(),
        })
        .collect()
}

/// Two nodes with what they keep: one that keeps all and one that keeps and follows little.
fn run(t: &TestDb, steps: &[Step]) -> Result<()> {
    let desk = t.db.write_now(build)?;
    let other = t.second();
    let (here, there) = (OpenWork::default(), OpenWork::small(4, 10));
    let mut tickets = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        take(&t.db, desk, &mut tickets, step);
        for asker in askers(desk) {
            let wanted = plain(&t.db, &asker)?;
            assert_eq!(counted(&t.db, &here, &asker)?, wanted, "after step {n} {step:?}, {:?}", asker.scope);
            if n % 3 == 0 {
                assert_eq!(counted(&other, &there, &asker)?, wanted, "elsewhere, {n} {step:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn counts_are_those_of_the_rows_after_every_step() {
    let config = ProptestConfig { cases: 8, ..ProptestConfig::default() };
    let steps = prop::collection::vec(step(), 1..40);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&steps, |steps| {
            testing::setup().tune(|o| o.run_twice = false).each(|t| run(t, &steps));
            Ok(())
        })
        .unwrap();
}

#[test]
fn who_read_before_never_takes_back_what_was_counted_since() {
    testing::setup().tune(|o| o.run_twice = false).each(|t| {
        let desk = t.db.write_now(build)?;
        t.db.write_now(move |tx| testing::ticket(tx, desk.contact, Some(desk.departments[0]), None))?;
        let (open, asker) = (OpenWork::default(), askers(desk).remove(0));
        let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let slow = std::thread::spawn({
            let (db, open, asker) = (t.db.clone(), open.clone(), asker.clone());
            let (begun, go_on) = (begun.clone(), go_on.clone());
            move || {
                db.read_now(move |c| {
                    let before = list::counts(c, &open, &asker, None)?.all;
                    begun.wait();
                    go_on.wait();
                    Ok((before, list::counts(c, &open, &asker, None)?.all))
                })
            }
        });
        begun.wait();
        for _ in 0..3 {
            t.db.write_now(move |tx| testing::ticket(tx, desk.contact, None, Some(desk.users[1])))?;
        }
        runtime().block_on(sequencer::stamp(&t.db))?;
        assert_eq!(counted(&t.db, &open, &asker)?.all, 4);
        go_on.wait();
        assert_eq!(slow.join().unwrap()?, (1, 4), "an old snapshot is told what is known by now");
        assert_eq!(counted(&t.db, &open, &asker)?.all, 4);
        Ok(())
    });
}

#[test]
fn beyond_what_is_kept_it_is_counted_each_time() {
    testing::setup().tune(|o| o.run_twice = false).each(|t| {
        let desk = t.db.write_now(build)?;
        let (open, asker) = (OpenWork::small(3, 1_000), askers(desk).remove(0));
        let mut ids = Vec::new();
        for n in 1..=6 {
            let new = move |tx: &Tx<'_>| testing::ticket(tx, desk.contact, Some(desk.departments[0]), None);
            ids.push(t.db.write_now(new)?.id);
            assert_eq!(counted(&t.db, &open, &asker)?.all, n);
        }
        // Not a word of this to anybody: what is kept would not notice, what is counted does.
        let gone = ids[0];
        t.db.write_now(move |tx| {
            tx.exec(sql!("UPDATE tickets SET status = 'closed' WHERE id = ?1"), params![gone])
        })?;
        assert_eq!(counted(&t.db, &open, &asker)?.all, 5);
        Ok(())
    });
}

#[test]
fn what_is_kept_is_used() {
    testing::setup().tune(|o| o.run_twice = false).each(|t| {
        let desk = t.db.write_now(build)?;
        let (open, asker) = (OpenWork::default(), askers(desk).remove(0));
        let new = move |tx: &Tx<'_>| testing::ticket(tx, desk.contact, Some(desk.departments[0]), None);
        let id = t.db.write_now(new)?.id;
        if t.db.engine() == Engine::Postgres {
            runtime().block_on(sequencer::stamp(&t.db))?;
        }
        assert_eq!(counted(&t.db, &open, &asker)?.all, 1);
        t.db.write_now(move |tx| {
            tx.exec(sql!("UPDATE tickets SET status = 'closed' WHERE id = ?1"), params![id])
        })?;
        assert_eq!(counted(&t.db, &open, &asker)?.all, 1, "no event, so nothing to read again");
        assert_eq!(counted(&t.db, &OpenWork::default(), &asker)?.all, 0);
        Ok(())
    });
}
