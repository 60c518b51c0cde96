//! Speaking to a desk as its clients do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::PASSWORD;

/// Knows where a desk listens and who has logged in. Cloning shares it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    /// `http://127.0.0.1:40123`.
    root: String,
    http: reqwest::Client,
    tokens: Mutex<HashMap<String, String>>,
}

/// Somebody who speaks to the desk.
#[derive(Clone)]
pub struct Session {
    client: Client,
    header: Option<(&'static str, String)>,
}

/// What the desk answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The text as JSON, or null.
    pub body: Value,
    asked: String,
}

impl Client {
    pub fn new(root: impl Into<String>) -> Client {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(64);
        let http = http.redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Client(Arc::new(Inner { root: root.into(), http, tokens: Mutex::default() }))
    }

    pub fn root(&self) -> &str {
        &self.0.root
    }

    pub fn anyone(&self) -> Session {
        Session { client: self.clone(), header: None }
    }

    pub fn key(&self, key: &str) -> Session {
        Session { client: self.clone(), header: Some(("x-api-key", key.to_owned())) }
    }

    pub fn bearer(&self, token: &str) -> Session {
        Session { client: self.clone(), header: Some(("authorization", format!("Bearer {token}"))) }
    }

    /// Logs in once per name.
    pub async fn user(&self, name: &str) -> Session {
        let known = self.0.tokens.lock().unwrap().get(name).cloned();
        let token = match known {
            Some(token) => token,
            None => {
                let body = json!({"username": name, "password": PASSWORD});
                let session = self.anyone().post("/auth/login", body).await.is(200);
                let token = session["access_token"].as_str().expect("an access token").to_owned();
                self.0.tokens.lock().unwrap().insert(name.to_owned(), token.clone());
                token
            }
        };
        self.bearer(&token)
    }

    pub fn forget_log_ins(&self) {
        self.0.tokens.lock().unwrap().clear();
    }
}

impl Session {
    pub fn client(&self) -> &Client {
        &self.client
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }
    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let kind = [("content-type".to_owned(), "application/json".to_owned())];
        self.send(method, path, &kind, Some(body.to_string().into_bytes())).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let asked = format!("{method} {path}");
        self.try_send(method, path, headers, body).await.unwrap_or_else(|e| panic!("{asked}: {e}"))
    }

    /// As [`send`](Self::send), for a desk that may be gone. `path` is below `/api/v1`, unless it begins with `//`.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, reqwest::Error> {
        let inner = &self.client.0;
        let url = match path.strip_prefix('/').filter(|p| p.starts_with('/')) {
            Some(below_root) => format!("{}{below_root}", inner.root),
            None => format!("{}/api/v1{path}", inner.root),
        };
        let asked = format!("{method} {path}");
        let mut request = inner.http.request(method, url);
        if let Some((name, value)) = &self.header {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // A stream has no end; that it began is all that is asked of it here.
        let streams = headers.get("content-type").is_some_and(|v| v == "text/event-stream");
        let bytes = if streams { Default::default() } else { response.bytes().await? };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body, asked })
    }
}

impl Answer {
    /// The body, when the status is what it must be.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self.body
    }

    /// A refusal with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let asked = self.asked.clone();
        let body = self.is(status);
        assert_eq!(body["code"], code, "{asked}: {body}");
        body
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}
