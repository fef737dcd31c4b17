//! How fast a group becomes durable, and how fast a server's state comes back.
//!
//! One unit is a dialog that is opened by a message and assigned at once: its row, the message, three events
//! (one with a full decision), the customer, the manager's work; a rotation now and then. On disk, with full
//! synchronisation. `cargo bench --bench store`.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use reparto::domain::announcement::{Announcement, Body, Subject};
use reparto::domain::customer::{Customer, LastServed};
use reparto::domain::dialog::{Dialog, DialogKind, DialogState, Side, StartedBy};
use reparto::domain::ids::{
    AccountId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId, RuleId, RulesVersion,
};
use reparto::domain::manager::{Absence, ManagerWork};
use reparto::domain::message::{Author, DeliveryStatus, Message, Visibility};
use reparto::domain::routing::{
    Candidate, Cause, Decision, DecisionEffect, Responsible, StepOutcome, StepTrace, Strategy, Target,
    Verdict,
};
use reparto::domain::tags::Tags;
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::store::Store;
use reparto::store::change::{Change, Write};
use reparto::store::memory::MemoryStore;
use reparto::store::sqlite::SqliteStore;
use tokio::runtime::Runtime;

fn manager(n: u64) -> ManagerId {
    ManagerId::trusted(&format!("manager-{}", n % 100))
}

fn decision(dialog: &DialogId, at: Timestamp, choice: &ManagerId) -> Decision {
    let candidate = |n: u64, verdict| Candidate {
        manager: manager(n),
        load: Units::whole(3),
        capacity: Units::whole(10),
        idle_since: Some(at),
        verdict,
    };
    let step = |step, to, outcome| StepTrace {
        step,
        to,
        person: None,
        deputy: None,
        outcome,
        pick: Some(Strategy::LeastLoaded),
        over_capacity: Units::ZERO,
        anyway: false,
        group_full: None,
    };
    Decision {
        dialog: dialog.clone(),
        at,
        cause: Cause::Opened,
        rules: RulesVersion::trusted("5f2c9a71d0e8"),
        rule: Some(RuleId::trusted("standard")),
        tags: Tags::NONE,
        step: Some(1),
        entered_step_at: Some(at),
        strategy: Some(Strategy::LeastLoaded),
        steps: vec![
            step(0, Target::Owner, StepOutcome::NoSuchPerson),
            step(1, Target::Group(GroupId::trusted("sales")), StepOutcome::Chosen),
        ],
        candidates: (0..6)
            .map(|n| candidate(n, if n == 0 { Verdict::Chosen } else { Verdict::Outranked }))
            .collect(),
        counts: vec![(Verdict::Chosen, 1), (Verdict::Outranked, 70), (Verdict::Absent(Absence::Offline), 29)],
        choice: Some(Responsible::Manager(choice.clone())),
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

/// What the customer writes first.
fn first_message(dialog: &DialogId, customer: &CustomerId, at: Timestamp, n: u64) -> Message {
    Message {
        id: MessageId::trusted(&format!("m{n:012}")),
        dialog: dialog.clone(),
        from: Author::Customer(customer.clone()),
        text: Some("Hello, where is my order 12345?".into()),
        at,
        visibility: Visibility::Public,
        quote: None,
        status: DeliveryStatus::Delivered,
    }
}

/// Dialog number `n`, opened and assigned in one change.
fn opened_and_assigned(account: &AccountId, n: u64) -> Change {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + i64::try_from(n).expect("a small number"));
    let id = DialogId::trusted(&format!("{n:012}"));
    let customer = CustomerId::trusted(&format!("customer-{n}"));
    let channel = ChannelId::trusted("whatsapp-1");
    let chat = ChatId::trusted(&format!("whatsapp-1:customer-{n}"));
    let to = manager(n);
    let message = first_message(&id, &customer, at, n);
    let dialog = |version, state| {
        Write::Dialog(Arc::new(Dialog {
            id: id.clone(),
            chat: chat.clone(),
            channel: Some(channel.clone()),
            channel_kind: "whatsapp".into(),
            customer: Some(customer.clone()),
            kind: DialogKind::Customer,
            started_by: StartedBy::Customer,
            members: BTreeSet::new(),
            returning: false,
            opening_text: "Hello, where is my order 12345?".into(),
            facts: BTreeMap::new(),
            opened_at: at,
            state,
            first_assigned_at: None,
            first_reply_at: None,
            awaiting_reply_since: Some(at),
            moved_at: None,
            last_message_at: at,
            last_customer_message_at: Some(at),
            last_from: Some(Side::Customer),
            messages: 1,
            unread: 1,
            request: None,
            moves: 0,
            then_used: false,
            through: None,
            offer: None,
            passed: reparto::domain::offer::Passed::default(),
            taken_from: None,
            pinned: false,
            nudges_sent: 0,
            warnings_sent: 0,
            closes_at: None,
            farewell: None,
            idle: false,
            texts_told: BTreeSet::new(),
            quarantined: false,
            version,
        }))
    };
    let event = |version, part, body| {
        let (subject, cause) = (Subject::Dialog(id.clone()), Some(Cause::Opened));
        Write::Event(Announcement { subject, version, part, at, cause, body })
    };
    let mut record = Customer::new(customer.clone());
    record.last_served = Some(LastServed { manager: to.clone(), at });
    let responsible = Responsible::Manager(to.clone());
    let decided = Arc::new(decision(&id, at, &to));
    let mut writes = vec![
        dialog(1, DialogState::Waiting { since: at, place: None }),
        Write::Message(Arc::new(message.clone())),
        event(
            1,
            0,
            Body::DialogOpened {
                chat: chat.clone(),
                channel: Some(channel.clone()),
                customer: Some(customer.clone()),
                kind: DialogKind::Customer,
                started_by: StartedBy::Customer,
            },
        ),
        event(
            1,
            1,
            Body::MessageRecorded {
                message: message.id.clone(),
                from: message.from.clone(),
                visibility: Visibility::Public,
                failed: None,
            },
        ),
        dialog(2, DialogState::Assigned { to: responsible.clone(), since: at, moving: None }),
        event(2, 0, Body::DialogAssigned { to: responsible, by: None, decision: Some(decided) }),
        Write::Customer(Arc::new(record)),
        Write::Work {
            manager: to.clone(),
            work: ManagerWork { last_assigned_at: Some(at), idle_since: Some(at) },
        },
    ];
    if n.is_multiple_of(8) {
        writes.push(Write::Rotation { key: "everyone".into(), last: to });
    }
    Change { account: account.clone(), lineage: n, writes }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Groups of dialogs opened and assigned, one group after the other.
fn commit(c: &mut Criterion) {
    let account = AccountId::default_account();
    let runtime = runtime();
    let mut group = c.benchmark_group("commit");
    group.sample_size(20).measurement_time(Duration::from_secs(6));
    for size in [1_u64, 16, 64, 256] {
        group.throughput(Throughput::Elements(size));
        for name in ["memory", "sqlite"] {
            let folder = tempfile::tempdir().expect("a temporary directory");
            let store: Arc<dyn Store> = if name == "memory" {
                Arc::new(MemoryStore::default())
            } else {
                let store = runtime.block_on(SqliteStore::open(&folder.path().join("reparto.db")));
                Arc::new(store.expect("a store"))
            };
            let mut next = 0;
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter_batched(
                    || {
                        next += size;
                        (next - size..next).map(|n| opened_and_assigned(&account, n)).collect::<Vec<_>>()
                    },
                    |changes| runtime.block_on(store.commit(&changes)).expect("an available store"),
                    criterion::BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// Everything that the actors of an account with 100,000 open dialogs start from.
fn recover(c: &mut Criterion) {
    const DIALOGS: u64 = 100_000;
    let account = AccountId::default_account();
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let store = runtime.block_on(SqliteStore::open(&folder.path().join("reparto.db"))).expect("a store");
    for start in (0..DIALOGS).step_by(1_000) {
        let changes: Vec<_> = (start..start + 1_000).map(|n| opened_and_assigned(&account, n)).collect();
        runtime.block_on(store.commit(&changes)).expect("an available store");
    }
    let mut group = c.benchmark_group("recover");
    group.sample_size(10).throughput(Throughput::Elements(DIALOGS));
    group.bench_function("snapshot", |bencher| {
        bencher.iter(|| black_box(runtime.block_on(store.snapshot(&account)).expect("an available store")));
    });
    group.finish();
}

criterion_group!(benches, commit, recover);
criterion_main!(benches);
