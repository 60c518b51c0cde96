//! A lead as somebody sends it, in every spelling, checked whole before anything is stored.

pub mod bulk;
pub mod change;
mod contact;
mod words;

use people::{
    ContactId, DepartmentId, UserId,
    access::{
        Principal, Scope,
        staff::{self, Staff},
    },
    contacts, departments,
};
use platform::{Conn, Error, Fault, Result, Tx, events::Origin, fold::fold, http::nullable};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

pub use self::{
    contact::{Method, NewMethod, Wanted, attach, find_or_make, lock_of, locks, read as read_methods},
    words::{metadata, name, priority, tags, with_note},
};
use super::{
    Lead, LeadScope, NewLead, Priority, assign, create, custom, in_use, locked, others,
    settings::LeadSettings,
    students::{self, NewStudent},
};
use crate::{
    LeadId, PipelineId,
    pipelines::{self, Pipeline, Stage, StageKind, Term},
};

/// A lead to be made. Say its name, or whom to reach.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLead)]
pub struct Body {
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// With `last_name` another spelling of `name`.
    #[schema(max_length = 100)]
    pub first_name: Option<String>,
    #[schema(max_length = 100)]
    pub last_name: Option<String>,
    /// Another spelling of `name`.
    #[schema(max_length = 200)]
    pub parent_name: Option<String>,
    /// The contact that it is of; one that was merged is now who it was merged into. Otherwise whoever has one of the
    /// addresses, or a new one. Addresses of others among them stay theirs, and are kept in `metadata.other_addresses`, each
    /// with its `type`, its `value` and the `contact_id` of whose it is.
    #[schema(minimum = 1)]
    pub contact_id: Option<i64>,
    /// Adds the contact methods to this lead's contact instead of making a lead; nothing else is taken then.
    #[schema(minimum = 1)]
    pub lead_id: Option<i64>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub contact_methods: Vec<NewMethod>,
    #[schema(max_length = 320)]
    pub email: Option<String>,
    #[schema(max_length = 64)]
    pub phone: Option<String>,
    /// Where it came from; the desk's first source unless said.
    #[schema(max_length = 60)]
    pub source: Option<String>,
    /// The default pipeline unless said.
    #[schema(minimum = 1)]
    pub pipeline_id: Option<i64>,
    /// The key of a stage; the pipeline's first one unless said.
    #[schema(max_length = 60)]
    pub status: Option<String>,
    /// Why, for a stage that means lost.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Whose it is: the caller's unless said, nobody's for null.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub assigned_to: Option<Option<i64>>,
    /// The owner's unless said.
    #[schema(minimum = 1)]
    pub department_id: Option<i64>,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub students: Vec<NewStudent>,
    /// Minor units of the pipeline's currency.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub value: Option<i64>,
    /// May be said; must be the pipeline's.
    #[schema(max_length = 3)]
    pub currency: Option<String>,
    /// The key of one of the pipeline's dispositions.
    #[schema(max_length = 60)]
    pub disposition: Option<String>,
    #[schema(inline)]
    pub priority: Option<Priority>,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<String>,
    #[schema(max_length = 20_000)]
    pub notes: Option<String>,
    /// By the keys of the pipeline's fields.
    #[serde(default)]
    pub custom: Map<String, Json>,
    /// Anything else worth keeping, 16 KB at most.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Json>>,
}

/// Who sends it, and how far they may make leads.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    pub principal: &'a Principal,
    pub scope: Scope,
    pub sees: &'a LeadScope,
}

/// Makes the lead that `body` tells of, or adds to the one that it names.
///
/// Errors: 422 with every fault; 404 for a `lead_id` that is not the sender's to see; 409 `duplicate_contact_method` for an
/// address that is somebody else's than the contact named.
pub fn make(tx: &Tx<'_>, origin: &Origin, sender: Sender<'_>, body: &Body) -> Result<Lead> {
    let mut faults = Vec::new();
    let methods = contact::read(tx, body, &mut faults)?;
    if let Some(id) = body.lead_id {
        let lead = in_use(tx, sender.sees, LeadId(id))?;
        if methods.is_empty() && faults.is_empty() {
            faults.push(Fault::new("contact_methods", "required", "at least one is needed"));
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        attach(tx, origin, lead.contact_id, &methods)?;
        // Its score may be another by now.
        return locked(tx, sender.sees, lead.id);
    }
    let settings = LeadSettings::load(tx)?;
    let given = words::name(body, &mut faults);
    let contact = named_contact(tx, body.contact_id, &mut faults)?;
    if given.is_none() && contact.is_none() && methods.is_empty() && faults.is_empty() {
        faults.push(Fault::new("name", "required", "say a name, or at least one contact method"));
    }
    let place = place(tx, body.pipeline_id, body.status.as_deref(), &mut faults)?;
    let reason = body.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let mut custom = Map::new();
    let terms = place.as_ref().map(|(pipeline, _)| pipeline.dispositions.as_slice()).unwrap_or_default();
    let disposition =
        body.disposition.as_deref().and_then(|said| term_key(said, terms)).map(ToOwned::to_owned);
    if let Some((pipeline, stage)) = &place {
        if stage.as_ref().is_some_and(|s| s.kind == StageKind::Lost) && reason.is_none() {
            faults.push(Fault::new("reason", "required", "say why it is lost"));
        }
        currency(body.currency.as_deref(), pipeline, &mut faults);
        known_term("disposition", disposition.as_deref(), &pipeline.dispositions, &mut faults);
        custom = custom::check(pipeline, &body.custom, &Map::new(), true, &mut faults);
    }
    let tags = words::tags("tags", &body.tags, &mut faults);
    let mut metadata = words::metadata(body.metadata.as_ref(), &mut faults);
    let students = students_of(&body.students, &mut faults);
    let source = body.source.as_deref().map(str::trim).filter(|s| !s.is_empty());
    let owner = owner(tx, sender, body.assigned_to, &mut faults)?;
    let department = department(tx, sender, body.department_id, owner.as_ref(), &mut faults)?;
    let place = place.and_then(|(pipeline, stage)| Some((pipeline, stage?)));
    let Some((pipeline, stage)) = place.filter(|_| faults.is_empty()) else {
        return Err(Error::invalid(faults));
    };

    let source = source.unwrap_or(settings.default_source());
    let wanted = Wanted { contact, name: given.as_deref(), source, methods: &methods };
    let (contact_id, others) = find_or_make(tx, origin, &wanted)?;
    others::put(&mut metadata, &others);
    let name = match given {
        Some(name) => name,
        None => contacts::name_of(tx, contact_id)?.unwrap_or_default(),
    };
    let lead = create(
        tx,
        origin,
        NewLead {
            contact_id,
            pipeline: &pipeline,
            stage: &stage,
            name,
            source: source.to_owned(),
            owner_id: owner.map(|s| s.id),
            department_id: department,
            vendor_id: None,
            disposition,
            priority: body.priority.unwrap_or(Priority::Medium),
            value: body.value,
            tags,
            notes: body.notes.clone().unwrap_or_default(),
            custom,
            metadata,
            students,
            lost_reason: reason.map(ToOwned::to_owned),
            import_id: None,
        },
    )?;
    others::note(tx, lead.id, &others)?;
    Ok(lead)
}

/// The contact named; one that was merged is now who it was merged into.
fn named_contact(c: &Conn<'_>, id: Option<i64>, faults: &mut Vec<Fault>) -> Result<Option<ContactId>> {
    let Some(id) = id.map(ContactId) else { return Ok(None) };
    let standing = contacts::standing(c, id)?;
    if standing.is_none() {
        faults.push(Fault::new("contact_id", "not_found", "there is no such contact"));
    }
    Ok(standing)
}

/// The pipeline, where it is there and active, and its stage, where that is.
pub fn place(
    c: &Conn<'_>,
    pipeline: Option<i64>,
    status: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Result<Option<(Pipeline, Option<Stage>)>> {
    let found = match pipeline {
        Some(id) => pipelines::get(c, PipelineId(id))?.filter(|p| p.is_active),
        None => Some(pipelines::default(c)?),
    };
    let Some(pipeline) = found else {
        faults.push(Fault::new("pipeline_id", "not_found", "there is no such active pipeline"));
        return Ok(None);
    };
    let stage = match status {
        None => Ok(pipeline.first_stage()?.clone()),
        Some(key) => pipeline.stage_by_key(key, "status").cloned(),
    };
    let stage = stage.map_err(|fault| faults.push(fault)).ok();
    Ok(Some((pipeline, stage)))
}

/// A currency may be said, but not chosen.
pub fn currency(said: Option<&str>, pipeline: &Pipeline, faults: &mut Vec<Fault>) {
    if said.is_some_and(|c| !c.eq_ignore_ascii_case(&pipeline.currency)) {
        let words = format!("must be the pipeline's, {}", pipeline.currency);
        faults.push(Fault::new("currency", "not_one_of", words));
    }
}

/// The key that is meant: a term is also known by its name. What none has is left as it was said; nothing is none.
pub fn term_key<'a>(said: &'a str, terms: &'a [Term]) -> Option<&'a str> {
    let said = said.trim();
    let named = || terms.iter().find(|t| fold(&t.name) == fold(said));
    let meant = terms.iter().find(|t| t.key == said).or_else(named);
    Some(meant.map_or(said, |t| &t.key)).filter(|key| !key.is_empty())
}

/// A word of the pipeline, where one is said.
pub fn known_term(field: &str, key: Option<&str>, terms: &[Term], faults: &mut Vec<Fault>) {
    let Some(key) = key.filter(|k| !k.is_empty()) else { return };
    if !terms.iter().any(|t| t.key == key) {
        let known: Vec<_> = terms.iter().map(|t| t.key.as_str()).collect();
        let words = match known.is_empty() {
            true => "this pipeline has none".to_owned(),
            false => format!("must be one of {}", known.join(", ")),
        };
        faults.push(Fault::new(field, "not_one_of", words));
    }
}

fn students_of(given: &[NewStudent], faults: &mut Vec<Fault>) -> Vec<NewStudent> {
    if given.len() > students::MOST {
        let words = format!("must have at most {} entries", students::MOST);
        faults.push(Fault::new("students", "too_long", words));
        return Vec::new();
    }
    let checked = |(n, s): (usize, &NewStudent)| s.clone().checked(&format!("students.{n}."), faults);
    given.iter().enumerate().map(checked).collect()
}

/// Whose it shall be.
fn owner(
    c: &Conn<'_>,
    sender: Sender<'_>,
    said: Option<Option<i64>>,
    faults: &mut Vec<Fault>,
) -> Result<Option<Staff>> {
    let me = sender.principal.user_id();
    let wanted = match said {
        None => me,
        Some(id) => id.map(UserId),
    };
    if sender.scope == Scope::Own && wanted != me {
        faults.push(Fault::new("assigned_to", "not_allowed", "may only be yourself"));
        return Ok(None);
    }
    match wanted {
        None => Ok(None),
        Some(id) => giveable(c, sender.principal, sender.scope, id, "assigned_to", faults),
    }
}

/// Somebody of staff whom the sender may give leads to.
pub fn giveable(
    c: &Conn<'_>,
    principal: &Principal,
    scope: Scope,
    id: UserId,
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<Option<Staff>> {
    let found = staff::by_ids(c, &[id])?.pop().filter(|s| s.is_active);
    match found {
        None => faults.push(Fault::new(field, "not_found", "is not an active member of staff")),
        Some(staff) if !assign::may_give(principal, scope, &staff) => {
            faults.push(Fault::new(field, "not_allowed", "is not in your departments"));
        }
        Some(staff) => return Ok(Some(staff)),
    }
    Ok(None)
}

fn department(
    c: &Conn<'_>,
    sender: Sender<'_>,
    said: Option<i64>,
    owner: Option<&Staff>,
    faults: &mut Vec<Fault>,
) -> Result<Option<DepartmentId>> {
    if let Some(id) = said.map(DepartmentId) {
        reachable(c, sender.principal, sender.scope, id, faults)?;
        return Ok(Some(id));
    }
    let own = || sender.principal.departments.first().copied();
    Ok(match (owner, sender.scope) {
        (Some(owner), _) => owner.departments.first().copied(),
        // Otherwise it would be nobody's, and out of its maker's sight.
        (None, Scope::Team) => own(),
        (None, _) => None,
    })
}

/// A department that is there, and in a team's scope one of the sender's.
pub fn reachable(
    c: &Conn<'_>,
    principal: &Principal,
    scope: Scope,
    id: DepartmentId,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    if !departments::get(c, id)?.is_some_and(|d| d.is_active) {
        faults.push(Fault::new("department_id", "not_found", "there is no such active department"));
    } else if scope != Scope::All && !principal.is_member(id) {
        faults.push(Fault::new("department_id", "not_allowed", "is not one of yours"));
    }
    Ok(())
}
