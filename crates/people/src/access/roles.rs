//! Roles: data in a table. The system's own are kept in step with `matrix.txt` and refuse changes.

use platform::{Error, Result, Tx};

use super::{matrix, store};

/// Brings the system roles to what the matrix says. At every start; writes nothing when all is well.
pub fn sync_system_roles(tx: &Tx<'_>) -> Result<()> {
    for role in matrix::system_roles() {
        let permissions = serde_json::to_string(&role.grants).map_err(Error::internal)?;
        store::roles::upsert_system(tx, &role.key, role.name, role.is_staff, &permissions)?;
    }
    Ok(())
}

/// The key of a role as people call it: `counselor` and `staff` are agents.
pub fn role_key(word: &str) -> &str {
    match word {
        "counselor" | "staff" => "agent",
        other => other,
    }
}
