//! Spanish words for the answers to commands. No word tells a man from a woman.

use super::note::{Note, Queue, span};
use crate::domain::refusal::Refusal;

pub(super) fn text(note: &Note) -> String {
    match note {
        Note::Said(sentence) => sentence.clone(),
        Note::NoDecision => "No se consultó ninguna regla para este diálogo.".into(),
        Note::ByHand(to) => format!("Alguien lo asignó a {to} a mano; no se consultó ninguna regla."),
        Note::GoesTo(to) => format!("Pasa a {to}."),
        Note::WaitsFor(group) => format!("Nadie de {group} tiene sitio ahora; el diálogo espera."),
        Note::IsWith(who) => format!("Ya lo tiene {who}."),
        Note::Waits => "Ha vuelto a la cola; nadie tiene sitio ahora.".into(),
        Note::Queue(queue) => self::queue(queue),
        Note::Help => HELP.into(),
        Note::Unknown(word) => format!("No existe el comando {word}. {HELP}"),
        Note::ToWhom(groups) => {
            format!("¿A quién? Escriba un nombre o un grupo{}.", listed(", como ", groups, " o "))
        }
        Note::Nobody(name, groups) => {
            format!("Nadie se llama {name}{}.", listed("; los grupos son ", groups, " y "))
        }
        Note::Several(name, people) => {
            format!(
                "Hay varias personas con el nombre {name}{}. ¿Cuál de ellas?",
                listed(": ", people, " y ")
            )
        }
        Note::NoDialog => "No hay ningún diálogo abierto en este chat.".into(),
        Note::Refused(refusal, who) => refused(refusal, who.as_deref()),
        Note::Later => "Ahora mismo no es posible; inténtelo de nuevo en un momento.".into(),
    }
}

const HELP: &str = "Puede escribir /why (por qué el diálogo está donde está; con un nombre: por qué no esa persona), \
    /transfer con un nombre o un grupo (con ! detrás: aunque no esté), /release (de vuelta al reparto), /queue y /help.";

fn queue(queue: &Queue) -> String {
    let waiting = match queue.waiting {
        0 => "Ningún diálogo en espera".to_owned(),
        1 => "1 diálogo en espera".to_owned(),
        more => format!("{more} diálogos en espera"),
    };
    let longest = queue.longest.filter(|_| queue.waiting > 0).map(span);
    let longest =
        longest.map(|(count, unit)| format!(", el primero desde hace {count} {unit}")).unwrap_or_default();
    let place = queue.place.map(|place| format!("; este es el número {place}")).unwrap_or_default();
    let held = match queue.held {
        0 => String::new(),
        1 => "1 retenido hasta que llegue su hora. ".to_owned(),
        more => format!("{more} retenidos hasta que llegue su hora. "),
    };
    let present = match queue.present {
        0 => "Nadie puede atender ahora mismo".to_owned(),
        1 => "1 persona puede atender ahora".to_owned(),
        more => format!("{more} personas pueden atender ahora"),
    };
    format!("{waiting}{longest}{place}. {held}{present}. Tiene {}.", queue.own)
}

fn listed(opening: &str, names: &[String], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{opening}{one}"),
        [first @ .., last] => format!("{opening}{}{and}{last}", first.join(", ")),
    }
}

fn refused(refusal: &Refusal, who: Option<&str>) -> String {
    match refusal {
        Refusal::Forbidden { .. } => {
            "Solo puede hacerlo alguien con permisos de administración o quien tiene el diálogo.".into()
        }
        Refusal::ManagerAbsent { manager, absence } => {
            let who = who.unwrap_or(manager);
            let why = match *absence {
                "busy" => "no tiene disponibilidad",
                "dinner" => "está comiendo",
                "break" => "está en pausa",
                "on_leave" => "está de permiso",
                "wrap_up" => "está terminando otro diálogo",
                _ => "no está",
            };
            format!("{who} {why}. Para pasarlo de todos modos, escriba /transfer {who}! por favor.")
        }
        Refusal::DialogClosed => "El diálogo está cerrado.".into(),
        Refusal::NotAssigned => "Nadie tiene el diálogo; ya está en la cola.".into(),
        Refusal::Quarantined => {
            "El diálogo se apartó tras varios fallos; puede asignarlo alguien con permisos de administración."
                .into()
        }
        Refusal::InternalDialog => "Los diálogos internos no se reparten.".into(),
        Refusal::BadId { .. }
        | Refusal::NotOffered { .. }
        | Refusal::Unknown { .. }
        | Refusal::DuplicateId { .. }
        | Refusal::NotResponsible { .. }
        | Refusal::NotLastResponsible { .. }
        | Refusal::StatusNotReported { .. }
        | Refusal::CustomerMerged { .. }
        | Refusal::RulesMoved { .. }
        | Refusal::BadValue { .. } => format!("Fue rechazado: {}.", refusal.code()),
    }
}
