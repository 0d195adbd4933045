//! What Git knows, asked of the `git` program with arguments that are fixed but for a revision and a folder.
//!
//! Only objects are read: nothing is checked out, no index is refreshed, no hook, filter or file system monitor
//! runs, and nothing is fetched. A library that does the same is larger than all the rest of Bulkhead.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::pipeline::FILE_LIMIT;

/// The most that is written of one revision.
const LIMIT: u64 = 2 << 30;

/// A repository with a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// Its work tree, by its real path.
    pub(crate) root: PathBuf,
}

impl Repository {
    /// The repository that a file or folder belongs to.
    pub(crate) fn around(path: &Path) -> Result<Self> {
        let real = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        let folder = if real.is_dir() { &*real } else { real.parent().unwrap_or(&real) };
        let root = ask(folder, &["rev-parse", "--show-toplevel"])
            .with_context(|| format!("{} belongs to no Git repository", path.display()))?;
        let root = String::from_utf8(root).context("the path of the repository is no UTF-8")?;
        let root = Path::new(root.trim_end_matches(['\n', '\r']));
        Ok(Self { root: root.canonicalize().unwrap_or_else(|_| root.to_owned()) })
    }

    /// The commit that a revision names.
    pub(crate) fn commit(&self, revision: &str) -> Result<String> {
        let named = format!("{revision}^{{commit}}");
        let commit = ask(&self.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &named])
            .with_context(|| format!("{revision:?} names no commit of {}", self.root.display()))?;
        // Git repeats the option that it was told.
        let text = String::from_utf8_lossy(&commit);
        let commit = text.lines().last().unwrap_or_default().trim();
        if commit.len() < 40 || !commit.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            bail!("{revision:?} names no commit of {}", self.root.display());
        }
        Ok(commit.to_owned())
    }

    /// Files that differ from a commit, and those that Git does not know; by their real paths.
    pub(crate) fn changed(&self, commit: &str) -> Result<HashSet<PathBuf>> {
        let changed = ask(&self.root, &["diff-index", "-z", "--name-only", "--no-renames", commit, "--"])?;
        let unknown = ask(&self.root, &["ls-files", "-z", "--others", "--exclude-standard"])?;
        let names = changed.split(|byte| *byte == 0).chain(unknown.split(|byte| *byte == 0));
        Ok(names.filter(|name| !name.is_empty()).map(|name| self.root.join(os(name))).collect())
    }

    /// Writes the files of a commit into a folder. Links and submodules are left out, and so is what is
    /// larger than a file may be.
    pub(crate) fn export(&self, commit: &str, into: &Path) -> Result<()> {
        let listing = ask(&self.root, &["ls-tree", "-r", "-z", "-l", "--full-tree", commit])?;
        let entries: Vec<(&str, PathBuf)> = listing.split(|byte| *byte == 0).filter_map(entry).collect();
        let mut child = program(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run git")?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else { bail!("cannot talk to git") };
        let asked = entries.iter().fold(String::new(), |asked, (object, _)| asked + object + "\n");
        // Git answers while it is asked.
        let asking = thread::spawn(move || stdin.write_all(asked.as_bytes()));
        let written = write(&mut BufReader::new(stdout), &entries, into);
        if written.is_err() {
            _ = child.kill();
        }
        _ = child.wait();
        _ = asking.join();
        written.with_context(|| format!("cannot read the files of {commit}"))?;
        // The root of the tree, so that settings above a named path hold in it.
        fs::create_dir_all(into.join(".git")).context("cannot write a temporary folder")
    }
}

/// `MODE blob OBJECT SIZE<tab>PATH`.
fn entry(line: &[u8]) -> Option<(&str, PathBuf)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = (line.get(..tab)?, line.get(tab + 1..)?);
    let mut words = std::str::from_utf8(head).ok()?.split_ascii_whitespace();
    let (mode, kind, object, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let is_file = kind == "blob" && mode.starts_with("100");
    let path = PathBuf::from(os(path));
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(name) if name != ".git"));
    let fits = size.parse::<u64>().is_ok_and(|size| size <= FILE_LIMIT);
    (is_file && is_plain && fits).then_some((object, path))
}

fn write(from: &mut impl BufRead, entries: &[(&str, PathBuf)], into: &Path) -> Result<()> {
    let mut all = 0;
    for (object, path) in entries {
        let mut head = String::new();
        from.read_line(&mut head)?;
        let mut words = head.split_ascii_whitespace();
        let size = match (words.next(), words.next(), words.next()) {
            (Some(name), Some("blob"), Some(size)) if name == *object => size.parse::<u64>()?,
            _ => bail!("{} is missing in the repository", path.display()),
        };
        all += size;
        if all > LIMIT {
            bail!("it holds more than {LIMIT} bytes");
        }
        let mut bytes = Vec::new();
        from.by_ref().take(size).read_to_end(&mut bytes)?;
        from.read_exact(&mut [0])?;
        let file = into.join(path);
        fs::create_dir_all(file.parent().unwrap_or(into))?;
        fs::write(file, bytes)?;
    }
    Ok(())
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", "core.quotePath=false"])
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    // What another Git, whose hook may have started us, says of its own run.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"] {
        command.env_remove(variable);
    }
    command
}

fn ask(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = program(folder).args(arguments).stdin(Stdio::null()).output();
    let output = output.context("cannot run git, which says what a revision holds")?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let told = String::from_utf8_lossy(&output.stderr);
    match told.trim() {
        "" => Err(anyhow!("git {} ended with {}", arguments.first().copied().unwrap_or(""), output.status)),
        told => Err(anyhow!("{}", told.lines().next().unwrap_or(told))),
    }
}

#[cfg(unix)]
fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

#[cfg(not(unix))]
fn os(bytes: &[u8]) -> &OsStr {
    OsStr::new(std::str::from_utf8(bytes).unwrap_or_default())
}
