//! Trees of files, and the binary run in them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A tree of files in a folder of its own, in which the binary runs.
pub(crate) struct Tree(TempDir);

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    let tree = Tree(TempDir::new().unwrap());
    for (name, text) in files {
        tree.write(name, text);
    }
    tree
}

impl Tree {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The binary, about to run in the tree, with nothing of the environment that could change it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BULKHEAD_") {
                command.env_remove(name);
            }
        }
        // No renderers but those that a test asks for.
        command.env("PATH", "");
        command.env_remove("NO_COLOR").env("COLUMNS", "100").env("RUST_BACKTRACE", "0");
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments))
    }

    /// Runs with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The reader may be gone before it read everything.
        _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Ran::from(child.wait_with_output().unwrap())
    }

    /// The JSON report of a scan, with its exit status.
    pub(crate) fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let mut all = vec!["scan", "-o", "json", "--as-of", "2026-11-30"];
        all.extend(arguments);
        let ran = self.run(&all);
        let report = serde_json::from_str(&ran.stdout);
        (ran.status, report.unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr)))
    }
}

pub(crate) fn ran(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

impl From<std::process::Output> for Ran {
    fn from(output: std::process::Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}---- stderr\n{}---- status {}", self.stdout, self.stderr, self.status)
    }
}

/// `[file]:[line] check field` of each finding.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let finding = |finding: &Value| {
        let at = &finding["at"];
        format!(
            "{}:{} {} {}",
            text(&at["file"]),
            at["line"],
            text(&finding["check"]),
            text(&finding["field"])
        )
    };
    report["findings"].as_array().unwrap().iter().map(finding).collect()
}

/// `kind file:line: message` of each gap.
pub(crate) fn gaps(report: &Value) -> Vec<String> {
    let gap = |gap: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let line = gap["place"]["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        format!("{} {}{line}: {}", text(&gap["kind"]), text(&gap["place"]["file"]), text(&gap["message"]))
    };
    report["coverage"]["gaps"].as_array().unwrap().iter().map(gap).collect()
}

/// A Pod with one finding of `host-network`, which is of medium severity.
pub(crate) const FAULTY: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: faulty, namespace: shop}
spec:
  hostNetwork: true
  containers:
  - name: app
    image: registry.example/app:1.0
";

/// A Pod that `host-network` has nothing against.
pub(crate) const CLEAN: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: clean, namespace: shop}
spec:
  containers:
  - name: app
    image: registry.example/app:1.0
";

/// Few policies, so that a test does not change with the pack.
pub(crate) const ONLY: [&str; 2] = ["--only", "host-network,host-ports"];
