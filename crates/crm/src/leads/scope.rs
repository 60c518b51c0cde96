//! Who may see which lead. Applied in the query: a lead outside is not there (404), whatever is asked of it.
//!
//! All; those of my departments and my own (*team*); my own (*own*); for a vendor those that it posted.

use std::collections::HashMap;

use people::{
    DepartmentId, UserId,
    access::{Caller, Permission, Principal, Scope},
};
use platform::{
    Conn, Error, Result, Tx,
    db::{
        Sql, Value,
        dialect::{fill_list, for_update, in_list},
    },
    error::Code,
};

use super::{Lead, store};
use crate::{LeadId, VendorId};

people::permission! {
    /// See leads, their interactions and their timeline.
    pub LeadsRead = "leads.read";
    /// Make leads.
    pub LeadsCreate = "leads.create";
    /// Change leads, move them, log interactions.
    pub LeadsWrite = "leads.write";
    /// Give leads to people.
    pub LeadsAssign = "leads.assign";
    /// Archive and restore leads.
    pub LeadsDelete = "leads.delete";
    /// Take leads out as a file.
    pub LeadsExport = "leads.export";
}

/// The part of all leads that somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadScope {
    All,
    Team { user: UserId, departments: Vec<DepartmentId> },
    Own(UserId),
    Vendor(VendorId),
}

/// Whose the leads of an API key are: nobody's.
const NOBODY: UserId = UserId(0);

impl LeadScope {
    /// What the route's permission lets the caller see.
    pub fn of<P: Permission>(caller: &Caller<P>) -> Self {
        LeadScope::within(&caller.principal, caller.scope)
    }

    /// What a principal may see by `action`; `None`: nothing.
    pub fn by(principal: &Principal, action: &str) -> Option<Self> {
        Some(LeadScope::within(principal, principal.scope_of(action)?))
    }

    fn within(principal: &Principal, scope: Scope) -> Self {
        if let Some(vendor) = principal.vendor_id {
            return LeadScope::Vendor(VendorId(vendor));
        }
        let user = principal.user_id().unwrap_or(NOBODY);
        match scope {
            Scope::All => LeadScope::All,
            Scope::Team => LeadScope::Team { user, departments: principal.departments.clone() },
            Scope::Own => LeadScope::Own(user),
        }
    }

    /// The same as [`condition`](Self::condition), for a lead that is in hand.
    pub fn sees(&self, lead: &Lead) -> bool {
        match self {
            LeadScope::All => true,
            LeadScope::Own(user) => lead.owner_id == Some(*user),
            LeadScope::Vendor(vendor) => lead.vendor_id == Some(*vendor),
            LeadScope::Team { user, departments } => {
                lead.owner_id == Some(*user) || lead.department_id.is_some_and(|d| departments.contains(&d))
            }
        }
    }

    /// ` AND …` over columns of `leads` named with `prefix` (`"l."` or empty); parameters go to the end of `values`.
    pub fn condition(&self, prefix: &str, values: &mut Vec<Value<'static>>) -> String {
        match self {
            LeadScope::All => String::new(),
            LeadScope::Own(user) => {
                values.push((*user).into());
                format!(" AND {prefix}owner_id = ?{}", values.len())
            }
            LeadScope::Vendor(vendor) => {
                values.push((*vendor).into());
                format!(" AND {prefix}vendor_id = ?{}", values.len())
            }
            LeadScope::Team { user, departments } => {
                values.push((*user).into());
                let me = values.len();
                values.extend(departments.iter().map(|d| Value::from(*d)));
                let list = in_list(me + 1, departments.len());
                format!(" AND ({prefix}owner_id = ?{me} OR {prefix}department_id IN ({list}))")
            }
        }
    }
}

/// The lead, if `scope` holds it.
pub fn visible(c: &Conn<'_>, scope: &LeadScope, id: LeadId) -> Result<Lead> {
    one(c, scope, id, "")
}

/// As [`visible`], locked against other transactions until this one ends. For [`Db::write_locked`](platform::Db::write_locked):
/// whoever waited for the lock then sees what the other one stored.
pub fn locked(tx: &Tx<'_>, scope: &LeadScope, id: LeadId) -> Result<Lead> {
    one(tx, scope, id, for_update(tx))
}

/// As [`locked`], of a lead that may be worked on: what is archived stands still until it is restored.
///
/// Errors: 409 `wrong_state` for an archived one.
pub fn in_use(tx: &Tx<'_>, scope: &LeadScope, id: LeadId) -> Result<Lead> {
    let lead = locked(tx, scope, id)?;
    match lead.archived_at {
        None => Ok(lead),
        Some(_) => Err(Error::new(Code::WrongState, "This lead is archived. Restore it first.")),
    }
}

fn one(c: &Conn<'_>, scope: &LeadScope, id: LeadId, lock: &str) -> Result<Lead> {
    let mut values = vec![Value::from(id)];
    let within = scope.condition("", &mut values);
    let text = format!("SELECT {} FROM leads WHERE id = ?1{within}{lock}", store::COLUMNS);
    c.opt(Sql::built(&text), &values, store::read)?.ok_or_else(|| Error::not_found("lead"))
}

/// The names of those of `ids` that `scope` holds. One query.
pub fn names(c: &Conn<'_>, scope: &LeadScope, ids: &[LeadId]) -> Result<HashMap<LeadId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'static>> = ids.iter().map(|id| Value::from(*id)).collect();
    fill_list(&mut values, 0);
    let list = in_list(1, values.len());
    let within = scope.condition("", &mut values);
    let text = format!("SELECT id, name FROM leads WHERE id IN ({list}){within}");
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}
