//! Spanish words for decisions.
//!
//! Of the people only ids are known, so no word may tell a man from a woman: nobody "está desconectado", they
//! are "fuera de línea".

use super::{Asked, Moment, Opening, People, Reason, State, Tie, number};
use crate::domain::manager::Absence;
use crate::domain::routing::{Cause, DecisionEffect, FallbackReason, GroupUse, Responsible};
use crate::domain::units::Units;
use crate::domain::why_not::{Edge, Why};

const NUMBERS: [&str; 11] =
    ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"];

/// Who, after `a`, `de` or `con`: with the article's contraction where there is one.
fn after(preposition: &str, who: &Responsible) -> String {
    match who {
        Responsible::Manager(id) => format!("{preposition} {id}"),
        Responsible::Bot(id) => match preposition {
            "a" | "de" => format!("{preposition}l bot {id}"),
            other => format!("{other} el bot {id}"),
        },
    }
}

/// What came of it and by which authority.
pub(super) fn opening(opening: &Opening<'_>) -> String {
    let to = opening.choice.map_or_else(|| "a nadie".to_owned(), |who| after("a", who));
    let mut text = match (opening.effect, opening.previous) {
        (DecisionEffect::Assigned, _) => format!("Fue {to}"),
        (DecisionEffect::Reassigned, Some(previous)) => format!("Pasó {} {to}", after("de", previous)),
        (DecisionEffect::Reassigned, None) => format!("Pasó {to}"),
        (DecisionEffect::Offered, _) => format!("Se ofreció {to}"),
        (DecisionEffect::Waiting, _) => "Está en espera".to_owned(),
        (DecisionEffect::Kept, Some(previous)) => format!("Sigue {} por ahora", after("con", previous)),
        (DecisionEffect::Kept, None) => "Sigue donde está por ahora".to_owned(),
    };
    let occasion = occasion(opening.cause);
    text.push_str(occasion);
    let comma = if occasion.is_empty() { "" } else { "," };
    if let Some(reason) = opening.fallback {
        text += comma;
        text += " por la asignación predeterminada, ya que ";
        text += fallback(reason);
    } else if let Some(rule) = opening.rule {
        text += comma;
        text += if opening.facts_until.is_some() { " en la regla " } else { " por la regla " };
        text += rule;
    }
    if let Some(step) = opening.step {
        text += ", paso ";
        text += &step.to_string();
    }
    if let Some(until) = &opening.accept_by {
        text += ", con plazo para aceptarlo hasta ";
        text += &exact(until);
    }
    if let Some(until) = &opening.facts_until {
        text += ", hasta ";
        text += &exact(until);
        text += " como mucho, de lo que el CRM sepa del cliente";
    }
    text
}

/// Why it was asked at all, where that is not plain from the rest.
fn occasion(cause: Cause) -> &'static str {
    match cause {
        Cause::Opened | Cause::MaxMoves => "",
        Cause::Manual => " por decisión manual",
        Cause::Picked => " por iniciativa propia",
        Cause::External => " según informa el CRM",
        Cause::NoReply => " tras quedarse sin respuesta a tiempo",
        Cause::Offline => " tras desconectarse su agente",
        Cause::Returned => " tras ser devuelto",
        Cause::MemberRemoved => " tras la baja de su agente",
        Cause::RulesChanged => " tras un cambio de reglas",
        Cause::Recovered => " tras un reinicio",
    }
}

fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::BotOff => "el bot está desactivado",
        FallbackReason::NoRule => "ninguna regla coincide",
        FallbackReason::StepsExhausted => "a la regla no le quedan más pasos",
        FallbackReason::RulesBroken => "no se pudieron cargar las reglas",
        FallbackReason::MaxMoves => "ya se movió todas las veces permitidas",
    }
}

/// One reason.
pub(super) fn reason(reason: &Reason<'_>) -> String {
    match reason {
        Reason::Person(tie, person, how) => stood(*tie, person, how),
        Reason::Deputy(tie, person, how, deputy, theirs) => {
            let theirs = theirs.as_ref().map(|how| format!(", {}", state(how))).unwrap_or_default();
            format!("{}; por suplencia, {deputy}{theirs}", stood(*tie, person, how))
        }
        Reason::HeldUntil(schedule, moment) => {
            format!("queda a la espera de que abra {schedule}, {}", clock(moment))
        }
        Reason::HeldForItsTurn(moment) => format!("su turno llega después, {} UTC", clock(moment)),
        Reason::NoOwner => "el cliente no tiene a nadie a su cargo".to_owned(),
        Reason::NoLastManager => "nadie ha atendido al cliente últimamente".to_owned(),
        Reason::Missing(whom) => format!("{} no existe", people(*whom)),
        Reason::NobodyPresent(People::Everyone) => "no hay nadie disponible".to_owned(),
        Reason::NobodyPresent(People::Group(id)) => format!("no hay nadie disponible en el grupo {id}"),
        Reason::NobodyPresent(whom) => format!("{} no está disponible", people(*whom)),
        Reason::AllFull(People::Everyone) => "todas las personas presentes están al completo".to_owned(),
        Reason::AllFull(People::Group(id)) => {
            format!("todas las personas presentes del grupo {id} están al completo")
        }
        Reason::AllFull(whom) => format!("{} está al completo", people(*whom)),
        Reason::AllExcluded(People::Everyone) => {
            "ninguna persona presente puede atender a este cliente".to_owned()
        }
        Reason::AllExcluded(People::Group(id)) => {
            format!("ninguna persona presente del grupo {id} puede atender a este cliente")
        }
        Reason::AllExcluded(whom) => format!("{} no puede atender a este cliente", people(*whom)),
        Reason::NobodyAccepted(People::Everyone) => "ninguna persona presente lo aceptó".to_owned(),
        Reason::NobodyAccepted(People::Group(id)) => {
            format!("ninguna persona presente del grupo {id} lo aceptó")
        }
        Reason::NobodyAccepted(whom) => format!("{} no lo aceptó", people(*whom)),
        Reason::AskedAgain(moment) => {
            format!("se volverá a ofrecer a quienes no lo aceptaron a {}", exact(moment))
        }
        Reason::GroupFull(whom, GroupUse { used, most }) => {
            format!("{} está al completo ({used} de {most} diálogos)", people(*whom))
        }
        Reason::TimeOver(whom) => format!("se agotó el tiempo para {}", people(*whom)),
        Reason::Crowd { present, group, near } => {
            let place = group.map(|id| format!(" en {id}")).unwrap_or_default();
            let of = if *present > 1 {
                format!("de {} personas presentes{place}, ", number(*present, NUMBERS))
            } else {
                String::new()
            };
            let near: Vec<_> = near.iter().map(|(who, how)| format!("{who} {}", state(how))).collect();
            format!("{of}{}", list(&near))
        }
    }
}

fn stood(tie: Tie, person: &str, how: &State) -> String {
    match tie {
        Tie::Owner => format!("{person}, a cargo del cliente, {}", state(how)),
        Tie::LastManager => format!("{person}, que atendió al cliente por última vez, {}", state(how)),
        Tie::None => format!("{person} {}", state(how)),
    }
}

fn clock(moment: &Moment) -> String {
    const DAYS: [&str; 7] = ["jueves", "viernes", "sábado", "domingo", "lunes", "martes", "miércoles"];
    let article = if moment.hour == 1 { "la" } else { "las" };
    format!("el {} a {article} {}:{:02}", moment.day_of(DAYS), moment.hour, moment.minute)
}

/// A time of day to the second, for what is over within seconds.
fn exact(moment: &Moment) -> String {
    let article = if moment.hour == 1 { "la" } else { "las" };
    format!("{article} {}:{:02}:{:02} UTC", moment.hour, moment.minute, moment.second)
}

/// `a, b y c`; before the sound of an `i` the `y` becomes an `e`.
fn list(items: &[String]) -> String {
    let Some((last, first)) = items.split_last().filter(|(_, first)| !first.is_empty()) else {
        return items.concat();
    };
    let folded = last.to_lowercase();
    let sounds_like_i = (folded.starts_with('i') || folded.starts_with("hi"))
        && !["hia", "hie", "io", "ia"].iter().any(|glide| folded.starts_with(glide));
    format!("{} {} {last}", first.join(", "), if sounds_like_i { "e" } else { "y" })
}

/// Whom a step means.
pub(super) fn people(people: People<'_>) -> String {
    match people {
        People::Owner => "quien está a cargo del cliente".to_owned(),
        People::LastManager => "quien atendió al cliente por última vez".to_owned(),
        People::Manager(id) => id.to_string(),
        People::Group(id) => format!("el grupo {id}"),
        People::Everyone => "todo el equipo".to_owned(),
        People::Bot(id) => format!("el bot {id}"),
        People::Opening(id) => format!("la apertura de {id}"),
    }
}

fn state(state: &State) -> String {
    match state {
        State::HasRoom(load, capacity) => format!("tiene sitio ({load} de {capacity})"),
        State::ComesAfter(load, capacity) => format!("va después ({load} de {capacity})"),
        State::IsFull(load, capacity) => format!("está al completo ({load} de {capacity})"),
        State::HadIt => "acaba de tenerlo".to_owned(),
        State::Declined => "no lo quiso".to_owned(),
        State::DidNotAccept => "no lo aceptó a tiempo".to_owned(),
        State::IsOfFullGroup => "solo está en un grupo al completo".to_owned(),
        State::IsExcluded => "no puede atender a este cliente".to_owned(),
        State::IsAbsent(absence) => absence.map_or("no está disponible", absent).to_owned(),
    }
}

/// Why somebody may not take work.
pub(super) fn absent(absence: Absence) -> &'static str {
    match absence {
        Absence::Removed => "ya no forma parte del equipo",
        Absence::OnLeave => "está de permiso",
        Absence::Offline => "está fuera de línea",
        Absence::Settling => "acaba de conectarse",
        Absence::Busy => "figura con estado ocupado",
        Absence::Dinner => "está en la pausa de la comida",
        Absence::Break => "está en una pausa",
        Absence::WrapUp => "está terminando otro diálogo",
    }
}

/// Why it did not go to somebody.
pub(super) fn why_not(asked: &Asked<'_>) -> String {
    let Asked { who, why, winner, load, targets } = asked;
    let load =
        load.map(|(load, capacity)| format!(" ({load} de {capacity} unidades ocupadas)")).unwrap_or_default();
    match why {
        Why::Chosen => format!("{who} sí lo recibió."),
        Why::NotThere => format!("La cuenta no tenía entonces a nadie con el identificador {who}."),
        Why::NothingAsked => {
            format!(
                "No se consultó ningún paso de ninguna regla, así que nadie entró en juego: tampoco {who}."
            )
        }
        Why::Held => format!("El diálogo estaba retenido y no se ofreció a nadie: tampoco a {who}."),
        Why::NotNamed => {
            let targets: Vec<_> = targets.iter().map(|target| people(*target)).collect();
            format!("Ningún paso consultado incluye a {who}. Pasos consultados: {}.", targets.join(", "))
        }
        Why::SetAside(step) => {
            let step = u32::from(*step) + 1;
            format!("Solo incluyen a {who} pasos anteriores al paso {step}, que los descarta.")
        }
        Why::Absent(absence) => format!("{who} no podía atender en ese momento: {}.", was_absent(*absence)),
        Why::OverCapacity { charge, over } => {
            let over = if *over > Units::ZERO {
                format!(", con hasta {over} por encima de la capacidad")
            } else {
                String::new()
            };
            format!("{who} no tenía sitio suficiente{load}: el diálogo cuesta {charge}{over}.")
        }
        Why::FailedBefore => format!("El diálogo acababa de estar con {who} y no vuelve directamente."),
        Why::Declined => format!("Ya se ofreció a {who}, que no lo quiso."),
        Why::DidNotAccept => format!("Ya se ofreció a {who}, que no lo aceptó a tiempo."),
        Why::GroupFull { group: Some((group, GroupUse { used, most })) } => {
            format!(
                "A {who} solo podía llegarle por el grupo {group}, que estaba al completo: {used} de {most} \
                 diálogos."
            )
        }
        Why::GroupFull { group: None } => {
            format!("A {who} solo podía llegarle por un grupo que estaba al completo.")
        }
        Why::Excluded => format!("{who} no debe atender nunca a este cliente."),
        Why::Outranked(edge) => match winner {
            Some(winner) => {
                let by = edge.as_ref().map(|by| format!(": {}", edge_of(by, who))).unwrap_or_default();
                format!("{who} podía atenderlo{load}, pero {} iba antes{by}.", name(winner))
            }
            None => format!("{who} tenía sitio{load}, pero no se eligió a nadie."),
        },
        Why::NotOnRecord => format!(
            "No consta: esta decisión es de una versión anterior, que solo guardaba las candidaturas más \
             cercanas, y {who} no está entre ellas."
        ),
    }
}

fn name(who: &Responsible) -> String {
    match who {
        Responsible::Manager(id) => id.to_string(),
        Responsible::Bot(id) => format!("el bot {id}"),
    }
}

fn was_absent(absence: Absence) -> &'static str {
    match absence {
        Absence::Removed => "ya no formaba parte del equipo",
        Absence::OnLeave => "estaba de permiso",
        Absence::Offline => "estaba fuera de línea",
        Absence::Settling => "acababa de conectarse",
        Absence::Busy => "figuraba con estado ocupado",
        Absence::Dinner => "estaba en la pausa de la comida",
        Absence::Break => "estaba en una pausa",
        Absence::WrapUp => "estaba terminando otro diálogo",
    }
}

/// By what the winner came first.
fn edge_of(edge: &Edge, who: &str) -> String {
    match edge {
        Edge::Share { winner: (load, capacity) } => {
            format!("tenía ocupada una parte menor de su capacidad ({load} de {capacity})")
        }
        Edge::LastAssigned { .. } => {
            "con la misma parte ocupada, llevaba más tiempo sin recibir un diálogo".to_owned()
        }
        Edge::IdleSince { .. } => "llevaba más tiempo desde que recibió o terminó un diálogo".to_owned(),
        Edge::Turn { after: Some(last) } => format!("era su turno, después de {last}"),
        Edge::Turn { after: None } => "le correspondía el primer turno".to_owned(),
        Edge::Place { winner, theirs } => {
            let place = |place: &Option<u32>| {
                place.map_or_else(|| "no figura".to_owned(), |place| format!("puesto {}", place + 1))
            };
            format!("va antes en la lista del grupo ({}; {who}, {})", place(winner), place(theirs))
        }
        Edge::Id => {
            "empataban en todo lo que cuenta y entonces decide el orden de los identificadores".to_owned()
        }
    }
}
