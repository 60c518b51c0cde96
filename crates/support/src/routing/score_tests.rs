use proptest::{
    prelude::{Just, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest},
    strategy::Strategy as Strategy_,
};

use super::*;

fn person(id: i64) -> Person {
    Person {
        id: UserId(id),
        name: format!("Agent {id}"),
        department_id: DepartmentId(1),
        is_active: true,
        presence: Presence::Available,
        load: 0,
        capacity: 8,
        kpi: 0.0,
        keywords: 0,
        shift: Shift::Unknown,
        handled_last: false,
        last_assigned_at: 0,
    }
}

fn first(strategy: Strategy, people: Vec<Person>) -> Option<i64> {
    winner(&rank(&Weights::default(), strategy, people)).map(|r| r.person.id.0)
}

#[test]
fn parts_follow_the_weights() {
    let w = Weights::default();
    let p = Person { keywords: 3, kpi: 75.0, load: 2, handled_last: true, ..person(1) };
    assert_eq!(parts(&w, &p), Parts { keywords: 120, kpi: 150, capacity: 188, shift: 0, continuity: 100 });
    let p = Person { keywords: 99, kpi: 400.0, load: 0, shift: Shift::Now, handled_last: true, ..person(1) };
    assert_eq!(parts(&w, &p).sum(), 1_000);
    assert_eq!(parts(&w, &Person { shift: Shift::LaterToday, ..person(1) }).shift, 40);
    assert_eq!(parts(&w, &Person { kpi: f64::NAN, ..person(1) }).kpi, 0);
    assert_eq!(parts(&w, &Person { capacity: 0, ..person(1) }).capacity, 0);
}

#[test]
fn ties_go_to_the_least_recently_assigned_and_then_to_the_lowest_id() {
    let at = |id, last| Person { last_assigned_at: last, ..person(id) };
    assert_eq!(first(Strategy::Score, vec![at(1, 50), at(2, 40), at(3, 60)]), Some(2));
    assert_eq!(first(Strategy::Score, vec![at(9, 40), at(2, 40), at(3, 60)]), Some(2));
}

#[test]
fn strategies_look_at_different_things() {
    let strong = Person { kpi: 100.0, load: 5, last_assigned_at: 90, ..person(1) };
    let fresh = Person { kpi: 0.0, load: 3, capacity: 4, last_assigned_at: 10, ..person(2) };
    let roomy = Person { kpi: 0.0, load: 4, capacity: 20, last_assigned_at: 50, ..person(3) };
    let all = vec![strong, fresh, roomy];
    assert_eq!(first(Strategy::Score, all.clone()), Some(1));
    assert_eq!(first(Strategy::RoundRobin, all.clone()), Some(2));
    assert_eq!(first(Strategy::CapacityBased, all), Some(3));
}

#[test]
fn everyone_who_cannot_is_left_out_for_one_reason() {
    let reasons = [
        (Person { is_active: false, presence: Presence::Offline, ..person(1) }, Exclusion::Inactive),
        (Person { presence: Presence::Offline, ..person(1) }, Exclusion::Offline),
        (Person { presence: Presence::Away, ..person(1) }, Exclusion::Away),
        (Person { presence: Presence::Busy, load: 8, ..person(1) }, Exclusion::Busy),
        (Person { load: 8, ..person(1) }, Exclusion::AtCapacity),
        (Person { shift: Shift::None, ..person(1) }, Exclusion::OffShift),
    ];
    for (who, why) in reasons {
        assert_eq!(who.excluded(), Some(why));
        assert_eq!(first(Strategy::Score, vec![Person { kpi: 100.0, keywords: 10, ..who }]), None);
    }
}

fn any_person(id: i64) -> impl Strategy_<Value = Person> {
    let presence = prop_oneof![
        3 => Just(Presence::Available),
        1 => Just(Presence::Busy),
        1 => Just(Presence::Away),
        1 => Just(Presence::Offline),
    ];
    let shift =
        prop_oneof![Just(Shift::Unknown), Just(Shift::Now), Just(Shift::LaterToday), Just(Shift::None)];
    let numbers = (0..12_i64, 0..12_i64, -20.0..140.0_f64, 0..14_i64, 0..3_i64);
    (presence, shift, numbers, prop::bool::weighted(0.9), any::<bool>()).prop_map(
        move |(
            presence,
            shift,
            (load, capacity, kpi, keywords, last_assigned_at),
            is_active,
            handled_last,
        )| Person {
            presence,
            shift,
            load,
            capacity,
            kpi,
            keywords,
            last_assigned_at,
            is_active,
            handled_last,
            ..person(id)
        },
    )
}

fn any_weights() -> impl Strategy_<Value = Weights> {
    let one = || 0..=100_i64;
    (one(), one(), one(), one(), one()).prop_map(|(keywords, kpi, capacity, shift, continuity)| Weights {
        keywords,
        kpi,
        capacity,
        shift,
        continuity,
    })
}

fn any_people() -> impl Strategy_<Value = Vec<Person>> {
    (0..9_i64).prop_flat_map(|n| (1..=n).map(any_person).collect::<Vec<_>>())
}

fn any_strategy() -> impl Strategy_<Value = Strategy> {
    prop_oneof![Just(Strategy::Score), Just(Strategy::RoundRobin), Just(Strategy::CapacityBased)]
}

proptest! {
    #[test]
    fn somebody_wins_exactly_when_somebody_can(w in any_weights(), s in any_strategy(), people in any_people()) {
        let ranked = rank(&w, s, people.clone());
        let best = winner(&ranked);
        prop_assert_eq!(best.is_some(), people.iter().any(|p| p.excluded().is_none()));
        prop_assert!(best.is_none_or(|r| r.person.excluded().is_none()));
        prop_assert!(ranked.iter().all(|r| (0..=1_000).contains(&r.parts.sum())));
        if s == Strategy::Score {
            let most = ranked.iter().filter(|r| r.excluded.is_none()).map(|r| r.parts.sum()).max();
            prop_assert_eq!(best.map(|r| r.parts.sum()), most);
        }
    }

    #[test]
    fn the_order_in_which_people_are_found_does_not_matter(
        w in any_weights(),
        s in any_strategy(),
        (people, shuffled) in any_people().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle())),
    ) {
        prop_assert_eq!(rank(&w, s, people), rank(&w, s, shuffled));
    }

    #[test]
    fn another_keyword_never_lowers_a_score(w in any_weights(), p in any_person(1), more in 1..9_i64) {
        let with = Person { keywords: p.keywords + more, ..p.clone() };
        prop_assert!(parts(&w, &with).sum() >= parts(&w, &p).sum());
    }
}
