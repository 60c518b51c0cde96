//! What a list is narrowed by, as it is asked for and as it is meant.

use people::{ContactId, DepartmentId, UserId, access::Caller};
use platform::{
    Conn, Error, Fault, Result,
    clock::{DAY, Millis},
    days::Days,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Asked, Sort, invalid};
use crate::{
    Crm, PipelineId, StageId,
    leads::{
        LeadScope, LeadsRead, Priority, custom,
        query::{Order, Selection},
    },
    pipelines::{self, Pipeline, StageKind},
    vendors,
};

platform::words!(
    /// How it ended, or that it has not.
    Ending { Open = "open", Won = "won", Lost = "lost" }
);

/// Whoever asks.
const ME: &str = "me";
/// Nobody's.
const NOBODY: &str = "none";

/// What `GET /leads` can be narrowed by, besides `custom.<key>=<value>` for the filterable fields of the pipelines.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LeadFilter {
    /// Keys of stages; several with commas.
    #[param(max_items = 100)]
    pub status: Option<Vec<String>>,
    /// Another name of `status`.
    #[param(max_items = 100)]
    pub stage: Option<Vec<String>>,
    /// Several with commas.
    #[param(max_items = 20)]
    pub source: Option<Vec<String>>,
    /// An id, `me`, or `none` for nobody's.
    #[param(max_length = 20)]
    pub assigned_to: Option<String>,
    /// Another name of `assigned_to`.
    #[param(max_length = 20)]
    pub agent_id: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    pub department_id: Option<DepartmentId>,
    #[param(max_length = 60)]
    pub vendor_code: Option<String>,
    #[param(max_length = 60)]
    pub disposition: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    pub pipeline_id: Option<PipelineId>,
    #[param(max_length = 100)]
    pub tag: Option<String>,
    #[param(minimum = 0, maximum = 100)]
    pub score_min: Option<i64>,
    #[param(minimum = 0, maximum = 100)]
    pub score_max: Option<i64>,
    #[param(inline)]
    pub priority: Option<Vec<Priority>>,
    /// Marked as overdue (every half minute), or not.
    pub overdue: Option<bool>,
    #[param(inline)]
    pub outcome: Option<Ending>,
    /// Words of names, addresses and notes: all of them, the last of which may have only begun; the end of a phone number.
    /// Newest first; another `sort` puts the 2 000 newest that are found in order.
    #[param(max_length = 200)]
    pub search: Option<String>,
    /// Made on this day (`2026-01-03`, in the organisation's zone) or at this instant, or later.
    #[param(max_length = 40)]
    pub date_from: Option<String>,
    /// Made until this day, which is included.
    #[param(max_length = 40)]
    pub date_to: Option<String>,
    /// Another name of `date_from`.
    #[param(max_length = 40)]
    pub start_date: Option<String>,
    /// Another name of `date_to`.
    #[param(max_length = 40)]
    pub end_date: Option<String>,
    /// Another name of `date_from`.
    #[param(max_length = 40)]
    pub start: Option<String>,
    /// Another name of `date_to`.
    #[param(max_length = 40)]
    pub end: Option<String>,
    /// Open, and nobody was in touch for so many days.
    #[param(minimum = 1, maximum = 3650)]
    pub stale_days: Option<i64>,
    #[param(value_type = Option<i64>, minimum = 1)]
    pub contact_id: Option<ContactId>,
    /// `true` shows archived leads, and no others.
    pub archived: Option<bool>,
    /// `-created_at` unless said. Leads without the value come last either way. Archived ones are put in order among the
    /// 10 000 newest.
    #[param(inline)]
    pub sort: Option<Sort>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// `None` for an API key.
    pub user: Option<UserId>,
    pub scope: LeadScope,
    pub zone: String,
    pub now: Millis,
}

impl Asker {
    pub fn of(crm: &Crm, caller: &Caller<LeadsRead>) -> Asker {
        Asker {
            user: caller.principal.user_id(),
            scope: LeadScope::of(caller),
            zone: crm.desk.config.org.timezone.clone(),
            now: crm.desk.clock.now(),
        }
    }
}

impl LeadFilter {
    /// What is asked for, with every fault at once. `custom`: the parameters `custom.<key>`, without the `custom.`.
    pub fn read(&self, c: &Conn<'_>, asker: &Asker, custom: &[(String, String)]) -> Result<Asked> {
        if matches!(asker.scope, LeadScope::Vendor(_)) && self.asks_for_ours(custom) {
            return Err(Error::forbidden());
        }
        let mut faults = Vec::new();
        let mut pipelines = pipelines::all(c)?;
        let is_every_pipeline = match self.pipeline_id {
            Some(id) => {
                let before = pipelines.len();
                pipelines.retain(|p| p.id == id);
                before == 1 && pipelines.len() == 1
            }
            None => true,
        };
        let stages = self.stages(&pipelines, is_every_pipeline, &mut faults);
        let (created_from, created_to) = self.days(asker, &mut faults);
        let wanted = self.owner(asker, &mut faults);
        if let (Some(min), Some(max)) = (self.score_min, self.score_max)
            && min > max
        {
            faults.push(Fault::new("score_max", "out_of_range", "must not be less than score_min"));
        }
        let mut selection = Selection {
            stages,
            sources: self.source.clone().unwrap_or_default(),
            owner: match wanted {
                Wanted::Owner(owner) => Some(owner),
                Wanted::Whoever | Wanted::NoLeads => None,
            },
            department: self.department_id,
            disposition: self.disposition.clone(),
            priorities: self.priority.clone().unwrap_or_default(),
            tag: self.tag.clone(),
            score_min: self.score_min,
            score_max: self.score_max,
            overdue: self.overdue,
            created_from,
            created_to,
            untouched_since: self.stale_days.map(|days| asker.now - days * DAY),
            contact: self.contact_id,
            archived: self.archived == Some(true),
            custom: custom
                .iter()
                .filter_map(|(key, value)| field(&pipelines, key, value, &mut faults))
                .collect(),
            ..Selection::default()
        };
        let mut is_empty = wanted == Wanted::NoLeads;
        if let Some(code) = &self.vendor_code {
            selection.vendor = vendors::by_code(c, code)?.map(|v| v.id);
            is_empty |= selection.vendor.is_none();
        }
        if is_empty {
            selection.stages = Some(Vec::new());
        }
        if !faults.is_empty() {
            return Err(invalid(faults));
        }
        let search = self.search.clone().filter(|words| !words.trim().is_empty());
        Ok(Asked { selection, order: self.sort.map_or(Order::NEWEST, Order::from), search })
    }

    /// What a vendor is not told of its leads, it cannot ask about either.
    fn asks_for_ours(&self, custom: &[(String, String)]) -> bool {
        let sorts = matches!(
            self.sort,
            Some(Sort::LowestScore | Sort::HighestScore | Sort::FirstDue | Sort::LastDue)
        );
        sorts
            || !custom.is_empty()
            || self.search.is_some()
            || self.assigned_to.is_some()
            || self.agent_id.is_some()
            || self.department_id.is_some()
            || self.tag.is_some()
            || self.score_min.is_some()
            || self.score_max.is_some()
            || self.overdue.is_some()
            || self.stale_days.is_some()
    }

    /// `None`: any stage.
    fn stages(
        &self,
        pipelines: &[Pipeline],
        is_every_pipeline: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<Vec<StageId>> {
        let all = || pipelines.iter().flat_map(|p| &p.stages);
        for (field, keys) in [("status", &self.status), ("stage", &self.stage)] {
            for key in keys.iter().flatten() {
                if !all().any(|s| s.key == *key) {
                    faults.push(Fault::new(field, "not_one_of", format!("there is no stage {key}")));
                }
            }
        }
        let is_any = self.status.is_none() && self.stage.is_none() && self.outcome.is_none();
        if is_any && is_every_pipeline && self.stale_days.is_none() {
            return None;
        }
        let named =
            |keys: &Option<Vec<String>>, key: &String| keys.as_ref().is_none_or(|all| all.contains(key));
        let kind = match self.outcome {
            None => None,
            Some(Ending::Open) => Some(StageKind::Open),
            Some(Ending::Won) => Some(StageKind::Won),
            Some(Ending::Lost) => Some(StageKind::Lost),
        };
        let meant = all().filter(|s| named(&self.status, &s.key) && named(&self.stage, &s.key));
        let meant = meant.filter(|s| kind.is_none_or(|k| s.kind == k));
        let meant = meant.filter(|s| self.stale_days.is_none() || s.kind == StageKind::Open);
        Some(meant.map(|s| s.id).collect())
    }

    fn days(&self, asker: &Asker, faults: &mut Vec<Fault>) -> (Option<Millis>, Option<Millis>) {
        let mut one = |said: [(&'static str, &Option<String>); 3]| {
            let mut said = said.into_iter().filter(|(_, day)| day.is_some());
            let (name, day) = said.next()?;
            for (other, _) in said {
                faults.push(Fault::new(other, "repeated", format!("is said already by `{name}`")));
            }
            day.clone()
        };
        let from =
            one([("date_from", &self.date_from), ("start_date", &self.start_date), ("start", &self.start)]);
        let to = one([("date_to", &self.date_to), ("end_date", &self.end_date), ("end", &self.end)]);
        let range = Days::of(&asker.zone).and_then(|days| days.range(from.as_deref(), to.as_deref()));
        range.unwrap_or_else(|e| {
            faults.extend(e.faults);
            (None, None)
        })
    }

    fn owner(&self, asker: &Asker, faults: &mut Vec<Fault>) -> Wanted {
        let mut wanted = Wanted::Whoever;
        for (field, word) in [("assigned_to", &self.assigned_to), ("agent_id", &self.agent_id)] {
            let one = match (word.as_deref(), asker.user) {
                (None, _) => continue,
                (Some(ME), Some(user)) => Wanted::Owner(Some(user)),
                // A program has no leads of its own.
                (Some(ME), None) => Wanted::NoLeads,
                (Some(NOBODY), _) => Wanted::Owner(None),
                (Some(id), _) => match id.parse() {
                    Ok(id) => Wanted::Owner(Some(UserId(id))),
                    Err(_) => {
                        faults.push(Fault::new(field, "format", "must be an id, `me` or `none`"));
                        continue;
                    }
                },
            };
            wanted = if wanted == Wanted::Whoever || wanted == one { one } else { Wanted::NoLeads };
        }
        wanted
    }
}

/// Whose leads are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Whoever,
    Owner(Option<UserId>),
    /// Of two people at once.
    NoLeads,
}

/// The fields of this name that lists can be narrowed by, with the value as it is kept.
fn field(
    pipelines: &[Pipeline],
    key: &str,
    value: &str,
    faults: &mut Vec<Fault>,
) -> Option<Vec<(i64, String)>> {
    let fields = pipelines.iter().flat_map(|p| &p.fields);
    let fields: Vec<_> = fields.filter(|f| f.is_active && f.is_filterable && f.key == key).collect();
    let name = format!("custom.{key}");
    if fields.is_empty() {
        faults.push(Fault::new(name, "unknown", "is no field that lists can be narrowed by"));
        return None;
    }
    // One that is of another kind elsewhere is meant where the value can be its own.
    let read: Vec<_> = fields.iter().map(|f| custom::filter_key(f, value).map(|key| (f.id, key))).collect();
    if read.iter().all(Result::is_err) {
        faults.extend(read.into_iter().filter_map(Result::err).take(1));
        return None;
    }
    Some(read.into_iter().filter_map(Result::ok).collect())
}
