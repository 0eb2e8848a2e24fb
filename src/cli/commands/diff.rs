//! `jeton diff`: what `jeton apply` would change, and what it could not.

use std::io::Write as _;

use crate::cli::{
    arguments::Global,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    planning,
    session::Session,
};
use crate::{plan::Saved, untrusted::shown, work::apply::Situation};

/// Show what jeton apply would change
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton diff tokens.toml
  # also show what --prune would delete
  jeton diff tokens.toml --prune
  # comment on a pull request
  jeton diff tokens.toml --markdown > plan.md
  # save the plan, and apply exactly that later
  jeton diff tokens.toml --out tokens.plan
  jeton apply tokens.plan

Exits with 0 if there is nothing to change, 8 if there is, 1 if something in the file can't be done.")]
pub struct Arguments {
    /// The tokens file (TOML or JSON, as jeton export writes it); - reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Also plan to delete tokens that are not in the file
    #[arg(long)]
    prune: bool,
    /// Print Markdown
    #[arg(long)]
    markdown: bool,
    /// Save the plan for jeton apply
    #[arg(long, value_name = "PLAN")]
    out: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let loaded = planning::load(&arguments.file)?;
    if loaded.saved.is_some() {
        return Err(Failure::usage(
            format!("{} is a saved plan", shown(&arguments.file)),
            "Pass the tokens file it was created from, or apply the plan with jeton apply.",
        ));
    }
    let endpoint = global.endpoint()?;
    let own = endpoint.token_id();
    let mut session = Session::new(endpoint, global.output_options().accessible)?;
    let situation = Situation::look(&mut session, own)?;
    let plan = situation.plan(&loaded, arguments.prune);
    if output.is_json() {
        output.json(&plan.json(&loaded.name))?;
    } else if arguments.markdown {
        output.text(&plan.markdown(&loaded.name))?;
    } else {
        planning::show(&plan, &loaded.name, true, output)?;
    }
    output.flush()?;
    planning::refused(&plan)?;
    if let Some(out) = &arguments.out {
        let source = (&*loaded.name, &*loaded.folder.to_string_lossy());
        save(out, &Saved::new(&plan, &situation.tokens, source, &loaded.file, arguments.prune))?;
        output.say(format_args!("Plan saved. To apply it, run jeton apply {}", shown(out)));
    }
    Ok(if plan.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Writes a plan; of what is there already, only another plan is overwritten.
fn save(path: &str, saved: &Saved) -> Result<(), Failure> {
    let cannot = |error: &std::io::Error| Failure::local(format_args!("can't write {}", shown(path)), error);
    let is_other = match std::fs::read_to_string(path) {
        Ok(text) => Saved::parse(&text).is_none() && !text.is_empty(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    if is_other {
        return Err(Failure::new(
            Code::Declined,
            format!("not overwriting {}: it is not a plan", shown(path)),
            "Choose another file name.",
        ));
    }
    let mut text = serde_json::to_vec_pretty(saved).expect("plain data");
    text.push(b'\n');
    let mut file = std::fs::File::create(path).map_err(|error| cannot(&error))?;
    file.write_all(&text).map_err(|error| cannot(&error))
}
