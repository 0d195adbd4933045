//! Programs that the tests use and a fresh machine may lack.
//!
//! A Debian package is installed when we are root and `apt-get` is there; cargo-deny is compiled into the
//! target folder. What cannot be had is a reason to skip, never an error.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{cargo, workspace};

/// A program, and the Debian package that holds it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    package: &'static str,
}

/// libFuzzer is C++.
pub(crate) static CXX: Program = Program { name: "c++", package: "g++" };

/// Finds a program or installs it; otherwise the reason for skipping what needs it.
pub(crate) fn find(program: &Program) -> Result<PathBuf, String> {
    let Program { name, package } = program;
    if let Some(file) = workspace::program(name) {
        return Ok(file);
    }
    let reason = match install(package) {
        Ok(()) => "installing it did not bring it".to_owned(),
        Err(reason) => reason,
    };
    workspace::program(name).ok_or_else(|| {
        format!("no {name} (Debian: apt-get install {package}; not done here because {reason})")
    })
}

fn install(package: &str) -> Result<(), String> {
    let Some(apt) = workspace::program("apt-get") else {
        return Err("this is no Debian system".to_owned());
    };
    let user = workspace::output(Command::new("id").arg("-u")).unwrap_or_default();
    if user.trim() != "0" {
        return Err("only root may".to_owned());
    }
    println!("installing {package}");
    let run = |arguments: &[&str]| {
        let status = Command::new(&apt)
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let wanted = ["install", "--yes", "--no-install-recommends", package];
    // A machine that never asked for the list of packages has none.
    if run(&wanted) || (run(&["update"]) && run(&wanted)) { Ok(()) } else { Err("apt-get failed".to_owned()) }
}

/// A program in Go that tests run, and where its source is.
pub(crate) struct GoProgram {
    pub(crate) name: &'static str,
    module: &'static str,
}

/// What charts and kustomizations are rendered with.
pub(crate) static RENDERERS: [GoProgram; 2] = [
    GoProgram { name: "helm", module: "helm.sh/helm/v4/cmd/helm@v4.3.1" },
    GoProgram { name: "kustomize", module: "sigs.k8s.io/kustomize/kustomize/v5@v5.8.2" },
];

/// Finds a program or builds it with Go, once, outside the tree.
pub(crate) fn go_program(program: &GoProgram) -> Result<PathBuf, String> {
    if let Some(file) = workspace::program(program.name) {
        return Ok(file);
    }
    let Some(go) = workspace::program("go") else {
        return Err("it is not here, and neither is Go to build it".to_owned());
    };
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let folder = cache.ok_or("there is no folder to keep it in")?.join("bulkhead/tools");
    let file = folder.join(program.name);
    if file.is_file() {
        return Ok(file);
    }
    println!("building {} into {}", program.module, folder.display());
    let status = Command::new(go)
        .args(["install", "-trimpath", "-ldflags=-s -w", program.module])
        .env("GOBIN", &folder)
        .env("CGO_ENABLED", "0")
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() && file.is_file() => Ok(file),
        Ok(status) => Err(format!("go install ended with {status}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Finds cargo-deny or compiles it (a minute or two; without optimisation it is fast enough).
pub(crate) fn cargo_deny() -> Result<PathBuf, String> {
    if let Some(file) = workspace::program("cargo-deny") {
        return Ok(file);
    }
    println!("installing cargo-deny into {}", workspace::target().join("tools").display());
    let mut command = cargo::command();
    command
        .args(["install", "cargo-deny", "--locked", "--debug", "--quiet", "--root"])
        .arg(workspace::target().join("tools"))
        .arg("--target-dir")
        .arg(workspace::target().join("tools/build"));
    let built = cargo::finish(&mut command);
    // Some 900 MB that nothing needs again.
    _ = std::fs::remove_dir_all(workspace::target().join("tools/build"));
    built.map_err(|error| format!("cargo-deny is not here and cannot be installed: {error:#}"))?;
    workspace::program("cargo-deny").ok_or_else(|| "cargo install brought no cargo-deny".to_owned())
}
