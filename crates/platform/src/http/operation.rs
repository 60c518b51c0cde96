//! What every operation of the document has, whoever wrote it: security, the standard problems, its names.

use axum::routing::MethodFilter;
use http::Method;
use utoipa::openapi::{
    self, HttpMethod, Ref, RefOr, Required,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Schema, Type},
    security::SecurityRequirement,
};

use super::Requirement;

pub(super) const PROBLEMS: [(u16, &str); 10] = [
    (400, "The request could not be read"),
    (401, "Log in, or send an API key"),
    (403, "This is not allowed to you"),
    (404, "It is not there, or not yours to see"),
    (409, "It clashes with what is there"),
    (413, "The body is larger than allowed"),
    (415, "This content type is not understood here"),
    (422, "Some fields are not valid"),
    (429, "Too many requests"),
    (503, "Too much is waiting, or not ready to serve"),
];

pub(super) const KEY_PARAMETER: &str = "Idempotency-Key";

pub(super) fn problem_name(status: u16) -> String {
    format!("Problem{status}")
}

/// What every operation of its kind has: security, the standard problems, the idempotency header. One that answers with
/// another standard problem besides says its status alone: `(status = 403)`.
pub(super) fn finish(operation: &mut Operation, method: &HttpMethod, path: &str, who: Requirement) {
    let writes = !matches!(method, HttpMethod::Get | HttpMethod::Head | HttpMethod::Options);
    let mut statuses = vec![400, 429, 503];
    match who {
        Requirement::Public => {}
        Requirement::Signed | Requirement::Authenticated => statuses.push(401),
        Requirement::Permission(_) => statuses.extend([401, 403]),
    }
    if path.contains('{') {
        statuses.push(404);
    }
    if writes {
        statuses.push(409);
    }
    if operation.request_body.is_some() {
        statuses.extend([413, 415, 422]);
    }
    operation.responses.responses.retain(|status, response| {
        let said = status.parse().ok().filter(|s: &u16| PROBLEMS.iter().any(|(known, _)| known == s));
        let is_bare = matches!(response, RefOr::T(r) if r.content.is_empty());
        statuses.extend(said.filter(|_| is_bare));
        said.is_none() || !is_bare
    });
    for status in statuses {
        let reference = RefOr::Ref(Ref::from_response_name(problem_name(status)));
        operation.responses.responses.entry(status.to_string()).or_insert(reference);
    }
    operation.security = Some(match who {
        Requirement::Public | Requirement::Signed => Vec::new(),
        Requirement::Authenticated | Requirement::Permission(_) => vec![
            SecurityRequirement::new("bearer", Vec::<String>::new()),
            SecurityRequirement::new("api_key", Vec::<String>::new()),
        ],
    });
    if let Requirement::Permission(name) = who {
        let extension = openapi::extensions::ExtensionsBuilder::new().add("x-permission", name).build();
        operation.extensions.get_or_insert_default().merge(extension);
    }
    // A file is not held in memory to be compared.
    let is_file =
        operation.request_body.as_ref().is_some_and(|b| b.content.contains_key("application/octet-stream"));
    if writes && !is_file && !matches!(who, Requirement::Public | Requirement::Signed) {
        let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(255)).build();
        let parameter = ParameterBuilder::new()
            .name(KEY_PARAMETER)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The same key and body within 24 h gives the first answer again"))
            .schema(Some(Schema::Object(schema)));
        add_parameter(operation, parameter.build());
    }
}

/// The names between braces, in order; `{*rest}` is `rest`.
pub(super) fn path_parameters(path: &str) -> Vec<String> {
    path.split('{')
        .skip(1)
        .filter_map(|s| s.split_once('}'))
        .map(|(n, _)| n.trim_start_matches('*').to_owned())
        .collect()
}

/// `post /tickets/{id}/close` → `post_tickets_id_close`.
pub(super) fn spelled(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

pub(super) fn method_name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "get",
        HttpMethod::Put => "put",
        HttpMethod::Post => "post",
        HttpMethod::Delete => "delete",
        HttpMethod::Options => "options",
        HttpMethod::Head => "head",
        HttpMethod::Patch => "patch",
        HttpMethod::Trace => "trace",
    }
}

pub(super) fn filter(method: &HttpMethod) -> (MethodFilter, Method) {
    match method {
        HttpMethod::Get => (MethodFilter::GET, Method::GET),
        HttpMethod::Put => (MethodFilter::PUT, Method::PUT),
        HttpMethod::Post => (MethodFilter::POST, Method::POST),
        HttpMethod::Delete => (MethodFilter::DELETE, Method::DELETE),
        HttpMethod::Options => (MethodFilter::OPTIONS, Method::OPTIONS),
        HttpMethod::Head => (MethodFilter::HEAD, Method::HEAD),
        HttpMethod::Patch => (MethodFilter::PATCH, Method::PATCH),
        HttpMethod::Trace => (MethodFilter::TRACE, Method::TRACE),
    }
}

pub(super) fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    let all = operation.parameters.get_or_insert_default();
    if !all.iter().any(|p| p.name == parameter.name && p.parameter_in == parameter.parameter_in) {
        all.push(parameter);
    }
}
