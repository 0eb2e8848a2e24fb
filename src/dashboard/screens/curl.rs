//! A request as a line for a shell, its token left to the environment: `$MAPBOX_ACCESS_TOKEN`.

use crate::{
    dashboard::{
        action::{Action, Copied},
        store::Account,
    },
    delivery::clipboard::Copy,
    secret::Secret,
};

/// The line. Nothing in it can end the quotes it stands in, or be expanded by the shell, but the token.
pub(super) fn line(account: &Account, method: &str, path: &str) -> String {
    let safe = |text: &str| {
        let is_safe = |c: &char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`' | '$' | '\\' | '!');
        text.chars().filter(is_safe).collect::<String>()
    };
    let scheme = if account.is_sandbox { "http" } else { "https" };
    let joint = if path.contains('?') { '&' } else { '?' };
    let options = match method {
        "GET" => String::new(),
        "DELETE" => "-X DELETE ".to_owned(),
        // The log keeps no bodies.
        other => format!("-X {other} -H 'Content-Type: application/json' -d @body.json "),
    };
    format!(
        "curl -s {options}\"{scheme}://{}{}{joint}access_token=$MAPBOX_ACCESS_TOKEN\"",
        safe(&account.host),
        safe(path)
    )
}

/// Copies it, or a command it is part of.
pub(super) fn copy(command: String, of: &str) -> Vec<Action> {
    let copy = Copy { value: Secret::new(command), sensitive: false, way: None };
    vec![Action::Copy(copy, Copied::Named(format!("The curl command for {of}")))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_left_to_the_environment_and_nothing_else_is_expanded() {
        let account =
            Account { username: "ada".into(), host: "api.mapbox.com".into(), is_sandbox: false, authorizing: None };
        assert_eq!(
            line(&account, "GET", "/tokens/v2/ada?limit=100"),
            "curl -s \"https://api.mapbox.com/tokens/v2/ada?limit=100&access_token=$MAPBOX_ACCESS_TOKEN\""
        );
        assert_eq!(
            line(&account, "DELETE", "/tokens/v2/ada/$(rm)\"`x`"),
            "curl -s -X DELETE \"https://api.mapbox.com/tokens/v2/ada/(rm)x?access_token=$MAPBOX_ACCESS_TOKEN\""
        );
        assert!(line(&account, "POST", "/tokens/v2/ada").contains("-d @body.json"));
    }
}
