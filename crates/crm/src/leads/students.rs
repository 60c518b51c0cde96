//! Dependants on a lead: those whom a family wants to enrol.

use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::Millis,
    db::{Row, Sql, Value, dialect::in_list},
    params, sql,
    time::instant,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::custom;
use crate::LeadId;

/// Students of one lead at most.
pub const MOST: usize = 50;

/// A dependant on a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Student {
    pub id: i64,
    pub lead_id: LeadId,
    pub name: String,
    #[schema(required)]
    pub grade_applying_for: Option<String>,
    /// A day.
    #[schema(required)]
    pub date_of_birth: Option<String>,
    /// Another spelling of `date_of_birth`.
    #[schema(required)]
    pub dob: Option<String>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// A dependant as it is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStudent {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(max_length = 100)]
    pub grade_applying_for: Option<String>,
    /// A day: 2019-09-30. Also as `dob`.
    #[schema(max_length = 10)]
    pub date_of_birth: Option<String>,
    /// Another spelling of `date_of_birth`.
    #[schema(max_length = 10)]
    pub dob: Option<String>,
}

impl NewStudent {
    /// Trimmed, with one spelling of the day; its faults go under `at` (`students.0.`).
    pub fn checked(self, at: &str, faults: &mut Vec<Fault>) -> NewStudent {
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            faults.push(Fault::new(format!("{at}name"), "too_short", "must not be empty"));
        }
        let given = self.date_of_birth.or(self.dob).filter(|d| !d.trim().is_empty());
        let day = given.as_deref().and_then(custom::date);
        if given.is_some() && day.is_none() {
            faults.push(Fault::new(format!("{at}date_of_birth"), "format", "must be a day: 2019-09-30"));
        }
        let grade = self.grade_applying_for.map(|g| g.trim().to_owned()).filter(|g| !g.is_empty());
        NewStudent { name, grade_applying_for: grade, date_of_birth: day, dob: None }
    }
}

const COLUMNS: &str = "id, lead_id, name, grade_applying_for, date_of_birth, created_at, updated_at, version";

fn read(row: Row<'_>) -> Result<Student> {
    let mut r = row.columns();
    Ok(Student {
        id: r.next()?,
        lead_id: r.next()?,
        name: r.next()?,
        grade_applying_for: r.next()?,
        date_of_birth: r.next()?,
        dob: None,
        created_at: r.next()?,
        updated_at: r.next()?,
        version: r.next()?,
    })
    .map(|student| Student { dob: student.date_of_birth.clone(), ..student })
}

/// Those of several leads, by lead and age of the entry. One query.
pub fn of_leads(c: &Conn<'_>, leads: &[LeadId]) -> Result<Vec<Student>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Value<'_>> = leads.iter().map(Into::into).collect();
    let text = format!(
        "SELECT {COLUMNS} FROM students WHERE lead_id IN ({}) ORDER BY lead_id, id",
        in_list(1, leads.len())
    );
    c.all(Sql::built(&text), &ids, read)
}

pub fn get(c: &Conn<'_>, id: i64) -> Result<Option<Student>> {
    let text = format!("SELECT {COLUMNS} FROM students WHERE id = ?1");
    c.opt(Sql::built(&text), params![id], read)
}

/// Stores a dependant that was checked.
pub(super) fn insert(tx: &Tx<'_>, lead: LeadId, new: &NewStudent) -> Result<i64> {
    tx.insert(
        sql!(
            "INSERT INTO students (lead_id, name, grade_applying_for, date_of_birth, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1) RETURNING id"
        ),
        params![
            lead,
            &new.name,
            new.grade_applying_for.as_deref(),
            new.date_of_birth.as_deref(),
            tx.now()
        ],
    )
}

/// Stores `s` if the row is still of its version.
pub(super) fn update(tx: &Tx<'_>, s: &Student) -> Result<()> {
    let changed = tx.exec(
        sql!(
            "UPDATE students SET name = ?3, grade_applying_for = ?4, date_of_birth = ?5, updated_at = ?6, version = version + 1 WHERE id = ?1 AND version = ?2"
        ),
        params![
            s.id,
            s.version,
            &s.name,
            s.grade_applying_for.as_deref(),
            s.date_of_birth.as_deref(),
            tx.now()
        ],
    )?;
    if changed == 0 { Err(Error::stale()) } else { Ok(()) }
}

pub(super) fn delete(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.must(sql!("DELETE FROM students WHERE id = ?1"), params![id], "student")
}
