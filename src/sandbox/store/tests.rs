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

#[test]
fn a_newer_version_migrates_a_file_and_keeps_the_older_one_which_still_opens() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sandbox.db");
    let mut store = Store::open(Some(&path)).unwrap();
    store.begin(Access::Write).unwrap();
    let made = store.create_account("ada", 0);
    assert!(store.end(made).unwrap().is_some());
    drop(store);

    let newer = [MIGRATIONS[0], "CREATE TABLE added (x TEXT) STRICT"];
    let mut connection = Connection::open(&path).unwrap();
    for _ in 0..2 {
        keep_older(&connection, &path, &newer).unwrap();
        migrate(&mut connection, &newer, &String::new).unwrap();
    }
    assert_eq!(version(&connection).unwrap(), 2);
    connection.query_row("SELECT count(*) FROM added", [], |_| Ok(())).unwrap();
    drop(connection);

    let refused = Store::open(Some(&path)).err().expect("it is newer").to_string();
    assert!(refused.contains("newer version of jeton"), "{refused}");
    let kept = Store::open(Some(&place.path().join("sandbox.db.v1"))).unwrap();
    assert!(kept.account("ada").unwrap().is_some());
}
