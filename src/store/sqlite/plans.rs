//! Tests that hot reads and writes find their rows by an index, never by looking at all of them.

use sqlx::sqlite::SqliteConnection;

use super::SqliteLimits;
use super::open;
use super::read::{self, all, select};
use super::snapshot;
use super::tables::HOT;
use crate::domain::ids::{AccountId, ChannelId, ChatId, CustomerId, DialogId, ManagerId};
use crate::domain::tally::Day;
use crate::store::cell::{Cell, Record};
use crate::store::list::{self, Query};
use crate::store::read::{DialogFilter, EventFilter, Interlocutor};
use crate::store::records::event::EventRecord;
use crate::store::records::message::MessageRecord;
use crate::store::statement::Verb;

async fn plan(connection: &mut SqliteConnection, query: Query) -> String {
    let explained = Query { text: format!("EXPLAIN QUERY PLAN {}", query.text), values: query.values };
    let steps = all(connection, explained, |row| String::take(row, 3)).await.unwrap();
    steps.join("\n")
}

#[track_caller]
fn uses(plan: &str, indexes: &[&str]) {
    for index in indexes {
        assert!(plan.contains(&format!("INDEX {index} ")), "no {index} in:\n{plan}");
    }
    for table in ["d", "dialogs", "events", "messages", "m", "customers", "c", "s", "b"] {
        assert!(!plan.lines().any(|step| step == format!("SCAN {table}")), "looks at all rows:\n{plan}");
    }
}

#[tokio::test]
async fn hot_reads_use_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection =
        open::writer(&folder.path().join("reparto.db"), SqliteLimits::default()).await.unwrap();
    let account = AccountId::default_account();
    let dialog = DialogId::trusted("d1");
    let list = |filter: DialogFilter| list::dialogs(&account, &DialogFilter { limit: 50, ..filter }).unwrap();
    let states = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let with_dialog = |query: Query| query.bind(account.clone()).then(" AND dialog = ").bind(dialog.clone());
    let by_id = read::dialogs()
        .then(" WHERE account = ")
        .bind(account.clone())
        .then(" AND id = ")
        .bind(dialog.clone());
    let open = || DialogFilter { states: states(&["waiting", "assigned"]), ..DialogFilter::default() };
    let cursor = Some(
        list::Cursor { opened_at: crate::domain::time::Timestamp::from_secs(1), id: "d1".to_owned() }
            .encode(),
    );
    let cases: Vec<(Query, &[&str])> = vec![
        (by_id, &["sqlite_autoindex_dialogs_1"]),
        (snapshot::open_dialogs(&account), &["dialogs_open"]),
        (snapshot::chats(&account), &["dialogs_chat"]),
        (snapshot::merged(&account), &["customers_merged"]),
        (read::latest_in_chat(&account, &ChatId::trusted("a")), &["dialogs_chat"]),
        (read::customer(&account, &CustomerId::trusted("c")), &["sqlite_autoindex_customers_1"]),
        (read::events(&account, 5, 100, &EventFilter::default()), &["sqlite_autoindex_events_1"]),
        (
            read::events(&account, 5, 100, &EventFilter { dialog: Some(dialog.clone()), names: vec![] }),
            &["events_dialog"],
        ),
        (
            with_dialog(select::<EventRecord>("events").then(" WHERE account = ")).then(" ORDER BY seq"),
            &["events_dialog"],
        ),
        (with_dialog(select::<MessageRecord>("messages").then(" WHERE account = ")), &["messages_dialog"]),
        (
            read::stance(&account, &ManagerId::trusted("ana"), 5),
            &["sqlite_autoindex_stance_blocks_1", "sqlite_autoindex_stances_1", "stances_places"],
        ),
        (read::manager_days(&account, Day(20_000)), &["manager_days_of_day"]),
        (list(DialogFilter::default()), &["dialogs_newest", "sqlite_autoindex_customers_1"]),
        (list(DialogFilter { cursor: cursor.clone(), ..DialogFilter::default() }), &["dialogs_newest"]),
        (list(open()), &["dialogs_open"]),
        (list(DialogFilter { responsible: Some(ManagerId::trusted("ana")), ..open() }), &["dialogs_open"]),
        (list(DialogFilter { channels: vec![ChannelId::trusted("a")], cursor, ..open() }), &["dialogs_open"]),
        (
            list(DialogFilter { customer: Some(CustomerId::trusted("c")), ..DialogFilter::default() }),
            &["dialogs_customer"],
        ),
        (
            list(DialogFilter {
                text: Some("a".to_owned()),
                interlocutor: Interlocutor::Known,
                ..DialogFilter::default()
            }),
            &["dialogs_newest", "messages_dialog"],
        ),
    ];
    for (query, indexes) in cases {
        uses(&plan(&mut connection, query).await, indexes);
    }
}

#[tokio::test]
async fn hot_lists_need_no_sorting() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection =
        open::writer(&folder.path().join("reparto.db"), SqliteLimits::default()).await.unwrap();
    let account = AccountId::default_account();
    let open = DialogFilter { states: vec!["waiting".to_owned()], limit: 50, ..DialogFilter::default() };
    let all = DialogFilter { limit: 50, ..DialogFilter::default() };
    for filter in [open, all] {
        let plan = plan(&mut connection, list::dialogs(&account, &filter).unwrap()).await;
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn updates_find_their_rows_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection =
        open::writer(&folder.path().join("reparto.db"), SqliteLimits::default()).await.unwrap();
    let updates = HOT
        .iter()
        .filter(|table| matches!(table.statement.verb, Verb::Update { .. } | Verb::UpdateVersion { .. }));
    for table in updates {
        for rows in [1, 64] {
            let text = table.statement.text(rows);
            let text = text.split(';').next().unwrap().to_owned();
            let plan = plan(&mut connection, Query::new(text)).await;
            uses(&plan, &[&format!("sqlite_autoindex_{}_1", table.statement.table)]);
        }
    }
}

/// What the migrations make and what the records name are the same columns, in the same order.
#[tokio::test]
async fn dialogs_have_the_columns_of_their_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection =
        open::writer(&folder.path().join("reparto.db"), SqliteLimits::default()).await.unwrap();
    let columns =
        |table: &str| Query::new(format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
    let dialogs = all(&mut connection, columns("dialogs"), |row| String::take(row, 0)).await.unwrap();
    assert_eq!(dialogs, crate::store::records::dialog::DialogRecord::columns());
    let messages = all(&mut connection, columns("messages"), |row| String::take(row, 0)).await.unwrap();
    assert_eq!(messages, MessageRecord::COLUMNS);
}
