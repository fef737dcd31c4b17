//! From a method and an address to a route: a tree of path segments, compared without patterns.

use std::collections::BTreeMap;

/// What an address leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A route, by its number, and the parameters of its path in order, still percent-encoded.
    Route(usize, Params),
    /// The address exists, the method does not: those that do.
    WrongMethod(Vec<String>),
    /// There is no such address.
    Nothing,
}

/// Up to three parameters of a path, as ranges of the path's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    ranges: [(u16, u16); 3],
    count: u8,
}

impl Params {
    fn push(&mut self, start: usize, end: usize) -> Option<()> {
        let range = (u16::try_from(start).ok()?, u16::try_from(end).ok()?);
        *self.ranges.get_mut(usize::from(self.count))? = range;
        self.count += 1;
        Some(())
    }

    /// The parameter at this place, of the path that was searched for.
    pub fn get(self, at: usize, path: &str) -> Option<&str> {
        let (start, end) = *self.ranges[..usize::from(self.count)].get(at)?;
        path.get(usize::from(start)..usize::from(end))
    }
}

#[derive(Debug, Default)]
struct Node {
    fixed: BTreeMap<String, Node>,
    param: Option<Box<Node>>,
    /// Method to number of the route.
    routes: Vec<(String, usize)>,
}

/// A tree of routes.
#[derive(Debug, Default)]
pub struct Router {
    root: Node,
}

impl Router {
    /// Adds a route, such as `GET`, `/v1/accounts/{account}`, with its number.
    pub fn add(&mut self, method: &str, pattern: &str, number: usize) {
        let mut node = &mut self.root;
        for segment in segments(pattern) {
            node = if segment.starts_with('{') {
                node.param.get_or_insert_default()
            } else {
                node.fixed.entry(segment.to_owned()).or_default()
            };
        }
        node.routes.push((method.to_owned(), number));
    }

    /// Finds the route. `HEAD` is answered by the route of `GET`. A fixed segment goes before a parameter.
    pub fn find(&self, method: &str, path: &str) -> Found {
        let mut params = Params::default();
        let mut node = &self.root;
        let mut at = 1;
        for segment in segments(path) {
            node = if let Some(next) = node.fixed.get(segment) {
                next
            } else if let Some(next) = node.param.as_deref().filter(|_| !segment.is_empty()) {
                if params.push(at, at + segment.len()).is_none() {
                    return Found::Nothing;
                }
                next
            } else {
                return Found::Nothing;
            };
            at += segment.len() + 1;
        }
        if node.routes.is_empty() || !path.starts_with('/') {
            return Found::Nothing;
        }
        let wanted = if method == "HEAD" { "GET" } else { method };
        match node.routes.iter().find(|(method, _)| method == wanted) {
            Some((_, number)) => Found::Route(*number, params),
            None => Found::WrongMethod(allowed(node)),
        }
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn allowed(node: &Node) -> Vec<String> {
    let mut methods: Vec<_> = node.routes.iter().map(|(method, _)| method.clone()).collect();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".to_owned());
    }
    methods.push("OPTIONS".to_owned());
    methods.sort_unstable();
    methods
}

/// Decodes a percent-encoded segment; `None` when it is no UTF-8 or ends within an escape.
pub fn decode(segment: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(segment.into());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router {
        let mut tree = Router::default();
        let routes = [
            ("GET", "/healthz"),
            ("GET", "/v1/a/{account}/dialogs"),
            ("POST", "/v1/a/{account}/dialogs"),
            ("GET", "/v1/a/{account}/dialogs/{dialog}"),
            ("GET", "/v1/a/{account}/events/stream"),
            ("GET", "/v1/a/{account}/events/{event}"),
        ];
        for (number, (method, pattern)) in routes.into_iter().enumerate() {
            tree.add(method, pattern, number);
        }
        tree
    }

    #[test]
    fn finds_routes_and_their_parameters() {
        let router = router();
        let path = "/v1/a/shop/dialogs/d%207";
        let Found::Route(3, params) = router.find("GET", path) else {
            panic!("not found");
        };
        assert_eq!(params.get(0, path), Some("shop"));
        assert_eq!(params.get(1, path), Some("d%207"));
        assert_eq!(params.get(2, path), None);
        assert!(matches!(router.find("HEAD", "/healthz"), Found::Route(0, _)));
        assert!(matches!(router.find("POST", "/v1/a/x/dialogs"), Found::Route(2, _)));
        assert!(matches!(router.find("GET", "/v1/a/x/events/stream"), Found::Route(4, _)));
        assert!(matches!(router.find("GET", "/v1/a/x/events/7"), Found::Route(5, _)));
    }

    #[test]
    fn tells_what_is_missing() {
        let router = router();
        let allowed = ["GET", "HEAD", "OPTIONS", "POST"].map(str::to_owned).to_vec();
        assert_eq!(router.find("PUT", "/v1/a/x/dialogs"), Found::WrongMethod(allowed));
        for nothing in
            ["", "/", "healthz", "/healthz/", "/v1", "/v1/a//dialogs", "/v1/a/x/dialogs/", "/v1/a/x/y"]
        {
            assert_eq!(router.find("GET", nothing), Found::Nothing, "{nothing}");
        }
    }

    #[test]
    fn decodes_segments() {
        assert_eq!(decode("a%20b%C3%A9").as_deref(), Some("a bé"));
        assert_eq!(decode("a+b").as_deref(), Some("a+b"));
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
