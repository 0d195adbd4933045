//! Running a renderer: a fixed program with fixed arguments, without a shell, without this machine's
//! settings, within limits.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The most that a program may write.
const MOST_OUTPUT: u64 = 64 << 20;
/// The most that is kept of what it complains.
const MOST_TALK: u64 = 64 << 10;

/// The renderers of this machine.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// `helm`, version 3 or newer.
    pub helm: Option<PathBuf>,
    /// `kustomize`, or `kubectl`, which has it built in.
    pub kustomize: Option<PathBuf>,
}

impl Programs {
    /// Looks for them in the folders of `PATH`.
    pub fn find() -> Self {
        Self { helm: on_path("helm"), kustomize: on_path("kustomize").or_else(|| on_path("kubectl")) }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // An empty entry means the current folder, which may be the tree that is judged.
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(&name)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// Why a program gave nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0} cannot be started: {1}")]
    Start(String, io::Error),
    #[error("{0} was not done after {1} seconds")]
    Time(String, u64),
    #[error("{0} wrote more than {MOST_OUTPUT} bytes")]
    Output(String),
    /// With what it said last.
    #[error("{0}: {1}")]
    Refused(String, String),
}

/// What a program is run with.
pub(super) struct Run<'r> {
    pub(super) program: &'r Path,
    pub(super) arguments: Vec<&'r OsStr>,
    /// A folder of ours that stands for the user's home, so that plugins and settings are not found.
    pub(super) home: &'r Path,
    /// Whether it may reach beyond this machine: it then gets the proxy's settings.
    pub(super) remote: bool,
    pub(super) allowed: Duration,
}

impl Run<'_> {
    /// What it wrote.
    pub(super) fn output(&self) -> Result<String, Failure> {
        let name = || self.program.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into());
        let mut child = self.command().spawn().map_err(|error| Failure::Start(name(), error))?;
        let out = collect(child.stdout.take(), MOST_OUTPUT + 1);
        let talk = collect(child.stderr.take(), MOST_TALK);
        let deadline = Instant::now() + self.allowed;
        let result = out.recv_timeout(self.allowed);
        let is_large = result.as_ref().is_ok_and(|output| output.len() as u64 > MOST_OUTPUT);
        if result.is_err() || is_large {
            end(&mut child);
        }
        let Ok(output) = result else { return Err(Failure::Time(name(), self.allowed.as_secs())) };
        if is_large {
            return Err(Failure::Output(name()));
        }
        let Some(success) = wait(&mut child, deadline) else {
            end(&mut child);
            return Err(Failure::Time(name(), self.allowed.as_secs()));
        };
        if success {
            return Ok(String::from_utf8_lossy(&output).into_owned());
        }
        let talk = talk.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        Err(Failure::Refused(name(), words(&String::from_utf8_lossy(&talk))))
    }

    fn command(&self) -> Command {
        const KEPT: [&str; 5] = ["PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"];
        const PROXY: [&str; 6] =
            ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
        let mut command = Command::new(self.program);
        command.args(&self.arguments).env_clear();
        let kept = KEPT.iter().chain(PROXY.iter().filter(|_| self.remote));
        command.envs(kept.filter_map(|name| Some((name, std::env::var_os(name)?))));
        for name in [
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_DATA_HOME",
            "HELM_CONFIG_HOME",
            "HELM_CACHE_HOME",
            "HELM_DATA_HOME",
            "HELM_PLUGINS",
            "KUSTOMIZE_PLUGIN_HOME",
        ] {
            command.env(name, self.home);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let mut pipe = pipe.take(most);
            // What came before an error is all there is.
            _ = pipe.read_to_end(&mut bytes);
            _ = sender.send(bytes);
            // A program that goes on writing is not to die of it before it is ended.
            _ = io::copy(&mut pipe.into_inner(), &mut io::sink());
        }
    });
    receiver
}

fn wait(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
            Ok(None) => return None,
            Err(_) => return Some(false),
        }
    }
}

fn end(child: &mut Child) {
    _ = child.kill();
    _ = child.wait();
}

/// What a program complained, on one line and not too much of it.
fn words(talk: &str) -> String {
    let lines = talk.lines().map(str::trim).filter(|line| !line.is_empty());
    let useful = lines.filter(|line| !line.starts_with("level=") && !line.starts_with("Use --debug"));
    let text = useful.collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches("Error: ");
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None if text.is_empty() => "it failed without a word".to_owned(),
        None => text.to_owned(),
    }
}
