//! What the desk decides, one situation at a time.

mod answers;
mod capacity;
mod choice;
mod deputies;
mod exclusion;
mod facts;
mod fallback;
mod holding;
mod moving;
mod offers;
mod places;
mod rule_changes;
mod steps;
mod tags;
mod views;

use std::sync::Arc;

use reparto::domain::customer::Customer;
use reparto::domain::ids::{CustomerId, ManagerId};
use reparto::domain::routing::{Step, StepOutcome};

use crate::desk_sketch::{Sketch, at, person};
use crate::desk_world::World;

fn world(sketch: &Sketch, people: &[&str]) -> World {
    let mut world = World::new(sketch.compile(), at(1_000));
    for id in people {
        world.enrol(person(id, &[]));
        world.present(id);
    }
    world
}

/// Everybody has one unit, so one dialog fills them.
fn single_unit(steps: Vec<Step>) -> Sketch {
    Sketch { units: 1, ..Sketch::of(steps) }
}

fn customer(id: &str, owner: Option<&str>) -> Arc<Customer> {
    let mut customer = Customer::new(CustomerId::trusted(id));
    customer.owner = owner.map(ManagerId::trusted);
    Arc::new(customer)
}

fn outcomes(world: &World, id: &str) -> Vec<StepOutcome> {
    world.decision(id).steps.iter().map(|step| step.outcome).collect()
}
