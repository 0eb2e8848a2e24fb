//! `jeton edit`: changes names, scopes and allowed URLs; the change is shown before it is sent.

use std::sync::Arc;

use clap_complete::engine::ArgValueCompleter;

use crate::cli::{
    account,
    arguments::Global,
    bulk,
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    selection, token_names,
};
use crate::{
    token::{
        AllowedUrl, Catalogue, Scope, Token,
        change::{Obstacle, Patch},
        near_miss,
    },
    untrusted::{Untrusted, shown},
    work::{
        Reply, Request,
        bulk::{Change, Operation},
    },
};

/// Edit a token's name, scopes or allowed URLs
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton edit 'Store locator' --note 'Store locator 2026'
  jeton edit cmab --add-url www.example.com --add-url localhost:3000
  # show what would change
  jeton edit cmab --remove-scope uploads:write --dry-run
  # remove all URL restrictions
  jeton edit cmab --clear-urls
  jeton list --filter url:old.example --ndjson | jeton edit - --remove-url old.example --add-url new.example --yes

A public token can't get secret scopes. You can edit secret tokens here, but not on the Access Tokens page.")]
pub struct Arguments {
    /// ID, ID prefix or name; - reads many from standard input, one per line or as JSON
    #[arg(value_name = "TOKEN", add = ArgValueCompleter::new(token_names::complete))]
    token: String,
    /// Change the name (up to 128 characters)
    #[arg(long, alias = "name", value_name = "NAME")]
    note: Option<String>,
    /// Add this scope; repeatable
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', add = ArgValueCompleter::new(crate::cli::completion::scopes))]
    add_scope: Vec<String>,
    /// Remove this scope; repeatable
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', add = ArgValueCompleter::new(crate::cli::completion::scopes))]
    remove_scope: Vec<String>,
    /// Add this allowed URL; repeatable
    #[arg(long, value_name = "URL")]
    add_url: Vec<String>,
    /// Remove this allowed URL, exactly as listed; repeatable
    #[arg(long, value_name = "URL")]
    remove_url: Vec<String>,
    /// Remove all allowed URLs; applies before --add-url
    #[arg(long)]
    clear_urls: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before editing many tokens
    #[arg(long, short)]
    yes: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    arguments.check(output)?;
    if arguments.token == "-" {
        return many(arguments, global, output);
    }
    let mut session = account::open(global)?;
    let token = selection::find(&mut session, output, &arguments.token)?;
    let patch = arguments.patch(&token, output)?;
    show_change(&token, &patch, output);
    if patch.is_empty() || arguments.dry_run {
        if output.is_json() {
            output.json(&patch.applied(&token))?;
        }
        return Ok(Exit::Done);
    }
    match session.call(Request::Update { id: token.id.clone(), patch })? {
        Reply::Updated(changed) if output.is_json() => {
            output
                .json(&*changed)
                .and_then(|()| output.flush())
                .map_err(|failure| failure.after("the token was edited"))?;
        }
        _ => output.say("Edited. The change may take a few minutes to apply everywhere."),
    }
    Ok(Exit::Done)
}

fn many(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.note.is_some() {
        return Err(Failure::usage("--note would give several tokens the same name", "Rename them one by one."));
    }
    let wanted = selection::with_stdin(std::slice::from_ref(&arguments.token))?;
    let mut session = account::open(global)?;
    let all = session.tokens()?;
    let mut plan = Vec::new();
    for token in selection::find_all(&all, output, &wanted)? {
        let patch = arguments.patch(&token, output)?;
        if !patch.is_empty() {
            show_change(&token, &patch, output);
            plan.push((token, patch));
        }
    }
    if plan.is_empty() {
        output.say("Nothing to change.");
    } else if !arguments.dry_run && !arguments.yes {
        if !output.may_ask() {
            return Err(Failure::usage("can't ask for confirmation: no terminal, or --no-input", "Add --yes."));
        }
        if !bulk::is_number_typed(plan.len())? {
            return Err(Failure::declined("the answer does not match"));
        }
    }
    if arguments.dry_run {
        let planned: Vec<Token> = plan.iter().map(|(token, patch)| patch.applied(token)).collect();
        bulk::rehearse(output, "edited", &planned)?;
        return Ok(Exit::Done);
    }
    let plan: Vec<(Arc<Token>, Request)> = plan
        .into_iter()
        .map(|(token, patch)| (Arc::clone(&token), Request::Update { id: token.id.clone(), patch }))
        .collect();
    let operation = Operation::Edit(arguments.change());
    bulk::carry_out(&mut session, output, operation, plan, &all)?;
    Ok(Exit::Done)
}

impl Arguments {
    fn check(&self, output: &Output) -> Result<(), Failure> {
        let lists = [&self.add_scope, &self.remove_scope, &self.add_url, &self.remove_url];
        if self.note.is_none() && !self.clear_urls && lists.iter().all(|list| list.is_empty()) {
            return Err(Failure::usage("no changes given", "List the options with jeton edit --help"));
        }
        warn_of_bad_urls(&self.add_url, output);
        warn_of_unknown_scopes(self.add_scope.iter().chain(&self.remove_scope), output);
        Ok(())
    }

    /// What of it many tokens can share: all but the name.
    fn change(&self) -> Change {
        let scopes = |ids: &[String]| ids.iter().map(|id| Scope::from(id.as_str())).collect();
        Change {
            add_scopes: scopes(&self.add_scope),
            remove_scopes: scopes(&self.remove_scope),
            add_urls: self.add_url.clone(),
            remove_urls: self.remove_url.clone(),
            clear_urls: self.clear_urls,
        }
    }

    /// The change for one token.
    ///
    /// # Errors
    /// When the API would refuse it.
    fn patch(&self, token: &Token, output: &Output) -> Result<Patch, Failure> {
        let mut wanted = self.change().applied(token);
        if let Some(note) = &self.note {
            wanted.note.clone_from(note);
        }
        let patch = Patch::between(token, &wanted);
        let catalogue = Catalogue::bundled();
        let is_certain = |obstacle: &Obstacle| match obstacle {
            // Only the server knows whether a scope that nobody described is public.
            Obstacle::SecretScopes(scopes) => scopes.iter().all(|scope| catalogue.get(scope).is_some()),
            _ => true,
        };
        if let Some(obstacle) = patch.obstacles(token, &catalogue, None).into_iter().find(is_certain) {
            // The first two are wrong whatever the token is like, as they are for `create`.
            let code = match obstacle {
                Obstacle::NoteTooLong(_) | Obstacle::TooManyUrls(_) => Code::Usage,
                _ => Code::Refused,
            };
            let failure = Failure::advised(code, &obstacle.to_string(), "Nothing was changed.");
            let message = format!("can't edit \"{}\" ({}): {}", token.name(), token.id.shown(), failure.message);
            return Err(Failure { message, ..failure });
        }
        for caution in patch.cautions(token, &catalogue) {
            output.warn(format_args!("{}: {caution}", token.name()));
        }
        Ok(patch)
    }
}

fn show_change(token: &Token, patch: &Patch, output: &Output) {
    let styles = output.ink_of_talk();
    output.say(format_args!("{} ({}):", styles.title(token.name()), token.id.shown()));
    if patch.is_empty() {
        output.say("  no change");
    }
    for line in patch.diff(token).lines() {
        output.say(format_args!("  {} {} {}", line.sign.mark(), line.subject, line.text));
    }
}

/// Says which scopes are probably mistyped. Others may be new: the server knows.
pub fn warn_of_unknown_scopes<'a>(scopes: impl IntoIterator<Item = &'a String>, output: &Output) {
    let catalogue = Catalogue::bundled();
    for scope in scopes.into_iter().filter(|scope| catalogue.get(&Scope::from(scope.as_str())).is_none()) {
        if let Some(meant) = near_miss(scope, catalogue.scopes().iter().map(|info| info.id.id())) {
            output.warn(format_args!("unknown scope \"{}\"; did you mean {meant}?", shown(scope)));
        }
    }
}

/// Says which URLs can never match, and what to write instead. The API takes them; that they do nothing is seen later, by users.
pub fn warn_of_bad_urls(urls: &[String], output: &Output) {
    for url in urls {
        if let Err(fault) = AllowedUrl::parse(url) {
            output.warn(format_args!("the allowed URL \"{}\" can never match: {fault}", shown(url)));
        }
    }
    let urls: Vec<Untrusted> = urls.iter().map(|url| url.as_str().into()).collect();
    for redundancy in crate::token::allowed_url::redundant(urls.iter().map(Untrusted::raw)) {
        if let (Some(entry), Some(by)) = (urls.get(redundancy.entry), urls.get(redundancy.covered_by)) {
            output.warn(format_args!("the allowed URL \"{}\" is already covered by \"{}\"", entry.shown(), by.shown()));
        }
    }
}
