//! Contacts as other slices show them beside their own rows.

use std::collections::HashMap;

use platform::{
    Conn, Result,
    db::{Sql, Value, dialect::in_list},
};

use super::{super::Brief, methods_of};
use crate::ContactId;

/// Two queries, however many there are.
pub fn briefs(c: &Conn<'_>, ids: &[ContactId]) -> Result<HashMap<ContactId, Brief>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT c.id, c.name, c.kind, c.is_blocked, c.erased_at, o.id, o.name FROM contacts c \
         LEFT JOIN contacts o ON o.id = c.company_id WHERE c.id IN ({})",
        in_list(1, ids.len())
    );
    let values: Vec<Value<'_>> = ids.iter().map(Into::into).collect();
    let rows = c.all(Sql::built(&text), &values, |row| {
        let mut r = row.columns();
        let brief = Brief {
            id: r.next()?,
            name: r.next()?,
            kind: r.next()?,
            is_blocked: r.next()?,
            erased_at: r.next()?,
            company: r.next::<Option<ContactId>>()?.zip(r.next::<Option<String>>()?),
            methods: Vec::new(),
        };
        Ok((brief.id, brief))
    })?;
    let mut briefs: HashMap<ContactId, Brief> = rows.into_iter().collect();
    for method in methods_of(c, ids)? {
        if let Some(brief) = briefs.get_mut(&method.contact_id) {
            brief.methods.push(method);
        }
    }
    Ok(briefs)
}
