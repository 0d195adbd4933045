//! Kustomizations: `kustomize build`, and each object back to the file that it began in.
//!
//! Only those are built that no other one names: a base is judged as its overlays make it. What they
//! reach is then not judged by itself. The build runs on a kustomization of ours in a folder of ours, which names
//! the real one and asks for annotations that say where each object comes from.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use bulkhead_document::{Kind, Limits, Node, Tree, read};
use bulkhead_model::GapKind;
use tempfile::TempDir;

use super::program::{Failure, Run};
use super::settings::Settings;
use super::{RenderOptions, Rendered, gap};
use crate::kustomize::{FILE_NAMES, resolve};
use crate::load::load_text;
use crate::reasons;
use crate::sources::{KustomizationRecord, Sources};

const LIMIT: u64 = 1 << 20;
/// How many kustomizations one may reach.
const MOST_REACHED: usize = 1_000;
/// The annotation that says where an object comes from.
const ORIGIN: &str = "config.kubernetes.io/origin";

pub(super) fn render(sources: &mut Sources, options: &RenderOptions, settings: &Settings) {
    let all = std::mem::take(&mut sources.kustomizations);
    let read: Vec<Kustomization> = all.iter().map(|record| Kustomization::read(&record.real)).collect();
    let named: HashSet<PathBuf> = read
        .iter()
        .zip(&all)
        .flat_map(|(kustomization, record)| kustomization.folders(&record.real))
        .collect();
    let mut reached_files = HashSet::new();
    for (record, kustomization) in all.iter().zip(&read) {
        // A component changes what others bring, and makes nothing alone.
        let asked = settings.of_kustomization(&record.real);
        if kustomization.component || named.contains(&record.real) && asked.is_empty() {
            continue;
        }
        let built = reach(record, options.allow_remote).and_then(|reach| {
            let Some(program) = &options.programs.kustomize else {
                let message =
                    "install kustomize or kubectl, or pipe `kustomize build` into `bulkhead scan -`";
                return Err((GapKind::KUSTOMIZE_MISSING, message.to_owned()));
            };
            if asked.is_empty() {
                add(sources, record, &build(program, record, None, options)?);
            }
            for namespace in asked {
                add(sources, record, &build(program, record, namespace.as_deref(), options)?);
            }
            Ok(reach)
        });
        match built {
            Ok(reach) => reached_files.extend(reach),
            Err((kind, problem)) => {
                let message = format!(
                    "the kustomization was not built, so its resources are judged as they stand, without its patches: {problem}"
                );
                gap(sources, kind, &record.file, &message);
            }
        }
    }
    if !reached_files.is_empty() {
        sources.leave_out(&reached_files, reasons::RENDERED);
    }
}

type Problem = (GapKind, String);

/// What a kustomization says.
#[derive(Debug, Default)]
struct Kustomization {
    component: bool,
    /// What `resources`, `bases` and `components` name.
    resources: Vec<String>,
    /// Something to fetch that any field names.
    address: Option<String>,
}

impl Kustomization {
    fn read(folder: &Path) -> Self {
        let file = FILE_NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file());
        let text = file.and_then(|file| load_text(&file, LIMIT).ok()).unwrap_or_default();
        let Some(Ok(tree)) = read(text.into(), &Limits { documents: 1, ..Limits::default() }).next() else {
            return Self::default();
        };
        let root = tree.root();
        let lists = ["resources", "bases", "components"];
        let resources = lists.iter().flat_map(|field| root.get(field).into_iter().flat_map(Node::items));
        Self {
            component: root.get("kind").and_then(Node::as_str) == Some("Component"),
            resources: resources.filter_map(Node::as_str).map(str::to_owned).collect(),
            address: address(root),
        }
    }

    /// The folders that it names.
    fn folders(&self, own: &Path) -> Vec<PathBuf> {
        let folders = self.resources.iter().map(|resource| resolve(own, resource));
        folders.filter(|path| path.is_dir()).filter_map(|path| path.canonicalize().ok()).collect()
    }
}

/// An address that kustomize would read a file from.
fn address(root: Node<'_>) -> Option<String> {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match node.kind() {
            Kind::Text(text) if text.starts_with("http://") || text.starts_with("https://") => {
                return Some(text.to_owned());
            }
            Kind::Sequence(_) => open.extend(node.items()),
            // Labels, annotations and literals may hold addresses that nobody reads.
            Kind::Mapping(_) => {
                const READ: [&str; 14] = [
                    "resources",
                    "bases",
                    "components",
                    "crds",
                    "configurations",
                    "transformers",
                    "generators",
                    "validators",
                    "openapi",
                    "path",
                    "patches",
                    "patchesStrategicMerge",
                    "patchesJson6902",
                    "replacements",
                ];
                let read = node.entries().filter(|(name, _)| READ.contains(name));
                open.extend(read.map(|(_, value)| value));
            }
            _ => (),
        }
    }
    None
}

/// The files that a build reads as resources; or why it must not run.
fn reach(record: &KustomizationRecord, allow_remote: bool) -> Result<HashSet<PathBuf>, Problem> {
    let mut files = HashSet::new();
    let mut seen = BTreeSet::from([record.real.clone()]);
    let mut open = vec![record.real.clone()];
    while let Some(folder) = open.pop() {
        let kustomization = Kustomization::read(&folder);
        if let Some(address) = kustomization.address.filter(|_| !allow_remote) {
            return Err(remote(&address));
        }
        for resource in &kustomization.resources {
            let path = resolve(&folder, resource);
            let Ok(real) = path.canonicalize() else {
                if allow_remote {
                    continue;
                }
                let is_remote = ["://", "git@", "?ref=", "git::"].iter().any(|mark| resource.contains(mark))
                    || resource
                        .split('/')
                        .next()
                        .is_some_and(|host| host.contains('.') && !host.starts_with('.'))
                        && resource.contains('/');
                return Err(if is_remote {
                    remote(resource)
                } else {
                    (GapKind::NOT_RENDERED, format!("it names {resource}, which is not there"))
                });
            };
            if !real.starts_with(&record.tree) {
                return Err((
                    GapKind::NOT_RENDERED,
                    format!("it names {resource}, which is out of the tree"),
                ));
            }
            if real.is_file() {
                files.insert(real);
            } else if seen.insert(real.clone()) {
                if seen.len() > MOST_REACHED {
                    let message = format!("it reaches more than {MOST_REACHED} others");
                    return Err((GapKind::LIMIT_REACHED, message));
                }
                open.push(real);
            }
        }
    }
    Ok(files)
}

fn remote(address: &str) -> Problem {
    let message = format!("it needs {address}, which would have to be fetched: allow it with --allow-remote");
    (GapKind::REMOTE_DEPENDENCY, message)
}

fn build(
    program: &Path,
    record: &KustomizationRecord,
    namespace: Option<&str>,
    options: &RenderOptions,
) -> Result<String, Problem> {
    let failed = |message: String| (GapKind::NOT_RENDERED, message);
    let home = TempDir::new().and_then(|home| Ok((home.path().canonicalize()?, home)));
    let (real, home) = home.map_err(|error| failed(format!("a folder for it could not be made: {error}")))?;
    let resource = relative(&real, &record.real);
    let resource = resource.to_str().ok_or_else(|| failed("its path is not UTF-8".to_owned()))?;
    let namespace = namespace.map(|name| format!("namespace: {}\n", quoted(name))).unwrap_or_default();
    let ours = format!("resources: [{}]\nbuildMetadata: [originAnnotations]\n{namespace}", quoted(resource));
    fs::write(real.join("kustomization.yaml"), ours).map_err(|error| failed(error.to_string()))?;
    let is_kubectl = program.file_stem() == Some(OsStr::new("kubectl"));
    let verb = OsStr::new(if is_kubectl { "kustomize" } else { "build" });
    let run = Run {
        program,
        arguments: vec![verb, real.as_os_str()],
        home: home.path(),
        remote: options.allow_remote,
        allowed: options.allowed(),
    };
    run.output().map_err(|failure| match failure {
        Failure::Refused(name, talk) => failed(format!("{name}: {}", without_ours(&talk, &real))),
        other => failed(other.to_string()),
    })
}

fn quoted(text: &str) -> serde_json::Value {
    // JSON's text in quotes is YAML's.
    text.into()
}

/// What kustomize says is about our folder first; nobody knows that one.
fn without_ours(talk: &str, ours: &Path) -> String {
    talk.replace(&*ours.to_string_lossy(), "…")
}

/// The way from one absolute folder to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(left, right)| left == right).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

/// Adds what was built, a file for each file that objects come from.
fn add(sources: &mut Sources, record: &KustomizationRecord, output: &str) {
    let inputs = sources.input_set(vec![record.input]);
    let mut files = BTreeMap::<Option<PathBuf>, String>::new();
    for tree in read(output.into(), &Limits::default()).flatten() {
        let (origin, text) = origin(&tree);
        // Paths begin at our folder, which is gone; they end below the tree.
        let origin = origin.and_then(|path| in_tree(&record.tree, &path));
        let all = files.entry(origin).or_default();
        all.push_str("---\n");
        all.push_str(&text);
        if !all.ends_with('\n') {
            all.push('\n');
        }
    }
    let own = record.file.file_name().map(PathBuf::from).unwrap_or_default();
    for (origin, text) in files {
        let from_file = origin.as_deref().filter(|path| !FILE_NAMES.iter().any(|name| path.ends_with(name)));
        let original = from_file.and_then(|path| load_text(path, 64 << 20).ok());
        let name = match origin {
            // Shown below the folder as it was named.
            Some(path) => relative(&record.real, &path),
            None => own.clone(),
        };
        let rendered = match original {
            Some(original) => Rendered::objects(text.into(), original.into()),
            None => Rendered::whole(text.into()),
        };
        sources.add_rendered(record.folder, &name, inputs, rendered);
    }
}

/// Where an object says it comes from, and its text without that.
fn origin(tree: &Tree) -> (Option<PathBuf>, String) {
    let whole = tree.extent().of(tree.source());
    let annotations = tree.root().at(&["metadata", "annotations"]);
    let entry = annotations.and_then(|annotations| {
        annotations.raw_entries().iter().find(|entry| tree.key_name(entry.key) == ORIGIN)
    });
    let Some(entry) = entry else { return (None, whole.to_owned()) };
    let value = tree.node(entry.value);
    let said = value.as_str().unwrap_or_default();
    let said = read(said.into(), &Limits::default()).next().and_then(Result::ok);
    let origin = said.as_ref().and_then(|said| {
        let root = said.root();
        let path = root.get("path").or_else(|| root.get("configuredIn"));
        path.and_then(Node::as_str).map(PathBuf::from)
    });
    (origin, without_lines(whole, tree.position(entry.span.start).line - tree.first_line()))
}

/// A document without the entry that begins on a line, counted from 0, and without the mapping around
/// it where that holds nothing else. kustomize writes each entry on lines of its own.
fn without_lines(document: &str, line: u32) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = document.lines().collect();
    let mut first = line as usize;
    let Some(own) = lines.get(first).map(|line| indent(line)) else { return document.to_owned() };
    let inner = |line: &&&str| indent(line) > own || line.trim().is_empty();
    let end = first + 1 + lines.iter().skip(first + 1).take_while(inner).count();
    let is_last = lines.get(end).is_none_or(|line| indent(line) < own);
    let above = first.checked_sub(1).and_then(|above| lines.get(above));
    if is_last && above.is_some_and(|line| indent(line) < own) {
        first -= 1;
    }
    let kept = lines.iter().take(first).chain(lines.iter().skip(end));
    kept.flat_map(|line| [*line, "\n"]).collect()
}

/// A path that begins anywhere, as a file below the tree.
fn in_tree(tree: &Path, path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let absolute: PathBuf = Path::new("/").join(parts.iter().collect::<PathBuf>());
    let candidates = (0..parts.len()).map(|skip| tree.join(parts[skip..].iter().collect::<PathBuf>()));
    std::iter::once(absolute)
        .chain(candidates)
        .find(|path| path.is_file() && path.starts_with(tree))
}
