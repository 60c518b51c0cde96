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

/// A small generator: the same cases on every machine.
struct Cases(u64);

impl Cases {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn person(&mut self, id: i64) -> Person {
        let presence = [Presence::Available, Presence::Available, Presence::Busy, Presence::Away, Presence::Offline];
        let shift = [Shift::Unknown, Shift::Now, Shift::LaterToday, Shift::None];
        Person {
            is_active: self.below(10) > 0,
            presence: presence[self.below(5) as usize],
            load: self.below(12) as i64,
            capacity: self.below(12) as i64,
            kpi: self.below(1_400) as f64 / 10.0 - 20.0,
            keywords: self.below(14) as i64,
            shift: shift[self.below(4) as usize],
            handled_last: self.below(5) == 0,
            last_assigned_at: self.below(3) as i64,
            ..person(id)
        }
    }
    fn weights(&mut self) -> Weights {
        let mut any = || self.below(101) as i64;
        Weights { keywords: any(), kpi: any(), capacity: any(), shift: any(), continuity: any() }
    }
}

#[test]
fn whatever_the_people_the_rules_hold() {
    let mut cases = Cases(42);
    for _ in 0..3_000 {
        let weights = cases.weights();
        let mut people: Vec<Person> = (1..=cases.below(9) as i64).map(|id| cases.person(id)).collect();
        for strategy in [Strategy::Score, Strategy::RoundRobin, Strategy::CapacityBased] {
            let ranked = rank(&weights, strategy, people.clone());
            let best = winner(&ranked).map(|r| r.person.clone());
            // Somebody wins exactly when somebody can, and can.
            assert_eq!(best.is_some(), people.iter().any(|p| p.excluded().is_none()));
            assert!(best.iter().all(|p| p.excluded().is_none()));
            assert!(ranked.iter().all(|r| (0..=1_000).contains(&r.parts.sum())));
            if strategy == Strategy::Score {
                let most = ranked.iter().filter(|r| r.excluded.is_none()).map(|r| r.parts.sum()).max();
                assert_eq!(winner(&ranked).map(|r| r.parts.sum()), most);
            }
            // The order in which people are found does not matter.
            let by = cases.below(8) as usize;
            people.reverse();
            let n = people.len().max(1);
            people.rotate_left(by % n);
            assert_eq!(rank(&weights, strategy, people.clone()), ranked);
        }
        // Another keyword never lowers a score.
        for p in &people {
            let more = Person { keywords: p.keywords + 1 + cases.below(5) as i64, ..p.clone() };
            assert!(parts(&weights, &more).sum() >= parts(&weights, p).sum());
        }
    }
}
