//! Helm charts: `helm template`, and each document back to the template that it says it comes from.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use bulkhead_document::{Limits, Node, Tree, read};
use bulkhead_model::GapKind;
use tempfile::TempDir;

use super::program::{Failure, Run};
use super::settings::{ChartSettings, Settings};
use super::{RenderOptions, Rendered, gap, note};
use crate::load::load_text;
use crate::reasons;
use crate::sources::{ChartRecord, Sources};

/// A chart's own file is written by hand.
const LIMIT: u64 = 1 << 20;
/// The most files and bytes that are copied of a chart whose dependencies lie beside it.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 256 << 20;

pub(super) fn render(sources: &mut Sources, options: &RenderOptions, settings: &Settings) {
    for chart in std::mem::take(&mut sources.charts) {
        let own = chart.root.join("Chart.yaml");
        let Some(helm) = &options.programs.helm else {
            let message = format!(
                "the chart was not rendered, so its {} not judged: install helm, or pipe `helm template` into `bulkhead scan -`",
                templates(chart.templates)
            );
            gap(sources, GapKind::HELM_MISSING, &own, &message);
            continue;
        };
        let described = Chart::read(&chart.root);
        if described.library {
            let message = "a library chart makes nothing by itself; what uses it is judged";
            note(sources, "library-chart", &own, message);
            continue;
        }
        let bench = Bench { helm, chart: &chart, described: &described, options };
        let mut whole = true;
        for setting in settings.of_chart(&chart.root) {
            if let Err(problem) = bench.render(sources, &setting) {
                whole = false;
                let of = setting.from.as_ref().map_or_else(String::new, |from| format!(" as {from} asks"));
                let message = format!(
                    "the chart could not be rendered{of}, so its {} not judged: {}",
                    templates(chart.templates),
                    problem.message
                );
                gap(sources, problem.kind, &own, &message);
            }
        }
        if whole {
            sources.unskip(reasons::HELM_TEMPLATE, None, chart.templates);
            for (input, count) in &chart.by_input {
                sources.unskip(reasons::HELM_TEMPLATE, Some(*input), *count);
            }
        }
    }
}

fn templates(count: u64) -> String {
    if count == 1 { "one template was".to_owned() } else { format!("{count} templates were") }
}

/// Why a chart was not rendered.
struct Problem {
    kind: GapKind,
    message: String,
}

impl Problem {
    fn new(kind: GapKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(GapKind::NOT_RENDERED, failure.to_string())
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::new(GapKind::NOT_RENDERED, format!("a folder for it could not be made: {error}"))
    }
}

/// What `Chart.yaml` says.
#[derive(Debug, Default)]
struct Chart {
    name: String,
    library: bool,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    repository: String,
}

impl Chart {
    fn read(root: &Path) -> Self {
        let own = tree(&root.join("Chart.yaml"));
        // Charts of version 1 keep their dependencies in a file of their own.
        let older = tree(&root.join("requirements.yaml"));
        let text =
            |node: Node<'_>, field| node.get(field).and_then(Node::as_str).unwrap_or_default().to_owned();
        let dependencies = [&own, &older]
            .into_iter()
            .flatten()
            .flat_map(|tree| tree.root().get("dependencies").into_iter().flat_map(Node::items));
        let dependencies = dependencies
            .map(|node| Dependency { name: text(node, "name"), repository: text(node, "repository") })
            .filter(|dependency| !dependency.name.is_empty())
            .collect();
        let of_own = |field| own.as_ref().map(|tree| text(tree.root(), field)).unwrap_or_default();
        Self { name: of_own("name"), library: of_own("type") == "library", dependencies }
    }
}

fn tree(file: &Path) -> Option<Tree> {
    let text = load_text(file, LIMIT).ok()?;
    read(text.into(), &Limits::default()).next()?.ok()
}

/// Whether a dependency lies among a chart's own files.
fn has(root: &Path, dependency: &str) -> bool {
    let charts = root.join("charts");
    if charts.join(dependency).is_dir() {
        return true;
    }
    let prefix = format!("{dependency}-");
    fs::read_dir(&charts).into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.strip_suffix(".tgz")
            .is_some_and(|name| name == dependency || name.starts_with(&prefix))
    })
}

struct Bench<'b> {
    helm: &'b Path,
    chart: &'b ChartRecord,
    described: &'b Chart,
    options: &'b RenderOptions,
}

impl Bench<'_> {
    fn render(&self, sources: &mut Sources, setting: &ChartSettings) -> Result<(), Problem> {
        let home = TempDir::new()?;
        let root = self.whole_chart(&home)?;
        let release = setting.release.as_deref().unwrap_or(&self.described.name);
        let release = if release.is_empty() { "release" } else { release };
        let namespace = setting.namespace.as_deref().or(self.options.default_namespace.as_deref());
        let mut values = setting.values.clone();
        for file in &values {
            let inside = file.canonicalize().map(|real| real.starts_with(&self.chart.tree));
            if !inside.unwrap_or(false) {
                let message = format!("its values file {} is not in the tree", file.display());
                return Err(Problem::new(GapKind::NOT_RENDERED, message));
            }
        }
        for (number, text) in setting.inline.iter().enumerate() {
            let file = home.path().join(format!("values-{number}.yaml"));
            fs::write(&file, text)?;
            values.push(file);
        }
        let mut arguments: Vec<&OsStr> = ["template", release].map(OsStr::new).into();
        arguments.push(root.as_os_str());
        // Tests are not part of what runs, and a schema may name an address to fetch.
        arguments.extend(
            ["--skip-tests", "--skip-schema-validation", "--kube-version", &self.options.kubernetes_version]
                .map(OsStr::new),
        );
        // Without a name an object would seem to be meant for the namespace `default`.
        arguments.extend(["--namespace", namespace.unwrap_or(release)].map(OsStr::new));
        for file in &values {
            arguments.extend([OsStr::new("--values"), file.as_os_str()]);
        }
        for (set, is_text) in &setting.sets {
            arguments.extend([if *is_text { "--set-string" } else { "--set" }, set].map(OsStr::new));
        }
        let mut run = Run {
            program: self.helm,
            arguments,
            home: home.path(),
            remote: false,
            allowed: self.options.allowed(),
        };
        let output = match run.output() {
            Err(Failure::Refused(_, talk)) if talk.contains("unknown flag: --skip-schema-validation") => {
                run.arguments.retain(|argument| *argument != "--skip-schema-validation");
                run.output()?
            }
            output => output?,
        };
        self.add(sources, &output);
        Ok(())
    }

    /// The chart with its dependencies: where it stands, or a copy with what lies beside it put in.
    fn whole_chart(&self, home: &TempDir) -> Result<PathBuf, Problem> {
        check_links(&self.chart.root, &self.chart.tree)?;
        let missing = |root: &Path, chart: &Chart| -> Vec<(String, String)> {
            let missing = chart.dependencies.iter().filter(|dependency| !has(root, &dependency.name));
            missing
                .map(|dependency| (dependency.name.clone(), dependency.repository.clone()))
                .collect()
        };
        let lacks = missing(&self.chart.root, self.described);
        if lacks.is_empty() {
            return Ok(self.chart.root.clone());
        }
        let copy = home.path().join("chart");
        let mut budget = (MOST_FILES, MOST_BYTES);
        self.complete(&self.chart.root, &copy, lacks, 0, &mut budget)?;
        Ok(copy)
    }

    fn complete(
        &self,
        root: &Path,
        copy: &Path,
        lacks: Vec<(String, String)>,
        depth: usize,
        budget: &mut (usize, u64),
    ) -> Result<(), Problem> {
        if depth > 8 {
            return Err(Problem::new(GapKind::NOT_RENDERED, "its dependencies lead too deep"));
        }
        copy_folder(root, copy, budget)?;
        let mut remote = Vec::new();
        for (name, repository) in lacks {
            let Some(beside) = repository.strip_prefix("file://") else {
                remote.push(name);
                continue;
            };
            let real =
                root.join(beside).canonicalize().ok().filter(|real| real.starts_with(&self.chart.tree));
            let Some(real) = real else {
                let message = format!("its dependency {name} is not in the tree ({repository})");
                return Err(Problem::new(GapKind::NOT_RENDERED, message));
            };
            check_links(&real, &self.chart.tree)?;
            let inner = Chart::read(&real);
            let lacks = inner
                .dependencies
                .iter()
                .filter(|dependency| !has(&real, &dependency.name))
                .map(|dependency| (dependency.name.clone(), dependency.repository.clone()))
                .collect();
            self.complete(&real, &copy.join("charts").join(&name), lacks, depth + 1, budget)?;
        }
        if remote.is_empty() {
            return Ok(());
        }
        if !self.options.allow_remote {
            let message = format!(
                "its {} {} not in the tree: run `helm dependency build {}`, or allow it with --allow-remote",
                if remote.len() == 1 { "dependency" } else { "dependencies" },
                match remote.as_slice() {
                    [one] => format!("{one} is"),
                    many => format!("{} are", many.join(", ")),
                },
                self.chart.root.display()
            );
            return Err(Problem::new(GapKind::REMOTE_DEPENDENCY, message));
        }
        let home = TempDir::new()?;
        let arguments = vec![OsStr::new("dependency"), OsStr::new("update"), copy.as_os_str()];
        let allowed = self.options.allowed();
        Run { program: self.helm, arguments, home: home.path(), remote: true, allowed }.output()?;
        Ok(())
    }

    /// Adds what was made, a file for each template.
    fn add(&self, sources: &mut Sources, output: &str) {
        let inputs = sources.input_set(self.chart.by_input.keys().copied().collect());
        for (template, text) in by_template(output) {
            let original = load_text(&self.chart.root.join(&template), LIMIT).ok();
            let rendered = match original {
                Some(original) => Rendered::template(text.into(), &original),
                None => Rendered::whole(text.into()),
            };
            sources.add_rendered(self.chart.folder, &template, inputs, rendered);
        }
    }
}

/// What a chart made, by template: its path within the chart, and its documents.
fn by_template(output: &str) -> BTreeMap<PathBuf, String> {
    const MARK: &str = "# Source: ";
    let mut files = BTreeMap::<PathBuf, String>::new();
    let mut current = PathBuf::from("templates");
    let mut after_line = false;
    for line in output.split_inclusive('\n') {
        let plain = line.trim_end();
        if plain == "---" {
            after_line = true;
            continue;
        }
        if let Some(source) = plain.strip_prefix(MARK).filter(|_| after_line) {
            // The first name is the chart's.
            let parts = Path::new(source).components().filter(|part| matches!(part, Component::Normal(_)));
            current = parts.skip(1).collect();
        }
        let text = files.entry(current.clone()).or_default();
        if after_line {
            text.push_str("---\n");
            after_line = false;
        }
        text.push_str(line);
    }
    files
}

/// A link out of the tree would let a chart show files of this machine.
fn check_links(root: &Path, tree: &Path) -> Result<(), Problem> {
    let mut left = MOST_FILES;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Some(rest) = left.checked_sub(1) else {
                return Err(Problem::new(
                    GapKind::LIMIT_REACHED,
                    format!("it has more than {MOST_FILES} files"),
                ));
            };
            left = rest;
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    let inside = path.canonicalize().is_ok_and(|real| real.starts_with(tree));
                    if !inside {
                        let message = format!("{} is a link that leads out of the tree", path.display());
                        return Err(Problem::new(GapKind::NOT_RENDERED, message));
                    }
                }
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ => (),
            }
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path, budget: &mut (usize, u64)) -> Result<(), Problem> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let data = path.metadata()?;
        if data.is_dir() && !entry.file_type()?.is_symlink() {
            copy_folder(&path, &copy, budget)?;
        } else if data.is_file() {
            let (files, bytes) = (budget.0.checked_sub(1), budget.1.checked_sub(data.len()));
            let Some(left) = files.zip(bytes) else {
                let message = format!("it has more than {MOST_FILES} files or {MOST_BYTES} bytes");
                return Err(Problem::new(GapKind::LIMIT_REACHED, message));
            };
            *budget = left;
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}
