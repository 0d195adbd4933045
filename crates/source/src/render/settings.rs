//! With which values, name and namespace a chart or kustomization is meant to be rendered.
//!
//! Settings files say it, and so do the objects by which Argo CD and Flux deploy what lies in the same tree:
//! Application and `ApplicationSet`, `HelmRelease` and Kustomization. What they name elsewhere is none of this tree's.

mod argo;
mod flux;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bulkhead_document::{Limits, Node, read};

use super::RenderOptions;
use crate::load::load_text;
use crate::sources::Sources;
use crate::walk::text;

/// How a chart is rendered once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartSettings {
    /// The chart's folder, absolute.
    pub chart: PathBuf,
    /// The release's name; the chart's where there is none.
    pub release: Option<String>,
    /// The release's namespace.
    pub namespace: Option<String>,
    /// Files with values, later ones over earlier ones.
    pub values: Vec<PathBuf>,
    /// Values as YAML or JSON, over those of the files.
    pub inline: Vec<String>,
    /// Single values as `helm --set` takes them, and whether they are text whatever they look like.
    pub sets: Vec<(String, bool)>,
    /// Who asks for it, for people.
    pub from: Option<Arc<str>>,
}

/// All that is known of what is to be rendered.
#[derive(Debug, Default)]
pub(super) struct Settings {
    charts: HashMap<PathBuf, Vec<ChartSettings>>,
    /// The namespaces to build a kustomization for.
    kustomizations: HashMap<PathBuf, Vec<Option<String>>>,
}

impl Settings {
    /// Each way to render a chart; one without any settings where nothing is said.
    pub(super) fn of_chart(&self, root: &Path) -> Vec<ChartSettings> {
        let real = crate::walk::open_path(root).canonicalize().unwrap_or_default();
        self.charts.get(&real).cloned().unwrap_or_else(|| vec![ChartSettings::default()])
    }

    /// For which namespaces a kustomization is asked for by name.
    pub(super) fn of_kustomization(&self, real: &Path) -> &[Option<String>] {
        self.kustomizations.get(real).map_or(&[], Vec::as_slice)
    }

    fn add_chart(&mut self, settings: ChartSettings) {
        let all = self.charts.entry(settings.chart.clone()).or_default();
        let same = |known: &ChartSettings| ChartSettings { from: None, ..known.clone() };
        if !all.iter().any(|known| same(known) == same(&settings)) {
            all.push(settings);
        }
    }

    fn add_kustomization(&mut self, real: PathBuf, namespace: Option<String>) {
        let all = self.kustomizations.entry(real).or_default();
        if !all.contains(&namespace) {
            all.push(namespace);
        }
    }
}

/// What can be rendered, by its real folder, with the tree that each belongs to.
pub(super) struct Known<'k> {
    charts: Vec<(PathBuf, &'k Path)>,
    kustomizations: Vec<(&'k Path, &'k Path)>,
}

impl Known<'_> {
    /// The chart that a path from the root of a tree names.
    fn chart(&self, path: &str) -> Option<&Path> {
        let is_it = |(real, tree): &&(PathBuf, &Path)| is_same(tree, path, real);
        self.charts.iter().find(is_it).map(|(real, _)| real.as_path())
    }

    /// A file named from the root of a chart's tree on.
    fn beside(&self, chart: &Path, file: &str) -> Option<PathBuf> {
        let (_, tree) = self.charts.iter().find(|(real, _)| real == chart)?;
        Some(crate::kustomize::resolve(tree, file.trim_start_matches('/')))
    }

    /// The paths of what can be rendered that a pattern of folders names: `apps/*`.
    fn folders(&self, pattern: &str) -> impl Iterator<Item = String> {
        let charts = self.charts.iter().map(|(real, tree)| (real.as_path(), *tree));
        let all = charts.chain(self.kustomizations.iter().copied());
        let paths = all.filter_map(|(real, tree)| Some(text(real.strip_prefix(tree).ok()?).to_string()));
        let pattern: Vec<String> = pattern.trim_matches('/').split('/').map(str::to_owned).collect();
        paths.filter(move |path| {
            let parts: Vec<&str> = path.split('/').collect();
            parts.len() == pattern.len()
                && parts.iter().zip(&pattern).all(|(part, wanted)| is_like(part, wanted))
        })
    }

    fn kustomization(&self, path: &str) -> Option<&Path> {
        self.kustomizations
            .iter()
            .find(|(real, tree)| is_same(tree, path, real))
            .map(|(real, _)| *real)
    }
}

/// Whether a name is like a pattern with `*` in it. Each part is taken where it comes first, so that no
/// pattern costs more than its length times the name's.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return name == pattern };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut name) = name.strip_prefix(before).and_then(|name| name.strip_suffix(last)) else {
        return false;
    };
    middle.split('*').all(|part| match name.split_once(part) {
        Some((_, after)) => {
            name = after;
            true
        }
        None => false,
    })
}

#[test]
fn patterns_of_folders() {
    assert!(is_like("web", "*") && is_like("web-prod", "web-*") && is_like("web", "web"));
    assert!(is_like("a-b-c", "a*b*c") && !is_like("web", "web-*") && !is_like("ab", "ab*b"));
}

fn is_same(tree: &Path, path: &str, real: &Path) -> bool {
    crate::kustomize::resolve(tree, path.trim_start_matches('/')) == real
}

/// The largest file in which an Application is looked for.
const LIMIT: u64 = 4 << 20;

/// Reads what the tree and settings files say.
pub(super) fn gather(sources: &Sources, options: &RenderOptions) -> Settings {
    let mut settings = Settings::default();
    for chart in &options.charts {
        let real = chart.chart.canonicalize().unwrap_or_else(|_| chart.chart.clone());
        settings.add_chart(ChartSettings { chart: real, ..chart.clone() });
    }
    if sources.charts.is_empty() && sources.kustomizations.is_empty() {
        return settings;
    }
    let real = |root: &Path| crate::walk::open_path(root).canonicalize().unwrap_or_default();
    let known = Known {
        charts: sources.charts.iter().map(|chart| (real(&chart.root), chart.tree.as_path())).collect(),
        kustomizations: sources
            .kustomizations
            .iter()
            .map(|record| (record.real.as_path(), record.tree.as_path()))
            .collect(),
    };
    for file in (0..sources.len()).filter_map(|number| sources.file(number)) {
        if file.stdin || file.rendered.is_some() {
            continue;
        }
        let Ok(source) = load_text(&file.path, LIMIT) else { continue };
        let has = |word: &str| memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_some();
        if !has("argoproj.io/") && !has("toolkit.fluxcd.io/") {
            continue;
        }
        let name = text(&file.path);
        for tree in read(source.into(), &Limits::default()).flatten() {
            let root = tree.root();
            let version = root.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
            let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
            let from: Arc<str> = format!("{kind} in {name}").into();
            match (version.split('/').next().unwrap_or_default(), kind) {
                ("argoproj.io", "Application") => argo::application(root, &known, &from, &mut settings),
                ("argoproj.io", "ApplicationSet") => argo::set(root, &known, &from, &mut settings),
                ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                    flux::helm_release(root, &known, &from, &mut settings);
                }
                ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                    flux::kustomization(root, &known, &mut settings);
                }
                _ => (),
            }
        }
    }
    settings
}

fn word(node: Node<'_>, path: &[&str]) -> Option<String> {
    node.at(path).and_then(Node::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A mapping of values as a values file has it.
fn inline(node: Option<Node<'_>>) -> Option<String> {
    let node = node.filter(|node| node.is_mapping())?;
    serde_json::to_string(&node).ok()
}
