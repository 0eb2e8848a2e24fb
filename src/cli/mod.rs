//! The command line: every action of the dashboard, for scripts and for people who cannot use a full-screen program.
//!
//! ```text
//!  arguments ─► account ─► session (the client task of `api`) ─► one file a command ─► output ─► exit code
//! ```
//!
//! Invariants: data goes to standard output and messages to standard error; a command that fails says what happened and what to do next, and
//! exits with a code of [`exit::Exit`]; a secret goes only to the destinations the user chose; jeton never prompts when nobody can answer.

pub mod account;
pub mod arguments;
pub mod bulk;
pub mod commands;
pub mod completion;
pub mod delivery;
pub mod exit;
pub mod failure;
#[cfg_attr(not(feature = "dashboard"), path = "no_dashboard.rs")]
pub mod open;
pub mod output;
pub mod planning;
pub mod prompt;
pub mod questions;
pub mod sarif;
pub mod selection;
pub mod session;
pub mod styles;
pub mod table;
pub mod token_names;
pub mod usage_error;
pub mod usage_lookup;
pub mod waiting;

use std::{env, ffi::OsString, process::ExitCode};

use clap::FromArgMatches as _;

use self::{
    arguments::{Arguments, Command, Global},
    commands::completions,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
};

/// What `--version` prints.
const VERSION: &str = concat!("jeton ", env!("CARGO_PKG_VERSION"));

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    if completions::answer() {
        return Exit::Done.into();
    }
    let words: Vec<_> = env::args_os().collect();
    // Installers and prompts ask for nothing else, again and again; making the grammar would take longer than all the rest.
    if let [_, only] = words.as_slice()
        && (only == "--version" || only == "-V")
    {
        return with_output(&Global::default(), |output| output.line(VERSION).map(|()| Exit::Done));
    }
    let words = help_as_option(words);
    let words = match delivery::quote_command(words) {
        Ok(words) => words,
        Err(failure) => return with_output(&Global::default(), |_| Err::<Exit, _>(failure)),
    };
    let parsed = arguments::command().try_get_matches_from(&words);
    match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(Arguments { global, command: None, show_keys }) => with_output(&global, |_| open::run(&global, show_keys)),
        #[cfg(all(feature = "dashboard", feature = "sandbox"))]
        Ok(Arguments { global, command: Some(Command::Demo(arguments)), .. }) => {
            with_output(&global, |_| commands::demo::run(&arguments, &global))
        }
        Ok(Arguments { global, command: Some(command), .. }) => {
            with_output(&global, |output| perform(&command, &global, output))
        }
        Err(error) => {
            let json = words.iter().any(|word| word == "--json");
            with_output(&Global { json, ..Global::default() }, |output| explain(&error, &words, output))
        }
    }
}

/// `jeton help COMMAND` is `jeton COMMAND --help`.
fn help_as_option(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|word| word == "help") {
        words.remove(1);
        words.push("--help".into());
    }
    words
}

/// Gives a command the streams and turns its end into an exit code.
fn with_output<E: Into<ExitCode>>(global: &Global, work: impl FnOnce(&mut Output) -> Result<E, Failure>) -> ExitCode {
    // Without a second handle to standard output there is nothing to report with, either.
    let Ok(mut output) = Output::new(global.output_options()) else { return Exit::Failed.into() };
    let end = global.start_log().and_then(|()| work(&mut output)).and_then(|exit| output.flush().map(|()| exit));
    match end {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // What was written before the failure is still worth having; its own failure is not worth another word.
            let _lost = output.flush();
            if failure.code != Code::PipeClosed {
                output.fail(&failure);
            }
            failure.code.exit().into()
        }
    }
}

fn perform(command: &Command, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        #[cfg(all(feature = "dashboard", feature = "sandbox"))]
        Command::Demo(_) => unreachable!("exits as the dashboard does, which a signal may have ended"),
        Command::List(arguments) => commands::list::run(arguments, global, output),
        Command::Show(arguments) => commands::show::run(arguments, global, output),
        Command::Create(arguments) => commands::create::run(arguments, global, output),
        Command::Temporary(arguments) => commands::temporary::run(arguments, global, output),
        Command::Edit(arguments) => commands::edit::run(arguments, global, output),
        Command::Delete(arguments) => commands::delete::run(arguments, global, output),
        Command::Scopes(arguments) => commands::scopes::run(arguments, global, output),
        Command::Usage(arguments) => commands::usage::run(arguments, global, output),
        Command::Export(arguments) => commands::export::run(arguments, global, output),
        Command::Diff(arguments) => commands::diff::run(arguments, global, output),
        Command::Apply(arguments) => commands::apply::run(arguments, global, output),
        Command::Lint(arguments) => commands::lint::run(arguments, global, output),
        Command::Inspect(arguments) => commands::inspect::run(arguments, global, output),
        Command::Scan(arguments) => commands::scan::run(arguments, global, output),
        Command::CheckUrl(arguments) => commands::check_url::run(arguments, global, output),
        Command::Rotate(arguments) => commands::rotate::run(arguments, global, output),
        Command::Recover(arguments) => commands::recover::run(arguments, global, output),
        Command::Login(arguments) => commands::login::run(arguments, global, output),
        Command::Logout(arguments) => commands::logout::run(arguments, global, output),
        Command::Accounts(arguments) => commands::accounts::run(arguments, output),
        Command::Doctor(arguments) => commands::doctor::run(arguments, global, output),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(arguments) => commands::sandbox::run(arguments, output),
        Command::Completions(arguments) => commands::completions::run(arguments, output),
        Command::Man(arguments) => commands::man::run(arguments, output),
    }
}

/// Prints help that was asked for, or says what is wrong with the arguments.
fn explain(error: &clap::Error, words: &[OsString], output: &mut Output) -> Result<Exit, Failure> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if !matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return Err(usage_error::usage_error(error, words));
    }
    let text = error.render();
    let text = if output.styles().is_on() { text.ansi().to_string() } else { text.to_string() };
    output.text(&text)?;
    Ok(Exit::Done)
}
