//! Usage in the database: requests served, added up by day.

use std::ops::RangeInclusive;

use rusqlite::{named_params, params};

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

    /// Hands what was served on the given days to `each`: of one token, or of the whole account.
    pub fn usage(
        &self,
        account: i64,
        token: Option<&str>,
        days: RangeInclusive<i64>,
        mut each: impl FnMut(Usage<'_>),
    ) -> Result<()> {
        let sql = match token {
            Some(_) => {
                "SELECT token, day, product, browser, country, host, count FROM usage \
                 WHERE account = ?1 AND day BETWEEN ?2 AND ?3 AND token = ?4"
            }
            None => {
                "SELECT token, day, product, browser, country, host, count FROM usage \
                 WHERE account = ?1 AND day BETWEEN ?2 AND ?3 AND ?4 IS NULL"
            }
        };
        let mut query = self.connection.prepare_cached(sql)?;
        let mut rows = query.query(params![account, days.start(), days.end(), token])?;
        while let Some(row) = rows.next()? {
            let text = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str()?);
            each(Usage {
                token: text(0)?,
                day: row.get(1)?,
                product: text(2)?,
                browser: text(3)?,
                country: text(4)?,
                host: text(5)?,
                count: row.get::<_, i64>(6)?.unsigned_abs(),
            });
        }
        Ok(())
    }
}
