//! Lists of contacts, and how they are searched.

use std::collections::HashMap;

use platform::{
    Conn, Result,
    db::{Sql, Value},
    fold::fold,
    params, sql,
};

use super::{Contact, ContactMethod, methods_of, read_contact};
use crate::ContactId;

/// A part of the list of contacts.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub search: Option<String>,
    /// By name; otherwise newest first.
    pub by_name: bool,
    /// Only blocked ones, or only others.
    pub is_blocked: Option<bool>,
    /// The last row shown: folded name and id.
    pub after: Option<(String, i64)>,
    pub limit: i64,
    pub offset: i64,
}

/// Rows with their addresses and folded names, and how many there are, counted to 10 001. Three queries.
pub fn list(c: &Conn<'_>, part: &Part) -> Result<(Vec<(Contact, String)>, i64)> {
    let mut values = Vec::new();
    let mut filter = String::from("c.merged_into_id IS NULL");
    if let Some(search) = &part.search {
        filter.push_str(" AND ");
        filter.push_str(&search_filter(search, &mut values));
    }
    if let Some(blocked) = part.is_blocked {
        values.push(Value::Bool(blocked));
        filter.push_str(&format!(" AND c.is_blocked = ?{}", values.len()));
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 FROM contacts c WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((name, id)) = &part.after {
        let n = values.len();
        match part.by_name {
            true => {
                values.extend([Value::from(name.clone()), Value::from(*id)]);
                let name = format!(
                    "c.name_folded > ?{} OR (c.name_folded = ?{} AND c.id > ?{})",
                    n + 1,
                    n + 1,
                    n + 2
                );
                filter.push_str(&format!(" AND ({name})"));
            }
            false => {
                values.push(Value::from(*id));
                filter.push_str(&format!(" AND c.id < ?{}", n + 1));
            }
        }
    }
    let order = if part.by_name { "c.name_folded, c.id" } else { "c.id DESC" };
    let n = values.len();
    values.extend([Value::from(part.limit), Value::from(part.offset)]);
    let text = format!(
        "SELECT c.id, c.name, c.kind, c.is_blocked, c.created_at, c.updated_at, c.version, c.name_folded FROM contacts c WHERE {filter} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
        n + 1,
        n + 2
    );
    let mut rows = c.all(Sql::built(&text), &values, |r| Ok((read_contact(r)?, r.get::<String>(7)?)))?;
    let ids: Vec<ContactId> = rows.iter().map(|(c, _)| c.id).collect();
    let mut methods: HashMap<ContactId, Vec<ContactMethod>> = HashMap::new();
    for m in methods_of(c, &ids)? {
        methods.entry(m.contact_id).or_default().push(m);
    }
    for (contact, _) in &mut rows {
        contact.methods = methods.remove(&contact.id).unwrap_or_default();
    }
    Ok((rows, total))
}

pub fn matching(c: &Conn<'_>, search: &str, limit: i64) -> Result<Vec<ContactId>> {
    let mut values = Vec::new();
    let filter = search_filter(search, &mut values);
    values.push(Value::from(limit));
    let text = format!(
        "SELECT c.id FROM contacts c WHERE c.merged_into_id IS NULL AND {filter} ORDER BY c.id DESC LIMIT ?{}",
        values.len()
    );
    c.all(Sql::built(&text), &values, |r| r.get(0))
}

/// By the whole of an address, as it is or in small letters.
pub fn with_address(c: &Conn<'_>, value: &str, limit: i64) -> Result<Vec<ContactId>> {
    c.all(
        sql!("SELECT contact_id FROM contact_methods WHERE value_key IN (?1, ?2) LIMIT ?3"),
        params![value, value.to_lowercase(), limit],
        |r| r.get(0),
    )
}

/// A part of the folded name, the tail of a phone number, or a part of an e-mail address.
fn search_filter(search: &str, values: &mut Vec<Value<'static>>) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let folded = fold(search.trim());
    values.push(Value::from(format!("%{}%", escape(&folded))));
    let n = values.len();
    let mut filter = format!("(c.name_folded LIKE ?{n} ESCAPE '\\'");
    // A national number is the tail of the international one, but for its leading zero.
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let is_number =
        folded.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '.' | '(' | ')'));
    if is_number && digits.len() >= 3 {
        values.push(Value::from(format!("%{digits}")));
        filter.push_str(&format!(
            " OR c.id IN (SELECT m.contact_id FROM contact_methods m WHERE m.kind = 'phone' AND m.value_key LIKE ?{})",
            values.len()
        ));
    } else if folded.len() >= 3 && !folded.contains(' ') {
        filter.push_str(&format!(
            " OR c.id IN (SELECT m.contact_id FROM contact_methods m WHERE m.kind = 'email' AND m.value_key LIKE ?{n} ESCAPE '\\')"
        ));
    }
    filter.push(')');
    filter
}
