//! Routing over storage: who gets what, what waits, and what frees it.

use people::access::events as people_events;
use platform::{
    Result, Tx,
    error::Code,
    events::{self, Actor, NewEvent, Origin},
    sql,
};
use serde_json::json;

use super::{
    Exclusion, KeywordId, Matcher, Matches, Reason, Snapshot, drain,
    fixture::{self, Desk, agent, contact, department, keyword, load, set_status, ticket},
    keywords, may_route_again, prepare, record_by_hand, route, store,
};
use crate::{
    TicketId,
    tickets::{self, Change, Priority, Status, Ticket, queue},
};

fn sys() -> Origin {
    Origin::system()
}

fn routed(tx: &Tx<'_>, priority: Priority, matches: &Matches) -> Result<(Ticket, super::Decided)> {
    let contact = contact(tx, "An")?;
    let t = ticket(tx, contact, priority, false)?;
    route(tx, &sys(), &Snapshot::default(), &t, None, matches, None)
}

fn resolve(tx: &Tx<'_>, id: TicketId) -> Result<Ticket> {
    let t = fixture::now(tx, id)?;
    prepare(tx, &t)?;
    tickets::change(tx, &sys(), &t, Change { status: Some(Status::Resolved), ..Change::default() })
}

#[test]
fn keywords_lead_to_the_department_and_the_decision_is_kept() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let sales = department(tx, "sales", "score", false)?;
            let service = department(tx, "service", "score", true)?;
            let an = agent(tx, "an", &[sales], 8, 50.0)?;
            let binh = agent(tx, "binh", &[service], 8, 90.0)?;
            let chi = agent(tx, "chi", &[sales], 8, 80.0)?;
            set_status(tx, chi, "away")?;
            keyword(tx, "mua hàng", sales, 3)?;
            keyword(tx, "bảo hành", service, 3)?;
            let m = Matcher::load(tx)?;

            let (t, d) = routed(tx, Priority::Medium, &m.find("Mình muốn mua hàng"))?;
            assert_eq!((t.assignee_id, t.department_id, d.reason), (Some(an), Some(sales), Reason::Scored));
            assert_eq!((load(tx, an)?, load(tx, binh)?), (1, 0));
            let rows = store::decisions(tx, t.id, 10)?;
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].user_id, rows[0].department_id), (Some(an), Some(sales)));
            assert_eq!(rows[0].detail.keywords[0].word, "mua hàng");
            assert_eq!(rows[0].detail.excluded.get(&Exclusion::Away), Some(&1));
            assert_eq!(rows[0].detail.candidates.len(), 2);
            assert_eq!(rows[0].detail.candidates[0].parts.keywords, 12.0);

            // Nothing said: the fallback; the channel account's word comes before it.
            let (t, d) = routed(tx, Priority::Medium, &Matches::default())?;
            assert_eq!(
                (t.assignee_id, d.decision.department.unwrap().why),
                (Some(binh), super::Why::Fallback)
            );
            let contact = contact(tx, "Dung")?;
            let t = ticket(tx, contact, Priority::Medium, false)?;
            let (t, d) = route(tx, &sys(), &Snapshot::default(), &t, None, &Matches::default(), Some(sales))?;
            assert_eq!(
                (t.department_id, d.decision.department.unwrap().why),
                (Some(sales), super::Why::ChannelDefault)
            );
            Ok(())
        });
    });
}

#[test]
fn two_departments_named_compete_and_the_winner_s_is_taken() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let sales = department(tx, "sales", "score", false)?;
            let service = department(tx, "service", "score", true)?;
            agent(tx, "an", &[sales], 1, 0.0)?;
            let binh = agent(tx, "binh", &[service], 8, 0.0)?;
            keyword(tx, "mua", sales, 3)?;
            keyword(tx, "lỗi", service, 1)?;
            let both = Matcher::load(tx)?.find("mua bị lỗi");
            let (t, _) = routed(tx, Priority::Medium, &both)?;
            assert_eq!(t.department_id, Some(sales));
            // An is full now; Binh's department was named too.
            let (t, _) = routed(tx, Priority::Medium, &both)?;
            assert_eq!((t.department_id, t.assignee_id), (Some(service), Some(binh)));
            set_status(tx, binh, "offline")?;
            // Nobody: it waits where the words point most.
            let (t, d) = routed(tx, Priority::Medium, &both)?;
            assert_eq!((t.department_id, t.assignee_id, d.reason), (Some(sales), None, Reason::NoEligible));
            assert!(t.queued_at.is_some());
            Ok(())
        });
    });
}

#[test]
fn nobody_gets_more_than_they_can_take_and_the_queue_drains_by_priority_and_age() {
    Desk::each(|desk| {
        let (agents, all) = desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            let agents = [agent(tx, "an", &[d], 3, 0.0)?, agent(tx, "binh", &[d], 3, 0.0)?];
            let mut all = Vec::new();
            for n in 0..10 {
                let priority = if n == 9 { Priority::Critical } else { Priority::Medium };
                all.push(routed(tx, priority, &Matches::default())?.0);
            }
            Ok((agents, all))
        });
        assert_eq!(all.iter().filter(|t| t.assignee_id.is_some()).count(), 6);
        let (first, critical, oldest) = (all[0].clone(), all[9].id, all[6].id);
        desk.write(move |tx| {
            assert_eq!((load(tx, agents[0])?, load(tx, agents[1])?), (3, 3));
            resolve(tx, first.id)?;
            assert_eq!(fixture::now(tx, critical)?.assignee_id, first.assignee_id);
            assert_eq!(fixture::now(tx, oldest)?.assignee_id, None);
            let reasons: Vec<_> = store::decisions(tx, critical, 10)?.iter().map(|d| d.reason).collect();
            assert_eq!(reasons, [Reason::Scored, Reason::NoEligible]);
            resolve(tx, critical)?;
            let t = fixture::now(tx, oldest)?;
            assert_eq!((t.assignee_id, t.queued_at), (first.assignee_id, None));
            assert_eq!((load(tx, agents[0])?, load(tx, agents[1])?), (3, 3));
            Ok(())
        });
    });
}

#[test]
fn whoever_becomes_available_gets_what_waits() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "round_robin", true)?;
            let an = agent(tx, "an", &[d], 2, 0.0)?;
            set_status(tx, an, "offline")?;
            let tickets: Vec<_> =
                (0..3).map(|_| Ok(routed(tx, Priority::Low, &Matches::default())?.0.id)).collect::<Result<_>>()?;
            let tell = |status: &str| {
                set_status(tx, an, status)?;
                let data = json!({"before": {"status": "offline"}, "after": {"status": status}, "department_ids": [d]});
                events::record(tx, &sys(), NewEvent::new(people_events::USER_STATUS_CHANGED, "user", an.0, data))
            };
            tell("busy")?;
            assert_eq!(load(tx, an)?, 0);
            tell("available")?;
            assert_eq!(load(tx, an)?, 2);
            let waiting: Vec<_> = tickets.iter().filter(|t| fixture::now(tx, **t).unwrap().queued_at.is_some()).collect();
            assert_eq!(waiting, [&tickets[2]]);
            assert_eq!(store::decisions(tx, tickets[0], 9)?[0].reason, Reason::RoundRobin);
            Ok(())
        });
    });
}

#[test]
fn a_department_by_hand_keeps_its_queue() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "manual", true)?;
            let an = agent(tx, "an", &[d], 2, 0.0)?;
            let (t, decided) = routed(tx, Priority::Low, &Matches::default())?;
            assert_eq!((t.assignee_id, t.department_id, decided.reason), (None, Some(d), Reason::Manual));
            assert_eq!(drain(tx, &sys(), &Snapshot::default(), d)?, 0);
            assert_eq!(load(tx, an)?, 0);
            Ok(())
        });
    });
}

#[test]
fn what_somebody_gives_back_goes_to_another_or_waits() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            let an = agent(tx, "an", &[d], 2, 0.0)?;
            let (t, _) = routed(tx, Priority::Low, &Matches::default())?;
            let by = Origin::of(Actor::User(an.0));
            let back = tickets::change(tx, &by, &t, Change { assignee_id: Some(None), ..Change::default() })?;
            record_by_hand(tx, &back, Some(an))?;
            let waiting = fixture::now(tx, t.id)?;
            assert_eq!((waiting.assignee_id, waiting.queued_at.is_some(), load(tx, an)?), (None, true, 0));
            let newest = store::decisions(tx, t.id, 1)?.remove(0);
            assert_eq!((newest.reason, newest.assigned_by), (Reason::Queued, Some(an)));

            let binh = agent(tx, "binh", &[d], 2, 0.0)?;
            drain(tx, &sys(), &Snapshot::default(), d)?;
            let again = fixture::now(tx, t.id)?;
            assert!(again.assignee_id == Some(an) || again.assignee_id == Some(binh));
            let from = again.assignee_id.unwrap();
            tickets::change(tx, &by, &again, Change { assignee_id: Some(None), ..Change::default() })?;
            assert!(fixture::now(tx, t.id)?.assignee_id.is_some_and(|u| u != from));
            Ok(())
        });
    });
}

#[test]
fn whoever_handled_the_contact_last_has_an_advantage() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            let an = agent(tx, "an", &[d], 8, 0.0)?;
            agent(tx, "binh", &[d], 8, 0.0)?;
            let (t, _) = routed(tx, Priority::Low, &Matches::default())?;
            assert_eq!(t.assignee_id, Some(an));
            resolve(tx, t.id)?;
            let t = ticket(tx, t.contact_id, Priority::Low, false)?;
            let (t, _) = route(tx, &sys(), &Snapshot::default(), &t, None, &Matches::default(), None)?;
            assert_eq!(t.assignee_id, Some(an));
            let (t, _) = routed(tx, Priority::Low, &Matches::default())?;
            assert_ne!(t.assignee_id, Some(an));
            Ok(())
        });
    });
}

#[test]
fn a_winner_who_is_full_meanwhile_is_passed_over() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            let an = agent(tx, "an", &[d], 8, 99.0)?;
            let binh = agent(tx, "binh", &[d], 8, 0.0)?;
            let matches = Matches::default();
            let input = super::Input {
                contact_id: None,
                matches: &matches,
                account_department: None,
                fixed_department: None,
                channel: "chat",
            };
            let decided = super::decide(tx, &Snapshot::default().settings, 0, &input)?;
            assert_eq!(decided.winner, Some(an));
            let decided = decided.without_winner();
            assert_eq!((decided.winner, decided.reason), (Some(binh), Reason::Scored));
            let decided = decided.without_winner();
            assert_eq!(
                (decided.winner, decided.reason, decided.department_id),
                (None, Reason::NoEligible, Some(d))
            );
            assert_eq!(decided.decision.excluded.get(&Exclusion::AtCapacity), Some(&2));
            Ok(())
        });
    });
}

#[test]
fn keywords_are_kept_once_and_changed_by_version() {
    Desk::each(|desk| {
        let d = desk.write(|tx| department(tx, "sales", "score", true));
        let id = desk.write(move |tx| keyword(tx, "  Mua   Hàng ", d, 2));
        let again = desk.db().write_now(move |tx| keyword(tx, "mua hang", d, 1));
        assert_eq!(again.unwrap_err().code, Code::DuplicateKeyword);
        desk.write(move |tx| {
            let row = store::keyword(tx, id)?.unwrap();
            assert_eq!(
                (row.word.as_str(), row.folded.as_str(), row.lowered.as_str()),
                ("Mua Hàng", "mua hang", "mua hàng")
            );
            let change = keywords::Change { priority: Some(5), ..keywords::Change::default() };
            let row = keywords::update(tx, &sys(), id, Some(1), &change)?;
            assert_eq!((row.priority, row.version), (5, 2));
            assert_eq!(
                keywords::update(tx, &sys(), id, Some(1), &change).unwrap_err().code,
                Code::StaleVersion
            );
            let other = keyword(tx, "giá", d, 1)?;
            let clash = keywords::Change { word: Some("MUA HANG".into()), ..keywords::Change::default() };
            assert_eq!(
                keywords::update(tx, &sys(), other, None, &clash).unwrap_err().code,
                Code::DuplicateKeyword
            );
            let nothing = keywords::Change { word: Some("\u{301}".into()), ..keywords::Change::default() };
            assert_eq!(keywords::update(tx, &sys(), other, None, &nothing).unwrap_err().code, Code::Invalid);

            let filter = keywords::Filter { search: Some("hang".into()), ..keywords::Filter::default() };
            let (rows, total) = store::keywords(tx, &filter, None, 0, 10)?;
            assert_eq!((rows.len(), total), (1, 1));
            let all = keywords::Filter {
                department_id: Some(d),
                is_active: Some(true),
                ..keywords::Filter::default()
            };
            let (rows, total) = store::keywords(tx, &all, Some("gia"), 0, 10)?;
            assert_eq!((rows.len(), total), (1, 2));
            keywords::delete(tx, &sys(), other, None)?;
            assert_eq!(keywords::delete(tx, &sys(), KeywordId(99), None).unwrap_err().code, Code::NotFound);
            Ok(())
        });
    });
}

#[test]
fn the_matcher_follows_the_table() {
    Desk::each(|desk| {
        let d = desk.write(|tx| department(tx, "sales", "score", true));
        let matcher = desk.db().read_now(Matcher::load).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let refresh = || runtime.block_on(matcher.refresh(desk.db())).unwrap();
        let id = desk.write(move |tx| keyword(tx, "mua", d, 2));
        assert!(matcher.find("mua").keywords.is_empty());
        refresh();
        assert_eq!(matcher.find("mua").departments, [(d, 2, 2)]);
        let off = keywords::Change { is_active: Some(false), ..keywords::Change::default() };
        desk.write(move |tx| keywords::update(tx, &sys(), id, None, &off));
        refresh();
        assert!(matcher.find("mua").keywords.is_empty());
    });
}

#[test]
fn a_conversation_without_a_place_is_decided_again_when_there_is_one() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let nothing = Matches::default();
            let who = contact(tx, "An")?;
            let t = ticket(tx, who, Priority::Medium, false)?;
            assert!(may_route_again(tx, &t, &nothing, None)?, "nothing was decided yet");
            let (t, _) = route(tx, &sys(), &Snapshot::default(), &t, None, &nothing, None)?;
            assert_eq!((t.department_id, store::decisions(tx, t.id, 10)?.len()), (None, 1));
            assert!(!may_route_again(tx, &t, &nothing, None)?, "it would be the same");

            let sales = department(tx, "sales", "score", false)?;
            let named = Matches { departments: vec![(sales, 3, 3)], ..Matches::default() };
            assert!(!may_route_again(tx, &t, &nothing, None)?);
            assert!(may_route_again(tx, &t, &named, None)?, "a word names a department");
            assert!(may_route_again(tx, &t, &nothing, Some(sales))?, "the channel has one");
            department(tx, "service", "score", true)?;
            assert!(may_route_again(tx, &t, &nothing, None)?, "there is one for all the rest");
            let (t, _) = route(tx, &sys(), &Snapshot::default(), &t, None, &named, None)?;
            assert_eq!(t.department_id, Some(sales));
            assert!(!may_route_again(tx, &t, &named, None)?, "it waits in its queue");
            Ok(())
        });
    });
}

#[test]
fn queues_are_counted_and_no_hot_query_scans() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            agent(tx, "an", &[d], 1, 0.0)?;
            for _ in 0..3 {
                routed(tx, Priority::Low, &Matches::default())?;
            }
            let rows = queue::all(tx)?;
            assert_eq!((rows.len(), rows[0].waiting, rows[0].open), (1, 2, 3));
            assert!(rows[0].oldest_at.is_some());
            for text in [
                "SELECT id FROM tickets WHERE department_id = ?1 AND priority = ?2 AND queued_at IS NOT NULL ORDER BY queued_at, id LIMIT ?3",
                "SELECT id FROM tickets WHERE department_id = ?1 AND queued_at IS NOT NULL LIMIT 1",
                "SELECT assignee_id FROM tickets WHERE contact_id = ?1 AND assignee_id IS NOT NULL ORDER BY id DESC LIMIT 1",
            ] {
                let one = platform::db::Value::Int(1);
                let values = vec![one; text.matches('?').count()];
                let plan = tx.explain(platform::db::Sql::built(text), &values)?;
                assert!(!plan.iter().any(|line| line.starts_with("SCAN")), "{text}: {plan:?}");
                assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{text}: {plan:?}");
            }
            if tx.engine() == platform::db::Engine::Postgres {
                // On a small table anything may be sorted; forbidden to, it goes along the index.
                tx.exec(platform::db::Sql::built("SET LOCAL enable_sort = off"), &[])?;
                tx.exec(platform::db::Sql::built("SET LOCAL enable_incremental_sort = off"), &[])?;
                let plan = tx.explain(
                    sql!("SELECT id FROM tickets WHERE department_id = 1 AND priority = 2 AND queued_at IS NOT NULL ORDER BY queued_at, id LIMIT 50"),
                    &[],
                )?;
                assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:?}");
            }
            Ok(())
        });
    });
}

/// Messages come in and tickets are resolved at once: nobody gets more than they can take, and nothing waits while
/// somebody has room.
#[test]
fn many_at_once_lose_no_ticket_and_overload_nobody() {
    Desk::each(|desk| {
        let (d, agents) = desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            Ok((d, [agent(tx, "an", &[d], 3, 10.0)?, agent(tx, "binh", &[d], 4, 0.0)?]))
        });
        let runtime = platform::testing::runtime();
        let come = |n: usize| {
            let db = desk.db().clone();
            runtime.spawn(async move {
                let keys = vec![crate::locks::identity("chat", None, &n.to_string())];
                db.write_locked(keys, |tx| routed(tx, Priority::Medium, &Matches::default()).map(|r| r.0.id))
                    .await
            })
        };
        let go = |id: TicketId| {
            let db = desk.db().clone();
            runtime.spawn(async move { db.write(move |tx| resolve(tx, id)).await })
        };
        let first: Vec<TicketId> = (0..7).map(|n| runtime.block_on(come(n)).unwrap().unwrap()).collect();
        let coming: Vec<_> = (7..27).map(come).collect();
        let going: Vec<_> = first.iter().map(|id| go(*id)).collect();
        for task in coming {
            runtime.block_on(task).unwrap().unwrap();
        }
        for task in going {
            runtime.block_on(task).unwrap().unwrap();
        }
        desk.write(move |tx| {
            assert_eq!((load(tx, agents[0])?, load(tx, agents[1])?), (3, 4));
            assert_eq!(queue::waiting(tx, d, 100)?.len(), 13);
            Ok(())
        });
    });
}
