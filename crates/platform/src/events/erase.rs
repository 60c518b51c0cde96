//! Texts about a person taken out of what events say. Events hold ids and changed fields, but a few of those fields are what
//! somebody typed: a subject, a reason, a tag.

use serde_json::Value as Json;

use crate::{
    Result, Tx,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};

/// Events of one step at most.
const STEP: usize = 300;

/// Empties `fields` in the `data` of the events about these contacts, of those of `kinds` alone, some events after the one
/// with the id `after`: where to go on, or `None` when that was all. Who did what when, and what was changed, stays.
pub fn forget_texts(
    tx: &Tx<'_>,
    contacts: &[i64],
    kinds: &[&str],
    fields: &[&str],
    after: i64,
) -> Result<Option<i64>> {
    let text = format!(
        "SELECT id, data FROM events WHERE contact_id IN ({}) AND kind IN ({}) AND id > ?1 ORDER BY id LIMIT ?2",
        in_list(3, contacts.len()),
        in_list(3 + contacts.len().max(1), kinds.len())
    );
    let mut values = vec![Value::from(after), Value::from(STEP)];
    values.extend(contacts.iter().map(|id| Value::from(*id)));
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let found: Vec<(i64, String)> = tx.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    for (id, data) in &found {
        let mut data: Json = serde_json::from_str(data).unwrap_or(Json::Null);
        if blank(&mut data, fields) {
            tx.exec(sql!("UPDATE events SET data = ?2 WHERE id = ?1"), params![id, data.to_string()])?;
        }
    }
    Ok(found.last().map(|(id, _)| *id).filter(|_| found.len() == STEP))
}

/// True when something was there.
fn blank(data: &mut Json, fields: &[&str]) -> bool {
    match data {
        Json::Object(map) => {
            let mut changed = false;
            for (key, value) in map {
                if !fields.contains(&key.as_str()) {
                    changed |= blank(value, fields);
                } else if !value.is_null() {
                    (*value, changed) = (Json::Null, true);
                }
            }
            changed
        }
        Json::Array(all) => {
            let mut changed = false;
            for value in all {
                changed |= blank(value, fields);
            }
            changed
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_go_and_facts_stay() {
        let mut data =
            json!({"before": {"subject": "Của Đào", "priority": 1}, "after": [{"subject": null}], "id": 5});
        assert!(blank(&mut data, &["subject", "reason"]));
        assert_eq!(
            data,
            json!({"before": {"subject": null, "priority": 1}, "after": [{"subject": null}], "id": 5})
        );
        assert!(!blank(&mut data, &["subject", "reason"]));
    }
}
