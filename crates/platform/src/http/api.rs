//! [`Api`]: the router, the OpenAPI document and the list of routes, grown together so that none can lack the other.
//!
//! Paths are written relative to `/api/v1`. Slices that use one path position must name its parameter alike
//! (`{id}`), or the router refuses at start. Nothing here runs per request.

use std::collections::{BTreeMap, HashMap};

use axum::{Router, handler::Handler, routing::MethodRouter};
use http::Method;
use utoipa::{
    __dev::{SchemaReferences, Tags},
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, Deprecated, HttpMethod, Info, OpenApi, OpenApiBuilder, Ref, RefOr,
        Required, Response, Server,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, Schema, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    FirstArg, Problem, Requirement,
    idempotency::is_among,
    operation::{
        KEY_PARAMETER, PROBLEMS, add_parameter, filter, finish, method_name, path_parameters, problem_name,
        spelled,
    },
};

/// One method of one path, and who may call it.
#[derive(Debug, Clone)]
pub struct RouteInfo {
    pub method: Method,
    /// As routed: `/tickets/{id}`.
    pub path: String,
    pub requirement: Requirement,
    pub operation_id: String,
    /// Another spelling of a route that is canonical elsewhere.
    pub deprecated: bool,
}

/// An operation while it is being described by the arguments of its handler.
pub struct OperationDoc<'a> {
    pub operation: &'a mut Operation,
    pub path_parameters: Vec<String>,
    schemas: &'a mut Vec<(String, RefOr<Schema>)>,
}

impl OperationDoc<'_> {
    /// Adds a parameter, unless one of its name and place is there.
    pub fn parameter(&mut self, parameter: Parameter) {
        add_parameter(self.operation, parameter);
    }
    /// Describes the path's `index`-th parameter.
    pub fn path_parameter(&mut self, index: usize, schema: impl Into<RefOr<Schema>>) {
        if let Some(name) = self.path_parameters.get(index) {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(schema));
            add_parameter(self.operation, parameter.build());
        }
    }
    /// The body is a `T` in JSON.
    pub fn json_body<T: ToSchema>(&mut self) {
        T::schemas(self.schemas);
        if self.operation.request_body.is_some() {
            return;
        }
        let name = T::name().into_owned();
        self.schemas.push((name.clone(), T::schema()));
        let content = Content::new(Some(Ref::from_schema_name(name)));
        let body =
            RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        self.operation.request_body = Some(body.build());
    }
}

/// Routes under construction. `S` is the state that the handlers take.
pub struct Api<S = ()> {
    router: Router<S>,
    document: OpenApi,
    routes: Vec<RouteInfo>,
    conflicts: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Default for Api<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    pub fn new() -> Self {
        let mut document = OpenApiBuilder::new()
            .info(Info::new("Frontdesk", env!("CARGO_PKG_VERSION")))
            .servers(Some([Server::new("/api/v1")]))
            .components(Some(ComponentsBuilder::new().build()))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "bearer",
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build(),
            ),
        );
        components.add_security_scheme(
            "api_key",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key"))),
        );
        let mut schemas = Vec::new();
        Problem::schemas(&mut schemas);
        schemas.push((Problem::name().into_owned(), Problem::schema()));
        components.schemas.extend(schemas);
        for (status, title) in PROBLEMS {
            let mut response = Response::new(title);
            response.content.insert(
                "application/problem+json".into(),
                Content::new(Some(Ref::from_schema_name(Problem::name().into_owned()))),
            );
            components.responses.insert(problem_name(status), RefOr::T(response));
        }
        Api { router: Router::new(), document, routes: Vec::new(), conflicts: Vec::new() }
    }

    /// Adds a handler under the path and methods that its `#[utoipa::path]` says. Use [`route!`](crate::route).
    #[doc(hidden)]
    pub fn route<P, H, T>(&mut self, handler: H)
    where
        P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
        H: Handler<T, S>,
        T: FirstArg + 'static,
    {
        let operation = self.describe::<P, T>(&P::path());
        self.add(&P::path(), &P::methods(), operation, T::access(), handler);
    }

    /// Adds another spelling of a handler's route, which the document calls deprecated.
    #[doc(hidden)]
    pub fn alias<P, H, T>(&mut self, path: &str, methods: &[HttpMethod], handler: H)
    where
        P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
        H: Handler<T, S>,
        T: FirstArg + 'static,
    {
        let mut operation = self.describe::<P, T>(path);
        operation.deprecated = Some(Deprecated::True);
        let id = operation.operation_id.take().unwrap_or_default();
        let method = methods.first().map_or("any", method_name);
        operation.operation_id = Some(format!("{id}__{}", spelled(method, path)));
        let canonical = format!("Another spelling of `{}`.", P::path());
        operation.description = Some(match operation.description.take() {
            Some(text) => format!("{canonical}\n\n{text}"),
            None => canonical,
        });
        self.add(path, methods, operation, T::access(), handler);
    }

    fn describe<P, T>(&mut self, path: &str) -> Operation
    where
        P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
        T: FirstArg,
    {
        let mut operation = P::operation();
        let tags = P::tags();
        if !tags.is_empty() {
            operation.tags.get_or_insert_default().extend(tags.iter().map(ToString::to_string));
        }
        // An alias may name the path's parameters otherwise: the n-th is the n-th.
        let (own, wanted) = (path_parameters(&P::path()), path_parameters(path));
        for parameter in
            operation.parameters.iter_mut().flatten().filter(|p| p.parameter_in == ParameterIn::Path)
        {
            if let Some(name) = own.iter().position(|n| *n == parameter.name).and_then(|at| wanted.get(at)) {
                parameter.name.clone_from(name);
            }
        }
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        let mut doc =
            OperationDoc { operation: &mut operation, path_parameters: wanted, schemas: &mut schemas };
        T::describe(&mut doc);
        for index in 0..doc.path_parameters.len() {
            doc.path_parameter(index, Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()));
        }
        self.add_schemas(schemas);
        operation
    }

    fn add<H, T>(
        &mut self,
        path: &str,
        methods: &[HttpMethod],
        operation: Operation,
        who: Requirement,
        handler: H,
    ) where
        H: Handler<T, S>,
        T: 'static,
    {
        let mut routes = MethodRouter::new();
        for method in methods {
            let (filter, method_value) = filter(method);
            let mut operation = operation.clone();
            finish(&mut operation, method, path, who);
            self.routes.push(RouteInfo {
                method: method_value,
                path: path.to_owned(),
                requirement: who,
                operation_id: operation.operation_id.clone().unwrap_or_default(),
                deprecated: operation.deprecated == Some(Deprecated::True),
            });
            self.document.paths.add_path_operation(path, vec![method.clone()], operation);
            routes = routes.on(filter, handler.clone());
        }
        self.router = std::mem::take(&mut self.router).route(path, routes);
    }

    /// Takes over the routes of another.
    pub fn merge(&mut self, other: Api<S>) {
        self.router = std::mem::take(&mut self.router).merge(other.router);
        self.routes.extend(other.routes);
        self.conflicts.extend(other.conflicts);
        for (path, item) in other.document.paths.paths {
            match self.document.paths.paths.get_mut(&path) {
                Some(mine) => mine.merge_operations(item),
                None => {
                    self.document.paths.paths.insert(path, item);
                }
            }
        }
        if let Some(components) = other.document.components {
            self.add_schemas(components.schemas);
        }
    }

    /// Gives the handlers their state; what comes back can be merged with routes of another state.
    pub fn with_state<S2: Clone + Send + Sync + 'static>(self, state: S) -> Api<S2> {
        Api {
            router: self.router.with_state(state),
            document: self.document,
            routes: self.routes,
            conflicts: self.conflicts,
        }
    }

    /// The document and the list of routes without their handlers, which nothing can call any more.
    pub fn described<S2: Clone + Send + Sync + 'static>(self) -> Api<S2> {
        Api { router: Router::new(), document: self.document, routes: self.routes, conflicts: self.conflicts }
    }

    /// Says in the document that no answers are kept of the routes that [`Idempotency::never`](super::Idempotency::never)
    /// names by these paths.
    pub fn keeps_no_answers_of(&mut self, paths: &[&str]) {
        for (path, item) in &mut self.document.paths.paths {
            if !is_among(paths, path) {
                continue;
            }
            let operations = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                operation.parameters.iter_mut().for_each(|all| all.retain(|p| p.name != KEY_PARAMETER));
            }
        }
    }

    /// Makes schemas known that no operation mentions (payloads of the live stream, of webhooks).
    pub fn schema<T: ToSchema>(&mut self) {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        schemas.push((T::name().into_owned(), T::schema()));
        self.add_schemas(schemas);
    }

    /// Names of schemas that two different types claim. A test proves that there are none.
    pub fn conflicts(&self) -> &[String] {
        &self.conflicts
    }

    pub fn routes(&self) -> &[RouteInfo] {
        &self.routes
    }

    pub fn into_parts(mut self) -> (Router<S>, OpenApi, Vec<RouteInfo>) {
        self.make_ids_unique();
        (self.router, self.document, self.routes)
    }

    fn add_schemas(&mut self, schemas: impl IntoIterator<Item = (String, RefOr<Schema>)>) {
        let known = &mut self.document.components.get_or_insert_default().schemas;
        for (name, schema) in schemas {
            match known.get(&name) {
                None => {
                    known.insert(name, schema);
                }
                Some(other) if *other == schema => {}
                Some(_) => self.conflicts.push(name),
            }
        }
    }

    /// Handlers of two slices may share a name; operation ids may not.
    fn make_ids_unique(&mut self) {
        let mut count: HashMap<String, usize> = HashMap::new();
        for route in &self.routes {
            *count.entry(route.operation_id.clone()).or_default() += 1;
        }
        let mut renamed: BTreeMap<(String, String), String> = BTreeMap::new();
        for route in self.routes.iter_mut().filter(|r| count[&r.operation_id] > 1) {
            let method = route.method.as_str().to_ascii_lowercase();
            route.operation_id = spelled(&method, &route.path);
            renamed.insert((route.path.clone(), method), route.operation_id.clone());
        }
        for ((path, method), id) in renamed {
            let Some(item) = self.document.paths.paths.get_mut(&path) else { continue };
            let operation = match method.as_str() {
                "get" => &mut item.get,
                "put" => &mut item.put,
                "post" => &mut item.post,
                "patch" => &mut item.patch,
                "delete" => &mut item.delete,
                "head" => &mut item.head,
                "options" => &mut item.options,
                _ => &mut item.trace,
            };
            if let Some(operation) = operation {
                operation.operation_id = Some(id);
            }
        }
    }
}

/// Adds a handler to an [`Api`] under the path of its `#[utoipa::path]`.
///
/// ```text
/// route!(api, list);
/// route!(api, create, alias "/tickets/create" post);
/// route!(api, update::patch, alias "/tickets/{id}" put, alias "/ticket/{id}" patch);
/// ```
///
/// The handler's first argument must declare its access:
///
/// ```
/// use platform::http::{Api, Public};
/// /// Says that it is there.
/// #[utoipa::path(get, path = "/ping", responses((status = 200)))]
/// async fn ping(_: Public) {}
/// let mut api = Api::<()>::new();
/// platform::route!(api, ping);
/// ```
///
/// ```compile_fail,E0277
/// use platform::http::Api;
/// #[utoipa::path(get, path = "/ping", responses((status = 200)))]
/// async fn ping(_: http::HeaderMap) {}
/// let mut api = Api::<()>::new();
/// platform::route!(api, ping);
/// ```
///
/// ```compile_fail,E0277
/// use platform::http::Api;
/// #[utoipa::path(get, path = "/ping", responses((status = 200)))]
/// async fn ping() {}
/// let mut api = Api::<()>::new();
/// platform::route!(api, ping);
/// ```
#[macro_export]
macro_rules! route {
    (@one [$api:expr] [$($module:tt)*] [$handler:path] $last:ident) => {
        $crate::http::__paste! { $api.route::<$($module)* [<__path_ $last>], _, _>($handler) }
    };
    (@one [$api:expr] [$($module:tt)*] [$handler:path] $head:ident :: $($rest:tt)+) => {
        $crate::route!(@one [$api] [$($module)* $head ::] [$handler] $($rest)+)
    };
    (@aliases [$api:expr] [$($handler:tt)+]) => {};
    (@aliases [$api:expr] [$($handler:tt)+] [$path:literal $method:ident] $($more:tt)*) => {
        $crate::route!(@alias [$api] [$path $method] [] [$($handler)+] $($handler)+);
        $crate::route!(@aliases [$api] [$($handler)+] $($more)*);
    };
    (@alias [$api:expr] [$path:literal $method:ident] [$($module:tt)*] [$handler:path] $last:ident) => {
        $crate::http::__paste! {
            $api.alias::<$($module)* [<__path_ $last>], _, _>(
                $path,
                &[$crate::http::__utoipa::openapi::HttpMethod::[<$method:camel>]],
                $handler,
            )
        }
    };
    (@alias [$api:expr] $alias:tt [$($module:tt)*] [$handler:path] $head:ident :: $($rest:tt)+) => {
        $crate::route!(@alias [$api] $alias [$($module)* $head ::] [$handler] $($rest)+)
    };
    ($api:expr, $($handler:ident)::+ $(, alias $path:literal $method:ident)* $(,)?) => {{
        $crate::route!(@one [$api] [] [$($handler)::+] $($handler)::+);
        $crate::route!(@aliases [$api] [$($handler)::+] $([$path $method])*);
    }};
}
