//! The OpenAPI document: the handlers' own documentation, completed by what holds for every route of a kind.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Info, License, OpenApi, PathItem, Ref, Required, Response, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::auth::permission::Permission;
use super::problem::Problem;
use super::problem_codes::{self as codes};
use super::reply::PROBLEM;
use super::routes::{self, Route, Takes};
use super::views::id::DialogKey;

const BEARER: &str = "bearer";
const ABOUT: &str = "\
Reparto shares out dialogs: a CRM backend reports what customers and managers do, and gets told who is responsible.

**Authentication.** `Authorization: Bearer TOKEN`. A token has a role and, unless it is an operator's, an account that it \
reaches alone.

**Repeats.** Writes accept `Idempotency-Key`. A request that had an effect is answered as the first time, with \
`Idempotency-Replayed: true`; one that was refused without any trace is tried anew. Openings and messages with an id of \
their own are known by that id without a key.

**Durability.** What is answered with 2xx is durable, and so are the decisions that an answer carries.

**Problems.** Errors are RFC 9457 `application/problem+json` with a stable `code`; `/problems/{code}` tells what it \
means. A 429 or 503 says by `Retry-After` when to try again; nothing was changed then.

**Times** are RFC 3339 in UTC. **Lists** have opaque cursors: send `next` back as `cursor`.";

/// The document as JSON.
pub fn document(table: &[Route]) -> String {
    // The document holds nothing that JSON cannot say; a test reads it back.
    complete(routes::documentation(), table).to_json().unwrap_or_default()
}

fn complete(mut document: OpenApi, table: &[Route]) -> OpenApi {
    let mut info = Info::new("Reparto", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    info.license = Some(license);
    document.info = info;
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(BEARER, bearer);
    let schemas = &mut components.schemas;
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    for route in table {
        let item = document.paths.paths.get_mut(route.path);
        if let Some(operation) = item.and_then(|item| operation_of(item, route.method)) {
            describe(operation, route);
        }
    }
    document
}

fn operation_of<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "PUT" => item.put.as_mut(),
        "POST" => item.post.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// Adds what follows from the route's line in the table.
fn describe(operation: &mut Operation, route: &Route) {
    operation.operation_id = Some(format!("{}_{}", route.resource, route.name));
    operation.tags = Some(vec![route.resource.to_owned()]);
    let words = route.permission.words();
    operation.description = Some(match operation.description.take() {
        Some(text) if !text.is_empty() => format!("{text}\n\n{words}"),
        _ => words.to_owned(),
    });
    operation.security = Some(if route.permission == Permission::Public {
        Vec::new()
    } else {
        let no_scopes: [&str; 0] = [];
        vec![SecurityRequirement::new(BEARER, no_scopes)]
    });
    let own = operation.parameters.take().unwrap_or_default();
    let of_path = route.params.iter().map(|name| of_path(name));
    let key = route.takes.takes_key().then(idempotency_key);
    let added = of_path.chain(key).map(Into::into);
    operation.parameters = Some(added.chain(own).collect());
    for status in problems(route) {
        let response = problem(status);
        operation.responses.responses.insert(status.to_string(), response.into());
    }
}

fn of_path(name: &str) -> Parameter {
    let about = match name {
        "account" => "The account; `default` exists from the start.".to_owned(),
        "code" => "The problem's code.".to_owned(),
        other => format!("The {other}'s id."),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(DialogKey::schema()))
        .build()
}

fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A text of the client's own for this request; repeats of it are answered as the first.",
        ))
        .schema(Some(text))
        .build()
}

/// The statuses that a route can refuse or fail with.
fn problems(route: &Route) -> Vec<u16> {
    let is_open = route.permission == Permission::Public;
    let has_body = !matches!(route.takes, Takes::Nothing | Takes::Order);
    let changes = route.takes != Takes::Nothing;
    let possible = [
        (400, has_body || !route.params.is_empty()),
        (401, !is_open),
        (403, !is_open),
        (404, !route.params.is_empty()),
        (408, has_body),
        (409, changes),
        (413, has_body),
        (415, has_body),
        (422, changes || !route.params.is_empty()),
        (429, !is_open),
        (500, true),
        (503, !is_open),
    ];
    possible.into_iter().filter(|(_, can)| *can).map(|(status, _)| status).collect()
}

fn problem(status: u16) -> Response {
    let kinds = codes::ALL.iter().filter(|kind| kind.status == status);
    let codes: Vec<_> = kinds.map(|kind| format!("`{}`", kind.code)).collect();
    let about = format!("A problem: {}.", codes.join(", "));
    let reference = Ref::from_schema_name(Problem::name());
    ResponseBuilder::new().description(about).content(PROBLEM, Content::new(Some(reference))).build()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    fn read() -> (Vec<Route>, Value) {
        let table = routes::table();
        let document = serde_json::from_str(&document(&table)).unwrap();
        (table, document)
    }

    fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
        let paths = document["paths"].as_object().unwrap();
        let of = |(path, item): (&String, &'_ Value)| {
            let path = path.clone();
            let methods: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
            methods.into_iter().map(move |method| (method.to_uppercase(), path.clone()))
        };
        let keys: Vec<_> = paths.iter().flat_map(of).collect();
        keys.into_iter()
            .map(|(method, path)| {
                let operation = &document["paths"][&path][method.to_lowercase()];
                ((method, path), operation)
            })
            .collect()
    }

    #[test]
    fn it_has_each_route_and_nothing_else() {
        let (table, document) = read();
        assert_eq!(document["openapi"], "3.1.0");
        let documented: BTreeSet<_> = operations(&document).into_keys().collect();
        let routed = table.iter().map(|route| (route.method.to_owned(), route.path.to_owned()));
        assert_eq!(documented, routed.collect());
    }

    #[test]
    fn each_operation_is_complete() {
        let (table, document) = read();
        let operations = operations(&document);
        let mut ids = BTreeSet::new();
        for route in &table {
            let operation = operations[&(route.method.to_owned(), route.path.to_owned())];
            let at = format!("{} {}", route.method, route.path);
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{at}");
            assert!(operation["description"].as_str().unwrap().contains(route.permission.words()), "{at}");
            let has_body = !matches!(route.takes, Takes::Nothing | Takes::Order);
            assert_eq!(operation.get("requestBody").is_some(), has_body, "{at}");
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let named: Vec<_> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(named, route.params, "{at}");
            let is_public = route.permission == Permission::Public;
            assert_eq!(operation["security"].as_array().unwrap().is_empty(), is_public, "{at}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{at}");
            assert_eq!(responses.contains_key("401"), !is_public, "{at}");
        }
    }

    /// All values of a key, anywhere below.
    fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    if name == key {
                        found.push(inner);
                    }
                    all(inner, key, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|inner| all(inner, key, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn each_reference_leads_somewhere() {
        let (_, document) = read();
        let mut references = Vec::new();
        all(&document, "$ref", &mut references);
        assert!(references.len() > 50);
        for reference in references {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn each_schema_and_property_is_described() {
        let (_, document) = read();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(schema.get("description").is_some(), "{name} is not described");
            let mut properties = Vec::new();
            all(schema, "properties", &mut properties);
            let each = properties.iter().flat_map(|each| each.as_object().unwrap());
            for (property, schema) in each {
                let text = schema.to_string();
                assert!(text.contains("\"description\""), "{name}.{property} is not described");
            }
        }
    }
}
