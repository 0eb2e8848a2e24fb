//! The login of Mapbox's own command line (`mapbox auth login`), read from its file: `~/.mapbox/credentials.json`, or
//! `credentials-NAME.json` for a profile; `MAPBOX_CONFIG_DIR` names another directory. Source: its `src/auth.rs`.
//!
//! Its token is temporary and never has `tokens:write`, so such an account is read-only. jeton reads it again each time, and never writes or
//! refreshes it: a refresh token works once, and using it here would end the login there.

use std::path::PathBuf;

use serde::Deserialize;

use crate::os::private_file;
use crate::{os::places::Environment, secret::Secret, token::decoded::DecodedToken, untrusted::shown};

#[derive(Deserialize)]
struct Credentials {
    access_token: Secret,
}

/// The directory.
pub fn dir(environment: Environment) -> Option<PathBuf> {
    let given = environment("MAPBOX_CONFIG_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    given.or_else(|| Some(PathBuf::from(environment("HOME").or_else(|| environment("USERPROFILE"))?).join(".mapbox")))
}

/// The token of a profile; `default` is the one without a name.
pub fn read(profile: &str, environment: Environment) -> Result<Secret, String> {
    if profile.is_empty() || profile.contains(['/', '\\']) || profile.contains("..") {
        return Err(format!("the mapbox command has no profile \"{}\"", shown(profile)));
    }
    let dir = dir(environment).ok_or("no home directory, so no login of the mapbox command")?;
    let file = if profile == "default" { "credentials.json".into() } else { format!("credentials-{profile}.json") };
    let path = dir.join(file);
    if !path.exists() {
        return Err(format!("{} does not exist; run mapbox auth login first", shown(&path.to_string_lossy())));
    }
    let content = private_file::read(&path)?;
    // The parser quotes what it stumbles over, so its words are not repeated.
    let credentials: Credentials = serde_json::from_slice(&content)
        .map_err(|_| format!("{} is not a login file of the mapbox command", shown(&path.to_string_lossy())))?;
    let expired = DecodedToken::of(credentials.access_token.expose())
        .is_ok_and(|decoded| decoded.is_expired(jiff::Timestamp::now()));
    if expired {
        return Err("the mapbox command's login has expired; run mapbox auth refresh".into());
    }
    Ok(credentials.access_token)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_by_profile() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().as_os_str().to_owned();
        let environment = |name: &str| (name == "MAPBOX_CONFIG_DIR").then(|| dir.clone());
        let write = |file: &str, json: &str| private_file::write(&place.path().join(file), json.as_bytes()).unwrap();
        write("credentials.json", r#"{"access_token":"tk.fake","refresh_token":"once","username":"ada"}"#);
        write("credentials-work.json", r#"{"access_token":"tk.other"}"#);
        write("credentials-bad.json", r#"{"access_token":7}"#);
        assert_eq!(read("default", &environment), Ok(Secret::new("tk.fake")));
        assert_eq!(read("work", &environment), Ok(Secret::new("tk.other")));
        assert!(read("bad", &environment).unwrap_err().contains("is not a login file"));
        assert!(read("gone", &environment).unwrap_err().contains("mapbox auth login"));
        assert!(read("../etc", &environment).is_err());
        assert!(read("default", &|_| None).unwrap_err().contains("no home directory"));
    }

    #[test]
    fn an_expired_login_says_how_to_renew_it() {
        let place = tempfile::tempdir().unwrap();
        // {"u":"ada","exp":1473967673,"iat":1473967643,"scopes":[],"client":"x"}
        let token = "tk.eyJ1IjoiYWRhIiwiZXhwIjoxNDczOTY3NjczLCJpYXQiOjE0NzM5Njc2NDMsInNjb3BlcyI6W10sImNsaWVudCI6IngifQ.fakefakefakefakefakefa";
        let json = format!(r#"{{"access_token":"{token}"}}"#);
        private_file::write(&place.path().join("credentials.json"), json.as_bytes()).unwrap();
        let dir = place.path().as_os_str().to_owned();
        let error = read("default", &|name| (name == "MAPBOX_CONFIG_DIR").then(|| dir.clone())).unwrap_err();
        assert!(error.contains("mapbox auth refresh") && !error.contains("eyJ"), "{error}");
    }
}
