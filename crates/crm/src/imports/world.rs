//! What the rows before one have left, and what becomes of it by that: one decision for a run and for a check, so that a check
//! says what a run does.

use std::collections::{BTreeMap, HashMap};

use people::{
    ContactId,
    contacts::bulk::{self, Standing},
};
use platform::{Conn, Error, Fault, Result, fold::fold};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    facts::Facts,
    options::Duplicates,
    plan::{Draft, Plan, Row},
    store,
};
use crate::{
    ImportId, LeadId,
    leads::{
        input::Method,
        intake,
        others::OtherAddress,
        students::{self, NewStudent},
    },
};

/// Kind and normalised value.
type Address = (String, String);

/// A lead that a row could change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    pub facts: Facts,
    /// This import made it.
    pub is_own: bool,
    /// The names of its students, folded; where the table has any.
    pub students: Vec<String>,
}

impl Known {
    /// The students of a row who are not on the lead.
    fn new_students(&self, draft: &Draft) -> Vec<NewStudent> {
        draft.students.iter().filter(|s| !self.students.contains(&fold(&s.name))).cloned().collect()
    }
}

/// What becomes of a row.
#[derive(Debug)]
pub enum Fate {
    Skipped,
    Faulty(Vec<Fault>),
    /// A new lead, of a contact that is there or of a new one.
    Made(Option<ContactId>),
    Changed(Box<Changed>),
}

#[derive(Debug)]
pub struct Changed {
    pub lead: LeadId,
    pub contact: ContactId,
    pub after: Facts,
    /// Those who come to it.
    pub students: Vec<NewStudent>,
}

/// Who has the addresses of a chunk, what leads they have, whom they work for.
#[derive(Debug, Default)]
pub struct World {
    contacts: HashMap<Address, ContactId>,
    leads: HashMap<ContactId, LeadId>,
    people: HashMap<ContactId, Standing>,
    facts: HashMap<LeadId, Known>,
    /// By folded name.
    companies: HashMap<String, ContactId>,
    /// What is new in it, as [`store::seen`] keeps it; for a check.
    fresh: Option<BTreeMap<String, String>>,
}

fn drafts(rows: &[Row]) -> impl Iterator<Item = &Draft> {
    rows.iter().filter_map(|row| match row {
        Row::Lead(draft) => Some(draft.as_ref()),
        Row::Blank | Row::Faulty(_) => None,
    })
}

fn distinct<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn address_key((kind, value): &Address) -> String {
    format!("address {kind} {value}")
}

/// What a check has come across of `keys`.
fn recall<K, V: DeserializeOwned>(
    c: &Conn<'_>,
    id: ImportId,
    keys: impl Iterator<Item = (String, K)>,
) -> Result<Vec<(K, V)>> {
    let mut by_key: HashMap<String, K> = keys.collect();
    let found = store::seen(c, id, &by_key.keys().map(String::as_str).collect::<Vec<_>>())?;
    let mut read = |(key, value): (String, String)| {
        let value = serde_json::from_str(&value).map_err(Error::internal)?;
        Ok(by_key.remove(&key).map(|key| (key, value)))
    };
    found.into_iter().filter_map(|pair| read(pair).transpose()).collect()
}

impl World {
    /// As the desk is. A handful of queries, however many rows there are.
    pub fn load(c: &Conn<'_>, id: ImportId, plan: &Plan, rows: &[Row]) -> Result<World> {
        World::read(c, id, plan, rows, None)
    }

    /// As a run would have left the desk by now.
    pub fn foresee(c: &Conn<'_>, id: ImportId, plan: &Plan, rows: &[Row]) -> Result<World> {
        World::read(c, id, plan, rows, Some(BTreeMap::new()))
    }

    fn read(
        c: &Conn<'_>,
        id: ImportId,
        plan: &Plan,
        rows: &[Row],
        fresh: Option<BTreeMap<String, String>>,
    ) -> Result<World> {
        let recalls = fresh.is_some();
        let changes = plan.options.duplicates == Duplicates::Update;
        let mut world = World { fresh, ..World::default() };
        if recalls && plan.options.duplicates == Duplicates::Create {
            // Every row makes a lead.
            return Ok(world);
        }
        let addresses =
            distinct(drafts(rows).flat_map(|d| &d.methods).map(|m| (m.kind.to_owned(), m.key.clone())));
        let values = distinct(addresses.iter().map(|(_, key)| key.as_str()));
        world.contacts = bulk::holders(c, &values)?;
        let names = distinct(drafts(rows).filter_map(|d| d.company.as_deref().map(fold)));
        world.companies = bulk::companies(c, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
        if recalls {
            let keys = addresses.iter().map(|a| (address_key(a), a.clone()));
            world.contacts.extend(recall::<_, ContactId>(c, id, keys)?);
            let keys = names.iter().map(|n| (format!("company {n}"), n.clone()));
            world.companies.extend(recall::<_, ContactId>(c, id, keys)?);
        }
        let contacts = distinct(world.contacts.values().copied());
        let real: Vec<ContactId> = contacts.iter().copied().filter(|id| id.0 > 0).collect();
        world.leads = intake::newest_of(c, plan.pipeline.id, &real)?.into_iter().collect();
        if changes || !recalls {
            world.people = bulk::standings(c, &real)?;
        }
        if recalls {
            let of = |what: &'static str| contacts.iter().map(move |id| (format!("{what} {id}"), *id));
            world.leads.extend(recall::<_, LeadId>(c, id, of("lead of"))?);
            world.people.extend(recall::<_, Standing>(c, id, of("contact"))?);
        }
        if !changes {
            return Ok(world);
        }
        let leads = distinct(world.leads.values().copied());
        let real: Vec<LeadId> = leads.iter().copied().filter(|id| id.0 > 0).collect();
        let mut students: HashMap<LeadId, Vec<String>> = HashMap::new();
        if plan.has_students {
            for student in students::of_leads(c, &real)? {
                students.entry(student.lead_id).or_default().push(fold(&student.name));
            }
        }
        for lead in intake::by_ids(c, &real)? {
            let is_own = lead.import_id == Some(id);
            let students = students.remove(&lead.id).unwrap_or_default();
            world.facts.insert(lead.id, Known { facts: Facts::of(&lead), is_own, students });
        }
        if recalls {
            let keys = leads.iter().map(|id| (format!("lead {id}"), *id));
            world.facts.extend(recall::<_, Known>(c, id, keys)?);
        }
        Ok(world)
    }

    /// What is to be kept for the chunks behind.
    pub fn into_fresh(self) -> BTreeMap<String, String> {
        self.fresh.unwrap_or_default()
    }

    /// What becomes of a row.
    pub fn fate(&self, plan: &Plan, draft: &Draft) -> Fate {
        let holders = draft.methods.iter().filter_map(|m| self.holder(m.kind, &m.key));
        let first = holders.clone().next();
        let lead = holders.into_iter().find_map(|id| Some((id, *self.leads.get(&id)?)));
        match (lead, plan.options.duplicates) {
            (Some(_), Duplicates::Skip) => Fate::Skipped,
            (Some((contact, lead)), Duplicates::Update) => self.changed(plan, draft, contact, lead),
            (None, Duplicates::Update) if !plan.lacks(draft).is_empty() => Fate::Faulty(plan.lacks(draft)),
            _ => Fate::Made(first),
        }
    }

    fn changed(&self, plan: &Plan, draft: &Draft, contact: ContactId, lead: LeadId) -> Fate {
        let Some(known) = self.facts.get(&lead) else { return Fate::Skipped };
        // One that whoever imports may not change is passed over.
        if !known.is_own && !known.facts.is_within(&plan.sees) {
            return Fate::Skipped;
        }
        let after = match known.facts.with(plan, draft) {
            Ok(after) => after,
            Err(faults) => return Fate::Faulty(faults),
        };
        let students = known.new_students(draft);
        if !students.is_empty() && known.students.len() + students.len() > students::MOST {
            let words = format!("must be at most {} students with those whom the lead has", students::MOST);
            return Fate::Faulty(vec![Fault::new("student_name", "too_long", words)]);
        }
        // Whom it was dealt to is not known beforehand; saying whose it is counts as a change.
        let is_taken = known.is_own && plan.options.strategy.is_some() && draft.owner.is_some();
        let is_same = after == known.facts
            && students.is_empty()
            && self.new_addresses(draft).next().is_none()
            && !is_taken;
        match is_same && self.employer(draft, contact, true).is_none() {
            true => Fate::Skipped,
            false => Fate::Changed(Box::new(Changed { lead, contact, after, students })),
        }
    }

    fn holder(&self, kind: &str, key: &str) -> Option<ContactId> {
        self.contacts.get(&(kind.to_owned(), key.to_owned())).copied()
    }

    /// Those of the row's addresses that nobody has: their places.
    pub fn new_addresses(&self, draft: &Draft) -> impl Iterator<Item = usize> {
        let is_new = |m: &Method| self.holder(m.kind, &m.key).is_none();
        draft.methods.iter().map(is_new).enumerate().filter(|(_, is_new)| *is_new).map(|(n, _)| n)
    }

    /// Those of the row's addresses that somebody else has than `contact`.
    pub fn others(&self, draft: &Draft, contact: ContactId) -> Vec<OtherAddress> {
        let held =
            |m: &Method| Some(OtherAddress::new(m, self.holder(m.kind, &m.key).filter(|h| *h != contact)?));
        draft.methods.iter().filter_map(held).collect()
    }

    /// The name of the company that a contact works for from now on, if that is news. `always`: whoever they worked for before.
    pub fn employer<'a>(&self, draft: &'a Draft, contact: ContactId, always: bool) -> Option<&'a str> {
        let company = draft.company.as_deref()?;
        let person = self.people.get(&contact).filter(|p| p.is_person)?;
        let is_news = match person.company {
            None => true,
            Some(present) => always && self.companies.get(&fold(company)) != Some(&present),
        };
        is_news.then_some(company)
    }

    /// The company of a name, if there is one.
    pub fn company(&self, name: &str) -> Option<ContactId> {
        self.companies.get(&fold(name)).copied()
    }

    pub fn standing(&self, contact: ContactId) -> Option<&Standing> {
        self.people.get(&contact)
    }

    fn keep(&mut self, key: String, value: &impl Serialize) -> Result<()> {
        if let Some(fresh) = &mut self.fresh {
            fresh.insert(key, serde_json::to_string(value).map_err(Error::internal)?);
        }
        Ok(())
    }

    pub fn add_company(&mut self, name: &str, id: ContactId) -> Result<()> {
        let name = fold(name);
        self.keep(format!("company {name}"), &id)?;
        self.companies.insert(name, id);
        Ok(())
    }

    /// The row's addresses that nobody has are this contact's from now on.
    pub fn add_addresses(&mut self, draft: &Draft, contact: ContactId) -> Result<()> {
        for n in self.new_addresses(draft).collect::<Vec<_>>() {
            let m = &draft.methods[n];
            let address = (m.kind.to_owned(), m.key.clone());
            self.keep(address_key(&address), &contact)?;
            self.contacts.insert(address, contact);
        }
        Ok(())
    }

    pub fn set_standing(&mut self, contact: ContactId, standing: Standing) -> Result<()> {
        self.keep(format!("contact {contact}"), &standing)?;
        self.people.insert(contact, standing);
        Ok(())
    }

    /// The newest lead of a contact, with its students.
    pub fn add_lead(
        &mut self,
        contact: ContactId,
        lead: LeadId,
        facts: Facts,
        with: &[NewStudent],
    ) -> Result<()> {
        self.add_lead_only(contact, lead)?;
        self.set_known(lead, Known { facts, is_own: true, students: folded(with) })
    }

    /// The same where nothing is changed.
    pub fn add_lead_only(&mut self, contact: ContactId, lead: LeadId) -> Result<()> {
        self.keep(format!("lead of {contact}"), &lead)?;
        self.leads.insert(contact, lead);
        Ok(())
    }

    pub fn change_lead(&mut self, lead: LeadId, facts: Facts, more: &[NewStudent]) -> Result<()> {
        let (is_own, mut students) = match self.facts.remove(&lead) {
            Some(known) => (known.is_own, known.students),
            None => (false, Vec::new()),
        };
        students.extend(folded(more));
        self.set_known(lead, Known { facts, is_own, students })
    }

    fn set_known(&mut self, lead: LeadId, known: Known) -> Result<()> {
        self.keep(format!("lead {lead}"), &known)?;
        self.facts.insert(lead, known);
        Ok(())
    }
}

fn folded(students: &[NewStudent]) -> Vec<String> {
    students.iter().map(|s| fold(&s.name)).collect()
}
