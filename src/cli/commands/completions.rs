//! `jeton completions`: a shell script that asks the program for completions, so that it is never out of date and can complete token
//! names.

use std::{env, sync::OnceLock};

use clap_complete::env::{CompleteEnv, Shells};

use crate::cli::{arguments, exit::Exit, failure::Failure, output::Output};

/// Set by the script to the name of the shell when it asks.
pub const VARIABLE: &str = "JETON_COMPLETE";

/// The shell that asks; the variable itself is gone by the time the names are wanted.
static ASKING: OnceLock<String> = OnceLock::new();

/// Print a completion script for your shell
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # in ~/.bashrc
  source <(jeton completions bash)
  # in ~/.zshrc, after compinit
  source <(jeton completions zsh)
  # in ~/.config/fish/config.fish
  jeton completions fish | source
  # in $PROFILE
  jeton completions powershell | Out-String | Invoke-Expression

Token names complete from the last jeton list; completion sends no requests.")]
pub struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    shell: String,
}

/// The script for bash: clap's does not know that readline splits words at colons.
const BASH: &str = include_str!("../../../assets/completions.bash");

/// How clap's script for zsh ends.
const ZSH_REGISTRATION: &str = "compdef _clap_dynamic_completer_jeton jeton";

/// A file `_jeton` in `$fpath` is itself the function that completes, so it has to answer and not only to say who does.
const ZSH_REGISTRATION_OR_ANSWER: &str = "\
if [[ $funcstack[1] == _jeton ]]; then
    _clap_dynamic_completer_jeton \"$@\"
else
    compdef _clap_dynamic_completer_jeton jeton
fi";

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.shell == "bash" {
        output.text(BASH)?;
        return Ok(Exit::Done);
    }
    let shells = Shells::builtins();
    let shell = shells.completer(&arguments.shell).expect("the grammar lists what there is");
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "jeton", "jeton", "jeton", &mut script)?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == "zsh" {
        script = script.replacen(ZSH_REGISTRATION, ZSH_REGISTRATION_OR_ANSWER, 1);
    }
    output.text(&script)?;
    Ok(Exit::Done)
}

/// Answers the shell when it asks what can come next; `false` when it is not a shell that asks.
pub fn answer() -> bool {
    let Some(shell) = env::var(VARIABLE).ok().filter(|shell| !matches!(&**shell, "" | "0")) else { return false };
    ASKING.get_or_init(|| shell);
    let environment = CompleteEnv::with_factory(arguments::command).var(VARIABLE);
    // A shell does not need an explanation in the middle of a line.
    environment.try_complete(env::args_os(), env::current_dir().ok().as_deref()).unwrap_or(true)
}

/// The shell that asks, if one does.
pub fn asking_shell() -> Option<&'static str> {
    ASKING.get().map(String::as_str)
}
