//! The contract of the store, which every database must keep: each case runs on all of them.

use std::sync::Arc;

use reparto::domain::ids::AccountId;
use reparto::store::change::{Change, Committed, Conflict, Write};
use reparto::store::memory::MemoryStore;
use reparto::store::sqlite::SqliteStore;
use reparto::store::{SharedStore, Store, StoreResult};
use tempfile::TempDir;

mod agreement;
mod commits;
mod files;
mod generators;
mod lists;
mod reads;
mod round_trips;
mod samples;

/// A store that can be stopped and started again.
pub struct Bench {
    store: Option<SharedStore>,
    folder: Option<TempDir>,
}

impl Bench {
    #[expect(clippy::unused_async, reason = "made like the other one")]
    async fn memory() -> Self {
        Self { store: Some(Arc::new(MemoryStore::default())), folder: None }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mut bench = Self { store: None, folder: Some(folder) };
        bench.restart().await;
        bench
    }

    fn store(&self) -> &dyn Store {
        self.store.as_deref().expect("a running store")
    }

    /// Drops the store as a crash would, and starts it again. Memory has nothing to come back from: it goes on.
    async fn restart(&mut self) {
        if let Some(folder) = &self.folder {
            self.store = None;
            let store = SqliteStore::open(&folder.path().join("reparto.db")).await.expect("a store");
            self.store = Some(Arc::new(store));
        }
    }

    async fn commit(&self, changes: &[Change]) -> Vec<Result<Committed, Conflict>> {
        self.store().commit(changes).await.expect("an available store")
    }

    /// Commits writes that must not conflict, as one change.
    async fn put(&self, writes: Vec<Write>) -> Committed {
        let answers = self.commit(&[change(0, writes)]).await;
        answers.into_iter().next().expect("one answer").expect("no conflict")
    }
}

fn account() -> AccountId {
    AccountId::default_account()
}

fn change(lineage: u64, writes: Vec<Write>) -> Change {
    Change { account: account(), lineage, writes }
}

fn good<T>(result: StoreResult<T>) -> T {
    result.expect("an available store")
}

macro_rules! contract {
    ($($topic:ident::$case:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$topic::$case(super::Bench::memory().await).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$topic::$case(super::Bench::sqlite().await).await;
            })*
        }
    };
}

contract! {
    commits::versions_follow_each_other,
    commits::the_origin_stays,
    commits::a_conflict_leaves_no_trace,
    commits::a_conflict_poisons_its_lineage_and_no_other,
    commits::duplicates_within_a_group_conflict,
    commits::duplicate_messages_conflict,
    commits::numbers_have_no_gaps,
    commits::only_the_last_counts,
    commits::accounts_are_apart,
    commits::large_groups_are_whole,
    reads::receipts_stay,
    reads::merging_relinks,
    reads::merging_again_and_back,
    reads::the_timeline_is_in_order,
    reads::events_are_filtered,
    reads::webhooks_and_deliveries,
    reads::tokens_are_found_until_revoked,
    reads::rules_history_is_newest_first,
    reads::the_newest_word_about_a_shadow_counts,
    reads::a_stance_holds_until_the_next,
    reads::a_stance_is_found_far_back,
    reads::what_managers_did_adds_up,
    reads::the_latest_dialog_of_a_chat,
    reads::a_snapshot_has_all_that_actors_need,
    lists::filters_narrow,
    lists::pages_follow_each_other,
    lists::search_finds_ids_names_and_messages,
    lists::strange_words_are_harmless,
    round_trips::dialogs_come_back,
    round_trips::customers_come_back,
    round_trips::managers_come_back,
    round_trips::messages_come_back,
    round_trips::accounts_and_channels_come_back,
}
