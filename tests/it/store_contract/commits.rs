//! What committing promises: versions, conflicts, lineages, numbers, and that only the last state counts.

use reparto::domain::ids::{AccountId, CustomerId, DialogId, ManagerId, MessageId};
use reparto::domain::manager::ManagerWork;
use reparto::domain::message::DeliveryStatus;
use reparto::store::change::{Change, Committed, Conflict, Write};
use reparto::store::read::EventFilter;

use super::samples::{assigned, at, dialog, manager, quarantined, write, write_customer, write_message};
use super::{Bench, account, change, good};

fn conflict(id: &str) -> Result<Committed, Conflict> {
    Err(Conflict::Dialog(DialogId::trusted(id)))
}

#[expect(clippy::unnecessary_wraps, reason = "compared with answers, which are results")]
fn none(newest: u64) -> Result<Committed, Conflict> {
    Ok(Committed { first_seq: newest, events: 0 })
}

async fn version(bench: &Bench, id: &str) -> Option<u64> {
    let dialog = good(bench.store().dialog(&account(), &DialogId::trusted(id)).await);
    dialog.map(|dialog| dialog.version)
}

async fn numbers(bench: &Bench) -> Vec<u64> {
    let events = bench.store().events(&account(), 0, 1_000, &EventFilter::default()).await;
    good(events).into_iter().map(|event| event.seq).collect()
}

pub async fn versions_follow_each_other(mut bench: Bench) {
    bench.put(vec![write(dialog("d1", 1))]).await;
    // Within one group, and over groups.
    bench.put(vec![write(dialog("d1", 2)), write(dialog("d1", 3))]).await;
    bench.put(vec![write(assigned(dialog("d1", 4), "ana"))]).await;
    bench.restart().await;
    assert_eq!(version(&bench, "d1").await, Some(4));
    for wrong in [1, 3, 4, 6, 0] {
        assert_eq!(bench.commit(&[change(0, vec![write(dialog("d1", wrong))])]).await, [conflict("d1")]);
    }
    // A later version of what does not exist.
    assert_eq!(bench.commit(&[change(0, vec![write(dialog("d2", 2))])]).await, [conflict("d2")]);
    assert_eq!((version(&bench, "d1").await, version(&bench, "d2").await), (Some(4), None));
}

pub async fn the_origin_stays(bench: Bench) {
    bench.put(vec![write(dialog("d1", 1))]).await;
    let mut next = assigned(dialog("d1", 2), "ana");
    next.customer = Some(CustomerId::trusted("other"));
    next.opened_at = at(99);
    next.opening_text = "changed".into();
    bench.put(vec![write(next)]).await;
    let stored = good(bench.store().dialog(&account(), &DialogId::trusted("d1")).await).expect("the dialog");
    assert_eq!(stored, assigned(dialog("d1", 2), "ana"));
}

pub async fn a_conflict_leaves_no_trace(bench: Bench) {
    bench.put(vec![write(dialog("d1", 1)), quarantined("d1", 1)]).await;
    let answers = bench
        .commit(&[
            change(0, vec![write(dialog("d2", 1)), quarantined("d2", 1)]),
            change(
                0,
                vec![
                    write(dialog("d3", 1)),
                    write_message("m3", "d3", "hi", 0),
                    quarantined("d3", 1),
                    write(dialog("d1", 1)),
                    write_customer("c9", "Nobody"),
                ],
            ),
            change(0, vec![write(dialog("d3", 1)), write_message("m3", "d3", "hi", 0)]),
            change(0, vec![quarantined("d4", 1)]),
        ])
        .await;
    let event = |first_seq| Ok(Committed { first_seq, events: 1 });
    assert_eq!(answers, [event(2), conflict("d1"), none(2), event(3)]);
    assert_eq!(numbers(&bench).await, [1, 2, 3]);
    assert_eq!(good(bench.store().customer(&account(), &CustomerId::trusted("c9")).await), None);
    assert_eq!(version(&bench, "d3").await, Some(1));
}

pub async fn a_conflict_poisons_its_lineage_and_no_other(bench: Bench) {
    bench.put(vec![write(dialog("d1", 1))]).await;
    let answers = bench
        .commit(&[
            change(7, vec![write(dialog("d2", 1))]),
            change(7, vec![write(dialog("d1", 1))]),
            change(7, vec![write(dialog("d2", 2))]),
            change(8, vec![write(dialog("d3", 1))]),
            change(0, vec![write(dialog("d1", 9))]),
            change(0, vec![write(dialog("d4", 1))]),
        ])
        .await;
    assert_eq!(answers, [none(0), conflict("d1"), Err(Conflict::Lineage), none(0), conflict("d1"), none(0)]);
    assert_eq!(version(&bench, "d2").await, Some(1));
    // The next call knows nothing of it.
    assert_eq!(bench.commit(&[change(7, vec![write(dialog("d2", 2))])]).await, [none(0)]);
}

pub async fn duplicates_within_a_group_conflict(bench: Bench) {
    let answers = bench
        .commit(&[
            change(1, vec![write(dialog("d1", 1))]),
            change(2, vec![write(dialog("d1", 1))]),
            change(1, vec![write(dialog("d1", 2))]),
            change(3, vec![write(dialog("d2", 1)), write(dialog("d2", 1))]),
            change(4, vec![write_message("m1", "d1", "a", 0)]),
            change(5, vec![write_message("m1", "d1", "b", 0)]),
        ])
        .await;
    let twice = Err(Conflict::Message(MessageId::trusted("m1")));
    assert_eq!(answers, [none(0), conflict("d1"), none(0), conflict("d2"), none(0), twice]);
    assert_eq!(version(&bench, "d1").await, Some(2));
    let stored = good(bench.store().message(&account(), &MessageId::trusted("m1")).await);
    assert_eq!(stored.and_then(|message| message.text).as_deref(), Some("a"));
}

pub async fn duplicate_messages_conflict(mut bench: Bench) {
    bench.put(vec![write_message("m1", "d1", "a", 0)]).await;
    bench.restart().await;
    let answers = bench
        .commit(&[
            change(1, vec![write(dialog("d1", 1)), write_message("m1", "d1", "b", 0)]),
            change(1, vec![write(dialog("d1", 2))]),
            change(2, vec![write_message("m2", "d1", "c", 0)]),
        ])
        .await;
    assert_eq!(answers, [Err(Conflict::Message(MessageId::trusted("m1"))), Err(Conflict::Lineage), none(0)]);
    assert_eq!(version(&bench, "d1").await, None);
}

pub async fn numbers_have_no_gaps(mut bench: Bench) {
    let first = bench.put(vec![quarantined("d1", 1), quarantined("d1", 2)]).await;
    assert_eq!(first, Committed { first_seq: 1, events: 2 });
    bench.restart().await;
    bench.put(vec![write(dialog("d1", 1))]).await;
    let lost = change(0, vec![write(dialog("d1", 1)), quarantined("d1", 3)]);
    let answers = bench.commit(&[change(0, vec![quarantined("d1", 4)]), lost, change(0, vec![])]).await;
    assert_eq!(answers, [Ok(Committed { first_seq: 3, events: 1 }), conflict("d1"), none(3)]);
    bench.restart().await;
    assert_eq!(bench.put(vec![quarantined("d1", 5)]).await.first_seq, 4);
    assert_eq!(numbers(&bench).await, [1, 2, 3, 4]);
}

pub async fn only_the_last_counts(bench: Bench) {
    let work = |seconds| Write::Work {
        manager: manager("ana"),
        work: ManagerWork { last_assigned_at: Some(at(seconds)), idle_since: None },
    };
    let rotation = |last: &str| Write::Rotation { key: "everyone".into(), last: ManagerId::trusted(last) };
    let status = |status| Write::MessageStatus { message: MessageId::trusted("m1"), status };
    let manager =
        || Write::Manager(std::sync::Arc::new(reparto::domain::manager::Manager::new(manager("ana"))));
    let answers = bench
        .commit(&[
            change(
                1,
                vec![
                    manager(),
                    write(dialog("d1", 1)),
                    work(1),
                    rotation("ana"),
                    write_customer("c1", "One"),
                ],
            ),
            change(1, vec![status(DeliveryStatus::Queued), write_message("m1", "d1", "a", 0)]),
            change(
                1,
                vec![
                    write(assigned(dialog("d1", 2), "ana")),
                    work(2),
                    rotation("boris"),
                    write_customer("c1", "Two"),
                ],
            ),
            change(1, vec![status(DeliveryStatus::Delivered)]),
        ])
        .await;
    assert_eq!(answers, vec![none(0); 4]);
    let snapshot = good(bench.store().snapshot(&account()).await);
    assert_eq!(snapshot.open_dialogs, [assigned(dialog("d1", 2), "ana")]);
    assert_eq!(snapshot.rotations, [("everyone".to_owned(), ManagerId::trusted("boris"))]);
    assert_eq!(snapshot.managers[0].2.last_assigned_at, Some(at(2)));
    assert_eq!(snapshot.customers[0].name.as_deref(), Some("Two"));
    let message = async || {
        good(bench.store().message(&account(), &MessageId::trusted("m1")).await).expect("the message")
    };
    assert_eq!(message().await.status, DeliveryStatus::Delivered);
    // In the next group the message is there already; a message that is not there takes no status.
    let gone = Write::MessageStatus { message: MessageId::trusted("m9"), status: DeliveryStatus::Seen };
    bench
        .put(vec![status(DeliveryStatus::Seen), gone, status(DeliveryStatus::Failed("blocked".into()))])
        .await;
    assert_eq!(message().await.status, DeliveryStatus::Failed("blocked".into()));
    assert_eq!(good(bench.store().message(&account(), &MessageId::trusted("m9")).await), None);
}

pub async fn accounts_are_apart(mut bench: Bench) {
    let other = AccountId::trusted("other");
    let in_other = |writes| Change { account: other.clone(), lineage: 1, writes };
    let answers = bench
        .commit(&[
            change(1, vec![write(dialog("d1", 1)), quarantined("d1", 1)]),
            in_other(vec![write(dialog("d1", 1)), write_message("m1", "d1", "a", 0), quarantined("d1", 1)]),
            change(1, vec![write(dialog("d1", 1))]),
            in_other(vec![write(dialog("d1", 2)), quarantined("d1", 2)]),
        ])
        .await;
    let one = |first_seq| Ok(Committed { first_seq, events: 1 });
    assert_eq!(answers, [one(1), one(1), conflict("d1"), one(2)]);
    bench.restart().await;
    assert_eq!(version(&bench, "d1").await, Some(1));
    assert_eq!(good(bench.store().snapshot(&other).await).last_seq, 2);
    assert_eq!(good(bench.store().message(&account(), &MessageId::trusted("m1")).await), None);
    assert_eq!(good(bench.store().snapshot(&AccountId::trusted("none")).await).open_dialogs, []);
}

/// More rows of each kind than any statement takes, of all sizes on the way.
pub async fn large_groups_are_whole(bench: Bench) {
    let mut seq = 0;
    for size in [1, 2, 5, 17, 65, 300] {
        let open = |n: i64| {
            let id = format!("d{size}.{n}");
            let event = |version| quarantined(&id, version);
            let message = write_message(&format!("m{size}.{n}"), &id, "a", n);
            change(0, vec![write(dialog(&id, 1)), event(1), event(2), event(3), event(4), event(5), message])
        };
        let answers = bench.commit(&(0..size).map(open).collect::<Vec<_>>()).await;
        for answer in answers {
            assert_eq!(answer, Ok(Committed { first_seq: seq + 1, events: 5 }));
            seq += 5;
        }
        let close = |n| {
            let next = write(assigned(dialog(&format!("d{size}.{n}"), 2), "ana"));
            let status = DeliveryStatus::Seen;
            change(
                0,
                vec![
                    next,
                    Write::MessageStatus { message: MessageId::trusted(&format!("m{size}.{n}")), status },
                ],
            )
        };
        let answers = bench.commit(&(0..size).map(close).collect::<Vec<_>>()).await;
        assert!(answers.iter().all(Result::is_ok));
    }
    let open = good(bench.store().snapshot(&account()).await).open_dialogs;
    assert_eq!(open.len(), 390);
    assert!(open.iter().all(|dialog| dialog.version == 2));
    let message = good(bench.store().message(&account(), &MessageId::trusted("m300.299")).await);
    assert_eq!(message.map(|message| message.status), Some(DeliveryStatus::Seen));
    assert_eq!(good(bench.store().events(&account(), 0, 5_000, &EventFilter::default()).await).len(), 1_950);
}
