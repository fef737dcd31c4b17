//! The sentences of decisions, each in every language.

use std::time::Duration;

use super::super::ids::{DialogId, RulesVersion};
use super::super::routing::Strategy;
use super::super::tags::Tags;
use super::super::time::Timestamp;
use super::*;

fn candidate(manager: &str, load: u32, capacity: u32, verdict: Verdict) -> Candidate {
    let [load, capacity] = [load, capacity].map(Units::whole);
    Candidate { manager: ManagerId::trusted(manager), load, capacity, idle_since: None, verdict }
}

fn example() -> Decision {
    let step = |step, to, person: Option<&str>, outcome| StepTrace {
        step,
        to,
        person: person.map(ManagerId::trusted),
        deputy: None,
        outcome,
        pick: None,
        over_capacity: Units::ZERO,
        anyway: false,
        group_full: None,
    };
    Decision {
        dialog: DialogId::trusted("d1"),
        at: Timestamp::from_secs(0),
        cause: Cause::Opened,
        rules: RulesVersion::trusted("abc"),
        rule: Some(RuleId::trusted("standard")),
        tags: Tags::NONE,
        step: Some(2),
        entered_step_at: None,
        strategy: Some(Strategy::LeastLoaded),
        steps: vec![
            step(0, Target::Owner, Some("vera"), StepOutcome::NobodyPresent),
            step(2, Target::Group(GroupId::trusted("sales")), None, StepOutcome::Chosen),
        ],
        candidates: vec![
            candidate("vera", 0, 10, Verdict::Absent(Absence::Offline)),
            candidate("ana", 14, 14, Verdict::OverCapacity),
            candidate("boris", 3, 10, Verdict::Chosen),
        ],
        counts: vec![
            (Verdict::Chosen, 1),
            (Verdict::OverCapacity, 1),
            (Verdict::Absent(Absence::Offline), 1),
        ],
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

#[test]
fn an_assignment_tells_who_why_and_who_not() {
    let told = "Went to boris by rule standard, step 3: own manager vera is offline; \
                of two present in sales ana is full (14 of 14), boris has room (3 of 10).";
    assert_eq!(sentence(&example()), told);
}

#[test]
fn a_move_tells_from_whom_and_why() {
    let mut decision = example();
    decision.effect = DecisionEffect::Reassigned;
    decision.cause = Cause::NoReply;
    decision.previous = Some(Responsible::Manager(ManagerId::trusted("gleb")));
    decision.steps.clear();
    decision.candidates.truncate(0);
    assert_eq!(
        sentence(&decision),
        "Moved from gleb to boris after no reply in time by rule standard, step 3."
    );
}

#[test]
fn a_choice_by_hand_needs_no_rule() {
    let mut decision = example();
    decision.cause = Cause::Manual;
    (decision.rule, decision.step) = (None, None);
    decision.steps.clear();
    decision.candidates.clear();
    assert_eq!(sentence(&decision), "Went to boris by hand.");
    decision.cause = Cause::Offline;
    decision.effect = DecisionEffect::Kept;
    decision.previous = decision.choice.take();
    assert_eq!(sentence(&decision), "Stays with boris for now after its manager went offline.");
}

#[test]
fn waiting_and_the_default_assignment_have_their_reasons() {
    let mut decision = example();
    decision.effect = DecisionEffect::Waiting;
    decision.choice = None;
    decision.rule = None;
    decision.step = None;
    decision.fallback = Some(FallbackReason::NoRule);
    decision.steps = vec![StepTrace {
        step: 0,
        to: Target::Everyone,
        person: None,
        deputy: None,
        outcome: StepOutcome::NobodyPresent,
        pick: Some(Strategy::LeastLoaded),
        over_capacity: Units::ZERO,
        anyway: false,
        group_full: None,
    }];
    decision.candidates.truncate(1);
    assert_eq!(
        sentence(&decision),
        "Waits by the default assignment, since no rule matches: nobody is present."
    );
}

#[test]
fn a_crowd_is_counted_and_only_the_nearest_are_told() {
    let mut decision = example();
    decision.candidates = (0..9).map(|n| candidate(&format!("m{n}"), 5, 10, Verdict::Outranked)).collect();
    decision.counts = vec![(Verdict::Outranked, 4_000)];
    let told = sentence(&decision);
    assert!(told.contains("of 4000 present in sales m0 comes after (5 of 10)"), "{told}");
    assert!(!told.contains("m4"), "{told}");
}

fn in_all(decision: &Decision) -> [String; 2] {
    Language::ALL.map(|language| told(decision, language))
}

/// A decision of which only the opening is told.
fn bare() -> Decision {
    Decision { steps: Vec::new(), candidates: Vec::new(), ..example() }
}

#[test]
fn both_languages_tell_the_same() {
    let [_, spanish] = in_all(&example());
    assert_eq!(
        spanish,
        "Fue a boris por la regla standard, paso 3: vera, a cargo del cliente, está fuera de línea; \
         de dos personas presentes en sales, ana está al completo (14 de 14) y boris tiene sitio (3 de 10)."
    );
}

#[test]
fn every_effect_has_its_words() {
    let gleb = Responsible::Manager(ManagerId::trusted("gleb"));
    let bot = Responsible::Bot(BotId::trusted("helper"));
    let boris = bare().choice;
    let table = [
        (DecisionEffect::Assigned, boris.clone(), None, "Went to boris", "Fue a boris"),
        (DecisionEffect::Assigned, Some(bot.clone()), None, "Went to bot helper", "Fue al bot helper"),
        (
            DecisionEffect::Reassigned,
            boris.clone(),
            Some(gleb.clone()),
            "Moved from gleb to boris",
            "Pasó de gleb a boris",
        ),
        (
            DecisionEffect::Reassigned,
            boris.clone(),
            Some(bot.clone()),
            "Moved from bot helper to boris",
            "Pasó del bot helper a boris",
        ),
        (DecisionEffect::Reassigned, boris, None, "Moved to boris", "Pasó a boris"),
        (DecisionEffect::Waiting, None, None, "Waits", "Está en espera"),
        (DecisionEffect::Kept, None, Some(gleb), "Stays with gleb for now", "Sigue con gleb por ahora"),
        (
            DecisionEffect::Kept,
            None,
            Some(bot),
            "Stays with bot helper for now",
            "Sigue con el bot helper por ahora",
        ),
        (DecisionEffect::Kept, None, None, "Stays where it is for now", "Sigue donde está por ahora"),
    ];
    for (effect, choice, previous, english, spanish) in table {
        let decision = Decision { choice, previous, effect, ..bare() };
        let [en, es] = in_all(&decision);
        assert_eq!(en, format!("{english} by rule standard, step 3."));
        assert_eq!(es, format!("{spanish} por la regla standard, paso 3."));
    }
}

#[test]
fn every_cause_has_its_words() {
    for cause in Cause::ALL {
        let (english, spanish) = match cause {
            Cause::Opened | Cause::MaxMoves => ("", ""),
            Cause::Manual => (" by hand", " por decisión manual,"),
            Cause::Picked => (" by their own choice", " por iniciativa propia,"),
            Cause::External => (" as the CRM reports", " según informa el CRM,"),
            Cause::NoReply => (" after no reply in time", " tras quedarse sin respuesta a tiempo,"),
            Cause::Offline => (" after its manager went offline", " tras desconectarse su agente,"),
            Cause::Returned => (" after it was given back", " tras ser devuelto,"),
            Cause::MemberRemoved => (" after its manager was removed", " tras la baja de su agente,"),
            Cause::RulesChanged => (" after the rules changed", " tras un cambio de reglas,"),
            Cause::Recovered => (" after a restart", " tras un reinicio,"),
        };
        let [en, es] = in_all(&Decision { cause, ..bare() });
        assert_eq!(en, format!("Went to boris{english} by rule standard, step 3."));
        assert_eq!(es, format!("Fue a boris{spanish} por la regla standard, paso 3."));
    }
}

#[test]
fn every_fallback_has_its_words() {
    for reason in FallbackReason::ALL {
        let (english, spanish) = match reason {
            FallbackReason::BotOff => ("the bot is off", "el bot está desactivado"),
            FallbackReason::NoRule => ("no rule matches", "ninguna regla coincide"),
            FallbackReason::StepsExhausted => {
                ("the rule has no steps left", "a la regla no le quedan más pasos")
            }
            FallbackReason::RulesBroken => {
                ("the rules could not be loaded", "no se pudieron cargar las reglas")
            }
            FallbackReason::MaxMoves => {
                ("it was moved as often as it may be", "ya se movió todas las veces permitidas")
            }
        };
        let [en, es] = in_all(&Decision { fallback: Some(reason), step: None, ..bare() });
        assert_eq!(en, format!("Went to boris by the default assignment, since {english}."));
        assert_eq!(es, format!("Fue a boris por la asignación predeterminada, ya que {spanish}."));
    }
}

#[test]
fn every_verdict_has_its_words() {
    for verdict in Verdict::PRESENT.into_iter().chain(Absence::ALL.map(Verdict::Absent)) {
        let (english, spanish) = match verdict {
            Verdict::Chosen => ("has room (3 of 10)", "tiene sitio (3 de 10)"),
            Verdict::Outranked => ("comes after (3 of 10)", "va después (3 de 10)"),
            Verdict::OverCapacity => ("is full (3 of 10)", "está al completo (3 de 10)"),
            Verdict::FailedBefore => ("had it just before", "acaba de tenerlo"),
            Verdict::Declined => ("declined", "no lo quiso"),
            Verdict::DidNotAccept => ("did not accept in time", "no lo aceptó a tiempo"),
            Verdict::Excluded => ("may not serve this customer", "no puede atender a este cliente"),
            Verdict::GroupFull => ("is only in a group that is full", "solo está en un grupo al completo"),
            Verdict::Absent(Absence::Removed) => ("was removed", "ya no forma parte del equipo"),
            Verdict::Absent(Absence::OnLeave) => ("is on leave", "está de permiso"),
            Verdict::Absent(Absence::Offline) => ("is offline", "está fuera de línea"),
            Verdict::Absent(Absence::Settling) => ("came online only just now", "acaba de conectarse"),
            Verdict::Absent(Absence::Busy) => ("is busy", "figura con estado ocupado"),
            Verdict::Absent(Absence::Dinner) => ("is at dinner", "está en la pausa de la comida"),
            Verdict::Absent(Absence::Break) => ("is on a break", "está en una pausa"),
            Verdict::Absent(Absence::WrapUp) => {
                ("is finishing another dialog", "está terminando otro diálogo")
            }
        };
        let mut decision = Decision { candidates: vec![candidate("vera", 3, 10, verdict)], ..example() };
        decision.steps.truncate(1);
        let [en, es] = in_all(&decision);
        assert_eq!(en, format!("Went to boris by rule standard, step 3: own manager vera {english}."));
        let opening = "Fue a boris por la regla standard, paso 3";
        assert_eq!(es, format!("{opening}: vera, a cargo del cliente, {spanish}."));
    }
}

#[test]
fn every_outcome_of_a_step_has_its_words() {
    let table = [
        (
            "owner",
            StepOutcome::NoSuchPerson,
            "the customer has no own manager",
            "el cliente no tiene a nadie a su cargo",
        ),
        (
            "last_manager",
            StepOutcome::NoSuchPerson,
            "nobody served the customer lately",
            "nadie ha atendido al cliente últimamente",
        ),
        ("group:sales", StepOutcome::TargetMissing, "group sales does not exist", "el grupo sales no existe"),
        ("manager:ana", StepOutcome::TargetMissing, "ana does not exist", "ana no existe"),
        ("everyone", StepOutcome::NobodyPresent, "nobody is present", "no hay nadie disponible"),
        (
            "group:sales",
            StepOutcome::NobodyPresent,
            "nobody of group sales is present",
            "no hay nadie disponible en el grupo sales",
        ),
        (
            "everyone",
            StepOutcome::Full,
            "all present of everyone are full",
            "todas las personas presentes están al completo",
        ),
        (
            "group:sales",
            StepOutcome::Full,
            "all present of group sales are full",
            "todas las personas presentes del grupo sales están al completo",
        ),
        (
            "everyone",
            StepOutcome::Passed,
            "the time for everyone is over",
            "se agotó el tiempo para todo el equipo",
        ),
        (
            "group:sales",
            StepOutcome::Passed,
            "the time for group sales is over",
            "se agotó el tiempo para el grupo sales",
        ),
        (
            "group:sales",
            StepOutcome::Excluded,
            "nobody present of group sales may serve this customer",
            "ninguna persona presente del grupo sales puede atender a este cliente",
        ),
        ("bot:helper", StepOutcome::TargetMissing, "bot helper does not exist", "el bot helper no existe"),
    ];
    for (to, outcome, english, spanish) in table {
        let to = Target::from_words(to).unwrap();
        let mut decision = Decision { effect: DecisionEffect::Waiting, candidates: Vec::new(), ..example() };
        decision.steps.truncate(1);
        decision.steps[0] = StepTrace { to, person: None, outcome, ..decision.steps[0].clone() };
        let [en, es] = in_all(&decision);
        assert_eq!(en, format!("Waits by rule standard, step 3: {english}."));
        assert_eq!(es, format!("Está en espera por la regla standard, paso 3: {spanish}."));
    }
}

#[test]
fn a_full_group_is_told_with_its_numbers_also_when_its_time_is_over() {
    for outcome in [StepOutcome::GroupFull, StepOutcome::Passed] {
        let mut decision = Decision { effect: DecisionEffect::Waiting, candidates: Vec::new(), ..example() };
        decision.steps.truncate(1);
        decision.steps[0] = StepTrace {
            to: Target::Group(GroupId::trusted("sales")),
            person: None,
            outcome,
            group_full: Some(GroupUse { used: 20, most: 20 }),
            ..decision.steps[0].clone()
        };
        let [en, es] = in_all(&decision);
        assert_eq!(en, "Waits by rule standard, step 3: group sales is full (20 of 20 dialogs).");
        let words = "el grupo sales está al completo (20 de 20 diálogos)";
        assert_eq!(es, format!("Está en espera por la regla standard, paso 3: {words}."));
    }
}

#[test]
fn languages_are_found_by_tag_and_by_header() {
    assert_eq!(Language::of_tag("es-MX"), Some(Language::Spanish));
    assert_eq!(Language::of_tag("ES"), Some(Language::Spanish));
    assert_eq!(Language::of_tag("est"), None);
    assert_eq!(Language::accepted("es-ES,es;q=0.9,en;q=0.8"), Some(Language::Spanish));
    assert_eq!(Language::accepted("de, en;q=0.3, es;q=0.7"), Some(Language::Spanish));
    assert_eq!(Language::accepted("es;q=0, en"), Some(Language::English));
    assert_eq!(Language::accepted("de, *"), None);
}

#[test]
fn a_deputy_is_told_with_whom_they_stand_in_for() {
    let mut decision = example();
    decision.steps[0].deputy = Some(ManagerId::trusted("boris"));
    decision.steps[0].outcome = StepOutcome::Chosen;
    decision.candidates[0].verdict = Verdict::Absent(Absence::OnLeave);
    decision.candidates.remove(1);
    (decision.step, decision.strategy) = (Some(0), None);
    decision.steps.truncate(1);
    assert_eq!(
        told(&decision, Language::English),
        "Went to boris by rule standard, step 1: own manager vera is on leave, deputy boris has room (3 of 10)."
    );
    assert_eq!(
        told(&decision, Language::Spanish),
        "Fue a boris por la regla standard, paso 1: vera, a cargo del cliente, está de permiso; por suplencia, \
         boris, tiene sitio (3 de 10)."
    );
}

#[test]
fn a_held_dialog_tells_when_it_goes_on() {
    let mut decision = example();
    // A Monday at 08:00 UTC, where clocks are an hour ahead.
    let until = Timestamp::from_secs(1_772_438_400);
    decision.steps.truncate(1);
    decision.steps[0].person = None;
    decision.steps[0].to = Target::UntilOpen(ScheduleId::trusted("office"));
    decision.steps[0].outcome = StepOutcome::Held { until, ahead: 3_600 };
    decision.candidates.clear();
    decision.counts.clear();
    (decision.step, decision.strategy) = (Some(0), None);
    (decision.effect, decision.choice) = (DecisionEffect::Waiting, None);
    assert_eq!(
        told(&decision, Language::English),
        "Waits by rule standard, step 1: held until office opens at 09:00 Monday."
    );
    assert_eq!(
        told(&decision, Language::Spanish),
        "Está en espera por la regla standard, paso 1: queda a la espera de que abra office, el lunes a las 9:00."
    );
    decision.steps[0].to = Target::Everyone;
    assert!(told(&decision, Language::English).ends_with("its turn comes after 08:00 Monday UTC."));
}

#[test]
fn a_wait_for_facts_tells_where_and_until_when() {
    let rule = Some(RuleId::trusted("vip"));
    let facts_until = Some(Timestamp::from_secs(3_602));
    let waits = Decision {
        rule,
        facts_until,
        step: None,
        choice: None,
        effect: DecisionEffect::Waiting,
        counts: Vec::new(),
        ..bare()
    };
    assert_eq!(
        told(&waits, Language::English),
        "Waits at rule vip, until 01:00:02 UTC at most, for what the CRM knows of the customer."
    );
    assert_eq!(
        told(&waits, Language::Spanish),
        "Está en espera en la regla vip, hasta la 1:00:02 UTC como mucho, de lo que el CRM sepa del cliente."
    );
}
