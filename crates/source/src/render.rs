//! Charts and kustomizations, rendered by the programs that people render them with.
//!
//! What a chart's templates or a kustomization make is judged in place of the files that they are made
//! from, and each finding is pointed back to those ([`Rendered::locate`]). Nothing is fetched and nothing of the
//! tree is run but templates: no plugins, no post-renderers, no remote bases. What was not rendered is a gap
//! that says what to do.

mod fields;
mod helm;
mod kustomize;
mod lines;
mod program;
mod settings;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bulkhead_document::{Limits, Tree, read};
use bulkhead_model::{Gap, GapKind, Location, Note, Place};

use crate::sources::Sources;
use crate::walk::text;
use lines::LineMap;
pub use program::Programs;
pub use settings::ChartSettings;

/// How charts and kustomizations are rendered.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// The programs; without one, what it would render is a gap.
    pub programs: Programs,
    /// What settings files say of single charts.
    pub charts: Vec<ChartSettings>,
    /// The version of Kubernetes that charts are told, such as `1.35.0`.
    pub kubernetes_version: String,
    /// The namespace of charts for which nothing names one.
    pub default_namespace: Option<Arc<str>>,
    /// Whether programs may fetch bases and dependencies.
    pub allow_remote: bool,
    /// When everything has to be done.
    pub deadline: Option<Instant>,
}

impl RenderOptions {
    /// A program that takes longer for one chart is ended.
    const MOST: Duration = Duration::from_mins(1);

    fn allowed(&self) -> Duration {
        self.deadline
            .map_or(Self::MOST, |deadline| deadline.saturating_duration_since(Instant::now()).min(Self::MOST))
    }
}

/// What a program made of a file.
#[derive(Debug)]
pub struct Rendered {
    /// The documents.
    pub text: Arc<str>,
    from: From,
}

#[derive(Debug)]
enum From {
    /// A template, line by line.
    Template(LineMap),
    /// Objects of a file, changed.
    Objects(Objects),
    /// Something that has no lines of its own to point to.
    Whole,
}

#[derive(Debug)]
struct Objects {
    file: Arc<str>,
    original: OnceLock<Vec<Tree>>,
    made: OnceLock<Vec<Tree>>,
}

impl Rendered {
    fn template(text: Arc<str>, template: &str) -> Self {
        let lines = LineMap::new(&text, template);
        Self { text, from: From::Template(lines) }
    }

    fn objects(text: Arc<str>, original: Arc<str>) -> Self {
        let objects = Objects { file: original, original: OnceLock::new(), made: OnceLock::new() };
        Self { text, from: From::Objects(objects) }
    }

    fn whole(text: Arc<str>) -> Self {
        Self { text, from: From::Whole }
    }

    /// Whether it was made of objects, which a kustomization can patch.
    pub fn is_of_objects(&self) -> bool {
        matches!(self.from, From::Objects(_))
    }

    /// Turns a place in the text into the place in the file that it comes from, as near as that can be
    /// told: for a template the line, for an object the field.
    pub fn locate(&self, at: &mut Location, field: &str) {
        match &self.from {
            From::Template(lines) => lines.locate(at),
            From::Objects(objects) => {
                let made = objects.made.get_or_init(|| trees(&self.text));
                let original = objects.original.get_or_init(|| trees(&objects.file));
                let made = made.get(at.document as usize);
                let found = made.and_then(|made| fields::place(original, made, field));
                place(at, found.unwrap_or_default());
            }
            From::Whole => place(at, (1, 1, 1, 2)),
        }
    }

    /// The same for a gap.
    pub fn locate_gap(&self, gap: &mut Place) {
        let (Some(file), Some(line)) = (&gap.file, gap.line) else { return };
        let column = gap.column.unwrap_or(1);
        let mut at = Location {
            file: file.clone(),
            document: gap.document,
            line,
            column,
            end_line: line,
            end_column: column + 1,
        };
        self.locate(&mut at, gap.field.as_deref().unwrap_or(""));
        gap.line = Some(at.line);
        gap.column = gap.column.map(|_| at.column);
    }
}

fn place(at: &mut Location, (line, column, end_line, end_column): (u32, u32, u32, u32)) {
    (at.line, at.column) = (line.max(1), column.max(1));
    (at.end_line, at.end_column) = (end_line.max(at.line), end_column.max(at.column + 1));
}

fn trees(text: &Arc<str>) -> Vec<Tree> {
    read(text.clone(), &Limits::default()).flatten().collect()
}

/// Renders what a walk found, or says why it was not.
pub fn render(sources: &mut Sources, options: &RenderOptions) {
    let settings = settings::gather(sources, options);
    kustomize::render(sources, options, &settings);
    helm::render(sources, options, &settings);
    sources.sort();
    sources.coverage.notes.sort();
    sources.coverage.gaps.sort();
}

/// Says of everything that a walk found that it was not rendered.
pub fn leave_unrendered(sources: &mut Sources) {
    for chart in std::mem::take(&mut sources.charts) {
        let message = match chart.templates {
            1 => "the chart was not rendered: its one template was not judged".to_owned(),
            templates => format!("the chart was not rendered: its {templates} templates were not judged"),
        };
        note(sources, "chart-not-rendered", &chart.root.join("Chart.yaml"), &message);
    }
    for kustomization in std::mem::take(&mut sources.kustomizations) {
        let message =
            "the kustomization was not built: its resources are judged as they stand, without its patches";
        note(sources, "kustomization-not-built", &kustomization.file, message);
    }
    sources.coverage.notes.sort();
}

fn note(sources: &mut Sources, kind: &str, file: &Path, message: &str) {
    let place = Place { file: Some(text(file)), ..Place::default() };
    sources.coverage.notes.push(Note { kind: kind.into(), place, message: message.into() });
}

fn gap(sources: &mut Sources, kind: GapKind, file: &Path, message: &str) {
    let place = Place { file: Some(text(file)), ..Place::default() };
    sources
        .coverage
        .gaps
        .push(Gap { kind, place, checks: Vec::new(), message: message.into() });
}

#[cfg(test)]
mod tests;
