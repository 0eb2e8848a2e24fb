//! A test of a program that uses Mapbox's Tokens API, without an account and without a network: two lines start the API.
//!
//! `cargo test --example tokens_api_in_a_test` runs it. Your own project needs this in its `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! jeton = { version = "0.1", default-features = false, features = ["sandbox"] }
//! ```

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
};

/// The code under test: the list of an account's tokens as JSON. Yours would use an HTTP library; this example adds none.
fn list_tokens(api: &str, username: &str, token: &str) -> io::Result<String> {
    let host = api.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET /tokens/v2/{username}?access_token={token} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    use jeton::sandbox::{Options, Sandbox};

    let sandbox = Sandbox::start(Options::default())?;
    let (api, username, token) = (sandbox.url(), sandbox.username(), sandbox.token().expose());

    let answer = list_tokens(api, username, token)?;
    io::stdout().write_all(answer.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jeton::sandbox::{Options, Sandbox};

    use super::*;

    #[test]
    fn a_new_account_has_its_default_public_token() -> Result<(), Box<dyn std::error::Error>> {
        let sandbox = Sandbox::start(Options::default())?;
        let (api, username, token) = (sandbox.url(), sandbox.username(), sandbox.token().expose());

        let answer = list_tokens(api, username, token)?;

        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(r#""note":"Default public token""#), "{answer}");
        Ok(())
    }

    #[test]
    fn a_wrong_token_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let sandbox = Sandbox::start(Options::default())?;

        let answer = list_tokens(sandbox.url(), sandbox.username(), "pk.eyJ1IjoiYWRhIn0.not-a-signature")?;

        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        Ok(())
    }
}
