//! A chunk of a run: what becomes of each row, in one transaction with how far it goes.

use people::{
    ContactId,
    access::staff::Staff,
    contacts::{
        self,
        bulk::{self, Standing},
    },
};
use platform::{Error, Fault, Result, Tx, error::Code, events::Origin};
use serde_json::json;

use super::{
    Import, State,
    facts::Facts,
    plan::{Draft, Plan, Row},
    source::Batch,
    store::{self, Done},
    tell_progress,
    undo::Before,
    world::{Changed, Fate, World},
};
use crate::{
    ImportId,
    leads::{
        self, Change, NewLead, Priority,
        assign::{self, Dealer},
        intake::{self, Around},
        ledger::Tally,
        others,
    },
};

/// The import, if it still stands where this chunk begins; otherwise somebody else is at it.
pub(super) fn at(tx: &Tx<'_>, id: ImportId, state: State, from: i64) -> Result<Option<Import>> {
    Ok(store::lock(tx, id)?.filter(|i| i.state == state && i.position == from))
}

/// The end of a chunk: its position, and the end of all.
pub(super) fn close<T>(
    tx: &Tx<'_>,
    import: &mut Import,
    batch: &Batch<T>,
    then: State,
    told: bool,
) -> Result<()> {
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
        world: World::load(tx, id, plan, &batch.rows)?,
        tally: Tally::default(),
        dealer: dealer(tx, plan, &batch.rows, import.created_rows)?,
        done: Vec::with_capacity(batch.rows.len()),
    };
    let mut faulty: Vec<(i64, Vec<Fault>)> = Vec::new();
    for (n, row) in batch.rows.iter().enumerate() {
        let at = batch.from + n as i64;
        match row {
            Row::Blank => import.skipped_rows += 1,
            Row::Faulty(faults) => faulty.push((at, faults.clone())),
            Row::Lead(draft) => match run.world.fate(plan, draft) {
                Fate::Skipped => import.skipped_rows += 1,
                Fate::Faulty(faults) => faulty.push((at, faults)),
                Fate::Made(contact) => {
                    run.make(at, draft, contact)?;
                    import.created_rows += 1;
                }
                Fate::Changed(changed) => {
                    run.change(at, draft, *changed)?;
                    import.updated_rows += 1;
                }
            },
        }
    }
    let Run { tally, done, .. } = run;
    import.failed_rows += faulty.len() as i64;
    store::note_faults(tx, id, &faulty)?;
    tally.store(tx)?;
    store::note(tx, id, platform::events::newest_id(tx)?, &done)?;
    close(tx, &mut import, batch, State::Done, told)?;
    Ok(true)
}

/// Whoever is to be dealt leads, where rows want somebody. `turn`: how many were made before.
fn dealer(tx: &Tx<'_>, plan: &Plan, rows: &[Row], turn: i64) -> Result<Option<Dealer>> {
    let wants = |row: &Row| matches!(row, Row::Lead(draft) if draft.owner.is_none());
    let Some(strategy) = plan.options.strategy.filter(|_| rows.iter().any(wants)) else {
        return Ok(None);
    };
    let department = plan.department(None);
    let mut pool = assign::pool(tx, department.as_ref().map(std::slice::from_ref))?;
    pool.retain(|s| assign::may_give(&plan.authority.principal(), plan.authority.scope, s));
    let turn = usize::try_from(turn).unwrap_or(0) % pool.len().max(1);
    Ok(Some(Dealer::new(tx, strategy, pool)?.from_turn(turn)))
}

struct Run<'a, 't> {
    tx: &'a Tx<'t>,
    id: ImportId,
    plan: &'a Plan,
    origin: Origin,
    world: World,
    tally: Tally,
    dealer: Option<Dealer>,
    done: Vec<Done>,
}

/// What a row did to whoever its lead is of.
#[derive(Default)]
struct Hire {
    made: Option<ContactId>,
    /// Whom they worked for before, where that changed.
    before: Option<Option<ContactId>>,
}

impl Run<'_, '_> {
    fn make(&mut self, at: i64, draft: &Draft, contact: Option<ContactId>) -> Result<()> {
        let (tx, plan) = (self.tx, self.plan);
        let shown = draft.methods.first().map_or("", |m| m.value.as_str());
        let standing = contact.and_then(|id| self.world.standing(id));
        let name = match (&draft.name, standing) {
            (Some(name), _) => name.clone(),
            (None, Some(standing)) => standing.name.clone(),
            (None, None) => shown.to_owned(),
        };
        let owner = self.owner(draft)?;
        let facts = Facts::of_new(plan, draft, name, owner.as_ref());
        let (contact_id, methods, hire, kinds) = match contact {
            Some(id) => (id, self.attach(id, draft)?, self.hire(draft, id, false)?, None),
            None => {
                let (id, hire) = self.person(draft, &facts)?;
                (id, Vec::new(), hire, Some(draft.methods.iter().map(|m| m.kind).collect::<Vec<_>>()))
            }
        };
        let others = self.world.others(draft, contact_id);
        let mut metadata = json!({});
        others::put(&mut metadata, &others);
        let new = NewLead {
            contact_id,
            pipeline: &plan.pipeline,
            stage: plan.stage_of(draft),
            name: facts.name.clone(),
            source: facts.source.clone(),
            owner_id: facts.owner_id,
            department_id: facts.department_id,
            vendor_id: None,
            disposition: facts.disposition.clone(),
            priority: draft.priority.unwrap_or(Priority::Medium),
            value: facts.value,
            tags: facts.tags.clone(),
            notes: facts.notes.clone(),
            custom: facts.custom.clone(),
            metadata,
            students: draft.students.clone(),
            lost_reason: facts.reason.clone(),
            import_id: Some(self.id),
        };
        let around = Around {
            pipeline: &plan.pipeline,
            settings: &plan.settings,
            new_contact: kinds.as_deref(),
            created_at: draft.created_at,
        };
        let lead = intake::create(tx, &self.origin, new, around, &mut self.tally)?;
        others::note(tx, lead.id, &others)?;
        self.world.add_lead(contact_id, lead.id, facts, &draft.students)?;
        self.done.push(Done {
            row: at,
            lead: lead.id,
            contact: contact_id,
            made_lead: true,
            made_contact: contact.is_none(),
            before: None,
            methods,
            made_company: hire.made,
            employer_before: hire.before,
            event_id: 0,
        });
        Ok(())
    }

    /// A new contact with the addresses and the company of the row.
    fn person(&mut self, draft: &Draft, facts: &Facts) -> Result<(ContactId, Hire)> {
        let mut hire = Hire::default();
        let company = match &draft.company {
            Some(name) => Some(self.company(name, &facts.source, &mut hire)?),
            None => None,
        };
        let addresses: Vec<_> = draft
            .methods
            .iter()
            .map(|m| bulk::Known { kind: m.kind, value: &m.value, key: &m.key })
            .collect();
        let id = bulk::make(self.tx, &self.origin, &facts.name, &facts.source, company, &addresses)?;
        self.world.add_addresses(draft, id)?;
        self.world.set_standing(id, Standing { name: facts.name.clone(), is_person: true, company })?;
        Ok((id, hire))
    }

    /// The company of a name, made where there is none.
    fn company(&mut self, name: &str, source: &str, hire: &mut Hire) -> Result<ContactId> {
        if let Some(id) = self.world.company(name) {
            return Ok(id);
        }
        let id = bulk::make_company(self.tx, &self.origin, name, source)?;
        self.world.add_company(name, id)?;
        hire.made = Some(id);
        Ok(id)
    }

    /// Says whom a contact that was there works for, if the row has news of that.
    fn hire(&mut self, draft: &Draft, contact: ContactId, always: bool) -> Result<Hire> {
        let (plan, mut hire) = (self.plan, Hire::default());
        let Some(name) = self.world.employer(draft, contact, always) else { return Ok(hire) };
        let Some(standing) = self.world.standing(contact).cloned() else { return Ok(hire) };
        let source = draft.source.as_deref().unwrap_or(&plan.source);
        let company = self.company(name, source, &mut hire)?;
        bulk::employ(self.tx, &self.origin, contact, Some(company))?;
        hire.before = Some(standing.company);
        self.world.set_standing(contact, Standing { company: Some(company), ..standing })?;
        Ok(hire)
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
        for n in self.world.new_addresses(draft).collect::<Vec<_>>() {
            let m = &draft.methods[n];
            added.push(contacts::add_method(self.tx, &self.origin, id, m.kind, "", &m.value)?.id);
        }
        self.world.add_addresses(draft, id)?;
        Ok(added)
    }

    /// Changes a lead by what the row says; what it does not say stays.
    fn change(&mut self, at: i64, draft: &Draft, changed: Changed) -> Result<()> {
        let (tx, plan) = (self.tx, self.plan);
        let Changed { lead, contact, after, students } = changed;
        let before = leads::lock(tx, lead)?;
        let methods = self.attach(contact, draft)?;
        let hire = self.hire(draft, contact, true)?;
        // Before the lead moves: whoever hears that it was won hears of all its students.
        let added = intake::add_students(tx, &self.origin, &before, &students)?;
        let stage = plan.pipeline.stages.iter().find(|s| s.id == after.stage_id);
        let change = Change {
            name: Some(after.name.clone()),
            source: Some(after.source.clone()),
            owner: draft.owner.as_ref().map(|_| (after.owner_id, after.department_id)),
            how: draft.owner.as_ref().map(|_| "import"),
            stage: stage.map(|stage| (&plan.pipeline, stage)),
            reason: plan.options.reason.clone(),
            disposition: Some(after.disposition.clone()),
            priority: after.priority,
            value: draft.value.map(Some),
            tags: Some(after.tags.clone()),
            notes: Some(after.notes.clone()),
            custom: Some(after.custom.clone()),
            ..Change::default()
        };
        match methods.is_empty() {
            true => leads::change(tx, &self.origin, &before, change)?,
            // An address may have changed the score.
            false => leads::change(tx, &self.origin, &leads::lock(tx, lead)?, change)?,
        };
        self.world.change_lead(lead, after, &students)?;
        self.done.push(Done {
            row: at,
            lead,
            contact,
            made_lead: false,
            made_contact: false,
            before: Some(Before::of(&before, added)),
            methods,
            made_company: hire.made,
            employer_before: hire.before,
            event_id: 0,
        });
        Ok(())
    }
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
