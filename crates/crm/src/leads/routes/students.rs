//! Students of a lead.

use axum::{extract::State, http::StatusCode};
use people::access::Caller;
use platform::{
    Error, Result, Tx,
    events::Origin,
    http::{Api, Id, IfMatch, Json, nullable},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::all_well;
use crate::{
    Crm, LeadId,
    leads::{
        Lead, LeadScope, LeadsRead, LeadsWrite, events as kinds, in_use,
        students::{self, NewStudent, Student},
        tell, visible,
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_students);
    route!(api, add_student);
    route!(api, change_student);
    route!(api, delete_student);
}

#[derive(Debug, Serialize, ToSchema)]
struct StudentList {
    /// 50 at most.
    students: Vec<Student>,
}

/// The students of a lead.
#[utoipa::path(get, path = "/leads/{id}/students", tag = "Leads", responses((status = 200, body = StudentList)))]
async fn list_students(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<StudentList>> {
    let scope = LeadScope::of(&caller);
    let students = crm.desk.db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        students::of_leads(c, &[lead.id])
    });
    Ok(Json(StudentList { students: students.await? }))
}

/// Adds a student to a lead.
#[utoipa::path(post, path = "/leads/{id}/students", tag = "Leads", responses((status = 201, body = Student)))]
async fn add_student(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    Json(new): Json<NewStudent>,
) -> Result<(StatusCode, Json<Student>)> {
    let mut faults = Vec::new();
    let new = new.checked("", &mut faults);
    all_well(faults)?;
    let student = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let lead = in_use(tx, &LeadScope::of(&caller), LeadId(id))?;
        if students::of_leads(tx, &[lead.id])?.len() >= students::MOST {
            let words = format!("a lead has at most {} students", students::MOST);
            return Err(Error::invalid_field("students", "too_long", words));
        }
        let id = students::insert(tx, lead.id, &new)?;
        told(tx, &caller.origin, &lead, id, "added")?;
        students::get(tx, id)?.ok_or_else(|| Error::not_found("student"))
    });
    Ok((StatusCode::CREATED, Json(student.await?)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StudentChange {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 100)]
    grade_applying_for: Option<Option<String>>,
    /// A day: 2019-09-30.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 10)]
    date_of_birth: Option<Option<String>>,
    /// Another spelling of `date_of_birth`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 10)]
    dob: Option<Option<String>>,
}

/// Changes a student.
#[utoipa::path(patch, path = "/students/{id}", tag = "Leads", responses((status = 200, body = Student)))]
async fn change_student(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<StudentChange>,
) -> Result<Json<Student>> {
    let student = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let (lead, before) = open(tx, &LeadScope::of(&caller), id)?;
        version.check(before.version)?;
        let wanted = NewStudent {
            name: change.name.clone().unwrap_or(before.name.clone()),
            grade_applying_for: change
                .grade_applying_for
                .clone()
                .unwrap_or(before.grade_applying_for.clone()),
            date_of_birth: change
                .date_of_birth
                .clone()
                .or(change.dob.clone())
                .unwrap_or(before.date_of_birth.clone()),
            dob: None,
        };
        let mut faults = Vec::new();
        let wanted = wanted.checked("", &mut faults);
        all_well(faults)?;
        let after = Student {
            name: wanted.name,
            grade_applying_for: wanted.grade_applying_for,
            date_of_birth: wanted.date_of_birth,
            ..before.clone()
        };
        if after == before {
            return Ok(after);
        }
        students::update(tx, &after)?;
        told(tx, &caller.origin, &lead, id, "changed")?;
        students::get(tx, id)?.ok_or_else(|| Error::not_found("student"))
    });
    student.await.map(Json)
}

/// Takes a student off a lead.
#[utoipa::path(delete, path = "/students/{id}", tag = "Leads", responses((status = 204)))]
async fn delete_student(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let (lead, student) = open(tx, &LeadScope::of(&caller), id)?;
        version.check(student.version)?;
        students::delete(tx, id)?;
        told(tx, &caller.origin, &lead, id, "removed")
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The student with the lead, which is locked; 404 unless the lead is the caller's to see.
fn open(tx: &Tx<'_>, scope: &LeadScope, id: i64) -> Result<(Lead, Student)> {
    let gone = || Error::not_found("student");
    let found = students::get(tx, id)?.ok_or_else(gone)?;
    let lead = in_use(tx, scope, found.lead_id).map_err(|e| match e.code {
        platform::error::Code::NotFound => gone(),
        _ => e,
    })?;
    // Under the lock, as it is by now.
    Ok((lead, students::get(tx, id)?.ok_or_else(gone)?))
}

fn told(tx: &Tx<'_>, origin: &Origin, lead: &Lead, student: i64, change: &str) -> Result<()> {
    let data = json!({ "student_id": student, "change": change });
    tell::record(tx, origin, lead, kinds::STUDENTS_CHANGED, data)
}
