//! The grammar of the command line, from which the help, the completions and the manual pages are made as well.
//!
//! Invariants: no option takes a token's value: values come in by the environment, standard input or a file.

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::{
    commands::accounts, commands::apply, commands::check_url, commands::completions, commands::create,
    commands::delete, commands::diff, commands::doctor, commands::edit, commands::export, commands::inspect,
    commands::lint, commands::list, commands::login, commands::logout, commands::man, commands::recover,
    commands::rotate, commands::scan, commands::scopes, commands::show, commands::temporary, commands::usage,
    completion, exit::Exit, output::OutputOptions, styles::ColorChoice, token_names,
};

/// Manage Mapbox access tokens from a dashboard or the command line.
#[derive(Debug, Parser)]
#[command(
    name = "jeton",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Examples:
  # open the dashboard
  jeton
  # open it on a demo account; needs no sign-in and no network
  jeton demo
  # list secret tokens
  jeton list --usage sk
  # create a public token
  jeton create --note 'Store locator' --preset web-map
  # create a secret token and save its value in .env
  jeton create --note CI --scope uploads:write --to-env .env:MAPBOX_ACCESS_TOKEN
  # print IDs for a script
  jeton list --filter url:any --json | jq -r '.[].id'"
)]
pub struct Arguments {
    /// The global options
    #[command(flatten)]
    pub global: Global,
    /// Show the keys you press on screen, for talks; text typed into fields is not shown
    #[arg(long)]
    pub show_keys: bool,
    /// The command to run; without one, jeton opens the dashboard
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Use this account (see jeton accounts)
    #[arg(long, global = true, value_name = "NAME", display_order = 100, add = ArgValueCompleter::new(completion::accounts))]
    pub account: Option<String>,
    /// Use this API URL, such as a sandbox's [default: `MAPBOX_API_ENDPOINT`, or the account's server]
    #[arg(long, global = true, value_name = "URL", display_order = 101)]
    pub api_url: Option<String>,
    /// Print JSON; print errors as JSON on standard error
    #[arg(long, global = true, display_order = 102)]
    pub json: bool,
    /// Never prompt; fail if input is needed
    #[arg(long, global = true, display_order = 103)]
    pub no_input: bool,
    /// When to use color
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, display_order = 104)]
    pub color: ColorChoice,
    /// Print plain lines for screen readers: no tables, no animation [or set `JETON_ACCESSIBLE=1`]
    #[arg(long, global = true, display_order = 105)]
    pub accessible: bool,
    /// Allow unencrypted HTTP to another machine, such as a sandbox in a container [or set `JETON_ALLOW_HTTP=1`]
    #[arg(long, global = true, display_order = 102)]
    pub allow_http: bool,
    /// Stop waiting for a request and its retries after this long [default: 30 per attempt, 90 in total]. A change that was sent may
    /// take longer: jeton waits for its result
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600), display_order = 106)]
    pub timeout: Option<u64>,
    /// Also trust the certificates in this PEM file
    #[arg(long, global = true, value_name = "FILE", display_order = 107)]
    pub ca_file: Option<PathBuf>,
    /// Write a log to this file; it never contains token values
    #[arg(long, global = true, value_name = "FILE", display_order = 108)]
    pub log: Option<PathBuf>,
    /// How much to log
    #[arg(long, global = true, value_name = "LEVEL", requires = "log", default_value = "info", display_order = 109,
        value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub log_level: String,
}

impl Global {
    /// What the options, and the environment where they say nothing, mean for output.
    pub fn output_options(&self) -> OutputOptions {
        let asked_for = |name| std::env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0"));
        OutputOptions {
            json: self.json,
            color: self.color,
            accessible: self.accessible || asked_for("JETON_ACCESSIBLE"),
            no_input: self.no_input,
        }
    }
}

/// The commands. The grammar of a command is built only when that command runs: building all of them would take half the time of
/// `--version`. So each summary is written twice: here for the list of commands, and at its `Arguments` for its own help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Open the dashboard on a demo account; needs no sign-in and no network
    #[cfg(all(feature = "dashboard", feature = "sandbox"))]
    Demo(super::commands::demo::Arguments),
    /// List the account's tokens
    #[command(alias = "ls")]
    List(list::Arguments),
    /// Show a token's scopes, allowed URLs and findings
    Show(show::Arguments),
    /// Create a public or secret token, depending on its scopes
    #[command(alias = "new")]
    Create(create::Arguments),
    /// Create a temporary token, valid for up to an hour
    Temporary(temporary::Arguments),
    /// Edit a token's name, scopes or allowed URLs
    Edit(edit::Arguments),
    /// Delete tokens permanently
    #[command(alias = "rm")]
    Delete(delete::Arguments),
    /// Replace a token everywhere it is used, without an outage
    Rotate(rotate::Arguments),
    /// List the scopes the account can grant
    Scopes(scopes::Arguments),
    /// Show a token's requests in the last 30 days
    Usage(usage::Arguments),
    /// Export the account's tokens, without values, to a file for version control
    Export(export::Arguments),
    /// Show what jeton apply would change
    Diff(diff::Arguments),
    /// Create, edit and (with --prune) delete tokens to match a tokens file
    Apply(apply::Arguments),
    /// Find unsafe, unneeded and broken tokens
    Lint(lint::Arguments),
    /// Find tokens in files and git history
    Scan(scan::Arguments),
    /// Decode tokens and check whether they work
    Inspect(inspect::Arguments),
    /// Check which web pages can use a token, and why
    CheckUrl(check_url::Arguments),
    /// Show and resolve work that earlier runs did not finish
    Recover(recover::Arguments),
    /// Sign in with an authorizing token
    Login(login::Arguments),
    /// Remove an account and the token stored for it
    Logout(logout::Arguments),
    /// List accounts, or choose the current one
    Accounts(accounts::Arguments),
    /// Check this machine, the account and the connection
    Doctor(doctor::Arguments),
    /// Run a Tokens API on this machine, for development and tests
    #[cfg(feature = "sandbox")]
    Sandbox(super::commands::sandbox::Arguments),
    /// Print a completion script for your shell
    Completions(completions::Arguments),
    /// Print a manual page, or write all of them
    Man(man::Arguments),
}

/// A `TOKEN` argument.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArgument {
    /// ID, ID prefix (4 or more characters), or exact name
    #[arg(value_name = "TOKEN", add = ArgValueCompleter::new(token_names::complete))]
    pub token: String,
}

/// The grammar. The help of a command starts with its examples, that of the program with the commands. What is below a command is there
/// once it has been parsed or built.
pub fn command() -> clap::Command {
    const PROGRAM: &str = "{about}

{usage-heading} {usage}

{all-args}{after-help}";
    const COMMAND: &str = "{about}{after-help}

{usage-heading} {usage}

{all-args}";
    let command = Arguments::command().help_template(PROGRAM);
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    command
        .mut_subcommands(|command| command.help_template(COMMAND))
        .after_long_help(format!("{examples}\n\n{}", exit_codes()))
}

/// The exit codes as a table.
pub fn exit_codes() -> String {
    use strum::IntoEnumIterator as _;
    let lines: Vec<String> = Exit::iter().map(|exit| format!("  {}  {}", exit.code(), exit.meaning())).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        let mut all = command();
        all.build();
        for command in all.get_subcommands() {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.starts_with("Examples:\n"), "{}", command.get_name());
            assert!(examples.contains(&format!("jeton {}", command.get_name())), "{}", command.get_name());
        }
    }

    /// The commands of a line and their words, as a shell would make them of it; there are only quotes, pipes and files to think of.
    fn commands(line: &str) -> Vec<Vec<String>> {
        let (mut commands, mut word, mut quote) = (vec![Vec::new()], String::new(), None);
        for c in line.chars().chain([' ']) {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (_, Some(open)) if c == open => quote = None,
                (' ', None) => {
                    let word = Some(std::mem::take(&mut word)).filter(|word| !word.is_empty());
                    commands.last_mut().expect("there is one").extend(word);
                }
                ('|' | '>' | '<', None) => commands.push(Vec::new()),
                _ => word.push(c),
            }
        }
        commands
    }

    #[test]
    fn every_example_is_understood() {
        let mut all = command();
        all.build();
        let mut count = 0;
        for command in all.get_subcommands().chain([&all]) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter_map(|line| line.strip_prefix("  jeton")) {
                // What is further to the right explains it.
                let line = format!("jeton{}", line.split("   ").next().unwrap_or_default());
                for words in
                    commands(&line).into_iter().filter(|words| words.first().is_some_and(|word| word == "jeton"))
                {
                    let words = crate::cli::delivery::quote_command(words.into_iter().map(Into::into).collect());
                    let parsed = super::command().try_get_matches_from(words.expect("one way to read it"));
                    assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("just seen"));
                    count += 1;
                }
            }
        }
        assert!(count > 60, "{count} examples");
    }

    /// What a command is for is said at the command and at its arguments, which come later.
    #[test]
    fn what_a_command_is_for_stays_the_same_once_it_is_made() {
        let mut made = command();
        made.build();
        for (command, made) in command().get_subcommands().zip(made.get_subcommands()) {
            assert_eq!(command.get_about().map(ToString::to_string), made.get_about().map(ToString::to_string));
        }
    }

    #[test]
    fn no_option_takes_a_secret() {
        let mut command = command();
        command.build();
        let all = command.get_subcommands().chain([&command]).flat_map(clap::Command::get_opts);
        for option in all {
            let name = option.get_long().unwrap_or_default();
            assert!(!["token", "access-token", "password", "passphrase", "secret"].contains(&name), "{name}");
        }
    }
}
