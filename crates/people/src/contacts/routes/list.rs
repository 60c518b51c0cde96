//! `GET /contacts`, `GET /contacts/{id}`.

use axum::extract::State;
use platform::{
    Error, Result,
    http::{Id, Json, ListQuery},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        Contact, ContactsRead,
        detail::{self, ContactDetail},
        store,
    },
    create::ContactKind,
};
use crate::{ContactId, Desk, access::Caller};

list_schema!(
    /// Contacts.
    ContactList, contacts: Contact
);

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
pub(super) enum ContactSort {
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-created_at")]
    Newest,
}

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct ContactFilter {
    /// Words of the name, the beginning or the end of a phone number, or parts of an e-mail address. The last word may have
    /// only begun.
    #[param(min_length = 1, max_length = 200)]
    search: Option<String>,
    is_blocked: Option<bool>,
    #[param(inline)]
    kind: Option<ContactKind>,
    /// Only the people of this company.
    #[param(minimum = 1)]
    company_id: Option<i64>,
    /// Newest first unless said.
    #[param(inline)]
    sort: Option<ContactSort>,
}

/// Contacts with their addresses.
#[utoipa::path(get, path = "/contacts", tag = "Contacts", responses((status = 200, body = ContactList)))]
pub(super) async fn list_contacts(
    _: Caller<ContactsRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<ContactFilter>,
) -> Result<Json<ContactList>> {
    let after =
        page.cursor.as_ref().map(|c| Ok::<_, Error>((c.text(0)?.to_owned(), c.int(1)?))).transpose()?;
    let part = store::Part {
        search: filter.search.filter(|s| !s.trim().is_empty()),
        by_name: matches!(filter.sort, Some(ContactSort::Name)),
        is_blocked: filter.is_blocked,
        kind: filter.kind.map(ContactKind::word),
        company: filter.company_id,
        after,
        limit: page.fetch(),
        offset: page.offset,
    };
    let (rows, total) = desk.db.read(move |c| store::list(c, &part)).await?;
    let list = page.finish(rows, total, |(contact, folded)| vec![json!(folded), json!(contact.id)]);
    Ok(Json(list.map(|(contact, _)| contact).into()))
}

/// One contact with all addresses, its company, what was merged into it, and who is likely the same.
#[utoipa::path(get, path = "/contacts/{id}", tag = "Contacts", responses((status = 200, body = ContactDetail)))]
pub(super) async fn get_contact(
    _: Caller<ContactsRead>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<ContactDetail>> {
    desk.db.read(move |c| detail::of(c, ContactId(id))).await.map(Json)
}
