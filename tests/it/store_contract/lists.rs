//! Lists of dialogs: filters, search, pages.

use std::sync::Arc;

use reparto::domain::dialog::{By, ClosureReason, Dialog, DialogKind, DialogState};
use reparto::domain::ids::{ChannelId, CustomerId};
use reparto::domain::routing::Responsible;
use reparto::store::change::Write;
use reparto::store::read::{DialogFilter, Interlocutor};

use super::samples::{assigned, at, customer, dialog, manager, write, write_customer, write_message};
use super::{Bench, account, good};

fn all() -> DialogFilter {
    DialogFilter { limit: 100, ..DialogFilter::default() }
}

async fn ids(bench: &Bench, filter: DialogFilter) -> Vec<String> {
    let page = good(bench.store().dialogs(&account(), &filter).await);
    page.items.iter().map(|row| row.dialog.id.to_string()).collect()
}

fn opened(id: &str, seconds: i64, customer: &str) -> Dialog {
    let mut dialog = dialog(id, 1);
    dialog.opened_at = at(seconds);
    dialog.customer = Some(CustomerId::trusted(customer));
    dialog
}

/// Five dialogs, the newest first: `e` internal, `d` closed, `c` and `b` assigned, `a` waiting.
async fn fill(bench: &Bench) {
    let mut known = customer("c1", "Анна Каренина");
    known.known = true;
    known.owner = Some(manager("ana"));
    let mut internal = opened("e", 5, "c1");
    internal.kind = DialogKind::Internal;
    internal.customer = None;
    internal.channel = None;
    internal.state = DialogState::Internal;
    internal.members = ["ana", "an"].map(manager).into();
    let mut closed = opened("d", 4, "c2");
    closed.state = DialogState::Closed {
        at: at(9),
        reason: ClosureReason::Manual(None),
        by: Some(By::Backend),
        last: Some(Responsible::Manager(manager("ana"))),
    };
    let mut telegram = assigned(opened("c", 3, "c1"), "boris");
    telegram.channel = Some(ChannelId::trusted("telegram"));
    bench
        .put(vec![
            Write::Customer(Arc::new(known)),
            write_customer("c2", "Zoë 100%"),
            write(opened("a", 1, "c9")),
            write(assigned(opened("b", 2, "c2"), "ana")),
            write(telegram),
            write(closed),
            write(internal),
            write_message("m1", "a", "Where is my ORDER_77?", 1),
            write_message("m2", "b", "Где мой заказ?", 1),
            write_message("m3", "b", "order 77", 1),
        ])
        .await;
}

pub async fn filters_narrow(bench: Bench) {
    fill(&bench).await;
    assert_eq!(ids(&bench, all()).await, ["e", "d", "c", "b", "a"]);
    let states = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(
        ids(&bench, DialogFilter { states: states(&["assigned", "waiting"]), ..all() }).await,
        ["c", "b", "a"]
    );
    assert_eq!(ids(&bench, DialogFilter { states: states(&["closed"]), ..all() }).await, ["d"]);
    let channels = vec![ChannelId::trusted("telegram"), ChannelId::trusted("email")];
    assert_eq!(ids(&bench, DialogFilter { channels, ..all() }).await, ["c"]);
    assert_eq!(ids(&bench, DialogFilter { responsible: Some(manager("ana")), ..all() }).await, ["d", "b"]);
    let customer = Some(CustomerId::trusted("c1"));
    assert_eq!(ids(&bench, DialogFilter { customer, ..all() }).await, ["c"]);
    let with = async |interlocutor| ids(&bench, DialogFilter { interlocutor, ..all() }).await;
    assert_eq!(with(Interlocutor::Known).await, ["c"]);
    assert_eq!(with(Interlocutor::Mine(manager("ana"))).await, ["c"]);
    assert_eq!(with(Interlocutor::Mine(manager("boris"))).await, [""; 0]);
    assert_eq!(with(Interlocutor::Colleagues(None)).await, ["e"]);
    assert_eq!(with(Interlocutor::Colleagues(Some(manager("an")))).await, ["e"]);
    assert_eq!(with(Interlocutor::Colleagues(Some(manager("na")))).await, [""; 0]);
    let page = good(bench.store().dialogs(&account(), &all()).await);
    let names: Vec<_> = page.items.iter().map(|row| row.customer_name.as_deref()).collect();
    assert_eq!(names, [None, Some("Zoë 100%"), Some("Анна Каренина"), Some("Zoë 100%"), None]);
}

pub async fn pages_follow_each_other(bench: Bench) {
    // Three of them opened at the same time: the id decides.
    let times = [("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 3), ("f", 4), ("g", 5)];
    bench.put(times.map(|(id, seconds)| write(opened(id, seconds, "c1"))).into()).await;
    for limit in [1, 2, 3, 6, 7, 8] {
        let mut seen = Vec::new();
        let mut filter = DialogFilter { limit, ..DialogFilter::default() };
        loop {
            let page = good(bench.store().dialogs(&account(), &filter).await);
            assert!(page.items.len() <= usize::try_from(limit).expect("a small number"));
            seen.extend(page.items.into_iter().map(|row| row.dialog.id.to_string()));
            let Some(next) = page.next else { break };
            filter.cursor = Some(next);
        }
        assert_eq!(seen, ["g", "f", "e", "d", "c", "b", "a"], "in pages of {limit}");
    }
}

pub async fn search_finds_ids_names_and_messages(bench: Bench) {
    fill(&bench).await;
    let search = async |text: &str| ids(&bench, DialogFilter { text: Some(text.to_owned()), ..all() }).await;
    assert_eq!(search("order").await, ["b", "a"]);
    assert_eq!(search("order_77").await, ["a"]);
    assert_eq!(search("ЗАКАЗ").await, ["b"]);
    assert_eq!(search("каренина").await, ["c"]);
    assert_eq!(search("100%").await, ["d", "b"]);
    assert_eq!(search("%").await, ["d", "b"]);
    assert_eq!(search("E").await, ["e", "b", "a"]);
    let filter = DialogFilter { text: Some("order".to_owned()), responsible: Some(manager("ana")), ..all() };
    assert_eq!(ids(&bench, filter).await, ["b"]);
}

pub async fn strange_words_are_harmless(bench: Bench) {
    fill(&bench).await;
    for text in ["'", "\"; DROP TABLE dialogs; --", "$1", "\\", "?", "%_%"] {
        let filter = DialogFilter { text: Some(text.to_owned()), cursor: Some(text.to_owned()), ..all() };
        assert_eq!(ids(&bench, filter).await, [""; 0], "after a cursor that no page gave");
        let filter = DialogFilter { text: Some(text.to_owned()), states: vec![text.to_owned()], ..all() };
        assert_eq!(ids(&bench, filter).await, [""; 0]);
    }
    assert_eq!(ids(&bench, all()).await.len(), 5);
}
