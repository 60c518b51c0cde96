//! A small language for these tests: a desk with people, teams and a pipeline, and requests to it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
    middleware::from_fn,
};
use crm::Crm;
use people::{
    DepartmentId, Desk, UserId,
    access::{self, NewUser},
    departments,
};
use platform::{
    Clock, Entropy,
    config::Config,
    crypto::Keyring,
    db::{Reactors, migrate::Migration},
    events::Origin,
    http::{StackOptions, stack},
    jobs::Workers,
    testing::{Setup, TestDb, runtime},
};
use serde_json::{Value, json};
use tower::ServiceExt;

macro_rules! migrations {
    ($($number:literal $file:literal),*) => {
        &[$(Migration {
            number: $number,
            name: $file,
            text: include_str!(concat!("../../../../migrations/", $file, ".sql")),
        }),*]
    };
}

pub const MIGRATIONS: &[Migration] = migrations![1 "0001_platform", 2 "0002_people", 3 "0003_support", 4 "0004_crm", 6 "0006_rescoring", 7 "0007_business_hours", 8 "0008_contact_lists", 9 "0009_other_addresses"];
pub const PASSWORD: &str = "correct horse battery";

/// The databases of a test, with what leads do when others record something.
pub fn setup() -> Setup {
    Setup::new(MIGRATIONS).reactors(|| {
        let mut reactors = Reactors::default();
        crm::reactors(&mut reactors);
        reactors
    })
}

/// Runs `test` against a desk on each engine.
pub fn with_desk<F: Future<Output = ()>>(test: impl Fn(TestDesk) -> F) {
    setup().each(|t| {
        runtime().block_on(async { test(TestDesk::start(t).await).await });
        Ok(())
    });
}

/// A desk behind its HTTP face, with the default pipeline.
#[derive(Clone)]
pub struct TestDesk {
    pub crm: Crm,
    pub desk: Desk,
    pub clock: Clock,
    router: Router,
    _dir: Arc<tempfile::TempDir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    /// As it came, for what is not JSON.
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        self.body
    }
    /// Refused with 422: the fields and codes of the faults, sorted.
    #[track_caller]
    pub fn faults(self) -> Vec<String> {
        let body = self.refused(422, "invalid");
        let all = body["errors"].as_array().unwrap();
        let mut all: Vec<String> = all
            .iter()
            .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect();
        all.sort();
        all
    }
}

/// Somebody or something that sends requests.
#[derive(Debug, Clone)]
pub struct Who {
    /// 0 for an API key.
    pub id: i64,
    headers: Vec<(&'static str, String)>,
}

impl TestDesk {
    async fn start(t: &TestDb) -> TestDesk {
        let mut config = Config::for_testing();
        let dir = tempfile::tempdir().unwrap();
        config.data.dir = dir.path().to_owned();
        let entropy = Entropy::seeded(7);
        let keyring = Keyring::load(&config, entropy.clone()).unwrap();
        t.db.write(access::sync_system_roles).await.unwrap();
        t.db.write(crm::pipelines::ensure_default).await.unwrap();
        let (_, stop) = tokio::sync::watch::channel(false);
        let desk = Desk::start(config, t.db.clone(), entropy.clone(), keyring, stop).await.unwrap();
        let crm = Crm { desk: desk.clone(), sources: Arc::default(), counts: Arc::default() };
        let mut api = crm::api().with_state::<()>(crm.clone());
        api.merge(people::api::<Desk>().with_state(desk.clone()));
        let (api, ..) = api.into_parts();
        let routes = Router::new().nest("/api/v1", api).layer(from_fn(access::rate_headers));
        let router = stack(routes, &StackOptions::new(&desk.config, entropy));
        TestDesk { crm, router, clock: t.clock.clone(), desk, _dir: Arc::new(dir) }
    }

    /// A department of this name.
    pub async fn department(&self, name: &'static str) -> DepartmentId {
        let make = move |tx: &platform::Tx<'_>| {
            departments::upsert_by_key(tx, &Origin::system(), name, name, "manual", false)
        };
        self.desk.db.write(make).await.unwrap()
    }

    /// Somebody of this role (`admin`, `manager`, `agent`) who is logged in; the first of the departments is their primary
    /// one.
    pub async fn user(&self, name: &str, role: &str, departments: &[&str]) -> Who {
        let hash = HASH.get_or_init(|| access::hash_password(PASSWORD, &Entropy::seeded(1)).unwrap()).clone();
        let new = NewUser {
            email: format!("{name}@desk.example"),
            name: name.to_owned(),
            role: role.to_owned(),
            departments: departments.iter().map(|d| (*d).to_owned()).collect(),
            password_hash: Some(hash),
            ..NewUser::default()
        };
        let id: UserId =
            self.desk.db.write(move |tx| access::create_user(tx, &Origin::system(), &new)).await.unwrap();
        let log_in = json!({ "username": name, "password": PASSWORD });
        let body = self.send("POST", "/auth/login", &[], log_in).await.expect(200);
        let token = format!("Bearer {}", body["access_token"].as_str().unwrap());
        Who { id: id.0, headers: vec![("authorization", token)] }
    }

    /// An API key of this scope.
    pub async fn api_key(&self, scope: &'static str) -> Who {
        let (limits, entropy) = (self.desk.config.limits.clone(), self.desk.entropy.clone());
        let make = move |tx: &platform::Tx<'_>| {
            access::create_api_key(tx, &Origin::system(), scope, scope, &limits, &entropy)
        };
        Who::key(&self.desk.db.write(make).await.unwrap().secret)
    }

    pub async fn get(&self, who: &Who, path: &str) -> Answer {
        self.call(who, "GET", path, Value::Null).await
    }
    pub async fn post(&self, who: &Who, path: &str, body: Value) -> Answer {
        self.call(who, "POST", path, body).await
    }
    pub async fn patch(&self, who: &Who, path: &str, body: Value) -> Answer {
        self.call(who, "PATCH", path, body).await
    }

    /// A request; `null` sends no body.
    pub async fn call(&self, who: &Who, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(who, method, path, &[], body).await
    }

    /// A request with more headers.
    pub async fn call_with(
        &self,
        who: &Who,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let mut all: Vec<(&str, &str)> = who.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        all.extend(headers);
        self.send(method, path, &all, body).await
    }

    /// A file's bytes.
    pub async fn upload(&self, who: &Who, path: &str, bytes: Vec<u8>) -> Answer {
        let mut request = Request::builder().method("POST").uri(format!("/api/v1{path}"));
        for (name, value) in &who.headers {
            request = request.header(*name, value);
        }
        let request = request.header("content-type", "text/csv").body(Body::from(bytes)).unwrap();
        self.answer(request).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match (&body, headers.iter().any(|(n, _)| *n == "content-type")) {
            (Value::Null, _) => request.body(Body::empty()),
            (Value::String(text), true) => request.body(Body::from(text.clone())),
            _ => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        };
        self.answer(request.unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, text }
    }

    /// A lead as `who` makes it: `name` and what `more` says.
    pub async fn lead(&self, who: &Who, name: &str, more: Value) -> Value {
        let mut body = json!({ "name": name });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        self.post(who, "/leads", body).await.expect(201)
    }

    /// Has the background work done until `is_done`; then the workers stop.
    pub async fn work_until(&self, is_done: impl AsyncFn() -> bool) {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let workers = crm::workers(Workers::new(self.desk.db.clone()), &self.crm);
        let running = tokio::spawn(workers.run(stopped));
        let end = Instant::now() + Duration::from_secs(60);
        while !is_done().await {
            assert!(Instant::now() < end, "the background work takes too long");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send_replace(true);
        running.await.unwrap();
    }

    /// The events about a subject, oldest first: kind and data.
    pub async fn events(&self, kind: &'static str, id: i64) -> Vec<(String, Value)> {
        let all = self.desk.db.read(move |c| platform::events::of_subject(c, kind, id, i64::MAX, 200)).await;
        all.unwrap().into_iter().rev().map(|e| (e.kind, e.data)).collect()
    }
}

impl Who {
    /// Whoever holds this API key.
    pub fn key(secret: &str) -> Who {
        Who { id: 0, headers: vec![("x-api-key", secret.to_owned())] }
    }
    /// Nobody who proves to be anybody.
    pub fn nobody() -> Who {
        Who { id: 0, headers: Vec::new() }
    }
}

static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
