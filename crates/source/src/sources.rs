//! What a walk found: files in the order of their paths, and which named path each belongs to.
//!
//! A tree can hold millions of files, so a file is a few words here and becomes a [`SourceFile`] when it
//! is its turn.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bulkhead_model::{Coverage, Skipped};

use crate::render::Rendered;
use crate::walk::Scope;

/// The name of standard input, on the command line and in reports.
pub const STDIN: &str = "-";

/// A path as it was named.
#[derive(Debug, Clone)]
pub struct NamedPath {
    /// The name, for people; `-` is standard input.
    pub name: Arc<str>,
    /// What the walk left out below it.
    pub skipped: Skipped,
}

/// A file to be read.
#[derive(Debug, Clone)]
pub struct SourceFile<'a> {
    /// What to open.
    pub path: PathBuf,
    /// For people and reports, with forward slashes.
    pub name: Arc<str>,
    /// The settings that hold for it.
    pub scope: Scope,
    /// The named paths that it belongs to, by number.
    pub inputs: &'a [u32],
    /// It is standard input.
    pub stdin: bool,
    /// It belongs to a Helm chart.
    pub chart: bool,
    /// It lies among a chart's templates; only where it was named by hand.
    pub template: bool,
    /// What a program made of it: this is read in place of the file.
    pub rendered: Option<&'a Rendered>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Sources {
    folders: Vec<FolderRecord>,
    files: Vec<FileRecord>,
    /// The sets of named paths; the first ones hold one path each.
    input_sets: Vec<Vec<u32>>,
    input_numbers: HashMap<Vec<u32>, u32>,
    rendered: Vec<Rendered>,
    /// Charts that hold templates, outermost ones only, sorted by path.
    pub(crate) charts: Vec<ChartRecord>,
    /// Kustomizations, sorted by path.
    pub(crate) kustomizations: Vec<KustomizationRecord>,
    /// The paths in the order they were named.
    pub inputs: Vec<NamedPath>,
    /// What the walk left out, what it has to say, and where it could not go.
    pub coverage: Coverage,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct FolderRecord {
    pub(crate) shown: PathBuf,
    pub(crate) real: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) chart: bool,
    pub(crate) templates: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct FileRecord {
    pub(crate) folder: u32,
    pub(crate) name: Box<OsStr>,
    /// Which set of named paths.
    pub(crate) inputs: u32,
    pub(crate) stdin: bool,
    /// What a program made of it, by number.
    pub(crate) rendered: Option<u32>,
}

impl FileRecord {
    /// As it is shown and opened. What was rendered is named from the folder of its chart or kustomization
    /// on, and may lie beside that.
    fn path(&self, folder: &FolderRecord) -> PathBuf {
        let path = folder.shown.join(&*self.name);
        if self.rendered.is_none() {
            return path;
        }
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir
                    if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
                {
                    _ = plain.pop();
                }
                part => plain.push(part),
            }
        }
        plain
    }
}

/// A chart that was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChartRecord {
    /// Its folder, as it is shown and opened.
    pub(crate) root: PathBuf,
    /// The tree that it belongs to, absolute and without links.
    pub(crate) tree: PathBuf,
    pub(crate) folder: u32,
    /// Templates in it.
    pub(crate) templates: u64,
    /// The same by named path.
    pub(crate) by_input: BTreeMap<u32, u64>,
}

impl ChartRecord {
    pub(crate) fn new(root: PathBuf, tree: PathBuf, folder: u32) -> Self {
        Self { root, tree, folder, ..Self::default() }
    }

    /// Counts a template, `new` where no other named path led to it.
    pub(crate) fn count(&mut self, input: u32, new: bool) {
        self.templates += u64::from(new);
        *self.by_input.entry(input).or_default() += 1;
    }
}

/// A kustomization that was found.
#[derive(Debug, Clone)]
pub(crate) struct KustomizationRecord {
    /// The file, as it is shown and opened.
    pub(crate) file: PathBuf,
    /// Its folder, absolute and without links.
    pub(crate) real: PathBuf,
    /// The tree that it belongs to, absolute and without links.
    pub(crate) tree: PathBuf,
    pub(crate) folder: u32,
    /// The named path that led here.
    pub(crate) input: u32,
}

impl Sources {
    pub(crate) fn new(inputs: Vec<NamedPath>) -> Self {
        let input_sets: Vec<Vec<u32>> = (0..).zip(&inputs).map(|(number, _)| vec![number]).collect();
        let input_numbers = input_sets.iter().cloned().zip(0..).collect();
        Self { input_sets, input_numbers, inputs, ..Self::default() }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A file by its place in the order.
    pub fn file(&self, number: usize) -> Option<SourceFile<'_>> {
        let file = self.files.get(number)?;
        let folder = self.folders.get(file.folder as usize)?;
        let path = file.path(folder);
        Some(SourceFile {
            name: crate::walk::text(&path),
            path,
            scope: folder.scope,
            inputs: self.input_sets.get(file.inputs as usize).map_or(&[], Vec::as_slice),
            stdin: file.stdin,
            chart: folder.chart,
            template: folder.templates,
            rendered: file.rendered.and_then(|number| self.rendered.get(number as usize)),
        })
    }

    pub(crate) fn add_folder(&mut self, folder: FolderRecord) -> u32 {
        self.folders.push(folder);
        number(self.folders.len() - 1)
    }

    pub(crate) fn set_folder(&mut self, number: u32, folder: FolderRecord) {
        if let Some(place) = self.folders.get_mut(number as usize) {
            *place = folder;
        }
    }

    pub(crate) fn add_file(&mut self, file: FileRecord) -> usize {
        self.files.push(file);
        self.files.len() - 1
    }

    /// A file belongs to a further named path.
    pub(crate) fn share(&mut self, place: usize, input: u32) {
        let Some(file) = self.files.get(place) else {
            return;
        };
        let mut set = self.input_sets.get(file.inputs as usize).cloned().unwrap_or_default();
        if let Err(at) = set.binary_search(&input) {
            set.insert(at, input);
        }
        let set = self.input_set(set);
        if let Some(file) = self.files.get_mut(place) {
            file.inputs = set;
        }
    }

    /// Counts what is left out of a named path, and once for the whole.
    pub(crate) fn skip(&mut self, reason: &str, input: u32, new: bool) {
        if let Some(input) = self.inputs.get_mut(input as usize) {
            *input.skipped.entry(reason.into()).or_default() += 1;
        }
        if new {
            self.coverage.skip(reason);
        }
    }

    pub(crate) fn real_paths(&self) -> impl Iterator<Item = (PathBuf, usize)> + '_ {
        self.files.iter().zip(0..).filter_map(|(file, number)| {
            let folder = self.folders.get(file.folder as usize).filter(|_| !file.stdin)?;
            Some((folder.real.join(&*file.name), number))
        })
    }

    /// Takes up what was found to be rendered, each once, in the order of its path.
    pub(crate) fn settle_rendered(
        &mut self,
        charts: Vec<ChartRecord>,
        kustomizations: Vec<KustomizationRecord>,
    ) {
        let mut by_root = BTreeMap::<PathBuf, ChartRecord>::new();
        for chart in charts {
            let known = by_root.entry(chart.root.clone());
            let known = known
                .or_insert_with(|| ChartRecord::new(chart.root.clone(), chart.tree.clone(), chart.folder));
            known.templates += chart.templates;
            for (input, count) in chart.by_input {
                *known.by_input.entry(input).or_default() += count;
            }
        }
        self.charts = by_root.into_values().filter(|chart| chart.templates > 0).collect();
        self.kustomizations = kustomizations;
        self.kustomizations.sort_by(|left, right| left.file.cmp(&right.file));
        self.kustomizations.dedup_by(|left, right| left.file == right.file);
    }

    /// Adds what a program made, to be read in place of a file below a folder.
    pub(crate) fn add_rendered(&mut self, folder: u32, name: &Path, inputs: u32, rendered: Rendered) {
        self.rendered.push(rendered);
        let rendered = Some(number(self.rendered.len() - 1));
        self.files
            .push(FileRecord { folder, name: name.as_os_str().into(), inputs, stdin: false, rendered });
    }

    /// The number of the set that holds these named paths.
    pub(crate) fn input_set(&mut self, inputs: Vec<u32>) -> u32 {
        let sets = &mut self.input_sets;
        *self.input_numbers.entry(inputs.clone()).or_insert_with(|| {
            sets.push(inputs);
            number(sets.len() - 1)
        })
    }

    /// Takes back what was counted as left out.
    pub(crate) fn unskip(&mut self, reason: &str, input: Option<u32>, count: u64) {
        let skipped = match input {
            None => Some(&mut self.coverage.skipped),
            Some(input) => self.inputs.get_mut(input as usize).map(|input| &mut input.skipped),
        };
        if let Some(skipped) = skipped
            && let Some(counted) = skipped.get_mut(reason)
        {
            *counted = counted.saturating_sub(count);
            if *counted == 0 {
                skipped.remove(reason);
            }
        }
    }

    /// Takes out files that are not to be read by themselves, for a reason.
    pub(crate) fn leave_out(&mut self, named: &HashSet<PathBuf>, reason: &str) {
        let folders: HashSet<&Path> = named.iter().filter_map(|path| path.parent()).collect();
        let (mut kept, mut left_out) = (Vec::with_capacity(self.files.len()), Vec::new());
        for file in std::mem::take(&mut self.files) {
            let real = self.folders.get(file.folder as usize).map_or(Path::new(""), |folder| &folder.real);
            let is_named =
                file.rendered.is_none() && folders.contains(real) && named.contains(&real.join(&*file.name));
            if is_named {
                left_out.push(file.inputs);
            } else {
                kept.push(file);
            }
        }
        self.files = kept;
        for set in left_out {
            let inputs = self.input_sets.get(set as usize).cloned().unwrap_or_default();
            for (input, place) in inputs.into_iter().zip(0..) {
                self.skip(reason, input, place == 0);
            }
        }
    }

    /// Brings the files into the order of their paths.
    pub(crate) fn sort(&mut self) {
        let mut files = std::mem::take(&mut self.files);
        files.sort_by_cached_key(|file| {
            self.folders.get(file.folder as usize).map(|folder| file.path(folder))
        });
        self.files = files;
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
