//! Tasks about a person when they are erased: by when and by whom something was to be done stays, the words go.

use people::{ContactId, contacts::erase::ERASED};
use platform::{
    Conn, Result, Tx,
    db::{Sql, Value, dialect},
    events::Origin,
};

use super::{Change, change, store};

/// Tasks of one step at most.
const STEP: i64 = 100;

/// What a task is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    Contact,
    Lead,
    Ticket,
}

/// Replaces title and description of some tasks about these. True while there are more.
pub(crate) fn step(tx: &Tx<'_>, of: Of, ids: &[i64]) -> Result<bool> {
    let column = match of {
        Of::Contact => "contact_id",
        Of::Lead => "lead_id",
        Of::Ticket => "ticket_id",
    };
    let text = format!(
        "SELECT {} FROM tasks WHERE {column} IN ({}) AND (title <> ?1 OR description <> '') ORDER BY id LIMIT ?2{}",
        store::COLUMNS,
        dialect::in_list(3, ids.len()),
        dialect::for_update(tx)
    );
    let mut values = vec![Value::from(ERASED), Value::from(STEP)];
    values.extend(ids.iter().map(Value::from));
    let found = tx.all(Sql::built(&text), &values, store::read)?;
    for task in &found {
        let words =
            Change { title: Some(ERASED.to_owned()), description: Some(String::new()), ..Change::default() };
        change(tx, &Origin::system(), task, words)?;
    }
    Ok(found.len() as i64 == STEP)
}

/// How many tasks are about these contacts, to `cap`.
pub(crate) fn count(c: &Conn<'_>, contacts: &[ContactId], cap: i64) -> Result<i64> {
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 AS one FROM tasks WHERE contact_id IN ({}) LIMIT ?1) AS counted",
        dialect::in_list(2, contacts.len())
    );
    let mut values = vec![Value::from(cap)];
    values.extend(contacts.iter().map(Value::from));
    c.one(Sql::built(&text), &values, |r| r.get(0))
}
