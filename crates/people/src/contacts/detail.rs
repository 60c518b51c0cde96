//! A contact's page: the contact with its company, what was merged into it, and who may be the same person.

use platform::{Conn, Error, Result, clock::Millis, params, sql, time::instant_opt};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Contact,
    duplicates::{self, Duplicate},
    get,
    merge::{self, Merge},
};
use crate::ContactId;

/// Somebody by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContactName)]
pub struct Named {
    pub id: ContactId,
    pub name: String,
}

/// A contact with what belongs to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactDetail {
    #[serde(flatten)]
    pub contact: Contact,
    /// A person's employer.
    #[schema(required)]
    pub company: Option<Named>,
    /// Whom it was merged into: everything of it is there.
    #[schema(required)]
    pub merged_into_id: Option<ContactId>,
    /// Since then there is nothing personal left.
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub erased_at: Option<Millis>,
    /// Who was merged into it, newest first.
    pub merges: Vec<Merge>,
    /// Who is likely the same.
    pub duplicates: Vec<Duplicate>,
}

/// A bounded number of queries. Errors: 404.
pub fn of(c: &Conn<'_>, id: ContactId) -> Result<ContactDetail> {
    let contact = get(c, id)?.ok_or_else(|| Error::not_found("contact"))?;
    let (company, merged_into_id, erased_at) = c.one(
        sql!(
            "SELECT o.id, o.name, c.merged_into_id, c.erased_at FROM contacts c LEFT JOIN contacts o ON o.id = c.company_id WHERE c.id = ?1"
        ),
        params![id],
        |row| {
            let mut r = row.columns();
            let company = r.next::<Option<ContactId>>()?.zip(r.next::<Option<String>>()?);
            Ok((company.map(|(id, name)| Named { id, name }), r.next()?, r.next()?))
        },
    )?;
    Ok(ContactDetail {
        merges: merge::of_contact(c, id)?,
        duplicates: duplicates::of(c, &contact)?,
        contact,
        company,
        merged_into_id,
        erased_at,
    })
}
