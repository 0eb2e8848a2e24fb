//! `jeton login`: takes an authorizing token, asks the server what it may do, and keeps it where the user wants.

use jiff::Timestamp;

use crate::cli::{
    account,
    arguments::Global,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    questions,
    session::Session,
};
use crate::{
    accounts::{
        AccountError, PASSPHRASE_FILE, Profile, Profiles, Source, USERNAME_VARIABLE, keyring, sealed, source::Means,
    },
    api::{Endpoint, verdict},
    os::private_dir::PrivateDir,
    secret::Secret,
    token::{Usage, decoded::DecodedToken},
    untrusted::shown,
    work::Grants,
};

/// Sign in with an authorizing token
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # prompt for the token and store it in the keyring
  jeton login
  # read it from standard input, and name the account
  jeton login work < token.txt
  # store nothing; read an environment variable each time
  jeton login ci --environment CI_MAPBOX_TOKEN
  # store nothing; run a program each time
  jeton login vault --command op read op://Private/mapbox/token

Prompts for the token without showing it, or reads it from standard input. Create the authorizing token on the account's Access Tokens page, with tokens:read, tokens:write and scopes:list, statistics:read to see usage, and every scope that it should grant to other tokens.")]
pub struct Arguments {
    /// Name for the account [default: its user name]
    #[arg(value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// Where to store the token [default: the keyring, if there is one]
    #[arg(long, value_enum, value_name = "PLACE")]
    keep: Option<Keep>,
    /// Store nothing; read the token from this environment variable each time
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["keep", "command", "mapbox_cli"])]
    environment: Option<String>,
    /// Store nothing; get the token from a program each time
    #[arg(long, long_help = "Store nothing; get the token from a program each time, such as --command op read \
        op://Private/mapbox/token", value_name = "PROGRAM", num_args = 1.., allow_hyphen_values = true, conflicts_with_all = ["keep", "mapbox_cli"])]
    command: Option<Vec<String>>,
    /// Store nothing; use the login of the mapbox command (it can list tokens, but not create or delete them)
    #[arg(long, value_name = "PROFILE", num_args = 0..=1, default_missing_value = "default", conflicts_with = "keep")]
    mapbox_cli: Option<String>,
    /// Lock after this many minutes without input, and ask for the token again
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    lock_after: Option<u32>,
    /// Do not ask before storing plain text or replacing an account of the same name
    #[arg(long)]
    yes: bool,
}

/// The places for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Keep {
    /// The keyring of the operating system
    Keyring,
    /// A file encrypted with a passphrase (age format)
    Encrypted,
    /// A plain text file
    Plain,
}

/// Names of accounts are names of files, too.
fn name(text: &str) -> Result<String, String> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_good = !text.is_empty() && text.len() <= 64 && !text.starts_with(['.', '-']) && text.chars().all(is_usual);
    is_good
        .then(|| text.to_owned())
        .ok_or_else(|| "use 1 to 64 letters, digits, `-`, `_` or `.`, starting with a letter or digit".into())
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let dir = account::config_dir()?;
    let mut profiles = Profiles::load(&dir)?;
    let (token, mut rest) = token(arguments, global)?;
    let username = owner(&token)?;
    let name = arguments.name.clone().unwrap_or_else(|| match name(&username) {
        Ok(name) => profiles.free_name(&name),
        Err(_) => profiles.free_name("account"),
    });
    if profiles.accounts.contains_key(&name) && !arguments.yes {
        let is_meant = !global.no_input && questions::yes(&format!("An account \"{name}\" exists. This replaces it."));
        if !is_meant {
            return Err(Failure::new(
                Code::Declined,
                format!("an account \"{name}\" exists"),
                "Add --yes to replace it, or choose another name: jeton login NAME",
            ));
        }
    }
    let api_url = global.address();
    let endpoint = global.dress(Endpoint::new(&api_url, &username, token.clone()).map_err(AccountError::from)?)?;
    let grants = check(endpoint, &token, global)?;
    let source = keep(arguments, &dir, &name, &token, rest.pop(), (global, output))?;
    let profile = Profile {
        username,
        api_url,
        source,
        lock_after: arguments.lock_after.map(|minutes| std::time::Duration::from_secs(u64::from(minutes) * 60)),
        added: Some(Timestamp::now()),
    };
    tell(&name, &profile, &token, &grants, output)?;
    profiles.accounts.insert(name.clone(), profile);
    if profiles.accounts.len() == 1 || profiles.current.is_none() {
        profiles.current = Some(name);
    }
    profiles.save(&dir)?;
    Ok(Exit::Done)
}

/// The token, and what else was on standard input.
fn token(arguments: &Arguments, global: &Global) -> Result<(Secret, Vec<Secret>), Failure> {
    if let Some(source) = reference(arguments) {
        let means = Means { name: "", environment: &account::environment, passphrase: None };
        return Ok((source.read(means).map_err(AccountError::from)?, Vec::new()));
    }
    if questions::is_somebody_there() {
        if global.no_input {
            return Err(Failure::usage(
                "can't prompt for the token with --no-input",
                "Pass it on standard input, or use --command, --environment or --mapbox-cli.",
            ));
        }
        return Ok((questions::secret("Authorizing token (hidden): ")?, Vec::new()));
    }
    let mut lines = questions::stdin()?.into_iter();
    let token = lines.next().ok_or_else(|| {
        Failure::usage("no token on standard input", "Pipe the token to jeton login, or run it at a terminal.")
    })?;
    Ok((token, lines.collect()))
}

/// A source that stays where it is.
fn reference(arguments: &Arguments) -> Option<Source> {
    let command = arguments.command.clone().map(Source::Command);
    let environment = arguments.environment.clone().map(Source::Environment);
    command.or(environment).or_else(|| arguments.mapbox_cli.clone().map(Source::MapboxCli))
}

fn owner(token: &Secret) -> Result<String, Failure> {
    let named = std::env::var(USERNAME_VARIABLE).ok().filter(|name| !name.is_empty());
    match (DecodedToken::of(token.expose()), named) {
        (Ok(decoded), _) => Ok(decoded.owner.raw().to_owned()),
        // A token of another make, on a server of another make.
        (Err(_), Some(name)) => Ok(name),
        (Err(fault), None) => Err(Failure::plain(Code::Unauthorized, fault.to_string())),
    }
}

fn check(endpoint: Endpoint, token: &Secret, global: &Global) -> Result<Grants, Failure> {
    let grants = Session::new(endpoint, global.output_options().accessible)?.grants(token)?;
    if grants.verdict.code != verdict::Code::Valid {
        let words = format!("not signed in: the server says that this token {}", grants.verdict.code.words());
        return Err(Failure::plain(Code::Unauthorized, words));
    }
    Ok(grants)
}

/// Puts the token where it is to be.
fn keep(
    arguments: &Arguments,
    dir: &PrivateDir,
    name: &str,
    token: &Secret,
    passphrase: Option<Secret>,
    (global, output): (&Global, &Output),
) -> Result<Source, Failure> {
    if let Some(source) = reference(arguments) {
        return Ok(source);
    }
    let failed = |words: String| Failure::plain(Code::Local, words);
    let tokens = PrivateDir::at(dir.path().join("tokens"));
    let write = |file: String, content: &[u8]| {
        let path = tokens.path().join(&file);
        let failed = |error| failed(format!("can't write {}: {error}", shown(&path.to_string_lossy())));
        tokens.put(&file, content).map_err(failed).map(|_| path.clone())
    };
    let place = match arguments.keep {
        Some(place) => place,
        None => match keyring::probe() {
            Ok(()) => Keep::Keyring,
            Err(why) if passphrase.is_some() || (questions::is_somebody_there() && !global.no_input) => {
                output.say(format_args!("{why}. Storing the token in an encrypted file instead."));
                Keep::Encrypted
            }
            Err(why) => {
                return Err(failed(format!(
                    "{why}. Choose another place: --keep encrypted, --command or --environment"
                )));
            }
        },
    };
    match place {
        Keep::Keyring => keyring::put(name, token).map(|()| Source::Keyring).map_err(failed),
        Keep::Encrypted => {
            let passphrase = match passphrase {
                Some(passphrase) => passphrase,
                None => match account::passphrase_of_file()? {
                    Some(passphrase) => passphrase,
                    None if global.no_input => {
                        return Err(Failure::usage(
                            "can't prompt for the passphrase with --no-input",
                            format!(
                                "Pass it on the second line of standard input, or set {PASSPHRASE_FILE} to a file that contains it."
                            ),
                        ));
                    }
                    None => questions::new_passphrase(output)?,
                },
            };
            let sealed = sealed::seal(token, &passphrase).map_err(failed)?;
            write(format!("{name}.age"), &sealed).map(Source::EncryptedFile)
        }
        Keep::Plain => {
            let question =
                "In a plain text file, all your programs, your backups and anyone with the disk can read the token.";
            if !arguments.yes && (global.no_input || !questions::yes(question)) {
                return Err(Failure::new(
                    Code::Declined,
                    "not signed in: storing plain text was not confirmed",
                    "Use --keep encrypted, or add --yes to store plain text.",
                ));
            }
            write(format!("{name}.token"), token.expose().as_bytes()).map(Source::PlainFile)
        }
    }
}

/// Reports what was found out.
fn tell(name: &str, profile: &Profile, token: &Secret, grants: &Grants, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        let object = serde_json::json!({
            "name": name,
            "username": profile.username,
            "apiUrl": profile.api_url,
            "keptIn": profile.source.to_string(),
            "scopes": grants.held,
            "scopesComplete": grants.is_complete,
            "lacking": grants.lacking,
        });
        return output.json(&object);
    }
    output.say(format_args!(
        "Signed in as {} (account \"{}\"). Token stored in {}.",
        shown(&profile.username),
        name,
        profile.source
    ));
    let scopes: Vec<_> = grants.held.iter().map(|scope| scope.shown().into_owned()).collect();
    let how_much = if grants.is_complete { "Scopes" } else { "Scopes (at least)" };
    output.say(format_args!("{how_much}: {}.", if scopes.is_empty() { "none".into() } else { scopes.join(", ") }));
    for (scope, loss) in grants.losses() {
        output.say(format_args!("No {scope}: {loss}."));
    }
    match DecodedToken::of(token.expose()) {
        Ok(decoded) if decoded.usage == Usage::Public => {
            output.say(
                "This is a public token, which can't list or edit tokens. Create a secret one on the Access Tokens page.",
            );
        }
        Ok(decoded) if decoded.usage == Usage::Temporary => {
            output.say("This is a temporary token. Sign in again when it expires.");
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_can_be_names_of_files() {
        for good in ["ada", "Ada-2", "a.b_c"] {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "a/b", "-x", "a b", "ä", &"x".repeat(65)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
