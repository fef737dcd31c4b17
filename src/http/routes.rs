//! The API at a glance: every route, what it needs, what it takes, and its handler.

use futures_util::future::LocalBoxFuture;
use utoipa::OpenApi;

use super::auth::permission::Permission;
use super::body::Format;
use super::call::Call;
use super::reply::Answer;
use super::resources;
use super::router::Router;

/// What a route takes and whether it changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Reads: no body.
    Nothing,
    /// Changes something and needs no body.
    Order,
    /// Changes something by a JSON body.
    Json,
    /// Changes something by a JSON body that may be missing.
    MaybeJson,
    /// Changes something by a batch of JSON.
    Batch,
    /// Brings rule files, as JSON or one as a text.
    Rules,
    /// Makes a secret by a JSON body; its answer must not be kept, so it knows repeats itself.
    Secret,
}

impl Takes {
    /// Whether a repeat with the same key is answered from a receipt.
    pub fn keeps_receipts(self) -> bool {
        !matches!(self, Self::Nothing | Self::Secret)
    }

    /// How a body may be written that is not JSON.
    pub fn other_format(self) -> Option<Format> {
        match self {
            Self::Batch => Some(Format::Lines),
            Self::Rules => Some(Format::Text),
            Self::Nothing | Self::Order | Self::Json | Self::MaybeJson | Self::Secret => None,
        }
    }

    /// Whether an `Idempotency-Key` means anything.
    pub fn takes_key(self) -> bool {
        self != Self::Nothing
    }
}

/// Answers a request.
pub type Handler = fn(Call) -> LocalBoxFuture<'static, Answer>;

/// One route.
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// The parameters' names in order.
    pub params: Vec<&'static str>,
    /// Who may.
    pub permission: Permission,
    /// What it takes.
    pub takes: Takes,
    /// The resource it belongs to.
    pub resource: &'static str,
    /// The handler's name in its resource.
    pub name: &'static str,
    /// Answers it.
    pub handler: Handler,
}

impl Route {
    /// Whether it belongs to one account.
    pub fn is_of_account(&self) -> bool {
        self.params.first() == Some(&"account")
    }
}

/// The names in braces of a path.
fn params(path: &'static str) -> Vec<&'static str> {
    let inner = |segment: &'static str| segment.strip_prefix('{')?.strip_suffix('}');
    path.split('/').filter_map(inner).collect()
}

macro_rules! routes {
    ($($method:ident $path:literal $permission:ident $takes:ident $module:ident :: $name:ident;)+) => {
        /// All routes.
        pub fn table() -> Vec<Route> {
            vec![$(Route {
                method: stringify!($method),
                path: $path,
                params: params($path),
                permission: Permission::$permission,
                takes: Takes::$takes,
                resource: stringify!($module),
                name: stringify!($name),
                handler: |call| Box::pin(resources::$module::$name(call)),
            }),+]
        }

        #[derive(OpenApi)]
        #[openapi(paths($(resources::$module::$name),+))]
        struct Handlers;
    };
}

routes! {
    PUT "/v1/accounts/{account}" Write Json accounts::put;
    GET "/v1/accounts/{account}" Read Nothing accounts::get;

    GET "/v1/accounts/{account}/managers" Read Nothing managers::list;
    PUT "/v1/accounts/{account}/managers/{manager}" Write Json managers::put;
    GET "/v1/accounts/{account}/managers/{manager}" Read Nothing managers::get;
    DELETE "/v1/accounts/{account}/managers/{manager}" Write Order managers::remove;
    PUT "/v1/accounts/{account}/managers/{manager}/presence" Write Json managers::presence;

    GET "/v1/accounts/{account}/channels" Read Nothing channels::list;
    PUT "/v1/accounts/{account}/channels/{channel}" Write Json channels::put;
    GET "/v1/accounts/{account}/channels/{channel}" Read Nothing channels::get;

    PUT "/v1/accounts/{account}/customers/{customer}" Write Json customers::put;
    GET "/v1/accounts/{account}/customers/{customer}" Read Nothing customers::get;
    POST "/v1/accounts/{account}/customers/{customer}/merge" Write Json customers::merge;
    GET "/v1/accounts/{account}/customers/{customer}/dialogs" Read Nothing customers::dialogs;

    POST "/v1/accounts/{account}/dialogs" Write Json dialogs::open;
    GET "/v1/accounts/{account}/dialogs" Read Nothing dialogs::list;
    GET "/v1/accounts/{account}/dialogs/{dialog}" Read Nothing dialogs::get;
    POST "/v1/accounts/{account}/dialogs/{dialog}/assign" Write Json hands::assign;
    POST "/v1/accounts/{account}/dialogs/{dialog}/unassign" Write MaybeJson hands::unassign;
    POST "/v1/accounts/{account}/dialogs/{dialog}/accept" Write MaybeJson hands::accept;
    POST "/v1/accounts/{account}/dialogs/{dialog}/decline" Write MaybeJson hands::decline;
    POST "/v1/accounts/{account}/dialogs/{dialog}/close" Write MaybeJson hands::close;
    POST "/v1/accounts/{account}/dialogs/{dialog}/messages" Write Json messages::write;
    GET "/v1/accounts/{account}/dialogs/{dialog}/messages" Read Nothing messages::list;
    PUT "/v1/accounts/{account}/messages/{message}/status" Write Json messages::report;
    GET "/v1/accounts/{account}/dialogs/{dialog}/timeline" Read Nothing timeline::list;
    GET "/v1/accounts/{account}/dialogs/{dialog}/explanation" Read Nothing explanation::get;

    POST "/v1/accounts/{account}/events" Write Batch batch::take;
    GET "/v1/accounts/{account}/events" Read Nothing events::list;
    GET "/v1/accounts/{account}/events/stream" Read Nothing events::stream;

    POST "/v1/accounts/{account}/webhooks" Write Json webhooks::create;
    GET "/v1/accounts/{account}/webhooks" Read Nothing webhooks::list;
    GET "/v1/accounts/{account}/webhooks/{webhook}" Read Nothing webhooks::get;
    DELETE "/v1/accounts/{account}/webhooks/{webhook}" Write Order webhooks::remove;
    GET "/v1/accounts/{account}/webhooks/{webhook}/deliveries" Read Nothing webhooks::deliveries;
    POST "/v1/accounts/{account}/webhooks/{webhook}/redeliver" Write MaybeJson webhooks::redeliver;

    GET "/v1/accounts/{account}/rules" Read Nothing rules::get;
    PUT "/v1/accounts/{account}/rules" Manage Rules rules::put;
    POST "/v1/accounts/{account}/rules/check" Manage Rules rules::check;
    POST "/v1/accounts/{account}/rules/test" Manage Rules trials::test;
    POST "/v1/accounts/{account}/rules/route" Write Json trials::route;
    POST "/v1/accounts/{account}/rules/diff" Manage Rules rule_diff::find;
    GET "/v1/accounts/{account}/rules/history" Read Nothing rule_versions::history;
    GET "/v1/accounts/{account}/rules/history/{version}" Read Nothing rule_versions::get;
    GET "/v1/accounts/{account}/rules/shadow" Manage Nothing shadow::get;
    PUT "/v1/accounts/{account}/rules/shadow" Manage Rules shadow::put;
    DELETE "/v1/accounts/{account}/rules/shadow" Manage Order shadow::remove;
    POST "/v1/accounts/{account}/rules/rollback" Manage Json rule_versions::rollback;

    POST "/v1/tokens" Manage Secret tokens::create;
    GET "/v1/tokens" Manage Nothing tokens::list;
    DELETE "/v1/tokens/{token}" Manage Order tokens::revoke;

    GET "/metrics" Metrics Nothing service::metrics;
    GET "/healthz" Public Nothing service::health;
    GET "/readyz" Public Nothing service::ready;
    GET "/problems/{code}" Public Nothing service::problem;
    GET "/openapi.json" Public Nothing docs::document;
    GET "/docs" Public Nothing docs::page;
    GET "/docs/page.js" Public Nothing docs::script;
    GET "/docs/page.css" Public Nothing docs::style;
}

/// The handlers' own documentation.
pub fn documentation() -> utoipa::openapi::OpenApi {
    Handlers::openapi()
}

/// The tree that finds a route's number in the table.
pub fn router(table: &[Route]) -> Router {
    let mut router = Router::default();
    for (number, route) in table.iter().enumerate() {
        router.add(route.method, route.path, number);
    }
    router
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::router::Found;

    #[test]
    fn each_route_is_found_by_its_own_path() {
        let table = table();
        let router = router(&table);
        for (number, route) in table.iter().enumerate() {
            let found = router.find(route.method, route.path);
            assert!(matches!(found, Found::Route(found, _) if found == number), "{}", route.path);
        }
    }

    #[test]
    fn what_changes_something_may_not_be_done_by_readers() {
        for route in table() {
            let reads = route.method == "GET";
            assert_eq!(reads, route.takes == Takes::Nothing, "{}", route.path);
            let may_read_only =
                matches!(route.permission, Permission::Read | Permission::Public | Permission::Metrics);
            assert!(reads || !may_read_only, "{}", route.path);
            assert_eq!(route.takes.takes_key(), !reads, "{}", route.path);
        }
    }

    #[test]
    fn only_what_tells_nothing_is_public() {
        let table = table();
        let public = table.iter().filter(|route| route.permission == Permission::Public);
        let paths: Vec<_> = public.map(|route| route.path).collect();
        assert_eq!(
            paths,
            [
                "/healthz",
                "/readyz",
                "/problems/{code}",
                "/openapi.json",
                "/docs",
                "/docs/page.js",
                "/docs/page.css"
            ]
        );
        assert!(
            table.iter().filter(|route| route.path.starts_with("/v1/accounts")).all(Route::is_of_account)
        );
    }
}
