//! The words that name departments.

use axum::{extract::State, http::StatusCode};
use people::{DepartmentId, access::Caller};
use platform::{
    Conn, Result,
    fold::fold,
    http::{Api, Id, IfMatch, Json, ListQuery, nullable},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{KeywordsRead, KeywordsWrite};
use crate::{
    Support,
    routing::{
        KeywordId,
        keywords::{self, Change, Filter, KeywordRow},
        matcher::one_spaced,
        store,
    },
    tickets::names::{Names, Ref, Wanted},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, list);
    route!(api, create);
    route!(api, update, alias "/keywords/{id}" put);
    route!(api, delete);
}

/// A word or phrase that names a department.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct KeywordView {
    id: KeywordId,
    /// As typed.
    #[schema(example = "bảo hành")]
    word: String,
    /// As messages are matched against it.
    #[schema(example = "bao hanh")]
    folded: String,
    #[schema(required)]
    department_id: Option<DepartmentId>,
    #[schema(required)]
    department: Option<Ref>,
    priority: i64,
    is_active: bool,
    version: i64,
}

platform::list_schema!(KeywordList, keywords: KeywordView);

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Part of the word; marks and case do not matter.
    #[param(max_length = 100)]
    search: Option<String>,
    department_id: Option<i64>,
    is_active: Option<bool>,
}

/// A new keyword.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyword {
    #[schema(min_length = 1, max_length = 100)]
    word: String,
    department_id: Option<DepartmentId>,
    /// How much it says: 1 (the default) to 100.
    #[schema(minimum = 1, maximum = 100)]
    priority: Option<i64>,
    is_active: Option<bool>,
}

/// What to change of a keyword.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeywordChange {
    #[schema(min_length = 1, max_length = 100)]
    word: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    department_id: Option<Option<DepartmentId>>,
    #[schema(minimum = 1, maximum = 100)]
    priority: Option<i64>,
    is_active: Option<bool>,
}

fn view(k: KeywordRow, names: &Names) -> KeywordView {
    KeywordView {
        id: k.id,
        word: k.word,
        folded: k.folded,
        department_id: k.department_id,
        department: k.department_id.map(|id| names.department(id)),
        priority: k.priority,
        is_active: k.is_active,
        version: k.version,
    }
}

fn named(c: &Conn<'_>, rows: Vec<KeywordRow>) -> Result<Vec<KeywordView>> {
    let departments = rows.iter().filter_map(|k| k.department_id).collect();
    let names = Wanted { departments, ..Wanted::default() }.load(c)?;
    Ok(rows.into_iter().map(|k| view(k, &names)).collect())
}

fn one(c: &Conn<'_>, row: KeywordRow) -> Result<KeywordView> {
    let names =
        Wanted { departments: row.department_id.into_iter().collect(), ..Wanted::default() }.load(c)?;
    Ok(view(row, &names))
}

/// Keywords by their folded word.
#[utoipa::path(get, path = "/keywords", tag = "Routing", operation_id = "list_keywords", responses((status = 200, body = KeywordList)))]
async fn list(
    _: Caller<KeywordsRead>,
    State(support): State<Support>,
    ListQuery(page, filter): ListQuery<ListFilter>,
) -> Result<Json<KeywordList>> {
    let after = page.cursor.as_ref().map(|c| c.text(0).map(str::to_owned)).transpose()?;
    let filter = Filter {
        search: filter.search.map(|s| one_spaced(&fold(&s))).filter(|s| !s.is_empty()),
        department_id: filter.department_id.map(DepartmentId),
        is_active: filter.is_active,
    };
    let (offset, fetch) = (page.offset, page.fetch());
    let (rows, total) = support
        .desk
        .db
        .read(move |c| {
            let (rows, total) = store::keywords(c, &filter, after.as_deref(), offset, fetch)?;
            Ok((named(c, rows)?, total))
        })
        .await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.folded)]).into()))
}

/// Adds a keyword. One that reads the same when folded answers 409 `duplicate_keyword`.
#[utoipa::path(post, path = "/keywords", tag = "Routing", operation_id = "create_keyword", responses((status = 201, body = KeywordView)))]
async fn create(
    caller: Caller<KeywordsWrite>,
    State(support): State<Support>,
    Json(new): Json<NewKeyword>,
) -> Result<(StatusCode, Json<KeywordView>)> {
    let db = &support.desk.db;
    let change = Change {
        word: Some(new.word),
        department_id: Some(new.department_id),
        priority: new.priority,
        is_active: new.is_active,
    };
    let made = db.write(move |tx| one(tx, keywords::create(tx, &caller.origin, &change)?)).await?;
    support.matcher.refresh(db).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Changes a keyword.
#[utoipa::path(patch, path = "/keywords/{id}", tag = "Routing", operation_id = "update_keyword", responses((status = 200, body = KeywordView)))]
async fn update(
    caller: Caller<KeywordsWrite>,
    State(support): State<Support>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<KeywordChange>,
) -> Result<Json<KeywordView>> {
    let db = &support.desk.db;
    let change = Change {
        word: body.word,
        department_id: body.department_id,
        priority: body.priority,
        is_active: body.is_active,
    };
    let changed = db
        .write(move |tx| one(tx, keywords::update(tx, &caller.origin, KeywordId(id), version.0, &change)?))
        .await?;
    support.matcher.refresh(db).await?;
    Ok(Json(changed))
}

/// Deletes a keyword. Decisions that it had a part in keep their words.
#[utoipa::path(delete, path = "/keywords/{id}", tag = "Routing", operation_id = "delete_keyword", responses((status = 204)))]
async fn delete(
    caller: Caller<KeywordsWrite>,
    State(support): State<Support>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let db = &support.desk.db;
    db.write(move |tx| keywords::delete(tx, &caller.origin, KeywordId(id), version.0)).await?;
    support.matcher.refresh(db).await?;
    Ok(StatusCode::NO_CONTENT)
}
