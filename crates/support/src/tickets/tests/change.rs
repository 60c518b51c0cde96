//! Transitions, load and what follows from a change.

use people::{DepartmentId, UserId};
use platform::{
    Db, Result, Tx,
    clock::DAY,
    error::Code,
    events::{Actor, Origin},
    params, sql,
};
use proptest::prelude::*;

use super::super::{Change, Status, Ticket, append, change, get, jobs, lock};
use crate::{
    TicketId,
    messages::{Direction, NewMessage, SenderType},
    testing,
};

#[test]
fn staff_may_go_anywhere_but_back_to_new_and_never_from_closed() {
    use Status::*;
    for from in Status::ALL {
        for to in Status::ALL {
            let may = from == to || (*from != Closed && *to != New);
            assert_eq!(from.may_become(*to), may, "{from:?} → {to:?}");
        }
    }
    assert!([New, Open].iter().all(|s| s.is_load() && s.is_active()));
    assert!(PendingCustomer.is_active() && !PendingCustomer.is_load());
    assert!([Resolved, Closed].iter().all(|s| !s.is_active() && !s.is_load()));
}

#[test]
fn the_first_thing_that_a_person_does_opens_a_ticket() {
    testing::setup().each(|t| {
        let (ticket, me, other) = t.db.write_now(|tx| {
            let department = testing::department(tx, "care")?;
            let (me, other) =
                (testing::user(tx, "me", "agent", &[])?, testing::user(tx, "other", "agent", &[])?);
            let contact = testing::contact(tx, "Lan")?;
            Ok((testing::ticket(tx, contact, Some(department), None)?, me, other))
        })?;
        let by = Origin::of(Actor::User(me.0));
        let status = |change: Change| {
            let (by, ticket) = (by.clone(), ticket.clone());
            let to = change.clone();
            t.db.write_now(move |tx| {
                let after = super::super::change(tx, &by, &ticket, to.clone())?;
                // Seen, and not kept.
                Err::<(), _>(platform::Error::malformed(after.status.as_str()))
            })
            .unwrap_err()
            .detail
            .into_owned()
        };
        assert_eq!(status(Change { subject: Some("x".into()), ..Change::default() }), "open");
        assert_eq!(status(Change { assignee_id: Some(Some(me)), ..Change::default() }), "open");
        assert_eq!(status(Change { assignee_id: Some(Some(other)), ..Change::default() }), "new");
        Ok(())
    });
}

#[test]
fn what_comes_back_is_what_is_stored() {
    testing::setup().each(|t| {
        t.db.write_now(|tx| {
            let department = testing::department(tx, "care")?;
            let agent = testing::user(tx, "an", "agent", &[department])?;
            let contact = testing::contact(tx, "Lan")?;
            for (place, who) in [(Some(department), None), (Some(department), Some(agent)), (None, None)] {
                let mut ticket = testing::ticket(tx, contact, place, who)?;
                for status in [Status::New, Status::Open, Status::PendingCustomer, Status::Resolved] {
                    if ticket.status != status && status != Status::New {
                        let to = Change { status: Some(status), ..Change::default() };
                        ticket = change(tx, &Origin::system(), &ticket, to)?;
                        assert_eq!(get(tx, ticket.id)?.as_ref(), Some(&ticket));
                    }
                    // Once with a change of status in some cases, once with none.
                    for text in ["Giúp tôi với", "Còn đó không?"] {
                        let version = ticket.version;
                        ticket = testing::customer_writes(tx, &ticket, text)?.0;
                        assert_eq!(get(tx, ticket.id)?.as_ref(), Some(&ticket), "{status:?} {text}");
                        assert_eq!((ticket.preview.as_str(), ticket.version), (text, version + 1));
                        assert_eq!(ticket.queued_at.is_some(), ticket.wants_agent() && place.is_some());
                    }
                }
            }
            Ok(())
        })
    });
}

#[test]
fn a_message_on_an_older_state_is_refused() {
    testing::setup().each(|t| {
        t.db.write_now(|tx| {
            let contact = testing::contact(tx, "Lan")?;
            let old = testing::ticket(tx, contact, None, None)?;
            testing::customer_writes(tx, &old, "Alo?")?;
            let again = NewMessage { content: "Alo?".into(), at: tx.now(), ..NewMessage::on(&old) };
            let refused = append(tx, &Origin::system(), &old, &again, None).unwrap_err();
            assert_eq!(refused.code, Code::StaleVersion);
            Ok(())
        })
    });
}

#[test]
fn a_resolved_ticket_is_closed_after_seven_days() {
    testing::each(async |t| {
        let (old, fresh) = t
            .db
            .write(|tx| {
                let contact = testing::contact(tx, "Lan")?;
                let resolve = |ticket: Ticket| {
                    change(tx, &Origin::system(), &ticket, Change { status: Some(Status::Resolved), ..Change::default() })
                };
                let old = resolve(testing::ticket(tx, contact, None, None)?)?;
                let fresh = resolve(testing::ticket(tx, contact, None, None)?)?;
                tx.exec(
                    sql!("UPDATE tickets SET resolved_at = resolved_at + ?2 WHERE id = ?1"),
                    params![fresh.id, DAY],
                )?;
                tx.exec(
                    sql!(
                        "INSERT INTO pending_changes (account_id, external_id, change, at, created_at) VALUES (1, 'x', '{}', 0, ?1)"
                    ),
                    params![tx.now()],
                )?;
                Ok((old.id, fresh.id))
            })
            .await?;
        jobs::close_resolved(&t.db).await?;
        let status = async |id: TicketId| {
            Ok::<_, platform::Error>(t.db.read(move |c| get(c, id)).await?.map(|t| t.status))
        };
        assert_eq!(status(old).await?, Some(Status::Resolved));
        t.clock.advance(7 * DAY);
        jobs::close_resolved(&t.db).await?;
        assert_eq!(status(old).await?, Some(Status::Closed));
        assert_eq!(status(fresh).await?, Some(Status::Resolved));
        t.clock.advance(1);
        jobs::close_resolved(&t.db).await?;
        let waiting: Option<i64> =
            t.db.read(|c| c.value(sql!("SELECT count(*) FROM pending_changes"), &[])).await?;
        assert_eq!(waiting, Some(0));
        let closed = t.db.read(move |c| get(c, old)).await?.unwrap();
        let reopen = move |tx: &Tx<'_>| {
            change(tx, &Origin::system(), &closed, Change { status: Some(Status::Open), ..Change::default() })
        };
        assert_eq!(t.db.write(reopen).await.unwrap_err().code, Code::WrongState);
        Ok(())
    });
}

/// What somebody does to one of the tickets.
#[derive(Debug, Clone)]
enum Step {
    Assign(Option<usize>),
    Move(Option<usize>),
    Status(Status),
    Spam(bool),
    CustomerWrites,
    AgentAnswers(usize, Option<Status>),
    Close,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    const STATUSES: [Status; 3] = [Status::Open, Status::PendingCustomer, Status::Resolved];
    let step = prop_oneof![
        prop::option::of(0..3_usize).prop_map(Step::Assign),
        prop::option::of(0..2_usize).prop_map(Step::Move),
        prop::sample::select(STATUSES.to_vec()).prop_map(Step::Status),
        any::<bool>().prop_map(Step::Spam),
        Just(Step::CustomerWrites),
        (0..3_usize, prop::option::of(prop::sample::select(STATUSES[1..].to_vec())))
            .prop_map(|(u, s)| Step::AgentAnswers(u, s)),
        Just(Step::Close),
    ];
    (0..4_usize, step)
}

fn act(
    tx: &Tx<'_>,
    ticket: &Ticket,
    step: &Step,
    users: &[UserId],
    departments: &[DepartmentId],
) -> Result<()> {
    let by = Origin::of(Actor::User(users[0].0));
    let set = |c: Change| change(tx, &by, ticket, c).map(|_| ());
    match step {
        Step::Assign(to) => set(Change { assignee_id: Some(to.map(|n| users[n])), ..Change::default() }),
        Step::Move(to) => {
            set(Change { department_id: Some(to.map(|n| departments[n])), ..Change::default() })
        }
        Step::Status(to) => set(Change { status: Some(*to), ..Change::default() }),
        Step::Spam(is) => set(Change { is_spam: Some(*is), ..Change::default() }),
        Step::Close => set(Change { status: Some(Status::Closed), ..Change::default() }),
        Step::CustomerWrites => testing::customer_writes(tx, ticket, "…").map(|_| ()),
        Step::AgentAnswers(who, status) => {
            let message = NewMessage {
                sender_type: SenderType::Agent,
                sender_id: Some(users[*who].0),
                direction: Direction::Outbound,
                content: "…".into(),
                at: tx.now(),
                ..NewMessage::on(ticket)
            };
            append(tx, &by, ticket, &message, *status).map(|_| ())
        }
    }
}

fn run(db: &Db, steps: Vec<(usize, Step)>, strategy: &'static str) -> Result<()> {
    let (tickets, users, departments) = db.write_now(move |tx| {
        let departments = vec![testing::department(tx, "a")?, testing::department(tx, "b")?];
        tx.exec(sql!("UPDATE departments SET strategy = ?1"), params![strategy])?;
        let users: Vec<UserId> = (0..3)
            .map(|n| testing::user(tx, &format!("u{n}"), "agent", &departments[..=usize::from(n > 0)]))
            .collect::<Result<_>>()?;
        tx.exec(sql!("UPDATE agent_states SET capacity = 2"), &[])?;
        let contact = testing::contact(tx, "Lan")?;
        let tickets: Vec<TicketId> = (0..4)
            .map(|n| testing::ticket(tx, contact, Some(departments[n % 2]), None).map(|t| t.id))
            .collect::<Result<_>>()?;
        Ok((tickets, users, departments))
    })?;
    for (n, step) in steps {
        let (id, users, departments) = (tickets[n], users.clone(), departments.clone());
        let done = db.write_now(move |tx| act(tx, &lock(tx, id)?, &step, &users, &departments));
        assert!(done.as_ref().map_or_else(|e| e.code == Code::WrongState, |()| true), "{done:?}");
        db.read_now(|c| {
            let loads: Vec<(i64, i64, i64)> = c.all(
                sql!(
                    "SELECT s.user_id, s.open_tickets, (SELECT count(*) FROM tickets t WHERE t.assignee_id = s.user_id AND t.status IN ('new', 'open') AND t.is_spam = FALSE) FROM agent_states s"
                ),
                &[],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
            )?;
            for (user, kept, counted) in loads {
                assert_eq!(kept, counted, "the load of {user}");
            }
            let wrong: Option<i64> = c.value(
                sql!(
                    "SELECT count(*) FROM tickets WHERE (queued_at IS NOT NULL) <> (assignee_id IS NULL AND department_id IS NOT NULL AND status IN ('new', 'open') AND is_spam = FALSE)"
                ),
                &[],
            )?;
            assert_eq!(wrong, Some(0), "who waits is queued, and nobody else");
            let waiting: Option<i64> = c.value(
                sql!(
                    "SELECT count(*) FROM messages m JOIN tickets t ON t.id = m.ticket_id WHERE m.direction = 'inbound' AND m.completed_at IS NULL AND t.status = 'resolved'"
                ),
                &[],
            )?;
            assert_eq!(waiting, Some(0), "what is resolved has nothing that waits");
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn load_and_queue_are_what_the_tickets_say() {
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 8, ..ProptestConfig::default() });
    let input = (prop::collection::vec(step(), 1..30), prop::sample::select(vec!["manual", "score"]));
    runner
        .run(&input, |(steps, strategy)| {
            testing::setup().each(|t| run(&t.db, steps.clone(), strategy));
            Ok(())
        })
        .unwrap();
}
