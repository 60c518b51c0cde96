//! Lists of contacts, and how they are searched.

use std::collections::HashMap;

use platform::{
    Conn, Result,
    db::{Engine, Sql, Value},
    params,
    search::Query,
    sql,
};

use super::{
    super::search::{INDEX, WINDOW},
    Contact, ContactMethod, methods_of, read_contact,
};
use crate::ContactId;

/// A part of the list of contacts.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub search: Option<String>,
    /// By name; otherwise newest first.
    pub by_name: bool,
    /// Only blocked ones, or only others.
    pub is_blocked: Option<bool>,
    /// `person` or `company`.
    pub kind: Option<&'static str>,
    /// Only people of this company.
    pub company: Option<i64>,
    /// The last row shown: folded name and id.
    pub after: Option<(String, i64)>,
    pub limit: i64,
    pub offset: i64,
}

/// Where contacts are read from: `FROM` and the conditions that hold for every part of the list.
struct Ground {
    tables: String,
    filter: String,
    values: Vec<Value<'static>>,
    /// The id by which rows come newest first.
    id: &'static str,
}

/// The index of what is few among all contacts: companies, and those who are blocked. None: what is asked for is common.
fn rare(part: &Part) -> Option<&'static str> {
    if part.company.is_some() {
        return Some("contacts_company");
    }
    let (blocked, companies) = (part.is_blocked == Some(true), part.kind == Some("company"));
    match (blocked, companies, part.by_name) {
        (true, ..) => Some("contacts_blocked"),
        (false, true, true) => Some("contacts_companies_name"),
        (false, true, false) => Some("contacts_companies"),
        (false, false, true) => Some("contacts_name"),
        (false, false, false) => None,
    }
}

/// `None`: there is no word in the search, and so nothing is found.
fn ground(c: &Conn<'_>, part: &Part) -> Option<Ground> {
    let mut values = Vec::new();
    let standing = "c.merged_into_id IS NULL AND c.erased_at IS NULL";
    let Some(search) = &part.search else {
        // SQLite keeps no statistics to find it by.
        let along = match (c.engine(), rare(part)) {
            (Engine::Sqlite, Some(index)) => format!(" INDEXED BY {index}"),
            _ => String::new(),
        };
        let (tables, filter) = (format!("contacts AS c{along}"), standing.to_owned());
        return Some(Ground { tables, filter, values, id: "c.id" });
    };
    let matches = Query::read(search)?.condition(c, INDEX, &mut values);
    Some(match part.by_name {
        // Ids stand in the order in which contacts came: the index needs no other.
        false => Ground {
            tables: format!("{INDEX} CROSS JOIN contacts c"),
            filter: format!("{matches} AND c.id = {INDEX}.rowid AND {standing}"),
            values,
            id: "contact_search.rowid",
        },
        true => Ground {
            tables: format!(
                "(SELECT rowid AS found_id FROM {INDEX} WHERE {matches} ORDER BY rowid DESC LIMIT {WINDOW}) AS found CROSS JOIN contacts c"
            ),
            filter: format!("c.id = found.found_id AND {standing}"),
            values,
            id: "c.id",
        },
    })
}

/// Rows with their addresses and folded names, and how many there are, counted to 10 001. Three queries.
pub fn list(c: &Conn<'_>, part: &Part) -> Result<(Vec<(Contact, String)>, i64)> {
    let Some(Ground { tables, mut filter, mut values, id }) = ground(c, part) else {
        return Ok((Vec::new(), 0));
    };
    // Said outright, as the indexes of what is rare say it.
    if let Some(blocked) = part.is_blocked {
        filter.push_str(if blocked { " AND c.is_blocked = TRUE" } else { " AND c.is_blocked = FALSE" });
    }
    if let Some(kind) = part.kind {
        filter.push_str(&format!(" AND c.kind = '{kind}'"));
    }
    if let Some(company) = part.company {
        values.push(Value::from(company));
        filter.push_str(&format!(" AND c.company_id = ?{}", values.len()));
    }
    let count =
        format!("SELECT count(*) FROM (SELECT 1 AS one FROM {tables} WHERE {filter} LIMIT 10001) AS counted");
    let total = c.one(Sql::built(&count), &values, |r| r.get(0))?;
    if let Some((name, last)) = &part.after {
        let n = values.len();
        match part.by_name {
            true => {
                values.extend([Value::from(name.clone()), Value::from(*last)]);
                filter.push_str(&format!(" AND (c.name_folded, c.id) > (?{}, ?{})", n + 1, n + 2));
            }
            false => {
                values.push(Value::from(*last));
                filter.push_str(&format!(" AND {id} < ?{}", n + 1));
            }
        }
    }
    let order = if part.by_name { "c.name_folded, c.id".to_owned() } else { format!("{id} DESC") };
    let n = values.len();
    values.extend([Value::from(part.limit), Value::from(part.offset)]);
    let text = format!(
        "SELECT c.id, c.name, c.kind, c.is_blocked, c.created_at, c.updated_at, c.version, c.name_folded FROM {tables} WHERE {filter} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
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
    let Some(Ground { tables, filter, mut values, id }) =
        ground(c, &Part { search: Some(search.to_owned()), ..Part::default() })
    else {
        return Ok(Vec::new());
    };
    values.push(Value::from(limit));
    let text = format!("SELECT c.id FROM {tables} WHERE {filter} ORDER BY {id} DESC LIMIT ?{}", values.len());
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

#[cfg(test)]
mod tests {
    use platform::{
        db::{assert_indexed, migrate::Migration},
        testing::Setup,
    };

    use super::*;

    macro_rules! migrations {
        ($($number:literal $file:literal),*) => {
            &[$(Migration {
                number: $number,
                name: $file,
                text: include_str!(concat!("../../../../../migrations/", $file, ".sql")),
            }),*]
        };
    }

    const MIGRATIONS: &[Migration] = migrations![1 "0001_platform", 2 "0002_people", 3 "0008_contact_lists"];

    #[test]
    fn lists_of_contacts_go_along_their_indexes() {
        Setup::new(MIGRATIONS).each(|t| {
            t.db.read_now(|c| {
                let all = Part { limit: 51, ..Part::default() };
                let parts = [
                    ("companies", Part { kind: Some("company"), ..all.clone() }),
                    ("the blocked", Part { is_blocked: Some(true), ..all.clone() }),
                    ("a company's people", Part { company: Some(7), ..all.clone() }),
                    ("found ones", Part { search: Some("nguyen lan".to_owned()), ..all.clone() }),
                    ("a number's", Part { search: Some("345678".to_owned()), ..all }),
                ];
                for (what, part) in parts {
                    for by_name in [false, true] {
                        for after in [None, Some(("lan".to_owned(), 5))] {
                            let part = Part { by_name, after, ..part.clone() };
                            assert_indexed(c, what, &["c", "contacts", "contact_methods"], || {
                                list(c, &part).map(|_| ())
                            })?;
                        }
                    }
                }
                assert_indexed(c, "an address", &["c", "contacts", "contact_methods"], || {
                    with_address(c, "0901234567", 5).map(|_| ())
                })
            })
        });
    }
}
