//! The oracle's process: built once from `testbed/oracle`, asked in JSON lines. `testbed/kyverno` is one as well.
//!
//! The binary is kept outside the tree, in `${XDG_CACHE_HOME:-~/.cache}/bulkhead/oracle/SUM`, where SUM
//! is over its sources and Go's version. Its shapes are in `testbed/oracle/README.md`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{TrySendError, sync_channel};
use std::{env, fs, io, thread};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// Tests that need it are skipped by name.
    #[error("Go is missing")]
    NoGo,
    /// Go could not fetch the libraries: skipped as well.
    #[error("Go cannot fetch the libraries: {0}")]
    Offline(String),
    /// The program does not compile.
    #[error("the oracle does not build:\n{0}")]
    Build(String),
    /// A file or pipe failed.
    #[error("cannot {what}")]
    Io {
        /// What was done.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// It stopped answering, or answered something else.
    #[error("the oracle answered {0:?}")]
    Answer(String),
}

impl OracleError {
    /// Whether the machine lacks something, so that a test is skipped and does not fail.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::NoGo | Self::Offline(_))
    }

    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// A running oracle; ends when dropped.
#[derive(Debug)]
pub struct Oracle {
    child: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

/// Questions under way at once; more only cost memory.
const UNDER_WAY: usize = 8192;

impl Oracle {
    /// Builds it where that is not done yet, and starts it.
    pub fn start() -> Result<Self, OracleError> {
        Self::start_program("oracle")
    }

    /// The same with another program of `testbed`.
    pub fn start_program(name: &str) -> Result<Self, OracleError> {
        let program = build(name)?;
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(OracleError::io(format!("start {}", program.display())))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(OracleError::Answer("nothing: it has no pipes".into()));
        };
        Ok(Self {
            child,
            questions: Some(BufWriter::with_capacity(1 << 20, stdin)),
            answers: BufReader::with_capacity(1 << 20, stdout),
        })
    }

    /// Asks one question and waits.
    pub fn ask(&mut self, question: &Value) -> Result<Value, OracleError> {
        let questions = self.questions.as_mut().ok_or_else(|| OracleError::Answer(String::new()))?;
        write_line(questions, question)
            .and_then(|()| questions.flush())
            .map_err(OracleError::io("ask the oracle"))?;
        read_line(&mut self.answers)
    }

    /// Asks many questions, writing and reading at the same time. Each comes with a case of the
    /// caller's, handed back with its answer, in order.
    pub fn ask_all<T: Send>(
        &mut self,
        cases: impl Iterator<Item = (Value, T)> + Send,
        mut judge: impl FnMut(T, Value),
    ) -> Result<(), OracleError> {
        let questions = self.questions.as_mut().ok_or_else(|| OracleError::Answer(String::new()))?;
        let answers = &mut self.answers;
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(UNDER_WAY);
            let writer = scope.spawn(move || -> io::Result<()> {
                for (question, case) in cases {
                    write_line(questions, &question)?;
                    let case = match sender.try_send(case) {
                        Ok(()) => continue,
                        Err(TrySendError::Disconnected(_)) => return Ok(()),
                        Err(TrySendError::Full(case)) => case,
                    };
                    // The reader may wait for the answer to what is still in the buffer.
                    questions.flush()?;
                    if sender.send(case).is_err() {
                        return Ok(());
                    }
                }
                questions.flush()
            });
            for case in receiver {
                judge(case, read_line(answers)?);
            }
            match writer.join() {
                Ok(written) => written.map_err(OracleError::io("ask the oracle")),
                Err(_) => Err(OracleError::Answer("nothing: the generator panicked".into())),
            }
        })
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The end of its input is its end.
        self.questions = None;
        let _ = self.child.wait();
    }
}

fn write_line(to: &mut impl Write, question: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *to, question)?;
    to.write_all(b"\n")
}

fn read_line(from: &mut impl BufRead) -> Result<Value, OracleError> {
    let mut line = String::new();
    from.read_line(&mut line).map_err(OracleError::io("read the oracle's answer"))?;
    serde_json::from_str(&line).map_err(|_| OracleError::Answer(line))
}

fn build(name: &str) -> Result<PathBuf, OracleError> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testbed").join(name);
    let version = match Command::new("go").args(["env", "GOVERSION"]).current_dir(&sources).output() {
        Ok(output) if output.status.success() => output.stdout,
        _ => return Err(OracleError::NoGo),
    };
    let folder = cache_folder().join("bulkhead").join(name).join(sum(&sources, &version)?);
    let program = folder.join(name);
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&folder).map_err(OracleError::io(format!("make {}", folder.display())))?;
    // Several tests may want it at once; the second finds it built.
    let lock = File::create(folder.join("lock")).map_err(OracleError::io("make a lock"))?;
    lock.lock().map_err(OracleError::io("take the lock"))?;
    if program.is_file() {
        return Ok(program);
    }
    let fresh = folder.join(format!("{name}.new"));
    let output = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
        .arg(&fresh)
        .arg(".")
        .current_dir(&sources)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .env("GOFLAGS", env::var("GOFLAGS").unwrap_or_else(|_| "-p=2".into()))
        .output()
        .map_err(OracleError::io("run go build"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let offline = [
            "dial tcp",
            "no such host",
            "connection refused",
            "i/o timeout",
            "proxyconnect",
            "403 Forbidden",
        ];
        return Err(if offline.iter().any(|sign| text.contains(sign)) {
            OracleError::Offline(text.lines().last().unwrap_or_default().into())
        } else {
            OracleError::Build(text)
        });
    }
    fs::rename(&fresh, &program).map_err(OracleError::io(format!("keep {}", program.display())))?;
    Ok(program)
}

fn sum(sources: &Path, version: &[u8]) -> Result<String, OracleError> {
    let failed = || OracleError::io(format!("read {}", sources.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(sources).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if matches!(kind, Some("go" | "mod" | "sum")) {
            files.push(path);
        }
    }
    files.sort();
    let mut digest = Sha256::new();
    digest.update(version);
    for path in files {
        digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update(fs::read(&path).map_err(failed())?);
    }
    let mut text = String::new();
    for byte in digest.finalize().iter().take(8) {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn cache_folder() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
}
