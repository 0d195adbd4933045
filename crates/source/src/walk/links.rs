//! Symbolic links, settled once everything else was found.
//!
//! What a link leads to is read once: under its own name where the walk reaches it, else under the
//! link's. No link leads out of the tree (see [`super::tree`]), and one that leads to a folder above
//! itself is a gap, for it promises what cannot be read to its end.

use std::collections::HashMap;
use std::ffi::OsStr;

use super::folder::Folder;
use super::{Walker, wanted};
use crate::load::{LoadError, examine, special};
use crate::reasons;

pub(super) struct Link {
    folder: Folder,
    name: Box<OsStr>,
    input: u32,
}

impl Link {
    pub(super) fn new(folder: &Folder, name: &OsStr, input: u32) -> Self {
        Self { folder: folder.clone(), name: name.into(), input }
    }
}

impl Walker<'_> {
    pub(super) fn settle_links(&mut self) {
        while !self.links.is_empty() {
            self.disordered = true;
            if self.seen.is_none() {
                let found = self.sources.real_paths().map(|(path, number)| (path, Some(number)));
                self.seen = Some(found.collect::<HashMap<_, _>>());
            }
            for link in std::mem::take(&mut self.links) {
                if let Err(error) = self.settle(&link)
                    && (wanted(&link.name) || matches!(error, LoadError::Loop))
                {
                    self.gap(&link.folder.shown.join(&*link.name), &error);
                }
            }
        }
    }

    fn settle(&mut self, link: &Link) -> Result<(), LoadError> {
        let Link { folder, name, input } = link;
        let path = folder.real.join(&**name);
        let metadata = examine(&path)?;
        let target = path.canonicalize()?;
        let inside = target.starts_with(&folder.tree);
        if metadata.is_dir() {
            if folder.real.starts_with(&target) {
                return Err(LoadError::Loop);
            } else if !inside {
                self.skip(&path, reasons::LINK_OUTSIDE, *input);
            } else if target.ancestors().any(|above| self.roots.contains(above)) {
                self.skip(&path, reasons::LINK, *input);
            } else {
                self.roots.insert(target.clone());
                let folder = self.named_folder(&folder.shown.join(&**name), &target);
                self.folder(folder, *input);
            }
            return Ok(());
        }
        if !wanted(name) {
            return Ok(());
        }
        if let Some(special) = special(metadata.file_type()) {
            return Err(LoadError::Special(special));
        }
        let read = self.seen.as_ref().is_some_and(|seen| matches!(seen.get(&target), Some(Some(_))));
        if read {
            self.skip(&path, reasons::LINK, *input);
        } else if !inside {
            self.skip(&path, reasons::LINK_OUTSIDE, *input);
        } else if folder.templates {
            self.skip(&path, reasons::HELM_TEMPLATE, *input);
        } else {
            self.add(folder, name, *input);
            if let Some(seen) = &mut self.seen {
                let number = seen.get(&path).copied().flatten();
                seen.insert(target, number);
            }
        }
        Ok(())
    }
}
