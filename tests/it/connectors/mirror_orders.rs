//! Frames in any order, twice, late or never, calls that fail or whose answers are lost, people who act at the same
//! moment: whatever happens, both sides' books agree at the end.

use proptest::prelude::*;

use super::mirror_world::{Luck, World};

#[derive(Clone, Debug)]
enum Act {
    CustomerWrites(u64),
    ManagerWrites { dialog: usize, user: u64 },
    PersonAssigns { dialog: usize, user: u64 },
    PersonTakesBack(usize),
    PersonCloses(usize),
    EngineAssigns { dialog: usize, user: u64 },
    EngineCloses(usize),
    EngineTags { dialog: usize, tag: &'static str },
    EngineHears,
    EngineLooks,
    FrameArrives { at: usize, stays: bool },
    FrameIsLost(usize),
    CallIsMade(Luck),
    ReadingEnds,
    Compare,
    Tick,
}

fn act(may_lose: bool) -> impl Strategy<Value = Act> {
    let at = 0_usize..64;
    let user = 1_u64..=3;
    let luck = prop_oneof![6 => Just(Luck::Good), 2 => Just(Luck::ReplyLost), 1 => Just(Luck::Busy)];
    prop_oneof![
        4 => (1_u64..=4).prop_map(Act::CustomerWrites),
        2 => (at.clone(), user.clone()).prop_map(|(dialog, user)| Act::ManagerWrites { dialog, user }),
        3 => (at.clone(), user.clone()).prop_map(|(dialog, user)| Act::PersonAssigns { dialog, user }),
        1 => at.clone().prop_map(Act::PersonTakesBack),
        1 => at.clone().prop_map(Act::PersonCloses),
        4 => (at.clone(), user).prop_map(|(dialog, user)| Act::EngineAssigns { dialog, user }),
        1 => at.clone().prop_map(Act::EngineCloses),
        2 => (at.clone(), prop::sample::select(vec!["vip", "R&D"]))
            .prop_map(|(dialog, tag)| Act::EngineTags { dialog, tag }),
        8 => Just(Act::EngineHears),
        6 => Just(Act::EngineLooks),
        12 => (at.clone(), prop::bool::weighted(0.2)).prop_map(|(at, stays)| Act::FrameArrives { at, stays }),
        2 => at.prop_map(move |at| if may_lose { Act::FrameIsLost(at) } else { Act::FrameArrives { at, stays: false } }),
        4 => luck.prop_map(Act::CallIsMade),
        4 => Just(Act::ReadingEnds),
        1 => Just(if may_lose { Act::Compare } else { Act::Tick }),
        1 => Just(Act::Tick),
    ]
}

fn play(world: &mut World, acts: &[Act]) {
    for act in acts {
        match *act {
            Act::CustomerWrites(who) => world.customer_writes(who),
            Act::ManagerWrites { dialog, user } => {
                if let Some((_, chat)) = world.open_dialog(dialog) {
                    world.manager_writes(user, chat);
                }
            }
            Act::PersonAssigns { dialog, user } => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.person_assigns(dialog, user);
                }
            }
            Act::PersonTakesBack(dialog) => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.person_takes_back(dialog);
                }
            }
            Act::PersonCloses(dialog) => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.person_closes(dialog);
                }
            }
            Act::EngineAssigns { dialog, user } => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.engine_assigns(dialog, user);
                }
            }
            Act::EngineCloses(dialog) => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.engine_closes(dialog);
                }
            }
            Act::EngineTags { dialog, tag } => {
                if let Some((dialog, _)) = world.open_dialog(dialog) {
                    world.engine_tags(dialog, tag);
                }
            }
            Act::EngineHears => drop(world.engine_hears()),
            Act::EngineLooks => drop(world.engine_looks()),
            Act::FrameArrives { at, stays } => drop(world.frame_arrives(at, stays)),
            Act::FrameIsLost(at) => {
                if !world.frames.is_empty() {
                    let at = at % world.frames.len();
                    world.frames.remove(at);
                }
            }
            Act::CallIsMade(luck) => drop(world.call_is_made(luck)),
            Act::ReadingEnds => drop(world.reading_ends()),
            Act::Compare => world.resync(true),
            Act::Tick => world.input(reparto::connectors::retailcrm::mirror::Input::Tick),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Nothing is lost: what arrives is enough, in whatever order.
    #[test]
    fn any_order_of_frames_leads_to_the_same_books(acts in prop::collection::vec(act(false), 1..80)) {
        let mut world = World::new();
        play(&mut world, &acts);
        world.settle();
        prop_assert_eq!(world.disagreements(), Vec::<String>::new());
        prop_assert_eq!(world.mirror.owed(), 0);
        prop_assert_eq!(world.mirror.done_up_to(), world.seq);
    }

    /// Frames are lost: one comparison mends it.
    #[test]
    fn one_reading_mends_what_lost_frames_left(acts in prop::collection::vec(act(true), 1..80)) {
        let mut world = World::new();
        play(&mut world, &acts);
        world.settle();
        world.resync(true);
        world.settle();
        prop_assert_eq!(world.disagreements(), Vec::<String>::new());
        prop_assert_eq!(world.mirror.owed(), 0);
    }

    /// The socket is lost, and with it everything under way: what is read after it is enough.
    #[test]
    fn a_gap_is_mended(before in prop::collection::vec(act(false), 1..40), after in prop::collection::vec(act(false), 1..40)) {
        let mut world = World::new();
        play(&mut world, &before);
        world.input(reparto::connectors::retailcrm::mirror::Input::Connected(false));
        world.frames.clear();
        world.resync(false);
        play(&mut world, &after);
        world.settle();
        prop_assert_eq!(world.disagreements(), Vec::<String>::new());
        prop_assert_eq!(world.mirror.owed(), 0);
    }
}
