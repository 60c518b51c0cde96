//! Likely duplicates over the whole desk: pairs of contacts, those with the newest address first.
//!
//! Walked along the addresses, so that a page costs the same wherever it is: it looks at a bounded number of them, and may
//! show fewer pairs than were asked for, or none, while there is more to look at. A pair stands where the newest address is
//! that the two share something by, and so once.

use std::collections::{HashMap, HashSet};

use platform::{Conn, Result, params, sql};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Reason, likenesses, ordered, reason};
use crate::{
    ContactId,
    contacts::{Brief, ContactMethod, detail::Named, store},
};

/// Addresses that are looked at in one go, and goes of one page.
const GO: i64 = 2_000;
const GOES: usize = 10;

/// Two contacts that are likely one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ContactPair)]
pub struct Pair {
    /// The two, the one that was here first before the other.
    pub contacts: Vec<Likely>,
    /// Why.
    #[schema(inline)]
    pub reasons: Vec<Reason>,
    /// `likely`: an address that is the same could not be of two.
    pub certainty: &'static str,
}

/// One of the two.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LikelyContact)]
pub struct Likely {
    pub id: ContactId,
    pub name: String,
    /// `person` or `company`.
    pub kind: String,
    #[schema(required)]
    pub company: Option<Named>,
    pub methods: Vec<ContactMethod>,
}

/// Where a page ended: the two addresses of the last pair that was looked at.
pub type Place = (i64, i64);

/// Pairs behind `after`, about `limit` of them, and where to go on. A bounded number of queries.
pub fn page(c: &Conn<'_>, after: Option<Place>, limit: i64) -> Result<(Vec<Pair>, Option<Place>)> {
    let mut place = after.unwrap_or((i64::MAX, i64::MAX));
    let mut pairs = Vec::new();
    for _ in 0..GOES {
        let floor: Option<i64> = c.value(
            sql!(
                "SELECT id FROM contact_methods WHERE id <= ?1 AND likeness IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?2"
            ),
            params![place.0, GO],
        )?;
        let most = limit - pairs.len() as i64;
        let found = alike(c, place, floor.unwrap_or(0), most)?;
        let is_full = found.len() as i64 == most;
        let last = found.last().map(|f| f.place);
        pairs.extend(shown(c, found)?);
        match (is_full, last, floor) {
            (true, Some(last), _) => return Ok((pairs, Some(last))),
            (_, _, None) => return Ok((pairs, None)),
            (_, _, Some(floor)) => place = (floor, i64::MAX),
        }
    }
    Ok((pairs, Some(place)))
}

struct Alike {
    place: Place,
    newer: ContactId,
    older: ContactId,
}

/// Pairs of addresses that are like each other, of two contacts that stand and are not known to be two; the newer address
/// is `place.0` at most, and above `floor`.
fn alike(c: &Conn<'_>, place: Place, floor: i64, limit: i64) -> Result<Vec<Alike>> {
    c.all(
        sql!(
            "SELECT a.id, b.id, a.contact_id, b.contact_id FROM contact_methods a CROSS JOIN contact_methods b CROSS JOIN contacts ca CROSS JOIN contacts cb WHERE b.likeness = a.likeness AND b.id < a.id AND b.contact_id <> a.contact_id AND ca.id = a.contact_id AND cb.id = b.contact_id AND a.id <= ?1 AND a.id > ?3 AND (a.id < ?1 OR b.id < ?2) AND (a.kind = 'email' OR ca.name_folded = cb.name_folded) AND ca.kind = cb.kind AND ca.merged_into_id IS NULL AND cb.merged_into_id IS NULL AND ca.erased_at IS NULL AND cb.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM contact_distinctions d WHERE d.a_id = CASE WHEN ca.id < cb.id THEN ca.id ELSE cb.id END AND d.b_id = CASE WHEN ca.id < cb.id THEN cb.id ELSE ca.id END) ORDER BY a.id DESC, b.id DESC LIMIT ?4"
        ),
        params![place.0, place.1, floor, limit],
        |row| {
            let mut r = row.columns();
            let place = (r.next()?, r.next()?);
            Ok(Alike { place, newer: r.next()?, older: r.next()? })
        },
    )
}

/// The pairs that stand here, with their contacts.
fn shown(c: &Conn<'_>, found: Vec<Alike>) -> Result<Vec<Pair>> {
    let mut ids: Vec<ContactId> = found.iter().flat_map(|f| [f.newer, f.older]).collect();
    ids.sort_unstable();
    ids.dedup();
    let briefs = store::briefs(c, &ids)?;
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    for f in found {
        let (a, b) = ordered(f.newer, f.older);
        let (Some(one), Some(other)) = (briefs.get(&a), briefs.get(&b)) else { continue };
        let shared = shared(one, other);
        let first = shared.iter().map(|(newer, _)| *newer).max();
        if first != Some(f.place.0) || !seen.insert((a, b)) {
            continue;
        }
        let mut reasons: Vec<Reason> = shared.into_iter().map(|(_, reason)| reason).collect();
        reasons.dedup();
        pairs.push(Pair { contacts: vec![likely(one), likely(other)], reasons, certainty: "likely" });
    }
    Ok(pairs)
}

/// By what two are alike: the newer one of two addresses that share it, and why that says something; mail first.
fn shared(one: &Brief, other: &Brief) -> Vec<(i64, Reason)> {
    let same_name = platform::fold::fold(&one.name) == platform::fold::fold(&other.name);
    let mut by_key: HashMap<String, i64> = HashMap::new();
    for (key, _, id) in likenesses(&one.methods) {
        let newest = by_key.entry(key).or_insert(id);
        *newest = id.max(*newest);
    }
    let mut all: Vec<(i64, Reason)> = likenesses(&other.methods)
        .into_iter()
        .filter(|(_, kind, _)| *kind == "email" || same_name)
        .filter_map(|(key, kind, id)| Some((id.max(*by_key.get(&key)?), reason(kind))))
        .collect();
    all.sort_by_key(|(_, reason)| *reason == Reason::SameNameAndPhoneTail);
    all
}

fn likely(brief: &Brief) -> Likely {
    let company = brief.company.clone().map(|(id, name)| Named { id, name });
    let (name, kind) = (brief.name.clone(), brief.kind.clone());
    Likely { id: brief.id, name, kind, company, methods: brief.methods.clone() }
}
