//! Finding the files to read below the paths that were named.
//!
//! The order is that of the paths, compared name by name, whatever order the file system or the command
//! line has. Hidden folders are read like all others; those of version control (`.git`, `.hg`, `.jj`,
//! `.svn`) are not. Nothing here blocks: only folders, ignore files and kustomizations are opened.

mod folder;
mod links;
mod tree;

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::FileType;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bulkhead_model::{Coverage, Gap, Place, Skipped};

use crate::load::{LoadError, examine, load_text, special};
use crate::rules::PathRules;
use crate::sources::{ChartRecord, FileRecord, FolderRecord, KustomizationRecord, NamedPath, STDIN, Sources};
use crate::{kustomize, reasons};
use folder::Folder;
use links::Link;

/// Which settings hold in a folder; numbers are given out by whoever reads the settings.
pub type Scope = u32;

/// The name of the file in a tree that holds our settings for its folder.
pub const SETTINGS: &str = "bulkhead.yaml";

/// Reads the settings that stand in the tree itself.
pub trait TreeSettings {
    /// Says which scope holds in the folder of a `bulkhead.yaml`, and which paths below it are read.
    /// `shown` is the file's name for people, `outer` the scope of the folder above. Files come outer
    /// before inner, and the same one again when several named paths lie below it.
    fn enter(&mut self, file: &Path, shown: &str, outer: Scope) -> (Scope, PathRules);
}

/// Settings of a tree are not asked for.
impl TreeSettings for () {
    fn enter(&mut self, _: &Path, _: &str, outer: Scope) -> (Scope, PathRules) {
        (outer, PathRules::default())
    }
}

/// Finds what is to be read.
///
/// `outer` are path rules that hold everywhere, `settings` reads each `bulkhead.yaml`. What cannot be
/// entered or is no file is a gap in [`Sources::coverage`]; the rest is still found.
pub fn walk(paths: &[PathBuf], outer: &PathRules, settings: &mut dyn TreeSettings) -> Sources {
    let mut walker = Walker::new(paths, outer, settings);
    for (path, input) in paths.iter().zip(0..) {
        walker.named(path, input);
    }
    walker.settle_links();
    walker.finish()
}

/// Whether a file in a folder is read for its name alone.
fn wanted(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or("");
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
        || kustomize::FILE_NAMES.iter().any(|known| name == *known)
}

struct Walker<'a> {
    here: PathBuf,
    outer: &'a PathRules,
    settings: &'a mut dyn TreeSettings,
    sources: Sources,
    charts: Vec<ChartRecord>,
    kustomizations: Vec<KustomizationRecord>,
    patches: HashSet<PathBuf>,
    links: Vec<Link>,
    roots: HashSet<PathBuf>,
    /// Where several paths are named: what was found before, by its real path, and its number if it is read.
    seen: Option<HashMap<PathBuf, Option<usize>>>,
    /// Files came from somewhere else than one walk in order.
    disordered: bool,
}

enum Sort {
    File,
    Folder,
    Link,
    Special(&'static str),
}

impl From<FileType> for Sort {
    fn from(kind: FileType) -> Self {
        if kind.is_dir() {
            Self::Folder
        } else if kind.is_symlink() {
            Self::Link
        } else {
            special(kind).map_or(Self::File, Self::Special)
        }
    }
}

impl<'a> Walker<'a> {
    fn new(paths: &[PathBuf], outer: &'a PathRules, settings: &'a mut dyn TreeSettings) -> Self {
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        let named = |path: &PathBuf| NamedPath { name: text(&plain(path)), skipped: Skipped::new() };
        Self {
            here,
            outer,
            settings,
            sources: Sources::new(paths.iter().map(named).collect()),
            charts: Vec::new(),
            kustomizations: Vec::new(),
            patches: HashSet::new(),
            links: Vec::new(),
            roots: HashSet::new(),
            seen: (paths.len() > 1).then(HashMap::new),
            disordered: paths.len() > 1,
        }
    }

    fn named(&mut self, path: &Path, input: u32) {
        if path == Path::new(STDIN) {
            let folder = self.sources.add_folder(FolderRecord::default());
            self.sources.add_file(FileRecord {
                folder,
                name: OsStr::new(STDIN).into(),
                inputs: input,
                stdin: true,
                rendered: None,
            });
            return;
        }
        let shown = plain(path);
        let found = examine(path).and_then(|metadata| {
            let real = path.canonicalize()?;
            Ok((Sort::from(metadata.file_type()), real))
        });
        match found {
            Ok((Sort::Folder, real)) => {
                self.roots.insert(real.clone());
                let folder = self.named_folder(&shown, &real);
                self.folder(folder, input);
            }
            Ok((Sort::Special(name), _)) => self.gap(&shown, &LoadError::Special(name)),
            Ok((Sort::File | Sort::Link, _)) => {
                // The link stands where it was named, whatever it leads to.
                let parent = shown.parent().map(Path::to_owned).unwrap_or_default();
                let real = open_path(&parent).canonicalize().unwrap_or_else(|_| parent.clone());
                let mut folder = self.named_folder(&parent, &real);
                self.take_up_unlisted(&mut folder);
                self.add(&folder, shown.file_name().unwrap_or_default(), input);
            }
            Err(error) => self.gap(&shown, &error),
        }
    }

    /// Walks a folder. The folders that are open stand on a stack, not on the thread's own.
    fn folder(&mut self, mut folder: Folder, input: u32) {
        let entries = self.list(&folder);
        self.enter(&mut folder, &entries, input);
        let mut open = vec![(folder, entries.into_iter())];
        while let Some((folder, entries)) = open.last_mut() {
            let Some((name, sort)) = entries.next() else {
                open.pop();
                continue;
            };
            if let Some(mut inner) = self.entry(folder, &name, &sort, input) {
                let entries = self.list(&inner);
                self.enter(&mut inner, &entries, input);
                open.push((inner, entries.into_iter()));
            }
        }
    }

    fn entry(&mut self, folder: &Folder, name: &OsStr, sort: &Sort, input: u32) -> Option<Folder> {
        let is_folder = matches!(sort, Sort::Folder);
        let is_link = matches!(sort, Sort::Link);
        if is_folder && tree::VERSION_CONTROL.iter().any(|known| name == *known)
            || !is_folder && !is_link && !wanted(name)
        {
            return None;
        }
        if let Some(reason) = folder.leaves_out(name, is_folder) {
            if !is_link || wanted(name) {
                self.skip(&folder.real.join(name), reason, input);
            }
            return None;
        }
        match sort {
            Sort::Folder => {
                return Some(folder.inner(name, self.sources.add_folder(FolderRecord::default())));
            }
            Sort::Link => self.links.push(Link::new(folder, name, input)),
            Sort::Special(special) => self.gap(&folder.shown.join(name), &LoadError::Special(special)),
            Sort::File => match folder.chart.filter(|_| folder.templates) {
                Some(chart) => {
                    let new = self.skip(&folder.real.join(name), reasons::HELM_TEMPLATE, input);
                    if let Some(chart) = self.charts.get_mut(chart) {
                        chart.count(input, new);
                    }
                }
                None => self.add(folder, name, input),
            },
        }
        None
    }

    /// What a folder holds, sorted by name.
    fn list(&mut self, folder: &Folder) -> Vec<(Box<OsStr>, Sort)> {
        let mut entries = Vec::new();
        let listed = std::fs::read_dir(open_path(&folder.shown)).and_then(|listing| {
            for entry in listing {
                let entry = entry?;
                entries.push((entry.file_name().into_boxed_os_str(), Sort::from(entry.file_type()?)));
            }
            Ok(())
        });
        if let Err(error) = listed {
            self.gap(&folder.shown, &error.into());
        }
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        entries
    }

    /// Takes up what the files of a folder say of it.
    fn enter(&mut self, folder: &mut Folder, entries: &[(Box<OsStr>, Sort)], input: u32) {
        let has =
            |name: &str| entries.binary_search_by(|entry| entry.0.as_ref().cmp(OsStr::new(name))).is_ok();
        self.take_up(folder, has);
        for name in kustomize::FILE_NAMES.into_iter().filter(|name| has(name)) {
            self.kustomizations.push(KustomizationRecord {
                file: folder.shown.join(name),
                real: folder.real.clone(),
                tree: folder.tree.clone(),
                folder: folder.number,
                input,
            });
        }
    }

    /// The same for a folder that is above the named ones, too: `has` says whether a name is in it.
    fn take_up(&mut self, folder: &mut Folder, has: impl Fn(&str) -> bool) {
        folder.take_up_ignores(&has);
        if has("Chart.yaml") {
            folder.chart_here = true;
            if folder.chart.is_none() {
                folder.chart = Some(self.charts.len());
                self.charts
                    .push(ChartRecord::new(folder.shown.clone(), folder.tree.clone(), folder.number));
            }
        }
        if has(SETTINGS) && !folder.holds(SETTINGS) {
            // A mistake in it would be told with what stands there.
            self.gap(&folder.shown.join(SETTINGS), &LoadError::Outside);
        } else if has(SETTINGS) {
            let file = folder.shown.join(SETTINGS);
            let (scope, rules) = self.settings.enter(&folder.real.join(SETTINGS), &text(&file), folder.scope);
            folder.scope = scope;
            folder.paths.add(&folder.real, &rules);
        }
        for name in kustomize::FILE_NAMES.into_iter().filter(|name| has(name)) {
            let text = load_text(&folder.real.join(name), 1 << 20).unwrap_or_default();
            let named = kustomize::patches(&text);
            self.patches.extend(named.iter().map(|patch| kustomize::resolve(&folder.real, patch)));
        }
        self.sources.set_folder(folder.number, folder.record());
    }

    fn add(&mut self, folder: &Folder, name: &OsStr, input: u32) {
        let file = FileRecord {
            folder: folder.number,
            name: name.into(),
            inputs: input,
            stdin: false,
            rendered: None,
        };
        let Some(seen) = &mut self.seen else {
            self.sources.add_file(file);
            return;
        };
        let entry = seen.entry(folder.real.join(name)).or_insert(None);
        match *entry {
            Some(number) => self.sources.share(number, input),
            None => *entry = Some(self.sources.add_file(file)),
        }
    }

    /// Counts what is left out; `false` when another named path led here before.
    fn skip(&mut self, real: &Path, reason: &str, input: u32) -> bool {
        let new = match &mut self.seen {
            Some(seen) if seen.contains_key(real) => false,
            Some(seen) => seen.insert(real.to_owned(), None).is_none(),
            None => true,
        };
        self.sources.skip(reason, input, new);
        new
    }

    fn gap(&mut self, shown: &Path, error: &LoadError) {
        let shown = if shown.as_os_str().is_empty() { Path::new(".") } else { shown };
        self.sources.coverage.gaps.push(gap(&text(shown), error));
    }

    fn finish(mut self) -> Sources {
        let (charts, kustomizations) =
            (std::mem::take(&mut self.charts), std::mem::take(&mut self.kustomizations));
        self.sources.settle_rendered(charts, kustomizations);
        let Self { mut sources, patches, disordered, .. } = self;
        if !patches.is_empty() {
            sources.leave_out(&patches, reasons::KUSTOMIZE_PATCH);
        }
        if disordered {
            sources.sort();
        }
        let Coverage { gaps, .. } = &mut sources.coverage;
        gaps.sort();
        sources
    }
}

/// A gap for a file that gave no text.
pub fn gap(name: &Arc<str>, error: &LoadError) -> Gap {
    let place = Place { file: Some(name.clone()), line: error.line(), ..Place::default() };
    Gap { kind: error.kind(), place, checks: Vec::new(), message: format!("{name} {error}").into() }
}

/// A path as it is shown and opened: without `.` in it, and empty for the current directory.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// What the system takes for a path that may be empty.
pub(crate) fn open_path(shown: &Path) -> &Path {
    if shown.as_os_str().is_empty() { Path::new(".") } else { shown }
}

/// With forward slashes, what is not Unicode replaced.
pub(crate) fn text(path: &Path) -> Arc<str> {
    let text = open_path(path).to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/").into()
    }
}
