//! From a draft without errors to the compiled set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::condition::Condition;
use super::read::{Close, Draft, On, PER_MINUTE, ReplyDraft, When};
use super::replies::{AutoReply, Occasion};
use super::ruleset::{Class, Closing, Exclusion, Parts, Route, RuleSet};
use crate::domain::closing::{ClosePolicy, Text};
use crate::domain::ids::RulesVersion;
use crate::domain::routing::{Priority, Step};

/// How many held dialogs go on in a second when the file does not say: thirty a minute.
const RELEASES: f64 = 0.5;

/// Builds the set. Whatever a draft lacks was reported as an error and does not come here.
pub(super) fn build(draft: Draft, version: RulesVersion) -> RuleSet {
    let languages: Arc<[Arc<str>]> =
        draft.languages.map(|languages| languages.value).unwrap_or_default().into();
    let texts: BTreeMap<Arc<str>, Arc<Text>> = draft
        .texts
        .into_iter()
        .map(|(key, wordings)| {
            let fallback = Arc::clone(&languages);
            let text = Text { key: key.clone(), wordings: wordings.value, fallback };
            (key, Arc::new(text))
        })
        .collect();
    let routes = draft.rules.into_iter().map(|rule| Route {
        when: condition(rule.when),
        facts_within: rule.facts_within,
        tags: rule.tags.into_iter().collect(),
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
                    accept_within: step.accept_within,
                    notify: step.notify.and_then(|text| texts.get(&text.value).cloned()),
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
    let exclusions = draft.exclusions.into_iter().map(|exclusion| Exclusion {
        id: exclusion.id.value,
        when: condition(exclusion.when),
        managers: exclusion.managers.into_iter().map(|manager| manager.value).collect(),
        groups: exclusion.groups.into_iter().map(|group| group.value).collect(),
    });
    let mut asked = BTreeSet::new();
    let conditions = draft.closes.iter().map(|close| &close.when);
    for when in conditions.chain(draft.replies.iter().map(|reply| &reply.when)) {
        if let Some(condition) = &when.condition {
            condition.note_schedules(&mut asked);
        }
    }
    let policy_schedules = asked.iter().filter_map(|id| Some(Arc::clone(&draft.schedules.get(id)?.schedule)));
    let policy_schedules = policy_schedules.collect();
    let auto_replies = draft.replies.into_iter().filter_map(|reply| auto_reply(reply, &texts));
    let closings = draft.closes.into_iter().filter_map(|close| closing(close, &texts));
    let bot = draft.bot.map(|bot| bot.value).unwrap_or_default();
    let reassign = draft.reassign.map(|reassign| reassign.value.policy);
    RuleSet::new(Parts {
        version,
        timezone: draft.timezone.map_or(chrono_tz::UTC, |zone| zone.value),
        mode: bot.mode,
        fallback: bot.fallback.map(|fallback| fallback.value),
        facts: draft.facts.into_declared(),
        schedules: draft.schedules.into_iter().map(|(id, table)| (id, table.schedule)).collect(),
        groups: draft.groups.into_iter().map(|(id, members)| (id, members.value)).collect(),
        caps: draft.caps,
        presence: draft.presence.map(|p| p.value).unwrap_or_default(),
        capacity: draft.capacity.map(|c| c.value).unwrap_or_default(),
        classes: classes.collect(),
        other: Priority { per_minute: PER_MINUTE, ..Priority::default() },
        routes: routes.collect(),
        reassign: Arc::new(reassign.unwrap_or_default()),
        exclusions: exclusions.collect(),
        closings: closings.collect(),
        objectives: draft.objectives.into_iter().flat_map(|objective| objective.promises).collect(),
        closings_per_second: draft.closings_per_second.and_then(|rate| rate.value),
        releases_per_second: draft.releases_per_second.and_then(|rate| rate.value).unwrap_or(RELEASES),
        auto_replies: auto_replies.collect(),
        policy_schedules,
    })
}

fn condition(when: When) -> Condition {
    when.condition.unwrap_or(Condition::ALWAYS)
}

fn auto_reply(reply: ReplyDraft, texts: &BTreeMap<Arc<str>, Arc<Text>>) -> Option<AutoReply> {
    let on = match reply.on? {
        On::Opened => Occasion::Opened,
        On::NobodyOnline => Occasion::NobodyOnline,
        On::Waiting if reply.after > Duration::ZERO => Occasion::WaitsFor(reply.after),
        On::Waiting => Occasion::Waits { ahead: reply.ahead },
    };
    let text = texts.get(&reply.text?.value)?.clone();
    Some(AutoReply { when: condition(reply.when), on, text })
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
