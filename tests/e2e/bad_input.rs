//! Whatever is sent, the answer is a refusal that says all that is wrong, and nothing has changed.

use e2e::{Answer, Desk, Session, on_each_engine, on_sqlite};
use frontdesk::{app, document};
use platform::http::Requirement;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Tables that a refused request may fill (who logged in, what was attempted, what was answered), and those that follow
/// the others a moment behind.
const WITHOUT: &[&str] = &[
    "sessions",
    "events",
    "idempotency_keys",
    "api_key_usage",
    "api_keys",
    "contact_search",
    "lead_search",
    "search_progress",
];

/// An operation with a body.
struct Operation {
    method: Method,
    path: String,
    /// Its body's schema, references followed one step.
    schema: Value,
    body_is_required: bool,
    is_open: bool,
}

struct Document(Value);

impl Document {
    fn read() -> Document {
        Document(serde_json::from_str(&document::snapshot()).unwrap())
    }

    fn follow<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.follow(self.0.pointer(&reference[1..]).unwrap()),
            None => schema,
        }
    }

    /// Every operation that takes JSON.
    fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for route in app::routes() {
            let described = &self.0["paths"][&route.path][route.method.as_str().to_ascii_lowercase()];
            let body = &described["requestBody"];
            let schema = &body["content"]["application/json"]["schema"];
            if schema.is_null() {
                continue;
            }
            all.push(Operation {
                method: route.method,
                path: filled(&route.path),
                schema: self.follow(schema).clone(),
                body_is_required: body["required"] == true,
                is_open: matches!(route.requirement, Requirement::Public | Requirement::Signed),
            });
        }
        assert!(all.len() > 25, "{} operations with a body", all.len());
        all
    }

    /// The kinds of JSON that a property takes.
    fn kinds(&self, schema: &Value) -> Vec<String> {
        let schema = self.follow(schema);
        let mut kinds: Vec<String> = match &schema["type"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(several) => several.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        for key in ["oneOf", "anyOf", "allOf"] {
            for branch in schema[key].as_array().into_iter().flatten() {
                kinds.extend(self.kinds(branch));
            }
        }
        kinds
    }
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|p| match p {
        "{channel}" => "zalo",
        p if p.starts_with('{') => "1",
        p => p,
    });
    parts.collect::<Vec<_>>().join("/")
}

impl Operation {
    /// A platform's own address: the signature is looked at before the body is.
    fn is_platforms(&self) -> bool {
        let below = ["/webhooks/zalo", "/integrations/zalo", "/integrations/meta"];
        below.iter().any(|b| self.path.starts_with(b))
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    async fn send(&self, session: &Session, kind: Option<&str>, body: Option<Vec<u8>>) -> Answer {
        let headers: Vec<_> = kind.map(|k| ("content-type".to_owned(), k.to_owned())).into_iter().collect();
        session.send(self.method.clone(), &self.path, &headers, body).await
    }

    /// A body in which every property is of a type that it does not take, and how many.
    fn all_wrong(&self, document: &Document) -> (Value, usize) {
        let mut body = Map::new();
        for (name, property) in self.schema["properties"].as_object().into_iter().flatten() {
            let kinds = document.kinds(property);
            let takes = |kind: &str| kinds.iter().any(|k| k == kind);
            let wrong = match () {
                () if kinds.is_empty() => continue,
                () if !takes("object") => json!({"a": []}),
                () if !takes("boolean") => json!(true),
                () => continue,
            };
            body.insert(name.clone(), wrong);
        }
        let count = body.len();
        (Value::Object(body), count)
    }
}

/// A refusal as the conventions say; what it lacks, if anything.
fn lacks(answer: &Answer) -> Option<String> {
    let (body, kind) = (&answer.body, answer.header("content-type"));
    let is_text = |field: &&str| body[*field].as_str().is_some_and(|v| !v.is_empty());
    let missing = ["type", "title", "detail", "code", "request_id"].into_iter().find(|f| !is_text(f));
    let known = platform::Code::ALL.iter().any(|c| body["code"] == c.as_str() && c.status() == answer.status);
    let inside =
        ["sqlite", "postgres", "panicked", "src/", "SELECT "].into_iter().find(|w| answer.text.contains(w));
    let why = match () {
        () if !(400..500).contains(&answer.status) => "it is no refusal".to_owned(),
        () if kind != "application/problem+json" => format!("it is {kind}"),
        () if missing.is_some() => format!("there is no {}", missing.unwrap_or_default()),
        () if body["status"] != answer.status || !known => {
            "status and code do not belong together".to_owned()
        }
        () if body["request_id"] != answer.header("x-request-id") => "the request's id is another".to_owned(),
        () if !body["errors"].is_array() => "there is no list of faults".to_owned(),
        () if inside.is_some() => "it tells of its inside".to_owned(),
        () => return None,
    };
    Some(format!("{why}: {} {}", answer.status, answer.text))
}

#[track_caller]
fn assert_problem(answer: &Answer, here: &str) {
    let why = lacks(answer);
    assert!(why.is_none(), "{here}: {}", why.unwrap_or_default());
}

/// Something of each kind that a path may name, so that the row 1 is there.
async fn populate(desk: &Desk) {
    let line = json!({"platform": "shop", "sender": "u", "content": "mua gì", "external_id": "e"});
    desk.client.key(desk.world.key("intake")).post("/webhook", line).await.is(200);
}

#[test]
fn malformed_bodies_are_refused_everywhere() {
    on_each_engine(async |desk| {
        populate(desk).await;
        let admin = desk.admin().await;
        let document = Document::read();
        let before = desk.fingerprint(WITHOUT).await;
        let large = json!({"x": "y".repeat(1_500_000)}).to_string().into_bytes();
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200)).into_bytes();
        let json_type = Some("application/json");
        let mut wrong = Vec::new();
        for operation in document.operations() {
            let mut judge = |what: &str, answer: &Answer, statuses: &[u16]| {
                let unsigned = operation.is_platforms() && answer.status == 401;
                let other = || format!("{} is not in {statuses:?}: {}", answer.status, answer.text);
                let status = (!unsigned && !statuses.contains(&answer.status)).then(other);
                wrong.extend(
                    lacks(answer).or(status).map(|why| format!("{}, {what}: {why}", operation.name())),
                );
            };
            for (what, body, status) in [
                ("half a document", b"{\"a\":".as_slice(), 400),
                ("no UTF-8", b"{\"a\": \"\xff\xfe\"}", 400),
                ("deeply nested", &deep, 400),
                ("too large", &large, 413),
                ("a list", b"[]", 422),
                ("a number", b"7", 422),
            ] {
                judge(what, &operation.send(&admin, json_type, Some(body.to_vec())).await, &[status]);
            }
            if operation.body_is_required {
                for (what, kind, body) in [
                    ("no body", None, None),
                    ("an empty body", json_type, Some(Vec::new())),
                    ("another type", Some("text/plain"), Some(b"{}".to_vec())),
                ] {
                    judge(what, &operation.send(&admin, kind, body).await, &[400, 415, 422]);
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(desk.fingerprint(WITHOUT).await, before, "nothing has changed");
    });
}

#[test]
fn every_wrong_property_is_named() {
    on_sqlite(async |desk| {
        populate(desk).await;
        let admin = desk.admin().await;
        let document = Document::read();
        let before = desk.fingerprint(WITHOUT).await;
        let mut tried = 0;
        for operation in document.operations() {
            let (body, count) = operation.all_wrong(&document);
            if count == 0 || operation.is_platforms() {
                continue;
            }
            let here = operation.name();
            let answer =
                operation.send(&admin, Some("application/json"), Some(body.to_string().into_bytes())).await;
            assert_problem(&answer, &here);
            assert_eq!(answer.status, 422, "{here}: {}", answer.text);
            let named: Vec<&str> = answer.body["errors"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|e| e["field"].as_str())
                .collect();
            for field in body.as_object().unwrap().keys() {
                let found = named.iter().any(|n| n == field || n.starts_with(&format!("{field}.")));
                assert!(found, "{here}: `{field}` is wrong and not named: {}", answer.text);
            }
            tried += count;
        }
        assert!(tried > 80, "{tried} properties");
        assert_eq!(desk.fingerprint(WITHOUT).await, before, "nothing has changed");
    });
}

#[test]
fn what_is_missing_is_named_and_what_is_unknown_too() {
    on_sqlite(async |desk| {
        populate(desk).await;
        let admin = desk.admin().await;
        let document = Document::read();
        let before = desk.fingerprint(WITHOUT).await;
        let (mut required, mut forbidden) = (0, 0);
        for operation in document.operations().into_iter().filter(|o| !o.is_platforms()) {
            let here = operation.name();
            let send = async |body: &Value| {
                let bytes = Some(body.to_string().into_bytes());
                operation.send(&admin, Some("application/json"), bytes).await
            };
            let wanted: Vec<&str> = operation.schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if !wanted.is_empty() {
                let answer = send(&json!({})).await;
                assert_problem(&answer, &here);
                for field in wanted {
                    let errors = answer.body["errors"].as_array().unwrap();
                    assert!(errors.iter().any(|e| e["field"] == field), "{here}: `{field}`: {}", answer.text);
                    required += 1;
                }
            }
            if operation.schema["additionalProperties"] == false {
                let answer = send(&json!({"surely_unknown": 1})).await;
                assert_problem(&answer, &here);
                let errors = answer.body["errors"].as_array().unwrap();
                let found = errors.iter().any(|e| e["field"] == "surely_unknown" && e["code"] == "unknown");
                assert!(found, "{here}: {}", answer.text);
                forbidden += 1;
            }
        }
        assert!(required > 20 && forbidden > 20, "{required} required, {forbidden} forbid unknown fields");
        assert_eq!(desk.fingerprint(WITHOUT).await, before, "nothing has changed");
    });
}

#[test]
fn ids_that_are_none_are_refused() {
    on_each_engine(async |desk| {
        populate(desk).await;
        let admin = desk.admin().await;
        let before = desk.fingerprint(WITHOUT).await;
        let ids = [
            "-1",
            "0",
            "99999999999999999999",
            "9007199254740993",
            "abc",
            "1.5",
            "%00",
            "1%20OR%201=1",
            "9007199254740991",
        ];
        let mut tried = 0;
        for route in app::routes() {
            let open = matches!(route.requirement, Requirement::Public | Requirement::Signed);
            if open || !route.path.contains('{') {
                continue;
            }
            for id in ids {
                let parts = route.path.split('/').map(|p| if p.starts_with('{') { id } else { p });
                let path = parts.collect::<Vec<_>>().join("/");
                let body = matches!(route.method, Method::POST | Method::PUT | Method::PATCH)
                    .then(|| b"{}".to_vec());
                let kind = [("content-type".to_owned(), "application/json".to_owned())];
                let answer = admin.send(route.method.clone(), &path, &kind, body).await;
                let here = format!("{} {path}", route.method);
                assert_problem(&answer, &here);
                assert!(
                    matches!(answer.status, 400 | 404 | 409 | 422),
                    "{here}: {} {}",
                    answer.status,
                    answer.text
                );
                if id == "abc" {
                    assert_ne!(answer.status, 409, "{here}");
                }
                tried += 1;
            }
        }
        assert!(tried > 200, "{tried} tries");
        assert_eq!(desk.fingerprint(WITHOUT).await, before, "nothing has changed");
    });
}

#[test]
fn unknown_parameters_are_refused_by_name() {
    on_sqlite(async |desk| {
        let admin = desk.admin().await;
        let document = Document::read();
        let mut tried = 0;
        for route in app::routes().into_iter().filter(|r| r.method == Method::GET && !r.path.contains('{')) {
            let here = format!("GET {}", route.path);
            let operation = &document.0["paths"][&route.path]["get"];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            if !parameters.into_iter().any(|p| p["in"] == "query") || route.path == "/ws" {
                continue;
            }
            let answer = admin.get(&format!("{}?surely_unknown=1&also_unknown=2", route.path)).await;
            assert_problem(&answer, &here);
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!("unknown_parameter")), "{here}");
            for name in ["surely_unknown", "also_unknown"] {
                let errors = answer.body["errors"].as_array().unwrap();
                assert!(errors.iter().any(|e| e["field"] == name), "{here}: {}", answer.text);
            }
            for wrong in ["limit=0", "limit=201", "limit=x", "cursor=%21%21", "page=0", "sort=password_hash"]
            {
                let name = wrong.split('=').next().unwrap_or_default();
                let known = operation["parameters"].as_array().into_iter().flatten();
                if known.into_iter().any(|p| p["name"] == name) {
                    let answer = admin.get(&format!("{}?{wrong}", route.path)).await;
                    assert_problem(&answer, &format!("{here}?{wrong}"));
                    assert_eq!(answer.status, 400, "{here}?{wrong}: {}", answer.text);
                }
            }
            tried += 1;
        }
        assert!(tried > 8, "{tried} lists");
    });
}

#[test]
fn unknown_paths_and_methods_are_problems_too() {
    on_sqlite(async |desk| {
        let admin = desk.admin().await;
        for path in ["/nothing", "/tickets/1/nothing", "//api/v2/tickets", "//api/nothing"] {
            let answer = admin.get(path).await;
            assert_problem(&answer, path);
            assert_eq!(answer.status, 404, "{path}");
        }
        let answer = admin.delete("/tickets").await;
        assert_problem(&answer, "DELETE /tickets");
        assert_eq!(answer.status, 405);
    });
}

#[test]
fn signed_routes_refuse_what_is_no_message_of_theirs() {
    on_each_engine(async |desk| {
        let before = desk.fingerprint(WITHOUT).await;
        let key = desk.client.key(desk.world.key("intake"));
        let document = Document::read();
        for operation in
            document.operations().into_iter().filter(|o| o.is_open && o.path.starts_with("/webhook"))
        {
            for body in ["", "[]", "null", "{}", "{\"platform\":1}", "{\"platform\":\"p\",\"sender\":\"s\"}"]
            {
                let answer =
                    operation.send(&key, Some("application/json"), Some(body.as_bytes().to_vec())).await;
                assert_problem(&answer, &format!("{} {body}", operation.name()));
            }
        }
        for path in ["/webhooks/smoke", "/webhooks/generic", "/webhooks/chat/x"] {
            let answer = desk.client.anyone().post(path, json!({})).await;
            assert_problem(&answer, path);
        }
        assert_eq!(desk.fingerprint(WITHOUT).await, before, "nothing has changed");
    });
}
