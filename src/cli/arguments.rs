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

/// Manage Mapbox access tokens: a dashboard, and every one of its actions as a command.
#[derive(Debug, Parser)]
#[command(
    name = "jeton",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Examples:
  # open the dashboard
  jeton
  # the same on a made-up account: no sign-in, no network
  jeton demo
  # the account's secret tokens
  jeton list --usage sk
  # make a public token
  jeton create --note 'Store locator' --preset web-map
  jeton create --note CI --scope uploads:write --to-env .env:MAPBOX_ACCESS_TOKEN
  # for scripts
  jeton list --filter url:any --json | jq -r '.[].id'"
)]
pub struct Arguments {
    /// What every command takes
    #[command(flatten)]
    pub global: Global,
    /// Show the keys you press on screen, for talks; text typed into fields is not shown
    #[arg(long)]
    pub show_keys: bool,
    /// What to do; without one, the dashboard is opened
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The account to work on, by the name jeton accounts shows
    #[arg(long, global = true, value_name = "NAME", display_order = 100, add = ArgValueCompleter::new(completion::accounts))]
    pub account: Option<String>,
    /// Address of the API, such as that of a sandbox [default: $`MAPBOX_API_ENDPOINT`, or the account's own]
    #[arg(long, global = true, value_name = "URL", display_order = 101)]
    pub api_url: Option<String>,
    /// Print data as JSON, and errors as a JSON object on standard error
    #[arg(long, global = true, display_order = 102)]
    pub json: bool,
    /// Never ask anything: fail where an answer is needed
    #[arg(long, global = true, display_order = 103)]
    pub no_input: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, display_order = 104)]
    pub color: ColorChoice,
    /// Linear text for screen readers: a line for each fact, nothing that moves [or set `JETON_ACCESSIBLE=1`]
    #[arg(long, global = true, display_order = 105)]
    pub accessible: bool,
    /// Allow plain HTTP to a server that is not on this machine, such as a sandbox in a container; tokens are then sent unencrypted [or set `JETON_ALLOW_HTTP=1`]
    #[arg(long, global = true, display_order = 102)]
    pub allow_http: bool,
    /// How long a request may take, with its retries and waits [default: 30 for each attempt, 90 in all]; a change that was sent is never given up while its answer may still come
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600), display_order = 106)]
    pub timeout: Option<u64>,
    /// A file of certificates (PEM) to trust besides the system's
    #[arg(long, global = true, value_name = "FILE", display_order = 107)]
    pub ca_file: Option<PathBuf>,
    /// Write what is going on to a file; no token is ever in it
    #[arg(long, global = true, value_name = "FILE", display_order = 108)]
    pub log: Option<PathBuf>,
    /// How much to write to it
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

/// The commands. The grammar of each is made when it is the one that is run: all of them would take half the time of `--version`.
/// So what a command is for is said twice: here for the list of commands, and at its `Arguments` for its own help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Open the dashboard on a sandbox inside this process: no account and no network needed
    #[cfg(all(feature = "dashboard", feature = "sandbox"))]
    Demo(super::commands::demo::Arguments),
    /// List the account's tokens
    #[command(alias = "ls")]
    List(list::Arguments),
    /// Show one token: what it is, what it may do, where, and what could be better
    Show(show::Arguments),
    /// Create a public or secret token; its scopes decide which
    #[command(alias = "new")]
    Create(create::Arguments),
    /// Create a temporary token, which lives an hour at most
    Temporary(temporary::Arguments),
    /// Change a token's name, scopes or allowed URLs
    Edit(edit::Arguments),
    /// Delete tokens for good
    #[command(alias = "rm")]
    Delete(delete::Arguments),
    /// Replace a token everywhere it is used, without an outage
    Rotate(rotate::Arguments),
    /// List the scopes the account may grant, and what each allows
    Scopes(scopes::Arguments),
    /// Show how much a token was used in the last 30 days
    Usage(usage::Arguments),
    /// Write the account's tokens to a file for version control; never their values
    Export(export::Arguments),
    /// Compare a file of tokens with the account: what jeton apply would change
    Diff(diff::Arguments),
    /// Make the account hold what a file says: create, change and, with --prune, delete tokens
    Apply(apply::Arguments),
    /// Look for tokens that are unsafe, useless or broken
    Lint(lint::Arguments),
    /// Find tokens in files and git history, and tell whose they are
    Scan(scan::Arguments),
    /// Tell what a token's value is: kind, owner, id, age, and whether it works
    Inspect(inspect::Arguments),
    /// Tell which web pages a token's URL restrictions let through, and why
    CheckUrl(check_url::Arguments),
    /// Say what earlier runs left open: values not stored, creates not answered, changes of many tokens that ended half way; and close it
    Recover(recover::Arguments),
    /// Sign in: keep an authorizing token, and see what it may do
    Login(login::Arguments),
    /// Forget an account and the token kept for it
    Logout(logout::Arguments),
    /// List the accounts, or choose the one that is meant when none is named
    Accounts(accounts::Arguments),
    /// Look for trouble on this machine and on the way to the server
    Doctor(doctor::Arguments),
    /// Serve a made-up account on this machine: a Tokens API to try programs on
    #[cfg(feature = "sandbox")]
    Sandbox(super::commands::sandbox::Arguments),
    /// Print a script that completes commands, options and token names in your shell
    Completions(completions::Arguments),
    /// Print the manual page of a command, or write all of them
    Man(man::Arguments),
}

/// A `TOKEN` argument.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArgument {
    /// Id, the start of one (4 characters or more), or exact name
    #[arg(value_name = "TOKEN", add = ArgValueCompleter::new(token_names::complete))]
    pub token: String,
}

/// The grammar, with the examples of each command before its options. What is below a command is there once it has been parsed or
/// built.
pub fn command() -> clap::Command {
    const TEMPLATE: &str = "{about}{after-help}

{usage-heading} {usage}

{all-args}";
    let examples_first = |command: clap::Command| command.help_template(TEMPLATE);
    let command = examples_first(Arguments::command());
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    command.mut_subcommands(examples_first).after_long_help(format!("{examples}\n\n{}", exit_codes()))
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
