//! Who held a dialog when it was closed, where calls of ours crossed the closing.

use super::*;

/// A dialog that Ana held, read again: closed, with nobody, and changed since.
fn left_by_ana() -> (Mirror, Vec<Step>) {
    let mut mirror = with_dialog();
    let assigned = r#"{"type": "dialog_assign", "data": {"dialog": {"id": 9, "responsible":
        {"id": 12, "type": "user", "assigned_at": "2026-03-02T09:15:06.5Z"}}}}"#;
    let steps = mirror.on(frame(assigned), NOW);
    told(&mut mirror, &steps);
    let listed = r#"{"id": 9, "chat_id": 7, "created_at": "2026-03-02T09:15:04Z",
        "closed_at": "2026-03-02T09:15:08.21Z", "updated_at": "2026-03-02T09:15:08.25Z"}"#;
    let listed = wire::decode(listed.as_bytes()).expect("a dialog");
    let steps = mirror.on(Input::Read(Found::Dialog(9, Some(Box::new(listed)))), NOW);
    (mirror, steps)
}

fn taken_at(moment: &str) -> Input {
    let messages = format!(
        r#"[{{"id": 80, "type": "system", "chat_id": 7, "dialog": {{"id": 9}}, "action": "dialog_unassign",
            "created_at": "2026-03-02T09:15:{moment}Z"}}]"#
    );
    let (messages, _) = wire::decode_list(messages.as_bytes()).expect("a list");
    Input::Read(Found::Messages(9, messages))
}

#[test]
fn messages_tell_who_held_it_last_where_the_record_does_not() {
    for (moment, last) in [("08.24", r#"Some(Manager("12"))"#), ("08.19", "None")] {
        let (mut mirror, steps) = left_by_ana();
        assert_eq!(short(&steps), ["read Messages { dialog: 9, chat: 7 }"]);
        let steps = mirror.on(taken_at(moment), NOW);
        assert_eq!(short(&steps), [format!("Closed {{ held_by: {last} }} 9")], "taken away at {moment}");
        assert_eq!(short(&mirror.on(taken_at(moment), NOW)), <[String; 0]>::default(), "once");
    }
}

#[test]
fn a_call_whose_end_is_not_known_may_have_crossed_the_closing() {
    let mut mirror = with_dialog();
    let job = assigning(&mut mirror);
    let steps =
        mirror.on(Input::Called { job, called: Called::Assigned { at: Some(NOW), before: None } }, NOW);
    let Some(Step::Look { dialog, epoch }) = steps.first().cloned() else { panic!("{steps:?}") };
    let steps = mirror.on(Input::Looked { dialog, epoch, stand: Stand::Open(None), acts: true }, NOW);
    let [Step::Call(job)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(job.call, Call::Unassign);
    let steps = mirror.on(Input::Called { job: job.clone(), called: Called::Lost }, NOW);
    assert_eq!(short(&steps), ["read Dialog(9)"]);
    let listed = r#"{"id": 9, "chat_id": 7, "created_at": "2026-03-02T09:15:04Z",
        "closed_at": "2026-03-02T09:15:08.21Z", "updated_at": "2026-03-02T09:15:08.25Z"}"#;
    let listed = wire::decode(listed.as_bytes()).expect("a dialog");
    let steps = mirror.on(Input::Read(Found::Dialog(9, Some(Box::new(listed)))), NOW);
    assert_eq!(short(&steps), ["read Messages { dialog: 9, chat: 7 }"]);
    let steps = mirror.on(taken_at("08.24"), NOW);
    assert_eq!(short(&steps), [r#"Closed { held_by: Some(Manager("12")) } 9"#]);
    let after = told(&mut mirror, &steps);
    let [Step::Look { dialog, epoch }] = after[..] else { panic!("{after:?}") };
    mirror.on(Input::Looked { dialog, epoch, stand: Stand::Closed, acts: true }, NOW);
    assert_eq!(mirror.owed(), 0, "nothing is left to do");
}
