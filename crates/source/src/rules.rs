//! Which paths a walk leaves out: ignore files of Git, and the path rules of our own configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Ignore files from an outer folder to an inner one; the innermost that has an opinion decides.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoreFiles(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    matcher: Gitignore,
    outer: Option<Arc<Layer>>,
}

impl IgnoreFiles {
    /// Adds an ignore file that holds for a folder. A line that is no pattern is passed over, as Git does.
    pub(crate) fn add(&mut self, folder: &Path, file: &Path) {
        let mut builder = GitignoreBuilder::new(folder);
        _ = builder.add(file);
        if let Ok(matcher) = builder.build()
            && !matcher.is_empty()
        {
            self.0 = Some(Arc::new(Layer { matcher, outer: self.0.take() }));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a path is left out, if everything above it is not.
    pub(crate) fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let mut layer = self.0.as_ref();
        while let Some(Layer { matcher, outer }) = layer.map(Arc::as_ref) {
            match matcher.matched(path, is_folder) {
                Match::None => layer = outer.as_ref(),
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
            }
        }
        false
    }
}

/// Where Git keeps the excludes that belong to one clone alone. In a linked worktree `.git` is a file
/// that says where the rest is.
pub(crate) fn git_excludes(folder: &Path) -> Option<PathBuf> {
    let dot_git = folder.join(".git");
    let git = if dot_git.is_dir() {
        dot_git
    } else {
        let text = std::fs::read_to_string(&dot_git).ok()?;
        let git = folder.join(text.strip_prefix("gitdir:")?.trim());
        let common = std::fs::read_to_string(git.join("commondir")).unwrap_or_else(|_| ".".to_owned());
        git.join(common.trim())
    };
    Some(git.join("info").join("exclude")).filter(|file| file.is_file())
}

/// Which paths below a folder are read, in the syntax of `.gitignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathRules {
    include: Vec<String>,
    exclude: Vec<String>,
}

/// A pattern that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is no path pattern: {problem}")]
pub struct PatternError {
    pattern: String,
    problem: String,
}

impl PathRules {
    /// Reads `include` (where it is not empty, nothing else is read) and `exclude`.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Result<Self, PatternError> {
        for pattern in include.iter().chain(&exclude) {
            let checked = GitignoreBuilder::new("").add_line(None, pattern).err();
            if let Some(problem) = checked {
                let problem = match problem {
                    ignore::Error::Glob { err, .. } => err,
                    other => other.to_string(),
                };
                return Err(PatternError { pattern: pattern.clone(), problem });
            }
        }
        Ok(Self { include, exclude })
    }

    fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Path rules from the outermost configuration to the innermost; each can only leave out more.
#[derive(Debug, Clone, Default)]
pub(crate) struct PathLayers(Option<Arc<PathLayer>>);

#[derive(Debug)]
struct PathLayer {
    folder: PathBuf,
    include: Option<Gitignore>,
    exclude: Gitignore,
    outer: PathLayers,
}

impl PathLayers {
    pub(crate) fn add(&mut self, folder: &Path, rules: &PathRules) {
        if rules.is_empty() {
            return;
        }
        let build = |patterns: &[String]| {
            let mut builder = GitignoreBuilder::new(folder);
            for pattern in patterns {
                _ = builder.add_line(None, pattern);
            }
            builder.build().unwrap_or_else(|_| Gitignore::empty())
        };
        let include = (!rules.include.is_empty()).then(|| build(&rules.include));
        let exclude = build(&rules.exclude);
        let outer = std::mem::take(self);
        self.0 = Some(Arc::new(PathLayer { folder: folder.to_owned(), include, exclude, outer }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a file or folder is left out.
    pub(crate) fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        let Some(layer) = self.0.as_deref() else {
            return false;
        };
        layer.exclude.matched(path, is_folder).is_ignore()
            || !is_folder && layer.include.as_ref().is_some_and(|include| !included(layer, include, path))
            || layer.outer.excludes(path, is_folder)
    }
}

/// A file is meant when it, or a folder that it lies in, is.
fn included(layer: &PathLayer, include: &Gitignore, path: &Path) -> bool {
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != layer.folder);
    include.matched(path, false).is_ignore()
        || folders.into_iter().any(|folder| include.matched(folder, true).is_ignore())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(rules: &[(&str, &[&str], &[&str])]) -> PathLayers {
        let own = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let mut layers = PathLayers::default();
        for (folder, include, exclude) in rules {
            layers.add(Path::new(folder), &PathRules::new(own(include), own(exclude)).unwrap());
        }
        layers
    }

    #[test]
    fn an_inner_layer_only_narrows() {
        let layers = layers(&[("/r", &[], &["test/"]), ("/r/a", &["keep/", "*.json"], &["!test/"])]);
        let read = |path: &str| !layers.excludes(Path::new(path), false);
        assert!(layers.excludes(Path::new("/r/a/test"), true));
        assert!(read("/r/a/keep/deep/x.yaml") && read("/r/a/x.json"));
        assert!(!read("/r/a/x.yaml"));
    }

    #[test]
    fn a_pattern_that_is_none() {
        let error = PathRules::new(vec![], vec!["[z-a]".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("\"[z-a]\" is no path pattern: "), "{error}");
    }
}
