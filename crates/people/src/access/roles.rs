//! Roles: data in a table. What the system's own may do is kept in step with `matrix.txt` and refuses changes; what they are
//! called is the organisation's affair.

use platform::{
    Error, Result, Tx,
    events::{NewEvent, Origin, record},
};
use serde_json::json;

use super::{events, matrix, store};

/// Brings the system roles to what the matrix says. At every start; writes nothing when all is well.
pub fn sync_system_roles(tx: &Tx<'_>) -> Result<()> {
    for role in matrix::system_roles() {
        let permissions = serde_json::to_string(&role.grants).map_err(Error::internal)?;
        store::roles::upsert_system(tx, &role.key, role.name, role.is_staff, &permissions)?;
    }
    Ok(())
}

/// Gives one of the system's roles the name that it has here, unless it was given another than its own before.
pub fn name_role(tx: &Tx<'_>, origin: &Origin, key: &str, name: &str) -> Result<()> {
    let usual = matrix::system_roles().into_iter().find(|r| r.key == key).map(|r| r.name);
    let role = store::roles::by_key(tx, key)?.ok_or_else(|| Error::not_found("role"))?;
    if usual != Some(role.name.as_str()) || role.name == name {
        return Ok(());
    }
    store::roles::rename(tx, role.id, name)?;
    let data = json!({ "before": { "name": role.name }, "after": { "name": name } });
    record(tx, origin, NewEvent::new(events::ROLE_UPDATED, "role", role.id, data))
}

/// The key of a role as people call it: `counselor` and `staff` are agents.
pub fn role_key(word: &str) -> &str {
    match word {
        "counselor" | "staff" => "agent",
        other => other,
    }
}
