//! Tokens in the database.

use rusqlite::{named_params, params};

use super::{Result, Store, optional};
use crate::{sandbox::edit::Edit, token::Usage};

/// A token to be stored. Lists are JSON text.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The new id.
    pub id: &'a str,
    /// Public or secret.
    pub usage: Usage,
    /// Whether lists show it.
    pub listed: bool,
    /// Whether it is the account's default token; there can be one.
    pub default: bool,
    /// The name.
    pub note: Option<&'a str>,
    /// What it may do.
    pub scopes: &'a str,
    /// Where it may be used from; `None` means anywhere.
    pub allowed_urls: Option<&'a str>,
    /// Undocumented restriction, kept as it came.
    pub resources: Option<&'a str>,
    /// Undocumented restriction, kept as it came.
    pub applications: Option<&'a str>,
    /// When it was created.
    pub created: i64,
    /// When it was last changed.
    pub modified: i64,
    /// The last part of its string; of a secret token only the digest is stored.
    pub signature: &'a str,
}

impl<'a> Draft<'a> {
    /// The row it becomes.
    pub fn row(&self) -> Row<'a> {
        Row {
            id: self.id,
            usage: self.usage,
            default: self.default,
            note: self.note,
            scopes: self.scopes,
            allowed_urls: self.allowed_urls,
            resources: self.resources,
            applications: self.applications,
            created: self.created,
            modified: self.modified,
            signature: (self.usage == Usage::Public).then_some(self.signature),
        }
    }
}

/// A row as it lies in the database; lists are JSON text.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The id.
    pub id: &'a str,
    /// Public or secret.
    pub usage: Usage,
    /// Whether it is the default token.
    pub default: bool,
    /// The name.
    pub note: Option<&'a str>,
    /// What it may do.
    pub scopes: &'a str,
    /// Where it may be used from.
    pub allowed_urls: Option<&'a str>,
    /// Undocumented restriction.
    pub resources: Option<&'a str>,
    /// Undocumented restriction.
    pub applications: Option<&'a str>,
    /// When it was created.
    pub created: i64,
    /// When it was last changed.
    pub modified: i64,
    /// The last part of a public token's string.
    pub signature: Option<&'a str>,
}

/// What authorization needs to know of a stored token.
#[derive(Clone, Debug)]
pub enum Known {
    /// It is there.
    Present {
        /// Public or secret.
        usage: Usage,
        /// SHA-256 of the signature.
        digest: [u8; 32],
        /// JSON list.
        scopes: String,
        /// JSON list.
        allowed_urls: Option<String>,
        /// JSON list.
        resources: Option<String>,
    },
    /// It was there.
    Revoked {
        /// SHA-256 of the signature.
        digest: [u8; 32],
    },
}

/// New values for some fields; lists are JSON text.
#[derive(Clone, Debug, Default)]
pub struct Change<'a> {
    /// The name.
    pub note: Edit<&'a str>,
    /// What it may do.
    pub scopes: Option<&'a str>,
    /// Where it may be used from.
    pub allowed_urls: Edit<&'a str>,
    /// Undocumented restriction.
    pub resources: Edit<&'a str>,
    /// Undocumented restriction.
    pub applications: Edit<&'a str>,
}

/// What became of a wish to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Done,
    /// There is no such token.
    Missing,
    /// It is the default token, which always exists.
    Default,
}

/// What [`Row::new`] reads, in its order.
pub(super) const COLUMNS: &str =
    "id, usage, is_default, note, scopes, allowed_urls, resources, applications, created, modified, signature";

impl<'a> Row<'a> {
    /// Reads the current row of a statement that selects [`COLUMNS`].
    pub(super) fn new(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let text = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str()?);
        let maybe = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str_or_null()?);
        Ok(Self {
            id: text(0)?,
            usage: usage(text(1)?),
            default: row.get(2)?,
            note: maybe(3)?,
            scopes: text(4)?,
            allowed_urls: maybe(5)?,
            resources: maybe(6)?,
            applications: maybe(7)?,
            created: row.get(8)?,
            modified: row.get(9)?,
            signature: maybe(10)?,
        })
    }
}

/// The schema allows two values.
fn usage(prefix: &str) -> Usage {
    if prefix == "pk" { Usage::Public } else { Usage::Secret }
}

impl Store {
    /// Reads one token; `None` when it does not exist.
    pub fn token<T>(&self, account: i64, id: &str, read: impl FnOnce(Row<'_>) -> T) -> Result<Option<T>> {
        let sql = format!("SELECT {COLUMNS} FROM token WHERE account = ?1 AND id = ?2");
        let mut query = self.connection.prepare_cached(&sql)?;
        optional(query.query_row(params![account, id], |row| Ok(read(Row::new(row)?))))
    }

    /// What there is, or was, under an id.
    pub fn known(&self, account: i64, id: &str) -> Result<Option<Known>> {
        let sql = "SELECT usage, digest, scopes, allowed_urls, resources FROM token WHERE account = ?1 AND id = ?2";
        let mut query = self.connection.prepare_cached(sql)?;
        let present = optional(query.query_row(params![account, id], |row| {
            Ok(Known::Present {
                usage: usage(row.get_ref(0)?.as_str()?),
                digest: row.get(1)?,
                scopes: row.get(2)?,
                allowed_urls: row.get(3)?,
                resources: row.get(4)?,
            })
        }))?;
        if present.is_some() {
            return Ok(present);
        }
        let mut query = self.connection.prepare_cached("SELECT digest FROM revoked WHERE account = ?1 AND id = ?2")?;
        optional(query.query_row(params![account, id], |row| Ok(Known::Revoked { digest: row.get(0)? })))
    }

    /// Stores a token.
    pub fn insert(&mut self, account: i64, draft: &Draft<'_>) -> Result<()> {
        let sql = "INSERT INTO token (account, id, usage, listed, is_default, note, scopes, allowed_urls, resources, \
                   applications, created, modified, signature, digest) VALUES (:account, :id, :usage, :listed, \
                   :is_default, :note, :scopes, :allowed_urls, :resources, :applications, :created, :modified, \
                   :signature, :digest)";
        let digest = super::super::signature::digest(draft.signature);
        self.connection.prepare_cached(sql)?.execute(named_params! {
            ":account": account,
            ":id": draft.id,
            ":usage": draft.usage.prefix(),
            ":listed": draft.listed,
            ":is_default": draft.default,
            ":note": draft.note,
            ":scopes": draft.scopes,
            ":allowed_urls": draft.allowed_urls,
            ":resources": draft.resources,
            ":applications": draft.applications,
            ":created": draft.created,
            ":modified": draft.modified,
            ":signature": (draft.usage == Usage::Public).then_some(draft.signature),
            ":digest": digest,
        })?;
        Ok(())
    }

    /// Changes a token; `false` when it does not exist. `modified` never goes back.
    pub fn update(&mut self, account: i64, id: &str, change: &Change<'_>, now: i64) -> Result<bool> {
        let sql = "UPDATE token SET \
                   note = iif(:set_note, :note, note), \
                   scopes = coalesce(:scopes, scopes), \
                   allowed_urls = iif(:set_urls, :urls, allowed_urls), \
                   resources = iif(:set_resources, :resources, resources), \
                   applications = iif(:set_applications, :applications, applications), \
                   modified = max(modified, :now) \
                   WHERE account = :account AND id = :id";
        let changed = self.connection.prepare_cached(sql)?.execute(named_params! {
            ":account": account,
            ":id": id,
            ":set_note": change.note.is_sent(),
            ":note": change.note.value(),
            ":scopes": change.scopes,
            ":set_urls": change.allowed_urls.is_sent(),
            ":urls": change.allowed_urls.value(),
            ":set_resources": change.resources.is_sent(),
            ":resources": change.resources.value(),
            ":set_applications": change.applications.is_sent(),
            ":applications": change.applications.value(),
            ":now": now,
        })?;
        Ok(changed == 1)
    }

    /// Deletes a token and remembers that it existed; the default token stays.
    pub fn delete(&mut self, account: i64, id: &str, now: i64) -> Result<Deleted> {
        match self.token(account, id, |row| row.default)? {
            Some(false) => self.revoke(account, id, now).map(|()| Deleted::Done),
            Some(true) => Ok(Deleted::Default),
            None => Ok(Deleted::Missing),
        }
    }

    /// Forgets that a token existed, so that it can exist again.
    pub fn unrevoke(&mut self, account: i64, id: &str) -> Result<()> {
        let sql = "DELETE FROM revoked WHERE account = ?1 AND id = ?2";
        self.connection.prepare_cached(sql)?.execute(params![account, id])?;
        Ok(())
    }

    /// The id of the default token.
    pub fn default_token(&self, account: i64) -> Result<Option<String>> {
        let sql = "SELECT id FROM token WHERE account = ?1 AND is_default";
        let mut query = self.connection.prepare_cached(sql)?;
        optional(query.query_row([account], |row| row.get(0)))
    }

    /// Deletes a token, whichever it is, and remembers that it existed.
    pub fn revoke(&mut self, account: i64, id: &str, now: i64) -> Result<()> {
        let remember = "INSERT INTO revoked (account, id, digest, deleted) \
                        SELECT account, id, digest, ?3 FROM token WHERE account = ?1 AND id = ?2";
        self.connection.prepare_cached(remember)?.execute(params![account, id, now])?;
        let remove = "DELETE FROM token WHERE account = ?1 AND id = ?2";
        self.connection.prepare_cached(remove)?.execute(params![account, id])?;
        Ok(())
    }
}
