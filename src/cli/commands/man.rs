//! `jeton man`: the manual pages, generated from the same definitions as the help.

use std::{fs, path::PathBuf};

use clap_mangen::Man;

use crate::cli::{arguments, exit::Exit, failure::Failure, output::Output};

/// Print a manual page, or write all of them
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # read the manual
  jeton man | man -l -
  # read a command's manual
  jeton man create | man -l -
  # install all pages, for man jeton and man jeton-create
  jeton man --to ~/.local/share/man/man1")]
pub struct Arguments {
    /// Command [default: the main page]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write all pages to this directory, creating it if needed
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    to: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let pages = pages()?;
    if let Some(directory) = &arguments.to {
        let failed =
            |error: std::io::Error| Failure::local(format_args!("can't write to {}", directory.display()), &error);
        fs::create_dir_all(directory).map_err(failed)?;
        for (name, page) in &pages {
            fs::write(directory.join(format!("{name}.1")), page).map_err(failed)?;
        }
        output.say(format_args!("Wrote {} pages to {}.", pages.len(), directory.display()));
        return Ok(Exit::Done);
    }
    let wanted = arguments.command.as_ref().map_or_else(|| "jeton".to_owned(), |command| format!("jeton-{command}"));
    let Some((_, page)) = pages.iter().find(|(name, _)| *name == wanted) else {
        return Err(Failure::usage("no such command", "See jeton --help."));
    };
    output.text(&String::from_utf8_lossy(page))?;
    Ok(Exit::Done)
}

/// Every page by its name.
fn pages() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut command = arguments::command();
    // Gives the commands below the global options, as parsing does.
    command.build();
    let mut pages = vec![("jeton".to_owned(), render(command.clone())?)];
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let name = format!("jeton-{}", below.get_name());
        pages.push((name, render(below.clone())?));
    }
    Ok(pages)
}

fn render(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_command_with_its_examples() {
        let pages = pages().expect("rendered");
        assert_eq!(pages.len(), 1 + arguments::command().get_subcommands().count());
        for (name, page) in &pages {
            let page = String::from_utf8_lossy(page);
            assert!(page.contains(".SH SYNOPSIS") && page.contains("Examples:"), "{name}");
        }
    }
}
