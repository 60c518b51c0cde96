//! The SQL of ticket lists: a selection becomes a few walks along indexes, each bounded, put together.
//!
//! The inbox has no index that fits *a member of two departments, newest first*; it has one per department and one per
//! person. So a list is a `UNION ALL` of walks (one per department, one for what is assigned to the caller beyond them),
//! each of which stops after the page's length, sorted again outside. Pure: text and parameters, no storage.

use std::fmt::Write as _;

use people::{ContactId, DepartmentId, UserId};
use platform::{
    clock::Millis,
    db::{Engine, Sql, Value, dialect},
};

use super::{Priority, Status, TicketScope, open_work::Place, store::COLUMNS};
use crate::TicketId;

/// The condition of the indexes of open work; a walk says it word for word, so that the engine sees that they fit.
const ACTIVE: &str = "status IN ('new', 'open', 'pending_customer')";
/// How many those are.
const OPEN_STATUSES: usize = 3;
/// Up to so many resolved tickets are gone through one by one; more are met on the way through the archive.
pub(super) const FEW_RESOLVED: i64 = 2_000;
/// By urgency, the newest so many are put in order; lists count no further either.
const WINDOW: i64 = platform::http::COUNT_CAP;
/// More departments than this are one walk through everything.
const MOST_WALKS: usize = 100;

/// Which tickets, before anybody's scope.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Empty: any.
    pub statuses: Vec<Status>,
    pub priorities: Vec<Priority>,
    pub channels: Vec<String>,
    pub assignee: Option<UserId>,
    /// Without an agent, or with one.
    pub unassigned: Option<bool>,
    pub department: Option<DepartmentId>,
    /// Only those of these departments.
    pub departments: Option<Vec<DepartmentId>>,
    pub tag: Option<String>,
    pub contact: Option<ContactId>,
    /// With a message since then.
    pub since: Option<Millis>,
    /// Spam, or what is not.
    pub is_spam: bool,
    /// Only these: what a search found.
    pub ids: Option<Vec<TicketId>>,
}

impl Selection {
    /// Work that remains.
    pub fn open_work() -> Self {
        let statuses = Status::ALL.iter().copied().filter(|s| s.is_active()).collect();
        Selection { statuses, ..Selection::default() }
    }
    fn is_active(&self) -> bool {
        !self.statuses.is_empty() && self.statuses.iter().all(|s| s.is_active())
    }
    /// All open work, or the part of it that lies in certain places: nothing else of a ticket is asked for.
    pub(super) fn is_by_place(&self) -> bool {
        self.is_active()
            && !self.is_spam
            && self.priorities.is_empty()
            && self.channels.is_empty()
            && self.tag.is_none()
            && self.contact.is_none()
            && self.since.is_none()
            && self.ids.is_none()
    }
    /// Whether a ticket at `place` is meant, where [`is_by_place`](Self::is_by_place).
    pub(super) fn holds(&self, place: &Place) -> bool {
        self.statuses.contains(&place.status)
            && self.assignee.is_none_or(|user| place.assignee == Some(user))
            && self.unassigned.is_none_or(|wanted| place.assignee.is_none() == wanted)
            && self.department.is_none_or(|d| place.department == Some(d))
            && self.departments.as_ref().is_none_or(|all| place.department.is_some_and(|d| all.contains(&d)))
    }
    /// Resolved ones, perhaps with open ones, and nothing from the archive.
    pub(super) fn has_resolved_alone(&self) -> bool {
        self.statuses.contains(&Status::Resolved) && !self.statuses.contains(&Status::Closed)
    }
}

/// In which order. Equal ones go by id, the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    NewestMessage,
    OldestMessage,
    NewestTicket,
    OldestTicket,
    /// The most urgent, then the newest message: of the 10 000 newest.
    MostUrgent,
}

/// What a plan must know of the desk.
#[derive(Debug, Clone)]
pub struct Lay {
    pub engine: Engine,
    /// All departments, to walk one by one.
    pub departments: Vec<DepartmentId>,
    /// Whether the resolved tickets are few enough to go through.
    pub few_resolved: bool,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The sort values of the last row shown.
    pub cursor: Option<&'a [i64]>,
    pub offset: i64,
    pub fetch: i64,
}

/// A text with its parameters.
#[derive(Debug, Default)]
pub struct Built {
    pub text: String,
    pub values: Vec<Value<'static>>,
}

impl Built {
    pub fn sql(&self) -> Sql<'_> {
        Sql::built(&self.text)
    }
    fn arg(&mut self, value: impl Into<Value<'static>>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
    fn args<T: Into<Value<'static>>>(&mut self, values: impl IntoIterator<Item = T>) -> String {
        let all: Vec<String> = values.into_iter().map(|v| self.arg(v)).collect();
        if all.is_empty() { "NULL".to_owned() } else { all.join(", ") }
    }
}

/// Which index a walk goes along.
#[derive(Debug, Clone)]
enum Drive {
    Department(DepartmentId),
    NoDepartment,
    Assignee(UserId),
    Unassigned,
    Contact(ContactId),
    Ids(Vec<TicketId>),
    Spam,
    Resolved,
    /// All, by the last message or by id.
    Any,
}

/// A walk along one index, with what else must hold.
struct Walk {
    drive: Drive,
    /// Along an index of open work.
    is_active: bool,
    /// Further conditions, with their parameters in place.
    also: String,
}

impl Walk {
    /// The index, said outright where the engine keeps no statistics to find it by. A dialect point.
    fn along(&self, lay: &Lay, order: Order, spam: bool) -> String {
        let by_id = matches!(order, Order::NewestTicket | Order::OldestTicket);
        let index = match (&self.drive, self.is_active) {
            // The others leave spam out.
            (
                Drive::Department(_)
                | Drive::NoDepartment
                | Drive::Assignee(_)
                | Drive::Unassigned
                | Drive::Any,
                _,
            ) if spam => {
                return String::new();
            }
            (Drive::Department(_) | Drive::NoDepartment, true) => "tickets_team_open",
            (Drive::Department(_) | Drive::NoDepartment, false) => "tickets_team",
            (Drive::Assignee(_) | Drive::Unassigned, true) => "tickets_mine_open",
            (Drive::Assignee(_) | Drive::Unassigned, false) => "tickets_mine",
            (Drive::Contact(_), _) => "tickets_contact",
            (Drive::Spam, _) => "tickets_spam",
            (Drive::Resolved, _) => "tickets_resolved",
            (Drive::Any, _) if !by_id => "tickets_recent",
            (Drive::Any | Drive::Ids(_), _) => return String::new(),
        };
        match lay.engine {
            Engine::Sqlite => format!(" INDEXED BY {index}"),
            Engine::Postgres => String::new(),
        }
    }
}

/// The rows of a page, from after the cursor. `None`: there can be none.
///
/// Several walks are put together by their sort values alone, which stand in the indexes: only rows that are shown are read.
pub(super) fn page(
    scope: &TicketScope,
    s: &Selection,
    lay: &Lay,
    order: Order,
    part: &Part<'_>,
) -> Option<Built> {
    let mut b = Built::default();
    let walks = walks(&mut b, scope, s, lay, order);
    if walks.is_empty() {
        return None;
    }
    let filter = filter(&mut b, s);
    let by_urgency = order == Order::MostUrgent;
    let sorted = match order {
        Order::NewestMessage | Order::MostUrgent => "last_message_at DESC, id DESC",
        Order::OldestMessage => "last_message_at, id",
        Order::NewestTicket => "id DESC",
        Order::OldestTicket => "id",
    };
    let after = after(&mut b, order, part.cursor);
    let (limit, skip) = (b.arg(part.fetch), b.arg(part.offset));
    if let ([walk], false) = (walks.as_slice(), by_urgency) {
        let (along, condition) = (walk.along(lay, order, s.is_spam), condition(&mut b, walk, s, &filter));
        b.text = format!(
            "SELECT {COLUMNS} FROM tickets{along} WHERE {condition}{after} ORDER BY {sorted} LIMIT {limit} OFFSET {skip}"
        );
        return Some(b);
    }
    // What stands before the page is met again in each walk.
    let most = b.arg(if by_urgency { WINDOW } else { part.offset + part.fetch });
    let (keys, within) = match by_urgency {
        true => ("id, last_message_at, priority", ""),
        false => ("id, last_message_at", after.as_str()),
    };
    let mut all = Vec::with_capacity(walks.len());
    for walk in &walks {
        let (along, condition) = (walk.along(lay, order, s.is_spam), condition(&mut b, walk, s, &filter));
        let rows = format!("SELECT {keys} FROM tickets{along} WHERE {condition}{within}");
        all.push(format!("SELECT * FROM ({rows} ORDER BY {sorted} LIMIT {most}) AS walk"));
    }
    let union = format!("SELECT {keys} FROM ({}) AS walks ORDER BY {sorted}", all.join(" UNION ALL "));
    let (found, sorted) = match by_urgency {
        false => (union, sorted),
        true => {
            let urgent = "priority DESC, last_message_at DESC, id DESC";
            let newest = format!("SELECT {keys} FROM ({union} LIMIT {most}) AS newest WHERE 1 = 1{after}");
            (format!("{newest} ORDER BY {urgent}"), urgent)
        }
    };
    // The names of the page's columns are its own, so that those of the rows stay unambiguous.
    b.text = format!(
        "SELECT {COLUMNS} FROM (SELECT id AS page_id FROM ({found} LIMIT {limit} OFFSET {skip}) AS found) AS page \
         CROSS JOIN tickets WHERE tickets.id = page.page_id ORDER BY {sorted}"
    );
    Some(b)
}

fn after(b: &mut Built, order: Order, cursor: Option<&[i64]>) -> String {
    let Some(cursor) = cursor else { return String::new() };
    let at = b.args(cursor.iter().copied());
    match order {
        Order::NewestMessage => format!(" AND (last_message_at, id) < ({at})"),
        Order::OldestMessage => format!(" AND (last_message_at, id) > ({at})"),
        Order::NewestTicket => format!(" AND id < {at}"),
        Order::OldestTicket => format!(" AND id > {at}"),
        Order::MostUrgent => format!(" AND (priority, last_message_at, id) < ({at})"),
    }
}

/// How many there are, counted to `cap` and one more. `None`: there can be none.
pub(super) fn count(scope: &TicketScope, s: &Selection, lay: &Lay, cap: i64) -> Option<Built> {
    let mut b = Built::default();
    // Counting has to meet every one, so the few are always better than the many.
    let lay = Lay { few_resolved: true, ..lay.clone() };
    let walks = walks(&mut b, scope, s, &lay, Order::NewestMessage);
    if walks.is_empty() {
        return None;
    }
    let filter = filter(&mut b, s);
    let most = b.arg(cap + 1);
    let mut all = Vec::with_capacity(walks.len());
    for walk in &walks {
        let (along, condition) =
            (walk.along(&lay, Order::NewestMessage, s.is_spam), condition(&mut b, walk, s, &filter));
        all.push(format!("SELECT 1 AS one FROM tickets{along} WHERE {condition}"));
    }
    let union = all.join(" UNION ALL ");
    b.text = format!("SELECT count(*) FROM (SELECT one FROM ({union}) AS walks LIMIT {most}) AS counted");
    Some(b)
}

/// Where the first tickets of all open work are, as [`open_work::read`](super::open_work) reads them.
pub(super) fn places(engine: Engine, limit: i64) -> Built {
    let mut b = Built::default();
    let walk = Walk { drive: Drive::NoDepartment, is_active: true, also: String::new() };
    let along =
        walk.along(&Lay { engine, departments: Vec::new(), few_resolved: true }, Order::default(), false);
    let limit = b.arg(limit);
    b.text = format!(
        "SELECT id, department_id, assignee_id, status, is_spam FROM tickets{along} WHERE {ACTIVE} AND is_spam = FALSE LIMIT {limit}"
    );
    b
}

/// Where these tickets are.
pub(super) fn places_of(ids: &[TicketId]) -> Built {
    let mut b = Built { values: ids.iter().map(Value::from).collect(), ..Built::default() };
    dialect::fill_list(&mut b.values, 0);
    let ids = dialect::in_list(1, b.values.len());
    b.text =
        format!("SELECT id, department_id, assignee_id, status, is_spam FROM tickets WHERE id IN ({ids})");
    b
}

/// One ticket, where `scope` holds it.
pub(super) fn visible(scope: &TicketScope, id: TicketId) -> Built {
    let mut b = Built::default();
    let id = b.arg(id);
    let within = within(&mut b, scope);
    b.text = format!("SELECT {COLUMNS} FROM tickets WHERE id = {id}{within}");
    b
}

/// The walks that together meet every ticket of the selection that `scope` may see, each once.
fn walks(b: &mut Built, scope: &TicketScope, s: &Selection, lay: &Lay, order: Order) -> Vec<Walk> {
    let is_active = s.is_active();
    let by_id = matches!(order, Order::NewestTicket | Order::OldestTicket);
    let one = |b: &mut Built, drive: Drive| vec![Walk { drive, is_active, also: within(b, scope) }];
    if let Some(ids) = &s.ids {
        return if ids.is_empty() { Vec::new() } else { one(b, Drive::Ids(ids.clone())) };
    }
    if let Some(contact) = s.contact {
        return one(b, Drive::Contact(contact));
    }
    if s.is_spam {
        return one(b, Drive::Spam);
    }
    if let Some(user) = s.assignee {
        return one(b, Drive::Assignee(user));
    }
    if let TicketScope::Own(user) = scope {
        return one(b, Drive::Assignee(*user));
    }
    // A few resolved tickets among many closed ones are found by their own index.
    if s.has_resolved_alone() && lay.few_resolved {
        let mut all = one(b, Drive::Resolved);
        let open: Vec<Status> = s.statuses.iter().copied().filter(|x| x.is_active()).collect();
        if !open.is_empty() {
            all.extend(walks(b, scope, &Selection { statuses: open, ..s.clone() }, lay, order));
        }
        return all;
    }
    // The archive has one index by id: that of the ids.
    if by_id && !is_active {
        return one(b, Drive::Any);
    }
    by_department(b, scope, s, lay)
}

fn by_department(b: &mut Built, scope: &TicketScope, s: &Selection, lay: &Lay) -> Vec<Walk> {
    let wanted: Option<Vec<DepartmentId>> = match (s.department, &s.departments) {
        (None, some) => some.clone(),
        (Some(one), None) => Some(vec![one]),
        (Some(one), Some(some)) => Some(some.iter().copied().filter(|d| *d == one).collect()),
    };
    let is_active = s.is_active();
    let walk = |drive| Walk { drive, is_active, also: String::new() };
    let each = |all: &[DepartmentId]| all.iter().map(|d| walk(Drive::Department(*d))).collect::<Vec<_>>();
    match (scope, wanted) {
        (TicketScope::All, Some(wanted)) => each(&wanted),
        (TicketScope::All, None) if s.unassigned == Some(true) => vec![walk(Drive::Unassigned)],
        (TicketScope::All, None) if is_active && lay.departments.len() <= MOST_WALKS => {
            let mut all = each(&lay.departments);
            all.push(walk(Drive::NoDepartment));
            all
        }
        (TicketScope::All, None) => vec![walk(Drive::Any)],
        (TicketScope::Team { user, departments: mine, .. }, wanted) => {
            let theirs = match &wanted {
                Some(wanted) => wanted.iter().copied().filter(|d| mine.contains(d)).collect(),
                None => mine.clone(),
            };
            let mut all = each(&theirs);
            if s.unassigned != Some(true) {
                // What is mine in departments that are not.
                let mut also = String::new();
                if !mine.is_empty() {
                    let mine = b.args(mine.iter().copied());
                    let _ = write!(also, " AND (department_id IS NULL OR department_id NOT IN ({mine}))");
                }
                all.push(Walk { drive: Drive::Assignee(*user), is_active, also });
            }
            all
        }
        (TicketScope::Own(user), _) => vec![walk(Drive::Assignee(*user))],
    }
}

/// The scope as a condition, for walks that do not keep within it by themselves.
fn within(b: &mut Built, scope: &TicketScope) -> String {
    match scope {
        TicketScope::All => String::new(),
        TicketScope::Own(user) => format!(" AND assignee_id = {}", b.arg(*user)),
        TicketScope::Team { user, departments, spam } => {
            let departments = b.args(departments.iter().copied());
            let spam = if *spam { " OR (is_spam AND department_id IS NULL)" } else { "" };
            format!(" AND (department_id IN ({departments}) OR assignee_id = {}{spam})", b.arg(*user))
        }
    }
}

/// What every walk asks for, whatever it goes along.
fn filter(b: &mut Built, s: &Selection) -> String {
    let mut f = String::from(if s.is_spam { "is_spam" } else { "is_spam = FALSE" });
    // Every walk through all open work says so by itself; asked twice, each row would have to be looked at.
    let is_all_open = s.is_active() && s.statuses.len() == OPEN_STATUSES;
    if !is_all_open && !s.statuses.is_empty() && s.statuses.len() < Status::ALL.len() {
        let _ = write!(f, " AND status IN ({})", b.args(s.statuses.iter().copied()));
    }
    if !s.priorities.is_empty() {
        let _ = write!(f, " AND priority IN ({})", b.args(s.priorities.iter().map(|p| p.rank())));
    }
    if !s.channels.is_empty() {
        let _ = write!(f, " AND channel IN ({})", b.args(s.channels.iter().cloned()));
    }
    if let Some(user) = s.assignee {
        let _ = write!(f, " AND assignee_id = {}", b.arg(user));
    }
    match s.unassigned {
        Some(true) => f.push_str(" AND assignee_id IS NULL"),
        Some(false) => f.push_str(" AND assignee_id IS NOT NULL"),
        None => {}
    }
    if let Some(tag) = &s.tag {
        // The column is a JSON list of texts, written by the same serializer.
        let quoted = serde_json::Value::from(tag.as_str()).to_string();
        let _ = write!(f, " AND replace(tags, {}, '') <> tags", b.arg(quoted));
    }
    if let Some(since) = s.since {
        let _ = write!(f, " AND last_message_at >= {}", b.arg(since));
    }
    f
}

/// The departments asked for, for walks that do not keep within them by themselves.
fn departments(b: &mut Built, s: &Selection) -> String {
    let mut f = String::new();
    if let Some(department) = s.department {
        let _ = write!(f, " AND department_id = {}", b.arg(department));
    }
    if let Some(departments) = &s.departments {
        let _ = write!(f, " AND department_id IN ({})", b.args(departments.iter().copied()));
    }
    f
}

fn condition(b: &mut Built, walk: &Walk, s: &Selection, filter: &str) -> String {
    let drive = match &walk.drive {
        Drive::Department(d) => format!("department_id = {} AND ", b.arg(*d)),
        Drive::NoDepartment => "department_id IS NULL AND ".to_owned(),
        Drive::Assignee(u) => format!("assignee_id = {} AND ", b.arg(*u)),
        Drive::Unassigned => "assignee_id IS NULL AND ".to_owned(),
        Drive::Contact(contact) => format!("contact_id = {} AND ", b.arg(*contact)),
        Drive::Ids(ids) => format!("id IN ({}) AND ", b.args(ids.iter().copied())),
        Drive::Resolved => "status = 'resolved' AND ".to_owned(),
        Drive::Spam | Drive::Any => String::new(),
    };
    let active = if walk.is_active { format!("{ACTIVE} AND ") } else { String::new() };
    let departments = match &walk.drive {
        Drive::Department(_) => String::new(),
        _ => departments(b, s),
    };
    format!("{drive}{active}{filter}{departments}{}", walk.also)
}
