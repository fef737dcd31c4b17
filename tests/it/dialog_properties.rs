//! What holds of every dialog, whatever happens to it and in whatever order.
//!
//! A history is played against a dialog as the engine would play it: with a desk that remembers the request
//! it was asked, answers it late or twice, and wakes the dialog at its deadline or long after. After each step
//! [`World::step`] compares the dialog with what subscribers were told and with what was promised.

mod policies;
mod world;

use proptest::prelude::*;
use reparto::domain::dialog::{By, ClosureReason, Command, StartedBy};
use reparto::domain::ids::{BotId, CustomerId, GroupId, ManagerId};
use reparto::domain::message::{Author, DeliveryStatus, Visibility};
use reparto::domain::routing::{Cause, DecisionEffect, Responsible, Target};

use policies::{Rules, rules};
use world::World;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Write(Author, Visibility),
    Report {
        which: usize,
        status: DeliveryStatus,
    },
    Assign {
        to: Responsible,
        by: By,
        by_admin: bool,
        external: bool,
    },
    Return {
        by: By,
        by_admin: bool,
        to_group: bool,
    },
    Close {
        by: By,
        by_admin: bool,
    },
    /// The desk answers the request that stands, or one before it.
    Answer {
        effect: DecisionEffect,
        choice: Responsible,
        stale: bool,
    },
    Accept(By, bool),
    Decline(By, bool),
    Lapse(ManagerId),
    Move(Cause),
    Stay,
    NotTaken(ManagerId),
    Tick,
    /// Time goes on to the deadline, and the dialog is woken.
    Wake,
    Quarantine,
    /// Another rule file.
    Rules(Rules),
}

fn manager() -> impl Strategy<Value = ManagerId> {
    prop::sample::select(vec!["ana", "boris", "vera"]).prop_map(ManagerId::trusted)
}

fn responsible() -> impl Strategy<Value = Responsible> {
    prop_oneof![
        5 => manager().prop_map(Responsible::Manager),
        1 => Just(Responsible::Bot(BotId::trusted("helper"))),
    ]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![manager().prop_map(By::Manager), Just(By::Backend)]
}

fn author() -> impl Strategy<Value = Author> {
    prop_oneof![
        4 => Just(Author::Customer(CustomerId::trusted("c"))),
        4 => manager().prop_map(Author::Manager),
        1 => Just(Author::Bot(BotId::trusted("helper"))),
        1 => Just(Author::Reparto),
    ]
}

fn status() -> impl Strategy<Value = DeliveryStatus> {
    prop::sample::select(vec![
        DeliveryStatus::Queued,
        DeliveryStatus::Sent,
        DeliveryStatus::Delivered,
        DeliveryStatus::Seen,
        DeliveryStatus::Failed("blocked".into()),
    ])
}

fn effect() -> impl Strategy<Value = DecisionEffect> {
    prop_oneof![
        8 => Just(DecisionEffect::Assigned),
        2 => Just(DecisionEffect::Offered),
        2 => Just(DecisionEffect::Waiting),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let visibility = prop_oneof![5 => Just(Visibility::Public), 1 => Just(Visibility::Private)];
    prop_oneof![
        8 => (author(), visibility).prop_map(|(from, visibility)| Step::Write(from, visibility)),
        3 => (any::<usize>(), status()).prop_map(|(which, status)| Step::Report { which, status }),
        2 => (responsible(), by(), any::<bool>(), any::<bool>()).prop_map(
            |(to, by, by_admin, external)| Step::Assign { to, by, by_admin, external }
        ),
        1 => (by(), any::<bool>(), any::<bool>())
            .prop_map(|(by, by_admin, to_group)| Step::Return { by, by_admin, to_group }),
        1 => (by(), prop::bool::weighted(0.2))
            .prop_map(|(by, by_admin)| Step::Close { by, by_admin }),
        9 => (effect(), responsible(), prop::bool::weighted(0.1))
            .prop_map(|(effect, choice, stale)| Step::Answer { effect, choice, stale }),
        3 => (by(), prop::bool::weighted(0.8)).prop_map(|(by, by_admin)| Step::Accept(by, by_admin)),
        1 => (by(), prop::bool::weighted(0.8)).prop_map(|(by, by_admin)| Step::Decline(by, by_admin)),
        1 => manager().prop_map(Step::Lapse),
        3 => prop::sample::select(Cause::ALL.to_vec()).prop_map(Step::Move),
        1 => Just(Step::Stay),
        1 => manager().prop_map(Step::NotTaken),
        4 => Just(Step::Tick),
        10 => Just(Step::Wake),
        1 => prop::bool::weighted(0.2).prop_map(|rare| if rare { Step::Quarantine } else { Step::Stay }),
        1 => rules().prop_map(Step::Rules),
    ]
}

/// How long after the step before: often at once, seldom after an outage.
fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0), 6 => 1..600_u64, 2 => 600..7_200_u64, 1 => 7_200..200_000_u64]
}

fn history() -> impl Strategy<Value = Vec<(u64, Step)>> {
    prop::collection::vec((pause(), step()), 1..60)
}

/// Who opens it: the author of the first message, or nobody who said anything; and between whom it is.
fn opening() -> impl Strategy<Value = (Option<Author>, bool)> {
    (prop::option::weighted(0.9, author()), prop::bool::weighted(0.1))
}

fn play(world: &mut World, pause: u64, step: Step) {
    world.wait(pause);
    let command = match step {
        Step::Write(from, visibility) => Some(Command::Write(world.message(from, visibility))),
        Step::Report { which, status } => world.report(which, status),
        Step::Assign { to, by, by_admin, external } => {
            let cause = if external { Cause::External } else { Cause::Manual };
            Some(Command::Assign { to, by, by_admin, cause })
        }
        Step::Return { by, by_admin, to_group } => {
            let only = to_group.then(|| Target::Group(GroupId::trusted("support")));
            Some(Command::Return { by, by_admin, only, cause: Cause::Returned })
        }
        Step::Close { by, by_admin } => {
            Some(Command::Close { by, by_admin, reason: ClosureReason::Manual(None) })
        }
        Step::Answer { effect, choice, stale } => world.answer(effect, choice, stale),
        Step::Move(cause) => Some(Command::Move { cause, from: None }),
        Step::Stay => Some(Command::Stay),
        Step::NotTaken(by) => Some(Command::NotTaken { by }),
        Step::Accept(by, by_admin) => Some(Command::Accept { by, by_admin }),
        Step::Decline(by, by_admin) => Some(Command::Decline { by, by_admin }),
        Step::Lapse(to) => Some(Command::Lapse { to }),
        Step::Tick => Some(Command::Tick),
        Step::Wake => world.wait_for_deadline().then_some(Command::Tick),
        Step::Quarantine => Some(Command::Quarantine),
        Step::Rules(rules) => {
            world.apply(&rules);
            None
        }
    };
    if let Some(command) = command {
        world.step(&command);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_dialog_keeps_its_word(
        rules in rules(),
        (first, is_internal) in opening(),
        history in history(),
    ) {
        let mut world = World::open(&rules, first, is_internal);
        for (pause, step) in history {
            play(&mut world, pause, step);
        }
    }

    /// Left alone, a dialog comes to rest: it is closed, or nothing is due any more.
    #[test]
    fn a_dialog_that_is_left_alone_comes_to_rest(
        rules in rules(),
        (first, is_internal) in opening(),
        history in history(),
    ) {
        let mut world = World::open(&rules, first, is_internal);
        for (pause, step) in history {
            play(&mut world, pause, step);
        }
        let mut ticks = 0;
        while world.wait_for_deadline() {
            world.step(&Command::Tick);
            ticks += 1;
            prop_assert!(ticks < 20, "{:?}", world.dialog());
        }
        prop_assert!(!world.closes_by_itself(), "{:?}", world.dialog());
    }

    /// Equal histories give equal dialogs.
    #[test]
    fn a_history_repeated_gives_the_same_dialog(
        rules in rules(),
        (first, is_internal) in opening(),
        history in history(),
    ) {
        let mut worlds = [(); 2].map(|()| World::open(&rules, first.clone(), is_internal));
        for (pause, step) in history {
            for world in &mut worlds {
                play(world, pause, step.clone());
            }
        }
        let [one, other] = &worlds;
        prop_assert_eq!(one.dialog(), other.dialog());
    }
}

/// The histories must reach what the properties are about, or they would hold of nothing.
#[test]
fn the_histories_go_far_enough() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    for _ in 0..1_000 {
        let all = (rules(), opening(), history());
        let (rules, (first, is_internal), history) = all.new_tree(&mut runner).expect("a history").current();
        let mut world = World::open(&rules, first, is_internal);
        for (pause, step) in history {
            play(&mut world, pause, step);
        }
        for reached in world.reached() {
            *seen.entry(reached).or_default() += 1;
        }
    }
    for wanted in [
        "dialog.waiting",
        "dialog.assigned",
        "dialog.reassigned",
        "dialog.returned",
        "dialog.kept",
        "dialog.offered",
        "dialog.offer_ended",
        "dialog.close_warned",
        "dialog.close_postponed",
        "dialog.quarantined",
        "closed by idle",
        "closed by manual",
        "closed after a farewell",
        "moved automatically",
        "moved for the last time",
        "refused with a trace",
        "refused",
        "idle",
    ] {
        let times = seen.get(wanted).copied().unwrap_or_default();
        assert!(times >= 20, "`{wanted}` in {times} of 1000 histories: {seen:?}");
    }
}

#[test]
fn a_dialog_without_words_is_the_customers() {
    let world = World::open(&Rules::default(), None, false);
    assert_eq!(world.dialog().started_by, StartedBy::Customer);
}
