//! Hours imported from the CRM: they join the rules that ask for them, go into the history, and outlive restarts.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::account::Account;
use reparto::domain::ids::{AccountId, RulesVersion};
use reparto::engine::EngineError;
use reparto::engine::inbound::Inbound;
use reparto::engine::rulebook::{Edition, Origin};
use reparto::engine::rules::Application;
use reparto::rules::imported::CRM;
use reparto::store::SharedStore;
use reparto::store::change::{RulesRecord, RulesVia, ShadowRecord};
use reparto::store::memory::MemoryStore;

use super::shop::{MORNING, Shop, account, rules_of};

const ASKS: &str = "[schedules.office]\nfrom = \"crm\"\n[release]\nrate = \"60/s\"\n[[rule]]\nid = \"closed\"\n\
    when = '!open(\"office\")'\nstep = [{ hold = \"until_open:office\" }]\n[[rule]]\nid = \"open\"\nto = \"everyone\"\n";
const AFTERNOON: &str = "[imported.crm]\nopen = { mon-fri = [\"14:00-18:00\"] }\n";
const ALL_DAY: &str = "[imported.crm]\nopen = { mon-fri = [\"08:00-18:00\"] }\n";

/// What is in force: its version, its hours, and whether the office is open in the morning.
fn in_force(shop: &Shop, account: &AccountId) -> (RulesVersion, Option<String>, bool) {
    let rules = shop.engine.rules(account).expect("the account runs");
    let hours = rules.edition.sources.iter().find(|(name, _)| name == CRM).map(|(_, text)| text.clone());
    let office = rules.edition.rules.schedule("office").expect("the rules have it");
    (rules.edition.version().clone(), hours, office.is_open(MORNING))
}

async fn history(store: &SharedStore, account: &AccountId) -> Vec<RulesRecord> {
    store.rules_history(account).await.expect("the store is well")
}

/// By whom and why, the newest first.
fn told(history: &[RulesRecord]) -> Vec<(&str, &str, RulesVia)> {
    history.iter().map(|record| (record.by.as_str(), record.why.as_str(), record.via)).collect()
}

fn application(text: &str) -> Application {
    let origin = Origin { sources: vec![("applied.toml".into(), text.into())], by: "test".into() };
    let edition = Edition { via: RulesVia::Api, ..Edition::of_file(rules_of(text), origin) };
    Application { edition, expected: None, migrate: false }
}

#[actix::test]
async fn hours_of_the_crm_swap_the_set_and_outlive_restarts() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&store), ASKS, &["ana"]).await;
    assert_eq!(in_force(&shop, &account()), (rules_of(ASKS).version().clone(), None, true), "nobody knows");
    shop.engine.import_hours(&account(), Some(AFTERNOON), "retailcrm").await.expect("good hours");
    let (joined, hours, is_open) = in_force(&shop, &account());
    assert_eq!((hours, is_open), (Some(AFTERNOON.to_owned()), false));
    shop.customer_opens("d1", "c1").await;
    shop.settle().await;
    assert_eq!(shop.holder("d1").await, None, "it is held until the afternoon");
    shop.engine.import_hours(&account(), Some(AFTERNOON), "retailcrm").await.expect("known already");
    let first = ("retailcrm", "the working hours of the CRM's settings", RulesVia::File);
    let file = ("test", "", RulesVia::File);
    assert_eq!(told(&history(&store, &account()).await), [first, file]);
    let applied = shop.events().await.into_iter().filter(|event| &*event.name == "rules.applied");
    assert!(applied.last().expect("an event").data.contains("\"applied_by\":\"retailcrm\""));
    shop.engine.stop().await;

    // The CRM is away, and the file as it was.
    let shop = Shop::open(Arc::clone(&store), ASKS).await;
    assert_eq!(in_force(&shop, &account()), (joined.clone(), Some(AFTERNOON.to_owned()), false));
    assert_eq!(history(&store, &account()).await.len(), 2, "nothing is put on record twice");
    let file_state = shop.engine.rule_file(&account()).expect("it has a file");
    let rules = shop.engine.rules(&account()).expect("the account runs");
    assert_eq!(file_state.version, Some(rules.edition.version_of_files()));
    shop.engine.stop().await;

    // The file changed meanwhile.
    let changed = format!("{ASKS}# checked on Monday\n");
    let shop = Shop::open(Arc::clone(&store), &changed).await;
    let (version, hours, is_open) = in_force(&shop, &account());
    assert_eq!((hours, is_open), (Some(AFTERNOON.to_owned()), false), "the hours stay");
    assert_ne!(version, joined);
    // Other rules are applied, and the CRM's hours change.
    let applied = format!("{ASKS}[capacity]\nunits = 3\n");
    shop.engine.apply_rules(&account(), application(&applied)).await.expect("they come into force");
    assert_eq!(in_force(&shop, &account()).1, Some(AFTERNOON.to_owned()));
    shop.engine.import_hours(&account(), Some(ALL_DAY), "retailcrm").await.expect("good hours");
    assert!(in_force(&shop, &account()).2);
    shop.wait(Duration::from_secs(5)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"), "the office is open");
    let changes = ("retailcrm", "the working hours of the CRM's settings changed", RulesVia::Api);
    assert_eq!(told(&history(&store, &account()).await)[0], changes);
    shop.engine.stop().await;

    // The file did not change since, so what was applied stays.
    let shop = Shop::open(Arc::clone(&store), &changed).await;
    let rules = shop.engine.rules(&account()).expect("the account runs");
    assert_eq!(rules.edition.version_of_files(), *rules_of(&applied).version());
    assert_eq!(in_force(&shop, &account()).1, Some(ALL_DAY.to_owned()));
    shop.engine.import_hours(&account(), None, "retailcrm").await.expect("none is an answer");
    assert_eq!(in_force(&shop, &account()), (rules_of(&applied).version().clone(), None, true));
    shop.check_feed().await;
    shop.engine.stop().await;
}

#[actix::test]
async fn hours_that_nobody_can_have_change_nothing() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let shop = Shop::open(Arc::clone(&store), ASKS).await;
    shop.engine.import_hours(&account(), Some(AFTERNOON), "retailcrm").await.expect("good hours");
    let before = in_force(&shop, &account());
    let never = format!("{AFTERNOON}closed = [\"01-01..12-31\"]\n");
    let refused = shop.engine.import_hours(&account(), Some(&never), "retailcrm").await;
    assert!(
        matches!(&refused, Err(EngineError::Refused(why)) if why.to_string().contains("never opens")),
        "{refused:?}"
    );
    assert_eq!(in_force(&shop, &account()), before);
    // Only with the rules' own dates nothing is left.
    let half = format!("{AFTERNOON}closed = [\"01-01..06-30\"]\n");
    let other_half = ASKS.replace("from = \"crm\"\n", "from = \"crm\"\nclosed = [\"07-01..12-31\"]\n");
    shop.engine.apply_rules(&account(), application(&other_half)).await.expect("they come into force");
    let before = in_force(&shop, &account());
    shop.engine.import_hours(&account(), Some(&half), "retailcrm").await.expect("good hours by themselves");
    assert_eq!(in_force(&shop, &account()), before, "the former hours stay");
    shop.engine.stop().await;
}

#[actix::test]
async fn rules_that_ask_for_no_hours_are_left_alone_until_they_do() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let plain = "[[rule]]\nid = \"all\"\nto = \"everyone\"\n";
    let shop = Shop::open(Arc::clone(&store), plain).await;
    shop.engine.import_hours(&account(), Some(AFTERNOON), "retailcrm").await.expect("good hours");
    let rules = shop.engine.rules(&account()).expect("the account runs");
    assert_eq!(rules.edition.version(), rules_of(plain).version());
    assert_eq!(history(&store, &account()).await.len(), 1);
    shop.engine.apply_rules(&account(), application(ASKS)).await.expect("they come into force");
    assert_eq!(in_force(&shop, &account()).1, Some(AFTERNOON.to_owned()));
    // A shadow goes by them too.
    let record = ShadowRecord {
        version: Some(rules_of(ASKS).version().clone()),
        sources: vec![("next.toml".into(), ASKS.into())],
        at: MORNING,
        by: "test".into(),
        why: String::new(),
    };
    shop.engine.set_shadow(&account(), Some(rules_of(ASKS)), record).await.expect("it decides");
    shop.engine.import_hours(&account(), Some(ALL_DAY), "retailcrm").await.expect("good hours");
    let shadow = shop.engine.shadow(&account()).await.expect("it runs").expect("there is one");
    assert_eq!(shadow.record.sources.last(), Some(&(CRM.to_owned(), ALL_DAY.to_owned())));
    assert_eq!(
        (shadow.record.by.as_str(), shadow.record.version.as_ref() == Some(rules_of(ASKS).version())),
        ("test", false)
    );
    shop.engine.stop().await;
}

#[actix::test]
async fn each_account_has_hours_of_its_own_though_it_goes_along_with_another_ones_rules() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let shop = Shop::open(Arc::clone(&store), ASKS).await;
    let branch = AccountId::trusted("branch");
    let founding = Inbound::PutAccount(Account::new(branch.clone()));
    shop.engine.submit(&branch, founding).await.expect("an account");
    shop.until_ready().await;
    shop.settle().await;
    shop.engine.import_hours(&account(), Some(AFTERNOON), "retailcrm").await.expect("good hours");
    assert_eq!(in_force(&shop, &branch).1, None, "they are those of the other one");
    shop.engine.import_hours(&branch, Some(ALL_DAY), "retailcrm").await.expect("good hours");
    let applied = format!("{ASKS}[capacity]\nunits = 3\n");
    shop.engine.apply_rules(&account(), application(&applied)).await.expect("they come into force");
    let hours = |shop: &Shop| [account(), branch.clone()].map(|account| in_force(shop, &account).1);
    assert_eq!(hours(&shop), [Some(AFTERNOON.to_owned()), Some(ALL_DAY.to_owned())]);
    shop.engine.stop().await;
    let records = history(&store, &branch).await.len();
    let shop = Shop::open(Arc::clone(&store), ASKS).await;
    shop.settle().await;
    assert_eq!(hours(&shop), [Some(AFTERNOON.to_owned()), Some(ALL_DAY.to_owned())]);
    let rules = shop.engine.rules(&branch).expect("the account runs");
    assert_eq!(
        (rules.edition.version_of_files(), rules.edition.is_own()),
        (rules_of(&applied).version().clone(), false)
    );
    assert_eq!(history(&store, &branch).await.len(), records, "nothing is put on record twice");
    shop.engine.stop().await;
}
