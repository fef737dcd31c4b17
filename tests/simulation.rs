//! Simulated days: random steps and faults, with every invariant asked after each.
//!
//! `SIM_SEEDS=5000 cargo test --test simulation random_days` plays more of them, `SIM_FIRST` says where to begin.
//! A day that fails prints the line that repeats it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reparto::domain::agreement::Agreement;
use reparto::domain::announcement::{Body, Subject, TextPurpose};
use reparto::domain::dialog::Dialog;
use reparto::sim::day::{play, play_beside};
use reparto::sim::faults::{Faults, Sabotage};
use reparto::sim::fold::Fold;
use reparto::sim::invariants::journal::{announced_once, numbered_without_gaps, one_responsible};
use reparto::sim::invariants::texts::{
    no_text_is_asked_for_twice, told_texts_are_known, what_is_told_is_asked_for,
};
use reparto::sim::ledger::Entry;
use reparto::sim::world::World;

#[path = "simulation/queueing.rs"]
mod queueing;
#[path = "simulation/scenes.rs"]
mod scenes;

/// Enough to meet every invariant many times over, and to take some 20 seconds.
const SEEDS: u64 = 200;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What all days came to together, to see that none of it was idle.
#[derive(Default)]
struct Totals(BTreeMap<String, u64>);

impl Totals {
    fn add(&mut self, world: &World) {
        let figures = &world.watch().figures;
        let asked = world.watch().asked.iter().map(|(name, count)| (format!("asked {name}"), *count));
        let words = [
            ("cause", &figures.causes),
            ("closed", &figures.closures),
            ("said", &figures.announced),
            ("refused", &figures.refusals),
            ("decided", &figures.decisions),
        ];
        let counts = words.into_iter().flat_map(|(kind, words)| {
            words.iter().map(move |(word, count)| (format!("{kind} {word}"), *count))
        });
        let numbers = [
            ("steps", figures.steps),
            ("conflicts", figures.conflicts),
            ("crashes", figures.crashes),
            ("declined", figures.declined),
            ("unknown", figures.unknown),
        ];
        let numbers = numbers.into_iter().map(|(name, count)| (name.to_owned(), count));
        for (name, count) in asked.chain(counts).chain(numbers) {
            *self.0.entry(name).or_default() += count;
        }
    }

    fn must_have(&self, names: &[&str]) {
        let idle: Vec<_> = names.iter().filter(|name| !self.0.contains_key(**name)).collect();
        assert!(idle.is_empty(), "never seen: {idle:?} among {:#?}", self.0);
    }
}

#[test]
fn all_invariants_hold_on_random_days() {
    let (first, count) = (number("SIM_FIRST", 0), number("SIM_SEEDS", SEEDS));
    let mut totals = Totals::default();
    for seed in first..first + count {
        match play(scenes::lively(seed)) {
            Ok(world) => totals.add(&world),
            Err((world, violation)) => panic!(
                "{violation}\n\nof {} announcements the last are:\n{}\nrepeat it with:\nSIM_FIRST={seed} SIM_SEEDS=1 cargo test --test simulation random_days",
                world.journal().len(),
                last_lines(&world.journal_text(), number("SIM_LINES", 5))
            ),
        }
    }
    if count >= SEEDS {
        totals.must_have(&[
            "asked closed_stays_closed",
            "asked returning_is_true",
            "asked one_responsible",
            "asked books_balance",
            "asked capacity_is_kept",
            "asked nobody_waits_in_vain",
            "asked choice_is_fair",
            "asked turns_are_kept",
            "asked excluded_get_nothing",
            "asked nobody_is_overtaken",
            "asked closes_when_due",
            "asked says_farewell",
            "asked warns_in_time",
            "asked what_is_told_is_asked_for",
            "asked no_text_is_asked_for_twice",
            "asked told_texts_are_known",
            "asked none_open_past_deadline",
            "asked deadline_is_set",
            "asked one_offer_at_a_time",
            "asked nobody_is_asked_twice",
            "asked offers_end_in_time",
            "asked groups_keep_their_limits",
            "asked moves_are_few",
            "asked never_straight_back",
            "asked blips_move_nothing",
            "asked numbered_without_gaps",
            "asked announced_once",
            "asked acknowledged_is_durable",
            "asked memory_is_what_is_stored",
            "asked all_are_answered",
            "asked decision_is_complete",
            "asked journal_tells_state",
            "asked tallies_tell_the_journal",
            "asked desk_is_sound",
            "asked version_is_kept",
            "asked nobody_starves",
            "cause no_reply",
            "cause offline",
            "cause max_moves",
            "cause member_removed",
            "cause returned",
            "cause manual",
            "cause external",
            "cause picked",
            "closed idle",
            "closed account_auto_close",
            "closed manual",
            "said dialog.close_warned",
            "said dialog.close_postponed",
            "said dialog.kept",
            "said dialog.offered",
            "said dialog.offer_ended",
            "refused not_offered",
            "said routing.fallback_used",
            "said routing.shadow_decided",
            "said customer.merged",
            "refused not_responsible",
            "refused not_last_responsible",
            "conflicts",
            "crashes",
            "declined",
            "unknown",
        ]);
    }
}

/// Dialogs are held until hours begin, and then go on one by one, whatever goes wrong.
/// With a shadow and without one the journal is the same, byte for byte, through crashes and changes of rules.
#[test]
fn a_shadow_leaves_no_trace_in_the_journal() {
    let shadow = scenes::rules("turns", include_str!("fixtures/simulation/turns.toml"));
    let (mut same, mut other) = (0, 0);
    for seed in 0..20 {
        let told = |played: Result<World, _>| played.map_err(|(_, violation)| violation).expect("a good day");
        let alone = told(play(scenes::lively(seed)));
        let beside = told(play_beside(scenes::lively(seed), shadow.clone()));
        assert_eq!(alone.journal_text(), beside.journal_text(), "seed {seed}");
        let report =
            beside.desk().and_then(reparto::desk::Desk::shadow_report).expect("it decides to the end");
        assert_eq!(report.stopped_at, None);
        same += report.tally.count(Agreement::Same);
        other += report.tally.all() - report.tally.count(Agreement::Same);
    }
    assert!(same + other > 200 && other > 100, "{same} the same and {other} not: it hardly decided");
}

#[test]
fn held_dialogs_go_on_one_by_one() {
    let (first, count) = (number("SIM_FIRST", 0), number("SIM_SEEDS", 60));
    let mut totals = Totals::default();
    for seed in first..first + count {
        match play(scenes::night(seed)) {
            Ok(world) => totals.add(&world),
            Err((world, violation)) => panic!(
                "{violation}\n\n{}\nrepeat it with:\nSIM_FIRST={seed} SIM_SEEDS=1 cargo test --test simulation held_dialogs",
                last_lines(&world.journal_text(), number("SIM_LINES", 5))
            ),
        }
    }
    totals.must_have(&[
        "asked nobody_has_a_held_one",
        "asked held_go_on_slowly",
        "asked held_go_on_in_order",
        "asked held_are_let_go",
        "said message.requested",
        "crashes",
    ]);
}

fn last_lines(text: &str, count: u64) -> String {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn played(seed: u64) -> (String, String) {
    match play(scenes::lively(seed)) {
        Ok(world) => (world.journal_text(), world.watch().figures.to_string()),
        Err((_, violation)) => panic!("seed {seed}: {violation}"),
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..6 {
        let (once, again) = (played(seed), played(seed));
        assert!(once == again, "seed {seed} gave two different days");
        assert!(once.0.lines().count() > 50, "nothing happened with seed {seed}");
    }
    assert_ne!(played(0).0, played(1).0);
}

#[test]
fn a_crash_after_any_step_harms_nothing() {
    let steps = match play(scenes::short(1, Faults::none())) {
        Ok(world) => world.watch().figures.steps,
        Err((_, violation)) => panic!("{violation}"),
    };
    assert!(steps > 300, "{steps} steps are no day");
    for crash_at in (1..steps).step_by(3) {
        let faults = Faults { crash_at: Some(crash_at), outage: Duration::from_mins(1), ..Faults::none() };
        match play(scenes::short(1, faults)) {
            Ok(world) => assert_eq!(world.watch().figures.crashes, 1, "after step {crash_at}"),
            Err((_, violation)) => panic!("crashed after step {crash_at}: {violation}"),
        }
    }
}

#[test]
fn all_invariants_hold_where_customers_are_looked_up() {
    let mut waits = 0;
    for seed in 0..SEEDS / 2 {
        match play(scenes::looked_up(seed)) {
            Ok(world) => {
                let is_wait = |entry: &&Entry| matches!(&entry.announcement.body, Body::DialogWaiting(decision) if decision.facts_until.is_some());
                waits += world.journal().iter().filter(is_wait).count();
            }
            Err((world, violation)) => {
                panic!("{violation}\n\nseed {seed}, the last are:\n{}", last_lines(&world.journal_text(), 5))
            }
        }
    }
    assert!(waits > 100, "only {waits} dialogs waited for facts");
}

/// The invariants that a defect offends first, and within how many days.
fn offends(sabotage: Sabotage) -> &'static [&'static str] {
    match sabotage {
        Sabotage::LoseStandings => &["books_balance"],
        // A dialog that asks anew takes no answer to what it asked before; the desk, which did not hear it, books one.
        Sabotage::LoseRequests => &["all_are_answered", "nobody_starves", "books_balance"],
        Sabotage::AnswerEarly => &["acknowledged_is_durable"],
        Sabotage::AnnounceTwice => &["announced_once"],
        // Whoever missed a message wonders why the dialog may close.
        Sabotage::AnnounceNever => &["journal_tells_state", "one_responsible", "closes_when_due"],
        Sabotage::LoseDeadlines => &["deadline_is_set"],
        Sabotage::CloseEarly => &["closes_when_due", "warns_in_time"],
        Sabotage::TrustOldLives => &["books_balance", "memory_is_what_is_stored", "desk_is_sound"],
    }
}

#[test]
fn every_defect_that_is_built_in_is_found() {
    for sabotage in Sabotage::ALL {
        let found = (0..SEEDS).find_map(|seed| {
            let plan = scenes::with(scenes::lively(seed), sabotage);
            play(plan).err().map(|(_, violation)| (seed, violation))
        });
        let Some((seed, violation)) = found else { panic!("nobody noticed {sabotage:?}") };
        assert!(offends(sabotage).contains(&violation.invariant), "{sabotage:?}, seed {seed}: {violation}");
    }
}

/// What is wrong with a journal, told by the journal alone.
fn judge(journal: &[Entry]) -> Result<(), String> {
    let mut fold = Fold::default();
    for entry in journal {
        numbered_without_gaps(&fold, entry)?;
        announced_once(&fold, entry)?;
        one_responsible(&fold, entry)?;
        fold.hear(entry);
    }
    Ok(())
}

#[test]
fn a_journal_that_was_tampered_with_is_noticed() {
    let world = match play(scenes::short(2, Faults::none())) {
        Ok(world) => world,
        Err((_, violation)) => panic!("{violation}"),
    };
    let journal = world.journal();
    assert_eq!(judge(journal), Ok(()));
    let at = |name: &str| journal.iter().position(|entry| entry.announcement.body.name() == name);
    let assigned = at("dialog.assigned").expect("somebody was served");
    let closed = at("dialog.closed").expect("something was closed");

    let mut gap = journal.to_vec();
    gap.remove(assigned);
    assert!(judge(&gap).is_err_and(|says| says.contains("came after")));

    let inserted = |at: usize, version: u64| {
        let mut forged = journal.to_vec();
        let mut again = forged[at].clone();
        again.announcement.version += version;
        forged.push(again);
        for (seq, entry) in (1..).zip(&mut forged) {
            entry.seq = seq;
        }
        judge(&forged)
    };
    assert!(inserted(assigned, 0).is_err_and(|says| says.contains("announced twice")));
    assert!(inserted(closed, 1_000).is_err_and(|says| says.contains("which is closed")));

    let mut booked_twice = journal[..=assigned].to_vec();
    let mut again = booked_twice[assigned].clone();
    (again.seq, again.announcement.version) = (again.seq + 1, again.announcement.version + 1);
    booked_twice.push(again);
    assert!(judge(&booked_twice).is_err_and(|says| says.contains("but it was held by")));
}

/// What is told of the texts that a change asks for, by the journal and the dialog alone.
#[test]
fn a_text_that_is_asked_for_twice_or_forgotten_is_noticed() {
    let patient = |entry: &&Entry| {
        matches!(&entry.announcement.body, Body::MessageRequested { purpose: TextPurpose::AutoReply, .. })
    };
    let day = (0..SEEDS).find_map(|seed| {
        play(scenes::night(seed)).ok().filter(|it| it.journal().iter().any(|entry| patient(&entry)))
    });
    let world = day.expect("somebody was told to be patient");
    let journal = world.journal();
    let at = journal.iter().position(|entry| patient(&entry)).expect("a request");
    let Subject::Dialog(id) = &journal[at].announcement.subject else { panic!("a request of a dialog") };
    let after = Dialog::clone(&world.ledger().dialogs[id]);

    let mut fold = Fold::default();
    journal[..at].iter().for_each(|entry| fold.hear(entry));
    assert_eq!(no_text_is_asked_for_twice(&fold, &journal[at], &after), Ok(()));
    fold.hear(&journal[at]);
    let again = no_text_is_asked_for_twice(&fold, &journal[at], &after);
    assert!(again.is_err_and(|says| says.contains("again")));

    journal[at + 1..].iter().for_each(|entry| fold.hear(entry));
    assert_eq!(told_texts_are_known(&fold, &after, world.ledger()), Ok(()));
    let forgetful = Dialog { texts_told: BTreeSet::new(), ..after.clone() };
    assert!(told_texts_are_known(&fold, &forgetful, world.ledger()).is_err());

    let judge = |before: &Dialog, after: &Dialog, change: &[Entry]| {
        what_is_told_is_asked_for(before, after, true, change)
    };
    let noted = Dialog { texts_told: ["patience".into()].into(), ..forgetful.clone() };
    assert_eq!(judge(&forgetful, &noted, &journal[at..=at]), Ok(()));
    assert!(judge(&forgetful, &noted, &[]).is_err(), "noted, and nobody was asked");
    assert!(judge(&forgetful, &forgetful, &journal[at..=at]).is_err(), "asked for, and not noted");
    assert!(judge(&noted, &forgetful, &[]).is_err(), "forgotten");
}
