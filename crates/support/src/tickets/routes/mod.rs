//! `/tickets`, and a customer's tickets.

mod assign;
mod create;
mod drafts;
mod read;
mod update;
mod write;

use people::{
    UserId,
    access::{Caller, Permission, Principal, Scope},
};
use platform::{
    Result,
    http::{Api, Json},
};

use super::{
    MessagesSend, Status, Ticket, TicketScope, TicketsAssign, TicketsRead, TicketsWrite,
    list::Asker,
    store,
    view::{self, TicketView, Viewer},
};
use crate::{Support, TicketId};

/// The routes of tickets.
pub fn api() -> Api<Support> {
    let mut api = Api::new();
    read::mount(&mut api);
    create::mount(&mut api);
    update::mount(&mut api);
    assign::mount(&mut api);
    write::mount(&mut api);
    drafts::mount(&mut api);
    api
}

/// The caller, as a list asks for it.
fn asker(support: &Support, principal: &Principal, scope: TicketScope) -> Asker {
    Asker {
        user: principal.user_id(),
        departments: principal.departments.clone(),
        scope,
        timezone: support.desk.config.org.timezone.clone(),
    }
}

/// What a caller may do with tickets: kept beside the scope of the route, for the parts that other permissions decide.
#[derive(Debug, Clone)]
struct Rights {
    viewer: Viewer,
    read: Option<TicketScope>,
    write: Option<TicketScope>,
    send: Option<TicketScope>,
    spam: bool,
    assign: Option<Scope>,
    departments: Vec<people::DepartmentId>,
}

impl Rights {
    fn of(support: &Support, principal: &Principal) -> Self {
        let by = |action: &str| TicketScope::by(support, principal, action);
        Rights {
            viewer: Viewer::of(principal),
            read: by(TicketsRead::ACTION),
            write: by(TicketsWrite::ACTION),
            send: by(MessagesSend::ACTION),
            spam: principal.scope_of("spam.write").is_some(),
            assign: principal.scope_of(TicketsAssign::ACTION),
            departments: principal.departments.clone(),
        }
    }
    fn me(&self) -> Option<UserId> {
        self.viewer.user()
    }

    /// What the caller may do with `ticket` now.
    fn can(&self, ticket: &Ticket) -> Vec<&'static str> {
        let sees = |scope: &Option<TicketScope>| scope.as_ref().is_some_and(|s| s.sees(ticket));
        let is_open = ticket.status != Status::Closed;
        let is_mine = ticket.assignee_id.is_some() && ticket.assignee_id == self.me();
        let gives = matches!(self.assign, Some(Scope::All | Scope::Team)) && sees(&self.read);
        let takes = self.assign.is_some() && sees(&self.read) && self.me().is_some();
        [
            ("reply", sees(&self.send) && is_open),
            ("note", sees(&self.send)),
            ("edit", sees(&self.write)),
            ("assign", gives && is_open),
            ("take", takes && is_open && (gives || ticket.assignee_id.is_none()) && !is_mine),
            ("release", ticket.assignee_id.is_some() && is_open && (gives || (takes && is_mine))),
            ("spam", self.spam && sees(&self.read)),
        ]
        .into_iter()
        .filter_map(|(word, may)| may.then_some(word))
        .collect()
    }
}

/// The ticket as the caller sees it after a change, be it within the caller's scope still or not.
async fn answer<P>(support: &Support, caller: &Caller<P>, id: TicketId) -> Result<Json<TicketView>> {
    let rights = Rights::of(support, &caller.principal);
    let now = support.desk.clock.now();
    let read = support.desk.db.read(move |c| {
        let ticket = store::get(c, id)?.ok_or_else(|| platform::Error::not_found("ticket"))?;
        view::detail(c, rights.viewer, &ticket, now, rights.can(&ticket))
    });
    read.await.map(Json)
}
