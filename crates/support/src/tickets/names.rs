//! The names of what tickets and messages refer to: each kind is asked for once per answer, never once per row.

use std::collections::HashMap;

use people::{ContactId, DepartmentId, UserId, access, contacts, departments};
use platform::{Conn, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::Ticket;
use crate::{AccountId, accounts};

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ref {
    pub id: i64,
    pub name: String,
}

/// What is to be named, gathered from the rows of one answer.
#[derive(Debug, Default)]
pub struct Wanted {
    pub users: Vec<UserId>,
    pub contacts: Vec<ContactId>,
    pub departments: Vec<DepartmentId>,
    pub accounts: Vec<AccountId>,
}

impl Wanted {
    pub fn ticket(&mut self, t: &Ticket) {
        self.users.extend(t.assignee_id);
        self.contacts.push(t.contact_id);
        self.departments.extend(t.department_id);
        self.accounts.extend(t.account_id);
    }

    /// Four reads at most, whatever is wanted.
    pub fn load(self, c: &Conn<'_>) -> Result<Names> {
        Ok(Names {
            users: access::names(c, &each_once(self.users))?,
            contacts: contacts::names(c, &each_once(self.contacts))?,
            // All of them: departments are few.
            departments: if self.departments.is_empty() { HashMap::new() } else { departments::names(c)? },
            accounts: accounts::names(c, &each_once(self.accounts))?,
        })
    }
}

/// Names by id.
#[derive(Debug, Default)]
pub struct Names {
    users: HashMap<UserId, String>,
    contacts: HashMap<ContactId, String>,
    departments: HashMap<DepartmentId, String>,
    accounts: HashMap<AccountId, String>,
}

impl Names {
    pub fn user(&self, id: UserId) -> Ref {
        Ref { id: id.0, name: self.users.get(&id).cloned().unwrap_or_default() }
    }
    pub fn contact(&self, id: ContactId) -> Ref {
        Ref { id: id.0, name: self.contacts.get(&id).cloned().unwrap_or_default() }
    }
    pub fn department(&self, id: DepartmentId) -> Ref {
        Ref { id: id.0, name: self.departments.get(&id).cloned().unwrap_or_default() }
    }
    pub fn account(&self, id: AccountId) -> Ref {
        Ref { id: id.0, name: self.accounts.get(&id).cloned().unwrap_or_default() }
    }
}

fn each_once<I: Ord>(mut ids: Vec<I>) -> Vec<I> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
