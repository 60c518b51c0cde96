//! The conventions as a caller meets them: requests through a real router, answers in status and body.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;
use utoipa::{IntoParams, ToSchema};

use super::*;
use crate::{
    clock::{Clock, SECOND},
    error::{Code, Error, Result},
    ids::Entropy,
    list_schema, route,
};

#[derive(Debug, Serialize, Deserialize, ToSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Closed,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Method {
    #[schema(min_length = 1, max_length = 10)]
    value: String,
    is_primary: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewThing {
    #[schema(min_length = 1, max_length = 20)]
    name: String,
    #[schema(minimum = 1, maximum = 5)]
    priority: i32,
    #[schema(format = "email")]
    email: Option<String>,
    status: Option<Status>,
    #[serde(default)]
    #[schema(max_items = 3)]
    methods: Vec<Method>,
    main: Option<Method>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<String>,
    total: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Thing {
    id: i64,
    name: String,
}

list_schema!(
    /// Things.
    ThingList, things: Thing
);

#[expect(dead_code, reason = "some are here to be judged, not to be read")]
#[derive(Debug, Deserialize, IntoParams)]
struct ThingFilter {
    #[param(inline)]
    status: Option<Status>,
    #[param(minimum = 0, maximum = 100)]
    score_min: Option<i64>,
    active: Option<bool>,
    /// Several.
    tag: Option<Vec<String>>,
    ids: Option<Vec<i64>>,
    #[param(max_length = 5)]
    search: Option<String>,
}

#[utoipa::path(get, path = "/things", tag = "things", responses((status = 200, body = ThingList)))]
async fn things(_: Public, ListQuery(page, filter): ListQuery<ThingFilter>) -> Result<Json<ThingList>> {
    assert!(filter.score_min.is_none_or(|s| s >= 0) && filter.active.is_none_or(|a| a));
    let from = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(page.offset);
    let rows = (from + 1..=120)
        .take(page.fetch() as usize)
        .map(|id| Thing { id, name: format!("{:?}", filter.tag) });
    Ok(Json(page.finish(rows.collect(), 120, |last| vec![json!(last.id)]).into()))
}

#[utoipa::path(post, path = "/things", tag = "things", responses((status = 201, body = Thing)))]
async fn create(_: Who, Json(new): Json<NewThing>) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "name": new.name, "note": new.note })))
}

#[utoipa::path(get, path = "/things/{id}", tag = "things", responses((status = 200, body = Thing)))]
async fn thing(_: Who, Id(id): Id, version: IfMatch) -> Result<Json<Thing>> {
    version.check(3)?;
    Ok(Json(Thing { id, name: "x".into() }))
}

#[utoipa::path(get, path = "/pairs/{a}/{b}", responses((status = 200)))]
async fn pair(_: Who, Ids2(a, b): Ids2) -> Json<Value> {
    Json(json!([a, b]))
}

#[utoipa::path(get, path = "/panic", responses((status = 200)))]
async fn panic(_: Public) {
    panic!("the secret cause");
}

#[utoipa::path(get, path = "/fail", responses((status = 200), (status = 404)))]
async fn fail(_: Signed) -> Error {
    Error::internal("the secret cause")
}

#[utoipa::path(get, path = "/slow", responses((status = 200)))]
async fn slow(_: Public) {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[utoipa::path(get, path = "/where", responses((status = 200)))]
async fn from_where(_: Public, address: ClientAddress) -> String {
    address.key()
}

mod elsewhere {
    use super::*;
    #[utoipa::path(get, path = "/elsewhere/{name}", responses((status = 200)))]
    pub async fn thing(_: Public, Segment(name): Segment) -> String {
        name
    }
}

struct Who;
impl DeclaresAccess for Who {
    fn access() -> Requirement {
        Requirement::Permission("things.read")
    }
}
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Who {
    type Rejection = Error;
    async fn from_request_parts(_: &mut http::request::Parts, _: &S) -> Result<Self> {
        Ok(Who)
    }
}

fn api() -> Api {
    let mut api = Api::<u8>::new();
    route!(api, things);
    route!(api, create, alias "/things/create" post, alias "/thing" put);
    route!(api, thing, alias "/thing/{thing_id}" get);
    route!(api, pair);
    let mut other = Api::<()>::new();
    route!(other, panic);
    route!(other, fail);
    route!(other, slow);
    route!(other, from_where);
    route!(other, elsewhere::thing);
    let mut api = api.with_state(1);
    api.merge(other);
    api
}

fn options() -> StackOptions {
    let mut config = crate::config::Config::for_testing();
    config.http.body_limit_bytes = 2000;
    config.http.allowed_origins = vec!["https://shop.example".into()];
    config.http.trusted_proxies = vec!["10.0.0.0/8".into()];
    StackOptions {
        timeout: Duration::from_millis(200),
        https: true,
        ..StackOptions::new(&config, Entropy::seeded(1))
    }
}

fn app() -> Router {
    stack(Router::new().nest("/api/v1", api().into_parts().0), &options())
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))))
}

async fn send(request: Request<Body>) -> (StatusCode, Value) {
    read(app().oneshot(request).await.unwrap()).await
}

async fn get(path: &str) -> (StatusCode, Value) {
    send(Request::get(format!("/api/v1{path}")).body(Body::empty()).unwrap()).await
}

async fn post(body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/api/v1/things").header("content-type", "application/json; charset=utf-8");
    send(request.body(body.into()).unwrap()).await
}

/// The faults of a problem as `field code`.
fn faults(problem: &Value) -> Vec<String> {
    let all = problem["errors"].as_array().unwrap();
    let mut all: Vec<_> = all
        .iter()
        .map(|f| format!("{} {}", f["field"].as_str().unwrap(), f["code"].as_str().unwrap()))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn every_fault_of_a_body_is_told_at_once() {
    let (status, body) = post(
        json!({
            "priority": 9, "email": "nobody", "status": "lost", "methods": [{"value": ""}, {"is_primary": 3}],
            "main": {"value": "much too long"}, "due": "yesterday", "extra": 1, "total": 9223372036854775808u64, "note": "a\u{0}b",
        })
        .to_string(),
    )
    .await;
    assert_eq!(status, 422);
    assert_eq!(
        faults(&body),
        [
            "due format",
            "email format",
            "extra unknown",
            "main.value too_long",
            "methods.0.value too_short",
            "methods.1.is_primary type",
            "methods.1.value required",
            "name required",
            "note format",
            "priority out_of_range",
            "status not_one_of",
            "total out_of_range",
        ]
    );
    let fault = body["errors"].as_array().unwrap().iter().find(|f| f["field"] == "status").unwrap();
    assert_eq!(fault["message"], "must be one of open, closed");
    assert_eq!(body["code"], "invalid");
    assert_eq!(body["type"], "/docs/errors#invalid");
    assert_eq!(body["title"], "Some fields are not valid");
    assert!(!body["request_id"].as_str().unwrap().is_empty());
    assert_eq!(body.as_object().unwrap().len(), 7);
}

#[tokio::test]
async fn a_valid_body_arrives_and_null_is_not_absence() {
    let (status, body) = post(r#"{"name":"x","priority":1,"status":"open","main":null,"note":null}"#).await;
    assert_eq!((status.as_u16(), body), (201, json!({"name": "x", "note": null})));
    let (status, body) = post(r#"{"name":"x","priority":1.0}"#).await;
    assert_eq!(status, 422, "{body}");
    assert_eq!(faults(&body), ["priority type"]);
    let (status, body) = post("[]").await;
    assert_eq!((status.as_u16(), faults(&body)), (422, vec![" type".to_owned()]));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_400_413_415() {
    for bad in ["", "  ", "{", "nul", "{\"a\":1}}", "1e999"] {
        let (status, body) = post(bad).await;
        assert_eq!((status.as_u16(), body["code"].as_str().unwrap()), (400, "malformed"), "{bad}");
    }
    assert_eq!(post(vec![b'"', 0xff, b'"']).await.1["detail"], "The body is not valid UTF-8.");
    let (status, body) = post("[".repeat(1000)).await;
    assert_eq!(status, 400);
    assert!(body["detail"].as_str().unwrap().contains("nested too deeply"), "{body}");
    let (status, body) = post(format!("\"{}\"", "x".repeat(3000))).await;
    assert_eq!((status.as_u16(), &body["code"]), (413, &json!("too_large")));
    for kind in ["text/plain", "application/jsonx", ""] {
        let request = Request::post("/api/v1/things").header("content-type", kind).body("{}".into()).unwrap();
        let (status, body) = send(request).await;
        assert_eq!((status.as_u16(), &body["code"]), (415, &json!("unsupported_media_type")), "{kind}");
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_by_name() {
    let (status, body) = get("/things?colour=red&limit=5&size=1&colour=blue").await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!("unknown_parameter")));
    assert_eq!(faults(&body), ["colour unknown", "size unknown"]);
}

#[tokio::test]
async fn every_fault_of_a_query_is_told_at_once() {
    let (status, body) =
        get("/things?status=lost&score_min=&active=maybe&ids=1,x&search=123456&limit=0&offset=-1").await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!("invalid_parameter")));
    assert_eq!(
        faults(&body),
        [
            "active type",
            "ids type",
            "limit out_of_range",
            "offset out_of_range",
            "score_min type",
            "search too_long",
            "status not_one_of"
        ]
    );
    for (query, fault) in [
        ("limit=201", "limit out_of_range"),
        ("limit=99999999999999999999", "limit out_of_range"),
        ("limit=1&limit=2", "limit repeated"),
        ("limit=1&page_size=2", "page_size repeated"),
        ("page=1&cursor=W10", "page repeated"),
        ("page=100000", "page out_of_range"),
        ("cursor=!!", "cursor format"),
        ("cursor=W10", "cursor format"),
        ("search=a%00", "search format"),
    ] {
        let (status, body) = get(&format!("/things?{query}")).await;
        assert_eq!((status.as_u16(), faults(&body)), (400, vec![fault.to_owned()]), "{query}");
    }
    assert_eq!(get("/things?search=%ff").await.1["code"], "malformed");
}

#[tokio::test]
async fn a_list_is_walked_by_cursor_and_by_page() {
    let (status, first) = get("/things?tag=a,b&tag=c&active=true&limit=70").await;
    assert_eq!(status, 200);
    assert_eq!(first["things"].as_array().unwrap().len(), 70);
    assert_eq!(first["things"][0]["name"], r#"Some(["a", "b", "c"])"#);
    assert_eq!(
        (&first["total"], &first["total_capped"], &first["page"]),
        (&json!(120), &json!(false), &json!(1))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = get(&format!("/things?limit=70&cursor={cursor}")).await;
    assert_eq!((&second["things"][0]["id"], &second["page"]), (&json!(71), &json!(2)));
    assert_eq!(second["next_cursor"], Value::Null);
    let (_, page) = get("/things?page=3&page_size=20&last_key=").await;
    assert_eq!(
        (&page["things"][0]["id"], &page["page"], &page["limit"]),
        (&json!(41), &json!(3), &json!(20))
    );
}

#[test]
fn totals_stop_counting() {
    let list = Page::default().finish(vec![1], COUNT_CAP + 1, |_| Vec::new());
    assert_eq!((list.total, list.total_capped, list.next_cursor.clone()), (COUNT_CAP, true, None));
    assert_eq!(list.into_json("numbers")["numbers"], json!([1]));
}

#[tokio::test]
async fn ids_in_a_path_are_whole_and_positive() {
    assert_eq!(get("/things/7").await, (StatusCode::OK, json!({"id": 7, "name": "x"})));
    for (id, code) in [
        ("x", "type"),
        ("-1", "out_of_range"),
        ("0", "out_of_range"),
        ("+1", "type"),
        ("9007199254740992", "out_of_range"),
        ("99999999999999999999", "out_of_range"),
        ("%20", "type"),
        ("1.5", "type"),
    ] {
        let (status, body) = get(&format!("/things/{id}")).await;
        assert_eq!((status.as_u16(), &body["code"]), (400, &json!("invalid_parameter")), "{id}");
        assert_eq!(faults(&body), [format!("id {code}")], "{id}");
    }
    assert_eq!(faults(&get("/pairs/-1/x").await.1), ["a out_of_range", "b type"]);
    assert_eq!(get("/pairs/1/2/").await.1, json!([1, 2]));
    assert_eq!(get("/elsewhere/%c4%91").await.1, "đ");
    assert_eq!(get("/elsewhere/%ff").await.0, 400);
    assert_eq!(get("/elsewhere/%00").await.0, 400);
}

#[tokio::test]
async fn if_match_is_read_in_all_its_forms() {
    for (value, status) in [
        ("3", 200),
        ("\"3\"", 200),
        ("W/\"3\"", 200),
        ("*", 200),
        ("4", 409),
        ("x", 400),
        ("", 400),
        ("\"3\", \"4\"", 400),
    ] {
        let request = Request::get("/api/v1/things/1").header("if-match", value).body(Body::empty()).unwrap();
        assert_eq!(send(request).await.0, status, "{value}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let (status, body) = get("/nothing").await;
    assert_eq!((status.as_u16(), &body["code"]), (404, &json!("not_found")));
    let request = Request::delete("/api/v1/things").body(Body::empty()).unwrap();
    let (status, body) = send(request).await;
    assert_eq!((status.as_u16(), &body["code"]), (405, &json!("method_not_allowed")));
}

#[tokio::test]
async fn what_happened_inside_stays_inside() {
    for path in ["/panic", "/fail"] {
        let (status, body) = get(path).await;
        assert_eq!((status.as_u16(), &body["code"]), (500, &json!("internal")));
        assert!(!body.to_string().contains("secret"), "{body}");
        assert!(!body["request_id"].as_str().unwrap().is_empty());
    }
    let (status, body) = get("/slow").await;
    assert_eq!((status.as_u16(), &body["code"]), (503, &json!("unavailable")));
}

#[tokio::test]
async fn a_file_may_take_longer_than_other_bodies() {
    let count = || axum::routing::post(|body: bytes::Bytes| async move { body.len().to_string() });
    let routes = Router::new().route("/files", count()).route("/others", count());
    let app = stack(routes, &StackOptions { uploads: &["/files"], ..options() });
    let rest = Arc::new(Notify::new());
    let send = |path: &str| {
        let rest = rest.clone();
        let late = futures_util::stream::once(async move {
            rest.notified().await;
            Ok::<_, std::convert::Infallible>("abc")
        });
        app.clone().oneshot(Request::post(path).body(Body::from_stream(late)).unwrap())
    };
    let file = tokio::spawn(send("/files"));
    // The time of all others is over when this one is refused.
    let (status, _) = read(send("/others").await.unwrap()).await;
    assert_eq!(status.as_u16(), 503);
    rest.notify_one();
    let (status, length) = read(file.await.unwrap().unwrap()).await;
    assert_eq!((status.as_u16(), length), (200, json!(3)));
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_is_not() {
    for (given, kept) in [("abc-1", true), ("a b", false), (&"x".repeat(65)[..], false)] {
        let request =
            Request::get("/api/v1/nothing").header("x-request-id", given).body(Body::empty()).unwrap();
        let response = app().oneshot(request).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id == given, kept, "{given}");
        assert_eq!(read(response).await.1["request_id"], id);
    }
}

#[tokio::test]
async fn requests_are_counted_by_template_not_by_path() {
    crate::telemetry::init_metrics().unwrap();
    get("/things/4711").await;
    get("/nothing/4711").await;
    let text = crate::telemetry::render();
    let series = r#"frontdesk_http_requests_total{method="GET",route="/api/v1/things/{id}",status="200"}"#;
    assert!(text.contains(series) && text.contains(r#"route="unmatched",status="404""#), "{text}");
    assert!(!text.contains("4711"), "{text}");
}

#[tokio::test]
async fn answers_carry_what_browsers_need() {
    let ask = |origin: &'static str| async move {
        let request = Request::get("/api/v1/things").header("origin", origin).body(Body::empty()).unwrap();
        app().oneshot(request).await.unwrap()
    };
    let headers = ask("https://shop.example").await.headers().clone();
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    assert_eq!(headers["access-control-allow-origin"], "https://shop.example");
    assert!(!ask("https://evil.example").await.headers().contains_key("access-control-allow-origin"));
}

#[test]
fn the_document_says_what_the_routes_do() {
    let mut api = api();
    api.keeps_no_answers_of(&["/things/create"]);
    assert!(api.conflicts().is_empty());
    let (_, document, routes) = api.into_parts();
    let doc = serde_json::to_value(&document).unwrap();
    let list = &doc["paths"]["/things"]["get"];
    let names = |operation: &Value| -> Vec<String> {
        operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let wanted = ["status", "score_min", "active", "tag", "ids", "search"];
    assert_eq!(names(list)[..6], wanted);
    assert!(names(list).contains(&"cursor".to_owned()));
    assert_eq!(list["security"], json!([]));
    let create = &doc["paths"]["/things"]["post"];
    assert_eq!(create["x-permission"], "things.read");
    assert_eq!(
        create["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/NewThing"
    );
    for status in ["400", "401", "403", "409", "413", "415", "422", "429", "503"] {
        assert_eq!(create["responses"][status]["$ref"], format!("#/components/responses/Problem{status}"));
    }
    assert_eq!(names(create), ["Idempotency-Key"]);
    assert!(names(&doc["paths"]["/things/create"]["post"]).is_empty());
    assert_eq!(doc["paths"]["/fail"]["get"]["responses"]["404"]["$ref"], "#/components/responses/Problem404");
    for schema in ["NewThing", "Method", "Status", "ThingList", "Thing", "Problem", "ProblemFault"] {
        assert!(doc["components"]["schemas"][schema].is_object(), "{schema}");
    }
    let alias = &doc["paths"]["/thing/{thing_id}"]["get"];
    assert_eq!(
        (&alias["deprecated"], names(alias)),
        (&json!(true), vec!["thing_id".into(), "If-Match".into()])
    );
    assert_eq!(alias["parameters"][0]["schema"]["type"], "integer");
    assert_eq!(doc["paths"]["/thing"]["put"]["deprecated"], true);

    let mut ids: Vec<_> = routes.iter().map(|r| r.operation_id.as_str()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), routes.len());
    assert!(ids.contains(&"get_elsewhere_name") && ids.contains(&"get_things_id"), "{ids:?}");
    let create = routes.iter().find(|r| r.path == "/things/create").unwrap();
    assert_eq!((create.requirement, create.deprecated), (Requirement::Permission("things.read"), true));
    let fail = routes.iter().find(|r| r.path == "/fail").unwrap();
    assert_eq!((fail.requirement, fail.method.as_str()), (Requirement::Signed, "GET"));
}

#[derive(Default)]
struct Memory(Mutex<std::collections::HashMap<String, (String, Option<Answer>)>>);

impl IdempotencyStore for Memory {
    fn begin(&self, key: String, fingerprint: String) -> BoxFuture<'_, Result<Begun>> {
        let mut all = self.0.lock().unwrap();
        let begun = match all.get(&key) {
            None => {
                all.insert(key, (fingerprint, None));
                Begun::First
            }
            Some((other, _)) if *other != fingerprint => Begun::Mismatch,
            Some((_, None)) => Begun::InFlight,
            Some((_, Some(answer))) => Begun::Done(answer.clone()),
        };
        Box::pin(async { Ok(begun) })
    }
    fn finish(&self, key: String, answer: Answer) -> BoxFuture<'_, Result<()>> {
        self.0.lock().unwrap().get_mut(&key).unwrap().1 = Some(answer);
        Box::pin(async { Ok(()) })
    }
    fn forget(&self, key: String) -> BoxFuture<'_, Result<()>> {
        self.0.lock().unwrap().remove(&key);
        Box::pin(async { Ok(()) })
    }
}

/// Holds slow work until the test lets it go on.
#[derive(Default)]
struct Gate {
    entered: Notify,
    opened: Notify,
}

/// An application whose one route counts its calls and does what the body says.
fn counting(store: impl IdempotencyStore, count: Arc<AtomicU32>, gate: Arc<Gate>) -> Router {
    let handler = move |body: String| {
        let (count, gate) = (count.clone(), gate.clone());
        async move {
            let n = count.fetch_add(1, Ordering::SeqCst);
            match body.as_str() {
                "slow" => {
                    gate.entered.notify_one();
                    gate.opened.notified().await;
                }
                "broken" => return Error::internal("x").into_response(),
                "panic" => panic!("x"),
                "invalid" => return Error::invalid_field("a", "type", "b").into_response(),
                _ => {}
            }
            (StatusCode::CREATED, format!("{n}")).into_response()
        }
    };
    let routes = Router::new().route("/do", axum::routing::post(handler));
    routes.layer(from_fn_with_state(Idempotency::new(store, 1000), idempotency))
}

fn keyed(key: &str, body: &'static str) -> Request<Body> {
    Request::post("/do").header("idempotency-key", key).header("x-api-key", "k").body(body.into()).unwrap()
}

async fn replays(store: impl IdempotencyStore) {
    let (count, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Gate::default()));
    let app = counting(store, count.clone(), gate.clone());
    let send = |r: Request<Body>| app.clone().oneshot(r);

    let first = send(keyed("a", "x")).await.unwrap();
    assert!(!first.headers().contains_key("idempotency-replayed"));
    assert_eq!(read(first).await, (StatusCode::CREATED, json!(0)));
    let again = send(keyed("a", "x")).await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(read(again).await, (StatusCode::CREATED, json!(0)));
    let (status, body) = read(send(keyed("a", "y")).await.unwrap()).await;
    assert_eq!((status.as_u16(), &body["code"]), (409, &json!("idempotency_mismatch")));
    let mut foreign = keyed("a", "x");
    foreign.headers_mut().insert("x-api-key", HeaderValue::from_static("other"));
    assert_eq!(read(send(foreign).await.unwrap()).await.1, json!(1));

    // A refusal of the content is an answer; a failure of ours is not.
    for (body, runs) in [("invalid", 1), ("broken", 2), ("panic", 2)] {
        let before = count.load(Ordering::SeqCst);
        let statuses = [
            send(keyed(body, body)).await.unwrap().status(),
            send(keyed(body, body)).await.unwrap().status(),
        ];
        assert_eq!(statuses[0], statuses[1]);
        assert_eq!(count.load(Ordering::SeqCst) - before, runs, "{body}");
    }

    // Two at once, and the first caller hangs up: the work goes on and its answer is there.
    let before = count.load(Ordering::SeqCst);
    tokio::select! {
        _ = send(keyed("s", "slow")) => panic!("the gate was shut"),
        () = gate.entered.notified() => {}
    }
    let meanwhile = send(keyed("s", "slow")).await.unwrap();
    assert_eq!(
        (meanwhile.status().as_u16(), &meanwhile.headers()["retry-after"]),
        (409, &HeaderValue::from(1))
    );
    gate.opened.notify_one();
    let finished = async {
        loop {
            let answer = send(keyed("s", "slow")).await.unwrap();
            if answer.status() != StatusCode::CONFLICT {
                return answer.status();
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), finished).await, Ok(StatusCode::CREATED));
    assert_eq!(count.load(Ordering::SeqCst) - before, 1);

    for bad in ["", "a b", &"x".repeat(256)] {
        assert_eq!(send(keyed(bad, "x")).await.unwrap().status(), 400);
    }
}

#[tokio::test]
async fn a_write_sent_again_is_answered_again() {
    replays(Memory::default()).await;
}

#[tokio::test]
async fn a_write_sent_again_is_answered_again_from_the_table() {
    use crate::{Db, db};
    let dir = tempfile::tempdir().unwrap();
    let options = db::Options::new(db::Target::Sqlite(dir.path().join("x.db")));
    let clock = Clock::manual(1_000_000_000);
    let db = Db::open(&options, clock.clone(), db::Reactors::default()).unwrap();
    db.write(|tx| {
        tx.exec(
            crate::sql!(
                "CREATE TABLE idempotency_keys (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, state TEXT NOT NULL,
                 status BIGINT, content_type TEXT, body BLOB, created_at BIGINT NOT NULL)"
            ),
            &[],
        )
    })
    .await
    .unwrap();
    let store = DbIdempotency(db);
    replays(store.clone()).await;

    // Died in flight: taken over after a while. Done: forgotten after a day.
    let begin = |f: &str| store.begin("k".into(), f.to_owned());
    assert_eq!(begin("1").await.unwrap(), Begun::First);
    assert_eq!(begin("1").await.unwrap(), Begun::InFlight);
    clock.advance(6 * 60 * SECOND);
    assert_eq!(begin("2").await.unwrap(), Begun::First);
    let answer = Answer { status: 204, content_type: String::new(), body: bytes::Bytes::new() };
    store.finish("k".into(), answer.clone()).await.unwrap();
    assert_eq!(begin("2").await.unwrap(), Begun::Done(answer));
    clock.advance(25 * 3600 * SECOND);
    assert_eq!(begin("3").await.unwrap(), Begun::First);
    clock.advance(25 * 3600 * SECOND);
    assert!(store.prune().await.unwrap() >= 1);
}

#[test]
fn a_bucket_empties_and_fills() {
    let clock = Clock::manual(1_000_000);
    let limiter = RateLimiter::with_clock(clock.clone());
    for left in [2, 1, 0] {
        let decision = limiter.check("a", 1, 3);
        assert_eq!((decision.allowed, decision.limit, decision.remaining), (true, 3, left));
    }
    let refused = limiter.check("a", 1, 3);
    assert_eq!((refused.allowed, refused.retry_after, refused.reset_seconds), (false, 1, 3));
    assert_eq!(refused.check().unwrap_err().code, Code::RateLimited);
    assert!(limiter.check("b", 1, 3).allowed);
    clock.advance(SECOND);
    assert!(limiter.check("a", 1, 3).allowed);
    assert!(!limiter.check("a", 1, 3).allowed);
    assert!((0..1000).all(|_| RateLimiter::off().check("a", 1, 1).allowed));
    for n in 0..20_000 {
        limiter.check(&format!("key {n}"), 1000, 1);
        clock.advance(10);
    }
}

#[tokio::test]
async fn an_address_is_limited_and_told_when_to_return() {
    let by = AddressLimit {
        limiter: RateLimiter::with_clock(Clock::manual(0)),
        name: "auth",
        limit: Limit::per_minute(2),
    };
    let routes = Router::new().route("/login", axum::routing::get(|| async {}));
    let app = stack(routes.layer(from_fn_with_state(by, address_limit)), &options());
    let ask = |peer: &'static str| {
        let mut request = Request::get("/login").body(Body::empty()).unwrap();
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        app.clone().oneshot(request)
    };
    assert_eq!(ask("1.2.3.4:5").await.unwrap().headers()["x-ratelimit-remaining"], "1");
    assert_eq!(ask("1.2.3.4:6").await.unwrap().status(), 200);
    let refused = ask("1.2.3.4:7").await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &HeaderValue::from(30)));
    assert_eq!(ask("1.2.3.5:5").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_trusted_proxies_alone() {
    for (peer, forwarded, found) in [
        ("1.2.3.4:1", "9.9.9.9", "1.2.3.4"),
        ("10.0.0.1:1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1:1", "8.8.8.8, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        ("10.0.0.1:1", "nonsense", "10.0.0.1"),
        ("[::ffff:10.0.0.1]:1", "2001:db8:0:1:2:3:4:5", "20010db800000001/64"),
    ] {
        let mut request =
            Request::get("/api/v1/where").header("x-forwarded-for", forwarded).body(Body::empty()).unwrap();
        let peer_address: std::net::SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer_address));
        let response = app().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, found, "{peer} {forwarded}");
    }
}
