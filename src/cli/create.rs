//! `jeton create`: a new token, its value delivered to a sink.

use std::process::ExitCode;

use super::{account::Global, delivery::Sink, exit::Exit, output};
use crate::{
    api::{ApiError, Client, Created},
    creation::{self, Safekeeping},
    failpoint::reached,
    token::{Catalogue, Draft, Preset, Scope, Usage},
};

/// What to create, and where its value goes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The token's name
    #[arg(long, value_name = "NAME", default_value = "")]
    note: String,
    /// A scope it gets; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The scopes of a job it gets, such as `web-map`
    #[arg(long, value_name = "JOB")]
    preset: Option<String>,
    /// A URL it may be used from; may be given several times; none means anywhere
    #[arg(long = "allowed-url", value_name = "URL")]
    allowed_urls: Vec<String>,
    /// Print the token's metadata as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sink: Sink,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> ExitCode {
    reached("create: begins");
    let draft = match draft(arguments) {
        Ok(draft) => draft,
        Err(problem) => return refuse(&problem),
    };
    if let Some(problem) = arguments.sink.problem(draft.usage(&Catalogue::bundled())) {
        return refuse(&problem);
    }
    if let Some(problem) = draft.problems(None).first() {
        return refuse(&format!("This token cannot be: {problem}."));
    }
    let endpoint = match global.endpoint() {
        Ok(endpoint) => endpoint,
        Err(failure) => return failure.report(arguments.json),
    };
    reached("create: an account is known");
    let safekeeping = Safekeeping::new();
    safekeeping.tidy();
    reached("create: tidied");
    let created = super::on_a_runtime(async {
        let client = Client::new(endpoint)?;
        reached("create: a client is ready");
        creation::create(&client, &draft, &safekeeping).await
    });
    match created {
        Ok(created) => deliver(arguments, &safekeeping, &created),
        Err(error) => explain(&error),
    }
}

fn draft(arguments: &Arguments) -> Result<Draft, String> {
    let mut scopes: Vec<Scope> = arguments.scopes.iter().map(|scope| Scope::from(scope.as_str())).collect();
    if let Some(id) = &arguments.preset {
        let preset =
            Preset::by_id(id).ok_or_else(|| format!("There is no preset {:?}.", crate::untrusted::shown(id)))?;
        scopes.extend(preset.scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect::<Vec<_>>());
    }
    Ok(Draft { note: arguments.note.clone(), scopes, allowed_urls: arguments.allowed_urls.clone() })
}

fn deliver(arguments: &Arguments, safekeeping: &Safekeeping, created: &Created) -> ExitCode {
    let is_secret = created.token.usage == Usage::Secret;
    if is_secret && !created.kept.is_safe() {
        output::say(&format!("jeton: warning: the value is {}.", created.kept));
    }
    match arguments.sink.deliver(&created.token, &created.value, arguments.json) {
        Ok(()) => {
            reached("create: delivered");
            if is_secret && let Err(left) = safekeeping.settle(&created.op) {
                output::say(&format!("jeton: the value was delivered, but {left}."));
            }
            reached("create: settled");
            Exit::Done.into()
        }
        Err(why) => {
            let (name, op) = (created.token.name(), &created.op);
            output::say(&format!("jeton: \"{name}\" was created but its value not delivered. {why}"));
            if is_secret && created.kept.is_safe() {
                output::say(&format!(
                    "The value is {}. `jeton recover {op} --to-file FILE` delivers it.",
                    created.kept
                ));
            } else if is_secret {
                output::say(&format!(
                    "No copy of the value was kept. `jeton recover {op} --delete` deletes the token."
                ));
            }
            Exit::NotDelivered.into()
        }
    }
}

fn explain(error: &ApiError) -> ExitCode {
    output::say(&format!("jeton: the token was not delivered: {error}. {}", error.next()));
    if let ApiError::Unclear { op, .. } = error {
        output::say(&format!("It is on record: `jeton recover {op}`."));
    }
    Exit::from(error).into()
}

fn refuse(problem: &str) -> ExitCode {
    output::say(&format!("jeton: {problem}"));
    Exit::Usage.into()
}
