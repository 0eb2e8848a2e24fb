//! Usage in the database: requests served, added up by day.

use rusqlite::named_params;

use super::{Result, Store};

/// Requests of one kind served on one day.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// The token's id; empty for temporary tokens.
    pub token: &'a str,
    /// Days since 1970.
    pub day: i64,
    /// The product's name, as statistics call it.
    pub product: &'a str,
    /// The browser's name.
    pub browser: &'a str,
    /// The country's code.
    pub country: &'a str,
    /// The host of the page that asked.
    pub host: &'a str,
    /// How many.
    pub count: u64,
}

impl Store {
    /// Adds requests to what was served.
    pub fn serve(&mut self, account: i64, usage: &Usage<'_>) -> Result<()> {
        let sql = "INSERT INTO usage (account, token, day, product, browser, country, host, count) \
                   VALUES (:account, :token, :day, :product, :browser, :country, :host, :count) \
                   ON CONFLICT DO UPDATE SET count = count + excluded.count";
        self.connection.prepare_cached(sql)?.execute(named_params! {
            ":account": account,
            ":token": usage.token,
            ":day": usage.day,
            ":product": usage.product,
            ":browser": usage.browser,
            ":country": usage.country,
            ":host": usage.host,
            ":count": i64::try_from(usage.count).unwrap_or(i64::MAX),
        })?;
        Ok(())
    }
}
