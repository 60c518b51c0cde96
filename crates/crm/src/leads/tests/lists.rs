use std::cmp::Ordering;

use platform::{
    counts::Counts,
    fold::fold,
    http::{Cursor, Page},
};

use super::{
    super::{
        LeadScope,
        list::{Asked, list},
        query::{
            Key, Order, Selection,
            page::{self, Half, Part},
            plan::choices,
        },
    },
    *,
};
use crate::{leads::custom, pipelines::FieldKind};

const KEYS: [Key; 7] =
    [Key::Created, Key::Updated, Key::Interaction, Key::Name, Key::Score, Key::Value, Key::Due];

/// The same as the conditions, for a lead that is in hand.
fn is_meant(world: &World, s: &Selection, scope: &LeadScope, lead: &Lead) -> bool {
    let field = |id: i64| world.pipelines.iter().flat_map(|p| &p.fields).find(|f| f.id == id);
    let has = |(id, key): &(i64, String)| {
        field(*id).is_some_and(|f| {
            let own = world.pipelines.iter().any(|p| p.id == lead.pipeline_id && p.fields.contains(f));
            own && lead.custom.get(&f.key).and_then(|v| custom::value_key(f.kind, v)).as_ref() == Some(key)
        })
    };
    scope.sees(lead)
        && lead.archived_at.is_some() == s.archived
        && s.stages.as_ref().is_none_or(|all| all.contains(&lead.stage_id))
        && (s.sources.is_empty() || s.sources.contains(&lead.source))
        && s.owner.is_none_or(|owner| lead.owner_id == owner)
        && s.department.is_none_or(|d| lead.department_id == Some(d))
        && s.disposition.as_ref().is_none_or(|d| lead.disposition.as_ref() == Some(d))
        && (s.priorities.is_empty() || s.priorities.contains(&lead.priority))
        && s.tag.as_ref().is_none_or(|t| lead.tags.contains(t))
        && s.score_min.is_none_or(|m| lead.score >= m)
        && s.score_max.is_none_or(|m| lead.score <= m)
        && s.overdue.is_none_or(|o| lead.is_overdue == o)
        && s.created_from.is_none_or(|at| lead.created_at >= at)
        && s.created_to.is_none_or(|at| lead.created_at < at)
        && s.untouched_since.is_none_or(|at| lead.touched_at < at)
        && s.contact.is_none_or(|c| lead.contact_id == c)
        && s.custom.iter().all(|group| group.iter().any(has))
}

fn compare(order: Order, a: &Lead, b: &Lead) -> Ordering {
    let number = |lead: &Lead| match order.key {
        Key::Created => Some(lead.created_at),
        Key::Updated => Some(lead.updated_at),
        Key::Interaction => lead.last_interaction_at,
        Key::Name => Some(0),
        Key::Score => Some(lead.score),
        Key::Value => lead.value,
        Key::Due => lead.due_at,
    };
    let name = |lead: &Lead| if order.key == Key::Name { fold(&lead.name) } else { String::new() };
    let (x, y) = ((number(a), name(a), a.id), (number(b), name(b), b.id));
    match (x.0.is_none(), y.0.is_none()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ if order.descending => y.cmp(&x),
        _ => x.cmp(&y),
    }
}

#[test]
fn every_list_is_what_a_look_at_every_lead_gives() {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 11, 120, 160);
        let now = t.clock.clone();
        let w = world.clone();
        t.db.read_now(move |c| {
            let all = all_leads(c)?;
            let mut dice = Dice(5);
            let mut met = 0;
            for (n, s) in selections(&w, &mut dice, &now, 90).into_iter().enumerate() {
                let scope = &w.scopes()[n % 4];
                let order = Order { key: KEYS[n % 7], descending: dice.luck(2) };
                let mut expected: Vec<&Lead> = all.iter().filter(|l| is_meant(&w, &s, scope, l)).collect();
                expected.sort_by(|a, b| compare(order, a, b));
                let ids: Vec<LeadId> = expected.iter().map(|l| l.id).collect();
                met += ids.len();
                let what = format!("{order:?} {scope:?} {s:?}");
                let asked = Asked { selection: s.clone(), order, search: None };
                // By cursor, page after page.
                let (mut found, mut cursor, limit) = (Vec::new(), None, 1 + dice.roll(30) as i64);
                loop {
                    let page = Page { limit, cursor, offset: 0 };
                    let part = list(c, &Counts::default(), scope, &asked, &page)?;
                    assert_eq!(part.total, ids.len() as i64, "{what}");
                    found.extend(part.items.iter().map(|l| l.id));
                    match part.next_cursor {
                        Some(next) => cursor = Some(Cursor::decode(&next)?),
                        None => break,
                    }
                }
                assert_eq!(found, ids, "{what}");
                // From the middle on.
                let offset = dice.roll(ids.len() as u64 + 2) as usize;
                let page = Page { limit, cursor: None, offset: offset as i64 };
                let part: Vec<LeadId> =
                    list(c, &Counts::default(), scope, &asked, &page)?.items.iter().map(|l| l.id).collect();
                let wanted: Vec<LeadId> = ids.iter().skip(offset).take(limit as usize).copied().collect();
                assert_eq!(part, wanted, "from {offset}: {what}");
                if s.is_empty() {
                    continue;
                }
                // Whichever way is taken.
                for drive in choices(scope, &s) {
                    let b = page::count(c.engine(), scope, &s, &drive, 10_000);
                    let total: i64 = c.one(b.sql(), &b.values, |r| r.get(1))?;
                    assert_eq!(total, ids.len() as i64, "{drive:?} {what}");
                    let part = Part { after: None, offset: 0, fetch: 1_000 };
                    let b = page::page(c.engine(), scope, &s, order, &drive, Half::Both, &part).unwrap();
                    let found: Vec<LeadId> =
                        c.all(b.sql(), &b.values, store::read)?.iter().map(|l| l.id).collect();
                    assert_eq!(found, ids, "{drive:?} {what}\n{}", b.text);
                }
            }
            assert!(met > 500, "{met}: the selections leave too little");
            Ok(())
        })
    });
}

#[test]
fn a_number_and_a_text_are_filtered_by_as_they_are_kept() {
    assert_eq!(
        custom::value_key(FieldKind::Text, &json!("Huế")).as_deref(),
        Some("hue"),
        "as the selections of these tests say it"
    );
}
