//! Lists of tickets: what the inbox shows, and how many there are behind each of its tabs.
//!
//! Whatever is asked, the number of reads is fixed: how the desk is laid out, what a search found, the count, the page,
//! and the names on it. The total is counted with the first page and carried along in the cursor; that of open work, and
//! the tabs', is kept in memory ([`OpenWork`]).

use people::{DepartmentId, UserId, departments};
use platform::{
    Conn, Error, Fault, Result,
    clock::Millis,
    error::Code,
    http::{COUNT_CAP, Cursor, ListPage, Page},
    sql,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    OpenWork, Priority, Status, Ticket, TicketScope,
    query::{self, FEW_RESOLVED, Lay, Order, Part, Selection},
    search, store, words,
};

words!(
    /// A tab of the inbox.
    Queue { Mine = "mine", Department = "department", Unassigned = "unassigned", All = "all", Spam = "spam" }
);
words!(
    /// The order of a list.
    Sort {
        NewestMessage = "-last_message_at",
        OldestMessage = "last_message_at",
        NewestTicket = "-created_at",
        OldestTicket = "created_at",
        MostUrgent = "-priority",
    }
);

/// A person, or whoever asks.
const ME: &str = "me";

/// What `GET /tickets` can be narrowed by.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TicketFilter {
    /// Several with commas; any unless said.
    #[param(inline)]
    pub status: Option<Vec<Status>>,
    #[param(inline)]
    pub priority: Option<Vec<Priority>>,
    /// An id, or `me`.
    #[param(max_length = 20)]
    pub assigned_agent_id: Option<String>,
    /// Another name of `assigned_agent_id`.
    #[param(max_length = 20)]
    pub assigned_to: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    pub department_id: Option<DepartmentId>,
    pub channel: Option<Vec<String>>,
    #[param(max_length = 100)]
    pub tag: Option<String>,
    /// Without an agent, or (`false`) with one.
    pub unassigned: Option<bool>,
    /// A tab of the inbox. Spam is in `spam` alone.
    #[param(inline)]
    pub queue: Option<Queue>,
    /// A number (`#1042`), words of a customer's name, an address, or words of a subject among the newest 2 000.
    #[param(max_length = 200)]
    pub search: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    pub contact_id: Option<people::ContactId>,
    /// With a message since this instant (`2026-01-03T10:00:00Z`) or day (`2026-01-03`, in the organisation's zone).
    #[param(max_length = 40)]
    pub since: Option<String>,
    /// `-last_message_at` unless said. `-priority` puts the 10 000 newest in order.
    #[param(inline)]
    pub sort: Option<Sort>,
}

/// Who asks, for the words that depend on it.
#[derive(Debug, Clone)]
pub struct Asker {
    /// `None` for an API key.
    pub user: Option<UserId>,
    pub departments: Vec<DepartmentId>,
    /// What may be seen; for spam, what may be seen of that.
    pub scope: TicketScope,
    pub timezone: String,
}

/// A list to read.
#[derive(Debug, Clone)]
pub struct Asked {
    pub selection: Selection,
    pub order: Order,
    pub search: Option<String>,
    /// Nothing can be in it.
    pub is_empty: bool,
}

impl TicketFilter {
    pub fn read(&self, asker: &Asker) -> Result<Asked> {
        let mut s = Selection {
            statuses: self.status.clone().unwrap_or_default(),
            priorities: self.priority.clone().unwrap_or_default(),
            channels: self.channel.clone().unwrap_or_default(),
            department: self.department_id,
            tag: self.tag.clone(),
            unassigned: self.unassigned,
            contact: self.contact_id,
            since: self.since.as_deref().map(|w| since(w, &asker.timezone)).transpose()?,
            ..Selection::default()
        };
        let mut is_empty = false;
        let mut only = |user: Option<UserId>| match (user, s.assignee) {
            // A program has no tickets of its own; and nobody is two people.
            (None, _) => is_empty = true,
            (Some(user), Some(other)) if user != other => is_empty = true,
            (Some(user), _) => s.assignee = Some(user),
        };
        for (field, word) in
            [("assigned_agent_id", &self.assigned_agent_id), ("assigned_to", &self.assigned_to)]
        {
            match word.as_deref() {
                None => {}
                Some(ME) => only(asker.user),
                Some(id) => only(Some(UserId(id.parse().map_err(|_| bad(field, "must be an id or `me`"))?))),
            }
        }
        match self.queue {
            Some(Queue::Mine) => only(asker.user),
            Some(Queue::Department) => s.departments = Some(asker.departments.clone()),
            Some(Queue::Unassigned) => s.unassigned = Some(true),
            Some(Queue::Spam) => s.is_spam = true,
            Some(Queue::All) | None => {}
        }
        let search = self.search.clone().filter(|w| !w.trim().is_empty());
        Ok(Asked {
            selection: s,
            order: self.sort.map_or_else(Order::default, Order::from),
            search,
            is_empty,
        })
    }
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::NewestMessage => Order::NewestMessage,
            Sort::OldestMessage => Order::OldestMessage,
            Sort::NewestTicket => Order::NewestTicket,
            Sort::OldestTicket => Order::OldestTicket,
            Sort::MostUrgent => Order::MostUrgent,
        }
    }
}

fn bad(field: &'static str, message: &'static str) -> Error {
    let faults = vec![Fault::new(field, "format", message)];
    Error { faults, ..Error::new(Code::InvalidParameter, "Mend the listed parameters.") }
}

/// An instant, or the beginning of a day in the organisation's zone.
pub fn since(words: &str, timezone: &str) -> Result<Millis> {
    if let Some(at) = platform::time::parse_rfc3339(words) {
        return Ok(at);
    }
    let wrong =
        || bad("since", "must be an instant such as 2026-01-03T10:00:00Z, or a day such as 2026-01-03");
    let day: jiff::civil::Date = words.parse().map_err(|_| wrong())?;
    let start = day.in_tz(timezone).map_err(Error::internal)?;
    Ok(start.timestamp().as_millisecond())
}

/// A page of tickets.
pub fn list(
    c: &Conn<'_>,
    open: &OpenWork,
    asker: &Asker,
    asked: &Asked,
    page: &Page,
) -> Result<ListPage<Ticket>> {
    if asked.is_empty {
        return Ok(page.finish(Vec::new(), 0, |_| Vec::new()));
    }
    let mut s = asked.selection.clone();
    let lay = lay(c, &s)?;
    if let Some(words) = &asked.search {
        s.ids = Some(search::ids(c, &asker.scope, &s, &lay, words)?);
    }
    let (order, width) = (asked.order, width(asked.order));
    let cursor = page.cursor.as_ref().map(|cursor| at(cursor, width)).transpose()?;
    let total = match &page.cursor {
        // The last of its values is the total that the first page counted.
        Some(cursor) => cursor.int(width)?,
        None => count(c, open, &asker.scope, &s, &lay, COUNT_CAP)?,
    };
    let part = Part { cursor: cursor.as_deref(), offset: page.offset, fetch: page.fetch() };
    let rows = match query::page(&asker.scope, &s, &lay, order, &part) {
        Some(b) => c.all(b.sql(), &b.values, store::read)?,
        None => Vec::new(),
    };
    Ok(page.finish(rows, total, |t| {
        let mut key = match order {
            Order::NewestMessage | Order::OldestMessage => vec![json!(t.last_message_at), json!(t.id)],
            Order::NewestTicket | Order::OldestTicket => vec![json!(t.id)],
            Order::MostUrgent => vec![json!(t.priority.rank()), json!(t.last_message_at), json!(t.id)],
        };
        key.push(json!(total));
        key
    }))
}

/// How many values say where a page ended.
fn width(order: Order) -> usize {
    match order {
        Order::NewestMessage | Order::OldestMessage => 2,
        Order::NewestTicket | Order::OldestTicket => 1,
        Order::MostUrgent => 3,
    }
}

fn at(cursor: &Cursor, width: usize) -> Result<Vec<i64>> {
    (0..width).map(|n| cursor.int(n)).collect()
}

/// Counted to `cap` and one more.
fn count(
    c: &Conn<'_>,
    open: &OpenWork,
    scope: &TicketScope,
    s: &Selection,
    lay: &Lay,
    cap: i64,
) -> Result<i64> {
    if s.is_by_place()
        && let Some(n) = open.count(c, |p| s.holds(p) && scope.sees_at(p.department, p.assignee, false))?
    {
        return Ok(n.min(cap + 1));
    }
    match query::count(scope, s, lay, cap) {
        Some(b) => c.one(b.sql(), &b.values, |r| r.get(0)),
        None => Ok(0),
    }
}

/// How the desk is laid out, as far as reading `s` needs it.
pub(super) fn lay(c: &Conn<'_>, s: &Selection) -> Result<Lay> {
    let mut all: Vec<DepartmentId> = departments::names(c)?.into_keys().collect();
    all.sort_unstable();
    let few_resolved = match s.has_resolved_alone() {
        true => {
            let counted: Option<i64> = c.value(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM tickets WHERE status = 'resolved' LIMIT 2001) AS counted"),
                &[],
            )?;
            counted.unwrap_or(0) <= FEW_RESOLVED
        }
        false => false,
    };
    Ok(Lay { engine: c.engine(), departments: all, few_resolved })
}

/// Open work behind each tab, and spam; each counted to 1000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct TicketCounts {
    pub mine: i64,
    pub department: i64,
    pub unassigned: i64,
    pub all: i64,
    /// 0 for those who may not see it.
    pub spam: i64,
}

/// Where the tabs stop counting.
const TAB_CAP: i64 = 1000;

/// `spam`: what of spam the caller may see.
pub fn counts(
    c: &Conn<'_>,
    work: &OpenWork,
    asker: &Asker,
    spam: Option<&TicketScope>,
) -> Result<TicketCounts> {
    let open = Selection::open_work();
    let lay = lay(c, &open)?;
    let of =
        |scope: &TicketScope, s: &Selection| count(c, work, scope, s, &lay, TAB_CAP).map(|n| n.min(TAB_CAP));
    let mine = match asker.user {
        Some(user) => of(&asker.scope, &Selection { assignee: Some(user), ..open.clone() })?,
        None => 0,
    };
    Ok(TicketCounts {
        mine,
        department: of(
            &asker.scope,
            &Selection { departments: Some(asker.departments.clone()), ..open.clone() },
        )?,
        unassigned: of(&asker.scope, &Selection { unassigned: Some(true), ..open.clone() })?,
        all: of(&asker.scope, &open)?,
        spam: match spam {
            Some(scope) => of(scope, &Selection { is_spam: true, ..Selection::default() })?,
            None => 0,
        },
    })
}
