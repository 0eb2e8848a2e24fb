//! Transactions.

use super::*;

#[test]
fn a_failed_transaction_leaves_nothing_and_the_store_usable() {
    let mut store = Store::open(None).unwrap();
    store.begin(Access::Write).unwrap();
    assert!(store.create_account("ada", 0).unwrap().is_some());
    let failed: Result<()> = Err(rusqlite::Error::InvalidQuery.into());
    assert!(store.end(failed).is_err());
    assert_eq!(store.account("ada").unwrap(), None);
    store.begin(Access::Write).unwrap();
    let made = store.create_account("ada", 0);
    assert!(store.end(made).unwrap().is_some());
}
