//! What the mirror says to single events, one at a time.

mod endings;

use super::*;
use crate::connectors::retailcrm::wire::Frame;
use crate::engine::inbound::{Fact, Inbound};

const NOW: Timestamp = Timestamp::from_secs(1_772_442_905);

fn frame(text: &str) -> Input {
    Input::Frame(Box::new(Frame::decode(text.as_bytes()).expect("a frame")))
}

fn chat(last_dialog: &str) -> String {
    format!(
        r#"{{"id": 7, "channel": {{"id": 3, "type": "whatsapp", "name": "Shop", "is_active": true}},
            "customer": {{"id": 5, "type": "customer", "name": "Marta"}}, "updated_at": "2026-03-02T09:15:05.5Z"{last_dialog}}}"#
    )
}

fn message(id: Id, who: &str, extra: &str) -> Input {
    let from = match who {
        "customer" => r#""from": {"id": 5, "type": "customer", "name": "Marta"},"#,
        "ana" => r#""from": {"id": 12, "type": "user", "name": "Ana"},"#,
        "us" => r#""from": {"id": 1, "type": "bot"},"#,
        _ => "",
    };
    frame(&format!(
        r#"{{"type": "message_new", "data": {{"message": {{"id": {id}, "type": "text", "scope": "public", "chat_id": 7,
            "dialog": {{"id": 9}}, {from} "content": "text {id}", "created_at": "2026-03-02T09:15:04.{id:03}Z",
            "chat": {}{extra}}}}}}}"#,
        chat("")
    ))
}

/// What was asked for, in short.
fn short(steps: &[Step]) -> Vec<String> {
    let told = |inbound: &Inbound| {
        if let Inbound::Open(wanted) = inbound {
            let text = wanted.message.as_ref().and_then(|message| message.text.clone());
            return Some(format!("open {:?} {}", wanted.id.clone()?, text.unwrap_or_default()));
        }
        if let Inbound::Assign { dialog, to, external, .. } = inbound {
            return Some(format!("assign {dialog} {to:?} {external}"));
        }
        if let Inbound::ReportStatus { message, status } = inbound {
            return Some(format!("status {message} {}", status.word()));
        }
        if let Inbound::Unassign { dialog, .. } = inbound {
            return Some(format!("unassign {dialog}"));
        }
        let Inbound::Reported { dialog, fact } = inbound else { return None };
        Some(match fact {
            Fact::Wrote { message, late } => {
                format!("wrote {dialog} {} late={late}", message.text.clone().unwrap_or_default())
            }
            Fact::Returned | Fact::NotTaken { .. } | Fact::Closed { .. } => format!("{fact:?} {dialog}"),
        })
    };
    let line = |step: &Step| match step {
        Step::Tell { news: News::Inbound(inbound), .. } => told(inbound),
        Step::Tell { .. } | Step::Count(_) => None,
        Step::Look { dialog, .. } => Some(format!("look {dialog}")),
        Step::Call(job) => Some(format!("call {:?}", job.call)),
        Step::Read(read) => Some(format!("read {read:?}")),
        Step::Command(given) => Some(format!("command {}", given.text)),
        Step::Distrust => Some("distrust".into()),
        Step::GiveUp { job, why } => Some(format!("give up {}: {why}", job.call.word())),
    };
    steps.iter().filter_map(line).collect()
}

/// Tells the engine everything that it is to be told.
fn told(mirror: &mut Mirror, steps: &[Step]) -> Vec<Step> {
    let mut out = Vec::new();
    for step in steps {
        if let Step::Tell { dialog, news, .. } = step {
            let input = Input::Told { dialog: *dialog, news: news.clone(), taken: Taken::Done };
            out.extend(mirror.on(input, NOW));
        }
    }
    out
}

fn with_dialog() -> Mirror {
    let mut mirror = Mirror::new();
    mirror.set_me(&Bot { id: 1, ..Bot::default() });
    for user in [12, 13] {
        mirror.seed_manager(user, "Ana", true);
    }
    mirror.on(Input::Connected(true), NOW);
    let steps = mirror.on(message(1, "customer", ""), NOW);
    assert_eq!(short(&steps), [r#"open "9" text 1"#]);
    let after = told(&mut mirror, &steps);
    assert_eq!(short(&after), <[String; 0]>::default());
    mirror
}

/// The engine wants Ana to have it, and the call is under way.
fn assigning(mirror: &mut Mirror) -> Job {
    let steps = mirror.on(Input::Wish { seq: 1, dialog: 9, wish: Wish::State }, NOW);
    let Some(Step::Look { dialog, epoch }) = steps.first().cloned() else { panic!("{steps:?}") };
    let stand = Stand::Open(Some(Holder::User(12)));
    let steps = mirror.on(Input::Looked { dialog, epoch, stand, acts: true }, NOW);
    let [Step::Call(job)] = &steps[..] else { panic!("{steps:?}") };
    job.clone()
}

#[test]
fn a_message_opens_its_dialog_and_repeats_say_nothing() {
    let mut mirror = with_dialog();
    assert_eq!(short(&mirror.on(message(1, "customer", ""), NOW)), <[String; 0]>::default());
    let opened =
        format!(r#"{{"type": "dialog_opened", "data": {{"dialog": {{"id": 9, "chat": {}}}}}}}"#, chat(""));
    assert_eq!(short(&mirror.on(frame(&opened), NOW)), <[String; 0]>::default());
    assert_eq!(short(&mirror.on(message(3, "ana", ""), NOW)), ["wrote 9 text 3 late=false"]);
    assert_eq!(short(&mirror.on(message(2, "customer", ""), NOW)), ["wrote 9 text 2 late=true"]);
    assert_eq!(short(&mirror.on(message(4, "us", ""), NOW)), <[String; 0]>::default(), "our own");
}

#[test]
fn an_announced_dialog_waits_for_its_words_but_not_for_ever() {
    let mut mirror = with_dialog();
    let other = chat("").replace(r#""id": 7"#, r#""id": 8"#);
    let opened = format!(
        r#"{{"type": "dialog_opened", "data": {{"dialog": {{"id": 10, "begin_message_id": 50, "chat": {other}}}}}}}"#
    );
    assert_eq!(short(&mirror.on(frame(&opened), NOW)), <[String; 0]>::default());
    let later = NOW + ANNOUNCED;
    let asked = mirror.on(Input::Tick, later);
    assert_eq!(short(&asked), ["read Messages { dialog: 10, chat: 8 }"]);
    assert_eq!(short(&mirror.on(Input::Tick, later + ANNOUNCED * 2)), [r#"open "10" "#]);
}

#[test]
fn what_a_person_does_is_told_as_a_fact() {
    let mut mirror = with_dialog();
    let assign = |user: Id, at: &str| {
        frame(&format!(
            r#"{{"type": "dialog_assign", "data": {{"dialog": {{"id": 9, "responsible":
                {{"id": {user}, "type": "user", "assigned_at": "2026-03-02T09:15:{at}Z"}}}}, "chat": {}}}}}"#,
            chat("")
        ))
    };
    assert_eq!(short(&mirror.on(assign(12, "06.5"), NOW)), [r#"assign 9 Manager("12") true"#]);
    assert_eq!(short(&mirror.on(assign(13, "06.4"), NOW)), <[String; 0]>::default(), "it came late");
    let system = |action: &str| {
        let text = format!(
            r#"{{"type": "message_new", "data": {{"message": {{"id": 70, "type": "system", "scope": "private",
                "chat_id": 7, "dialog": {{"id": 9}}, "action": "{action}", "created_at": "2026-03-02T09:15:07.1Z"}}}}}}"#
        );
        frame(&text)
    };
    assert_eq!(short(&mirror.on(system("dialog_unassign"), NOW)), ["Returned 9"]);
    assert_eq!(short(&mirror.on(system("dialog_closed"), NOW)), <[String; 0]>::default(), "its event tells");
    let closed = r#"{"type": "dialog_closed", "data": {"dialog": {"id": 9, "responsible":
        {"id": 13, "type": "user", "assigned_at": "2026-03-02T09:15:08.2Z"}}}}"#;
    let told = [r#"Closed { held_by: Some(Manager("13")) } 9"#];
    assert_eq!(short(&mirror.on(frame(closed), NOW)), told, "it closed with whoever held it last");
    assert_eq!(short(&mirror.on(assign(12, "09"), NOW)), <[String; 0]>::default(), "closed ones stay closed");
}

#[test]
fn our_own_call_comes_back_as_nothing_new() {
    let mut mirror = with_dialog();
    let job = assigning(&mut mirror);
    let echo = format!(
        r#"{{"type": "dialog_assign", "data": {{"dialog": {{"id": 9, "responsible":
            {{"id": 12, "type": "user", "assigned_at": "2026-03-02T09:15:06.5Z"}}}}, "chat": {}}}}}"#,
        chat("")
    );
    assert_eq!(short(&mirror.on(frame(&echo), NOW)), <[String; 0]>::default());
    let called = Called::Assigned { at: None, before: None };
    assert_eq!(short(&mirror.on(Input::Called { job, called }, NOW)), ["look 9"]);
    assert_eq!(short(&mirror.on(frame(&echo), NOW)), <[String; 0]>::default());
}

#[test]
fn a_person_who_chose_at_the_same_moment_wins() {
    let mut mirror = with_dialog();
    let job = assigning(&mut mirror);
    let called = Called::Assigned { at: None, before: Some(Holder::User(13)) };
    let steps = mirror.on(Input::Called { job, called }, NOW);
    assert_eq!(short(&steps), [r#"assign 9 Manager("13") true"#]);
    assert!(steps.iter().any(|step| matches!(step, Step::Count(Tally::Overwrote))));
    let steps = told(&mut mirror, &steps);
    let [Step::Look { dialog, epoch }] = steps[..] else { panic!("{steps:?}") };
    let stand = Stand::Open(Some(Holder::User(13)));
    let steps = mirror.on(Input::Looked { dialog, epoch, stand, acts: true }, NOW);
    assert_eq!(short(&steps), ["call Assign(User(13))"], "theirs is restored");
}

#[test]
fn a_lost_answer_is_decided_by_reading() {
    let mut mirror = with_dialog();
    let job = assigning(&mut mirror);
    let steps = mirror.on(Input::Called { job, called: Called::Lost }, NOW);
    assert_eq!(short(&steps), ["read Dialog(9)"]);
    let text = r#"{"id": 9, "chat_id": 7, "updated_at": "2026-03-02T09:15:06.5Z",
        "responsible": {"type": "user", "id": 12, "assigned_at": "2026-03-02T09:15:06.5Z"}}"#;
    let dialog: wire::Dialog = wire::decode(text.as_bytes()).expect("a dialog");
    let steps = mirror.on(Input::Read(Found::Dialog(9, Some(Box::new(dialog)))), NOW);
    assert_eq!(short(&steps), ["look 9"], "it took hold: only the engine is looked at again");
    assert_eq!(mirror.open_dialogs().next(), Some((9, 7, Some(Holder::User(12)))));
}

#[test]
fn a_refusal_sends_the_dialog_back_and_the_manager_rests() {
    let mut mirror = with_dialog();
    let job = assigning(&mut mirror);
    let called = Called::Rejected { status: 400, text: "user #12 is not active".into() };
    assert_eq!(short(&mirror.on(Input::Called { job, called }, NOW)), ["read Dialog(9)"]);
    let text = r#"{"id": 9, "chat_id": 7, "updated_at": "2026-03-02T09:15:06.5Z"}"#;
    let dialog: wire::Dialog = wire::decode(text.as_bytes()).expect("a dialog");
    let steps = mirror.on(Input::Read(Found::Dialog(9, Some(Box::new(dialog)))), NOW);
    assert_eq!(short(&steps), ["read Users", r#"NotTaken { by: "12" } 9"#]);
    let rests = steps.iter().any(|step| {
        matches!(step, Step::Tell { news: News::Inbound(inbound), .. }
            if matches!(&**inbound, Inbound::PutPresence { presence, .. }
                if presence.status == crate::domain::manager::Status::Busy))
    });
    assert!(rests, "{steps:?}");
}

#[test]
fn in_shadow_no_call_is_made() {
    let mut mirror = with_dialog();
    let steps = mirror.on(Input::Wish { seq: 4, dialog: 9, wish: Wish::State }, NOW);
    let [Step::Look { dialog, epoch }] = steps[..] else { panic!("{steps:?}") };
    assert_eq!(mirror.done_up_to(), 3);
    let stand = Stand::Open(Some(Holder::User(12)));
    let steps = mirror.on(Input::Looked { dialog, epoch, stand, acts: false }, NOW);
    assert_eq!(short(&steps), <[String; 0]>::default());
    assert_eq!((mirror.owed(), mirror.done_up_to()), (0, 4));
}

#[test]
fn who_writes_while_the_engine_closes_gets_the_next_dialog() {
    let mut mirror = with_dialog();
    let steps = mirror.on(message(2, "customer", ""), NOW);
    let Some(Step::Tell { dialog, news, .. }) = steps.last().cloned() else { panic!("{steps:?}") };
    let steps = mirror.on(Input::Told { dialog, news, taken: Taken::Closed }, NOW);
    let [Step::Look { dialog, epoch }] = steps[..] else { panic!("{steps:?}") };
    let steps = mirror.on(Input::Looked { dialog, epoch, stand: Stand::Closed, acts: true }, NOW);
    let [Step::Call(job)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(job.call, Call::Close);
    let steps = mirror.on(Input::Called { job: job.clone(), called: Called::Closed }, NOW);
    let [Step::Call(job)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(job.call, Call::OpenNext);
    let steps = mirror.on(Input::Called { job: job.clone(), called: Called::Opened(11) }, NOW);
    assert!(short(&steps).contains(&r#"open "11" text 2"#.to_owned()), "{steps:?}");
}

#[test]
fn a_text_whose_answer_was_lost_is_sent_once() {
    let mut mirror = with_dialog();
    let text = Text {
        id: crate::domain::ids::MessageId::trusted("9.a1"),
        text: "We open at 9 & close at 18".into(),
        visibility: crate::domain::message::Visibility::Public,
        asked_at: NOW,
    };
    let steps = mirror.on(Input::Wish { seq: 1, dialog: 9, wish: Wish::Text(text) }, NOW);
    let [Step::Call(job)] = &steps[..] else { panic!("{steps:?}") };
    let steps = mirror.on(Input::Called { job: job.clone(), called: Called::Lost }, NOW);
    assert_eq!(short(&steps), ["read Messages { dialog: 9, chat: 7 }"]);
    let stored = r#"[{"id": 60, "type": "text", "scope": "public", "chat_id": 7, "dialog": {"id": 9},
        "from": {"id": 1, "type": "bot"}, "content": "We open at 9 &amp; close at 18"}]"#;
    let (messages, _) = wire::decode_list(stored.as_bytes()).expect("a list");
    let steps = mirror.on(Input::Read(Found::Messages(9, messages)), NOW);
    assert_eq!(short(&steps), ["status 9.a1 sent"]);
    assert_eq!(mirror.owed(), 0);
    let seen = r#"{"type": "message_updated", "data": {"message": {"id": 60, "type": "text", "chat_id": 7, "status": "seen"}}}"#;
    assert_eq!(short(&mirror.on(frame(seen), NOW)), ["status 9.a1 seen"]);
}

#[test]
fn commands_are_no_words() {
    let mut mirror = with_dialog();
    let text = r#"{"type": "message_new", "data": {"message": {"id": 80, "type": "command", "scope": "private",
        "chat_id": 7, "dialog": {"id": 9}, "from": {"id": 12, "type": "user"}, "content": "/why"}}}"#;
    assert_eq!(short(&mirror.on(frame(text), NOW)), ["command /why"]);
    assert_eq!(short(&mirror.on(frame(text), NOW)), <[String; 0]>::default(), "once");
}

/// The engine decides by a rule with these tags, and is looked at as it stands.
fn tagging(mirror: &mut Mirror, seq: u64, names: &[&str], stand: Stand, acts: bool) -> Vec<Step> {
    let wish = Wish::Tags(names.iter().copied().collect());
    let steps = mirror.on(Input::Wish { seq, dialog: 9, wish }, NOW);
    look(mirror, &steps, stand, acts, NOW)
}

/// Answers the look that was asked for last.
fn look(mirror: &mut Mirror, steps: &[Step], stand: Stand, acts: bool, now: Timestamp) -> Vec<Step> {
    let Some(Step::Look { dialog, epoch }) = steps.last().cloned() else { panic!("{steps:?}") };
    mirror.on(Input::Looked { dialog, epoch, stand, acts }, now)
}

fn tag(names: &[&str]) -> Call {
    Call::Tag(names.iter().copied().collect())
}

/// The only call that was asked for.
fn only_call(steps: &[Step]) -> Job {
    let [Step::Call(job)] = steps else { panic!("{steps:?}") };
    job.clone()
}

fn shown(tags: &str) -> Input {
    let text =
        format!(r#"{{"id": 9, "chat_id": 7, "updated_at": "2026-03-02T09:15:06.5Z", "tags": {tags}}}"#);
    let dialog: wire::Dialog = wire::decode(text.as_bytes()).expect("a dialog");
    Input::Read(Found::Dialog(9, Some(Box::new(dialog))))
}

const WAITS: Stand = Stand::Open(None);

#[test]
fn tags_come_after_the_assignment_and_once() {
    let mut mirror = with_dialog();
    let assigned = Stand::Open(Some(Holder::User(12)));
    let assign = only_call(&tagging(&mut mirror, 1, &["vip", "night"], assigned, true));
    assert_eq!(assign.call, Call::Assign(Holder::User(12)));
    let called = Called::Assigned { at: None, before: None };
    let steps = mirror.on(Input::Called { job: assign, called }, NOW);
    let job = only_call(&look(&mut mirror, &steps, assigned, true, NOW));
    assert_eq!(job.call, tag(&["vip", "night"]));
    assert_eq!(mirror.done_up_to(), 0, "after a crash it is looked at again");
    let steps = mirror.on(Input::Called { job, called: Called::Tagged }, NOW);
    assert!(look(&mut mirror, &steps, assigned, true, NOW).is_empty());
    assert_eq!((mirror.owed(), mirror.done_up_to()), (0, 1));
    assert!(tagging(&mut mirror, 2, &["night"], assigned, true).is_empty(), "it has it");
    let other = only_call(&tagging(&mut mirror, 3, &["night", "complaint"], assigned, true));
    assert_eq!(other.call, tag(&["complaint"]));
}

#[test]
fn a_tag_that_the_gateway_shows_is_not_put_on_again() {
    let mut mirror = with_dialog();
    mirror.on(shown(r#"[{"name": "R&amp;D", "color_code": "red"}]"#), NOW);
    let job = only_call(&tagging(&mut mirror, 1, &["R&D", "vip"], WAITS, true));
    assert_eq!(job.call, tag(&["vip"]));
    // Somebody takes it off: they want it off.
    let steps = mirror.on(Input::Called { job, called: Called::Tagged }, NOW);
    assert!(look(&mut mirror, &steps, WAITS, true, NOW).is_empty());
    mirror.on(shown("[]"), NOW);
    assert!(tagging(&mut mirror, 2, &["R&D", "vip"], WAITS, true).is_empty());
}

#[test]
fn whether_a_lost_call_put_tags_on_is_read() {
    let mut mirror = with_dialog();
    let job = only_call(&tagging(&mut mirror, 1, &["vip"], WAITS, true));
    let steps = mirror.on(Input::Called { job, called: Called::Lost }, NOW);
    assert_eq!(short(&steps), ["read Dialog(9)"]);
    let steps = mirror.on(shown(r#"[{"name": "vip"}]"#), NOW);
    assert!(look(&mut mirror, &steps, WAITS, true, NOW).is_empty(), "it did");
    assert_eq!(mirror.owed(), 0);
}

#[test]
fn a_call_about_tags_that_never_takes_hold_is_given_up() {
    let mut mirror = with_dialog();
    let mut job = only_call(&tagging(&mut mirror, 1, &["vip"], WAITS, true));
    let mut now = NOW;
    for _ in 0..5 {
        mirror.on(Input::Called { job: job.clone(), called: Called::Lost }, now);
        assert_eq!(short(&mirror.on(shown("[]"), now)), <[String; 0]>::default(), "it rests");
        now = now + Duration::from_mins(2);
        let steps = mirror.on(Input::Tick, now);
        job = only_call(&look(&mut mirror, &steps, WAITS, true, now));
    }
    mirror.on(Input::Called { job, called: Called::Lost }, now);
    let steps = mirror.on(shown("[]"), now);
    let why = "the answers are lost, and the dialog does not have them";
    assert_eq!(short(&steps), [format!("give up tag: {why}"), "look 9".to_owned()]);
    assert!(look(&mut mirror, &steps, WAITS, true, now).is_empty());
    assert_eq!(mirror.owed(), 0);
}

#[test]
fn a_bot_that_may_not_tag_ceases_to_try() {
    let mut mirror = with_dialog();
    let mut job = only_call(&tagging(&mut mirror, 1, &["vip"], WAITS, true));
    let mut now = NOW;
    for _ in 0..5 {
        let steps = mirror.on(Input::Called { job: job.clone(), called: Called::Unauthorized }, now);
        assert_eq!(short(&steps), ["distrust"]);
        now = now + Duration::from_mins(2);
        let steps = mirror.on(Input::Tick, now);
        job = only_call(&look(&mut mirror, &steps, WAITS, true, now));
    }
    let steps = mirror.on(Input::Called { job, called: Called::Unauthorized }, now);
    assert_eq!(short(&steps), ["distrust", "give up tag: the bot may not", "look 9"]);
    assert!(look(&mut mirror, &steps, WAITS, true, now).is_empty());
    assert_eq!(mirror.owed(), 0);
}

#[test]
fn tags_that_are_refused_are_given_up_and_stop_nothing() {
    for status in [400, 404] {
        let mut mirror = with_dialog();
        let job = only_call(&tagging(&mut mirror, 1, &["vip"], WAITS, true));
        let wish = Input::Wish { seq: 2, dialog: 9, wish: Wish::State };
        assert!(mirror.on(wish, NOW).is_empty(), "one thing at a time");
        let called = Called::Rejected { status, text: "no such tag".into() };
        let steps = mirror.on(Input::Called { job, called }, NOW);
        assert_eq!(short(&steps), [format!("give up tag: {status} no such tag"), "look 9".to_owned()]);
        let assigned = Stand::Open(Some(Holder::User(12)));
        let job = only_call(&look(&mut mirror, &steps, assigned, true, NOW));
        assert_eq!(job.call, Call::Assign(Holder::User(12)));
        let called = Called::Assigned { at: None, before: None };
        let steps = mirror.on(Input::Called { job, called }, NOW);
        assert!(look(&mut mirror, &steps, assigned, true, NOW).is_empty());
        assert!(tagging(&mut mirror, 3, &["vip"], assigned, true).is_empty(), "it is said once");
        assert_eq!((mirror.owed(), mirror.done_up_to()), (0, 3));
    }
}

#[test]
fn in_shadow_and_without_leave_nothing_is_tagged() {
    let mut mirror = with_dialog();
    assert!(tagging(&mut mirror, 1, &["vip"], WAITS, false).is_empty());
    assert_eq!((mirror.owed(), mirror.done_up_to()), (0, 1), "it is not made up for later");
    mirror.on(Input::Connected(false), NOW);
    let wish = Wish::Tags(["vip"].into_iter().collect());
    assert!(mirror.on(Input::Wish { seq: 2, dialog: 9, wish }, NOW).is_empty());
    let steps = mirror.on(Input::Connected(true), NOW);
    assert_eq!(only_call(&look(&mut mirror, &steps, WAITS, true, NOW)).call, tag(&["vip"]));
}

#[test]
fn a_dialog_gets_its_tags_before_it_is_closed() {
    let mut mirror = with_dialog();
    let job = only_call(&tagging(&mut mirror, 1, &["vip"], Stand::Closed, true));
    assert_eq!(job.call, tag(&["vip"]));
    let steps = mirror.on(Input::Called { job, called: Called::Tagged }, NOW);
    let job = only_call(&look(&mut mirror, &steps, Stand::Closed, true, NOW));
    assert_eq!(job.call, Call::Close);
}
