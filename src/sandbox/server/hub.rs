//! The one owner of the world. Whatever happens in it goes to the sockets before anybody else gets hold of it, so all
//! of them hear the same story in the same order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::sockets::{Ear, Sockets};
use crate::domain::time::Timestamp;
use crate::sandbox::clock::Clock;
use crate::sandbox::faults::Fault;
use crate::sandbox::gateway::rest::bot_of;
use crate::sandbox::world::World;

/// The world, its clock and its listeners.
pub(super) struct Hub {
    clock: Arc<dyn Clock>,
    pub(super) strict_events: bool,
    inner: Mutex<Inner>,
}

struct Inner {
    world: World,
    sockets: Sockets,
}

impl Hub {
    pub(super) fn new(world: World, clock: Arc<dyn Clock>, strict_events: bool) -> Self {
        let inner = Mutex::new(Inner { world, sockets: Sockets::default() });
        Self { clock, strict_events, inner }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A panic while the world was held leaves it as it was then; a stand-in goes on.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acts on the world and tells the sockets what came of it.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut inner = self.lock();
        // Read under the lock, or stamps could go back.
        let now = self.now();
        let nobody_listens = inner.sockets.is_empty();
        inner.world.gateway.is_silent = nobody_listens;
        let result = act(&mut inner.world, now);
        inner.world.settle(now);
        let Inner { world, sockets } = &mut *inner;
        let seconds = now.micros().div_euclid(1_000_000);
        for frame in world.gateway.take_frames() {
            if !sockets.want(frame.kind) {
                continue;
            }
            let text = json!({"type": frame.kind, "meta": {"timestamp": seconds}, "data": frame.data});
            sockets.tell(frame.kind, &text.to_string(), world.faults.of_frame());
        }
        // A token that is void hears nothing more.
        sockets.keep(|token| bot_of(&world.gateway, token).is_some());
        result
    }

    /// Lets so much real time pass.
    pub(super) fn pass(&self, span: Duration) {
        self.with(World::advance);
        let mut inner = self.lock();
        let Inner { world, sockets } = &mut *inner;
        // A frame that is held goes on its way sooner or later, whether another follows or not.
        sockets.release();
        match world.faults.of_sockets(span) {
            Some(Fault::Drop) => sockets.keep(|_| false),
            Some(_) => sockets.deafen(),
            None => {}
        }
    }

    /// Lets a bot listen to these kinds of events; `None` when its token is unknown.
    pub(super) fn listen(&self, token: &str, kinds: Vec<String>) -> Option<Ear> {
        let mut inner = self.lock();
        bot_of(&inner.world.gateway, token)?;
        Some(inner.sockets.add(token, kinds))
    }

    pub(super) fn sockets(&self) -> usize {
        let mut inner = self.lock();
        inner.sockets.len()
    }

    pub(super) fn drop_sockets(&self) {
        self.lock().sockets.keep(|_| false);
    }
}
