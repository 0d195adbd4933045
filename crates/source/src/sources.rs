//! What a walk found: files in the order of their paths, and which named path each belongs to.
//!
//! A tree can hold millions of files, so a file is a few words here and becomes a [`SourceFile`] when it
//! is its turn.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bulkhead_model::{Coverage, Skipped};

use crate::reasons;
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
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Sources {
    folders: Vec<FolderRecord>,
    files: Vec<FileRecord>,
    /// The sets of named paths; the first ones hold one path each.
    input_sets: Vec<Vec<u32>>,
    input_numbers: HashMap<Vec<u32>, u32>,
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
        let path = folder.shown.join(&*file.name);
        Some(SourceFile {
            name: crate::walk::text(&path),
            path,
            scope: folder.scope,
            inputs: self.input_sets.get(file.inputs as usize).map_or(&[], Vec::as_slice),
            stdin: file.stdin,
            chart: folder.chart,
            template: folder.templates,
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
    pub(crate) fn share(&mut self, file: usize, input: u32) {
        let Some(file) = self.files.get_mut(file) else {
            return;
        };
        let mut set = self.input_sets.get(file.inputs as usize).cloned().unwrap_or_default();
        if let Err(at) = set.binary_search(&input) {
            set.insert(at, input);
        }
        let sets = &mut self.input_sets;
        file.inputs = *self.input_numbers.entry(set.clone()).or_insert_with(|| {
            sets.push(set);
            number(sets.len() - 1)
        });
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

    /// Takes out what a kustomization names as patches.
    pub(crate) fn leave_out_patches(&mut self, patches: &HashSet<PathBuf>) {
        let folders: HashSet<&Path> = patches.iter().filter_map(|patch| patch.parent()).collect();
        let (mut kept, mut left_out) = (Vec::with_capacity(self.files.len()), Vec::new());
        for file in std::mem::take(&mut self.files) {
            let real = self.folders.get(file.folder as usize).map_or(Path::new(""), |folder| &folder.real);
            let is_patch = folders.contains(real) && patches.contains(&real.join(&*file.name));
            if is_patch {
                left_out.push(file.inputs);
            } else {
                kept.push(file);
            }
        }
        self.files = kept;
        for set in left_out {
            let inputs = self.input_sets.get(set as usize).cloned().unwrap_or_default();
            for (input, place) in inputs.into_iter().zip(0..) {
                self.skip(reasons::KUSTOMIZE_PATCH, input, place == 0);
            }
        }
    }

    /// Brings the files into the order of their paths.
    pub(crate) fn sort(&mut self) {
        let mut files = std::mem::take(&mut self.files);
        files.sort_by_cached_key(|file| {
            self.folders.get(file.folder as usize).map(|folder| folder.shown.join(&*file.name))
        });
        self.files = files;
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
