//! The block list: addresses and mail domains that are refused outright.

use axum::{extract::State, http::StatusCode};
use people::{UserId, access::Caller, contacts};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    error::{Code, Fault},
    events::{self, NewEvent},
    http::{Api, Id, Json, ListQuery, NoFilter},
    route,
    time::instant,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{SpamRead, SpamWrite};
use crate::{
    Support,
    spam::{
        BlockId, events as kinds, judge,
        store::{self, BlockRow},
    },
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, list);
    route!(api, create);
    route!(api, delete);
}

/// An address that is refused outright.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpamBlock {
    id: BlockId,
    /// A kind of contact method, or `domain` for a mail domain.
    kind: String,
    value: String,
    #[schema(required)]
    reason: Option<String>,
    #[schema(required)]
    created_by: Option<UserId>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
}

platform::list_schema!(SpamBlockList, blocks: SpamBlock);

fn block(b: BlockRow) -> SpamBlock {
    SpamBlock {
        id: b.id,
        kind: b.kind,
        value: b.value,
        reason: b.reason,
        created_by: b.created_by,
        created_at: b.created_at,
    }
}

/// The block list, newest first.
#[utoipa::path(get, path = "/spam/blocks", tag = "Spam", operation_id = "list_spam_blocks", responses((status = 200, body = SpamBlockList)))]
async fn list(
    _: Caller<SpamRead>,
    State(support): State<Support>,
    ListQuery(page, _): ListQuery<NoFilter>,
) -> Result<Json<SpamBlockList>> {
    let before = page.cursor.as_ref().map_or(Ok(i64::MAX), |c| c.int(0))?;
    let (offset, fetch) = (page.offset, page.fetch());
    let (rows, total) = support.desk.db.read(move |c| store::blocks(c, before, offset, fetch)).await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.id)]).map(block).into()))
}

/// An address to refuse.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSpamBlock {
    /// A kind of contact method, or `domain` for a mail domain.
    #[schema(max_length = 20)]
    kind: String,
    #[schema(min_length = 1, max_length = 320)]
    value: String,
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Refuses an address from now on. What it sent before stays where it is.
#[utoipa::path(post, path = "/spam/blocks", tag = "Spam", operation_id = "create_spam_block", responses((status = 201, body = SpamBlock)))]
async fn create(
    caller: Caller<SpamWrite>,
    State(support): State<Support>,
    Json(new): Json<NewSpamBlock>,
) -> Result<(StatusCode, Json<SpamBlock>)> {
    let by = caller.principal.user_id();
    let row = support
        .desk
        .db
        .write(move |tx| {
            let key = key(tx, &new)?;
            let row = store::add_block(tx, &new.kind, &new.value, &key, new.reason.as_deref(), by)?
                .ok_or_else(|| {
                    Error::conflict(Code::Duplicate, "This address is on the block list already.")
                })?;
            let data = json!({"kind": row.kind});
            events::record(
                tx,
                &caller.origin,
                NewEvent::new(kinds::BLOCK_CREATED, "spam_block", row.id.0, data),
            )?;
            Ok(row)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(block(row))))
}

/// The address as messages are compared with it.
fn key(c: &Conn<'_>, new: &NewSpamBlock) -> Result<String> {
    if new.kind == "domain" {
        let key = store::domain_key(&new.value);
        return match key.contains('.') && !key.contains(['@', ' ']) {
            true => Ok(key),
            false => {
                Err(Error::invalid_field("value", "format", "must be a mail domain such as example.com"))
            }
        };
    }
    let kind = contacts::kind(&new.kind).map_err(|_| {
        let known = contacts::KINDS.join(", ");
        Error::invalid(vec![Fault::new("kind", "not_one_of", format!("must be domain or one of {known}"))])
    })?;
    judge::address_key(c, kind, &new.value)
}

/// Takes an address off the block list.
#[utoipa::path(delete, path = "/spam/blocks/{id}", tag = "Spam", operation_id = "delete_spam_block", responses((status = 204)))]
async fn delete(caller: Caller<SpamWrite>, State(support): State<Support>, Id(id): Id) -> Result<StatusCode> {
    support
        .desk
        .db
        .write(move |tx| {
            let kind =
                store::delete_block(tx, BlockId(id))?.ok_or_else(|| Error::not_found("blocked address"))?;
            events::record(
                tx,
                &caller.origin,
                NewEvent::new(kinds::BLOCK_DELETED, "spam_block", id, json!({"kind": kind})),
            )
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
