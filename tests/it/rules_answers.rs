//! What compiled rule files answer: shipped files, single sections, folders.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reparto::domain::account::DefaultAssignment;
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::closing::{DialogPolicy, LastFrom};
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{DialogKind, StartedBy};
use reparto::domain::facts::{FactValue, Facts};
use reparto::domain::ids::{ChannelId, CustomerId, GroupId, ManagerId, RuleId};
use reparto::domain::routing::{Plan, Strategy, Target};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::rules::ruleset::{BotMode, GroupMembers, RuleSet};
use reparto::rules::{Compiled, Source, compile, load, render};

fn channel(kind: &str) -> Channel {
    Channel {
        id: ChannelId::trusted("ch"),
        kind: kind.into(),
        name: kind.into(),
        site: None,
        features: ChannelFeatures::default(),
    }
}

fn customer() -> Customer {
    Customer::new(CustomerId::trusted("c"))
}

fn with_facts<T>(channel: &Channel, customer: &Customer, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
    ask(&Facts {
        // A Monday morning.
        now: Timestamp::from_secs(1_772_445_600),
        channel,
        customer,
        kind: DialogKind::Customer,
        started_by: StartedBy::Customer,
        returning: false,
        messages: 1,
        moves: 0,
        text: "Hello",
        extra: &BTreeMap::new(),
    })
}

fn plan(rules: &RuleSet, kind: &str, customer: &Customer) -> Option<Plan> {
    with_facts(&channel(kind), customer, |facts| rules.plan(facts))
}

fn policy(rules: &RuleSet, kind: &str) -> DialogPolicy {
    with_facts(&channel(kind), &customer(), |facts| rules.dialog_policy(facts))
}

fn rule_of(plan: &Plan) -> &str {
    plan.rule.as_ref().map_or("", |rule| rule.as_str())
}

/// Compiles a text that must be without any finding.
#[track_caller]
fn clean(sources: &[Source]) -> Arc<RuleSet> {
    let Compiled { rules, diagnostics, .. } = compile(sources);
    assert!(diagnostics.is_empty(), "{}", render::human(&diagnostics, sources, false));
    rules.expect("no finding, so a rule set")
}

#[track_caller]
fn clean_text(text: &str) -> Arc<RuleSet> {
    clean(&[Source::new("a.toml", text)])
}

#[track_caller]
fn shipped(name: &str) -> Arc<RuleSet> {
    clean(&load(Path::new(name)).expect("a shipped file"))
}

#[test]
fn the_three_line_file_is_complete() {
    let rules = shipped("rules/default.toml");
    let plan = plan(&rules, "telegram", &customer()).unwrap();
    assert_eq!(rule_of(&plan), "rule-1");
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].to, Target::Everyone);
    assert_eq!(plan.steps[0].pick, Strategy::LeastLoaded);
    assert_eq!((plan.priority.base, plan.priority.per_minute), (0, 60));
    assert_eq!(rules.mode(), BotMode::Enforce);
    assert_eq!(rules.fallback(), None);
    assert_eq!(rules.closings_per_second(), None);
    let policy = policy(&rules, "telegram");
    assert_eq!(policy.weight, Units::ONE);
    assert_eq!(policy.close, None);
    assert!(policy.may_write);
    assert_eq!(RuleSet::built_in().version(), rules.version());
}

#[test]
fn the_retail_file_answers_for_each_kind_of_customer() {
    let rules = shipped("rules/retail.toml");
    let someone = customer();
    let rule = |customer: &Customer| {
        let plan = plan(&rules, "whatsapp", customer).unwrap();
        format!("{} {}", rule_of(&plan), plan.priority.id)
    };
    assert_eq!(rule(&someone), "standard ");
    assert_eq!(rule(&Customer { vip: true, ..someone.clone() }), "standard vip");
    assert_eq!(rule(&Customer { bad: true, ..someone.clone() }), "difficult ");
    let tagged = Customer { tags: ["b2b".into()].into(), ..someone.clone() };
    assert_eq!(rule(&tagged), "wholesale ");
    let mut segment = someone.clone();
    segment.extra.insert("customer.segment".into(), FactValue::Text("wholesale".into()));
    assert_eq!(rule(&segment), "wholesale ");
    let steps = plan(&rules, "whatsapp", &someone).unwrap().steps;
    let targets: Vec<_> = steps.iter().map(|step| step.to.to_string()).collect();
    assert_eq!(targets, ["owner", "last_manager", "group:sales", "everyone"]);
    assert_eq!(steps[0].over_capacity, Units::ONE);
    assert_eq!(steps[1].to, Target::LastManager { within: Some(Duration::from_hours(72)) });
    assert_eq!(steps[3].wait, None);
}

/// What a bad file beside it warns of, done well.
#[test]
fn exclusions_say_whom_they_are_about_and_whom_they_name() {
    let rules = clean_text(
        r#"
        [groups]
        juniors = { managers = ["boris"] }
        [[exclude]]
        id = "no-juniors"
        when = 'customer.vip'
        groups = ["juniors"]
        [[exclude]]
        when = 'channel.type == "site"'
        managers = ["ana", "vera"]
        [[rule]]
        to = "everyone"
        "#,
    );
    let names = |kind: &str, customer: &Customer| {
        with_facts(&channel(kind), customer, |facts| {
            rules.exclusions(facts).map(|exclusion| exclusion.id.to_string()).collect::<Vec<_>>()
        })
    };
    assert_eq!(names("telegram", &customer()), [""; 0]);
    let vip = Customer { vip: true, ..customer() };
    assert_eq!(names("telegram", &vip), ["no-juniors"]);
    assert_eq!(names("site", &vip), ["no-juniors", "exclude-2"]);
}

#[test]
fn the_retail_file_says_how_dialogs_live() {
    let rules = shipped("rules/retail.toml");
    let whatsapp = policy(&rules, "whatsapp");
    let close = whatsapp.close.unwrap();
    assert_eq!(close.id.as_str(), "whatsapp");
    assert_eq!(close.after, Duration::from_hours(22));
    assert_eq!(close.warnings.len(), 1);
    assert_eq!(
        &*close.warnings[0].1.in_language(Some("es-MX")),
        "¿Sigue ahí? Cerraremos este diálogo pronto."
    );
    assert!(close.farewell.is_some());
    let site = policy(&rules, "site");
    assert_eq!((site.weight, site.idle_weight), (Units::whole(2), Units::from_milli(500)));
    assert_eq!(site.close.unwrap().last_from, LastFrom::Any);
    let reassign = site.reassign;
    assert_eq!(reassign.no_reply.as_ref().unwrap().nudges.len(), 2);
    assert_eq!(reassign.then.as_ref().unwrap().to_string(), "group:duty");
    assert_eq!(rules.closings_per_second(), Some(5.0));
    assert_eq!(rules.timezone().name(), "Europe/Madrid");
    assert_eq!(rules.fallback().unwrap(), &DefaultAssignment::Group(GroupId::trusted("duty")));
    let ana = ManagerId::trusted("ana");
    assert_eq!(rules.capacity().by_manager[&ana], Units::whole(14));
    assert_eq!(rules.declared_facts().count(), 1);
}

#[test]
fn the_first_match_wins_and_nothing_may_match() {
    let sources = [Source::new(
        "a.toml",
        "[[rule]]\nid = 'one'\nwhen = 'customer.vip'\nto = 'owner'\n\
         [[rule]]\nwhen = 'customer.known'\nto = 'everyone'\n",
    )];
    let compiled = compile(&sources);
    // A warning does not stand in the way.
    assert_eq!(compiled.diagnostics.len(), 1);
    let rules = compiled.rules.unwrap();
    assert_eq!(plan(&rules, "site", &customer()), None);
    let both = Customer { vip: true, known: true, ..customer() };
    assert_eq!(rule_of(&plan(&rules, "site", &both).unwrap()), "one");
    let known = Customer { known: true, ..customer() };
    assert_eq!(rule_of(&plan(&rules, "site", &known).unwrap()), "rule-2");
    assert_eq!(rules.rule_ids().map(RuleId::as_str).collect::<Vec<_>>(), ["one", "rule-2"]);
}

#[test]
fn a_plan_has_the_tags_of_its_rule() {
    let rules = clean_text(
        "[[rule]]\nwhen = 'customer.vip'\ntags = [' vip ', 'de noche']\nto = 'owner'\n\
         [[rule]]\nto = 'everyone'\n",
    );
    let vip = plan(&rules, "site", &Customer { vip: true, ..customer() }).expect("it matches");
    assert_eq!(vip.tags.names(), ["vip".into(), "de noche".into()] as [Arc<str>; 2]);
    assert!(plan(&rules, "site", &customer()).expect("it matches").tags.is_empty());
}

#[test]
fn warnings_and_reminders_come_in_their_order() {
    let rules = clean_text(
        "[[rule]]\nto = 'everyone'\n\
         [reassign.no_reply]\nafter = '10m'\nnudge = ['8m', '5m']\n\
         [[close]]\nafter = '2h'\nwarn = [{ before = '5m', text = 'b' }, { before = '1h', text = 'a' }]\n\
         [texts]\na = { en = 'A' }\nb = { en = 'B' }\n",
    );
    let policy = policy(&rules, "site");
    let close = policy.close.unwrap();
    let order: Vec<_> = close.warnings.iter().map(|(_, text)| text.key.to_string()).collect();
    assert_eq!(order, ["a", "b"]);
    assert_eq!(policy.reassign.no_reply.as_ref().unwrap().nudges, [5, 8].map(Duration::from_mins));
}

#[test]
fn a_fact_may_be_declared_with_or_without_quotes() {
    for name in ["\"customer.segment\"", "customer.segment"] {
        let text = format!(
            "[facts]\n{name} = {{ type = 'text', default = 'x' }}\n\
             [[rule]]\nwhen = 'customer.segment == \"x\"'\nto = 'owner'\n[[rule]]\nto = 'everyone'\n"
        );
        let rules = clean_text(&text);
        assert_eq!(rule_of(&plan(&rules, "site", &customer()).unwrap()), "rule-1");
    }
}

#[test]
fn a_folder_is_one_rule_set() {
    let people = "[groups]\nsales = { managers = ['boris', 'ana'] }\nsupport = { crm_group = '7' }\n";
    let sources = [
        Source::new("10-people.toml", people),
        Source::new("20-vip.toml", "[[rule]]\nwhen = 'customer.vip'\nto = 'group:sales'\npick = 'ordered'\n"),
        Source::new("30-rest.toml", "schema = 1\n[[rule]]\nto = 'group:support'\n"),
    ];
    let rules = clean(&sources);
    assert_eq!(rules.rule_ids().map(RuleId::as_str).collect::<Vec<_>>(), ["rule-1", "rule-2"]);
    let groups: Vec<_> = rules.groups().values().collect();
    let members = ["boris", "ana"].map(ManagerId::trusted).to_vec();
    assert_eq!(groups, [&GroupMembers::Managers(members), &GroupMembers::Crm(GroupId::trusted("7"))]);
    let other = [sources[0].clone(), sources[2].clone()];
    assert_ne!(clean(&other).version(), rules.version());
}

#[test]
fn an_off_bot_needs_no_rule() {
    let rules = clean_text("[bot]\nmode = 'off'\nfallback = { assign = 'manager:ana' }\n");
    assert_eq!(rules.mode(), BotMode::Off);
    assert_eq!(rules.fallback(), Some(&DefaultAssignment::Manager(ManagerId::trusted("ana"))));
    assert_eq!(plan(&rules, "site", &customer()), None);
}

#[test]
fn editors_on_other_systems_make_no_difference() {
    let unix =
        "[[rule]]\nwhen = \"\"\"\ncustomer.vip &&\n  true\"\"\"\nto = 'owner'\n[[rule]]\nto = 'everyone'\n";
    let windows = unix.replace('\n', "\r\n");
    assert_eq!(clean_text(unix).version(), clean_text(&windows).version());
    clean_text(&format!("\u{feff}{windows}"));
}

#[test]
fn no_text_at_all_is_an_error_and_no_panic() {
    let compiled = compile(&[]);
    assert!(compiled.rules.is_none());
    assert!(render::human(&compiled.diagnostics, &[], false).contains("R201"));
    assert!(render::json(&compiled.diagnostics, &[]).contains("\"version\": 1"));
    assert!(render::github(&compiled.diagnostics, &[]).starts_with("::error title=R201::"));
}

#[test]
fn objectives_are_read_one_for_each_measure() {
    let rules = clean_text(
        "[[rule]]\nto = 'everyone'\n\
         [[objective]]\nid = 'chat'\nfirst_reply = { within = '20s', ratio = 0.8 }\nassign = { within = '5s', ratio = 1 }\n\
         [[objective]]\nreply = { within = '1h', ratio = 0.95 }\n",
    );
    let told: Vec<_> = rules
        .objectives()
        .iter()
        .map(|objective| {
            let seconds = objective.within.as_secs();
            format!("{} {} {seconds} {}", objective.id, objective.measure.word(), objective.ratio)
        })
        .collect();
    assert_eq!(told, ["chat first_reply 20 0.8", "chat assign 5 1", "objective-2 reply 3600 0.95"]);
}
