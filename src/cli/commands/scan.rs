//! `jeton scan`: every Mapbox token in files, in git's history or on standard input, and whose it is.
//!
//! Invariants: no value is printed; the account is asked about only when something was found, and a scan works without one.

mod baseline;
mod item;
mod sarif;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use jiff::Timestamp;

use self::{baseline::Baseline, item::Item};
use crate::{
    accounts::AccountError,
    cli::{
        arguments::Global,
        exit::Exit,
        failure::{Code, Failure},
        output::Output,
        session::Session,
        usage_lookup,
    },
    scan::{self, Account, Fault, Finding, Options, Progress, Scanner, Tracked},
    token::{Knowledge, Token, lint::Severity},
    untrusted::shown,
};

/// The path of findings on standard input.
const STDIN: &str = "(standard input)";

/// How many problems are told one by one.
const TOLD: usize = 20;

/// How many tokens are looked up in the statistics without being asked to: the hosted API answers that many a minute.
const LOOKED_UP: usize = 20;

/// How often the line about the progress is brought up to date.
const TICK: Duration = Duration::from_millis(120);

/// Find tokens in files and git history
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # scan the current directory, hidden and ignored files included
  jeton scan
  # scan all of git's history, or the commits of a branch
  jeton scan --history
  jeton scan --history=main..HEAD
  # in a pre-commit hook
  jeton scan --staged --offline
  # in CI: fail on new findings only
  jeton scan --write-baseline .jeton-baseline.json
  jeton scan --baseline .jeton-baseline.json --fail-on error
  # write SARIF for code scanning
  jeton scan --sarif > scan.sarif

Skips .git, node_modules, target and binary files (unless --all is given), files listed in .jetonignore (same syntax as .gitignore), and lines
that contain jeton:allow. Never prints a token's value. Exits with 8 if a finding reaches the --fail-on severity.")]
pub struct Arguments {
    /// Files and directories to scan, or with --history and --staged, repositories [default: the current directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Scan git's history instead of files: all of it, or the commits in RANGE (see git rev-list)
    #[arg(long, value_name = "RANGE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["staged", "stdin"])]
    history: Option<String>,
    /// Scan what is staged for the next commit
    #[arg(long, conflicts_with = "stdin")]
    staged: bool,
    /// Scan standard input
    #[arg(long, conflicts_with = "paths")]
    stdin: bool,
    /// Also scan `.git`, `node_modules`, `target` and binary files
    #[arg(long)]
    all: bool,
    /// Skip paths that match (same syntax as .gitignore); repeatable
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Exit with 8 if a finding has this severity or higher
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Level::Warning)]
    fail_on: Level,
    /// Report only findings that this file does not list
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to this file, without values, and exit with 0
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Do not compare with the account
    #[arg(long)]
    offline: bool,
    /// Load the usage of every live token found, however many (needs statistics:read)
    #[arg(long, conflicts_with = "offline")]
    with_usage: bool,
    /// Print one JSON object per line
    #[arg(long, conflicts_with = "sarif")]
    ndjson: bool,
    /// Print the findings as SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// Print nothing; use the exit code
    #[arg(long, short, conflicts_with_all = ["ndjson", "sarif"])]
    quiet: bool,
}

/// From which severity on the exit code says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Note,
    Warning,
    Error,
    Never,
}

impl Level {
    fn is_reached(self, severity: Severity) -> bool {
        match self {
            Self::Note => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
            Self::Never => false,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let arguments = arguments.clone().settled();
    let known = arguments.baseline.as_deref().map(Baseline::read).transpose()?;
    let started = Instant::now();
    let progress = Progress::default();
    let mut findings = scan(&arguments, &progress, output)?;
    findings.sort_by(|a, b| (&a.path, a.range.start, &a.commit).cmp(&(&b.path, b.range.start, &b.commit)));
    // Folders that were named twice, or one inside another.
    findings.dedup_by(|a, b| a.path == b.path && a.range == b.range && a.commit == b.commit);
    let took = started.elapsed();
    if let Some(path) = &arguments.write_baseline {
        Baseline::of(&findings).write(path)?;
    }
    let total = findings.len();
    if let Some(known) = known {
        findings.retain(|finding| !known.has(finding));
    }
    let old = total - findings.len();
    let mut session = if findings.is_empty() || arguments.offline { None } else { open(global, &arguments, output)? };
    let tokens = match &mut session {
        Some(session) => list(session, global, output)?,
        None => None,
    };
    let now = Timestamp::now();
    let account = match (&mut session, &tokens) {
        (Some(session), Some(tokens)) => Some(account(session, tokens, &findings, &arguments, output, now)?),
        _ => None,
    };
    let tracked = if arguments.is_git() || arguments.stdin {
        Tracked::default()
    } else {
        Tracked::of(findings.iter().map(|finding| &*finding.path))
    };
    let mut items: Vec<Item<'_>> = findings
        .iter()
        .map(|finding| {
            let is_tracked = if arguments.is_git() { Some(true) } else { tracked.is(&finding.path) };
            Item::new(finding, account.as_ref(), is_tracked, now)
        })
        .collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.severity));
    print(&arguments, &items, output)?;
    if !arguments.quiet {
        tell_problems(&progress, output);
        let summary = Summary { items: &items, progress: &progress, arguments: &arguments, old, took };
        output.say(summary.words());
    }
    let fails =
        arguments.write_baseline.is_none() && items.iter().any(|item| arguments.fail_on.is_reached(item.severity));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

impl Arguments {
    /// `--history FOLDER` means the folder, for no branch is named like one by chance; `--history=RANGE` with dots is a range.
    fn settled(mut self) -> Self {
        if let Some(range) = &self.history
            && !range.is_empty()
            && !range.contains("..")
            && Path::new(range).is_dir()
        {
            self.paths.insert(0, range.into());
            self.history = Some(String::new());
        } else if let Some(range @ ("." | "..")) = self.history.as_deref() {
            self.paths.insert(0, range.into());
            self.history = Some(String::new());
        }
        if self.paths.is_empty() {
            self.paths.push(".".into());
        }
        self
    }

    const fn is_git(&self) -> bool {
        self.history.is_some() || self.staged
    }

    fn options(&self) -> Options {
        Options { all: self.all, exclude: self.exclude.clone(), with_allowed: false }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Glob(why) => Self::usage(shown(&why), "Write GLOB as in .gitignore, such as '*.min.js'."),
            Fault::Git(why) => {
                Self::new(Code::Local, why, "Pass a git repository, and a RANGE that git rev-list accepts.")
            }
        }
    }
}

/// Scans on a thread of its own, while this one tells how far it is.
fn scan(arguments: &Arguments, progress: &Progress, output: &Output) -> Result<Vec<Finding>, Failure> {
    if arguments.stdin && io::stdin().is_terminal() && !arguments.quiet {
        output.say("Scanning standard input. Press Ctrl-D to end.");
    }
    for path in &arguments.paths {
        // A link that leads nowhere is told by the scan.
        path.symlink_metadata()
            .map_err(|error| Failure::local(format_args!("can't scan {}", shown(&path.to_string_lossy())), &error))?;
    }
    let is_shown = output.shows_progress() && !arguments.quiet && !arguments.stdin;
    thread::scope(|scope| {
        let (done, end) = mpsc::channel();
        scope.spawn(move || {
            // Fails when nobody waits, which does not happen.
            let _received = done.send(work(arguments, progress));
        });
        let mut err = io::stderr();
        let result = loop {
            match end.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) if is_shown => {
                    let (files, bytes) = (progress.files(), megabytes(progress.bytes()));
                    let _unseen = write!(err, "\r{files} files, {bytes}, {} tokens\u{1b}[K", progress.findings());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    break Err(Failure::plain(Code::Local, "the scan stopped early"));
                }
                Ok(result) => break result,
            }
        };
        if is_shown {
            let _unseen = write!(err, "\r\u{1b}[K");
        }
        result
    })
}

fn work(arguments: &Arguments, progress: &Progress) -> Result<Vec<Finding>, Failure> {
    let options = arguments.options();
    let mut all = Vec::new();
    if arguments.stdin {
        let scanned = Scanner::new(true)
            .scan_named(io::stdin().lock(), Path::new(STDIN), progress)
            .map_err(|error| Failure::local("can't read standard input", &error))?;
        return Ok(scanned);
    }
    if !arguments.is_git() {
        let found = Mutex::new(all);
        scan::scan_folders(&arguments.paths, &options, progress, &|mut findings| {
            found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut findings);
        })?;
        return Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    for folder in &arguments.paths {
        let mut each = |mut findings: Vec<Finding>| all.append(&mut findings);
        match &arguments.history {
            Some(range) => {
                let range = Some(range.as_str()).filter(|range| !range.is_empty());
                scan::scan_history(folder, range, &options, progress, &mut each)?;
            }
            None => scan::scan_staged(folder, &options, progress, &mut each)?,
        }
    }
    Ok(all)
}

/// The account to compare with. Without one, or when it cannot be opened, the scan is worth as much; but one that was named must be there.
fn open(global: &Global, arguments: &Arguments, output: &Output) -> Result<Option<Session>, Failure> {
    let is_named = global.account.is_some() || arguments.with_usage;
    match global.choose() {
        Err(AccountError::None) if !is_named => return Ok(None),
        _ => {}
    }
    match crate::cli::account::open(global) {
        Ok(session) => Ok(Some(session)),
        Err(failure) if is_named => Err(failure),
        Err(failure) => {
            output.warn(format_args!("not comparing with an account: {}", failure.message));
            Ok(None)
        }
    }
}

fn list(session: &mut Session, global: &Global, output: &Output) -> Result<Option<Vec<Arc<Token>>>, Failure> {
    match session.tokens() {
        Ok(tokens) => Ok(Some(tokens)),
        Err(error) if global.account.is_some() => Err(error.into()),
        Err(error) => {
            output.warn(format_args!("not comparing with the account: {error}"));
            Ok(None)
        }
    }
}

fn account<'a>(
    session: &'a mut Session,
    tokens: &'a [Arc<Token>],
    findings: &[Finding],
    arguments: &Arguments,
    output: &Output,
    now: Timestamp,
) -> Result<Account<'a>, Failure> {
    let username = session.username().to_owned();
    let is_ours = |finding: &&Finding| finding.owner.raw().eq_ignore_ascii_case(&username);
    let found: std::collections::HashSet<_> =
        findings.iter().filter(is_ours).filter_map(|finding| finding.id.as_ref()).collect();
    let live: Vec<_> = tokens.iter().filter(|token| found.contains(&token.id)).cloned().collect();
    let mut knowledge = Knowledge::new(now);
    if arguments.with_usage {
        usage_lookup::ask(session, output, &live, &mut knowledge)?;
    } else if live.len() <= LOOKED_UP {
        // Not every authorizing token may read statistics, and nobody asked for them.
        let _unknown = usage_lookup::ask(session, output, &live, &mut knowledge);
    }
    Ok(Account::new(session.username(), tokens, knowledge))
}

fn print(arguments: &Arguments, items: &[Item<'_>], output: &mut Output) -> Result<(), Failure> {
    if arguments.quiet {
        return Ok(());
    }
    if arguments.sarif {
        return output.json(&sarif::Log { items });
    }
    if arguments.ndjson {
        for item in items {
            output.json_part(item)?;
            output.line("")?;
        }
        return Ok(());
    }
    if output.is_json() {
        return output.json(&items);
    }
    if items.is_empty() { Ok(()) } else { output.table(&item::table(items)) }
}

fn tell_problems(progress: &Progress, output: &Output) {
    let problems = progress.take_problems();
    for problem in problems.iter().take(TOLD) {
        let path = item::path(&problem.path);
        if path.is_empty() {
            output.warn(&problem.error);
        } else {
            output.warn(format_args!("{path}: {}", shown(&problem.error.to_string())));
        }
    }
    let more = progress.troubled().saturating_sub(TOLD as u64);
    if more > 0 {
        output.warn(format_args!("could not scan {more} more files"));
    }
}

/// What a scan comes to, in a line.
struct Summary<'a> {
    items: &'a [Item<'a>],
    progress: &'a Progress,
    arguments: &'a Arguments,
    old: usize,
    took: Duration,
}

impl Summary<'_> {
    fn words(&self) -> String {
        let Self { items, progress, arguments, old, took } = self;
        let what = if arguments.history.is_some() { "version" } else { "file" };
        let findings = match items.len() {
            0 => "No tokens found".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        let mut words = format!(
            "{findings} in {}, {}, {:.1} s.",
            plural(progress.files(), what),
            megabytes(progress.bytes()),
            took.as_secs_f64()
        );
        let skipped = [
            (*old as u64, "in the baseline"),
            (progress.allowed(), "allowed by a comment"),
            (progress.binaries(), "binary"),
            (progress.links(), if progress.links() == 1 { "link" } else { "links" }),
        ];
        let skipped: Vec<_> =
            skipped.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        if !skipped.is_empty() {
            words += &format!(" Skipped: {}.", skipped.join(", "));
        }
        if let Some(path) = &arguments.write_baseline {
            words += &format!(" Baseline written to {}.", item::path(path));
        }
        words
    }
}

fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_reached_by_what_is_as_severe_or_more() {
        let reached = |level: Level| {
            [Severity::Note, Severity::Warning, Severity::Error].map(|severity| level.is_reached(severity))
        };
        assert_eq!(reached(Level::Note), [true, true, true]);
        assert_eq!(reached(Level::Warning), [false, true, true]);
        assert_eq!(reached(Level::Error), [false, false, true]);
        assert_eq!(reached(Level::Never), [false, false, false]);
    }
}
