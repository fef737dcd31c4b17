//! What a scrape reads, after everything that can be counted was counted.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::catalogue;
use super::connector::ConnectorMeters;
use super::gauges::Gauges;
use super::meters::{DeliveryResult, Meters, Options, Phase};
use super::server::ServerMeters;
use crate::domain::agreement::Agreement;
use crate::domain::announcement::{Announcement, Body, Subject};
use crate::domain::dialog::{By, ClosureReason};
use crate::domain::figures::{Measure, Objective, ServiceFigure};
use crate::domain::ids::{AccountId, DialogId, GroupId, ManagerId, RuleId, RulesVersion};
use crate::domain::manager::{Absence, Availability};
use crate::domain::routing::{
    Cause, Decision, DecisionEffect, FallbackReason, GroupUse, Responsible, Strategy, Verdict,
};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// Runs with a recorder of its own and answers the page.
fn page(options: Options, act: impl FnOnce(&Meters)) -> String {
    let recorder = super::recorder().expect("every histogram has edges");
    metrics::with_local_recorder(&recorder, || {
        super::describe();
        act(&Meters::new(&AccountId::default_account(), options));
    });
    recorder.handle().render()
}

fn decision(rule: Option<&str>, effect: DecisionEffect) -> Decision {
    Decision {
        dialog: DialogId::trusted("d1"),
        at: Timestamp::default(),
        cause: Cause::Opened,
        rules: RulesVersion::trusted("abc"),
        rule: rule.map(RuleId::trusted),
        tags: Tags::NONE,
        step: rule.map(|_| 1),
        entered_step_at: None,
        strategy: rule.map(|_| Strategy::LeastLoaded),
        steps: Vec::new(),
        candidates: Vec::new(),
        counts: vec![
            (Verdict::Chosen, 1),
            (Verdict::OverCapacity, 3),
            (Verdict::Absent(Absence::Offline), 2),
        ],
        choice: None,
        accept_by: None,
        ask_again_at: None,
        previous: None,
        effect,
        fallback: None,
        waited: Duration::ZERO,
        facts_until: None,
        basis: None,
    }
}

fn announcement(cause: Option<Cause>, body: Body) -> Announcement {
    Announcement {
        subject: Subject::Dialog(DialogId::trusted("d1")),
        version: 1,
        part: 0,
        at: Timestamp::default(),
        cause,
        body,
    }
}

fn ana() -> Responsible {
    Responsible::Manager(ManagerId::trusted("ana"))
}

fn reassigned(cause: Option<Cause>, by: Option<By>) -> Announcement {
    let decision = by.is_none().then(|| Arc::new(decision(Some("standard"), DecisionEffect::Reassigned)));
    announcement(cause, Body::DialogReassigned { from: ana(), to: ana(), by, decision })
}

fn objective(seconds: u64, ratio: f64) -> Objective {
    let within = Duration::from_secs(seconds);
    Objective { id: "chat".into(), measure: Measure::FirstReply, within, ratio }
}

/// Everything once, with labels as odd as they come.
fn everything(meters: &Meters) {
    let channel: Arc<str> = "odd \"channel\"\n\\".into();
    let took = Duration::from_millis(30);
    meters.decided(&decision(Some("standard"), DecisionEffect::Assigned));
    let rule = RuleId::trusted("whatsapp");
    for body in [
        Body::DialogAssigned { to: ana(), by: Some(By::Backend), decision: None },
        Body::DialogCloseWarned { rule: rule.clone(), closes_at: Timestamp::default() },
        Body::DialogClosePostponed,
        Body::DialogClosed { reason: ClosureReason::Idle(rule), by: None, last: None },
        Body::DialogClosed { reason: ClosureReason::AccountAutoClose, by: None, last: None },
        Body::FallbackUsed { dialog: DialogId::trusted("d1"), reason: FallbackReason::NoRule },
        Body::DialogQuarantined,
    ] {
        meters.announced(&announcement(None, body));
    }
    meters.announced(&reassigned(Some(Cause::NoReply), None));
    for figure in [
        ServiceFigure::FirstReply { channel: channel.clone(), took },
        ServiceFigure::Reply { channel: channel.clone(), took },
        ServiceFigure::TimeToAssign { channel: channel.clone(), took },
        ServiceFigure::Handle { channel: channel.clone(), took },
        ServiceFigure::Resolution { channel: channel.clone(), reason: "idle", took },
        ServiceFigure::Abandoned { channel: channel.clone() },
    ] {
        meters.figure(&figure);
    }
    for phase in [Phase::Decide, Phase::Journal, Phase::Effect] {
        meters.took(phase, took);
    }
    meters.committed(50, took);
    meters.timer_lag(took);
    meters.repaired("orphan");
    meters.panicked();
    meters.webhook_delivery(DeliveryResult::Delivered, took);
    meters.objectives(&[objective(30, 0.8)]);
    meters.figure(&ServiceFigure::FirstReply { channel: channel.clone(), took });
    meters.rules_loaded(&RulesVersion::trusted("abc"), Timestamp::from_secs(1_700_000_000));
    let mut gauges = Gauges::default();
    gauges.waits(None, &channel, took);
    let sales = GroupId::trusted("sales");
    let capacity = Units::whole(10);
    gauges.manager(&ManagerId::trusted("ana"), [&sales], Units::ONE, capacity, Availability::Available);
    gauges.group_uses.insert(sales, GroupUse { used: 3, most: 20 });
    meters.gauges(&gauges);
    meters.shadow_set(true);
    meters.shadow_decided(Agreement::Manager, 2);
    meters.shadow_panicked();
    connected(&ConnectorMeters::new(&AccountId::default_account()));
    ServerMeters::new().admission_refused();
    ServerMeters::new().store_size(4_096);
}

fn connected(meters: &ConnectorMeters) {
    meters.authorized(true);
    meters.frame("message_new", "ok");
    meters.called("assign", "ok", Duration::from_millis(30));
    meters.retried("assign");
    meters.resynced("gap");
    meters.repaired("closed");
    meters.conflict("overwrote");
}

const WITH_MANAGERS: Options = Options { per_manager: true, manager_limit: 1 };

/// `name{labels} value` → the name, and the names of the labels.
fn parts(line: &str) -> (&str, BTreeSet<&str>) {
    let Some((name, rest)) = line.split_once('{') else {
        return (line.split(' ').next().unwrap_or(line), BTreeSet::new());
    };
    let labels = rest.split("=\"").map(|part| part.rsplit(['"', ',']).next().unwrap_or(part));
    let labels: BTreeSet<_> = labels.filter(|label| label.chars().all(|c| c.is_ascii_lowercase())).collect();
    (name, labels.into_iter().filter(|label| !label.is_empty()).collect())
}

#[test]
fn every_family_is_on_the_page_with_help_type_and_its_labels() {
    let page = page(WITH_MANAGERS, everything);
    let mut seen = BTreeSet::new();
    for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, labels) = parts(line);
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let family = catalogue::ALL.iter().find(|f| f.name == name || Some(f.name) == base);
        let family = family.unwrap_or_else(|| panic!("not in the catalogue: {line}"));
        let expected = family.labels.iter().copied().chain(name.ends_with("_bucket").then_some("le"));
        assert_eq!(labels, expected.collect(), "{line}");
        seen.insert(family.name);
    }
    for family in catalogue::ALL {
        assert!(seen.contains(family.name), "{} is never counted", family.name);
        assert!(page.contains(&format!("# HELP {} {}", family.name, family.help.replace('\\', "\\\\"))));
        assert_eq!(page.matches(&format!("# TYPE {} ", family.name)).count(), 1, "{}", family.name);
    }
    assert!(!page.contains("quantile"), "a histogram without edges");
}

#[test]
fn what_is_known_beforehand_begins_at_zero() {
    let page = page(Options::default(), |_| {});
    for line in [
        "reparto_waiting_serviceable_dialogs{account=\"default\"} 0",
        "reparto_reassignments_total{account=\"default\",reason=\"no_reply\"} 0",
        "reparto_fallback_total{account=\"default\",reason=\"bot_off\"} 0",
        "reparto_webhook_deliveries_total{account=\"default\",result=\"failed\"} 0",
        "reparto_timer_lag_seconds_count{account=\"default\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} is missing in\n{page}");
    }
}

#[test]
fn decisions_and_hands_are_counted_apart_and_once() {
    let page = page(Options::default(), |meters| {
        meters.decided(&decision(Some("standard"), DecisionEffect::Assigned));
        meters.decided(&decision(Some("standard"), DecisionEffect::Waiting));
        let mut by_default = decision(None, DecisionEffect::Assigned);
        by_default.fallback = Some(FallbackReason::NoRule);
        meters.decided(&by_default);
        meters.decided(&decision(Some("standard"), DecisionEffect::Reassigned));
        meters.announced(&reassigned(Some(Cause::NoReply), None));
        meters.announced(&reassigned(None, Some(By::Backend)));
    });
    for line in [
        "reparto_rule_matches_total{account=\"default\",rule=\"standard\"} 3",
        "reparto_assignments_total{account=\"default\",rule=\"standard\",step=\"2\",strategy=\"least_loaded\"} 2",
        "reparto_assignments_total{account=\"default\",rule=\"-\",step=\"-\",strategy=\"fallback\"} 1",
        "reparto_assignments_total{account=\"default\",rule=\"-\",step=\"-\",strategy=\"by_hand\"} 1",
        "reparto_candidates_rejected_total{account=\"default\",reason=\"over_capacity\"} 12",
        "reparto_reassignments_total{account=\"default\",reason=\"no_reply\"} 1",
        "reparto_reassignments_total{account=\"default\",reason=\"manual\"} 1",
        "reparto_events_total{account=\"default\",event=\"dialog.reassigned\"} 2",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} is missing in\n{page}");
    }
    assert!(!page.contains("reason=\"chosen\""));
}

#[test]
fn what_vanishes_goes_to_zero() {
    let page = page(Options::default(), |meters| {
        let mut gauges = Gauges::default();
        let group = GroupId::trusted("sales");
        let offline = Availability::Absent(Absence::Busy, Timestamp::default());
        gauges.manager(&ManagerId::trusted("ana"), [&group], Units::ONE, Units::whole(2), offline);
        gauges.waits(Some(&RuleId::trusted("old")), &"site".into(), Duration::from_secs(61));
        meters.gauges(&gauges);
        meters.rules_loaded(&RulesVersion::trusted("aaa"), Timestamp::from_secs(1));
        meters.gauges(&Gauges::default());
        meters.rules_loaded(&RulesVersion::trusted("bbb"), Timestamp::from_secs(2));
        meters.rules_rejected();
    });
    for line in [
        "reparto_group_load_units{account=\"default\",group=\"sales\"} 0",
        "reparto_managers{account=\"default\",group=\"sales\",state=\"busy\"} 0",
        "reparto_waiting_dialogs{account=\"default\",rule=\"old\",channel=\"site\"} 0",
        "reparto_waiting_age_bucket_dialogs{account=\"default\",age=\"1_5m\"} 0",
        "reparto_waiting_oldest_age_seconds{account=\"default\"} 0",
        "reparto_rules_info{account=\"default\",version=\"aaa\"} 0",
        "reparto_rules_info{account=\"default\",version=\"bbb\"} 1",
        "reparto_rules_last_reload_success{account=\"default\"} 0",
        "reparto_rules_last_reload_timestamp_seconds{account=\"default\"} 2",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} is missing in\n{page}");
    }
}

#[test]
fn managers_have_series_only_when_asked_and_up_to_the_limit() {
    let fill = |meters: &Meters| {
        let mut gauges = Gauges::default();
        for id in ["ana", "boris"] {
            let manager = ManagerId::trusted(id);
            gauges.manager(&manager, [], Units::ONE, Units::whole(2), Availability::Available);
        }
        meters.gauges(&gauges);
    };
    assert!(!page(Options::default(), fill).contains("manager=\""));
    let page = page(WITH_MANAGERS, fill);
    assert!(page.contains("reparto_manager_load_units{account=\"default\",manager=\"ana\"} 1"), "{page}");
    assert!(!page.contains("boris"));
    assert!(page.contains("reparto_manager_load_ratio{account=\"default\",rank=\"p50\"} 0.5"), "{page}");
}

#[test]
fn kinds_of_channel_beyond_the_limit_are_one_series() {
    let page = page(Options::default(), |meters| {
        for n in 0..200 {
            meters.figure(&ServiceFigure::Abandoned { channel: format!("kind-{n}").into() });
        }
    });
    let series = page.lines().filter(|line| line.starts_with("reparto_abandoned_total{"));
    assert_eq!(series.count(), 31);
    assert!(page.contains("reparto_abandoned_total{account=\"default\",channel=\"other\"} 170"), "{page}");
}

/// Prometheus' own linter, where it is installed; CI also shows it the page of a running server.
#[test]
fn the_linter_of_prometheus_is_content() {
    let mut linter = Command::new("promtool");
    linter.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut linter) = linter.spawn() else {
        return;
    };
    let mut stdin = linter.stdin.take().expect("it is piped");
    stdin.write_all(page(WITH_MANAGERS, everything).as_bytes()).expect("the linter reads");
    drop(stdin);
    let output = linter.wait_with_output().expect("the linter ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn objectives_count_what_they_judge_until_they_change() {
    let replied = |meters: &Meters, seconds| {
        let (channel, took) = ("site".into(), Duration::from_secs(seconds));
        meters.figure(&ServiceFigure::FirstReply { channel, took });
    };
    let labels = "{account=\"default\",objective=\"chat\",measure=\"first_reply\"";
    let first = page(Options::default(), |meters| {
        replied(meters, 99);
        meters.objectives(&[objective(20, 0.8)]);
        for seconds in [5, 20, 21] {
            replied(meters, seconds);
        }
        meters.figure(&ServiceFigure::Abandoned { channel: "site".into() });
        // The same again changes nothing.
        meters.objectives(&[objective(20, 0.9)]);
    });
    for line in [
        format!("reparto_objective_judged_total{labels},result=\"met\"}} 2"),
        format!("reparto_objective_judged_total{labels},result=\"missed\"}} 2"),
        format!("reparto_objective_achieved_ratio{labels}}} 0.5"),
        format!("reparto_objective_target_ratio{labels}}} 0.9"),
        format!("reparto_objective_within_seconds{labels}}} 20"),
    ] {
        assert!(first.lines().any(|l| l == line), "{line} is missing in\n{first}");
    }
    let second = page(Options::default(), |meters| {
        meters.objectives(&[objective(20, 0.8)]);
        replied(meters, 30);
        meters.objectives(&[objective(60, 0.8)]);
        replied(meters, 30);
        meters.objectives(&[]);
        replied(meters, 30);
    });
    assert!(second.contains(&format!("reparto_objective_achieved_ratio{labels}}} 1")), "{second}");
    assert!(second.contains(&format!("reparto_objective_target_ratio{labels}}} 0")), "{second}");
    assert!(
        second.contains(&format!("reparto_objective_judged_total{labels},result=\"met\"}} 1")),
        "{second}"
    );
}
