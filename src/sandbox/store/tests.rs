//! That pages cost the same wherever they start: SQLite is asked how it would find them.

use super::*;
use crate::token::Usage;

#[test]
fn no_list_sorts_or_reads_a_whole_table() {
    let store = Store::open(None).unwrap();
    for usage in [None, Some(Usage::Public), Some(Usage::Secret)] {
        for default in [None, Some(true), Some(false)] {
            for order in [Order::Created, Order::Modified] {
                for after in [None, Some(("cijucimbe000brbkt48d0dhcx", 7))] {
                    let filter = Filter { usage, default, order, after };
                    let plan = store.explain_list(&filter).unwrap();
                    // Of default tokens there is one; sorting it costs nothing.
                    let is_fine = default == Some(true) || !plan.contains("TEMP B-TREE");
                    assert!(plan.contains("SEARCH token") && is_fine, "{filter:?}: {plan}");
                }
            }
        }
    }
}

#[test]
fn a_failed_transaction_leaves_nothing_and_the_store_usable() {
    let mut store = Store::open(None).unwrap();
    store.begin().unwrap();
    let made = store.create_account("ada", 0).map(|_| ());
    assert!(made.is_ok());
    let failed: Result<()> = Err(rusqlite::Error::InvalidQuery.into());
    assert!(store.end(failed).is_err());
    assert_eq!(store.account("ada").unwrap(), None);
    assert!(store.create_account("ada", 0).unwrap().is_some());
}
