//! Lists and single tasks.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, Json, ListPage, ListQuery},
    list_schema, route,
};

use super::{days, me};
use crate::{
    Crm, TaskId,
    tasks::{
        TaskScope, TasksRead,
        list::{self, TaskFilter},
        view::{self, TaskView},
        visible,
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_tasks);
    route!(api, get_task);
}

list_schema!(
    /// Tasks.
    TaskList, tasks: TaskView
);

/// Tasks that the caller may see: overdue ones first, then by time, then those without, then what is done.
#[utoipa::path(get, path = "/tasks", tag = "Tasks", responses((status = 200, body = TaskList)))]
async fn list_tasks(
    caller: Caller<TasksRead>,
    State(crm): State<Crm>,
    ListQuery(page, filter): ListQuery<TaskFilter>,
) -> Result<Json<TaskList>> {
    let asked = filter.read(me(&caller), &days(&crm)?)?;
    let (scope, now) = (TaskScope::of(&caller), crm.desk.clock.now());
    let read = crm.desk.db.read(move |c| {
        let found = list::list(c, &scope, &asked, &page, now)?;
        let ListPage { items, total, total_capped, page, limit, next_cursor } = found;
        Ok(ListPage { items: view::views(c, items, now)?, total, total_capped, page, limit, next_cursor })
    });
    Ok(Json(read.await?.into()))
}

/// One task.
#[utoipa::path(get, path = "/tasks/{id}", tag = "Tasks", responses((status = 200, body = TaskView)))]
async fn get_task(caller: Caller<TasksRead>, State(crm): State<Crm>, Id(id): Id) -> Result<Json<TaskView>> {
    let (scope, now) = (TaskScope::of(&caller), crm.desk.clock.now());
    let read = crm.desk.db.read(move |c| {
        let task = visible(c, &scope, TaskId(id))?;
        view::one(c, task, now)
    });
    read.await.map(Json)
}
