//! The command line: arguments in, exit code out. One file a command.

pub mod create;
pub mod delivery;
pub mod demo;
pub mod environment;
pub mod exit;
pub mod output;
pub mod recover;
pub mod sandbox;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::dashboard::{self, runtime::End, signals};

/// A terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the dashboard on a sandbox inside this process: no account and no network needed
    Demo(demo::Arguments),
    /// Create a token
    Create(create::Arguments),
    /// Say what earlier runs left open: tokens whose value was not stored, creates that were never answered
    Recover(recover::Arguments),
    /// Serve a local stand-in for the Tokens API until told to stop
    Sandbox(sandbox::Arguments),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Create(arguments) => create::run(&arguments),
        Command::Recover(arguments) => recover::run(&arguments),
        Command::Sandbox(arguments) => sandbox::run(&arguments),
    }
}

/// Opens the dashboard and turns its end into an exit code.
fn open_dashboard(connect: impl FnOnce() -> Result<dashboard::Connection, String> + Send + 'static) -> ExitCode {
    let end = dashboard::start(connect);
    match end {
        Ok(End::Quit) => ExitCode::SUCCESS,
        Ok(End::Told) => ExitCode::from(signals::exit_code().unwrap_or(1)),
        // After a hang-up nothing can be drawn, and there is nobody to tell.
        Err(_) if signals::exit_code().is_some() => ExitCode::from(signals::exit_code().unwrap_or(1)),
        Err(error) => fail(&error.to_string()),
    }
}

/// Runs something that talks to the server, to its end.
fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system grants a poll descriptor").block_on(work)
}

/// Says what went wrong.
fn fail(message: &str) -> ExitCode {
    output::say(&format!("jeton: {message}"));
    exit::Exit::Failed.into()
}
