//! Arbitrary values of every type that is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use reparto::domain::account::{Account, DefaultAssignment};
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::customer::{Amount, Customer, LastServed};
use reparto::domain::dialog::{
    AssignmentRequest, By, ClosureReason, Dialog, DialogKind, DialogState, Farewell, Side, StartedBy,
};
use reparto::domain::facts::FactValue;
use reparto::domain::ids::{
    AccountId, BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId, RuleId,
    RulesVersion,
};
use reparto::domain::manager::{Attendance, Manager, ManagerWork, Presence, Status};
use reparto::domain::message::{Author, DeliveryStatus, Message, Visibility};
use reparto::domain::offer::{Offer, Pass, Passed};
use reparto::domain::routing::{Cause, Place, Responsible, Target};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;

macro_rules! ids {
    ($($name:ident: $id:ident,)*) => {
        $(fn $name() -> impl Strategy<Value = $id> {
            "[a-zñЖ0-9_.:@+-]{1,12}".prop_map(|text| $id::parse(&text).expect("an acceptable id"))
        })*
    };
}
ids! {
    account_id: AccountId, bot_id: BotId, channel_id: ChannelId, chat_id: ChatId, customer_id: CustomerId,
    dialog_id: DialogId, group_id: GroupId, manager_id: ManagerId, message_id: MessageId, rule_id: RuleId,
    rules_version: RulesVersion,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,20}", Just("'\"\\ \n\t\r{}[]%_$1 ?".to_owned())]
}

fn shared() -> impl Strategy<Value = Arc<str>> {
    text().prop_map(Arc::from)
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>(), 0..2_000_000_000_000_000_i64]
        .prop_map(Timestamp::from_micros)
}

fn span() -> impl Strategy<Value = Duration> {
    (0..=u64::from(u32::MAX)).prop_map(Duration::from_micros)
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![0..5_u32, Just(u32::MAX)]
}

fn fact() -> impl Strategy<Value = FactValue> {
    let number = any::<f64>().prop_filter("JSON has only finite numbers", |number| number.is_finite());
    prop_oneof![
        any::<bool>().prop_map(FactValue::Bool),
        number.prop_map(FactValue::Number),
        (-3..3_i32).prop_map(|number| FactValue::Number(number.into())),
        shared().prop_map(FactValue::Text),
        vec(shared(), 0..3).prop_map(|texts| FactValue::Texts(texts.into())),
    ]
}

fn facts() -> impl Strategy<Value = BTreeMap<Arc<str>, FactValue>> {
    btree_map(shared(), fact(), 0..3)
}

fn responsible() -> impl Strategy<Value = Responsible> {
    prop_oneof![manager_id().prop_map(Responsible::Manager), bot_id().prop_map(Responsible::Bot)]
}

fn place() -> impl Strategy<Value = Place> {
    let parts = (rules_version(), of(rule_id()), any::<u16>(), time(), of(time()));
    parts.prop_map(|(rules, rule, step, entered_at, held_until)| Place {
        rules,
        rule,
        step,
        entered_at,
        held_until,
    })
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![manager_id().prop_map(By::Manager), Just(By::Backend)]
}

fn reason() -> impl Strategy<Value = ClosureReason> {
    prop_oneof![
        of(shared()).prop_map(ClosureReason::Manual),
        rule_id().prop_map(ClosureReason::Idle),
        Just(ClosureReason::AccountAutoClose),
        Just(ClosureReason::External),
    ]
}

fn state() -> impl Strategy<Value = DialogState> {
    prop_oneof![
        (time(), of(place())).prop_map(|(since, place)| DialogState::Waiting { since, place }),
        (responsible(), time(), of(select(&Cause::ALL[..])))
            .prop_map(|(to, since, moving)| DialogState::Assigned { to, since, moving }),
        Just(DialogState::Internal),
        (time(), reason(), of(by()), of(responsible()))
            .prop_map(|(at, reason, by, last)| { DialogState::Closed { at, reason, by, last } }),
    ]
}

fn farewell() -> impl Strategy<Value = Farewell> {
    (message_id(), time()).prop_map(|(message, requested_at)| Farewell { message, requested_at })
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Owner),
        Just(Target::Everyone),
        of(any::<u32>()).prop_map(|within| Target::LastManager {
            within: within.map(|seconds| Duration::from_secs(seconds.into())),
        }),
        manager_id().prop_map(Target::Manager),
        group_id().prop_map(Target::Group),
        bot_id().prop_map(Target::Bot),
    ]
}

fn request() -> impl Strategy<Value = AssignmentRequest> {
    let cause = select(Cause::ALL.to_vec());
    (cause, any::<u64>(), of(manager_id()), of(target()))
        .prop_map(|(cause, ticket, avoid, only)| AssignmentRequest { cause, ticket, avoid, only })
}

fn offer() -> impl Strategy<Value = Offer> {
    let cause = select(Cause::ALL.to_vec());
    (manager_id(), time(), any::<u64>(), cause, of(group_id()))
        .prop_map(|(to, until, ticket, cause, through)| Offer { to, until, ticket, cause, through })
}

fn passed() -> impl Strategy<Value = Passed> {
    let person = (manager_id(), select(Pass::ALL.to_vec()));
    (proptest::collection::vec(person, 0..3), of(time()), any::<u16>())
        .prop_map(|(people, again_at, rounds)| Passed { people, again_at, rounds })
}

/// The first version of a dialog. Its fields are named one by one so that none is forgotten.
pub fn dialog() -> impl Strategy<Value = Dialog> {
    let names = (
        dialog_id(),
        chat_id(),
        of(channel_id()),
        shared(),
        of(customer_id()),
        btree_set(manager_id(), 0..3),
    );
    let kinds = (
        select(vec![DialogKind::Customer, DialogKind::Internal]),
        select(vec![StartedBy::Customer, StartedBy::Manager, StartedBy::Bot]),
        of(select(vec![Side::Customer, Side::Shop])),
        any::<[bool; 5]>(),
    );
    let texts = (shared(), facts(), state(), tags());
    let times = (time(), time(), [of(time()), of(time()), of(time()), of(time()), of(time()), of(time())]);
    let counts = (
        [count(), count(), count()],
        any::<[u16; 2]>(),
        (of(manager_id()), of(group_id()), of(offer()), passed()),
        (of(farewell()), of(request())),
    );
    (names, kinds, texts, times, counts).prop_map(|(names, kinds, texts, times, counts)| {
        let (id, chat, channel, channel_kind, customer, members) = names;
        let (kind, started_by, last_from, [returning, pinned, idle, quarantined, then_used]) = kinds;
        let (opening_text, facts, state, texts_told) = texts;
        let (opened_at, last_message_at, optional_times) = times;
        let [
            first_assigned_at,
            first_reply_at,
            awaiting_reply_since,
            moved_at,
            last_customer_message_at,
            closes_at,
        ] = optional_times;
        let (
            [messages, unread, moves],
            [nudges_sent, warnings_sent],
            (taken_from, through, offer, passed),
            (farewell, request),
        ) = counts;
        Dialog {
            id,
            chat,
            channel,
            channel_kind,
            customer,
            kind,
            started_by,
            members,
            returning,
            opening_text,
            facts,
            opened_at,
            state,
            first_assigned_at,
            first_reply_at,
            awaiting_reply_since,
            moved_at,
            last_message_at,
            last_customer_message_at,
            last_from,
            messages,
            unread,
            request,
            moves,
            then_used,
            through,
            offer,
            passed,
            taken_from,
            pinned,
            nudges_sent,
            warnings_sent,
            closes_at,
            farewell,
            idle,
            quarantined,
            texts_told,
            version: 1,
        }
    })
}

fn tags() -> impl Strategy<Value = BTreeSet<Arc<str>>> {
    btree_set(shared(), 0..3)
}

pub fn customer() -> impl Strategy<Value = Customer> {
    let served = (manager_id(), time()).prop_map(|(manager, at)| LastServed { manager, at });
    let names = (customer_id(), of(text()), of(manager_id()), of(shared()), tags());
    let figures = (any::<[bool; 3]>(), count(), any::<[i64; 2]>());
    let rest = (btree_map(text(), text(), 0..3), facts(), of(served), btree_set(manager_id(), 0..3));
    (names, figures, rest).prop_map(|(names, figures, rest)| {
        let (id, name, owner, language, tags) = names;
        let ([known, vip, bad], orders_count, [total, average]) = figures;
        let (contacts, extra, last_served, excluded_managers) = rest;
        Customer {
            id,
            known,
            name,
            owner,
            vip,
            bad,
            tags,
            orders_count,
            orders_total: Amount(total),
            average_order: Amount(average),
            language,
            contacts,
            excluded_managers,
            extra,
            last_served,
        }
    })
}

pub fn manager() -> impl Strategy<Value = Manager> {
    let names = (manager_id(), text(), btree_set(group_id(), 0..3), tags(), of(manager_id()));
    (names, any::<[bool; 2]>(), of(any::<u32>())).prop_map(|(names, [admin, active], capacity)| {
        let (id, name, groups, languages, deputy) = names;
        Manager {
            id,
            name,
            groups,
            admin,
            capacity: capacity.map(Units::from_milli),
            languages,
            deputy,
            active,
        }
    })
}

pub fn attendance() -> impl Strategy<Value = Attendance> {
    let status = select(vec![Status::Free, Status::Busy, Status::Dinner, Status::Break]);
    let version = 0..=u64::MAX / 2;
    (status, any::<[bool; 3]>(), [time(), time()], of(time()), version).prop_map(
        |(
            status,
            [online, on_leave, counts_as_online],
            [online_changed_at, since],
            wrap_up_until,
            version,
        )| {
            let presence = Presence { online, status, on_leave };
            Attendance { presence, online_changed_at, counts_as_online, wrap_up_until, since, version }
        },
    )
}

pub fn work() -> impl Strategy<Value = ManagerWork> {
    (of(time()), of(time()))
        .prop_map(|(last_assigned_at, idle_since)| ManagerWork { last_assigned_at, idle_since })
}

pub fn status() -> impl Strategy<Value = DeliveryStatus> {
    prop_oneof![
        Just(DeliveryStatus::Queued),
        Just(DeliveryStatus::Sent),
        Just(DeliveryStatus::Delivered),
        Just(DeliveryStatus::Seen),
        shared().prop_map(DeliveryStatus::Failed),
    ]
}

pub fn message() -> impl Strategy<Value = Message> {
    let from = prop_oneof![
        customer_id().prop_map(Author::Customer),
        manager_id().prop_map(Author::Manager),
        bot_id().prop_map(Author::Bot),
        Just(Author::Reparto),
    ];
    let visibility = select(vec![Visibility::Public, Visibility::Private]);
    (message_id(), dialog_id(), from, of(shared()), time(), visibility, of(message_id()), status()).prop_map(
        |(id, dialog, from, text, at, visibility, quote, status)| Message {
            id,
            dialog,
            from,
            text,
            at,
            visibility,
            quote,
            status,
        },
    )
}

pub fn account() -> impl Strategy<Value = Account> {
    let default_assignment = prop_oneof![
        Just(DefaultAssignment::Crm),
        Just(DefaultAssignment::Nobody),
        manager_id().prop_map(DefaultAssignment::Manager),
        group_id().prop_map(DefaultAssignment::Group),
        bot_id().prop_map(DefaultAssignment::Bot),
    ];
    (account_id(), text(), default_assignment, of(span())).prop_map(
        |(id, name, default_assignment, auto_close)| Account { id, name, default_assignment, auto_close },
    )
}

pub fn channel() -> impl Strategy<Value = Channel> {
    (channel_id(), shared(), text(), of(text()), any::<[bool; 3]>(), of(span())).prop_map(
        |(id, kind, name, site, [reports_delivered, reports_seen, bot_may_write], reply_window)| {
            let features = ChannelFeatures { reports_delivered, reports_seen, bot_may_write, reply_window };
            Channel { id, kind, name, site, features }
        },
    )
}
