//! Lists, counts, search and the board against what a plain look at every lead would give, on both engines.

mod board;
mod due;
mod hot;
mod ledger;
mod lists;
mod plans;
mod search;
mod sla;

use people::{
    ContactId, DepartmentId, UserId,
    access::{self, NewUser, members},
    contacts, departments,
};
use platform::{
    Clock, Conn, Db, Result, Tx,
    db::{Reactors, migrate::Migration},
    events::Origin,
    params, sql,
    testing::{Setup, TestDb},
};
use serde_json::{Map, json};

use super::{Change, Lead, LeadScope, NewLead, Priority, change, create, query::Selection, store};
use crate::{
    LeadId,
    pipelines::{self, Draft, FieldKind, Pipeline, draft::FieldDraft},
};

macro_rules! migrations {
    ($($number:literal $file:literal),*) => {
        &[$(Migration {
            number: $number,
            name: $file,
            text: include_str!(concat!("../../../../../migrations/", $file, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations![1 "0001_platform", 2 "0002_people", 3 "0003_support", 4 "0004_crm", 6 "0006_rescoring", 7 "0007_business_hours", 8 "0008_contact_lists", 9 "0009_other_addresses"];

pub(crate) fn setup() -> Setup {
    Setup::new(MIGRATIONS).reactors(|| {
        let mut reactors = Reactors::default();
        crate::reactors(&mut reactors);
        reactors
    })
}

/// Numbers that look like any.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len() as u64) as usize]
    }
    /// Once in so many times.
    fn luck(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// A desk with people, teams and two pipelines, the second with fields of its own.
#[derive(Clone)]
pub(crate) struct World {
    pub users: Vec<UserId>,
    pub teams: Vec<DepartmentId>,
    pub pipelines: Vec<Pipeline>,
    pub contacts: Vec<ContactId>,
}

const TAGS: [&str; 3] = ["vip", "50%_\"off\"", "back!"];
const SOURCES: [&str; 3] = ["website", "walk_in", "referral"];

pub(crate) fn world(t: &TestDb) -> World {
    t.db.write_now(access::sync_system_roles).unwrap();
    t.db.write_now(|tx| {
        let origin = Origin::system();
        let teams = ["sales", "visits", "other"];
        let teams =
            teams.map(|key| departments::upsert_by_key(tx, &origin, key, key, "manual", false).unwrap());
        let user = |name: &str, team: &str| {
            let new = NewUser {
                email: format!("{name}@desk.example"),
                name: name.to_owned(),
                role: "agent".to_owned(),
                departments: vec![team.to_owned()],
                ..NewUser::default()
            };
            access::create_user(tx, &origin, &new)
        };
        let users = vec![user("an", "sales")?, user("binh", "sales")?, user("chi", "visits")?];
        let managers = [members::Member {
            department_id: teams[0],
            user_id: users[1],
            is_manager: true,
            is_primary: false,
        }];
        members::set_of_department(
            tx,
            teams[0],
            &[
                managers[0],
                members::Member {
                    department_id: teams[0],
                    user_id: users[0],
                    is_manager: false,
                    is_primary: true,
                },
            ],
        )?;
        pipelines::ensure_default(tx)?;
        let first = pipelines::default(tx)?;
        let field = |key: &str, kind| FieldDraft {
            key: key.into(),
            label: key.into(),
            kind,
            options: Vec::new(),
            is_required: false,
            is_filterable: true,
        };
        let stage = |s: &pipelines::Stage| pipelines::draft::StageDraft {
            key: s.key.clone(),
            name: s.name.clone(),
            kind: s.kind,
            sla_hours: s.sla_hours,
            follow_ups: Vec::new(),
        };
        let draft = Draft {
            key: "second".into(),
            name: "Second".into(),
            currency: first.currency.clone(),
            is_default: false,
            has_students: true,
            dispositions: Vec::new(),
            checklist: Vec::new(),
            lost_reasons: Vec::new(),
            business_hours_id: None,
            stages: first.stages.iter().map(stage).collect(),
            fields: vec![field("grade", FieldKind::Number), field("city", FieldKind::Text)],
        };
        let second = pipelines::create(tx, &origin, &draft)?;
        let contacts = (0..6).map(|n| contacts::create(tx, &origin, &format!("contact{n}"), None));
        Ok(World {
            users,
            teams: teams.to_vec(),
            pipelines: vec![first, second],
            contacts: contacts.collect::<Result<_>>()?,
        })
    })
    .unwrap()
}

impl World {
    fn scopes(&self) -> [LeadScope; 4] {
        [
            LeadScope::All,
            LeadScope::Own(self.users[0]),
            LeadScope::Team { user: self.users[2], departments: vec![self.teams[0], self.teams[1]] },
            LeadScope::Team { user: UserId(0), departments: Vec::new() },
        ]
    }

    fn new_lead<'a>(&self, dice: &mut Dice, pipeline: &'a Pipeline) -> NewLead<'a> {
        let (owner, team) = self.owner(dice);
        let stage = &pipeline.stages[dice.roll(3) as usize];
        let mut custom = Map::new();
        if !pipeline.fields.is_empty() {
            custom.insert("grade".into(), json!(dice.roll(3)));
            custom.insert("city".into(), json!(if dice.luck(2) { "Hà Nội" } else { "Huế" }));
        }
        NewLead {
            contact_id: *dice.one(&self.contacts),
            pipeline,
            stage,
            name: format!("{}{}", dice.one(&["lan", "mai", "tam"]), dice.roll(30)),
            source: (*dice.one(&SOURCES)).to_owned(),
            owner_id: owner,
            department_id: team,
            vendor_id: None,
            disposition: dice.luck(3).then(|| (*dice.one(&["interested", "callback"])).to_owned()),
            priority: *dice.one(Priority::ALL),
            value: dice.luck(2).then(|| dice.roll(4) as i64 * 100),
            tags: TAGS.iter().filter(|_| dice.luck(3)).map(|t| (*t).to_owned()).collect(),
            notes: String::new(),
            custom,
            metadata: json!({}),
            students: Vec::new(),
            lost_reason: None,
            import_id: None,
        }
    }

    fn owner(&self, dice: &mut Dice) -> (Option<UserId>, Option<DepartmentId>) {
        match dice.roll(4) {
            0 => (None, dice.luck(2).then(|| self.teams[2])),
            n => {
                let team = if n == 3 { self.teams[1] } else { self.teams[0] };
                (Some(self.users[n as usize - 1]), (!dice.luck(5)).then_some(team))
            }
        }
    }

    /// A change of every kind; leads are archived and come back.
    fn change<'a>(&'a self, dice: &mut Dice) -> Change<'a> {
        let mut to = Change::default();
        match dice.roll(7) {
            0 => to.owner = Some(self.owner(dice)),
            1 | 2 => {
                let pipeline = dice.one(&self.pipelines);
                to.stage = Some((pipeline, dice.one(&pipeline.stages)));
                to.reason = Some("No answer".into());
            }
            3 => to.value = Some(dice.luck(2).then(|| dice.roll(4) as i64 * 100)),
            4 => to.is_archived = Some(dice.luck(2)),
            5 => to.tags = Some(TAGS.iter().filter(|_| dice.luck(2)).map(|t| (*t).to_owned()).collect()),
            _ => to.is_overdue = Some(true),
        }
        to
    }

    /// So many leads, changed so many times; time goes by.
    pub(crate) fn fill(&self, t: &TestDb, seed: u64, leads: u64, changes: u64) {
        for n in 0..leads {
            let world = self.clone();
            t.db.write_now(move |tx| {
                let mut dice = Dice(seed + n * 7919);
                let pipeline = dice.one(&world.pipelines).clone();
                create(tx, &Origin::system(), world.new_lead(&mut dice, &pipeline)).map(|_| ())
            })
            .unwrap();
            t.clock.advance((n % 3) as i64 * 3_600_000);
        }
        for n in 0..changes {
            let world = self.clone();
            t.db.write_now(move |tx| {
                let mut dice = Dice(seed + n * 104_729);
                let before = super::lock(tx, *dice.one(&ids(tx)?))?;
                let mut to = world.change(&mut dice);
                // Only what has a due time can be overdue.
                to.is_overdue = to.is_overdue.filter(|_| before.due_at.is_some_and(|at| at <= tx.now()));
                change(tx, &Origin::system(), &before, to).map(|_| ())
            })
            .unwrap();
            t.clock.advance((n % 4) as i64 * 1_800_000);
        }
    }
}

fn ids(c: &Conn<'_>) -> Result<Vec<LeadId>> {
    c.all(sql!("SELECT id FROM leads ORDER BY id"), &[], |r| r.get(0))
}

fn all_leads(c: &Conn<'_>) -> Result<Vec<Lead>> {
    let text = format!("SELECT {} FROM leads ORDER BY id", store::COLUMNS);
    c.all(platform::db::Sql::built(&text), &[], store::read)
}

/// A lead in the first stage of the first pipeline.
fn lead(tx: &Tx<'_>, world: &World, contact: ContactId, name: &str, notes: &str) -> Result<Lead> {
    let mut new = world.new_lead(&mut Dice(1), &world.pipelines[0]);
    new.stage = &world.pipelines[0].stages[0];
    (new.contact_id, new.name, new.notes) = (contact, name.to_owned(), notes.to_owned());
    (new.owner_id, new.department_id, new.tags) = (None, None, Vec::new());
    create(tx, &Origin::system(), new)
}

fn count(db: &Db, text: &'static str) -> i64 {
    db.read_now(move |c| c.one(platform::db::Sql::fixed(text), params![], |r| r.get(0))).unwrap()
}

/// Selections of every kind, alone and together.
fn selections(world: &World, dice: &mut Dice, clock: &Clock, many: usize) -> Vec<Selection> {
    let now = clock.now();
    let field = |n: usize| world.pipelines[1].fields[n].id;
    let stages: Vec<_> = world.pipelines.iter().flat_map(|p| &p.stages).collect();
    let open = || stages.iter().filter(|s| s.kind == pipelines::StageKind::Open).map(|s| s.id).collect();
    let mut all = vec![Selection::default()];
    for _ in 0..many {
        let mut s = Selection::default();
        for _ in 0..=dice.roll(2) {
            match dice.roll(15) {
                0 => s.stages = Some(stages.iter().filter(|_| dice.luck(3)).map(|s| s.id).collect()),
                1 => s.sources = SOURCES.iter().filter(|_| dice.luck(2)).map(|s| (*s).to_owned()).collect(),
                2 => s.owner = Some(Some(*dice.one(&world.users))),
                3 => s.owner = Some(None),
                4 => s.department = Some(*dice.one(&world.teams)),
                5 => s.disposition = Some("callback".into()),
                6 => s.priorities = Priority::ALL.iter().filter(|_| dice.luck(2)).copied().collect(),
                7 => s.tag = Some((*dice.one(&TAGS)).to_owned()),
                8 => (s.score_min, s.score_max) = (Some(dice.roll(40) as i64), dice.luck(2).then_some(60)),
                9 => s.overdue = Some(dice.luck(2)),
                10 => {
                    s.created_from = Some(now - dice.roll(400) as i64 * 3_600_000);
                    s.created_to = dice.luck(2).then(|| now - dice.roll(100) as i64 * 3_600_000);
                }
                11 => {
                    s.untouched_since = Some(now - dice.roll(200) as i64 * 3_600_000);
                    s.stages = Some(open());
                }
                12 => s.contact = Some(*dice.one(&world.contacts)),
                13 => s.archived = true,
                _ => {
                    let grade = super::custom::value_key(FieldKind::Number, &json!(dice.roll(3))).unwrap();
                    s.custom.push(vec![(field(0), grade)]);
                    if dice.luck(2) {
                        s.custom.push(vec![(field(1), "hue".into()), (field(0), "x".into())]);
                    }
                }
            }
        }
        all.push(s);
    }
    all
}
