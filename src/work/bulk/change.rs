//! [`Change`]: scopes and allowed URLs to add and to remove, the same for many tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    token::{Draft, Patch, Scope, Token},
    untrusted::{Untrusted, shown},
};

/// What changes. What is there already is not added twice; what is not there cannot be removed, and that is no failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Change {
    /// Scopes every token gets.
    pub add_scopes: Vec<Scope>,
    /// Scopes every token loses.
    pub remove_scopes: Vec<Scope>,
    /// Allowed URLs every token gets.
    pub add_urls: Vec<String>,
    /// Allowed URLs every token loses, as they are written.
    pub remove_urls: Vec<String>,
    /// Every allowed URL goes before any is added.
    pub clear_urls: bool,
}

impl Change {
    /// What a token will be. Its name stays.
    pub fn applied(&self, token: &Token) -> Draft {
        Draft {
            note: token.note.as_ref().map_or("", Untrusted::raw).to_owned(),
            scopes: changed(
                token.scopes.iter().cloned(),
                |scope| self.remove_scopes.contains(scope),
                self.add_scopes.iter().cloned(),
            ),
            allowed_urls: changed(
                token.urls().iter().map(|url| url.raw().to_owned()),
                |url| self.clear_urls || self.remove_urls.contains(url),
                self.add_urls.iter().cloned(),
            ),
        }
    }

    /// What has to be sent for that; empty where the token is like that already.
    pub fn patch(&self, token: &Token) -> Patch {
        Patch::between(token, &self.applied(token))
    }

    /// Whether it is about scopes.
    pub fn has_scopes(&self) -> bool {
        !(self.add_scopes.is_empty() && self.remove_scopes.is_empty())
    }

    /// Whether it is about allowed URLs.
    pub fn has_urls(&self) -> bool {
        self.clear_urls || !(self.add_urls.is_empty() && self.remove_urls.is_empty())
    }
}

/// The items that are kept, then those that are added.
fn changed<T: PartialEq>(
    old: impl Iterator<Item = T>,
    goes: impl Fn(&T) -> bool,
    new: impl Iterator<Item = T>,
) -> Vec<T> {
    let mut list: Vec<T> = old.filter(|item| !goes(item)).collect();
    for item in new {
        if !list.contains(&item) {
            list.push(item);
        }
    }
    list
}

/// `+fonts:read -uploads:write`: what is typed in the dashboard for the same.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes =
            |sign, scopes: &[Scope]| scopes.iter().map(|scope| format!("{sign}{}", shown(scope.id()))).collect();
        let urls = |sign, urls: &[String]| urls.iter().map(|url| format!("{sign}{}", shown(url))).collect();
        let words: [Vec<String>; 5] = [
            scopes('+', &self.add_scopes),
            scopes('-', &self.remove_scopes),
            self.clear_urls.then(|| "-(every URL)".to_owned()).into_iter().collect(),
            urls('+', &self.add_urls),
            urls('-', &self.remove_urls),
        ];
        f.write_str(&words.concat().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        let json =
            r#"{"id":"a","usage":"pk","note":"Map","scopes":["styles:read"],"allowedUrls":["a.example","b.example"]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_there_is_not_added_twice_and_doing_it_again_changes_nothing() {
        let change = Change {
            add_scopes: vec!["styles:read".into(), "fonts:read".into()],
            remove_scopes: vec!["tiles:read".into()],
            add_urls: vec!["c.example".into()],
            remove_urls: vec!["a.example".into(), "x.example".into()],
            clear_urls: false,
        };
        let draft = change.applied(&token());
        assert_eq!(draft.scopes, ["styles:read".into(), "fonts:read".into()]);
        assert_eq!((draft.note.as_str(), draft.allowed_urls), ("Map", vec!["b.example".into(), "c.example".into()]));
        let once = change.patch(&token()).applied(&token());
        assert!(change.patch(&once).is_empty());
        assert_eq!(change.to_string(), "+styles:read +fonts:read -tiles:read +c.example -a.example -x.example");
    }

    #[test]
    fn clearing_leaves_only_what_is_added() {
        let change = Change { clear_urls: true, add_urls: vec!["c.example".into()], ..Change::default() };
        assert_eq!(change.applied(&token()).allowed_urls, ["c.example"]);
        assert!(change.has_urls() && !change.has_scopes());
        assert_eq!(change.to_string(), "-(every URL) +c.example");
    }
}
