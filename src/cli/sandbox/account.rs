//! The made-up account, from the flags.

use std::sync::Arc;
use std::time::Duration;

use super::SandboxArgs;
use crate::sandbox::clock::{Clock, SystemClock};
use crate::sandbox::crm::Crm;
use crate::sandbox::faults::Faults;
use crate::sandbox::people::Plan;
use crate::sandbox::server::Options;
use crate::sandbox::world::World;

/// The bot that the account has.
pub const BOT: &str = "Reparto";

/// What the sandbox is started with.
pub fn options(args: &SandboxArgs) -> Options {
    let clock = Arc::new(SystemClock);
    let now = clock.now();
    let mut world = World::default();
    world.crm = Crm::new(&args.key);
    world.faults = Faults::new(args.faults.into(), args.seed);
    world.gateway.add_bot(BOT, &args.token, now);
    let plan = Plan {
        seed: args.seed,
        managers: args.managers.into(),
        channels: args.channels.into(),
        dialogs: usize::try_from(args.dialogs).unwrap_or(usize::MAX),
        days: u32::MAX,
        begins: Duration::from_hours(args.hour.into()),
        speed: args.speed,
    };
    world.move_in(plan, now);
    // Whoever connects now asks for everything anyway.
    world.gateway.take_frames();
    Options { listen: args.listen, world, clock, ..Options::default() }
}
