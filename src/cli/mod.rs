//! The command line: arguments in, exit code out. One file a command.

pub mod demo;
pub mod sandbox;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::dashboard::{self, event::Unconnected, runtime::End, signals};

/// A terminal dashboard, a command line and a local sandbox for Mapbox access tokens.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the dashboard on a sandbox inside this process: no account and no network needed
    Demo(demo::Arguments),
    /// Serve a local stand-in for the Tokens API until told to stop
    Sandbox(sandbox::Arguments),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Sandbox(arguments)) => sandbox::run(&arguments),
        None => open_dashboard(|| Err(Unconnected::NoAccount)),
    }
}

/// Opens the dashboard and turns its end into an exit code.
fn open_dashboard(connect: impl FnOnce() -> Result<dashboard::Connection, Unconnected> + Send + 'static) -> ExitCode {
    let end = dashboard::start(connect, demo::connect_default);
    match end {
        Ok(End::Quit) => ExitCode::SUCCESS,
        Ok(End::Told) => ExitCode::from(signals::exit_code().unwrap_or(1)),
        // After a hang-up nothing can be drawn, and there is nobody to tell.
        Err(_) if signals::exit_code().is_some() => ExitCode::from(signals::exit_code().unwrap_or(1)),
        Err(error) => fail(&error.to_string()),
    }
}

/// Says what went wrong.
#[expect(clippy::print_stderr, reason = "the command line talks on standard error")]
fn fail(message: &str) -> ExitCode {
    eprintln!("jeton: {message}");
    ExitCode::FAILURE
}
