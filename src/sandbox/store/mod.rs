//! [`Store`]: the database. Tables and what they hold are described in `assets/sandbox/schema.sql`.
//!
//! Invariants: SQL text is constant and values travel as parameters; every change is one transaction. A file is
//! in write-ahead mode with `synchronous = NORMAL`: a killed process loses nothing that was answered, and after a power
//! cut the file is whole but may lack the last moments. Several processes may share a file; each waits up to
//! [`PATIENCE`] for another's write.

mod accounts;
mod list;
mod tokens;
mod usage;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior};

pub use self::{
    list::{Filter, Order},
    tokens::{Change, Deleted, Draft, Known, Row},
    usage::Usage,
};
use super::signature::SigningKey;

/// How long a write waits for another process before it fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two attempts to get what another process holds.
const RETRY: Duration = Duration::from_millis(5);

/// Statements kept ready; there are fewer.
const STATEMENTS: usize = 64;

/// Marks a file as ours ("jetn"), so that another program's database is not taken for one.
const APPLICATION_ID: i32 = 0x6a65_746e;

/// Each step takes a database from the version before to its own; the first makes it.
const MIGRATIONS: &[&str] = &[include_str!("../../../assets/sandbox/schema.sql")];

/// Why the database did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("sandbox database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file belongs to something else.
    #[error("{0} is another program's database; choose a new file")]
    Foreign(String),
    /// The file was written by a later version of this program.
    #[error("{0} was created by a newer version of jeton (schema version {1}); use that version, or a new file")]
    Newer(String, i64),
}

/// What the store's functions answer.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looking.
    Read,
    /// Changing; only one process at a time can.
    Write,
}

/// An open database.
pub struct Store {
    connection: Connection,
    key: SigningKey,
}

impl Store {
    /// Opens a file, making it when it is missing, or a private database in memory.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let mut connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let name = || path.map_or_else(String::new, |path| path.display().to_string());
        // Asked before anything is written, so a foreign file stays as it was.
        if is_foreign(&mut connection)? {
            return Err(StoreError::Foreign(name()));
        }
        write_ahead(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        if let Some(path) = path {
            keep_older(&connection, path, MIGRATIONS)?;
        }
        migrate(&mut connection, MIGRATIONS, &name)?;
        let key = signing_key(&connection)?;
        Ok(Self { connection, key })
    }

    /// The key that signs this database's tokens.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Starts a transaction that [`Store::end`] ends: what is read is of one moment, and what is done becomes visible,
    /// and lasting, as one.
    pub fn begin(&mut self, access: Access) -> Result<()> {
        let begin = match access {
            Access::Read => "BEGIN",
            // At once: a transaction that reads first and then wants to write fails when another process was faster.
            Access::Write => "BEGIN IMMEDIATE",
        };
        self.connection.prepare_cached(begin)?.execute([])?;
        Ok(())
    }

    /// Ends a transaction: commits after success, takes everything back after a failure.
    pub fn end<T, E: From<StoreError>>(&mut self, result: Result<T, E>) -> Result<T, E> {
        let committed = result.and_then(|value| {
            let commit = self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
            commit.map(|_| value).map_err(|error| E::from(error.into()))
        });
        if committed.is_err() {
            // Nothing to add when this fails too: SQLite has taken it back by itself, or will when the file is next
            // opened.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        committed
    }
}

/// Whether a database holds something that is not ours. Both questions are asked of one moment: another process may be
/// making the file.
fn is_foreign(connection: &mut Connection) -> Result<bool> {
    let moment = connection.transaction()?;
    let owner: i32 = moment.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(owner != APPLICATION_ID && tables > 0)
}

/// Switches to a write-ahead log. SQLite does not wait for another process that does the same at this moment, so this does.
fn write_ahead(connection: &Connection) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < deadline => {
                thread::park_timeout(RETRY);
            }
            result => return Ok(result?),
        }
    }
}

/// The version of the schema; 0 before there is one.
fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn latest(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).expect("there are few migrations")
}

/// Copies a database of an older version beside itself, before it is migrated: `sandbox.db` to `sandbox.db.v1`.
fn keep_older(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    let version = version(connection)?;
    if !(1..latest(migrations)).contains(&version) {
        return Ok(());
    }
    let mut copy = path.as_os_str().to_owned();
    copy.push(format!(".v{version}"));
    let copy = PathBuf::from(copy);
    let name = copy.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(copy.clone()))?;
    match connection.execute("VACUUM INTO ?1", [name]) {
        // Another process was faster, or an earlier attempt ended after this.
        Err(_) if copy.exists() => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// Brings the schema to the latest version. The version is read inside the transaction, so two processes starting on
/// one new file do not both make it.
fn migrate(connection: &mut Connection, migrations: &[&str], name: &impl Fn() -> String) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (version, latest) = (version(&transaction)?, latest(migrations));
    if version > latest {
        return Err(StoreError::Newer(name(), version));
    }
    for step in migrations.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", latest)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

fn signing_key(connection: &Connection) -> Result<SigningKey> {
    // The first process to get here decides; a second one reads what the first wrote.
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('signing key', ?1) ON CONFLICT DO NOTHING",
        [SigningKey::random().as_bytes()],
    )?;
    let bytes = connection.query_row("SELECT value FROM meta WHERE name = 'signing key'", [], |row| row.get(0))?;
    Ok(SigningKey::from_bytes(bytes))
}

/// `None` where there is no row.
fn optional<T>(result: rusqlite::Result<T>) -> Result<Option<T>> {
    Ok(result.optional()?)
}

#[cfg(test)]
mod tests;
