//! A folder of the walk, with what holds in it.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::Scope;
use crate::reasons;
use crate::rules::{IgnoreFiles, PathLayers, git_excludes};
use crate::sources::FolderRecord;

#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    /// As it is shown and opened; empty for the current directory.
    pub(super) shown: PathBuf,
    /// Absolute, without links.
    pub(super) real: PathBuf,
    /// How far links may lead out of it.
    pub(super) tree: PathBuf,
    pub(super) ignores: IgnoreFiles,
    pub(super) paths: PathLayers,
    pub(super) scope: Scope,
    /// The outermost chart that it belongs to.
    pub(super) chart: Option<usize>,
    /// A chart, that one or another within it, begins here.
    pub(super) chart_here: bool,
    /// It holds a chart's templates.
    pub(super) templates: bool,
    pub(super) number: u32,
}

impl Folder {
    pub(super) fn inner(&self, name: &OsStr, number: u32) -> Self {
        Self {
            shown: self.shown.join(name),
            real: self.real.join(name),
            templates: self.templates || self.chart_here && name == "templates",
            chart_here: false,
            number,
            ..self.clone()
        }
    }

    pub(super) fn record(&self) -> FolderRecord {
        FolderRecord {
            shown: self.shown.clone(),
            real: self.real.clone(),
            scope: self.scope,
            chart: self.chart.is_some(),
            templates: self.templates,
        }
    }

    /// Why something in the folder is left out, if it is.
    pub(super) fn leaves_out(&self, name: &OsStr, is_folder: bool) -> Option<&'static str> {
        if self.ignores.is_empty() && self.paths.is_empty() {
            return None;
        }
        let path = self.real.join(name);
        if self.ignores.ignores(&path, is_folder) {
            Some(reasons::IGNORED)
        } else {
            self.paths.excludes(&path, is_folder).then_some(reasons::EXCLUDED)
        }
    }

    /// Whether a file, or what it links to, is in the tree.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.real.join(name).canonicalize().is_ok_and(|file| file.starts_with(&self.tree))
    }

    pub(super) fn take_up_ignores(&mut self, has: &impl Fn(&str) -> bool) {
        if has(".git") {
            // A repository within another one knows nothing of its ignore files.
            self.ignores = IgnoreFiles::default();
            if let Some(file) = git_excludes(&self.real) {
                self.ignores.add(&self.real, &file);
            }
        }
        if has(".gitignore") {
            self.ignores.add(&self.real, &self.real.join(".gitignore"));
        }
    }
}
