//! The tree that a named path belongs to: what stands above it holds in it, too.
//!
//! That tree is the Git repository around the path; without one the current directory, if the path lies
//! in it; else the path alone. Nothing above it is looked at, and no link leads out of it: a manifest
//! from a stranger's branch cannot make a report show files of the machine that judges it.

use std::path::{Path, PathBuf};

use super::Walker;
use crate::rules::{IgnoreFiles, PathLayers};
use crate::sources::FolderRecord;
use crate::walk::folder::Folder;

/// Folders of version control. They hold no files of the tree.
pub(super) const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

impl Walker<'_> {
    /// A folder that was named, with what the folders above it bring. What was named is read, also where
    /// those would leave it out; then none of their ignore files hold in it.
    pub(super) fn named_folder(&mut self, shown: &Path, real: &Path) -> Folder {
        let tree = self.tree_of(real);
        let mut folder = Folder { tree: tree.clone(), ..Folder::default() };
        folder.paths.add(&tree, self.outer);
        let (mut ignored, mut excluded) = (false, false);
        let mut above: Vec<&Path> =
            real.ancestors().skip(1).take_while(|folder| folder.starts_with(&tree)).collect();
        above.reverse();
        let steps = above.into_iter().map(Path::to_owned).chain([real.to_owned()]);
        for step in steps {
            let number = self.sources.add_folder(FolderRecord::default());
            let is_named = step == real;
            ignored |= folder.ignores.ignores(&step, true);
            excluded |= folder.paths.excludes(&step, true);
            let name = step.file_name().unwrap_or_default();
            let mut inner = folder.inner(name, number);
            inner.shown = if is_named { shown.to_owned() } else { self.show(&step) };
            inner.real = step;
            if is_named {
                if ignored {
                    inner.ignores = IgnoreFiles::default();
                }
                if excluded {
                    inner.paths = PathLayers::default();
                }
                self.sources.set_folder(number, inner.record());
                return inner;
            }
            let real = inner.real.clone();
            self.take_up(&mut inner, |name| real.join(name).symlink_metadata().is_ok());
            folder = inner;
        }
        folder
    }

    /// Takes up a folder whose listing is not wanted.
    pub(super) fn take_up_unlisted(&mut self, folder: &mut Folder) {
        let real = folder.real.clone();
        self.take_up(folder, |name| real.join(name).symlink_metadata().is_ok());
    }

    fn tree_of(&self, real: &Path) -> PathBuf {
        let repository = real.ancestors().find(|folder| folder.join(".git").exists());
        let tree = repository.unwrap_or(if real.starts_with(&self.here) { &self.here } else { real });
        tree.to_owned()
    }

    fn show(&self, real: &Path) -> PathBuf {
        real.strip_prefix(&self.here).unwrap_or(real).to_owned()
    }
}
