//! A chunk of a run, and of a check: what becomes of each row, in one transaction with how far it goes.

use std::collections::{HashMap, HashSet};

use people::{ContactId, access::staff::Staff, contacts};
use platform::{Conn, Error, Fault, Result, Tx, error::Code, events::Origin};
use serde_json::{Value as Json, json};

use super::{
    Import, State,
    options::Duplicates,
    plan::{Draft, Plan, Row},
    source::Batch,
    store::{self, Done},
    tell_progress,
};
use crate::{
    ImportId, LeadId,
    leads::{
        self, Change, Lead, NewLead, Priority,
        assign::{self, Dealer},
        custom, input,
        intake::{self, Around},
        ledger::Tally,
    },
};

/// Kind and normalised value.
type Address = (String, String);

/// Who and what has the addresses of a chunk.
#[derive(Debug, Default)]
struct Known {
    contacts: HashMap<Address, ContactId>,
    leads: HashMap<ContactId, LeadId>,
}

impl Known {
    fn load(c: &Conn<'_>, plan: &Plan, rows: &[Row]) -> Result<Known> {
        let mut keys: Vec<&str> = drafts(rows).flat_map(|d| &d.methods).map(|m| m.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let contacts = contacts::bulk::holders(c, &keys)?;
        let mut ids: Vec<ContactId> = contacts.values().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let leads = intake::newest_of(c, plan.pipeline.id, &ids)?.into_iter().collect();
        Ok(Known { contacts, leads })
    }

    /// The contact with the first address that anybody has, and the lead of whoever has one of them.
    fn of(&self, draft: &Draft) -> (Option<ContactId>, Option<LeadId>) {
        let holders: Vec<ContactId> = draft
            .methods
            .iter()
            .filter_map(|m| self.contacts.get(&(m.kind.to_owned(), m.key.clone())).copied())
            .collect();
        (holders.first().copied(), holders.iter().find_map(|id| self.leads.get(id).copied()))
    }

    fn add(&mut self, draft: &Draft, contact: ContactId, lead: LeadId) {
        for m in &draft.methods {
            self.contacts.entry((m.kind.to_owned(), m.key.clone())).or_insert(contact);
        }
        self.leads.insert(contact, lead);
    }
}

fn drafts(rows: &[Row]) -> impl Iterator<Item = &Draft> {
    rows.iter().filter_map(|row| match row {
        Row::Lead(draft) => Some(draft.as_ref()),
        Row::Blank | Row::Faulty(_) => None,
    })
}

/// The import, if it still stands where this chunk begins; otherwise somebody else is at it.
fn at(tx: &Tx<'_>, id: ImportId, state: State, from: i64) -> Result<Option<Import>> {
    Ok(store::lock(tx, id)?.filter(|i| i.state == state && i.position == from))
}

/// The end of a chunk: its position, and the end of all.
fn close<T>(tx: &Tx<'_>, import: &mut Import, batch: &Batch<T>, then: State, told: bool) -> Result<()> {
    import.position = batch.from + batch.rows.len() as i64;
    if batch.is_last {
        import.state = then;
        import.total_rows = Some(import.position);
        import.finished_at = Some(tx.now());
    }
    store::update(tx, import)?;
    if told || batch.is_last {
        tell_progress(tx, import)?;
    }
    Ok(())
}

/// Takes in a chunk; false when it is not this one's turn any more.
pub fn chunk(tx: &Tx<'_>, id: ImportId, plan: &Plan, batch: &Batch<Row>, told: bool) -> Result<bool> {
    let Some(mut import) = at(tx, id, State::Running, batch.from)? else { return Ok(false) };
    let mut run = Run {
        tx,
        id,
        plan,
        origin: plan.authority.origin(id),
        known: Known::load(tx, plan, &batch.rows)?,
        tally: Tally::default(),
        dealer: dealer(tx, plan, &batch.rows, import.created_rows)?,
        done: Vec::with_capacity(batch.rows.len()),
    };
    for (n, row) in batch.rows.iter().enumerate() {
        let at = batch.from + n as i64;
        let faults = match row {
            Row::Blank => {
                import.skipped_rows += 1;
                continue;
            }
            Row::Faulty(faults) => faults.clone(),
            Row::Lead(draft) => match run.row(at, draft)? {
                Fate::Made => {
                    import.created_rows += 1;
                    continue;
                }
                Fate::Changed => {
                    import.updated_rows += 1;
                    continue;
                }
                Fate::Skipped => {
                    import.skipped_rows += 1;
                    continue;
                }
                Fate::Faulty(faults) => faults,
            },
        };
        import.failed_rows += 1;
        store::note_faults(tx, id, at, &faults)?;
    }
    let Run { tally, done, .. } = run;
    tally.store(tx)?;
    let event_id = platform::events::newest_id(tx)?;
    for row in done {
        store::note(tx, id, &Done { event_id, ..row })?;
    }
    close(tx, &mut import, batch, State::Done, told)?;
    Ok(true)
}

/// Whoever is to be dealt leads, where rows want somebody. `turn`: how many were made before.
fn dealer(tx: &Tx<'_>, plan: &Plan, rows: &[Row], turn: i64) -> Result<Option<Dealer>> {
    let Some(strategy) = plan.options.strategy.filter(|_| drafts(rows).any(|d| d.owner.is_none())) else {
        return Ok(None);
    };
    let department = plan.department(None);
    let mut pool = assign::pool(tx, department.as_ref().map(std::slice::from_ref))?;
    pool.retain(|s| assign::may_give(&plan.authority.principal(), plan.authority.scope, s));
    let turn = usize::try_from(turn).unwrap_or(0) % pool.len().max(1);
    Ok(Some(Dealer::new(tx, strategy, pool)?.from_turn(turn)))
}

enum Fate {
    Made,
    Changed,
    Skipped,
    Faulty(Vec<Fault>),
}

struct Run<'a, 't> {
    tx: &'a Tx<'t>,
    id: ImportId,
    plan: &'a Plan,
    origin: Origin,
    known: Known,
    tally: Tally,
    dealer: Option<Dealer>,
    done: Vec<Done>,
}

impl Run<'_, '_> {
    fn row(&mut self, at: i64, draft: &Draft) -> Result<Fate> {
        let (contact, lead) = self.known.of(draft);
        match (lead, self.plan.options.duplicates) {
            (Some(_), Duplicates::Skip) => Ok(Fate::Skipped),
            (Some(lead), Duplicates::Update) => self.change(at, draft, lead),
            (None, Duplicates::Update) if !self.plan.lacks(draft).is_empty() => {
                Ok(Fate::Faulty(self.plan.lacks(draft)))
            }
            _ => self.make(at, draft, contact),
        }
    }

    fn make(&mut self, at: i64, draft: &Draft, contact: Option<ContactId>) -> Result<Fate> {
        let (tx, plan) = (self.tx, self.plan);
        let source = draft.source.clone().unwrap_or_else(|| plan.source.clone());
        let shown = draft.methods.first().map_or("", |m| m.value.as_str());
        let mut methods = Vec::new();
        let (contact_id, kinds) = match contact {
            Some(id) => {
                methods = self.attach(id, draft)?;
                (id, None)
            }
            None => {
                let addresses: Vec<_> = draft
                    .methods
                    .iter()
                    .map(|m| contacts::bulk::Known { kind: m.kind, value: &m.value, key: &m.key })
                    .collect();
                let name = draft.name.as_deref().unwrap_or(shown);
                let id = contacts::bulk::make(tx, &self.origin, name, &source, &addresses)?;
                (id, Some(draft.methods.iter().map(|m| m.kind).collect::<Vec<_>>()))
            }
        };
        let name = match (&draft.name, contact) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => contacts::name_of(tx, id)?.unwrap_or_default(),
            (None, None) => shown.to_owned(),
        };
        let owner = self.owner(draft)?;
        let mut metadata = serde_json::Map::new();
        if let Some(company) = &draft.company {
            metadata.insert("company".to_owned(), Json::from(company.clone()));
        }
        let new = NewLead {
            contact_id,
            pipeline: &plan.pipeline,
            stage: plan.stage_of(draft),
            name,
            source,
            owner_id: owner.as_ref().map(|s| s.id),
            department_id: plan.department(owner.as_ref()),
            vendor_id: None,
            disposition: draft.disposition.clone(),
            priority: Priority::Medium,
            value: draft.value,
            tags: draft.tags.clone(),
            notes: draft.notes.clone().unwrap_or_default(),
            custom: draft.custom.clone(),
            metadata: Json::Object(metadata),
            students: draft.students.clone(),
            lost_reason: plan.options.reason.clone(),
            import_id: Some(self.id),
        };
        let around = Around {
            pipeline: &plan.pipeline,
            settings: &plan.settings,
            new_contact: kinds.as_deref(),
            created_at: draft.created_at,
        };
        let lead = intake::create(tx, &self.origin, new, around, &mut self.tally)?;
        self.known.add(draft, contact_id, lead.id);
        self.done.push(Done {
            row: at,
            lead: lead.id,
            contact: contact_id,
            made_lead: true,
            made_contact: contact.is_none(),
            before: None,
            methods,
            event_id: 0,
        });
        Ok(Fate::Made)
    }

    fn owner(&mut self, draft: &Draft) -> Result<Option<Staff>> {
        match (&draft.owner, &mut self.dealer) {
            (Some(staff), _) => Ok(Some(staff.clone())),
            (None, Some(dealer)) => dealer.deal(self.tx),
            (None, None) => Ok(self.plan.owner.clone()),
        }
    }

    /// Gives a contact those addresses of the row that nobody has; their ids.
    fn attach(&mut self, id: ContactId, draft: &Draft) -> Result<Vec<i64>> {
        let mut added = Vec::new();
        for m in &draft.methods {
            let address = (m.kind.to_owned(), m.key.clone());
            if !self.known.contacts.contains_key(&address) {
                added.push(contacts::add_method(self.tx, &self.origin, id, m.kind, "", &m.value)?.id);
                self.known.contacts.insert(address, id);
            }
        }
        Ok(added)
    }

    /// Changes a lead by what the row says; what it does not say stays. One that the importer may not change is skipped.
    fn change(&mut self, at: i64, draft: &Draft, id: LeadId) -> Result<Fate> {
        let (tx, plan) = (self.tx, self.plan);
        let lead = leads::lock(tx, id)?;
        if !plan.sees.sees(&lead) {
            return Ok(Fate::Skipped);
        }
        let mut faults = Vec::new();
        let custom = custom::check(&plan.pipeline, &draft.custom, &lead.custom, false, &mut faults);
        if !faults.is_empty() {
            return Ok(Fate::Faulty(faults));
        }
        let mut tags = lead.tags.clone();
        tags.extend(draft.tags.iter().filter(|t| !lead.tags.contains(t)).cloned());
        let is_noted = |note: &&String| !lead.notes.contains(note.as_str());
        let stage = draft.stage.map(|n| (&plan.pipeline, &plan.pipeline.stages[n]));
        let change = Change {
            name: draft.name.clone(),
            source: draft.source.clone(),
            owner: draft.owner.as_ref().map(|s| (Some(s.id), assign::department_for(lead.department_id, s))),
            how: draft.owner.as_ref().map(|_| "import"),
            stage,
            reason: plan.options.reason.clone(),
            disposition: draft.disposition.clone().map(Some),
            value: draft.value.map(Some),
            tags: Some(tags),
            notes: draft.notes.as_ref().filter(is_noted).map(|n| input::with_note(&lead.notes, n)),
            custom: Some(custom),
            ..Change::default()
        };
        let methods = self.attach(lead.contact_id, draft)?;
        // An address may have changed the score.
        let lead = leads::lock(tx, id)?;
        let after = leads::change(tx, &self.origin, &lead, change)?;
        if after == lead && methods.is_empty() {
            return Ok(Fate::Skipped);
        }
        self.known.add(draft, lead.contact_id, lead.id);
        self.done.push(Done {
            row: at,
            lead: lead.id,
            contact: lead.contact_id,
            made_lead: false,
            made_contact: false,
            before: Some(remembered(&lead)),
            methods,
            event_id: 0,
        });
        Ok(Fate::Changed)
    }
}

/// What an import can change of a lead.
fn remembered(l: &Lead) -> Json {
    json!({
        "name": l.name, "source": l.source, "owner_id": l.owner_id, "department_id": l.department_id,
        "stage_id": l.stage_id, "reason": l.lost_reason, "disposition": l.disposition, "value": l.value,
        "tags": l.tags, "notes": l.notes, "custom": l.custom,
    })
}

/// Addresses that rows before this one have, as a check remembers them; it does so of the first two million.
#[derive(Debug, Default)]
pub struct Seen(HashSet<u64>);

const REMEMBERED: usize = 2_000_000;

impl Seen {
    /// Whether one of the row's addresses was there; from now on they are.
    pub fn note(&mut self, row: &Row) -> bool {
        use std::hash::BuildHasher;
        let Row::Lead(draft) = row else { return false };
        let hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default();
        let mut was = false;
        for m in &draft.methods {
            let key = hasher.hash_one((m.kind, &m.key));
            was |= match self.0.len() < REMEMBERED {
                true => !self.0.insert(key),
                false => self.0.contains(&key),
            };
        }
        was
    }
}

/// What a chunk would do.
#[derive(Debug, Clone, Default)]
pub struct Foreseen {
    created: i64,
    updated: i64,
    skipped: i64,
    faulty: Vec<(i64, Vec<Fault>)>,
}

/// Looks at a chunk as [`chunk`] would, and writes nothing. `seen`: which rows have an address of an earlier one.
pub fn foresee(c: &Conn<'_>, plan: &Plan, batch: &Batch<Row>, seen: &[bool]) -> Result<Foreseen> {
    let known = Known::load(c, plan, &batch.rows)?;
    let mut f = Foreseen::default();
    for (n, row) in batch.rows.iter().enumerate() {
        let at = batch.from + n as i64;
        match row {
            Row::Blank => f.skipped += 1,
            Row::Faulty(faults) => f.faulty.push((at, faults.clone())),
            Row::Lead(draft) => {
                let (_, lead) = known.of(draft);
                let is_duplicate = lead.is_some() || seen[n];
                match plan.options.duplicates {
                    Duplicates::Skip if is_duplicate => f.skipped += 1,
                    Duplicates::Update if is_duplicate => {
                        let mine = lead.map(|id| leads::get(c, id)).transpose()?.flatten();
                        match mine.is_none_or(|l| plan.sees.sees(&l)) {
                            true => f.updated += 1,
                            false => f.skipped += 1,
                        }
                    }
                    Duplicates::Update if !plan.lacks(draft).is_empty() => {
                        f.faulty.push((at, plan.lacks(draft)))
                    }
                    _ => f.created += 1,
                }
            }
        }
    }
    Ok(f)
}

/// Keeps what a check found; false when it is not this one's turn any more.
pub fn keep(tx: &Tx<'_>, id: ImportId, batch: &Batch<Row>, f: &Foreseen, told: bool) -> Result<bool> {
    let Some(mut import) = at(tx, id, State::Checking, batch.from)? else { return Ok(false) };
    import.created_rows += f.created;
    import.updated_rows += f.updated;
    import.skipped_rows += f.skipped;
    import.failed_rows += f.faulty.len() as i64;
    for (row, faults) in &f.faulty {
        store::note_faults(tx, id, *row, faults)?;
    }
    close(tx, &mut import, batch, State::Checked, told)?;
    Ok(true)
}

/// It cannot go on, and why.
pub fn fail(tx: &Tx<'_>, id: ImportId, why: &Error) -> Result<()> {
    let Some(mut import) = store::lock(tx, id)? else { return Ok(()) };
    if !matches!(import.state, State::Checking | State::Running | State::Undoing) {
        return Ok(());
    }
    if import.state == State::Checking {
        // Nothing was done, so there is nothing to go on behind.
        import.rewind();
    }
    import.state = State::Failed;
    let faults: Vec<String> = why.faults.iter().map(|f| format!("{} {}", f.field, f.message)).collect();
    import.error = Some(match (faults.is_empty(), why.code) {
        (false, _) => faults.join("; "),
        (true, Code::NotFound) => "The file is gone.".to_owned(),
        (true, _) => why.detail.to_string(),
    });
    import.finished_at = Some(tx.now());
    store::update(tx, &import)?;
    tell_progress(tx, &import)
}
