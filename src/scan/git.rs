//! What git knows: its history, what is staged, and which files it tracks. Read through git's own plumbing.
//!
//! Invariants: nothing that a repository's configuration names is run (no pager, no external diff, no monitor of the file system, no
//! fetch of what is missing); arguments that come from people are never taken for options; every object is read once.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fmt::Write as _,
    io::{self, BufRead, BufReader, BufWriter, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
};

use super::{
    CommitId, Digest, Fault, Finding, Options, Progress, Scanner, TransportError,
    filter::{Filter, IGNORE_FILE},
};
use crate::{os::process, token::decoded::scrub, untrusted::shown};

/// What stands for the path of a token that is in the message of a commit.
pub const COMMIT_MESSAGE: &str = "(commit message)";

/// What stands for the path of a token that is in the message of a tag.
pub const TAG_MESSAGE: &str = "(tag message)";

/// Bytes taken from git at once.
const PIPE: usize = 256 << 10;

/// Git, in a folder.
fn git(folder: &Path) -> Command {
    let mut git = process::child("git");
    git.args(["--no-pager", "-c", "core.fsmonitor=false", "-C"]).arg(folder);
    git.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    git
}

/// What git prints, or why it does not.
fn ask<const N: usize>(folder: &Path, arguments: [&str; N]) -> Result<Vec<u8>, Fault> {
    answer(git(folder).args(arguments))
}

fn answer(git: &mut Command) -> Result<Vec<u8>, Fault> {
    let output = git.output().map_err(|error| cannot_run(&error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(refused(&output.stderr)) }
}

fn cannot_run(error: &io::Error) -> Fault {
    Fault::Git(if error.kind() == io::ErrorKind::NotFound {
        "git is not installed".into()
    } else {
        format!("can't run git: {error}")
    })
}

fn refused(stderr: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("git failed");
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    Fault::Git(format!("git: {}", shown(&scrub(line))))
}

/// The root of the repository a folder is in.
fn root_of(folder: &Path) -> Result<PathBuf, Fault> {
    let is_bare = ask(folder, ["rev-parse", "--is-bare-repository"])?;
    if is_bare.starts_with(b"true") {
        return Ok(folder.to_owned());
    }
    let root = ask(folder, ["rev-parse", "--show-toplevel"])?;
    Ok(path_of(root.strip_suffix(b"\n").unwrap_or(&root)))
}

fn filter_of(root: &Path, options: &Options) -> Result<Filter, Fault> {
    let ignored = std::fs::read_to_string(root.join(IGNORE_FILE)).unwrap_or_default();
    Filter::with_ignore_file(options, &ignored)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Scans the history below a folder: each version of each file once, and the messages of commits and tags. `range` is what `git rev-list`
/// takes, such as `main..feature`; without one, everything that any branch, tag or stash can reach. Each finding has the commit in
/// which it first appears.
pub fn scan_history(
    folder: &Path,
    range: Option<&str>,
    options: &Options,
    progress: &Progress,
    each: &mut dyn FnMut(Vec<Finding>),
) -> Result<(), Fault> {
    let root = root_of(folder)?;
    let filter = filter_of(&root, options)?;
    let mut list = git(folder);
    // The oldest commit first, each followed by what is new in it.
    list.args(["rev-list", "--objects", "--in-commit-order", "--topo-order", "--reverse"]);
    match range {
        Some(range) if range.starts_with('-') => {
            return Err(Fault::Git(format!("not a range of commits: {}", shown(range))));
        }
        Some(range) => list.args(["--end-of-options", range]),
        None => list.arg("--all"),
    };
    list.arg("--");
    if std::fs::canonicalize(folder).ok() != std::fs::canonicalize(&root).ok() {
        list.arg(".");
    }
    let mut list = list.spawn().map_err(|error| cannot_run(&error))?;
    let names = BufReader::with_capacity(PIPE, list.stdout.take().expect("piped"));
    let mut batch = Batch::start(folder)?;
    let input = batch.child.stdin.take().expect("piped");
    let feeder = thread::spawn(move || pass_on(names, input));
    let mut scanner = Scanner::new(options.all);
    let mut commit = None;
    let mut known: HashSet<(PathBuf, Digest, u32)> = HashSet::new();
    let read = batch.each(progress, |object, content| {
        let path = match object.kind.as_str() {
            "commit" => {
                commit = CommitId::new(&object.name);
                PathBuf::from(COMMIT_MESSAGE)
            }
            "blob" => path_of(&object.rest),
            "tag" => PathBuf::from(TAG_MESSAGE),
            _ => return Ok(()),
        };
        if filter.skips_file(&path) {
            return Ok(());
        }
        let mut scanned = scanner.scan(content, progress)?;
        // A later version of a file still has what an earlier one had.
        scanned.findings.retain(|finding| known.insert((path.clone(), finding.token_digest, finding.occurrence)));
        progress.scanned(&scanned);
        if !scanned.findings.is_empty() {
            scanned.place(&path.into(), None);
            for finding in &mut scanned.findings {
                finding.commit.clone_from(&commit);
            }
            each(scanned.findings);
        }
        Ok(())
    });
    let stopped = progress.is_stopped();
    if stopped || read.is_err() {
        // Nobody reads what they say.
        let _gone = (list.kill(), batch.child.kill());
    }
    let mut complaint = Vec::new();
    let _silent = list.stderr.take().map(|mut stderr| stderr.read_to_end(&mut complaint));
    let listed = list.wait();
    batch.end(folder, progress);
    // It fails when git has ended, which was noticed above.
    let _ended = feeder.join();
    if stopped {
        return Ok(());
    }
    if listed.is_ok_and(|status| !status.success()) {
        return Err(refused(&complaint));
    }
    read.map_err(|error| Fault::Git(format!("git stopped: {error}")))
}

/// Passes on the names of commits, tags and files, so that git need not unpack its folders: a name without a path is that of a commit,
/// one with an empty path that of a root, and a folder is followed by what is in it. (One that has nothing new in it is passed on and left
/// alone later.)
fn pass_on(names: impl BufRead, to: impl io::Write) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(PIPE, to);
    let mut held: Vec<u8> = Vec::new();
    for name in names.split(b'\n') {
        let name = name?;
        let is_folder = path_in(&held).is_some_and(|folder| {
            let inside = path_in(&name).and_then(|path| path.strip_prefix(folder));
            folder.is_empty() || inside.is_some_and(|rest| rest.starts_with(b"/"))
        });
        if !is_folder && !held.is_empty() {
            held.push(b'\n');
            to.write_all(&held)?;
        }
        held = name;
    }
    if !held.is_empty() {
        held.push(b'\n');
        to.write_all(&held)?;
    }
    to.flush()
}

/// The path in a line of `git rev-list --objects`.
fn path_in(line: &[u8]) -> Option<&[u8]> {
    let space = memchr::memchr(b' ', line)?;
    line.get(space + 1..)
}

/// Lets git write more before it has to wait for us. Where the system refuses, it waits more often.
#[cfg(target_os = "linux")]
fn widen(pipe: &ChildStdout) {
    let _unchanged = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

#[cfg(not(target_os = "linux"))]
fn widen(_: &ChildStdout) {}

/// Scans what is staged: the new content of every file that the next commit would add or change.
pub fn scan_staged(
    folder: &Path,
    options: &Options,
    progress: &Progress,
    each: &mut dyn FnMut(Vec<Finding>),
) -> Result<(), Fault> {
    let root = root_of(folder)?;
    let filter = filter_of(&root, options)?;
    let changes = ask(
        &root,
        [
            "diff",
            "--cached",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--diff-filter=d",
        ],
    )?;
    let mut fields = changes.split(|byte| *byte == 0);
    let mut staged: Vec<(String, PathBuf)> = Vec::new();
    while let (Some(change), Some(path)) = (fields.next(), fields.next()) {
        // ":old-mode new-mode old-object new-object status"
        let change = String::from_utf8_lossy(change);
        let mut words = change.split(' ').skip(1);
        let (Some(mode), Some(object)) = (words.next(), words.nth(1)) else { continue };
        let path = path_of(path);
        // Another repository has no content here.
        if mode != "160000" && !filter.skips_file(&path) {
            staged.push((object.to_owned(), path));
        }
    }
    let mut batch = Batch::start(&root)?;
    let mut input = batch.child.stdin.take().expect("piped");
    let mut names = String::new();
    for (index, (object, _)) in staged.iter().enumerate() {
        writeln!(names, "{object} {index}").expect("a string takes everything");
    }
    let writer = thread::spawn(move || input.write_all(names.as_bytes()));
    let mut scanner = Scanner::new(options.all);
    let read = batch.each(progress, |object, content| {
        let index = String::from_utf8_lossy(&object.rest).parse::<usize>().ok();
        let Some((_, path)) = index.and_then(|index| staged.get(index)) else { return Ok(()) };
        let mut scanned = scanner.scan(content, progress)?;
        progress.scanned(&scanned);
        scanned.place(&Arc::from(path.as_path()), None);
        if !scanned.findings.is_empty() {
            each(scanned.findings);
        }
        Ok(())
    });
    if read.is_err() || progress.is_stopped() {
        let _gone = batch.child.kill();
    }
    // It fails when git has ended, which is noticed below.
    let _ended = writer.join();
    batch.end(&root, progress);
    read.map_err(|error| Fault::Git(format!("git stopped: {error}")))
}

/// An object git prints.
struct Object {
    name: String,
    kind: String,
    /// What stood behind its name in the list of objects: the path.
    rest: Vec<u8>,
}

/// `git cat-file --batch`, being read.
struct Batch {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Batch {
    fn start(folder: &Path) -> Result<Self, Fault> {
        let mut git = git(folder);
        git.args(["cat-file", "--buffer", "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"]);
        let mut child = git.stdin(Stdio::piped()).spawn().map_err(|error| cannot_run(&error))?;
        let output = child.stdout.take().expect("piped");
        widen(&output);
        let output = BufReader::with_capacity(PIPE, output);
        Ok(Self { child, output })
    }

    /// Hands on each object with its content, until the end or until someone stops it.
    fn each(
        &mut self,
        progress: &Progress,
        mut each: impl FnMut(&Object, &mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut header = Vec::new();
        while !progress.is_stopped() {
            header.clear();
            if self.output.read_until(b'\n', &mut header)? == 0 {
                return Ok(());
            }
            let Some((object, size)) = parse(header.strip_suffix(b"\n").unwrap_or(&header)) else {
                // "name missing": a partial clone does not have it.
                let text = String::from_utf8_lossy(&header).trim_end().to_owned();
                progress.problem(Path::new(""), TransportError::Git(format!("git: {}", shown(&scrub(&text)))));
                continue;
            };
            let mut content = (&mut self.output).take(size);
            each(&object, &mut content)?;
            // What was not read, and the line end behind it.
            io::copy(&mut content, &mut io::sink())?;
            self.output.read_exact(&mut [0])?;
        }
        Ok(())
    }

    fn end(mut self, folder: &Path, progress: &Progress) {
        drop(self.output);
        let mut complaint = Vec::new();
        let _silent = self.child.stderr.take().map(|mut stderr| stderr.read_to_end(&mut complaint));
        if self.child.wait().is_ok_and(|status| !status.success())
            && !progress.is_stopped()
            && let Fault::Git(message) = refused(&complaint)
        {
            progress.problem(folder, TransportError::Git(message));
        }
    }
}

fn parse(header: &[u8]) -> Option<(Object, u64)> {
    let mut words = header.splitn(4, |byte| *byte == b' ');
    let mut word = || std::str::from_utf8(words.next()?).ok().map(str::to_owned);
    let (name, kind, size) = (word()?, word()?, word()?.parse().ok()?);
    let rest = words.next().unwrap_or_default().to_vec();
    Some((Object { name, kind, rest }, size))
}

/// Files by the repository they are in: each as it was named, and by its path from the root.
fn by_repository<'a>(files: impl IntoIterator<Item = &'a Path>) -> HashMap<PathBuf, Vec<(&'a Path, PathBuf)>> {
    let mut repositories: HashMap<PathBuf, Vec<(&Path, PathBuf)>> = HashMap::new();
    for file in files {
        let Ok(whole) = std::path::absolute(file) else { continue };
        let Some(folder) = whole.parent().and_then(|folder| std::fs::canonicalize(folder).ok()) else { continue };
        let Some(root) = folder.ancestors().find(|folder| folder.join(".git").exists()) else { continue };
        let Some(name) = whole.file_name() else { continue };
        let inside = folder.strip_prefix(root).unwrap_or(&folder).join(name);
        repositories.entry(root.to_owned()).or_default().push((file, inside));
    }
    repositories
}

/// Git in a repository found by its folder: a hook of one repository says nothing about another.
fn git_in(root: &Path) -> Command {
    let mut git = git(root);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        git.env_remove(variable);
    }
    git
}

/// Which of these files git tracks; a file that is in no repository is in neither answer. One question for each repository.
#[derive(Debug, Default)]
pub struct Tracked {
    answers: HashMap<PathBuf, bool>,
}

impl Tracked {
    /// Asks git.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut answers = HashMap::new();
        for (root, files) in by_repository(files) {
            let Ok(listed) = answer(git_in(&root).args(["ls-files", "-z"])) else { continue };
            let listed: HashSet<PathBuf> = listed.split(|byte| *byte == 0).map(path_of).collect();
            answers.extend(files.into_iter().map(|(file, inside)| (file.to_owned(), listed.contains(&inside))));
        }
        Self { answers }
    }

    /// Whether git tracks a file; `None` where there is no git.
    pub fn is(&self, file: &Path) -> Option<bool> {
        self.answers.get(file).copied()
    }
}

/// How a file in a repository stands with git.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether git tracks it.
    pub is_tracked: bool,
    /// Whether it has changes that are not committed.
    pub is_changed: bool,
}

/// How each of these files stands with git. Those that are in no repository are left out; where git cannot be asked, the worst is assumed.
pub fn standings<'a>(files: impl IntoIterator<Item = &'a Path>) -> HashMap<PathBuf, Standing> {
    let mut standings = HashMap::new();
    for (root, files) in by_repository(files) {
        let tracked = answer(git_in(&root).args(["ls-files", "-z"]));
        let status = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no"];
        let changed = answer(git_in(&root).args(status));
        let paths = |list: &[u8], skip: usize| -> HashSet<PathBuf> {
            list.split(|byte| *byte == 0).filter_map(|line| line.get(skip..)).map(path_of).collect()
        };
        // Of a change, two letters and a space come first.
        let lists = tracked.ok().zip(changed.ok()).map(|(tracked, changed)| (paths(&tracked, 0), paths(&changed, 3)));
        for (file, inside) in files {
            let standing =
                lists.as_ref().map_or(Standing { is_tracked: true, is_changed: true }, |(tracked, changed)| Standing {
                    is_tracked: tracked.contains(&inside),
                    is_changed: changed.contains(&inside),
                });
            standings.insert(file.to_owned(), standing);
        }
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_not_passed_on() {
        let listed = "c1\nr1 \nd1 a\nd2 a/b\nf1 a/b/c\nf2 a/bc\nf3 a b\nc2\nr2 \nf4 z";
        let mut passed = Vec::new();
        pass_on(listed.as_bytes(), &mut passed).unwrap();
        assert_eq!(String::from_utf8(passed).unwrap(), "c1\nf1 a/b/c\nf2 a/bc\nf3 a b\nc2\nf4 z\n");
    }
}
