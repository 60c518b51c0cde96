//! A small language for these tests: a desk with people in it, and requests to it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    middleware::from_fn,
};
use people::{
    Desk, UserId,
    access::{self, NewUser},
};
use platform::{
    Clock, Db, Entropy, Result,
    config::{Config, Switch},
    crypto::Keyring,
    db::migrate::Migration,
    events::Origin,
    http::{StackOptions, stack},
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

pub const MIGRATIONS: &[Migration] =
    migrations![1 "0001_platform", 2 "0002_people", 3 "0003_support", 8 "0008_contact_lists"];
pub const PASSWORD: &str = "correct horse battery";

/// Runs `test` on each engine, with the system's roles in place.
pub fn on_each(test: impl Fn(&Db) -> Result<()>) {
    Setup::new(MIGRATIONS).each(|t| {
        t.db.write_now(access::sync_system_roles)?;
        test(&t.db)
    });
}

/// Runs `test` against a desk on each engine.
pub fn with_desk<F: Future<Output = ()>>(test: impl Fn(TestDesk) -> F) {
    with_desk_of(|_| {}, test);
}

pub fn with_desk_of<F: Future<Output = ()>>(change: impl Fn(&mut Config), test: impl Fn(TestDesk) -> F) {
    Setup::new(MIGRATIONS).each(|t| {
        runtime().block_on(async { test(TestDesk::start(t, &change).await).await });
        Ok(())
    });
}

/// A desk behind its HTTP face.
#[derive(Clone)]
pub struct TestDesk {
    pub desk: Desk,
    pub clock: Clock,
    router: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }
    /// The refresh cookie's value.
    pub fn cookie(&self) -> String {
        let line = self.headers[header::SET_COOKIE].to_str().unwrap();
        line.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
    }
}

impl TestDesk {
    async fn start(t: &TestDb, change: &impl Fn(&mut Config)) -> TestDesk {
        let mut config = Config::for_testing();
        let dir = tempfile::tempdir().unwrap();
        config.data.dir = dir.path().to_owned();
        change(&mut config);
        let entropy = Entropy::seeded(7);
        let keyring = Keyring::load(&config, entropy.clone()).unwrap();
        t.db.write(access::sync_system_roles).await.unwrap();
        let (_, stop) = tokio::sync::watch::channel(false);
        let desk = Desk::start(config, t.db.clone(), entropy.clone(), keyring, stop).await.unwrap();
        let (api, ..) = people::api::<Desk>().with_state::<()>(desk.clone()).into_parts();
        let routes = Router::new().nest("/api/v1", api).layer(from_fn(access::rate_headers));
        let router = stack(routes, &StackOptions::new(&desk.config, entropy));
        TestDesk { router, clock: t.clock.clone(), desk }
    }

    /// A user of this role, whose name is also the log-in name; they can log in with [`PASSWORD`].
    pub async fn user(&self, name: &str, role: &str) -> UserId {
        let hash = HASH.get_or_init(|| access::hash_password(PASSWORD, &Entropy::seeded(1)).unwrap()).clone();
        let new = NewUser {
            email: format!("{name}@desk.example"),
            name: name.to_owned(),
            role: role.to_owned(),
            password_hash: Some(hash),
            ..NewUser::default()
        };
        self.desk.db.write(move |tx| access::create_user(tx, &Origin::system(), &new)).await.unwrap()
    }

    /// A user of this role who is logged in: id and access token.
    pub async fn logged_in(&self, name: &str, role: &str) -> (UserId, String) {
        let id = self.user(name, role).await;
        let body = self.log_in(name).await.expect(200);
        (id, body["access_token"].as_str().unwrap().to_owned())
    }

    pub async fn log_in(&self, name: &str) -> Answer {
        self.call("POST", "/auth/login", &[], json!({ "username": name, "password": PASSWORD })).await
    }

    /// A request with a bearer token; `null` sends no body.
    pub async fn as_user(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match (&body, headers.iter().any(|(n, _)| *n == "content-type")) {
            (Value::Null, _) => request.body(Body::empty()),
            (Value::String(text), true) => request.body(Body::from(text.clone())),
            _ => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The kinds of events about a subject, oldest first.
    pub async fn events(&self, kind: &'static str, id: i64) -> Vec<(String, Value)> {
        let all = self.desk.db.read(move |c| platform::events::of_subject(c, kind, id, i64::MAX, 200)).await;
        all.unwrap().into_iter().rev().map(|e| (e.kind, e.data)).collect()
    }
}

static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Turns the limits on.
pub fn limited(config: &mut Config) {
    config.limits.rate = Switch::On;
}
