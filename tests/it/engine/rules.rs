//! Rules over restarts: what was applied stays, a changed file comes into force, and whoever waits keeps their plan.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::dialog::DialogState;
use reparto::domain::ids::RulesVersion;
use reparto::engine::rulebook::{Edition, Origin};
use reparto::engine::rules::Application;
use reparto::store::SharedStore;
use reparto::store::change::RulesVia;
use reparto::store::memory::MemoryStore;

use super::shop::{Shop, account, rules_of};

const ANA: &str = "[[rule]]\nid = \"ana\"\nto = \"manager:ana\"\n";
const BORIS: &str = "[[rule]]\nid = \"boris\"\nto = \"manager:boris\"\n";
const LEV: &str = "[[rule]]\nid = \"lev\"\nto = \"manager:lev\"\n";
const TEAM: &str =
    "[groups]\nteam = { managers = [\"ana\"] }\n[[rule]]\nid = \"team\"\nto = \"group:team\"\n";

fn application(text: &str) -> Application {
    let origin = Origin { sources: vec![("applied.toml".into(), text.into())], by: "test".into() };
    let edition = Edition { via: RulesVia::Api, ..Edition::of_file(rules_of(text), origin) };
    Application { edition, expected: None, migrate: false }
}

fn version(text: &str) -> RulesVersion {
    rules_of(text).version().clone()
}

fn in_force(shop: &Shop) -> (RulesVersion, RulesVia) {
    let rules = shop.engine.rules(&account()).expect("the account runs");
    (rules.edition.version().clone(), rules.edition.via)
}

/// The version and rule that a dialog waits under, as it is stored.
async fn waits_under(shop: &Shop, dialog: &str) -> Option<(RulesVersion, String)> {
    match shop.stored(dialog).await.state {
        DialogState::Waiting { place: Some(place), .. } => {
            Some((place.rules, place.rule.expect("it waits by a rule").to_string()))
        }
        DialogState::Waiting { place: None, .. }
        | DialogState::Assigned { .. }
        | DialogState::Internal
        | DialogState::Closed { .. } => None,
    }
}

#[actix::test]
async fn what_was_applied_stays_over_a_restart_until_the_file_changes() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let shop = Shop::open(Arc::clone(&store), ANA).await;
    assert_eq!(in_force(&shop), (version(ANA), RulesVia::File));
    shop.engine.apply_rules(&account(), application(BORIS)).await.expect("they come into force");
    shop.engine.stop().await;
    let shop = Shop::open(Arc::clone(&store), ANA).await;
    assert_eq!(in_force(&shop), (version(BORIS), RulesVia::Api), "the file did not change");
    let file = shop.engine.rule_file(&account()).expect("it has a file");
    assert_eq!(file.version, Some(version(ANA)));
    shop.engine.stop().await;
    let shop = Shop::open(Arc::clone(&store), TEAM).await;
    assert_eq!(in_force(&shop), (version(TEAM), RulesVia::File), "the file changed");
    shop.engine.stop().await;
    let history = store.rules_history(&account()).await.expect("the store is well");
    let versions: Vec<_> = history.into_iter().map(|record| (record.version, record.via)).collect();
    let expected =
        [(version(TEAM), RulesVia::File), (version(BORIS), RulesVia::Api), (version(ANA), RulesVia::File)];
    assert_eq!(versions, expected, "nothing is put on record twice");
}

#[actix::test]
async fn whoever_waits_keeps_their_plan_over_changes_and_restarts() {
    tokio::time::pause();
    let store: SharedStore = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&store), TEAM, &["boris"]).await;
    shop.manager("ana", &[], false).await;
    shop.customer_opens("d1", "c1").await;
    assert_eq!(waits_under(&shop, "d1").await, Some((version(TEAM), "team".into())));
    shop.engine.apply_rules(&account(), application(ANA)).await.expect("they come into force");
    shop.customer_opens("d2", "c2").await;
    shop.engine.stop().await;

    let shop = Shop::open(Arc::clone(&store), TEAM).await;
    shop.settle().await;
    assert_eq!(waits_under(&shop, "d1").await, Some((version(TEAM), "team".into())), "two versions ago");
    assert_eq!(waits_under(&shop, "d2").await, Some((version(ANA), "ana".into())));
    // Its steps name a group, and mean whoever is in it by the rules in force.
    let others =
        "[groups]\nteam = { managers = [\"boris\"] }\n[[rule]]\nid = \"nobody\"\nto = \"manager:vera\"\n";
    shop.engine.apply_rules(&account(), application(others)).await.expect("they come into force");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    assert_eq!(waits_under(&shop, "d2").await, Some((version(ANA), "ana".into())));
    // Migrated, it waits for somebody else, and comes back so.
    let migrated = Application { migrate: true, ..application(LEV) };
    shop.manager("lev", &[], false).await;
    shop.engine.apply_rules(&account(), migrated).await.expect("they come into force");
    shop.settle().await;
    assert_eq!(waits_under(&shop, "d2").await, Some((version(LEV), "lev".into())));
    shop.engine.stop().await;
    let shop = Shop::open(store, TEAM).await;
    shop.presence("lev", true).await;
    shop.wait(Duration::from_secs(10)).await;
    assert_eq!(shop.holder("d2").await.as_deref(), Some("lev"));
    shop.check_feed().await;
    shop.engine.stop().await;
}
