//! Who is calling, and what they may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DepartmentId, UserId};

/// How far a permission reaches. Ordered: a wider scope is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// What is mine.
    Own,
    /// What belongs to the departments that I am a member of or manage.
    Team,
    /// Everything.
    All,
}

/// One line of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// `tickets.read`.
    #[schema(example = "tickets.read")]
    pub action: String,
    #[schema(inline)]
    pub scope: Scope,
}

/// What kind of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    User(UserId),
    /// The row of `api_keys`.
    ApiKey(i64),
}

/// A caller with a role. It is a copy: at most five seconds old, and dropped on this node as soon as it changes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub kind: PrincipalKind,
    pub name: String,
    /// `admin`, `manager`, `agent`; `key.intake`, `key.read`, `key.write`, `key.admin`.
    pub role_key: String,
    pub grants: Vec<Grant>,
    /// Acts for this vendor, and sees what is that vendor's alone.
    pub vendor_id: Option<i64>,
    /// Member of or manages.
    pub departments: Vec<DepartmentId>,
    /// Those of them that this person manages.
    pub managed: Vec<DepartmentId>,
}

impl Principal {
    /// How far `action` is allowed; `None`: not at all.
    pub fn scope_of(&self, action: &str) -> Option<Scope> {
        self.grants.iter().filter(|g| g.action == action).map(|g| g.scope).max()
    }
    /// `None` for an API key.
    pub fn user_id(&self) -> Option<UserId> {
        match self.kind {
            PrincipalKind::User(id) => Some(id),
            PrincipalKind::ApiKey(_) => None,
        }
    }
    pub fn is_member(&self, department: DepartmentId) -> bool {
        self.departments.contains(&department)
    }
    pub fn manages(&self, department: DepartmentId) -> bool {
        self.managed.contains(&department)
    }
    /// Whether a row of this owner and department lies within `scope`.
    pub fn reaches(&self, scope: Scope, owner: Option<UserId>, department: Option<DepartmentId>) -> bool {
        let mine = owner.is_some() && owner == self.user_id();
        match scope {
            Scope::All => true,
            Scope::Team => mine || department.is_some_and(|d| self.is_member(d)),
            Scope::Own => mine,
        }
    }
    pub fn actor(&self) -> platform::events::Actor {
        match self.kind {
            PrincipalKind::User(id) => platform::events::Actor::User(id.0),
            PrincipalKind::ApiKey(id) => platform::events::Actor::ApiKey(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody() -> Principal {
        Principal {
            kind: PrincipalKind::User(UserId(7)),
            name: "An".into(),
            role_key: "agent".into(),
            grants: vec![
                Grant { action: "tickets.read".into(), scope: Scope::Own },
                Grant { action: "tickets.read".into(), scope: Scope::Team },
            ],
            vendor_id: None,
            departments: vec![DepartmentId(1), DepartmentId(2)],
            managed: vec![DepartmentId(2)],
        }
    }

    #[test]
    fn the_widest_grant_counts_and_nothing_is_allowed_unsaid() {
        assert_eq!(somebody().scope_of("tickets.read"), Some(Scope::Team));
        assert_eq!(somebody().scope_of("tickets"), None);
        assert_eq!(somebody().scope_of("tickets.write"), None);
    }

    #[test]
    fn scopes_reach_as_far_as_they_say() {
        let p = somebody();
        let (me, other) = (Some(UserId(7)), Some(UserId(8)));
        let (mine, foreign) = (Some(DepartmentId(1)), Some(DepartmentId(9)));
        assert!(p.reaches(Scope::All, None, None));
        assert!(p.reaches(Scope::Team, other, mine) && p.reaches(Scope::Team, me, foreign));
        assert!(!p.reaches(Scope::Team, other, foreign) && !p.reaches(Scope::Team, None, None));
        assert!(p.reaches(Scope::Own, me, foreign) && !p.reaches(Scope::Own, other, mine));
        assert!(!p.reaches(Scope::Own, None, mine));
        assert!(p.manages(DepartmentId(2)) && !p.manages(DepartmentId(1)));
        assert!(Scope::All > Scope::Team && Scope::Team > Scope::Own);
    }

    #[test]
    fn a_key_owns_nothing() {
        let key = Principal { kind: PrincipalKind::ApiKey(7), ..somebody() };
        assert_eq!(key.user_id(), None);
        assert!(!key.reaches(Scope::Own, Some(UserId(7)), None));
    }
}
