//! [`Pages`]: reads an account's tokens page by page.
//!
//! Invariants: only a missing `Link` ends the list (not a short or empty page); no chain of links is followed forever: repeated pages or
//! tokens, too many empty pages and too many tokens are errors; an unreadable record does not stop the others ([`Page::unreadable`]);
//! [`Pages::ahead`] has the server work on the next page while the last one is read, and never on more than one.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use reqwest::{Url, header};
use tokio::task::{JoinSet, spawn_blocking};

use super::{ApiError, Client, wire::Answer};
use crate::token::Token;

/// Most tokens read of one account.
pub const MOST_TOKENS: usize = 1_000_000;

/// Most pages read: a million tokens in pages of half the size every server grants.
const MOST_PAGES: usize = 20_000;

/// Most pages without a token in one list.
const MOST_EMPTY_PAGES: usize = 100;

/// One page of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The tokens in the server's order.
    pub tokens: Vec<Arc<Token>>,
    /// Entries that are not tokens, or tokens without an id.
    pub unreadable: usize,
}

/// A list that is being read.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    next: Next,
    guard: Guard,
    is_ahead: bool,
}

#[derive(Debug)]
enum Next {
    First,
    Link(Url),
    /// Asked for already. Dropped with the list, the request is given up.
    Coming(JoinSet<Result<Answer, ApiError>>),
    None,
}

impl<'a> Pages<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, next: Next::First, guard: Guard::default(), is_ahead: false }
    }

    /// Asks for each page while the one before is being read: for a list that is read to its end.
    #[must_use]
    pub fn ahead(self) -> Self {
        Self { is_ahead: true, ..self }
    }

    /// The next page; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Page>, ApiError> {
        let answer = match std::mem::replace(&mut self.next, Next::None) {
            Next::None => return Ok(None),
            Next::First => self.client.first_page().await?,
            Next::Link(url) => self.client.page(url).await?,
            Next::Coming(mut request) => match request.join_next().await {
                Some(Ok(answer)) => answer?,
                ended => return Err(ApiError::Unreadable(format!("its reader ended: {ended:?}"))),
            },
        };
        let link = next_link(&answer.headers).map(|link| self.client.follow(&link)).transpose()?;
        if let Some(link) = &link {
            self.guard.follow(link)?;
        }
        let is_last = link.is_none();
        let (page, next) = match link {
            None => (read(answer)?, Next::None),
            Some(link) if self.is_ahead => {
                let (client, mut request) = (self.client.clone(), JoinSet::new());
                request.spawn(async move { client.page(link).await });
                // Elsewhere, so that this thread can send the request meanwhile.
                let page = spawn_blocking(move || read(answer)).await;
                let page = page.map_err(|error| ApiError::Unreadable(format!("its reader ended: {error}")))??;
                (page, Next::Coming(request))
            }
            Some(link) => (read(answer)?, Next::Link(link)),
        };
        self.guard.admit(&page, is_last)?;
        self.next = next;
        Ok(Some(page))
    }

    /// Whether every page has been read.
    pub fn is_complete(&self) -> bool {
        matches!(self.next, Next::None)
    }
}

/// Notices a list that never ends.
#[derive(Debug, Default)]
struct Guard {
    hasher: RandomState,
    links: HashSet<u64>,
    tokens: HashSet<u64>,
    empty: usize,
}

impl Guard {
    /// Before a page is asked for.
    fn follow(&mut self, link: &Url) -> Result<(), ApiError> {
        if !self.links.insert(self.hasher.hash_one(link)) {
            return endless("a page appears again");
        }
        if self.links.len() >= MOST_PAGES {
            return endless(&format!("more than {MOST_PAGES} pages"));
        }
        Ok(())
    }

    /// When one has been read.
    fn admit(&mut self, page: &Page, is_last: bool) -> Result<(), ApiError> {
        let known = self.tokens.len();
        self.tokens.extend(page.tokens.iter().map(|token| self.hasher.hash_one(&token.id)));
        if is_last {
            return Ok(());
        }
        if page.tokens.is_empty() {
            self.empty += 1;
        } else if self.tokens.len() == known {
            return endless("the same tokens appear again");
        }
        if self.empty > MOST_EMPTY_PAGES {
            return endless(&format!("more than {MOST_EMPTY_PAGES} empty pages"));
        }
        if self.tokens.len() >= MOST_TOKENS {
            return endless(&format!("more than {MOST_TOKENS} tokens"));
        }
        Ok(())
    }
}

fn endless(why: &str) -> Result<(), ApiError> {
    Err(ApiError::Unreadable(format!("the server's token list does not end: {why}")))
}

/// The tokens of an answer.
fn read(answer: Answer) -> Result<Page, ApiError> {
    let (tokens, unreadable) = super::json::list::<Token>(answer)?;
    Ok(Page { tokens: tokens.into_iter().map(Arc::new).collect(), unreadable })
}

/// The address of the next page in a `Link` header (RFC 8288), if it names one.
fn next_link(headers: &header::HeaderMap) -> Option<String> {
    headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        value.split('<').skip(1).find_map(|link| {
            let (url, parameters) = link.split_once('>')?;
            let parameters = parameters.to_ascii_lowercase().replace(' ', "");
            (parameters.contains(";rel=\"next\"") || parameters.contains(";rel=next")).then(|| url.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(value: &str) -> Option<String> {
        next_link(&header::HeaderMap::from_iter([(header::LINK, value.parse().expect("a header value"))]))
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        assert_eq!(links(r#"<https://a/b?start=x>; rel="next""#).as_deref(), Some("https://a/b?start=x"));
        assert_eq!(links(r#"<https://a/1>; rel="prev", <https://a/2>;rel=next"#).as_deref(), Some("https://a/2"));
        assert_eq!(links(r#"<https://a/1>; rel="prev""#), None);
        assert_eq!(links("nonsense"), None);
    }

    fn page(ids: std::ops::Range<usize>) -> Page {
        let token = |id| serde_json::from_value(serde_json::json!({"id": id, "usage": "pk"})).expect("a token");
        Page { tokens: ids.map(token).map(Arc::new).collect(), unreadable: 0 }
    }

    fn link(n: usize) -> Url {
        format!("http://127.0.0.1/tokens/v2/ada?start={n}").parse().expect("an address")
    }

    #[test]
    fn a_list_of_a_million_tokens_is_read_and_one_without_end_is_not() {
        let mut guard = Guard::default();
        for n in 0..MOST_TOKENS / 1000 - 1 {
            guard.admit(&page(n * 1000..(n + 1) * 1000), false).expect("not too many yet");
        }
        let error = guard.admit(&page(MOST_TOKENS - 1000..MOST_TOKENS), false).unwrap_err();
        assert!(error.to_string().contains("1000000 tokens"), "{error}");
        guard.admit(&page(0..1), true).expect("the last page may be anything");
    }

    #[test]
    fn empty_pages_and_tokens_that_come_again_end_a_list() {
        let mut guard = Guard::default();
        let empty = (0..1000).take_while(|_| guard.admit(&page(0..0), false).is_ok()).count();
        assert_eq!(empty, MOST_EMPTY_PAGES);
        let mut guard = Guard::default();
        guard.admit(&page(0..3), false).expect("new tokens");
        guard.admit(&page(2..5), false).expect("some new tokens: one has moved between two pages");
        let error = guard.admit(&page(1..4), false).unwrap_err();
        assert!(error.to_string().contains("same tokens"), "{error}");
    }

    #[test]
    fn a_page_is_not_asked_for_twice() {
        let mut guard = Guard::default();
        guard.follow(&link(1)).expect("a new one");
        guard.follow(&link(2)).expect("another one");
        let error = guard.follow(&link(1)).unwrap_err();
        assert!(error.to_string().contains("a page appears again"), "{error}");
    }
}
