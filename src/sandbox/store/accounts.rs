//! Accounts in the database.

use rusqlite::params;

use super::{Result, Store, optional};

impl Store {
    /// The number of an account; `None` when there is no such user.
    pub fn account(&self, username: &str) -> Result<Option<i64>> {
        let mut query = self.connection.prepare_cached("SELECT number FROM account WHERE username = ?1")?;
        optional(query.query_row([username], |row| row.get(0)))
    }

    /// Every user name, in the order the accounts were created.
    pub fn usernames(&self) -> Result<Vec<String>> {
        let mut query = self.connection.prepare_cached("SELECT username FROM account ORDER BY number")?;
        let names = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(names)
    }

    /// Makes an account, empty as yet; `None` when there is one of that name.
    pub fn create_account(&mut self, username: &str, now: i64) -> Result<Option<i64>> {
        let made = self.connection.execute(
            "INSERT INTO account (username, created) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![username, now],
        )?;
        Ok((made == 1).then(|| self.connection.last_insert_rowid()))
    }
}
