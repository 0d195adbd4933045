//! Which files differ from a revision: `--changed-since`.
//!
//! What charts and kustomizations make is judged in any case: it may have changed by files that are no manifests.
//! Where settings or exceptions changed, all that they hold for is judged.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bulkhead_source::{SETTINGS, SourceFile};

use crate::exceptions::folder_of;
use crate::git::Repository;

/// What is to be judged.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    files: HashSet<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Changed {
    /// Asks Git of the repositories that the paths belong to.
    pub(crate) fn since(revision: &str, paths: &[PathBuf]) -> Result<Self> {
        let mut asked: Vec<Repository> = Vec::new();
        let mut changed = Self::default();
        for path in paths {
            if path.as_os_str() == "-" {
                bail!("--changed-since {revision}: standard input has no earlier revision");
            }
            let repository = Repository::around(path).context("--changed-since")?;
            if !asked.contains(&repository) {
                let commit = repository.commit(revision).context("--changed-since")?;
                changed.files.extend(repository.changed(&commit).context("--changed-since")?);
                asked.push(repository);
            }
        }
        let mut folders: Vec<PathBuf> = changed.files.iter().filter_map(|file| settled_in(file)).collect();
        folders.sort();
        changed.folders = folders;
        Ok(changed)
    }

    /// Adds the folder of a file that decides for all below, where the file changed.
    pub(crate) fn decides(&mut self, file: &SourceFile<'_>) {
        if self.holds(file) {
            self.folders.push(folder_of(file));
        }
    }

    /// Whether a file is to be judged.
    pub(crate) fn holds(&self, file: &SourceFile<'_>) -> bool {
        if file.stdin || file.rendered.is_some() {
            return true;
        }
        let folder = folder_of(file);
        let name = file.path.file_name().unwrap_or_default();
        self.folders.iter().any(|changed| folder.starts_with(changed))
            || self.files.contains(&folder.join(name))
    }
}

fn settled_in(file: &Path) -> Option<PathBuf> {
    let is_settings = file.file_name().is_some_and(|name| name == SETTINGS);
    if is_settings { file.parent().map(Path::to_owned) } else { None }
}
