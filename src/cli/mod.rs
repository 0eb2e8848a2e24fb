//! The command line: arguments in, exit code out. One file a command.

pub mod account;
pub mod accounts;
pub mod ask;
pub mod create;
pub mod delivery;
pub mod demo;
pub mod doctor;
pub mod exit;
pub mod login;
pub mod logout;
pub mod open;
pub mod output;
pub mod recover;
pub mod sandbox;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    cache::Memory,
    dashboard::{self, runtime::End, signals},
};

/// A terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: account::Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the dashboard on a sandbox inside this process: no account and no network needed
    Demo(demo::Arguments),
    /// Sign in: keep an authorizing token, and see what it may do
    Login(login::Arguments),
    /// Forget an account and the token kept for it
    Logout(logout::Arguments),
    /// List the accounts, or choose the one that is meant when none is named
    Accounts(accounts::Arguments),
    /// Look for trouble on this machine and on the way to the server
    Doctor(doctor::Arguments),
    /// Create a token
    Create(create::Arguments),
    /// Say what earlier runs left open: tokens whose value was not stored, creates that were never answered
    Recover(recover::Arguments),
    /// Serve a local stand-in for the Tokens API until told to stop
    Sandbox(sandbox::Arguments),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    if let Err(failure) = global.start_log() {
        return failure.report(global.json);
    }
    match command {
        None => open::run(&global),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Login(arguments)) => login::run(&arguments, &global),
        Some(Command::Logout(arguments)) => logout::run(&arguments, &global),
        Some(Command::Accounts(arguments)) => accounts::run(&arguments, &global),
        Some(Command::Doctor(arguments)) => doctor::run(&arguments, &global),
        Some(Command::Create(arguments)) => create::run(&arguments, &global),
        Some(Command::Recover(arguments)) => recover::run(&arguments, &global),
        Some(Command::Sandbox(arguments)) => sandbox::run(&arguments),
    }
}

/// Runs something that talks to the server, to its end.
fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system grants a poll descriptor");
    let result = runtime.block_on(work);
    // A look-up of a name that hangs must not keep the process.
    runtime.shutdown_background();
    result
}

/// Opens the dashboard and turns its end into an exit code.
fn open_dashboard(
    memory: Option<Memory>,
    connect: impl FnOnce() -> Result<dashboard::Connection, String> + Send + 'static,
) -> ExitCode {
    let end = dashboard::start(memory, connect);
    match end {
        Ok(End::Quit) => ExitCode::SUCCESS,
        Ok(End::Told) => ExitCode::from(signals::exit_code().unwrap_or(1)),
        // After a hang-up nothing can be drawn, and there is nobody to tell.
        Err(_) if signals::exit_code().is_some() => ExitCode::from(signals::exit_code().unwrap_or(1)),
        Err(error) => fail(&error.to_string()),
    }
}

/// Says what went wrong.
fn fail(message: &str) -> ExitCode {
    output::say(&format!("jeton: {message}"));
    exit::Exit::Failed.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }
}
