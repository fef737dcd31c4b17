//! The event feed: in order, without gaps, resumable; by pages, by long poll, or as a stream.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{LocalBoxStream, unfold};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::domain::ids::AccountId;
use crate::http::call::Call;
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::query::List;
use crate::http::reply::{Answer, JSON, Reply};
use crate::http::views::event::{EventPage, write_events, write_sent_event};
use crate::http::views::id::DialogKey;
use crate::http::views::webhook::check_event;
use crate::store::SharedStore;
use crate::store::read::{EventFilter, StoredEvent};

const LONGEST_WAIT_SECONDS: u64 = 60;
const EVENT_STREAM: &str = "text/event-stream";
/// Silence after which a stream says that it is alive, before anything between closes it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events of a stream that are in memory at a time: the next are read when these are sent.
const AT_ONCE: u32 = 250;

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only events after this number; from the first when missing. `newest`: only those to come.
    #[param(value_type = Option<String>)]
    pub after: Option<String>,
    /// At most this many; 100 when missing.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// When there is none, wait up to so many seconds for one.
    #[param(maximum = 60)]
    pub wait: Option<u64>,
    /// Only of this dialog.
    pub dialog: Option<DialogKey>,
    /// Only these, separated by commas: names, or prefixes such as `dialog.*`.
    #[param(value_type = String)]
    pub types: List<String>,
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(&codes::BAD_VALUE, detail)
}

impl EventQuery {
    fn filter(&self) -> Result<EventFilter, Problem> {
        self.types.0.iter().try_for_each(|name| check_event(name))?;
        Ok(EventFilter { dialog: self.dialog.as_ref().map(|id| id.0.clone()), names: self.types.0.clone() })
    }

    fn wait(&self) -> Result<Duration, Problem> {
        let seconds = self.wait.unwrap_or(0);
        if seconds > LONGEST_WAIT_SECONDS {
            return Err(bad(format!("`wait` must be from 0 to {LONGEST_WAIT_SECONDS} seconds")));
        }
        Ok(Duration::from_secs(seconds))
    }
}

/// The number to go on after: what the client says it has, or what it asks for.
fn start(has: Option<&str>, asked: Option<&str>, newest: u64) -> Result<u64, Problem> {
    match has.or(asked) {
        None => Ok(0),
        Some("newest") => Ok(newest),
        Some(number) => number
            .trim()
            .parse()
            .map_err(|_| bad(format!("`{number}` is no event's number; send one, or `newest`"))),
    }
}

/// Where a reader is in the feed.
struct Reader {
    store: SharedStore,
    account: AccountId,
    filter: EventFilter,
    after: u64,
    newest: watch::Receiver<u64>,
    stopping: Option<watch::Receiver<bool>>,
}

/// What came while waiting.
#[derive(Debug, PartialEq, Eq)]
enum Waited {
    /// Events.
    More,
    /// Nothing.
    Nothing,
    /// There will be no more: the server stops.
    Over,
}

impl Reader {
    fn new(call: &Call, query: &EventQuery, has: Option<&str>) -> Result<Self, Problem> {
        let newest = call.newest_seq()?;
        let seen = *newest.borrow();
        Ok(Self {
            store: call.store().clone(),
            account: call.account.clone(),
            filter: query.filter()?,
            after: start(has, query.after.as_deref(), seen)?,
            newest,
            stopping: call.shared.options.stopping.clone(),
        })
    }

    /// The next events, possibly none. Goes on past events that the filter leaves out.
    async fn read(&mut self, limit: u32) -> Result<Vec<StoredEvent>, Problem> {
        // Taken before the store is asked: what comes in between is then seen as new.
        let newest = *self.newest.borrow_and_update();
        if newest <= self.after {
            return Ok(Vec::new());
        }
        let events = self.store.events(&self.account, self.after, limit, &self.filter).await?;
        let is_all = events.len() < limit as usize;
        let last = events.last().map(|event| event.seq);
        self.after = last.max(is_all.then_some(newest)).map_or(self.after, |seq| seq.max(self.after));
        Ok(events)
    }

    async fn wait(&mut self, longest: Duration) -> Waited {
        let stopped = async {
            match &mut self.stopping {
                Some(stopping) => drop(stopping.wait_for(|stopping| *stopping).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stopped => Waited::Over,
            changed = self.newest.changed() => match changed {
                Ok(()) => Waited::More,
                Err(_) => Waited::Over,
            },
            () = after(longest) => Waited::Nothing,
        }
    }
}

/// A wait that nothing depends on: a heartbeat, or the end of a long poll.
async fn after(span: Duration) {
    // Never ready by itself, so the time out is what ends it.
    let _ = tokio::time::timeout(span, std::future::pending::<()>()).await;
}

/// Events after a number.
///
/// In order and without gaps. With `wait`, a long poll. With `Accept: text/event-stream` the same as `/events/stream`.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/events",
    params(EventQuery),
    responses((status = 200, description = "The events, and where to go on.", body = EventPage))
)]
pub async fn list(call: Call) -> Answer {
    if call.header("accept").is_some_and(|accept| accept.contains(EVENT_STREAM)) {
        return stream(call).await;
    }
    let query: EventQuery = call.query()?;
    let (limit, wait) = (page::limit(query.limit)?, query.wait()?);
    let mut reader = Reader::new(&call, &query, None)?;
    let mut events = reader.read(limit).await?;
    if events.is_empty() && !wait.is_zero() {
        // The span is for the whole call, however many events the filter leaves out meanwhile.
        let found = tokio::time::timeout(wait, async {
            loop {
                if reader.wait(wait).await != Waited::More {
                    return Ok(Vec::new());
                }
                let events = reader.read(limit).await?;
                if !events.is_empty() {
                    return Ok::<_, Problem>(events);
                }
            }
        });
        events = found.await.unwrap_or(Ok(Vec::new()))?;
    }
    let newest = *reader.newest.borrow();
    Ok(Reply::whole(200, JSON, page(&reader, &events, newest)))
}

fn page(reader: &Reader, events: &[StoredEvent], newest: u64) -> Vec<u8> {
    let mut body = b"{\"items\":[".to_vec();
    write_events(&reader.account, events, &mut body);
    let end = format!("],\"next_after\":{},\"newest_seq\":{newest}}}", reader.after);
    body.extend_from_slice(end.as_bytes());
    body
}

/// Events as they happen.
///
/// Server-sent events: `id` is the number, `event` the name, `data` the event as JSON. A client that comes back
/// sends `Last-Event-ID` and misses nothing. A slow client is not held in memory: the next events are read when it
/// has taken the last ones.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/events/stream",
    params(EventQuery, ("Last-Event-ID" = Option<String>, Header, description = "Go on after this event.")),
    responses((status = 200, description = "The stream.", body = String, content_type = "text/event-stream"))
)]
pub async fn stream(call: Call) -> Answer {
    let query: EventQuery = call.query()?;
    let reader = Reader::new(&call, &query, call.header("last-event-id"))?;
    Ok(Reply::stream(EVENT_STREAM, pieces(reader)).with(CACHE_CONTROL, "no-store"))
}

/// The pieces of a stream; each is made when the client has taken the one before.
fn pieces(reader: Reader) -> LocalBoxStream<'static, Result<Bytes, Infallible>> {
    let greeting = Bytes::from_static(b"retry: 1000\n\n");
    let events = unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        loop {
            match reader.read(AT_ONCE).await {
                Ok(events) if !events.is_empty() => {
                    let mut piece = Vec::new();
                    for event in &events {
                        write_sent_event(&reader.account, event, &mut piece);
                    }
                    return Some((Bytes::from(piece), Some(reader)));
                }
                Ok(_) => {}
                Err(problem) => {
                    tracing::warn!(%problem, "an event stream ended");
                    return None;
                }
            }
            match reader.wait(HEARTBEAT).await {
                Waited::More => {}
                Waited::Nothing => return Some((Bytes::from_static(b":\n\n"), Some(reader))),
                Waited::Over => return None,
            }
        }
    });
    let greeting = futures_util::stream::once(async { greeting });
    Box::pin(greeting.chain(events).map(Ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_reader_starts() {
        assert_eq!(start(None, None, 9), Ok(0));
        assert_eq!(start(None, Some("4"), 9), Ok(4));
        assert_eq!(start(Some("5"), Some("4"), 9), Ok(5));
        assert_eq!(start(None, Some("newest"), 9), Ok(9));
        assert_eq!(start(None, Some("-1"), 9).unwrap_err().kind.code, "bad_value");
    }

    #[test]
    fn bad_questions_are_refused() {
        let query = |text| crate::http::query::read::<EventQuery>(text);
        assert!(query("wait=60").unwrap().wait().is_ok());
        assert!(query("wait=61").unwrap().wait().is_err());
        assert!(query("types=dialog.*,rules.applied").unwrap().filter().is_ok());
        assert!(query("types=dialog.asigned").unwrap().filter().is_err());
        assert!(query("dialog=d1&since=4").is_err());
    }
}
