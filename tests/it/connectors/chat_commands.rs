//! What managers type into a chat, against a real engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use reparto::connectors::retailcrm::commands::carry::{Typed, carry};
use reparto::domain::dialog::By;
use reparto::domain::ids::{DialogId, GroupId, ManagerId};
use reparto::domain::manager::Manager;
use reparto::domain::sentence::Language;
use reparto::engine::inbound::Inbound;
use reparto::store::memory::MemoryStore;

use crate::engine::shop::{MORNING, Shop, account};

const RULES: &str = "[capacity]\nunits = 2\n\n[[rule]]\nid = \"all\"\nto = \"group:sales\"\npick = \"ordered\"\n\n\
    [groups]\nsales = { managers = [\"41\", \"42\"] }\nsupport = { crm_group = \"support\" }\n";

async fn shop() -> Shop {
    let shop = Shop::open(Arc::new(MemoryStore::default()), RULES).await;
    shop.channel("tg", "telegram").await;
    for (id, name, group) in [("41", "Ana Gil", "sales"), ("42", "Boris", "sales"), ("43", "Vera", "support")]
    {
        let mut manager = Manager::new(ManagerId::trusted(id));
        name.clone_into(&mut manager.name);
        manager.groups = BTreeSet::from([GroupId::trusted(group)]);
        shop.submit(Inbound::PutManager(manager)).await.expect("a manager");
        shop.presence(id, id != "43").await;
    }
    shop
}

async fn types_in(shop: &Shop, who: &str, dialog: Option<&str>, text: &str, language: Language) -> String {
    let typed =
        Typed { manager: ManagerId::trusted(who), dialog: dialog.map(DialogId::trusted), text: text.into() };
    let answer = carry(&shop.engine, &account(), &typed, language, MORNING).await.expect("it is a command");
    shop.settle().await;
    answer
}

async fn types(shop: &Shop, who: &str, text: &str) -> String {
    types_in(shop, who, Some("1"), text, Language::English).await
}

#[actix::test]
async fn why_is_told_with_names_in_both_languages() {
    tokio::time::pause();
    let shop = shop().await;
    shop.customer_opens("1", "c1").await;
    assert_eq!(shop.holder("1").await.as_deref(), Some("41"));
    let why = types(&shop, "41", "/why").await;
    assert!(why.contains("Ana Gil") && why.contains("Boris") && !why.contains("41"), "{why}");
    let not = types(&shop, "41", "/why boris").await;
    assert!(not.contains("Boris") && not != why, "{not}");
    let spanish = types_in(&shop, "41", Some("1"), "/why", Language::Spanish).await;
    assert!(spanish.contains("Ana Gil") && spanish != why, "{spanish}");
    assert_eq!(
        types(&shop, "41", "/why xavier").await,
        "Nobody is called xavier; the groups are sales and support."
    );
    shop.assigns("1", "42", By::Backend, true).await.expect("by hand");
    assert_eq!(types(&shop, "41", "/why").await, "Somebody gave it to Boris by hand; no rule was asked.");
}

#[actix::test]
async fn the_responsible_transfers_and_nobody_else() {
    tokio::time::pause();
    let shop = shop().await;
    shop.customer_opens("1", "c1").await;
    let forbidden = "Only an administrator or whoever has the dialog may do that.";
    assert_eq!(types(&shop, "42", "/transfer boris").await, forbidden);
    assert_eq!(types(&shop, "41", "/transfer ana").await, "It is with Ana Gil already.");
    assert_eq!(
        types(&shop, "41", "/transfer vera").await,
        "Vera is not there. To transfer all the same, type /transfer Vera! please."
    );
    assert_eq!(
        types(&shop, "41", "/transfer").await,
        "To whom? Write a name or a group, such as sales or support."
    );
    assert_eq!(types(&shop, "41", "/transfer boris").await, "It goes to Boris.");
    assert_eq!(shop.holder("1").await.as_deref(), Some("42"));
    assert_eq!(types(&shop, "42", "/transfer vera!").await, "It goes to Vera.");
    assert_eq!(shop.holder("1").await.as_deref(), Some("43"));
    assert_eq!(
        types(&shop, "43", "/transfer support").await,
        "Nobody of support has room now; the dialog waits for them."
    );
}

#[actix::test]
async fn a_dialog_is_given_back_and_the_queue_is_told() {
    tokio::time::pause();
    let shop = shop().await;
    for (dialog, customer) in [("1", "c1"), ("2", "c2"), ("3", "c3"), ("4", "c4"), ("5", "c5")] {
        shop.customer_opens(dialog, customer).await;
    }
    shop.settle().await;
    assert_eq!(
        types_in(&shop, "41", Some("5"), "/queue", Language::English).await,
        "1 dialog waits, the first for 0 min; this one is number 1. 2 managers can take dialogs now. You have 2."
    );
    let back = types(&shop, "41", "/release").await;
    assert!(back.starts_with("It goes to") || back.starts_with("It is back"), "{back}");
    assert_eq!(
        types_in(&shop, "41", None, "/release", Language::English).await,
        "No dialog is open in this chat."
    );
    assert!(types(&shop, "41", "/dance").await.starts_with("There is no command dance."));
    assert!(types(&shop, "41", "/help").await.contains("/transfer"));
}
