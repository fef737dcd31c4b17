//! From a draft without errors to the compiled set.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::Condition;
use super::read::{Close, Draft, PER_MINUTE, When};
use super::ruleset::{Class, Closing, Parts, Route, RuleSet};
use crate::domain::closing::{ClosePolicy, Text};
use crate::domain::ids::RulesVersion;
use crate::domain::routing::{Priority, Step};

/// Builds the set. Whatever a draft lacks was reported as an error and does not come here.
pub(super) fn build(draft: Draft, version: RulesVersion) -> RuleSet {
    let texts: BTreeMap<Arc<str>, Arc<Text>> = draft
        .texts
        .into_iter()
        .map(|(key, wordings)| {
            let text = Text { key: key.clone(), wordings: wordings.value };
            (key, Arc::new(text))
        })
        .collect();
    let routes = draft.rules.into_iter().map(|rule| Route {
        when: condition(rule.when),
        id: rule.id.value,
        steps: rule
            .steps
            .into_iter()
            .filter_map(|step| {
                Some(Step {
                    to: step.to?.value,
                    pick: step.pick.map(|pick| pick.value).unwrap_or_default(),
                    wait: step.wait.map(|wait| wait.value),
                    only: step.only.is_some_and(|only| only.value),
                    over_capacity: step.over_capacity,
                })
            })
            .collect(),
    });
    let classes = draft.priorities.into_iter().map(|class| Class {
        when: condition(class.when),
        priority: Priority {
            id: class.id.value.as_str().into(),
            base: class.base,
            per_minute: class.per_minute.value,
        },
    });
    let closings = draft.closes.into_iter().filter_map(|close| closing(close, &texts));
    let bot = draft.bot.map(|bot| bot.value).unwrap_or_default();
    let reassign = draft.reassign.map(|reassign| reassign.value.policy);
    RuleSet::new(Parts {
        version,
        timezone: draft.timezone.map_or(chrono_tz::UTC, |zone| zone.value),
        mode: bot.mode,
        fallback: bot.fallback.map(|fallback| fallback.value),
        facts: draft.facts.into_declared(),
        groups: draft.groups.into_iter().map(|(id, members)| (id, members.value)).collect(),
        presence: draft.presence.map(|p| p.value).unwrap_or_default(),
        capacity: draft.capacity.map(|c| c.value).unwrap_or_default(),
        classes: classes.collect(),
        other: Priority { per_minute: PER_MINUTE, ..Priority::default() },
        routes: routes.collect(),
        reassign: Arc::new(reassign.unwrap_or_default()),
        closings: closings.collect(),
        closings_per_second: draft.closings_per_second.and_then(|rate| rate.value),
    })
}

fn condition(when: When) -> Condition {
    when.condition.unwrap_or(Condition::ALWAYS)
}

fn closing(close: Close, texts: &BTreeMap<Arc<str>, Arc<Text>>) -> Option<Closing> {
    let policy = ClosePolicy {
        id: close.id.value,
        by_account: false,
        after: close.after?.value,
        last_from: close.last_from,
        warnings: close
            .warnings
            .into_iter()
            .filter_map(|(before, text)| Some((before, texts.get(&text.value)?.clone())))
            .collect(),
        farewell: close.farewell.and_then(|text| texts.get(&text.value).cloned()),
        farewell_timeout: close.farewell_timeout,
    };
    Some(Closing { when: condition(close.when), policy: Arc::new(policy) })
}
