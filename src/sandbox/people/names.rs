//! What people are called, and what they say.

use rand::{Rng, RngExt};

const FIRST: [&str; 30] = [
    "Ana", "Boris", "Carla", "Diego", "Elena", "Fabio", "Gloria", "Hugo", "Irene", "Javier", "Karina",
    "Luis", "Marta", "Nuria", "Oscar", "Paula", "Quim", "Rosa", "Sergio", "Teresa", "Ursula", "Vera",
    "Wanda", "Ximena", "Yolanda", "Zoe", "Andres", "Beatriz", "Celia", "David",
];
const LAST: [&str; 17] = [
    "Gil", "Ruiz", "Vega", "Soto", "Lara", "Mora", "Cano", "Rey", "Paz", "Leal", "Vidal", "Luna", "Pons",
    "Roca", "Serra", "Costa", "Mas",
];
const OPENINGS: [&str; 8] = [
    "Hola, ¿tienen este modelo en azul?",
    "Buenos días, ¿dónde está mi pedido?",
    "Hola, quiero devolver unos zapatos",
    "¿Hacen envíos a Canarias?",
    "Hi, do you have this in size 42?",
    "Hello, I paid twice for my order",
    "Is the shop open on Saturday?",
    "¿Puedo pagar a plazos?",
];
const MORE: [&str; 5] =
    ["Es el pedido 10234", "Gracias de antemano", "I can send a photo", "Es urgente", "¿Me oye?"];
const REPLIES: [&str; 5] = ["Sí", "Vale, de acuerdo", "Yes, please", "¿Y cuándo llega?", "Let me check"];
const ANSWERS: [&str; 6] = [
    "Hola, lo miro ahora mismo",
    "Un momento, por favor",
    "Sí, lo tenemos",
    "Hello, one moment please",
    "Your order leaves tomorrow",
    "¿Me dice el número de pedido?",
];

/// The name of somebody by number: neighbours have different first names.
pub(super) fn of(number: usize) -> (&'static str, &'static str) {
    (FIRST[number % FIRST.len()], LAST[(number / FIRST.len() + number) % LAST.len()])
}

fn one(chance: &mut impl Rng, of: &[&'static str]) -> &'static str {
    of[chance.random_range(0..of.len())]
}

pub(super) fn opening(chance: &mut impl Rng) -> &'static str {
    one(chance, &OPENINGS)
}

pub(super) fn addition(chance: &mut impl Rng) -> &'static str {
    one(chance, &MORE)
}

pub(super) fn reply(chance: &mut impl Rng) -> &'static str {
    one(chance, &REPLIES)
}

pub(super) fn answer(chance: &mut impl Rng) -> &'static str {
    one(chance, &ANSWERS)
}
