//! `jeton create`: creates a public or secret token, depending on its scopes, and says beforehand which it will be and what that makes
//! permanent.

use clap::builder::PossibleValuesParser;

use crate::cli::{
    account,
    arguments::Global,
    commands::edit,
    delivery::{Destinations, New, Sinks},
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    prompt, selection,
    session::Session,
};
use crate::{
    delivery::{Destination, Terminal},
    os::failpoint::reached,
    token::{
        Catalogue, Draft, Scope, Token, Usage,
        allowed_url::split_list,
        preset::{Fit, Preset, fit, presets},
    },
    work::{Created, RecordsRequest, Reply, Request, WorkError},
};

/// Create a public or secret token, depending on its scopes
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton create --note 'Store locator' --preset web-map --allowed-url www.example.com
  # name the scopes instead of a preset
  jeton create --note 'Store locator' --scope styles:read,fonts:read
  # save a secret token to a new file
  jeton create --note CI --preset uploads --to-file ci.token
  # save it in .env
  jeton create --note CI --preset uploads --to-env .env:MAPBOX_ACCESS_TOKEN
  # replace the existing value in .env, and pipe the value to GitHub Actions as well
  jeton create --note CI --preset uploads --to-env .env:MAPBOX_ACCESS_TOKEN --replace-entry --to-command 'gh secret set MAPBOX_TOKEN'
  # copy the scopes and URLs of another token
  jeton create --like 'Store locator' --note 'Store locator 2'
  jeton create --note CI --preset uploads --json | jq -r .token
  # answer prompts instead
  jeton create

A token with public scopes only is public (pk). A single secret scope makes it secret (sk); its value is shown once. List the scopes with jeton scopes, the presets with jeton scopes --presets. The authorizing token must hold every scope that it grants.")]
pub struct Arguments {
    /// Copy the name, scopes and allowed URLs of this token; other options override them
    #[arg(long, value_name = "TOKEN", add = clap_complete::engine::ArgValueCompleter::new(crate::cli::token_names::complete))]
    like: Option<String>,
    /// Name of the token (up to 128 characters)
    #[arg(long, alias = "name", value_name = "NAME")]
    note: Option<String>,
    /// Grant this scope; repeatable, or separate several with commas
    #[arg(long = "scope", alias = "scopes", value_name = "SCOPE", value_delimiter = ',', add = clap_complete::engine::ArgValueCompleter::new(crate::cli::completion::scopes))]
    scopes: Vec<String>,
    /// Grant the scopes that a common job needs
    #[arg(long, value_name = "PRESET", value_parser = PossibleValuesParser::new(presets().iter().map(|preset| &*preset.id)))]
    preset: Option<String>,
    /// Allow the token on this URL; repeatable [default: works everywhere]
    #[arg(long = "allowed-url", alias = "url", value_name = "URL")]
    allowed_urls: Vec<String>,
    #[command(flatten)]
    sinks: Sinks,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let mut session = None;
    let draft = arguments.draft(&mut session, global, output)?;
    if let Some(problem) = draft.problems(None).into_iter().next() {
        return Err(Failure::usage(problem.to_string(), "Nothing was created."));
    }
    edit::warn_of_bad_urls(&draft.allowed_urls, output);
    edit::warn_of_unknown_scopes(&arguments.scopes, output);
    let usage = draft.usage(&Catalogue::bundled());
    if draft.scopes.is_empty() {
        confirm_no_scopes(output)?;
    }
    let destinations = arguments.sinks.destinations(usage, output)?;
    let mut session = session.map_or_else(|| account::open(global), Ok)?;
    reached("create: a client is ready");
    let mut create = |even_if_unfinished| session.call(Request::Create { draft: draft.clone(), even_if_unfinished });
    let reply = match create(false) {
        Err(error @ WorkError::Unfinished { .. }) if output.may_ask() => {
            output.warn(&error);
            if !prompt::is_agreed("Create another one?")? {
                return Err(Failure::declined("not created"));
            }
            create(true)
        }
        reply => reply,
    };
    let created = match reply? {
        Reply::Created(created) => *created,
        other => unreachable!("a token was asked for, not {other:?}"),
    };
    let bare = Token { token: None, ..created.token.clone() };
    let whole = Token { token: Some(created.value.clone()), ..created.token.clone() };
    let name = format!("{} token \"{}\" ({})", bare.usage.word(), bare.name(), bare.id.shown());
    let new = New {
        done: format!("Created the {name}"),
        value: &created.value,
        whole: &whole,
        // A public token's value is no secret: it can be read again at any time.
        bare: if bare.usage == Usage::Public { &whole } else { &bare },
    };
    let journal = session.journal();
    if let Destinations::Places(places) = &destinations {
        journal.destine(&created.op, &created.value, places);
    }
    let deliver = |to: &Destination| journal.deliver(&created.op, to, &created.value, Terminal::Shared);
    if bare.usage == Usage::Public {
        let delivered = destinations.deliver(&new, output, deliver);
        delivered.map_err(|failure| Failure {
            next: format!("To print its value, run jeton show {} --value", bare.id.shown()),
            ..failure.after(format_args!("the {name} was created"))
        })?;
        return Ok(Exit::Done);
    }
    if !created.backup.is_safe() {
        output.warn(format_args!("the value is {}", created.backup));
    }
    destinations
        .deliver(&new, output, deliver)
        .map_err(|failure| undelivered(&created, &name, &failure, &destinations))?;
    reached("create: delivered");
    if let Err(left) = session.call(RecordsRequest::Forget(created.op.clone()).into()) {
        output.warn(format_args!("the value was delivered, but {left}"));
    }
    reached("create: settled");
    Ok(Exit::Done)
}

/// A secret exists and is not where it was to go.
fn undelivered(created: &Created, name: &str, why: &Failure, destinations: &Destinations) -> Failure {
    let op = &created.op;
    let next = match destinations {
        _ if !created.backup.is_safe() => {
            format!("There is no backup of the value. To delete the token, run jeton recover {op} --delete")
        }
        Destinations::Stdout => {
            format!("The value is {}. To save it, run jeton recover {op} --to-file FILE", created.backup)
        }
        Destinations::Places(_) => format!(
            "The value is {}. To retry, run jeton recover {op} --retry; to save it elsewhere, jeton recover {op} --to-file FILE",
            created.backup
        ),
    };
    Failure::new(
        Code::Undelivered,
        format!("the {name} was created, but its value was not delivered: {}", why.message),
        next,
    )
}

impl Arguments {
    /// What is to be created. Finding the token it is to be like opens the `session`.
    fn draft(&self, session: &mut Option<Session>, global: &Global, output: &Output) -> Result<Draft, Failure> {
        if let Some(wanted) = &self.like {
            let session = session.insert(account::open(global)?);
            return Ok(self.like(&*selection::find(session, output, wanted)?));
        }
        let is_bare = self.note.is_none() && self.scopes.is_empty() && self.preset.is_none();
        if is_bare && output.may_ask() {
            return ask(output);
        }
        let Some(note) = &self.note else {
            return Err(Failure::usage("the token needs a name", "Name it with --note NAME"));
        };
        let scopes = self.scopes();
        if let Fit::Beyond { nearest: Some(nearest), surplus } = fit(&scopes)
            && self.preset.is_none()
        {
            let surplus: Vec<_> = surplus.iter().map(Scope::shown).collect();
            let job = nearest.name.to_lowercase();
            output.say(format_args!("Too broad for one job: {job} does not need {}.", surplus.join(", ")));
        }
        Ok(Draft { note: note.clone(), scopes, allowed_urls: self.allowed_urls.clone() })
    }

    /// Those of the preset and those named one by one.
    fn scopes(&self) -> Vec<Scope> {
        let preset = self.preset.as_deref().and_then(Preset::by_id);
        let mut scopes = preset.map(|preset| preset.scopes.clone()).unwrap_or_default();
        add_scopes(&mut scopes, self.scopes.iter().map(String::as_str));
        scopes
    }

    /// The same as that token, but for what the options say.
    fn like(&self, token: &Token) -> Draft {
        let scopes = self.scopes();
        let urls = || token.urls().iter().map(|url| url.raw().to_owned()).collect();
        Draft {
            note: self.note.clone().unwrap_or_else(|| token.note.as_ref().map_or("", |note| note.raw()).to_owned()),
            scopes: if scopes.is_empty() { token.scopes.clone() } else { scopes },
            allowed_urls: if self.allowed_urls.is_empty() { urls() } else { self.allowed_urls.clone() },
        }
    }
}

/// Asks for everything a token is made of.
fn ask(output: &Output) -> Result<Draft, Failure> {
    let note = prompt::line("Name of the new token:")?;
    output.say("What is it for?");
    let mut jobs: Vec<String> = presets()
        .iter()
        .map(|preset| {
            let scopes: Vec<_> = preset.scopes.iter().map(Scope::id).collect();
            format!("{}: {} ({})", preset.name, preset.job, scopes.join(", "))
        })
        .collect();
    jobs.push("Something else: enter the scopes".to_owned());
    let at = prompt::choose(output, "Preset", &jobs)?;
    let mut scopes = Vec::new();
    if let Some(preset) = presets().get(at) {
        scopes.clone_from(&preset.scopes);
    } else {
        let typed = prompt::line("Scopes, separated by spaces or commas:")?;
        add_scopes(&mut scopes, split_list(&typed));
    }
    let urls = prompt::line("Allowed URLs, separated by spaces or commas (empty: works everywhere):")?;
    let draft = Draft { note, scopes, allowed_urls: split_list(&urls).map(str::to_owned).collect() };
    let kind = match draft.usage(&Catalogue::bundled()) {
        Usage::Secret => "a secret token (sk), whose value is shown once",
        _ => "a public token (pk)",
    };
    if !prompt::is_agreed(&format!("This creates {kind}. Continue?"))? {
        return Err(Failure::declined("not created"));
    }
    Ok(draft)
}

/// Adds scopes that are not there yet.
pub fn add_scopes<'a>(scopes: &mut Vec<Scope>, ids: impl Iterator<Item = &'a str>) {
    for id in ids.map(str::trim).filter(|id| !id.is_empty()) {
        if !scopes.iter().any(|scope| scope.id() == id) {
            scopes.push(Scope::from(id));
        }
    }
}

fn confirm_no_scopes(output: &Output) -> Result<(), Failure> {
    output.warn("this token has no scopes, and none can be added later");
    if output.may_ask() && !prompt::is_agreed("Create it anyway?")? {
        return Err(Failure::declined("not created"));
    }
    Ok(())
}
