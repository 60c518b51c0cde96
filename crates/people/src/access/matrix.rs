//! The role × action matrix: `matrix.txt`, read.

use super::{Grant, Scope};

const TEXT: &str = include_str!("matrix.txt");
/// The role of a vendor's people: they see the portal, and are no staff.
pub const VENDOR: &str = "vendor";

/// A system role as the matrix tells it.
#[derive(Debug, Clone)]
pub struct SystemRole {
    pub key: String,
    pub name: &'static str,
    /// Can be given to people.
    pub is_staff: bool,
    pub grants: Vec<Grant>,
}

/// Every action that there is, in the order of the file.
pub fn actions() -> Vec<&'static str> {
    rows().into_iter().map(|(action, _)| action).collect()
}

/// Every system role with what it allows.
pub fn system_roles() -> Vec<SystemRole> {
    let rows = rows();
    let header = lines().next().unwrap_or_default();
    let keys = header.split_whitespace().skip(1).enumerate();
    keys.map(|(column, key)| SystemRole {
        key: key.to_owned(),
        name: display_name(key),
        is_staff: !key.starts_with("key.") && key != VENDOR,
        grants: rows
            .iter()
            .filter_map(|(action, cells)| {
                let scope = scope(cells.get(column)?)?;
                Some(Grant { action: (*action).to_owned(), scope })
            })
            .collect(),
    })
    .collect()
}

fn display_name(key: &str) -> &'static str {
    match key {
        "admin" => "Administrator",
        "manager" => "Manager",
        "agent" => "Agent",
        VENDOR => "Vendor",
        "key.vendor" => "API key: vendor",
        "key.intake" => "API key: intake",
        "key.read" => "API key: read",
        "key.write" => "API key: write",
        "key.admin" => "API key: admin",
        _ => "Role",
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let cells = lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    cells.filter(|c| !c.is_empty()).map(|c| (c[0], c[1..].to_vec())).collect()
}

fn scope(word: &str) -> Option<Scope> {
    match word {
        "own" => Some(Scope::Own),
        "team" => Some(Scope::Team),
        "all" => Some(Scope::All),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use platform::http::Requirement;

    use super::*;

    #[test]
    fn every_cell_is_a_scope_or_a_dash() {
        let width = lines().next().unwrap().split_whitespace().count() - 1;
        for (action, cells) in rows() {
            assert_eq!(cells.len(), width, "{action}");
            assert!(cells.iter().all(|c| *c == "-" || scope(c).is_some()), "{action}");
            assert!(action.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()), "{action}");
        }
        let actions = actions();
        assert!(actions.windows(2).all(|w| w[0] < w[1]), "the file is sorted and names each action once");
    }

    #[test]
    fn declared_permissions_and_the_matrix_agree() {
        let (api, merging) = (crate::api::<crate::Desk>(), crate::contacts::merge::api());
        let erasing = crate::contacts::erase::api();
        let declared: BTreeSet<&str> = api
            .routes()
            .iter()
            .chain(merging.routes())
            .chain(erasing.routes())
            .filter_map(|r| match r.requirement {
                Requirement::Permission(action) => Some(action),
                _ => None,
            })
            .collect();
        let actions: BTreeSet<&str> = actions().into_iter().collect();
        assert!(declared.is_subset(&actions), "not in matrix.txt: {:?}", declared.difference(&actions));
        let ours = [
            "api_keys.",
            "business_hours.",
            "contacts.",
            "departments.",
            "roles.",
            "settings.",
            "users.",
            "views.",
        ];
        for action in actions.iter().filter(|a| ours.iter().any(|o| a.starts_with(o))) {
            assert!(declared.contains(action), "{action} is in matrix.txt, and no route asks for it");
        }
    }

    #[test]
    fn the_roles_are_what_people_expect() {
        let roles = system_roles();
        let grant = |role: &str, action: &str| {
            let role = roles.iter().find(|r| r.key == role).unwrap();
            role.grants.iter().find(|g| g.action == action).map(|g| g.scope)
        };
        assert_eq!(roles.len(), 9);
        assert_eq!(grant("agent", "tickets.assign"), Some(Scope::Own));
        assert_eq!(grant("manager", "users.set_status"), Some(Scope::Team));
        assert_eq!(grant("manager", "users.write"), None);
        assert_eq!(grant("key.intake", "intake.post"), Some(Scope::All));
        assert_eq!(roles.iter().find(|r| r.key == "key.intake").unwrap().grants.len(), 1);
        for role in ["admin", "key.admin"] {
            assert!(actions().iter().all(|a| grant(role, a) == Some(Scope::All)), "{role}");
        }
        let reads = |a: &&&str| a.ends_with(".read");
        assert!(actions().iter().filter(reads).all(|a| grant("key.read", a) == Some(Scope::All)));
        let read = roles.iter().find(|r| r.key == "key.read").unwrap();
        assert!(read.grants.iter().all(|g| g.action.ends_with(".read")));
    }
}
