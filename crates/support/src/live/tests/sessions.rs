//! One listener after another: beginning, coming back, losing and gaining.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::{
    live::{
        Presence,
        presence::{MOST_SEATS, TYPING},
        view::Place,
    },
    outbound::tests::harness::World,
    tickets::events as ticket,
};

struct Desk {
    world: World,
    people: Directory,
}

impl Desk {
    async fn new() -> Desk {
        Desk { world: World::new().await, people: Directory::default() }
    }
    async fn listen(&self, id: i64, view: View, after: Option<i64>, timing: Timing) -> (Session, Vec<Frame>) {
        self.people.set(id, Some(view.clone()));
        let (desk, presence) = (&self.world.support.desk, &self.world.support.presence);
        let reload = self.people.reload(id);
        Session::open(&desk.db, &desk.feed, presence, view, reload, after, timing).await.unwrap()
    }
    async fn record(&self, facts: Vec<NewEvent>) {
        record(self.world.db(), facts).await;
    }
    fn presence(&self) -> &Arc<Presence> {
        &self.world.support.presence
    }
}

const MINE: (Option<i64>, Option<i64>) = (Some(1), None);
const THEIRS: (Option<i64>, Option<i64>) = (Some(2), None);

fn added(ticket: i64, place: (Option<i64>, Option<i64>)) -> NewEvent {
    fact("message.added", ticket, place, json!({"message_id": 5}))
}

#[tokio::test]
async fn a_listener_hears_its_own_and_nothing_else() {
    let desk = Desk::new().await;
    let (mut session, first) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    assert_eq!(brief(&first), [json!(["hello", 0, null])]);
    desk.record(vec![added(7, THEIRS), added(8, MINE).contact(3)]).await;
    let frames = next(&mut session).await.unwrap();
    assert_eq!(
        read(&frames[0]),
        json!({
            "type": "event", "seq": 2, "at": "2025-06-16T12:00:00.000Z", "kind": "message.added",
            "subject": {"kind": "ticket", "id": 8}, "ticket_id": 8, "contact_id": 3,
            "actor": {"kind": "system", "id": null}, "data": {"message_id": 5},
        })
    );
    assert_eq!(frames.len(), 1);
    desk.record(vec![added(7, THEIRS)]).await;
    silence(&mut session).await;
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed() {
    let desk = Desk::new().await;
    let left = json!({"before": {"department_id": 1, "assignee_id": null}, "after": {"department_id": 2, "assignee_id": null}});
    desk.record(vec![
        added(7, MINE),
        added(8, THEIRS),
        fact(ticket::ASSIGNED, 7, THEIRS, left),
        added(9, MINE),
    ])
    .await;
    let (mut session, first) = desk.listen(1, agent(1, &[1]), Some(1), STILL).await;
    assert_eq!(brief(&first), [json!(["hello", 1, null]), json!(["removed", 3, 7]), json!(["event", 4, 9])]);
    // Nothing twice and nothing lost on the way from the table to the feed.
    desk.record(vec![added(10, MINE)]).await;
    let mut heard = Vec::new();
    while heard.is_empty() {
        heard = brief(&next(&mut session).await.unwrap());
    }
    assert_eq!(heard, [json!(["event", 5, 10])]);
    // From the future: another database stood here.
    let (_session, first) = desk.listen(1, agent(1, &[1]), Some(99), STILL).await;
    assert_eq!(brief(&first), [json!(["hello", 5, null]), json!(["resync", 5, null])]);
}

#[tokio::test]
async fn too_much_is_read_anew() {
    let desk = Desk::new().await;
    for _ in 0..4 {
        desk.record((0..250).map(|n| added(n + 1, MINE)).collect()).await;
    }
    let (_session, first) = desk.listen(1, agent(1, &[1]), Some(0), STILL).await;
    assert_eq!((first.len(), brief(&first)[1000].clone()), (1001, json!(["event", 1000, 250])));
    desk.record(vec![added(1, MINE)]).await;
    let (_session, first) = desk.listen(1, agent(1, &[1]), Some(0), STILL).await;
    assert_eq!(brief(&first), [json!(["hello", 1001, null]), json!(["resync", 1001, null])]);
    // Others' events do not count against it.
    let (_session, first) = desk.listen(2, agent(2, &[9]), Some(0), STILL).await;
    assert_eq!(brief(&first), [json!(["hello", 0, null])]);
}

#[tokio::test]
async fn a_ticket_that_goes_elsewhere_is_removed() {
    let desk = Desk::new().await;
    let (mut session, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    session.seat.look(&session.view.clone(), 7, Place { department: Some(1), owner: None });
    let _ = next(&mut session).await;
    let left = json!({"before": {"department_id": 1, "assignee_id": 1}, "after": {"department_id": 2, "assignee_id": null}});
    desk.record(vec![fact(ticket::ASSIGNED, 7, THEIRS, left)]).await;
    assert_eq!(brief(&next(&mut session).await.unwrap()), [json!(["removed", 1, 7])]);
    assert_eq!(session.seat.ticket(), None);
}

#[tokio::test]
async fn a_change_of_team_is_heard_at_once() {
    let desk = Desk::new().await;
    let (mut session, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    desk.people.set(1, Some(agent(1, &[2])));
    let moved = NewEvent::new("user.updated", "user", 1i64, json!({}));
    desk.record(vec![moved, added(7, MINE)]).await;
    let heard = brief(&next(&mut session).await.unwrap());
    assert_eq!(heard, [json!(["resync", 2, null])]);
    desk.record(vec![added(7, MINE), added(8, THEIRS)]).await;
    assert_eq!(brief(&next(&mut session).await.unwrap()), [json!(["event", 4, 8])]);
    // The same view as before: no need to read anew.
    desk.record(vec![NewEvent::new("department.updated", "department", 5i64, json!({}))]).await;
    silence(&mut session).await;
}

#[tokio::test]
async fn who_may_not_be_here_any_more_is_sent_away() {
    let desk = Desk::new().await;
    let (mut session, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    desk.people.set(1, None);
    desk.record(vec![NewEvent::new("user.deactivated", "user", 1i64, json!({})), added(7, MINE)]).await;
    assert_eq!(next(&mut session).await.err(), Some(End::SignedOut));

    let soon = Timing { recheck: Duration::from_millis(50), ..STILL };
    let (mut session, _) = desk.listen(2, agent(2, &[1]), None, soon).await;
    silence(&mut session).await;
    desk.people.set(2, None);
    assert_eq!(next(&mut session).await.err(), Some(End::SignedOut));
}

#[tokio::test]
async fn who_falls_behind_is_told_to_read_anew() {
    let desk = Desk::new().await;
    let (mut session, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    let feed = desk.world.support.desk.feed.clone();
    for n in 0..1_030 {
        desk.record(vec![added(n + 1, MINE)]).await;
        let mut position = feed.watch_position();
        position.wait_for(|seq| *seq > n).await.unwrap();
    }
    assert_eq!(brief(&next(&mut session).await.unwrap()), [json!(["resync", 1030, null])]);
    desk.record(vec![added(5, MINE)]).await;
    assert_eq!(brief(&next(&mut session).await.unwrap()), [json!(["event", 1031, 5])]);
}

#[tokio::test]
async fn a_listener_that_hears_nothing_hears_pings() {
    let desk = Desk::new().await;
    let (mut session, _) =
        desk.listen(1, agent(1, &[1]), None, Timing { ping: Duration::from_millis(60), ..STILL }).await;
    let mut events = desk.world.support.desk.feed.subscribe();
    desk.record(vec![added(7, THEIRS)]).await;
    events.recv().await.unwrap();
    assert_eq!(read(&next(&mut session).await.unwrap()[0])["type"], "ping");
    assert_eq!(read(&next(&mut session).await.unwrap()[0]), json!({"type": "ping", "seq": 1}));
}

#[tokio::test]
async fn waiting_may_be_broken_off_at_any_point() {
    let desk = Desk::new().await;
    let (mut session, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    let mut heard = Vec::new();
    for n in 0..200 {
        desk.record(vec![
            NewEvent::new("department.updated", "department", 5i64, json!({})),
            added(n + 1, MINE),
        ])
        .await;
        if let Ok(frames) = tokio::time::timeout(Duration::from_micros(n as u64 * 20), session.next()).await {
            heard.extend(brief(&frames.unwrap()));
        }
    }
    while heard.len() < 200 {
        heard.extend(brief(&next(&mut session).await.unwrap()));
    }
    let expected: Vec<_> = (0..200).map(|n| json!(["event", 2 * n + 2, n + 1])).collect();
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn everybody_at_a_ticket_is_known_to_those_who_may_see_it() {
    let desk = Desk::new().await;
    let place = Place { department: Some(1), owner: None };
    let (mut an, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    let (mut binh, _) = desk.listen(2, agent(2, &[1]), None, STILL).await;
    let (mut stranger, _) = desk.listen(3, agent(3, &[2]), None, STILL).await;
    let users = |frames: Vec<Frame>| {
        let frame = read(&frames[0]);
        assert_eq!((&frame["type"], &frame["ticket_id"]), (&json!("presence"), &json!(7)));
        frame["users"].clone()
    };
    let named = |id: i64, typing: bool| json!({"id": id, "name": format!("Person {id}"), "typing": typing});

    an.seat.look(&an.view.clone(), 7, place);
    assert_eq!(users(next(&mut an).await.unwrap()), json!([]));
    assert_eq!(users(next(&mut binh).await.unwrap()), json!([named(1, false)]));
    binh.seat.look(&binh.view.clone(), 7, place);
    assert_eq!(users(next(&mut an).await.unwrap()), json!([named(2, false)]));
    assert_eq!(users(next(&mut binh).await.unwrap()), json!([named(1, false)]));

    let before = tokio::time::Instant::now();
    binh.seat.typing();
    binh.seat.typing();
    assert!(binh.seat.typing_until().is_some_and(|at| at >= before + TYPING));
    assert_eq!(users(next(&mut an).await.unwrap()), json!([named(2, true)]));
    binh.seat.stop_typing();
    assert_eq!(users(next(&mut an).await.unwrap()), json!([named(2, false)]));
    drop(binh);
    assert_eq!(users(next(&mut an).await.unwrap()), json!([]));
    silence(&mut an).await;
    silence(&mut stranger).await;

    // Somebody who is there twice is one person; typing once is typing.
    let (mut second, _) = desk.listen(1, agent(1, &[1]), None, STILL).await;
    second.seat.look(&second.view.clone(), 7, place);
    second.seat.typing();
    let (mut binh, _) = desk.listen(2, agent(2, &[1]), None, STILL).await;
    an.seat.leave();
    assert_eq!(users(next(&mut binh).await.unwrap()), json!([named(1, true)]));
}

#[tokio::test]
async fn a_ticket_that_moved_is_shown_to_its_new_team() {
    let desk = Desk::new().await;
    let (mut an, _) =
        desk.listen(1, principal::view(&person(1, &[], &["tickets.read:all"])), None, STILL).await;
    let (mut new_team, _) = desk.listen(2, agent(2, &[2]), None, STILL).await;
    an.seat.look(&an.view.clone(), 7, Place { department: Some(1), owner: None });
    silence(&mut new_team).await;
    let moved = json!({"before": {"department_id": 1}, "after": {"department_id": 2}});
    desk.record(vec![fact(ticket::ASSIGNED, 7, THEIRS, moved)]).await;
    assert_eq!(brief(&next(&mut new_team).await.unwrap()), [json!(["event", 1, 7])]);
    an.seat.typing();
    assert_eq!(read(&next(&mut new_team).await.unwrap()[0])["users"][0]["typing"], true);
}

#[tokio::test]
async fn nobody_takes_all_the_seats() {
    let desk = Desk::new().await;
    let view = agent(1, &[1]);
    let mut seats: Vec<_> = (0..MOST_SEATS).map(|_| desk.presence().sit(&view).unwrap()).collect();
    assert_eq!(desk.presence().sit(&view).err().unwrap().code, platform::Code::RateLimited);
    assert!(desk.presence().sit(&agent(2, &[1])).is_ok());
    seats.pop();
    assert!(desk.presence().sit(&view).is_ok());
    drop(seats);
    assert_eq!(desk.presence().connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_hear_at_once() {
    let desk = Desk::new().await;
    let mut listening = tokio::task::JoinSet::new();
    for id in 1..=1_000 {
        let (mut session, _) = desk.listen(id, agent(id, &[1]), None, STILL).await;
        listening.spawn(async move { (session.next().await.unwrap(), Instant::now()) });
    }
    let begun = Instant::now();
    desk.record(vec![added(7, MINE)]).await;
    let (mut last, mut texts) = (begun, Vec::new());
    while let Some(heard) = listening.join_next().await {
        let (frames, at) = heard.unwrap();
        last = last.max(at);
        texts.push(frames[0].text.as_str().as_ptr());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "one text for all");
    let took = last - begun;
    println!("1 000 listeners: {took:?}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}
