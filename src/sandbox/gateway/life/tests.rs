//! The life of dialogs in the stand-in gateway.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_772_442_904 + seconds)
}

fn marta() -> Party {
    Party { external_id: "34611222333".into(), name: "Marta Ruiz".into(), phone: "34611222333".into() }
}

fn kinds(gateway: &mut Gateway) -> Vec<&'static str> {
    gateway.take_frames().into_iter().map(|frame| frame.kind).collect()
}

/// A gateway with a distributor, a channel, two managers, and Marta's first message.
fn started() -> (Gateway, Id, [Id; 2]) {
    let mut gateway = Gateway::default();
    let bot = gateway.add_bot("Router", "token", at(0));
    gateway.bots.get_mut(&bot).unwrap().roles = vec!["distributor".into()];
    let channel = gateway.add_channel("whatsapp", "Shop", 24, at(0));
    let users = ["Ana", "Boris"].map(|name| gateway.add_user(name, name, "", at(0)));
    gateway.customer_writes(channel, &marta(), "Hola", at(1)).expect("the channel works");
    (gateway, channel, users)
}

#[test]
fn a_first_message_opens_a_chat_and_a_dialog_without_a_responsible() {
    let (mut gateway, channel, _) = started();
    let told = ["message_new", "dialog_opened", "chat_created", "message_new", "chat_updated"];
    assert_eq!(kinds(&mut gateway), told);
    assert_eq!(gateway.unassigned().count(), 1);
    gateway.customer_writes(channel, &marta(), "¿Hola?", at(2)).unwrap();
    assert_eq!(kinds(&mut gateway), ["message_new", "chat_updated"]);
    assert_eq!(gateway.dialogs().len(), 1);
}

#[test]
fn assigning_puts_the_former_one_out_of_the_chat() {
    let (mut gateway, _, [ana, boris]) = started();
    let first = gateway.assign(1, Holder::User(ana), By::Hand, at(2)).unwrap();
    assert_eq!(first, Handed { previous: None, left: None });
    gateway.take_frames();
    let second = gateway.assign(1, Holder::User(boris), By::Hand, at(3)).unwrap();
    assert_eq!(second, Handed { previous: Some((Holder::User(ana), at(2))), left: Some(ana) });
    let told = ["user_left_chat", "user_joined_chat", "message_new", "dialog_assign", "chat_updated"];
    assert_eq!(kinds(&mut gateway), told);
    let states: Vec<_> = gateway.members.values().map(|member| (member.user, member.state)).collect();
    assert_eq!(states, [(ana, "kicked"), (boris, "active")]);
}

#[test]
fn giving_back_is_told_by_a_system_message_alone() {
    let (mut gateway, _, [ana, _]) = started();
    assert_eq!(gateway.unassign(1, By::Hand, at(2)), Err(NotDone::new(400, "dialog is not assigned")));
    gateway.assign(1, Holder::User(ana), By::Hand, at(2)).unwrap();
    gateway.take_frames();
    assert_eq!(gateway.unassign(1, By::Hand, at(3)), Ok((Holder::User(ana), at(2))));
    assert_eq!(kinds(&mut gateway), ["message_new", "chat_updated"]);
}

#[test]
fn a_message_after_closing_opens_a_new_dialog_and_the_old_one_cannot_be_given_away() {
    let (mut gateway, channel, [ana, _]) = started();
    gateway.close(1, at(2)).unwrap();
    gateway.close(1, at(2)).unwrap();
    assert!(
        gateway.assign(1, Holder::User(ana), By::Hand, at(3)).is_ok(),
        "the newest may be given away though closed"
    );
    gateway.customer_writes(channel, &marta(), "Otra cosa", at(4)).unwrap();
    assert_eq!(gateway.open_dialog_of(1), Some(2));
    assert_eq!(gateway.dialogs[&2].responsible, None);
    let refused = gateway.assign(1, Holder::User(ana), By::Hand, at(5));
    assert_eq!(refused, Err(NotDone::new(400, "dialog is not the latest in the chat")));
    assert_eq!(gateway.close(9, at(5)), Err(NotDone::new(404, "dialog #9 not found")));
}

#[test]
fn without_a_distributor_the_gateway_assigns_itself() {
    let mut gateway = Gateway::default();
    let channel = gateway.add_channel("telegram", "Shop", 0, at(0));
    let ana = gateway.add_user("17", "Ana", "Gil", at(0));
    gateway.default_responsible = Some(ana);
    gateway.customer_writes(channel, &marta(), "Hola", at(1)).unwrap();
    assert_eq!(gateway.dialogs[&1].responsible, Some((Holder::User(ana), at(1))));
}

#[test]
fn who_lost_access_gets_nothing() {
    let (mut gateway, _, [ana, _]) = started();
    gateway.set_active(ana, false, at(2));
    assert_eq!(gateway.assign(1, Holder::User(ana), By::Hand, at(3)).unwrap_err().status, 400);
    assert_eq!(gateway.assign(1, Holder::User(99), By::Hand, at(3)).unwrap_err().status, 404);
}
