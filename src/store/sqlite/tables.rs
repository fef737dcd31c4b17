//! A group as rows of tables, in the order in which they are written.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::LazyLock;

use crate::store::cell::{Record, Value};
use crate::store::gather::Group;
use crate::store::records::account::{AccountRecord, ChannelRecord, RulesHistoryRecord, ShadowHistoryRecord};
use crate::store::records::customer::CustomerRecord;
use crate::store::records::dialog::{DialogRecord, ProgressRecord, records};
use crate::store::records::event::EventRecord;
use crate::store::records::manager::{AttendanceRecord, ManagerRecord, RotationRecord, WorkRecord};
use crate::store::records::message::{MessageRecord, StatusRecord};
use crate::store::records::stance::{StanceBlockRecord, StanceRecord};
use crate::store::records::subscriber::{CursorRecord, DeliveryRecord, ReceiptRecord, WebhookRecord};
use crate::store::records::tally::TallyRecord;
use crate::store::statement::{Statement, Verb};

/// The size of the largest text, in dialogs.
pub(super) const LARGEST: usize = 64;

/// A statement, and how many rows it takes where a busy group has one dialog.
pub(super) struct Table {
    pub statement: Statement,
    pub per_dialog: usize,
}

fn table<R: Record>(table: &'static str, verb: Verb, per_dialog: usize) -> Table {
    Table { statement: Statement { table, columns: R::COLUMNS.to_vec(), verb }, per_dialog }
}

fn keys_only(name: &'static str, columns: [&'static str; 2]) -> Table {
    Table {
        statement: Statement { table: name, columns: columns.to_vec(), verb: Verb::Delete },
        per_dialog: 1,
    }
}

/// What every message and assignment writes. Its order is that of [`hot`].
pub(super) static HOT: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let dialogs =
        |columns, verb| Table { statement: Statement { table: "dialogs", columns, verb }, per_dialog: 1 };
    vec![
        dialogs(DialogRecord::columns(), Verb::Insert),
        dialogs([&["account", "id"], ProgressRecord::COLUMNS].concat(), Verb::UpdateVersion { keys: 2 }),
        table::<MessageRecord>("messages", Verb::Insert, 1),
        table::<StatusRecord>("messages", Verb::Update { keys: 2 }, 1),
        table::<EventRecord>("events", Verb::Insert, 4),
        table::<CustomerRecord>("customers", Verb::Upsert { keys: 2 }, 1),
        table::<WorkRecord>("work", Verb::Upsert { keys: 2 }, 1),
        table::<RotationRecord>("rotations", Verb::Upsert { keys: 2 }, 1),
        table::<StanceRecord>("stances", Verb::Upsert { keys: 3 }, 2),
        table::<StanceBlockRecord>("stance_blocks", Verb::InsertIfAbsent { keys: 3 }, 1),
        table::<TallyRecord>("manager_days", Verb::Add { keys: 3 }, 1),
        table::<ReceiptRecord>("receipts", Verb::InsertIfAbsent { keys: 2 }, 1),
    ]
});

/// What is written now and then. Its order is that of [`rare`].
pub(super) static RARE: LazyLock<Vec<Table>> = LazyLock::new(|| {
    vec![
        table::<AccountRecord>("accounts", Verb::Upsert { keys: 1 }, 1),
        table::<ChannelRecord>("channels", Verb::Upsert { keys: 2 }, 1),
        table::<ManagerRecord>("managers", Verb::Upsert { keys: 2 }, 1),
        table::<AttendanceRecord>("attendance", Verb::Upsert { keys: 2 }, 1),
        keys_only("webhooks", ["account", "id"]),
        keys_only("deliveries", ["account", "webhook"]),
        table::<WebhookRecord>("webhooks", Verb::Upsert { keys: 2 }, 1),
        table::<CursorRecord>("webhooks", Verb::Update { keys: 2 }, 1),
        table::<DeliveryRecord>("deliveries", Verb::Append { keys: 3 }, 1),
        table::<RulesHistoryRecord>("rules_history", Verb::Append { keys: 2 }, 1),
        table::<ShadowHistoryRecord>("shadow_history", Verb::Append { keys: 2 }, 1),
    ]
});

/// Rows of one table, one value after the other.
#[derive(Default)]
pub(super) struct Rows {
    pub values: Vec<Value>,
    pub count: usize,
}

fn rows<T>(items: impl IntoIterator<Item = T>, mut write: impl FnMut(T, &mut Vec<Value>)) -> Rows {
    let mut rows = Rows::default();
    for item in items {
        write(item, &mut rows.values);
        rows.count += 1;
    }
    rows
}

/// The group's rows for [`HOT`].
pub(super) fn hot(group: &mut Group<'_>) -> Vec<Rows> {
    let events = std::mem::take(&mut group.events);
    let dialogs = || group.dialogs.iter();
    vec![
        rows(dialogs().filter(|(_, write)| write.replaces == 0), |((account, _), write), row| {
            DialogRecord::write(account, write.dialog, row);
        }),
        rows(dialogs().filter(|(_, write)| write.replaces > 0), |((account, _), write), row| {
            let (origin, progress) = records(account, write.dialog);
            row.extend([Value::Text(origin.account.shared()), Value::Text(origin.id.shared())]);
            progress.write(row);
            row.push(Value::Int(i64::try_from(write.replaces).unwrap_or(i64::MAX)));
        }),
        rows(group.messages.iter(), |((account, _), (message, status)), row| {
            MessageRecord::new(account, message, status).write(row);
        }),
        rows(group.statuses.iter(), |((account, id), status), row| {
            StatusRecord::new(account, id, status).write(row);
        }),
        rows(events, |(account, event), row| EventRecord::new(account, event).write(row)),
        rows(group.customers.iter(), |((account, _), customer), row| {
            CustomerRecord::new(account, customer).write(row);
        }),
        rows(group.work.iter(), |((account, manager), work), row| {
            WorkRecord::new(account, manager, *work).write(row);
        }),
        rows(group.rotations.iter(), |((account, target), last), row| {
            let last_served = (*last).clone();
            RotationRecord { account: (*account).clone(), target: (*target).clone(), last_served }.write(row);
        }),
        rows(&group.stances, |(account, change), row| StanceRecord::new(account, change).write(row)),
        rows(&group.stance_blocks, |(account, manager, block), row| {
            StanceBlockRecord { account: (*account).clone(), manager: (*manager).clone(), block: *block }
                .write(row);
        }),
        rows(group.tallies.iter(), |((account, manager, day), tally), row| {
            TallyRecord::new(account, manager, *day, tally).write(row);
        }),
        rows(&group.receipts, |(account, receipt), row| ReceiptRecord::new(account, receipt).write(row)),
    ]
}

/// Counts rows by key, from one, and anew with each text, since what one text appended the next finds stored.
struct Counter<K> {
    rows: usize,
    counts: HashMap<K, u64>,
}

impl<K: Eq + Hash> Counter<K> {
    fn new() -> Self {
        Self { rows: 0, counts: HashMap::new() }
    }

    fn next(&mut self, key: K) -> u64 {
        if self.rows.is_multiple_of(LARGEST) {
            self.counts.clear();
        }
        self.rows += 1;
        *self.counts.entry(key).and_modify(|count| *count += 1).or_insert(1)
    }
}

/// The group's rows for [`RARE`].
pub(super) fn rare(group: &Group<'_>) -> Vec<Rows> {
    let removed = || {
        rows(&group.removed, |(account, id), row| {
            row.extend([Value::Text(account.shared()), Value::Text((*id).clone())]);
        })
    };
    let mut attempts = Counter::new();
    let mut rules_applied = Counter::new();
    let mut shadows = Counter::new();
    vec![
        rows(group.accounts.iter(), |(_, account), row| AccountRecord::new(account).write(row)),
        rows(group.channels.iter(), |((account, _), channel), row| {
            ChannelRecord::new(account, channel).write(row);
        }),
        rows(group.managers.iter(), |((account, _), manager), row| {
            ManagerRecord::new(account, manager).write(row);
        }),
        rows(group.attendance.iter(), |((account, manager), attendance), row| {
            AttendanceRecord::new(account, manager, attendance).write(row);
        }),
        removed(),
        removed(),
        rows(&group.webhooks, |((account, _), (webhook, cursor)), row| {
            WebhookRecord::new(account, webhook, *cursor).write(row);
        }),
        rows(&group.cursors, |((account, id), acknowledged), row| {
            CursorRecord { account: (*account).clone(), id: (*id).clone(), acknowledged: *acknowledged }
                .write(row);
        }),
        rows(&group.deliveries, |(account, delivery), row| {
            let n = attempts.next((*account, &delivery.webhook));
            DeliveryRecord::new(account, n, delivery).write(row);
        }),
        rows(&group.rules, |(account, rules), row| {
            RulesHistoryRecord::new(account, rules_applied.next(*account), rules).write(row);
        }),
        rows(&group.shadows, |(account, shadow), row| {
            ShadowHistoryRecord::new(account, shadows.next(*account), shadow).write(row);
        }),
    ]
}
