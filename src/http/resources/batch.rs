//! Batches of facts: each is one of the single calls, and all of them share one durable commit.
//!
//! Facts are handed to the engine in order and without waiting for each other, so that the engine sees one
//! order and its writer takes them together. Each is carried out or refused on its own.

use std::future::Future;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use super::facts::{self, Fact};
use crate::domain::refusal::Refusal;
use crate::engine::EngineError;
use crate::engine::inbound::{Inbound, Outcome};
use crate::http::call::Call;
use crate::http::idempotency::{self, Held};
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::reply::{Answer, Reply};
use crate::http::views::batch::{BatchAnswer, Item, ItemResult, ItemStatus};
use crate::store::change::Receipt;

/// Take a batch of facts.
///
/// A JSON array, or NDJSON with one fact on each line. A fact names the single call that it stands for, carries
/// what that call has in its address and body, and has an id of its own in the system that it comes from: sent
/// again, it is not carried out again.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/events",
    request_body(content(
        (Vec<Item> = "application/json"),
        (Item = "application/x-ndjson"),
    )),
    responses((status = 200, description = "What became of each fact.", body = BatchAnswer))
)]
pub async fn take(call: Call) -> Answer {
    let raw = facts::split(&call.body, call.format)?;
    let (limit, count) = (call.shared.options.batch_limit, raw.len());
    if count > limit {
        let detail = format!("a batch may have at most {limit} items, this one has {count}");
        return Err(Problem::new(&codes::BATCH_TOO_LARGE, detail));
    }
    let read = raw.into_iter().map(|raw| facts::read(&call.account, raw));
    let (mut facts, mut inbounds): (Vec<_>, Vec<_>) = read.unzip();
    facts::settle_repeats(&mut facts, &mut inbounds);
    let _held = hold(&call, &mut facts, &mut inbounds);
    let known = in_order(facts.iter().map(|fact| is_done(&call, fact))).await;
    let each = facts.iter().zip(inbounds).zip(known);
    let outcomes = each.map(|((fact, inbound), known)| carry_out(&call, fact, inbound, known));
    let outcomes = in_order(outcomes).await;
    let each = facts.iter().zip(&outcomes);
    in_order(each.map(|(fact, outcome)| remember(&call, fact, outcome))).await;
    Reply::json(200, &summarize(&facts, &outcomes))
}

/// Starts all in order, and waits for all of them.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures.collect::<FuturesOrdered<F>>().collect().await
}

/// Keeps others from carrying out the same facts at the same time.
fn hold(call: &Call, facts: &mut [Fact], inbounds: &mut [Result<Inbound, Problem>]) -> Vec<Held> {
    let mut held = Vec::new();
    for (fact, inbound) in facts.iter_mut().zip(inbounds) {
        match fact.receipt.as_ref().map(|key| call.shared.under_way.hold(key)) {
            Some(Ok(one)) => held.push(one),
            Some(Err(problem)) => {
                *inbound = Err(problem);
                fact.receipt = None;
            }
            None => {}
        }
    }
    held
}

/// Whether it was carried out before; only asked where doing it again could differ.
async fn is_done(call: &Call, fact: &Fact) -> Result<bool, Problem> {
    let Some(key) = &fact.receipt else {
        return Ok(false);
    };
    let receipt = call.store().receipt(&call.account, key.as_str()).await?;
    match receipt {
        None => Ok(false),
        Some(receipt) => idempotency::check(&receipt, &fact.fingerprint).map(|()| true),
    }
}

async fn carry_out(
    call: &Call,
    fact: &Fact,
    inbound: Result<Inbound, Problem>,
    is_done: Result<bool, Problem>,
) -> Result<Outcome, Problem> {
    let inbound = inbound?;
    if is_done? || fact.repeats.is_some() {
        return Ok(Outcome::Done);
    }
    let is_closure = matches!(inbound, Inbound::Close { .. });
    match call.engine().submit(&call.account, inbound).await {
        // A closure of what is closed was carried out before.
        Err(EngineError::Refused(Refusal::DialogClosed)) if is_closure => Ok(Outcome::Done),
        outcome => outcome.map_err(|error| Problem::from(error).in_body()),
    }
}

async fn remember(call: &Call, fact: &Fact, outcome: &Result<Outcome, Problem>) {
    let (Some(key), Ok(_)) = (&fact.receipt, outcome) else {
        return;
    };
    let receipt = Receipt {
        key: key.as_str().into(),
        fingerprint: fact.fingerprint,
        status: 200,
        body: "".into(),
        at: call.shared.state.clock.now(),
    };
    if let Err(error) = call.engine().remember(&call.account, receipt).await {
        tracing::warn!(%error, "the receipt of a fact could not be kept");
    }
}

fn summarize<'a>(facts: &'a [Fact], outcomes: &'a [Result<Outcome, Problem>]) -> BatchAnswer<'a> {
    // A repeat has the outcome of the fact that it repeats.
    let outcome = |at: usize, fact: &Fact| &outcomes[fact.repeats.unwrap_or(at)];
    let each = facts.iter().enumerate();
    let items: Vec<_> = each.map(|(at, fact)| result(fact, outcome(at, fact))).collect();
    let count = |status| items.iter().filter(|item| item.status == status).count();
    BatchAnswer {
        done: count(ItemStatus::Done),
        refused: count(ItemStatus::Refused),
        failed: count(ItemStatus::Failed),
        items,
    }
}

fn result<'a>(fact: &'a Fact, outcome: &'a Result<Outcome, Problem>) -> ItemResult<'a> {
    let (dialog, message) = match outcome {
        Ok(Outcome::Dialog { dialog, message, .. }) => (Some(dialog), message.as_ref()),
        Ok(Outcome::Message { message, dialog, .. }) => (Some(dialog), Some(message)),
        Ok(Outcome::Manager(_) | Outcome::Customer(_) | Outcome::Done) | Err(_) => (None, None),
    };
    let problem = outcome.as_ref().err();
    let status = match problem {
        None => ItemStatus::Done,
        Some(problem) if problem.is_passing() => ItemStatus::Failed,
        Some(_) => ItemStatus::Refused,
    };
    ItemResult {
        source_id: fact.source_id.as_deref(),
        status,
        dialog: dialog.map(|dialog| dialog.id.as_str()),
        state: dialog.map(|dialog| dialog.state.word()),
        responsible: dialog.and_then(|dialog| dialog.responsible()).map(Into::into),
        message: message.map(|message| message.id.as_str()),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn futures_start_in_order() {
        let started = std::cell::RefCell::new(Vec::new());
        let started = &started;
        let ended = in_order((0..200).map(|number| async move {
            started.borrow_mut().push(number);
            tokio::task::yield_now().await;
            number
        }))
        .await;
        assert_eq!(*started.borrow(), (0..200).collect::<Vec<_>>());
        assert_eq!(ended, *started.borrow());
    }

    #[test]
    fn a_repeat_has_the_outcome_of_the_first() {
        let fact =
            |repeats| Fact { source_id: Some("s".to_owned()), receipt: None, fingerprint: [0; 32], repeats };
        let refused = Err(crate::domain::refusal::Refusal::DialogClosed.into());
        let busy = Err(Problem::passing(&codes::BUSY, "busy", 1));
        let outcomes = [refused, Ok(Outcome::Done), busy];
        let facts = [fact(None), fact(Some(0)), fact(None)];
        let answer = summarize(&facts, &outcomes);
        assert_eq!((answer.done, answer.refused, answer.failed), (0, 2, 1));
    }
}
