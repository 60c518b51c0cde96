//! What spam remembers of a person when they are erased: how many messages came when, and that they were spam, stays.

use people::{ContactId, contacts::erase::Traces};
use platform::{
    Result, Tx,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};

/// Rows of one step at most.
const STEP: i64 = 300;

/// Takes away what texts were like, and addresses of theirs from the block list. True while there is more.
pub(crate) fn step(tx: &Tx<'_>, contacts: &[ContactId], traces: &Traces) -> Result<bool> {
    let list = in_list(2, contacts.len());
    let mut values = vec![Value::from(STEP)];
    values.extend(contacts.iter().map(Value::from));
    let text = format!(
        "UPDATE spam_activities SET parts = '[]' WHERE id IN (SELECT id FROM spam_activities WHERE contact_id IN ({list}) AND parts <> '[]' LIMIT ?1)"
    );
    let judged = tx.exec(Sql::built(&text), &values)? as i64;
    let text = format!(
        "UPDATE inbound_days SET text_hash = 0 WHERE (contact_id, day) IN (SELECT contact_id, day FROM inbound_days WHERE contact_id IN ({list}) AND text_hash <> 0 LIMIT ?1)"
    );
    let counted = tx.exec(Sql::built(&text), &values)? as i64;
    if judged == STEP || counted == STEP {
        return Ok(true);
    }
    for text in traces.texts() {
        // A block of a whole domain is nobody's address.
        tx.exec(
            sql!("DELETE FROM spam_blocks WHERE lower(value_key) = ?1 AND kind <> 'domain'"),
            params![text],
        )?;
    }
    Ok(false)
}
