//! The API document: checked in, without contradictions, and complete towards the systems that clients come from.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{is_set, on_sqlite, root};
use frontdesk::{app, document};
use serde_json::Value;

#[test]
fn the_checked_in_document_is_what_the_code_says() {
    let (path, wanted) = (root().join("crates/frontdesk/openapi.json"), document::snapshot());
    if is_set("UPDATE_SNAPSHOTS") {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    assert!(
        found == wanted,
        "openapi.json is stale from line {:?}; UPDATE_SNAPSHOTS=1 cargo test -p e2e rewrites it",
        differs.map(|n| n + 1)
    );
}

#[test]
fn no_two_types_claim_one_schema_name() {
    let api = app::document();
    assert!(api.conflicts().is_empty(), "{:?}", api.conflicts());
}

#[test]
fn operation_ids_are_unique() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for route in app::routes() {
        let here = format!("{} {}", route.method, route.path);
        assert!(!route.operation_id.is_empty(), "{here} has no id");
        let before = seen.insert(route.operation_id.clone(), here.clone());
        assert!(
            before.is_none(),
            "{} is the id of {} and {here}",
            route.operation_id,
            before.unwrap_or_default()
        );
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&document::snapshot()).unwrap();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 20, "the document refers to hardly anything");
    for reference in references {
        let pointer =
            reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leaves the document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| collect(v, references));
        }
        Value::Array(all) => all.iter().for_each(|v| collect(v, references)),
        _ => {}
    }
}

#[test]
fn the_document_tells_every_route_and_who_may_call_it() {
    let document: Value = serde_json::from_str(&document::snapshot()).unwrap();
    for route in app::routes() {
        let operation = &document["paths"][&route.path][route.method.as_str().to_ascii_lowercase()];
        let here = format!("{} {}", route.method, route.path);
        assert!(operation.is_object(), "{here} is not in the document");
        assert_eq!(operation["deprecated"].as_bool().unwrap_or(false), route.deprecated, "{here}");
        if let platform::http::Requirement::Permission(action) = route.requirement {
            assert_eq!(operation["x-permission"], action, "{here}");
        }
        assert!(
            operation["tags"].as_array().is_some_and(|t| !t.is_empty()),
            "{here} stands under no heading"
        );
        assert!(operation["summary"].is_string(), "{here} says not what it does");
    }
}

/// Verbs and paths that clients of other desks know. Parameters' names do not matter.
const KNOWN: &str = "
    POST /auth/login            POST /auth/token            POST /auth/refresh          POST /auth/logout
    GET /auth/me                PATCH /auth/me              GET /auth/users             POST /auth/reset-password
    POST /auth/change-password  GET /auth/sessions          DELETE /auth/sessions/{}
    GET /users                  POST /users                 GET /users/{}               PATCH /users/{}
    DELETE /users/{}            PUT /users/{}/status        GET /admin/users            POST /admin/users
    PATCH /admin/users/{}       DELETE /admin/users/{}      GET /admin/roles            PUT /agents/{}/capacity
    GET /departments            POST /departments           PATCH /departments/{}       DELETE /departments/{}
    PUT /departments/{}/members
    GET /admin/integrations/api-keys     POST /admin/integrations/api-keys     DELETE /admin/integrations/api-keys/{}
    GET /admin/channels         POST /admin/channels        PATCH /admin/channels/{}    DELETE /admin/channels/{}
    POST /tickets               POST /tickets/create        GET /tickets                GET /tickets/{}
    PUT /tickets/{}             PATCH /tickets/{}           POST /tickets/{}/message    POST /tickets/{}/messages
    GET /tickets/{}/messages    GET /tickets/{}/status      PUT /tickets/{}/assign      POST /tickets/{}/undo-send
    PUT /tickets/{}/draft       GET /tickets/{}/draft       DELETE /tickets/{}/draft    GET /tickets/{}/assignment
    POST /tickets/{}/read       GET /tickets/counts
    GET /customers/{}           GET /customers/{}/tickets   GET /contacts               POST /contacts
    GET /contacts/{}            PATCH /contacts/{}          POST /contacts/{}/methods   PATCH /contact-methods/{}
    DELETE /contact-methods/{}  POST /contacts/{}/block     POST /contacts/{}/unblock
    GET /messages               POST /messages/{}/complete
    POST /attachments           GET /attachments/{}         GET /attachments/{}/download
    GET /keywords               POST /keywords              PUT /keywords/{}            PATCH /keywords/{}
    DELETE /keywords/{}         POST /routing/simulate      GET /routing/settings       PUT /routing/settings
    GET /routing/queues
    POST /webhook               POST /chat                  POST /webhooks/chatbot
    GET /webhooks/{}            POST /webhooks/{}           GET /webhooks/{}/{}         POST /webhooks/{}/{}
    POST /integrations/zalo/webhook      POST /integrations/meta/webhook       GET /integrations/meta/webhook
    GET /intake/journal         POST /intake/journal/{}/reprocess
    GET /spam/activities        GET /spam/users             DELETE /spam/activities/{}  POST /spam/mark
    POST /spam/restore          GET /spam/settings          PUT /spam/settings          GET /spam/blocks
    POST /spam/blocks           DELETE /spam/blocks/{}
    POST /ws/ticket             GET /ws                     GET /stream
    GET /tasks                  POST /tasks                 GET /tasks/{}               PATCH /tasks/{}
    PATCH /tasks/{}/complete    DELETE /tasks/{}            GET /tasks/calendar         POST /tasks/calendar-feed
    GET /interactions/{}        PATCH /interactions/{}      DELETE /interactions/{}     POST /interactions
    GET /leads/{}/interactions  POST /leads/{}/interactions GET /interactions/timeline/{}
    GET /leads/{}/timeline      GET /contacts/{}/timeline
    GET /notifications          GET /notifications/count    PATCH /notifications/{}/read
    POST /notifications/mark-all-read
";

#[test]
fn clients_find_the_paths_that_they_know() {
    let plain = |path: &str| {
        let parts = path.split('/').map(|p| if p.starts_with('{') { "{}" } else { p });
        parts.collect::<Vec<_>>().join("/")
    };
    let routes: BTreeSet<String> =
        app::routes().iter().map(|r| format!("{} {}", r.method, plain(&r.path))).collect();
    let words: Vec<&str> = KNOWN.split_whitespace().collect();
    let missing: Vec<String> =
        words.chunks(2).map(|pair| pair.join(" ")).filter(|wanted| !routes.contains(wanted)).collect();
    assert!(missing.is_empty(), "not routed: {missing:#?}");
}

#[test]
fn the_document_can_be_browsed() {
    on_sqlite(async |desk| {
        let admin = desk.admin().await;
        for path in ["//docs", "//api/docs"] {
            let answer = admin.get(path).await;
            assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        }
        let page = admin.get("//docs/browser/index.html").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("swagger-ui"), "{}", page.text);
    });
}
