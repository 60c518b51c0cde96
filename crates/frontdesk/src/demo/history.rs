//! What happened on the demo's desk before anybody looks: six weeks of leads that came, were called, moved on, were won and
//! lost. It is told to the slices' own functions, at the hours at which it would have happened, so that whatever follows from
//! it (counts, histories, tasks, figures of vendors) follows here too. The same each time, but for the day on which it ends.

use std::sync::Arc;

use crm::{
    LeadId, TaskId,
    interactions::{self, InteractionOutcome, InteractionType, NewInteraction},
    leads::{
        self, Change, Lead, NewLead, Priority,
        assign::{self, Strategy},
        students::NewStudent,
    },
    pipelines::{self, Pipeline, StageKind},
    tasks::{self, NewTask, TaskStatus},
    vendors,
};
use people::{
    UserId,
    contacts::{self, NewIdentity},
    notifications,
};
use platform::{
    Clock, Db, Result, Tx,
    clock::{DAY, HOUR, MINUTE, Millis},
    days::Days,
    events::{Actor, Origin},
};
use serde_json::{Map, json};

use super::script;
use crate::{cli::block_on, preset::Preset};

/// How long before now it begins.
pub const SPAN: Millis = 42 * DAY;
/// When something happens on a day.
const HOURS: [i64; 6] = [8, 10, 11, 14, 15, 17];
/// News that one has read at most.
const READ: i64 = 1_000;
/// Calls that nobody answers before a lead is given up.
const TRIES: u32 = 4;

/// Lets it happen. `people`: everybody, who have read what was told them before the last day; `agents`: who works on leads. The clock is where it ends afterwards.
pub fn live(
    db: &Db,
    clock: &Clock,
    zone: &str,
    preset: &Preset,
    people: &[UserId],
    agents: Vec<UserId>,
    until: Millis,
) -> Result<()> {
    let days = Days::of(zone)?;
    let (preset, speech) = (Arc::new(preset.clone()), script::speech(&preset.country));
    let mut life = Life { agents, cases: Vec::new(), phones: Vec::new(), dice: Dice(0), speech };
    for day in 1..=SPAN / DAY {
        let midnight = days.start(days.day(until - SPAN + day * DAY));
        // What runs every half minute runs once a day here.
        block_on(leads::sla::check(db, leads::sla::ROUNDS))?;
        if day == SPAN / DAY {
            let people = people.to_vec();
            db.write_now(move |tx| {
                people.iter().try_for_each(|user| notifications::mark_all_read(tx, *user, READ).map(|_| ()))
            })?;
        }
        // Every seventh day is quiet.
        let hours = if day % 7 == 0 { &HOURS[..1] } else { &HOURS };
        for hour in hours {
            let at = midnight + hour * HOUR + i64::from(life.dice.below(50)) * MINUTE;
            // The last hours are the beginning of today.
            if at >= until || at <= clock.now() {
                continue;
            }
            clock.set(at);
            let (preset, before) = (preset.clone(), life.clone());
            life = db.write_now(move |tx| {
                let mut life = before.clone();
                life.go_on(tx, &preset)?;
                Ok(life)
            })?;
        }
    }
    clock.set(until);
    Ok(())
}

/// Numbers that look random and are the same each time.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }
    fn below(&mut self, n: u32) -> u32 {
        (self.next() % u64::from(n.max(1))) as u32
    }
    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }
}

/// A lead that somebody works on.
#[derive(Debug, Clone)]
struct Case {
    lead: LeadId,
    agent: UserId,
    /// When they turn to it again.
    next: Millis,
    tries: u32,
    /// What they have noted to do.
    task: Option<TaskId>,
}

#[derive(Debug, Clone)]
struct Life {
    agents: Vec<UserId>,
    cases: Vec<Case>,
    /// Of those who came.
    phones: Vec<String>,
    dice: Dice,
    speech: &'static script::Speech,
}

impl Life {
    /// An hour of work.
    fn go_on(&mut self, tx: &Tx<'_>, preset: &Preset) -> Result<()> {
        let pipeline = match preset.pipelines.first() {
            Some(draft) => pipelines::by_key(tx, &draft.key)?,
            None => None,
        };
        let pipeline = pipeline.map_or_else(|| pipelines::default(tx), Ok)?;
        if self.dice.below(3) > 0 {
            self.arrive(tx, preset, &pipeline)?;
        }
        let mut cases = std::mem::take(&mut self.cases);
        for case in &mut cases {
            if case.next <= tx.now() {
                self.work(tx, &pipeline, case)?;
            }
        }
        cases.retain(|case| case.next < Millis::MAX);
        self.cases.append(&mut cases);
        Ok(())
    }

    fn arrive(&mut self, tx: &Tx<'_>, preset: &Preset, pipeline: &Pipeline) -> Result<()> {
        // Where vendors have rules of their own they bring most of it; elsewhere a few.
        let is_posted = match (preset.vendors.is_empty(), preset.vendor_rules.is_some()) {
            (true, _) => false,
            (false, true) => !self.dice.one_in(5),
            (false, false) => self.dice.one_in(4),
        };
        let made = match is_posted {
            false => Some(self.ask(tx, preset, pipeline)?),
            true => self.post(tx, preset)?,
        };
        let Some(id) = made else { return Ok(()) };
        let mut lead = leads::lock(tx, id)?;
        if lead.owner_id.is_none()
            && let Some(staff) = assign::choose(tx, Strategy::RoundRobin, &self.agents, None)?
        {
            lead = assign::give(tx, &Origin::system(), &lead, Some(&staff), "round_robin")?;
        }
        if let Some(agent) = lead.owner_id {
            // A few are forgotten from the beginning.
            let wait = if self.dice.one_in(12) { SPAN } else { i64::from(self.dice.below(20)) * HOUR };
            self.cases.push(Case { lead: id, agent, next: tx.now() + wait, tries: 0, task: None });
        }
        Ok(())
    }

    fn name(&mut self) -> &'static str {
        self.dice.of(script::NAMES)
    }

    fn phone(&mut self, prefix: &str) -> String {
        format!("{prefix}{:07}", 2_000_000 + self.dice.below(8_000_000))
    }

    /// Somebody asks through the web site, on the phone, or comes in.
    fn ask(&mut self, tx: &Tx<'_>, preset: &Preset, pipeline: &Pipeline) -> Result<LeadId> {
        let name = self.name();
        let phone = self.phone(if preset.country == "VN" { "+8490" } else { "+1415" });
        let source = &preset.sources[self.dice.below(preset.sources.len() as u32) as usize].key;
        let identity = NewIdentity {
            kind: "phone",
            value: phone,
            name: Some(name.to_owned()),
            email: (!self.dice.one_in(3)).then(|| format!("guest{}@example.com", self.dice.below(1_000_000))),
            source: Some(source.clone()),
            ..NewIdentity::default()
        };
        let contact_id = contacts::find_or_create(tx, &Origin::system(), &identity)?.contact_id;
        let (mut custom, mut students) = (Map::new(), Vec::new());
        if pipeline.has_students {
            custom.insert("entry_year".into(), json!(self.dice.of(&["2026", "2027", "2027", "2028"])));
            custom.insert("needs_aid".into(), json!(self.dice.one_in(3)));
            let grade = 1 + self.dice.below(12);
            students.push(NewStudent {
                name: self.dice.of(script::CHILDREN).to_owned(),
                grade_applying_for: Some(grade.to_string()),
                ..NewStudent::default()
            });
        }
        let known = |key: &String| pipeline.fields.iter().any(|f| f.key == *key);
        custom.retain(|key, _| known(key));
        let usual = preset.vendor_defaults.as_ref().and_then(|vendor| vendor.lead_value);
        let value = match pipeline.currency.as_str() {
            _ if usual.is_some() => usual.unwrap_or_default(),
            "VND" => 500_000 + i64::from(self.dice.below(40)) * 250_000,
            _ => 1_200_000 + i64::from(self.dice.below(9)) * 150_000,
        };
        let new = NewLead {
            contact_id,
            pipeline,
            stage: pipeline.first_stage()?,
            name: name.to_owned(),
            source: source.clone(),
            owner_id: None,
            department_id: None,
            vendor_id: None,
            disposition: None,
            priority: self.dice.of(&[Priority::Low, Priority::Medium, Priority::Medium, Priority::High]),
            value: Some(value),
            tags: if self.dice.one_in(5) { vec!["vip".to_owned()] } else { Vec::new() },
            notes: String::new(),
            custom,
            metadata: json!({}),
            students,
            lost_reason: None,
            import_id: None,
        };
        Ok(leads::create(tx, &Origin::system(), new)?.id)
    }

    /// A vendor posts somebody; now and then somebody whom its rules refuse, or who is known already.
    fn post(&mut self, tx: &Tx<'_>, preset: &Preset) -> Result<Option<LeadId>> {
        let code = &preset.vendors[self.dice.below(preset.vendors.len() as u32) as usize].code;
        let vendor = vendors::must(tx, code)?;
        let phone = match self.phones.is_empty() || !self.dice.one_in(14) {
            true => self.phone("415"),
            false => self.phones[self.dice.below(self.phones.len() as u32) as usize].clone(),
        };
        let name = self.name();
        let (first, last) = name.split_once(' ').unwrap_or((name, "Smith"));
        let day = platform::time::rfc3339(tx.now() - i64::from(1 + self.dice.below(60)) * DAY);
        let who = script::Posted {
            first,
            last,
            phone: &phone,
            email: self.dice.below(10_000_000),
            code,
            day: day.split('T').next().unwrap_or_default(),
        };
        let lead = who.body(&preset.name, self.dice.next());
        let made = vendors::post_in(tx, &Origin::system(), vendor.id, &lead)?;
        if made.is_some() {
            self.phones.push(phone);
        }
        Ok(made)
    }

    /// The agent turns to a lead: does what was to be done, calls, and takes it where the call led.
    fn work(&mut self, tx: &Tx<'_>, pipeline: &Pipeline, case: &mut Case) -> Result<()> {
        let origin = Origin::of(Actor::User(case.agent.0));
        let lead = leads::lock(tx, case.lead)?;
        if lead.outcome.is_some() {
            case.next = Millis::MAX;
            return Ok(());
        }
        let noted = case.task.take().map(|id| tasks::get(tx, id)).transpose()?.flatten();
        for task in tasks::open_follow_ups(tx, lead.id)?.into_iter().chain(noted) {
            if task.status.is_open() && !self.dice.one_in(6) {
                let done = tasks::Change { status: Some(TaskStatus::Completed), ..tasks::Change::default() };
                tasks::change(tx, &origin, &task, done)?;
            }
        }
        let (said, word) = self.dice.of(self.speech.calls);
        let outcome: InteractionOutcome = word.parse()?;
        let call = NewInteraction {
            kind: InteractionType::Call,
            outcome: Some(outcome),
            summary: said.to_owned(),
            duration_seconds: Some(i64::from(match word {
                "no_answer" => 0,
                "voicemail" => 20 + self.dice.below(25),
                _ => 60 + self.dice.below(900),
            })),
            occurred_at: tx.now(),
        };
        interactions::log(tx, &origin, &lead, call)?;
        let lead = leads::lock(tx, case.lead)?;
        let was_reached = !matches!(word, "no_answer" | "voicemail");
        case.tries = if was_reached { 0 } else { case.tries + 1 };
        match word {
            "negative" => self.lose(tx, &origin, pipeline, &lead, None)?,
            _ if case.tries >= TRIES => {
                self.lose(tx, &origin, pipeline, &lead, Some(&["answer", "reach", "máy", "liên lạc"]))?;
            }
            _ if was_reached && !self.dice.one_in(4) => self.advance(tx, &origin, pipeline, &lead)?,
            _ => {}
        }
        let wait = match self.dice.below(14) {
            // It slips their mind.
            0 => SPAN,
            n => i64::from(1 + n % 4) * DAY,
        };
        case.next = tx.now() + wait;
        let lead = leads::lock(tx, case.lead)?;
        if lead.outcome.is_none() && self.dice.one_in(3) {
            let new = NewTask {
                title: self.dice.of(self.speech.tasks).to_owned(),
                due_at: Some(tx.now() + i64::from(1 + self.dice.below(4)) * DAY),
                assignee_id: Some(case.agent),
                department_id: lead.department_id,
                created_by: Some(case.agent),
                ..NewTask::default()
            };
            case.task = Some(tasks::create(tx, &origin, Some(&lead), new)?.id);
        }
        Ok(())
    }

    /// To the next stage, with what is known by then ticked off.
    fn advance(&mut self, tx: &Tx<'_>, origin: &Origin, pipeline: &Pipeline, lead: &Lead) -> Result<()> {
        let at = pipeline.stages.iter().position(|s| s.id == lead.stage_id).unwrap_or(0);
        let Some(next) = pipeline.stages.get(at + 1).filter(|s| s.kind != StageKind::Lost) else {
            return Ok(());
        };
        let known = pipeline.checklist.iter().take(at + 1).map(|t| t.key.clone());
        let change = Change {
            stage: Some((pipeline, next)),
            disposition: term(pipeline, &[next.key.as_str(), "retained_for_firm", "interested"]).map(Some),
            checklist: Some(known.collect()),
            ..Change::default()
        };
        leads::change(tx, origin, lead, change).map(|_| ())
    }

    /// `words`: parts of the reason, where there is one.
    fn lose(
        &mut self,
        tx: &Tx<'_>,
        origin: &Origin,
        pipeline: &Pipeline,
        lead: &Lead,
        words: Option<&[&str]>,
    ) -> Result<()> {
        let Some(lost) = pipeline.stages.iter().find(|s| s.kind == StageKind::Lost) else { return Ok(()) };
        let reasons = &pipeline.lost_reasons;
        let fits = |reason: &&String| words.is_some_and(|all| all.iter().any(|w| reason.contains(w)));
        let any = reasons.get(self.dice.below(reasons.len() as u32) as usize);
        let reason = reasons.iter().find(fits).or(any);
        let change = Change {
            stage: Some((pipeline, lost)),
            reason: Some(reason.map_or_else(|| "-".to_owned(), Clone::clone)),
            disposition: term(pipeline, &["not_qualified_lead", "not_interested", "not_now"]).map(Some),
            ..Change::default()
        };
        leads::change(tx, origin, lead, change).map(|_| ())
    }
}

/// The first of these that is a disposition of the pipeline.
fn term(pipeline: &Pipeline, keys: &[&str]) -> Option<String> {
    let known = |key: &&&str| pipeline.dispositions.iter().any(|t| t.key == ***key);
    keys.iter().find(known).map(|key| (*key).to_owned())
}
