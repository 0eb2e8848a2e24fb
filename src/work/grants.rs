//! [`Grants`]: the scopes of an authorizing token, found out by asking the server, and what does not work without the others.
//!
//! The API reports the scopes of a stored token only in the account's list, which includes the token itself. A token that can't read the
//! list is tested with harmless requests. No request changes anything, so only the list can tell about `tokens:write`.

use std::collections::BTreeSet;

use crate::{
    api::{ApiError, Client, Verdict, verdict::Code},
    secret::Secret,
    token::{Scope, TokenId, decoded::DecodedToken},
};

/// The scopes jeton itself has a use for, and what does not work without each.
pub const USES: [(&str, &str); 4] = [
    ("tokens:read", "can't list tokens, so hardly anything works"),
    ("tokens:write", "can't create, edit or delete tokens"),
    ("scopes:list", "shows jeton's bundled scopes instead of the account's"),
    ("statistics:read", "can't show usage, so you can't see whether a token is still in use"),
];

/// Most pages of the list that are searched for the token itself.
const PAGES: usize = 200;

/// What is known of an authorizing token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// The server's verdict.
    pub verdict: Verdict,
    /// Scopes it certainly has.
    pub held: BTreeSet<Scope>,
    /// Scopes it certainly lacks, of those in [`USES`].
    pub lacking: BTreeSet<Scope>,
    /// Whether `held` is complete.
    pub is_complete: bool,
}

impl Grants {
    /// Asks the server. A token that is not valid is not asked about further.
    pub async fn ask(client: &Client, token: &Secret) -> Result<Self, ApiError> {
        let verdict = client.verify(token).await?;
        let mut grants = Self { verdict, held: BTreeSet::new(), lacking: BTreeSet::new(), is_complete: false };
        if grants.verdict.code != Code::Valid {
            return Ok(grants);
        }
        let decoded = DecodedToken::of(token.expose()).ok();
        // A temporary token carries its scopes, and the server repeats them.
        let carried =
            grants.verdict.token.as_ref().map(|claims| claims.scopes.clone()).filter(|scopes| !scopes.is_empty());
        let carried = carried.or_else(|| decoded.as_ref()?.scopes.clone());
        if let Some(scopes) = carried {
            grants.complete(scopes);
            return Ok(grants);
        }
        for (scope, _) in USES {
            match client.holds(scope).await? {
                Some(true) => drop(grants.held.insert(scope.into())),
                Some(false) => drop(grants.lacking.insert(scope.into())),
                None => {}
            }
        }
        let id = grants.verdict.token.as_ref().and_then(|claims| claims.authorization.clone());
        if let (Some(id), true) = (id.or_else(|| decoded?.id), grants.held.contains("tokens:read"))
            && let Some(scopes) = own_scopes(client, &id).await?
        {
            grants.complete(scopes);
        }
        Ok(grants)
    }

    fn complete(&mut self, scopes: Vec<Scope>) {
        self.held = scopes.into_iter().collect();
        self.lacking =
            USES.iter().map(|(scope, _)| Scope::from(*scope)).filter(|scope| !self.held.contains(scope)).collect();
        self.is_complete = true;
    }

    /// What will not work, a line for each missing scope.
    pub fn losses(&self) -> Vec<(&'static str, &'static str)> {
        USES.into_iter().filter(|(scope, _)| self.lacking.contains(*scope)).collect()
    }

    /// Whether changes can be made, as far as that is known.
    pub fn can_write(&self) -> Option<bool> {
        match (self.held.contains("tokens:write"), self.is_complete) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}

/// The scopes of the token with this id, as the account's list has them.
async fn own_scopes(client: &Client, id: &TokenId) -> Result<Option<Vec<Scope>>, ApiError> {
    let mut pages = client.pages();
    for _ in 0..PAGES {
        let Some(page) = pages.next().await? else { break };
        if let Some(token) = page.tokens.iter().find(|token| token.id == *id) {
            return Ok(Some(token.scopes.clone()));
        }
    }
    Ok(None)
}
