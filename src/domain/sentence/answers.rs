//! The answers to "why not them?", each in every language.

use std::time::Duration;

use super::*;
use crate::domain::ids::{DialogId, RulesVersion};
use crate::domain::manager::ManagerWork;
use crate::domain::stance::Stance;
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::domain::why_not::Edge;

fn decision() -> Decision {
    Decision {
        dialog: DialogId::trusted("d1"),
        at: Timestamp::from_secs(0),
        cause: Cause::Opened,
        rules: RulesVersion::trusted("abc"),
        rule: None,
        tags: Tags::NONE,
        step: None,
        entered_step_at: None,
        strategy: None,
        steps: [Target::Owner, Target::Group(GroupId::trusted("sales"))]
            .into_iter()
            .zip(0..)
            .map(|(to, step)| StepTrace {
                step,
                to,
                person: None,
                deputy: None,
                outcome: StepOutcome::Chosen,
                pick: None,
                over_capacity: Units::ZERO,
                anyway: false,
                group_full: None,
            })
            .collect(),
        candidates: Vec::new(),
        counts: Vec::new(),
        choice: Some(Responsible::Manager(ManagerId::trusted("boris"))),
        accept_by: None,
        ask_again_at: None,
        previous: None,
        effect: DecisionEffect::Assigned,
        fallback: None,
        waited: Duration::ZERO,
        facts_until: None,
        basis: None,
    }
}

#[track_caller]
fn check(why: Why, english: &str, spanish: &str) {
    let stance = Stance {
        absence: None,
        load: Units::whole(2),
        capacity: Units::whole(10),
        work: ManagerWork::default(),
    };
    let answer = Answer { manager: ManagerId::trusted("ana"), verdict: None, why, stance: Some(stance) };
    assert_eq!(why_not(&decision(), &answer, Language::English), english);
    assert_eq!(why_not(&decision(), &answer, Language::Spanish), spanish);
}

#[test]
fn every_answer_has_its_words() {
    check(Why::Chosen, "ana did get it.", "ana sí lo recibió.");
    check(
        Why::NotThere,
        "The account had no manager ana then.",
        "La cuenta no tenía entonces a nadie con el identificador ana.",
    );
    check(
        Why::NothingAsked,
        "No step of a rule was looked at, and so nobody was: not ana either.",
        "No se consultó ningún paso de ninguna regla, así que nadie entró en juego: tampoco ana.",
    );
    check(
        Why::Held,
        "The dialog was held then and offered to nobody: not to ana either.",
        "El diálogo estaba retenido y no se ofreció a nadie: tampoco a ana.",
    );
    check(
        Why::NotNamed,
        "No step that was looked at names ana. The steps looked at: the own manager, group sales.",
        "Ningún paso consultado incluye a ana. Pasos consultados: quien está a cargo del cliente, el grupo sales.",
    );
    check(
        Why::SetAside(1),
        "Only steps before step 2 name ana, and step 2 sets those aside.",
        "Solo incluyen a ana pasos anteriores al paso 2, que los descarta.",
    );
    check(
        Why::OverCapacity { charge: Units::ONE, over: Units::ZERO },
        "ana was there but had not enough room (2 of 10 units in use): the dialog costs 1.",
        "ana no tenía sitio suficiente (2 de 10 unidades ocupadas): el diálogo cuesta 1.",
    );
    check(
        Why::OverCapacity { charge: Units::ONE, over: Units::from_milli(500) },
        "ana was there but had not enough room (2 of 10 units in use): the dialog costs 1, with up to 0.5 over \
         capacity allowed.",
        "ana no tenía sitio suficiente (2 de 10 unidades ocupadas): el diálogo cuesta 1, con hasta 0.5 por encima \
         de la capacidad.",
    );
    check(
        Why::FailedBefore,
        "It had just been with ana, and does not go straight back.",
        "El diálogo acababa de estar con ana y no vuelve directamente.",
    );
    check(Why::Excluded, "ana is never to serve this customer.", "ana no debe atender nunca a este cliente.");
    let group = Some((GroupId::trusted("sales"), GroupUse { used: 20, most: 20 }));
    check(
        Why::GroupFull { group },
        "ana was there, but only group sales could have given it to them, and it was full: 20 of 20 dialogs.",
        "A ana solo podía llegarle por el grupo sales, que estaba al completo: 20 de 20 diálogos.",
    );
    check(
        Why::GroupFull { group: None },
        "ana was there, but only a group that was full could have given it to them.",
        "A ana solo podía llegarle por un grupo que estaba al completo.",
    );
    check(
        Why::NotOnRecord,
        "It is not on record: an earlier version made this decision and kept only the nearest candidates, and ana \
         is not among them.",
        "No consta: esta decisión es de una versión anterior, que solo guardaba las candidaturas más cercanas, y \
         ana no está entre ellas.",
    );
}

#[test]
fn every_absence_has_its_words() {
    for absence in Absence::ALL {
        let (english, spanish) = match absence {
            Absence::Removed => ("had been removed", "ya no formaba parte del equipo"),
            Absence::OnLeave => ("was on leave", "estaba de permiso"),
            Absence::Offline => ("was offline", "estaba fuera de línea"),
            Absence::Settling => ("had come online only just before", "acababa de conectarse"),
            Absence::Busy => ("was busy", "figuraba con estado ocupado"),
            Absence::Dinner => ("was at dinner", "estaba en la pausa de la comida"),
            Absence::Break => ("was on a break", "estaba en una pausa"),
            Absence::WrapUp => ("was finishing another dialog", "estaba terminando otro diálogo"),
        };
        check(
            Why::Absent(absence),
            &format!("ana could not take work then: ana {english}."),
            &format!("ana no podía atender en ese momento: {spanish}."),
        );
    }
}

#[test]
fn every_edge_has_its_words() {
    let (last, never) = (Some(Timestamp::from_secs(5)), None);
    let boris = || Some(ManagerId::trusted("vera"));
    let table = [
        (
            Some(Edge::Share { winner: (Units::ONE, Units::whole(10)) }),
            ": a smaller share of their capacity was in use (1 of 10)",
            ": tenía ocupada una parte menor de su capacidad (1 de 10)",
        ),
        (
            Some(Edge::LastAssigned { winner: never, theirs: last }),
            ": equal shares were in use, and their last assignment was longer ago",
            ": con la misma parte ocupada, llevaba más tiempo sin recibir un diálogo",
        ),
        (
            Some(Edge::IdleSince { winner: never, theirs: last }),
            ": they had waited longer since they last got or finished a dialog",
            ": llevaba más tiempo desde que recibió o terminó un diálogo",
        ),
        (
            Some(Edge::Turn { after: boris() }),
            ": it was their turn, after vera",
            ": era su turno, después de vera",
        ),
        (
            Some(Edge::Turn { after: None }),
            ": the first turn was theirs",
            ": le correspondía el primer turno",
        ),
        (
            Some(Edge::Place { winner: Some(0), theirs: None }),
            ": the group lists them first (number 1; ana not listed)",
            ": va antes en la lista del grupo (puesto 1; ana, no figura)",
        ),
        (
            Some(Edge::Id),
            ": they were equal in all that counts, and then the order of ids decides",
            ": empataban en todo lo que cuenta y entonces decide el orden de los identificadores",
        ),
        (None, "", ""),
    ];
    for (edge, english, spanish) in table {
        check(
            Why::Outranked(edge),
            &format!("ana could have taken it (2 of 10 units in use), but boris came first{english}."),
            &format!("ana podía atenderlo (2 de 10 unidades ocupadas), pero boris iba antes{spanish}."),
        );
    }
}
